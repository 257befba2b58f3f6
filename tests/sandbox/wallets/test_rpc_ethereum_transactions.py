"""Transactions that Ethereum wallets sign and send, checked by eth-account."""

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_keys import keys
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from ethereum_wallet import CONTRACT, KEY, RECIPIENT, Params, call, refusal
from hexbytes import HexBytes

from privy_async.sandbox.rpc import RpcResult, Submission


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


def sent_fields(fields: Params, nonce: int = 0) -> dict[str, object]:
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
