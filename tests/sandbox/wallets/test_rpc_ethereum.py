"""The RPC methods of Ethereum wallets, checked by eth-account."""

import copy
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.typed_transactions import TypedTransaction
from eth_keys import keys
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from hypothesis import given, settings
from hypothesis import strategies as st

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, RpcResult, Submission, execute
from privy_async.sandbox.rpc.ethereum import METHODS
from privy_async.sandbox.rpc.user_operation import hash_operation

KEY = WalletKey.generate("ethereum", lambda count: bytes(range(count)))
RECIPIENT = "0x742d35Cc6634C0532925a3b8D1A8a9ff1e7a7A4C"
CONTRACT = "0x1234567890123456789012345678901234567890"
HASH = "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef"
ALCHEMY = "0x69007702764179f14F51cdce752f4f775d74E139"

Params = dict[str, object]


def call(method: str, params: Params, *, nonce: int = 0, **fields: object) -> RpcResult:
    """Execute one request with the test's wallet."""
    return execute(KEY, {"method": method, "params": params, **fields}, nonce=nonce)


def refusal(method: str, params: object, **fields: object) -> Refusal:
    """Execute a request that must be refused."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, {"method": method, "params": params, **fields})
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    return refused.value


def signature_of(result: RpcResult) -> bytes:
    """The 65 bytes of a signature answer, with v 27 or 28."""
    assert result.submission is None
    assert result.data.keys() == {"signature", "encoding"}
    assert result.data["encoding"] == "hex"
    text = str(result.data["signature"])
    signature = bytes.fromhex(text.removeprefix("0x"))
    assert text.startswith("0x")
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    return signature


def test_methods_are_routed_to_this_chain() -> None:
    """Every method that is listed for Ethereum exists, and no other."""
    assert METHODS.keys() == {name for name, chain in RPC_METHODS.items() if chain == "ethereum"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"message": "Hello, world!", "encoding": "utf-8"}, b"Hello, world!"),
        ({"message": "0x48656c6c6f", "encoding": "utf-8"}, b"0x48656c6c6f"),
        ({"message": "zażółć 🎉", "encoding": "utf-8"}, "zażółć 🎉".encode()),
        ({"message": "1234567890", "encoding": "hex"}, bytes.fromhex("1234567890")),
        ({"message": "0x0102", "encoding": "hex"}, b"\x01\x02"),
        ({"message": "0x", "encoding": "hex"}, b""),
        ({"message": "", "encoding": "utf-8"}, b""),
    ],
)
def test_personal_sign(params: Params, message: bytes) -> None:
    """The signature recovers to the wallet for the text's or the hex's bytes."""
    signature = signature_of(call("personal_sign", params))
    recovered = Account.recover_message(encode_defunct(message), signature=signature)
    assert recovered == KEY.address
    assert signature == Account.sign_message(encode_defunct(message), KEY.secret).signature


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_personal_sign_of_any_bytes(message: bytes) -> None:
    """Bytes given as hex sign like eth-account signs them."""
    signature = signature_of(call("personal_sign", {"message": message.hex(), "encoding": "hex"}))
    assert signature == Account.sign_message(encode_defunct(message), KEY.secret).signature


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"message": "0xzz", "encoding": "hex"}, "`params.message`: Expected hex digits"),
        ({"message": "0x123", "encoding": "hex"}, "`params.message`: Expected hex digits"),
        ({"message": "Hello", "encoding": "base64"}, "`params.encoding`"),
        ({"message": "Hello"}, "`params.encoding`: Required"),
        ({"encoding": "utf-8"}, "`params.message`: Required"),
        ({"message": 7, "encoding": "utf-8"}, "`params.message`"),
        (None, "`params`: Required"),
        ("Hello", "`params`"),
    ],
)
def test_personal_sign_refuses(params: object, message: str) -> None:
    """What is no message is answered with 400 naming the field."""
    assert message in refusal("personal_sign", params).message


def test_smart_contract_signatures_are_refused() -> None:
    """An erc1271 signature is refused rather than answered with an ordinary one."""
    params = {"message": "Hello", "encoding": "utf-8"}
    ordinary = call("personal_sign", params, signature_options={"type": "ecdsa"})
    assert ordinary == call("personal_sign", params)
    refused = refusal("personal_sign", params, signature_options={"type": "erc1271"})
    assert "`signature_options.type`" in refused.message


MAIL: Params = {
    "domain": {
        "name": "Ether Mail",
        "version": "1",
        "chainId": 1,
        "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
    },
    "types": {
        "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
        "Mail": [
            {"name": "from", "type": "Person"},
            {"name": "to", "type": "Person[]"},
            {"name": "contents", "type": "string"},
            {"name": "amount", "type": "uint256"},
            {"name": "delta", "type": "int8"},
            {"name": "urgent", "type": "bool"},
            {"name": "payload", "type": "bytes"},
            {"name": "topic", "type": "bytes32"},
        ],
    },
    "primary_type": "Mail",
    "message": {
        "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
        "to": [{"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"}],
        "contents": "Hello, Bob!",
        "amount": "0x0de0b6b3a7640000",
        "delta": -5,
        "urgent": True,
        "payload": "0xdeadbeef",
        "topic": HASH,
    },
}
EIP712_DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def mail(path: str = "", value: object = None) -> Params:
    """The mail, with the value at a dotted path replaced, or removed if it is None."""
    changed = copy.deepcopy(MAIL)
    if path:
        *parents, last = path.split(".")
        target = changed
        for parent in parents:
            inner = target[int(parent) if parent.isdigit() else parent]
            assert isinstance(inner, dict | list)
            target = inner
        if value is None:
            del target[last]
        else:
            target[int(last) if last.isdigit() else last] = value
    return changed


@pytest.mark.parametrize(
    "typed_data",
    [
        mail(),
        mail("types.EIP712Domain", EIP712_DOMAIN),
        mail("domain.chainId", "0x3e8"),
        mail("message.amount", 10**18),
        mail("message.amount", str(10**18)),
        mail("message.to", []),
        mail("types.Unrelated", [{"name": "x", "type": "uint8"}]),
        {**MAIL, "primary_type": "Person", "message": {"name": "Cow", "wallet": RECIPIENT.lower()}},
        {**MAIL, "domain": {}},
    ],
    ids=[
        *("plain", "with EIP712Domain", "hex chain id", "integer", "decimal text", "empty list"),
        *("unused type", "inner type as primary", "empty domain"),
    ],
)
def test_typed_data(typed_data: Params) -> None:
    """The signature is the one eth-account makes for the types in use, and recovers."""
    signature = signature_of(call("eth_signTypedData_v4", {"typed_data": typed_data}))
    types = dict(typed_data["types"])  # type: ignore[call-overload]
    used = {"Person"} if typed_data["primary_type"] == "Person" else {"Mail", "Person"}
    signable = encode_typed_data(
        typed_data["domain"],
        {name: members for name, members in types.items() if name in used},
        typed_data["message"],
    )
    assert Account.recover_message(signable, signature=signature) == KEY.address
    assert signature == Account.sign_message(signable, KEY.secret).signature


def test_typed_data_of_the_official_sdks() -> None:
    """The request of the official SDKs' tests recovers to the wallet."""
    domain = {"name": "Test", "version": "1", "chainId": 1, "verifyingContract": CONTRACT}
    types = {"Message": [{"name": "content", "type": "string"}]}
    message = {"content": "Hello world"}
    typed_data = {"domain": domain, "primary_type": "Message", "types": types, "message": message}
    signature = signature_of(call("eth_signTypedData_v4", {"typed_data": typed_data}))
    signable = encode_typed_data(domain, types, message)
    assert Account.recover_message(signable, signature=signature) == KEY.address


@pytest.mark.parametrize(
    ("typed_data", "message"),
    [
        (mail("primary_type"), "`params.typed_data.primary_type`: Required"),
        (mail("primary_type", "Letter"), "`params.typed_data.primary_type`"),
        (mail("domain"), "`params.typed_data.domain`: Required"),
        (mail("types"), "`params.typed_data.types`: Required"),
        (mail("message"), "`params.typed_data.message`: Required"),
        (mail("types.Mail", "uint8"), "`params.typed_data.types.Mail`"),
        (mail("types.Mail", [{"name": "from"}]), "`params.typed_data.types.Mail.0.type`: Required"),
        (mail("message.contents"), "`params.typed_data.message.contents`: Required"),
        (mail("message.from.wallet"), "`params.typed_data.message.from.wallet`: Required"),
        (mail("message.from", "Cow"), "`params.typed_data.message.from`"),
        (mail("message.to", {}), "`params.typed_data.message.to`: Expected an array"),
        (mail("message.to.0", "Bob"), "`params.typed_data.message.to.0`"),
        (mail("message.contents", 7), "`params.typed_data.message.contents`: Expected a value of"),
        (mail("message.payload", "text"), "`params.typed_data.message.payload`: Expected a value"),
        (mail("message.topic", "0x" + "00" * 33), "Cannot be encoded by EIP-712"),
        (mail("message.urgent", "yes"), "`params.typed_data.message.urgent`: Expected a value of"),
        (mail("message.amount", "many"), "`params.typed_data.message.amount`: Expected a value"),
        (mail("message.amount", 1.5), "`params.typed_data.message.amount`: Expected a value of"),
        (mail("message.amount", True), "`params.typed_data.message.amount`: Expected a value of"),
        (mail("message.amount", -1), "Cannot be encoded by EIP-712"),
        (mail("message.amount", str(2**256)), "Cannot be encoded by EIP-712"),
        (mail("message.delta", 128), "Cannot be encoded by EIP-712"),
        (mail("message.from.wallet", "0x1234"), "Cannot be encoded by EIP-712"),
        (mail("types.Person.0.type", "text"), "`params.typed_data.message.from.name`"),
        (mail("domain.chainId", "one"), "Cannot be encoded by EIP-712"),
        (mail("domain.chain", 1), "Cannot be encoded by EIP-712"),
        (mail("types.EIP712Domain", EIP712_DOMAIN[:2]), "Cannot be encoded by EIP-712"),
        (mail("types.Person.0.type", "Mail[]"), "`params.typed_data.message.from.name`"),
    ],
)
def test_typed_data_refuses(typed_data: Params, message: str) -> None:
    """Data that does not fit its types is answered with 400 naming the field."""
    assert message in refusal("eth_signTypedData_v4", {"typed_data": typed_data}).message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
PATHS = st.sampled_from(
    [
        *("domain", "domain.name", "domain.chainId", "domain.verifyingContract", "types"),
        *("types.Mail", "types.Person", "types.Mail.0", "types.Person.0.type", "primary_type"),
        *("message", "message.from", "message.to", "message.contents", "message.amount"),
        *("message.delta", "message.urgent", "message.payload", "message.topic"),
    ]
)


@given(PATHS, JSON)
@settings(max_examples=300, deadline=None)
def test_typed_data_of_any_json_is_signed_or_refused(path: str, value: object) -> None:
    """Whatever stands in a field, the answer is a signature or a refusal, never a crash."""
    typed_data = mail(path, {} if value is None else value)
    try:
        signature_of(call("eth_signTypedData_v4", {"typed_data": typed_data}))
    except Refusal as refused:
        message = refused.message
    else:
        message = "`params.typed_data` was signed"
    assert "params.typed_data" in message


def transaction(**fields: object) -> Params:
    """A transaction's params, with a chain id."""
    return {"transaction": {"to": RECIPIENT, "chain_id": 8453, **fields}}


def signed_fields(raw: object) -> dict[str, object]:
    """The fields of a typed transaction as eth-account decodes them."""
    return dict(TypedTransaction.from_bytes(HexBytes(str(raw))).as_dict())


@pytest.mark.parametrize(
    ("fields", "first_byte"),
    [
        ({"type": 0, "gas_price": "0x3b9aca00"}, 0xF8),
        ({"gas_price": 10**9}, 0xF8),
        ({"type": 1, "gas_price": "0x3b9aca00"}, 1),
        ({"type": 2, "value": "0x1", "gas_limit": "0x5208", "data": "0x"}, 2),
        ({}, 2),
        ({"type": 2, "max_fee_per_gas": 5, "max_priority_fee_per_gas": "0x5"}, 2),
        ({"type": 2, "max_fee_per_gas": 5}, 2),
        ({"type": 2, "max_priority_fee_per_gas": 10**12}, 2),
        ({"from": KEY.address}, 2),
        ({"from": KEY.address.lower()}, 2),
        ({"to": None, "data": "0x6001600155"}, 2),
        ({"nonce": 0, "value": 0, "type": None}, 2),
    ],
)
def test_sign_transaction(fields: Params, first_byte: int) -> None:
    """Transactions of types 0, 1 and 2 recover to the wallet; what is missing is filled in."""
    result = call("eth_signTransaction", transaction(**fields))
    assert result.submission is None
    assert result.data["encoding"] == "rlp"
    raw = str(result.data["signed_transaction"])
    assert int(raw[2:4], 16) == first_byte
    assert Account.recover_transaction(raw) == KEY.address


def test_a_signed_transaction_says_what_was_asked() -> None:
    """Every field given reaches the signed transaction unchanged, as integer or hex."""
    raw = call(
        "eth_signTransaction",
        transaction(
            type=2,
            nonce=7,
            value="0xde0b6b3a7640000",
            gas_limit=90_000,
            data="0xA9059CBB",
            max_fee_per_gas="0x77359400",
            max_priority_fee_per_gas=1_000,
        ),
    ).data["signed_transaction"]
    fields = signed_fields(raw)
    assert fields["chainId"] == 8453
    assert fields["nonce"] == 7
    assert fields["value"] == 10**18
    assert fields["gas"] == 90_000
    assert fields["to"] == bytes.fromhex(RECIPIENT[2:])
    assert fields["data"] == bytes.fromhex("a9059cbb")
    assert fields["maxFeePerGas"] == 2_000_000_000
    assert fields["maxPriorityFeePerGas"] == 1_000


def test_a_legacy_transaction_carries_its_chain() -> None:
    """A transaction of type 0 is signed for its chain id (EIP-155), as eth-account signs it."""
    raw = call(
        "eth_signTransaction",
        transaction(type=0, nonce=9, gas_price=20 * 10**9, gas_limit=21_000, value=10**15),
    ).data["signed_transaction"]
    expected = Account.sign_transaction(
        {
            "chainId": 8453,
            "nonce": 9,
            "gasPrice": 20 * 10**9,
            "gas": 21_000,
            "to": bytes.fromhex(RECIPIENT[2:]),
            "value": 10**15,
        },
        KEY.secret,
    )
    assert raw == expected.raw_transaction.to_0x_hex()


@pytest.mark.parametrize(
    ("fields", "gas"),
    [({}, 21_000), ({"data": "0x"}, 21_000), ({"data": "0x01"}, 521_040), ({"gas_limit": 5}, 5)],
)
def test_gas_is_filled_in(fields: Params, gas: int) -> None:
    """A plain transfer gets 21,000 gas, a call its data's cost and room for the contract."""
    assert sent_fields(fields)["gas"] == gas


def test_the_given_nonce_wins_over_the_wallets() -> None:
    """The wallet's nonce is used only if the transaction gives none, and 0 is one."""
    for fields, nonce in [
        ({}, 41),
        ({"nonce": None}, 41),
        ({"nonce": 0}, 0),
        ({"nonce": "0x5"}, 5),
    ]:
        assert sent_fields(fields, nonce=41)["nonce"] == nonce


def sent_fields(fields: Params, nonce: int = 0) -> dict[str, Any]:
    """What is signed of a transaction that is sent."""
    params = transaction(**fields)
    result = call("eth_sendTransaction", params, nonce=nonce, caip2="eip155:8453")
    assert result.submission is not None
    return signed_fields(str(result.submission.transaction["signed_transaction"]))


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, ("nonce", "gas", "maxFeePerGas", "maxPriorityFeePerGas")),
        ({"type": 1}, ("nonce", "gas", "gasPrice")),
    ],
)
def test_signing_fills_nothing_in(fields: Params, names: tuple[str, ...]) -> None:
    """What is only signed is what was given: all that is left out is zero."""
    given = dict.fromkeys(("nonce", "gas_limit", "max_fee_per_gas"))
    result = call("eth_signTransaction", transaction(**{**given, **fields}), nonce=41)
    signed = signed_fields(str(result.data["signed_transaction"]))
    assert {name: signed[name] for name in names} == dict.fromkeys(names, 0)


def test_signing_a_legacy_transaction_fills_nothing_in() -> None:
    """What is left out of a transaction of type 0 is zero too."""
    result = call("eth_signTransaction", transaction(type=0), nonce=41)
    zeros = {"chainId": 8453, "nonce": 0, "gasPrice": 0, "gas": 0, "value": 0}
    expected = Account.sign_transaction({**zeros, "to": bytes.fromhex(RECIPIENT[2:])}, KEY.secret)
    assert result.data["signed_transaction"] == expected.raw_transaction.to_0x_hex()


def test_a_tip_above_the_maximum_is_signed_and_not_sent() -> None:
    """It is for the chain to refuse, which it does before anything is sent."""
    fields: Params = {"max_fee_per_gas": 1, "max_priority_fee_per_gas": 2}
    result = call("eth_signTransaction", transaction(**fields))
    assert signed_fields(str(result.data["signed_transaction"]))["maxPriorityFeePerGas"] == 2
    refused = refusal("eth_sendTransaction", transaction(**fields), caip2="eip155:8453")
    assert "max_priority_fee_per_gas" in refused.message


def authorization(**params: object) -> dict[str, object]:
    """A signed EIP-7702 authorization."""
    params = {"contract": CONTRACT, "chain_id": 8453, **params}
    result = call("eth_sign7702Authorization", params)
    signed = result.data["authorization"]
    assert isinstance(signed, dict)
    return signed


@pytest.mark.parametrize(
    ("params", "chain_id", "nonce"),
    [
        ({}, 8453, 0),
        ({"chain_id": 1, "nonce": 1}, 1, 1),
        ({"chain_id": "0xaa36a7", "nonce": "0x10"}, 11155111, 16),
        ({"chain_id": 0, "executor": "self"}, 0, 0),
    ],
)
def test_sign_7702_authorization(params: Params, chain_id: int, nonce: int) -> None:
    """The authorization recovers to the wallet by eth-account's own hash."""
    signed = authorization(**params)
    assert signed.keys() == {"contract", "chain_id", "nonce", "r", "s", "y_parity"}
    assert (signed["contract"], signed["chain_id"], signed["nonce"]) == (CONTRACT, chain_id, nonce)
    expected = Account.sign_authorization(
        {"address": CONTRACT, "chainId": chain_id, "nonce": nonce}, KEY.secret
    )
    r, s = int(str(signed["r"]), 16), int(str(signed["s"]), 16)
    assert (signed["y_parity"], r, s) == (expected.y_parity, expected.r, expected.s)
    recovered = keys.Signature(vrs=(signed["y_parity"], r, s)).recover_public_key_from_msg_hash(
        expected.authorization_hash
    )
    assert recovered.to_checksum_address() == KEY.address


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"chain_id": 1}, "`params.contract`: Required"),
        ({"contract": CONTRACT}, "`params.chain_id`: Required"),
        ({"contract": CONTRACT[:-2], "chain_id": 1}, "`params.contract`: Expected 20 bytes"),
        ({"contract": CONTRACT, "chain_id": "1"}, "`params.chain_id`"),
        ({"contract": CONTRACT, "chain_id": 1, "nonce": -1}, "`params.nonce`"),
        ({"contract": CONTRACT, "chain_id": 1, "executor": "other"}, "`params.executor`"),
    ],
)
def test_sign_7702_authorization_refuses(params: Params, message: str) -> None:
    """What is no authorization is answered with 400 naming the field."""
    assert message in refusal("eth_sign7702Authorization", params).message


@pytest.mark.parametrize("fields", [{}, {"type": 4}])
def test_a_set_code_transaction_takes_the_authorization(fields: Params) -> None:
    """What `eth_sign7702Authorization` answers goes into a transaction of type 4 as it is."""
    signed = authorization(nonce=1)
    params = transaction(authorization_list=[signed], **fields)
    raw = str(call("eth_signTransaction", params).data["signed_transaction"])
    assert raw.startswith("0x04")
    assert Account.recover_transaction(raw) == KEY.address
    (included,) = signed_fields(raw)["authorizationList"]  # type: ignore[misc]
    assert included["address"] == bytes.fromhex(CONTRACT[2:])
    assert included["nonce"] == 1
    assert included["r"] == int(str(signed["r"]), 16)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"chain_id": None}, "chain_id"),
        ({"chain_id": "8453"}, "chain_id"),
        ({"to": "vitalik.eth"}, "to"),
        ({"to": RECIPIENT[:-1]}, "to"),
        ({"to": RECIPIENT + "00"}, "to"),
        ({"to": None}, "to"),
        ({"to": None, "data": "0x"}, "to"),
        ({"from": RECIPIENT}, "from"),
        ({"from": 7}, "from"),
        ({"value": "1"}, "value"),
        ({"value": 1.5}, "value"),
        ({"value": -1}, "value"),
        ({"value": True}, "value"),
        ({"value": 2**53}, "value"),
        ({"value": "0x"}, "value"),
        ({"value": "0x1" + "0" * 64}, "value"),
        ({"data": "0x0"}, "data"),
        ({"data": "a9059cbb"}, "data"),
        ({"nonce": "0x10000000000000000"}, "nonce"),
        ({"gas_limit": "much"}, "gas_limit"),
        ({"type": 3}, "type"),
        ({"type": 118}, "calls"),
        ({"type": True}, "type"),
        ({"type": "0x2"}, "type"),
        ({"type": 2, "gas_price": 1}, "gas_price"),
        ({"type": 0, "max_fee_per_gas": 1}, "max_fee_per_gas"),
        ({"type": 1, "max_priority_fee_per_gas": 1}, "max_priority_fee_per_gas"),
        ({"type": 2, "authorization_list": [{}]}, "authorization_list"),
        ({"type": 4}, "authorization_list"),
        ({"authorization_list": []}, "authorization_list"),
        ({"authorization_list": [authorization()] * 11}, "authorization_list"),
        ({"authorization_list": [{}]}, "authorization_list.0"),
        (
            {"authorization_list": [{**authorization(), "y_parity": 27}]},
            "authorization_list.0.y_parity",
        ),
        ({"authorization_list": [{**authorization(), "r": "r"}]}, "authorization_list.0.r"),
        ({"to": None, "authorization_list": [authorization()]}, "to"),
    ],
)
def test_sign_transaction_refuses(fields: Params, field: str) -> None:
    """Each wrong field of a transaction is answered with 400 naming it."""
    refused = refusal("eth_signTransaction", transaction(**fields))
    assert f"`params.transaction.{field}" in refused.message


def test_send_transaction() -> None:
    """Sending answers the signed transaction's hash and hands the transaction to the ledger."""
    params = {"transaction": {"to": RECIPIENT.lower(), "value": 1_000}}
    result = call(
        "eth_sendTransaction", params, nonce=3, caip2="eip155:11155111", reference_id="order-1"
    )
    submission = result.submission
    assert submission is not None
    raw = str(submission.transaction["signed_transaction"])
    assert result.data["hash"] == "0x" + keccak(hexstr=raw).hex()
    assert Account.recover_transaction(raw) == KEY.address
    assert (signed_fields(raw)["chainId"], signed_fields(raw)["nonce"]) == (11155111, 3)
    request = {
        "type": 2,
        "from": KEY.address,
        "to": to_checksum_address(RECIPIENT),
        "chain_id": 11155111,
        "nonce": 3,
        "value": "0x3e8",
        "data": "0x",
        "gas_limit": "0x5208",
        "max_fee_per_gas": "0x77359400",
        "max_priority_fee_per_gas": "0x3b9aca00",
    }
    assert result.data == {
        "hash": submission.transaction_hash,
        "caip2": "eip155:11155111",
        "transaction_request": request,
        "reference_id": "order-1",
    }
    assert submission == Submission(
        caip2="eip155:11155111",
        transaction_hash=submission.transaction_hash,
        transaction={**request, "signed_transaction": raw},
        reference_id="order-1",
    )


def test_the_data_suffix_is_appended() -> None:
    """`experimental_data_suffix` stands behind the transaction's own data."""
    result = call(
        "eth_sendTransaction",
        transaction(data="0xa9059cbb"),
        caip2="eip155:8453",
        experimental_data_suffix="0xc0ffee",
    )
    assert result.submission is not None
    assert signed_fields(result.submission.transaction["signed_transaction"])["data"] == (
        bytes.fromhex("a9059cbbc0ffee")
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "`caip2`: Required"),
        ({"caip2": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"}, "`caip2`"),
        ({"caip2": "eip155:"}, "`caip2`"),
        ({"caip2": "eip155:base"}, "`caip2`"),
        ({"caip2": "8453"}, "`caip2`"),
        ({"caip2": "eip155:1"}, "`params.transaction.chain_id`: Expected 1"),
        ({"caip2": "eip155:8453", "reference_id": ""}, "`reference_id`"),
        ({"caip2": "eip155:8453", "reference_id": "x" * 65}, "`reference_id`"),
        ({"caip2": "eip155:8453", "experimental_data_suffix": "ab"}, "`experimental_data_suffix`"),
        ({"caip2": "eip155:8453", "chain_type": "solana"}, "`chain_type`"),
    ],
)
def test_send_transaction_refuses(fields: Params, message: str) -> None:
    """A missing or foreign chain, or one that contradicts the transaction, is refused."""
    assert message in refusal("eth_sendTransaction", transaction(), **fields).message


def test_send_calls() -> None:
    """A batch has no hash yet; its calls go to the ledger with hex values."""
    calls = [{"to": RECIPIENT, "value": 1}, {"to": CONTRACT, "data": "0xAB"}]
    result = call("wallet_sendCalls", {"calls": calls}, caip2="eip155:8453")
    assert result == RpcResult(
        {"caip2": "eip155:8453"},
        Submission(
            caip2="eip155:8453",
            transaction_hash=None,
            transaction={
                "from": KEY.address,
                "calls": [
                    {"to": RECIPIENT.lower(), "value": "0x1", "data": "0x"},
                    {"to": CONTRACT, "value": "0x0", "data": "0xab"},
                ],
            },
            reference_id=None,
        ),
    )


@pytest.mark.parametrize(
    ("params", "fields", "message"),
    [
        ({"calls": [{"to": RECIPIENT}]}, {}, "`caip2`: Required"),
        ({"calls": []}, {"caip2": "eip155:1"}, "`params.calls`"),
        ({}, {"caip2": "eip155:1"}, "`params.calls`"),
        ({"calls": [{"to": RECIPIENT}] * 36}, {"caip2": "eip155:1"}, "`params.calls`"),
        ({"calls": [{}]}, {"caip2": "eip155:1"}, "`params.calls.0.to`: Required"),
        ({"calls": [{"to": RECIPIENT, "value": "1"}]}, {"caip2": "eip155:1"}, "calls.0.value"),
        ({"calls": [{"to": RECIPIENT, "data": "ab"}]}, {"caip2": "eip155:1"}, "calls.0.data"),
    ],
)
def test_send_calls_refuses(params: Params, fields: Params, message: str) -> None:
    """An empty or broken batch is answered with 400 naming the field."""
    assert message in refusal("wallet_sendCalls", params, **fields).message


def test_secp256k1_sign() -> None:
    """A hash is signed as it is, and the signature recovers to the wallet."""
    signature = signature_of(call("secp256k1_sign", {"hash": HASH}))
    vrs = signature[:64] + bytes([signature[64] - 27])
    recovered = keys.Signature(vrs).recover_public_key_from_msg_hash(bytes.fromhex(HASH[2:]))
    assert recovered.to_checksum_address() == KEY.address


@pytest.mark.parametrize("digest", ["0x12345678", "0x00", HASH[:-2]])
def test_a_short_hash_is_signed(digest: str) -> None:
    """It stands for the number that it is, like any."""
    signature = signature_of(call("secp256k1_sign", {"hash": digest}))
    vrs = signature[:64] + bytes([signature[64] - 27])
    padded = bytes.fromhex(digest[2:]).rjust(32, b"\0")
    recovered = keys.Signature(vrs).recover_public_key_from_msg_hash(padded)
    assert recovered.to_checksum_address() == KEY.address


@pytest.mark.parametrize("digest", [HASH + "00", HASH[2:], "0x", "0x123", None, 7])
def test_secp256k1_sign_refuses(digest: object) -> None:
    """Only up to 32 bytes of hex with 0x in front are a hash."""
    assert "`params.hash`" in refusal("secp256k1_sign", {"hash": digest}).message


OPERATION: Params = {
    "sender": "0xdf1Bff521006396b2dd11725681ebA6998DB37e3",
    "nonce": "0x1000000000000000a",
    "call_data": "0x34fcd5be",
    "call_gas_limit": "0x877f",
    "verification_gas_limit": "0x8550",
    "pre_verification_gas": "0xbcc4",
    "max_fee_per_gas": "0x18700",
    "max_priority_fee_per_gas": "0x186a0",
}
PAYMASTER: Params = {"paymaster": CONTRACT}
PAYMASTER_GAS: Params = {
    "paymaster_verification_gas_limit": hex(6942069),
    "paymaster_post_op_gas_limit": hex(6942069),
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "1903d62bb5dc75af6fed866aa46d8e80063d9e288aa7f2caad0ff1fcae22e40d"),
        (PAYMASTER, "1f2cf8638ead0fc621c6fb1562b8222c06539efcec09be156191f72418ebb109"),
        (
            {**PAYMASTER, "paymaster_verification_gas_limit": hex(6942069)},
            "950763d3ef84eb05b6cd1d95f3b736bb02988d643c6e11a76bf8beddc611cc95",
        ),
        (
            {**PAYMASTER, **PAYMASTER_GAS},
            "d6efc63c28df53b49dd6fa10cec0a92ac61f8c70e9a45265e39c955f9bf821ed",
        ),
        (
            {**PAYMASTER, **PAYMASTER_GAS, "paymaster_data": "0xdeadbeef"},
            "265fc1350b3fc016d493f9533354cf1a758c0fb9ddbbfd8b19c987d4e8935eed",
        ),
    ],
)
def test_user_operation_hashes_match_viem(fields: Params, expected: str) -> None:
    """The hash for entry point 0.7 is the one of viem's tests."""
    operation: Params = {
        "sender": CONTRACT,
        "nonce": "0x0",
        "call_data": "0x",
        "call_gas_limit": hex(6942069),
        "verification_gas_limit": hex(6942069),
        "pre_verification_gas": hex(6942069),
        "max_fee_per_gas": hex(69420),
        "max_priority_fee_per_gas": hex(69),
        **fields,
    }
    digest = hash_operation(Fields(operation, ""), entry_point=CONTRACT, chain_id=1)
    assert digest.hex() == expected


@pytest.mark.parametrize("chain_id", ["0x66eee", 421614, "421614"])
def test_sign_user_operation(chain_id: object) -> None:
    """The operation's hash is signed as a personal message and recovers to the wallet."""
    params: Params = {"contract": ALCHEMY, "chain_id": chain_id, "user_operation": OPERATION}
    signature = signature_of(call("eth_signUserOperation", params))
    digest = hash_operation(
        Fields(OPERATION, ""),
        entry_point="0x0000000071727De22E5E9d8BAf0edAc6f37da032",
        chain_id=421614,
    )
    assert Account.recover_message(encode_defunct(digest), signature=signature) == KEY.address


@pytest.mark.parametrize(
    ("change", "operation", "message"),
    [
        ({"contract": CONTRACT}, {}, "`params.contract`: Not a smart contract Privy signs for"),
        ({"contract": None}, {}, "`params.contract`: Required"),
        ({"chain_id": None}, {}, "`params.chain_id`: Required"),
        ({"chain_id": "-1"}, {}, "`params.chain_id`"),
        ({"user_operation": None}, {}, "`params.user_operation`: Required"),
        ({}, {"sender": "0x12"}, "`params.user_operation.sender`"),
        ({}, {"nonce": None}, "`params.user_operation.nonce`: Required"),
        ({}, {"call_data": None}, "`params.user_operation.call_data`: Required"),
        ({}, {"call_gas_limit": hex(2**128)}, "`params.user_operation.call_gas_limit`"),
        ({}, {"paymaster": "0x12"}, "`params.user_operation.paymaster`"),
        (
            {},
            {**PAYMASTER, "paymaster_data": "12"},
            "`params.user_operation.paymaster_data`",
        ),
    ],
)
def test_sign_user_operation_refuses(change: Params, operation: Params, message: str) -> None:
    """A foreign contract or a broken field is answered with 400 naming it."""
    params: Params = {
        "contract": ALCHEMY,
        "chain_id": 1,
        "user_operation": {**OPERATION, **operation},
        **change,
    }
    assert message in refusal("eth_signUserOperation", params).message


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("signMessage", "`method`: signMessage needs a wallet of solana"),
        ("tron_signTransaction", "`method`: tron_signTransaction needs a wallet of tron"),
        ("eth_getBalance", "`method`"),
        (None, "`method`: Required"),
        (7, "`method`"),
    ],
)
def test_methods_of_other_chains_are_refused(method: object, message: str) -> None:
    """A wallet executes its own chain's methods only."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, {"method": method, "params": {}})
    assert refused.value.status == 400
    assert message in refused.value.message
