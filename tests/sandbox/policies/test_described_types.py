"""What a condition says of types: those of EIP-712 data, and the parts of a contract's ABI."""

from typing import Any

import pytest
from policy_engine import ERC20, Engine, call_data, condition, rule, send

from privy_async.sandbox.policies.chains.typed_data import _type_at
from privy_async.sandbox.requests.refusal import Refusal

TYPES = {
    "Order": [
        {"name": "maker", "type": "Party"},
        {"name": "items", "type": "Item[]"},
        {"name": "grid", "type": "uint8[2][]"},
        {"name": "memo", "type": "string"},
    ],
    "Party": [{"name": "name", "type": "string"}, {"name": "age", "type": "uint8"}],
    "Item": [{"name": "price", "type": "uint256"}, {"name": "of", "type": "Party"}],
}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("memo", "string"),
        ("maker", "Party"),
        ("maker.name", "string"),
        ("maker.age", "uint8"),
        ("items", "Item[]"),
        ("items.0", "Item"),
        ("items.7.price", "uint256"),
        ("items.0.of.age", "uint8"),
        ("grid", "uint8[2][]"),
        ("grid.1", "uint8[2]"),
        ("grid.1.0", "uint8"),
        ("nobody", ""),
        ("memo.name", ""),
        ("maker.price", ""),
    ],
)
def test_the_type_at_a_path(path: str, kind: str) -> None:
    """Through structs and arrays; where there is nothing it has no type."""
    assert _type_at("Order", path, TYPES) == kind


def store(*parts: Any) -> None:
    """Store a policy whose condition has an ABI with these parts besides a function."""
    about = condition("ethereum_calldata", "function_name", "eq", "transfer", abi=[*ERC20, *parts])
    Engine().policy(rule("eth_sendTransaction", about))


@pytest.mark.parametrize("kind", ["constructor", "event", "fallback", "function", "receive"])
def test_parts_of_an_abi(kind: str) -> None:
    """Each kind that Solidity's compiler writes is taken; others are refused."""
    part = {"type": kind, "inputs": []} | ({"name": "x"} if kind in ("event", "function") else {})
    store(part)
    with pytest.raises(Refusal) as refused:
        store({**part, "type": f"{kind}s"})
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "arguments",
    [
        (2**255).to_bytes(32, "big"),
        (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big"),
        (32).to_bytes(32, "big") + (2**64).to_bytes(32, "big"),
        (2**63).to_bytes(32, "big"),
        b"",
        bytes(31),
    ],
)
def test_arguments_that_point_nowhere(arguments: bytes) -> None:
    """An offset or a length beyond all memory fits no ABI, so nothing is allowed by it."""
    function = {"type": "function", "name": "note", "inputs": [{"name": "text", "type": "bytes"}]}
    about = condition("ethereum_calldata", "note.text", "neq", "0x12", abi=[function])
    whole = call_data("note(bytes)", b"\x34")
    tested = rule("eth_sendTransaction", about)
    assert Engine().allows(tested, asked=send(data=whole))
    asked = send(data=whole[:10] + arguments.hex())
    assert not Engine().allows(tested, asked=asked)
