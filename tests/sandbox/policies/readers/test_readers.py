"""How the parts of requests are read: call data, user operations, EIP-712, protocol buffers."""

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from policy_engine import OTHER, USDC, call_data, protocol_buffer, tron_raw

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.policies.asked import asked_by_action, asked_by_raw_sign
from privy_async.sandbox.policies.chains import ethereum, tron
from privy_async.sandbox.policies.chains.calldata import calldata_source, selector
from privy_async.sandbox.policies.chains.protocol_buffers import parse_message
from privy_async.sandbox.policies.chains.user_operation import AccountCall, account_calls
from privy_async.sandbox.policies.operators import compare
from privy_async.sandbox.policies.subjects import UndecidableError, at_path, reading
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.fields import Fields

WORD = 32


def fields_of(call: Any, source: str, *names: str, **more: Any) -> list[Any]:
    """What a source of a subject reads for each field."""
    return [call.read(FieldReference(source, name, **more)) for name in names]


def of_call(data: str, *names: str, abi: Any) -> list[Any]:
    """What the fields of a contract's call are read as."""
    read = calldata_source(bytes.fromhex(data[2:]))
    return [read(FieldReference("ethereum_calldata", name, abi=tuple(abi))) for name in names]


ORDER = {
    "type": "function",
    "name": "fill",
    "inputs": [
        {
            "name": "order",
            "type": "tuple",
            "components": [{"name": "maker", "type": "address"}, {"type": "uint8[2]"}],
        },
        {"name": "", "type": "bytes"},
        {"type": "tuple[]", "components": [{"name": "on", "type": "bool"}]},
    ],
}
FILL = "0x" + (
    selector(ORDER)
    + encode(
        ["(address,uint8[2])", "bytes", "(bool)[]"], [(OTHER, [7, 8]), b"\x12", [(True,)]]
    )
).hex()  # fmt: skip


def test_arguments_of_a_call() -> None:
    """By name and by position, members of tuples and arrays too; the function by its name."""
    paths = ("order.maker", "0.maker", "order.1.0", "order.1.1", "1", "2.0.on", "2.0.0")
    found = of_call(FILL, *(f"fill.{path}" for path in paths), abi=[ORDER])
    assert found == [OTHER, OTHER, 7, 8, "0x12", "true", "true"]
    assert of_call(FILL, "fill", "function_name", abi=[ORDER]) == ["fill", "fill"]
    missing = ("other", "other.order.maker", "fill.3", "fill.order.2", "fill.None")
    assert of_call(FILL, *missing, abi=[ORDER]) == [None] * len(missing)


def test_only_functions_are_called() -> None:
    """An event or an error of the same name and types is none; without arguments there are none."""
    plain = {"type": "function", "name": "stop"}
    data = "0x" + selector(plain).hex()
    assert (
        selector(plain) == selector({**plain, "inputs": None}) == selector({**plain, "inputs": []})
    )
    for kind in ("event", "error", "constructor"):
        assert of_call(data, "function_name", abi=[{**plain, "type": kind}]) == [None]
        assert of_call(data, "function_name", abi=[{**plain, "type": kind}, plain]) == ["stop"]
    assert of_call(data, "function_name", "stop", "stop.0", abi=[plain]) == ["stop", "stop", None]
    assert of_call("0x12345678", "function_name", abi=[plain]) == [None]


@pytest.mark.parametrize(("depth", "known"), [(10, True), (11, False)])
def test_how_deep_types_go(depth: int, known: bool) -> None:
    """Ten levels of tuples or of arrays, and no more."""
    inside: dict[str, Any] = {"name": "a", "type": "uint8"}
    for _ in range(depth):
        inside = {"name": "t", "type": "tuple", "components": [inside]}
    for parameter in (inside, {"name": "a", "type": "uint8" + "[]" * depth}):
        function = {"type": "function", "name": "f", "inputs": [parameter]}
        if known:
            assert len(selector(function)) == 4
            continue
        with pytest.raises(ValueError, match="nested too deeply"):
            selector(function)


PLAIN = {"method": "eth_signTransaction", "params": {"transaction": {"chain_id": 5}}}


def test_what_a_transaction_is_about() -> None:
    """Its own chain where it is signed, the request's where it is sent; what lacks is nothing."""
    names = ("to", "value", "chain_id")
    (signed,) = ethereum.asked(Fields(PLAIN, "")).subjects
    assert fields_of(signed, "ethereum_transaction", *names) == [None, 0, 5]
    sent = {
        "method": "eth_sendTransaction",
        "caip2": "eip155:8453",
        "params": {"transaction": {"chain_id": 5, "to": USDC, "value": 7}},
    }
    (subject,) = ethereum.asked(Fields(sent, "")).subjects
    assert fields_of(subject, "ethereum_transaction", *names) == [USDC, 7, 8453]
    call = {"caip2": "eip155:10", "method": "wallet_sendCalls", "params": {"calls": [{"to": USDC}]}}
    (subject,) = ethereum.asked(Fields(call, "")).subjects
    assert fields_of(subject, "ethereum_transaction", *names) == [USDC, 0, 10]


def test_a_tempo_transaction() -> None:
    """Each of its calls has what holds for all; what is neither text nor number is undecidable."""
    transaction = {
        "type": 118,
        "chain_id": 4217,
        "fee_token": USDC,
        "nonce_key": 3,
        "valid_before": "0x10",
        "valid_after": 9,
        "access_list": [],
        "calls": [{"to": USDC, "value": 1}, {"to": OTHER}],
    }
    body = {"method": "eth_signTransaction", "params": {"transaction": transaction}}
    asked = ethereum.asked(Fields(body, ""))
    names = ("fee_token", "nonce_key", "valid_before", "valid_after", "fee_payer_signature")
    assert asked.method == "eth_signTransaction"
    for subject, to, value in zip(asked.subjects, (USDC, OTHER), (1, 0), strict=True):
        assert fields_of(subject, "tempo_transaction", *names) == [USDC, 3, 16, 9, None]
        found = fields_of(subject, "ethereum_transaction", "to", "value", "chain_id")
        assert found == [to, value, 4217]
        with pytest.raises(UndecidableError, match="access_list is no text and no number"):
            fields_of(subject, "tempo_transaction", "access_list")
    bare = {name: transaction[name] for name in ("type", "chain_id", "calls")}
    body["params"] = {"transaction": bare}
    for subject in ethereum.asked(Fields(body, "")).subjects:
        assert fields_of(subject, "tempo_transaction", *names) == [None] * len(names)


BATCH = keccak(text="executeBatch((address,uint256,bytes)[])")[:4]


def execute(mode: int, execution: bytes) -> bytes:
    """Kernel's `execute` of ERC-7579."""
    modes = bytes([mode]) + bytes(31)
    return bytes.fromhex(call_data("execute(bytes32,bytes)", modes, execution)[2:])


def test_calls_in_call_data() -> None:
    """Receiver, value and data stand one behind the other; a batch is a list of them."""
    single = bytes.fromhex(USDC[2:]) + (2**255 + 1).to_bytes(32, "big")
    assert account_calls(execute(0, single + b"\x12")) == (AccountCall(USDC, 2**255 + 1, b"\x12"),)
    assert account_calls(execute(0, single)) == (AccountCall(USDC, 2**255 + 1, b""),)
    assert account_calls(execute(0, single[:-1])) is None
    assert account_calls(execute(2, single)) is None
    batch = encode(["(address,uint256,bytes)[]"], [[(USDC, 1, b"")]])
    assert account_calls(execute(1, batch)) == (AccountCall(USDC, 1, b""),)
    assert account_calls(execute(1, encode(["(address,uint256,bytes)[]"], [[]]))) == ()


@pytest.mark.parametrize(
    "batch",
    [
        b"",
        bytes(31),
        (2**255).to_bytes(WORD, "big"),
        (2**64).to_bytes(WORD, "big"),
        (WORD).to_bytes(WORD, "big") + (2**255).to_bytes(WORD, "big"),
        (WORD).to_bytes(WORD, "big") + (2**63).to_bytes(WORD, "big"),
        (WORD).to_bytes(WORD, "big") + (1).to_bytes(WORD, "big") + b"\xff" * WORD,
    ],
)
def test_call_data_that_points_nowhere(batch: bytes) -> None:
    """It holds no call that is known."""
    assert account_calls(execute(1, batch)) is None
    assert account_calls(BATCH + batch) is None


@pytest.mark.parametrize("unknown", ["stop()", "execute(address)", "executeBatch()"])
def test_call_data_of_another_account(unknown: str) -> None:
    """Whatever stands behind it."""
    data = keccak(text=unknown)[:4]
    known = execute(0, bytes.fromhex(USDC[2:]) + bytes(32))
    assert account_calls(data + known[4:]) is None
    assert account_calls(data) is None


TYPES = {"Mail": [{"name": name, "type": kind} for name, kind in (
    ("small", "int8"), ("large", "uint256"), ("text", "string"), ("many", "uint8[]"),
    ("inner", "Part[]"), ("address", "address"),
)], "Part": [{"name": "n", "type": "uint8"}]}  # fmt: skip
MESSAGE = {
    "small": "-5",
    "large": "0x10",
    "text": "7",
    "many": ["1", 2],
    "inner": [{"n": "0x3"}],
    "address": "0x10",
}


def of_message(*names: str, **expected: Any) -> list[Any]:
    """What fields of an EIP-712 message are read as, by a rule that expects these types."""
    typed = {"domain": {}, "types": TYPES, "primary_type": "Mail", "message": MESSAGE}
    body = {"method": "eth_signTypedData_v4", "params": {"typed_data": typed}}
    (subject,) = ethereum.asked(Fields(body, "")).subjects
    wanted = {"types": TYPES, "primary_type": "Mail", **expected}
    return fields_of(subject, "ethereum_typed_data_message", *names, typed_data=wanted)


def test_members_of_a_message() -> None:
    """Integers are numbers, however they are written; all else is as it stands."""
    names = ("small", "large", "text", "many.0", "many.1", "inner.0.n", "address", "none")
    assert of_message(*names) == [-5, 16, "7", 1, 2, 3, "0x10", None]


def test_a_message_of_other_types() -> None:
    """A rule for these types tells nothing about it: another struct, or a part that differs."""
    other_part = {**TYPES, "Part": [{"name": "n", "type": "uint16"}]}
    assert of_message("text", primary_type="Part") == [None]
    assert of_message("text", types=other_part) == [None]
    assert of_message("text", types={**TYPES, "Unused": []}) == ["7"]
    assert of_message("text", types={"Part": TYPES["Part"], "Mail": TYPES["Mail"]}) == ["7"]


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"", {}),
        (protocol_buffer((1, 127), (1, 128), (2, 2**63)), {1: (127, 128), 2: (2**63,)}),
        (b"\x08" + b"\x80" * 9 + b"\x01", {1: (2**63,)}),
        (b"\x0a\x00", {1: (b"",)}),
        (b"\x09" + bytes(range(8)), {1: (bytes(range(8)),)}),
        (b"\x0d" + bytes(range(4)), {1: (bytes(range(4)),)}),
        (b"\x0b\x10\x05\x0c", {1: (0, 0), 2: (5,)}),
    ],
)
def test_protocol_buffers(data: bytes, fields: Any) -> None:
    """Each kind of value, in the order in which a field's values stand."""
    assert parse_message(data) == fields


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x08", "cut off"),
        (b"\x08\x80", "cut off"),
        (b"\x0a\x02x", "cut off"),
        (b"\x09" + bytes(7), "cut off"),
        (b"\x0d" + bytes(3), "cut off"),
        (b"\x0e\x00", "unknown wire type"),
        (b"\x0f\x00", "unknown wire type"),
        (b"\x00\x00", "field number 0"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "more than 10 bytes"),
    ],
)
def test_what_are_no_protocol_buffers(data: bytes, words: str) -> None:
    """Each reason has its words."""
    with pytest.raises(ValueError, match=words):
        parse_message(data)


ACCOUNT = b"\x41" + bytes(range(20))
STOP = {"type": "function", "name": "stop"}


def test_fields_of_a_tron_contract_that_are_left_out() -> None:
    """Numbers are 0 there, of fields and of bytes alike; call data is of calls alone."""
    numbers = ("call_value", "call_token_value", "token_id")
    names = [f"TriggerSmartContract.{name}" for name in numbers]
    contract = {"type": "TriggerSmartContract", "contract_address": ACCOUNT.hex()}
    raw = tron_raw(31, "TriggerSmartContract", (2, ACCOUNT))
    body = {"params": {"raw_data": {"contract": [contract]}}, "method": "tron_signTransaction"}
    (subject,) = tron.asked(Fields(body, "")).subjects
    for each in (subject, tron.transaction_subject(raw)):
        assert fields_of(each, "tron_transaction", *names) == [0, 0, 0]
    contract["data"] = selector(STOP).hex()
    called = tron_raw(31, "TriggerSmartContract", (2, ACCOUNT), (4, selector(STOP)))
    (subject,) = tron.asked(Fields(body, "")).subjects
    for each in (subject, tron.transaction_subject(called)):
        source = "tron_trigger_smart_contract_data"
        assert fields_of(each, source, "function_name", abi=(STOP,)) == ["stop"]
    sent = tron.transaction_subject(
        tron_raw(1, "TransferContract", (2, ACCOUNT), (4, selector(STOP)))
    )
    assert sent is not None
    assert set(sent.sources) == {"tron_transaction"}
    assert fields_of(sent, "tron_transaction", "TransferContract.amount") == [0]


def test_tron_bytes_without_a_contract() -> None:
    """They are a message and no transaction; a kind that is unknown has no fields."""
    assert tron.transaction_subject(protocol_buffer((1, 5))) is None
    assert tron.transaction_subject(b"") is None
    unknown = tron.transaction_subject(tron_raw(2, "TransferAssetContract", (2, ACCOUNT)))
    assert unknown is not None
    assert unknown.sources == {}


@pytest.mark.parametrize(
    ("chain_type", "data", "method", "content"),
    [
        ("tron", b"hello", "signRawMessageBytes", "hello"),
        ("sui", b"hello", "signRawMessageBytes", "hello"),
        ("sui", b"\xff", "signRawMessageBytes", None),
        ("aptos", b"hello", "raw_sign", "hello"),
        ("sui", b"\x00\x00\x00", "signTransactionBytes", None),
        ("tron", tron_raw(1, "TransferContract", (2, ACCOUNT)), "signTransactionBytes", None),
    ],
)
def test_what_raw_sign_is_asked_for(
    chain_type: str, data: bytes, method: str, content: str | None
) -> None:
    """A message, or a transaction on the two chains where there is a method for it."""
    key = WalletKey.generate(chain_type, lambda count: b"\x07" * count)
    params = {"bytes": data.hex(), "encoding": "hex", "hash_function": "sha256"}
    asked = asked_by_raw_sign(key, Fields({"params": params}, ""))
    assert asked.method == method
    (subject,) = asked.subjects
    length = len(data) if "message" in subject.sources else None
    assert fields_of(subject, "message", "content", "byte_length", "other") == [
        content,
        length,
        None,
    ]
    hashed = asked_by_raw_sign(key, Fields({"params": {"hash": "0x" + "11" * 32}}, ""))
    assert hashed.method == ("raw_sign" if chain_type == "aptos" else "signRawMessageBytes")
    assert hashed.subjects[0].sources == {}


def test_fields_of_an_action() -> None:
    """Amounts are numbers, however they are written; a text that spells one elsewhere is text."""
    body = {"source": {"amount": "1.5", "asset": "7"}, "amount": "0x10", "raw_amount": 3, "to": "9"}
    (subject,) = asked_by_action("transfer", Fields(body, "")).subjects
    names = ("source.amount", "source.asset", "amount", "raw_amount", "to", "none")
    found = fields_of(subject, "action_request_body", *names)
    assert [str(each) for each in found] == ["1.5", "7", "16", "3", "9", "None"]
    assert [type(each).__name__ for each in found] == [
        "Decimal",
        "str",
        "int",
        "int",
        "str",
        "NoneType",
    ]


def test_values_at_paths() -> None:
    """Names of objects and numbers of lists, of at most six digits, and nothing else."""
    value = {"a": [{"b": 1}, 2], "": 3}
    for path, found in (("a.0.b", 1), ("a.1", 2), ("", 3), ("a.2", None), ("a.b", None),
                        ("a.-1", None), ("a.0000001", None), ("a.000001", 2), ("a.²", None),
                        ("a.\u0661", None), ("a.1.x", None), ("b.c", None)):  # fmt: skip
        assert at_path(value, path) == found, path


def test_json_as_it_is_read() -> None:
    """Texts and numbers are themselves, booleans their names, floats as they are written."""
    values = [True, False, "x", 7, 1.5, None, [], {}]
    assert [reading(value) for value in values] == ["true", "false", "x", 7, "1.5", *[None] * 3]


@pytest.mark.parametrize("operator", ["contains", "starts_with", "ends_with"])
def test_numbers_are_no_texts(operator: str) -> None:
    """A condition for texts does not hold for them."""
    assert compare(operator, "15", ("15",))
    assert not compare(operator, 15, ("15",))
    assert not compare(operator, None, ("",))


def test_a_type_that_no_abi_knows() -> None:
    """It is named; a tuple without members is none either."""
    for parameter in ({"type": "tuple"}, {"type": "tuple", "components": None}):
        with pytest.raises(ValueError, match=r"Unknown type '\(\)'"):
            selector({"type": "function", "name": "f", "inputs": [parameter]})
    with pytest.raises(ValueError, match="Unknown type 'money'"):
        selector({"type": "function", "name": "f", "inputs": [{"type": "money"}]})
