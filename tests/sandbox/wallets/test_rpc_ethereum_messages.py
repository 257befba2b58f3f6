"""Messages and typed data that Ethereum wallets sign, checked by eth-account."""

import copy
from contextlib import suppress

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from ethereum_wallet import CONTRACT, HASH, KEY, RECIPIENT, Params, call, refusal, signature_of
from hypothesis import given, settings
from hypothesis import strategies as st

from privy_async.sandbox.requests.refusal import Refusal


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


def ring(count: int) -> Params:
    """So many types that use each other in a ring."""
    types = {f"T{n}": [{"name": "t", "type": f"T{(n + 1) % count}[]"}] for n in range(count)}
    return {"types": types, "primary_type": "T0", "message": {"t": []}, "domain": {}}


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
        (mail("types.Person.0.type", "text"), "`params.typed_data.types.Person.0.type`"),
        (mail("domain.chainId", "one"), "Cannot be encoded by EIP-712"),
        (mail("domain.chain", 1), "Cannot be encoded by EIP-712"),
        (mail("types.EIP712Domain", EIP712_DOMAIN[:2]), "Cannot be encoded by EIP-712"),
        (mail("types.Person.0.type", "Mail[]"), "`params.typed_data.message.from.name`"),
        (mail("types.Person.0.type", "string[2]"), "`params.typed_data.message.from.name`"),
        (mail("types.Mail.1.type", "Person[3]"), "`params.typed_data.message.to`: Array must"),
        (mail("types.Mail.1.type", "Person" + "[]" * 11), "`params.typed_data.types.Mail.1.type`"),
        (ring(101), "`params.typed_data.types`: Expected at most 100 types"),
    ],
)
def test_typed_data_refuses(typed_data: Params, message: str) -> None:
    """Data that does not fit its types is answered with 400 naming the field."""
    assert message in refusal("eth_signTypedData_v4", {"typed_data": typed_data}).message


BRACKETS = st.lists(st.sampled_from(["[", "]", "[]", "[2]", "[0]", "[01]", "[-1]", "(", ")", " "]))
TYPE_NAMES = st.one_of(
    st.text(),
    st.tuples(
        st.sampled_from(["uint256", "uint7", "int", "bytes33", "fixed8x1", "Mail", "Person", ""]),
        BRACKETS.map("".join),
    ).map("".join),
    st.from_regex(r"[a-z]*[0-9]*(\[[0-9]*\])*"),
)


@settings(max_examples=400, deadline=None)
@given(
    name=TYPE_NAMES,
    value=st.sampled_from([None, 1, "0x00", "1", "x", True, [], [1], [["0x"]], {}, [{}]]),
    struct=TYPE_NAMES,
)
def test_any_name_of_a_type_is_signed_or_refused(name: str, value: object, struct: str) -> None:
    """Names that are none of EIP-712 are refused with 400, those of structs and members alike."""
    types = {struct: [{"name": "a", "type": name}], "B": [{"name": "b", "type": struct}]}
    for primary, message in ((struct, {"a": value}), ("B", {"b": {"a": value}})):
        typed_data = {"types": types, "primary_type": primary, "message": message, "domain": {}}
        with suppress(Refusal):
            call("eth_signTypedData_v4", {"typed_data": typed_data})


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
