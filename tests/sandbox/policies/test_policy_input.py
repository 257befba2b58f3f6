"""Whatever is sent as a rule or asked of one, the answer is a decision or a refusal."""

from typing import Any

import eth_account  # noqa: F401 - changes the recursion limit, which hypothesis must not see
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_engine import ERC20, USDC, Engine, condition, raw_sign, rule, send

from privy_async.sandbox.policies.chains.protocol_buffers import parse_message
from privy_async.sandbox.policies.conditions import FIELD_SOURCES, METHODS_BY_CHAIN
from privy_async.sandbox.policies.validate import read_rule
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ABI_TYPES = (
    st.sampled_from(
        ["uint256", "uint256[0]", "bytes0", "tuple", "tuple[]", "address[3][]", "(", "uint256[01]"]
    )
    | st.text()
)
PARAMETERS = st.lists(
    st.fixed_dictionaries(
        {"type": ABI_TYPES | SCALARS},
        optional={
            "name": SCALARS,
            "components": st.lists(st.fixed_dictionaries({"type": ABI_TYPES}), max_size=2) | JSON,
        },
    ),
    max_size=2,
)
ABIS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["function", "event"]) | SCALARS, "name": st.text() | SCALARS},
        optional={"inputs": PARAMETERS | JSON},
    ),
    max_size=2,
)
CONDITIONS = st.fixed_dictionaries(
    {
        "field_source": st.sampled_from(sorted(FIELD_SOURCES)) | JSON,
        "field": st.sampled_from(["to", "value", "f.a", "aggregation.x", "Transfer.to"]) | JSON,
        "operator": st.sampled_from(["eq", "in", "in_condition_set", "lt", "contains"]) | JSON,
        "value": JSON,
    },
    optional={
        "abi": ABIS | JSON,
        "typed_data": st.fixed_dictionaries(
            {
                "primary_type": st.just("A") | JSON,
                "types": st.dictionaries(st.sampled_from("AB"), JSON) | JSON,
            }
        ),
    },
)
METHODS = [method for methods in METHODS_BY_CHAIN.values() for method in methods]
RULES = st.fixed_dictionaries(
    {
        "name": st.just("rule") | JSON,
        "method": st.sampled_from([*METHODS, "*"]) | JSON,
        "conditions": st.lists(CONDITIONS, max_size=2) | JSON,
        "action": st.sampled_from(["ALLOW", "DENY"]) | JSON,
    }
)


@settings(deadline=None, max_examples=150)
@given(RULES, st.sampled_from(["ethereum", "solana", "tron", "sui"]))
def test_any_rule_is_read_or_refused(described: dict[str, Any], chain_type: str) -> None:
    """A rule is stored as it was sent, or refused with a status of the client's fault."""
    engine = Engine()
    status = None
    try:
        read = read_rule(engine.state, Fields(described, ""), chain_type, "id")
    except Refusal as refusal:
        status = refusal.status
    if status is None:
        for stored, sent in zip(read.conditions, described["conditions"], strict=True):
            assert stored.to_json().items() <= sent.items()
    assert status in (None, 400, 404)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.sampled_from(["tron", "sui"]))
def test_any_bytes_are_decided(raw: bytes, chain_type: str) -> None:
    """Bytes to sign are a transaction or a message, and never make the engine fail."""
    source = {"tron": "tron_transaction", "sui": "sui_transfer_objects_command"}[chain_type]
    field = {"tron": "TransferContract.amount", "sui": "amount"}[chain_type]
    compared = condition(source, field, "gte", "0")
    rules = (rule("signTransactionBytes", compared), rule("signRawMessageBytes"))
    assert Engine(chain_type).allows(*rules, asked=raw_sign(b"\x00\x00\x00" + raw)) in (True, False)
    assert Engine(chain_type).allows(*rules, asked=raw_sign(raw)) in (True, False)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=100))
def test_any_call_data_is_decided(data: bytes) -> None:
    """Calldata of any bytes behind a known selector never makes the engine fail."""
    compared = condition("ethereum_calldata", "transfer.amount", "gte", "0", abi=ERC20)
    selector = bytes.fromhex("a9059cbb")
    asked = send(data="0x" + (selector + data).hex())
    allowed = Engine().allows(rule("eth_sendTransaction", compared), asked=asked)
    fits = len(data) >= 64 and not any(data[:12])
    assert allowed == fits


@pytest.mark.parametrize(
    "data", [b"\x08", b"\x0a\x05a", b"\x00\x00", b"\x0f", b"\x08" + b"\xff" * 10, b"\x09\x00"]
)
def test_broken_protocol_buffers(data: bytes) -> None:
    """What is cut off or of unknown form is no protocol buffer."""
    with pytest.raises(ValueError):
        parse_message(data)


def test_protocol_buffers_of_every_kind() -> None:
    """Numbers, bytes, fixed sizes and groups are walked through; repeated fields are all kept."""
    data = b"\x08\x96\x01" + b"\x08\x01" + b"\x12\x02hi" + b"\x19" + bytes(8) + b"\x25" + bytes(4)
    assert parse_message(data + b"\x2b\x30\x05\x2c") == {
        1: (150, 1),
        2: (b"hi",),
        3: (bytes(8),),
        4: (bytes(4),),
        5: (0, 0),
        6: (5,),
    }


def test_deep_types_are_refused() -> None:
    """Tuples within tuples beyond any contract's need are refused, not followed."""
    parameter: dict[str, Any] = {"type": "uint256"}
    for _ in range(50):
        parameter = {"type": "tuple", "components": [parameter]}
    abi = [{"type": "function", "name": "f", "inputs": [parameter]}]
    compared = condition("ethereum_calldata", "f.0", "eq", USDC, abi=abi)
    with pytest.raises(Refusal, match="nested too deeply"):
        Engine().policy(rule("eth_sendTransaction", compared))
