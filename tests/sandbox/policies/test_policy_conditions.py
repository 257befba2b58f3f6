"""Every operator, and the field sources of Ethereum, a row each."""

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from policy_engine import (
    ERC20,
    OTHER,
    USDC,
    Engine,
    call_data,
    condition,
    rule,
    send,
    typed_data,
)


@pytest.mark.parametrize(
    ("operator", "value", "byte_length_passes", "content_passes"),
    [
        ("eq", "5", True, None),
        ("eq", 5, True, None),
        ("eq", "0x5", True, None),
        ("eq", "6", False, None),
        ("neq", "6", True, None),
        ("neq", "5", False, None),
        ("lt", "6", True, None),
        ("lt", "5", False, None),
        ("lte", "5", True, None),
        ("lte", "4", False, None),
        ("gt", "4", True, None),
        ("gt", "5", False, None),
        ("gte", "5", True, None),
        ("gte", "6", False, None),
        ("in", ["4", "5"], True, None),
        ("in", ["50", "6"], False, None),
        ("in", "5", True, None),
        ("eq", "hello", None, True),
        ("eq", "Hello", None, False),
        ("neq", "Hello", None, True),
        ("neq", "hello", None, False),
        ("in", ["hello", "bye"], None, True),
        ("in", ["hell", "HELLO"], None, False),
        ("contains", "ell", None, True),
        ("contains", "ELL", None, False),
        ("starts_with", "he", None, True),
        ("starts_with", "el", None, False),
        ("ends_with", "lo", None, True),
        ("ends_with", "ll", None, False),
    ],
)
def test_operators(
    operator: str, value: Any, byte_length_passes: bool | None, content_passes: bool | None
) -> None:
    """Numbers compare as numbers in any notation, texts to the letter."""
    asked = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
    by_length = byte_length_passes is not None
    field = "byte_length" if by_length else "content"
    tested = rule("personal_sign", condition("message", field, operator, value))
    expected = byte_length_passes if by_length else content_passes
    assert Engine().allows(tested, asked=asked) == expected


def message(text: str, encoding: str = "utf-8") -> dict[str, Any]:
    """A `personal_sign`."""
    return {"method": "personal_sign", "params": {"message": text, "encoding": encoding}}


CALLS = {
    "method": "wallet_sendCalls",
    "caip2": "eip155:8453",
    "params": {"calls": [{"to": USDC, "value": "0x5"}, {"to": USDC, "value": 5}]},
}
STRUCT_ABI = [
    {
        "type": "function",
        "name": "fill",
        "inputs": [
            {
                "name": "order",
                "type": "tuple",
                "components": [
                    {"name": "maker", "type": "address"},
                    {"name": "flags", "type": "bool[]"},
                ],
            },
            {"name": "hash", "type": "bytes2"},
        ],
    }
]


@pytest.mark.parametrize(
    ("asked", "source", "field", "value"),
    [
        (send(to=USDC), "ethereum_transaction", "to", USDC),
        (send(value="0x5"), "ethereum_transaction", "value", "5"),
        (send(), "ethereum_transaction", "chain_id", "8453"),
        (send("eth_signTransaction"), "ethereum_transaction", "chain_id", 8453),
        (CALLS, "ethereum_transaction", "value", "5"),
        (CALLS, "ethereum_transaction", "chain_id", "0x2105"),
        (
            typed_data({"chainId": 1, "verifyingContract": USDC}),
            "ethereum_typed_data_domain",
            "verifying_contract",
            USDC,
        ),
        (typed_data({"chainId": "0x1"}), "ethereum_typed_data_domain", "chain_id", "1"),
        (
            {
                "method": "eth_sign7702Authorization",
                "params": {"contract": USDC, "chain_id": 1},
            },
            "ethereum_7702_authorization",
            "contract",
            USDC,
        ),
        (message("héllo"), "message", "byte_length", "6"),
        (message("68c3a9", "hex"), "message", "content", "hé"),
        (message("ff00", "hex"), "message", "byte_length", 2),
    ],
)
def test_ethereum_sources(asked: dict[str, Any], source: str, field: str, value: Any) -> None:
    """Each field of an Ethereum request can be read, and is not what it is not."""
    for operator, allowed in (("eq", True), ("neq", False)):
        tested = rule(asked["method"], condition(source, field, operator, value))
        assert Engine().allows(tested, asked=asked) == allowed


def test_bytes_that_are_no_text_have_no_content() -> None:
    """A message that is not UTF-8 has a length and no content."""
    for operator in ("eq", "neq"):
        tested = rule("personal_sign", condition("message", "content", operator, "x"))
        assert not Engine().allows(tested, asked=message("ff00", "hex"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("function_name", "transfer"),
        ("transfer", "transfer"),
        ("transfer.recipient", OTHER),
        ("transfer.amount", "7"),
        ("transfer.amount", "0x7"),
        ("transfer.1", 7),
    ],
)
def test_calldata(field: str, value: Any) -> None:
    """A call's function and arguments are read by the ABI, addresses with their checksum."""
    asked = send(data=call_data("transfer(address,uint256)", OTHER, 7))
    for operator, allowed in (("eq", True), ("neq", False)):
        compared = condition("ethereum_calldata", field, operator, value, abi=ERC20)
        tested = rule("eth_sendTransaction", compared)
        assert Engine().allows(tested, asked=asked) == allowed


def test_calldata_of_structs() -> None:
    """Members of tuples and items of arrays have paths; bytes are 0x hex, booleans words."""
    arguments = encode(["(address,bool[])", "bytes2"], [(USDC, [True, False]), b"\x12\x34"])
    selector = keccak(text="fill((address,bool[]),bytes2)")[:4]
    asked = send(data="0x" + (selector + arguments).hex())
    for field, value in (
        ("fill.order.maker", USDC),
        ("fill.order.flags.0", "true"),
        ("fill.order.flags.1", "false"),
        ("fill.hash", "0x1234"),
    ):
        compared = condition("ethereum_calldata", field, "eq", value, abi=STRUCT_ABI)
        assert Engine().allows(rule("eth_sendTransaction", compared), asked=asked)
    missing = condition("ethereum_calldata", "fill.order.flags.2", "neq", "x", abi=STRUCT_ABI)
    assert not Engine().allows(rule("eth_sendTransaction", missing), asked=asked)


def test_arguments_that_do_not_fit_the_abi_are_denied() -> None:
    """What cannot be read is denied, also where the rule that asks would only deny."""
    broken = send(data=call_data("transfer(address,uint256)", OTHER, 7)[:-2])
    compared = condition("ethereum_calldata", "transfer.amount", "gt", "9", abi=ERC20)
    rules = (
        rule("eth_sendTransaction"),
        rule("eth_sendTransaction", compared, action="DENY"),
    )
    assert not Engine().allows(*rules, asked=broken)
    readable = send(data=call_data("transfer(address,uint256)", OTHER, 9))
    assert Engine().allows(*rules, asked=readable)


def test_texts_compare_case_sensitively() -> None:
    """An address with other letters is another text, as Privy documents."""
    tested = rule("eth_sendTransaction", condition("ethereum_transaction", "to", "eq", USDC))
    assert not Engine().allows(tested, asked=send(to=USDC.lower()))


def test_every_call_must_pass() -> None:
    """One forbidden call of a batch forbids the batch."""
    tested = rule("wallet_sendCalls", condition("ethereum_transaction", "value", "lte", "5"))
    assert Engine().allows(tested, asked=CALLS)
    more = {"calls": [*CALLS["params"]["calls"], {"to": USDC, "value": 6}]}
    assert not Engine().allows(tested, asked={**CALLS, "params": more})


def user_operation(call_data: str) -> dict[str, Any]:
    """A user operation to sign."""
    params = {"chain_id": "8453", "user_operation": {"call_data": call_data}}
    return {"method": "eth_signUserOperation", "params": params}


SINGLE_MODE, BATCH_MODE, DELEGATE_MODE = (bytes([kind]) + bytes(31) for kind in (0, 1, 0xFF))
INNER = bytes.fromhex(call_data("transfer(address,uint256)", OTHER, 7)[2:])
PACKED = bytes.fromhex(USDC[2:]) + (5).to_bytes(32) + INNER
EXECUTE = "execute(address,uint256,bytes)"
MODE_EXECUTE = "execute(bytes32,bytes)"


def batch(*values: int) -> bytes:
    """Calls of USDC with these values, ABI-encoded."""
    return encode(["(address,uint256,bytes)[]"], [[(USDC, value, INNER) for value in values]])


def batch_call(*values: int) -> str:
    """Alchemy's `executeBatch`."""
    selector = keccak(text="executeBatch((address,uint256,bytes)[])")[:4]
    return "0x" + (selector + batch(*values)).hex()


@pytest.mark.parametrize(
    ("data", "allowed"),
    [
        (call_data(EXECUTE, USDC, 5, INNER), True),
        (call_data(EXECUTE, USDC, 6, INNER), False),
        (call_data(EXECUTE, OTHER, 5, INNER), False),
        (call_data(EXECUTE, USDC, 5, b""), False),
        (batch_call(5, 5), True),
        (batch_call(5, 6), False),
        (call_data(MODE_EXECUTE, SINGLE_MODE, PACKED), True),
        (call_data(MODE_EXECUTE, BATCH_MODE, batch(5, 5)), True),
        (call_data(MODE_EXECUTE, BATCH_MODE, batch(5, 6)), False),
        (call_data(MODE_EXECUTE, DELEGATE_MODE, PACKED), False),
        (call_data(MODE_EXECUTE, SINGLE_MODE, PACKED[:51]), False),
        ("0x", False),
        ("0x12345678", False),
        (call_data(EXECUTE, USDC, 5, INNER)[:-64], False),
    ],
)
def test_calls_in_a_user_operation(data: str, allowed: bool) -> None:
    """The calls of both kinds of accounts are unwrapped; unknown call data is denied."""
    tested = rule(
        "eth_signUserOperation",
        condition("ethereum_transaction", "to", "eq", USDC),
        condition("ethereum_transaction", "value", "lte", "5"),
        condition("ethereum_transaction", "chain_id", "eq", "8453"),
        condition("ethereum_calldata", "transfer.amount", "eq", "7", abi=ERC20),
    )
    assert Engine().allows(tested, asked=user_operation(data)) == allowed


def test_unknown_call_data_can_be_allowed_unread() -> None:
    """Only a rule that reads the calls denies an operation whose calls are unknown."""
    asked = user_operation("0x12345678")
    unread = rule("eth_signUserOperation")
    assert Engine().allows(unread, asked=asked)
    compared = condition("ethereum_transaction", "to", "eq", OTHER)
    reads = rule("eth_signUserOperation", compared, action="DENY")
    assert not Engine().allows(unread, reads, asked=asked)
