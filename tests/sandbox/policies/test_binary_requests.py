"""Transactions given as bytes, at their edges: long vectors, and bytes that are cut short."""

import base64
from typing import Any

import pytest
from policy_engine import ERC20, Engine, condition, raw_sign, rule, tron_raw, uleb

ADDRESS = b"\x41" + bytes(range(20))
TRANSFER = tron_raw(1, "TransferContract", (2, ADDRESS), (3, 5))
AMOUNT = condition("tron_transaction", "TransferContract.amount", "lte", "5")


def allows(chain: str, raw: bytes, *conditions: Any) -> bool:
    """Whether a rule for transactions given as bytes lets these pass."""
    tested = rule("signTransactionBytes", *conditions)
    return Engine(chain).allows(tested, asked=raw_sign(raw))


@pytest.mark.parametrize("cut", range(1, len(TRANSFER) - 4, 5))
def test_a_tron_transaction_cut_short(cut: int) -> None:
    """What is left has no amount, or it is one that nobody can be sure of."""
    assert allows("tron", TRANSFER, AMOUNT)
    assert not allows("tron", TRANSFER[:cut], AMOUNT)


def test_a_tron_transaction_of_two_meanings_is_denied_by_any_condition() -> None:
    """A rule that denies some calls of contracts cannot be passed by by it."""
    called = condition("tron_trigger_smart_contract_data", "transfer.amount", "gt", "5", abi=ERC20)
    rules = (rule("signTransactionBytes"), rule("signTransactionBytes", called, action="DENY"))
    assert Engine("tron").allows(*rules, asked=raw_sign(TRANSFER))
    twice = TRANSFER + tron_raw(1, "TransferContract", (2, ADDRESS), (3, 6))
    assert not Engine("tron").allows(*rules, asked=raw_sign(twice))


@pytest.mark.parametrize("count", [1, 127, 128, 300])
def test_a_sui_transaction_with_many_inputs(count: int) -> None:
    """Lengths have as many bytes as they need."""
    inputs = uleb(count) + (b"\x00\x08" + (5).to_bytes(8, "little")) * count
    split = b"\x02\x00" + uleb(1) + b"\x01" + (count - 1).to_bytes(2, "little")
    raw = b"\x00\x00\x00\x00\x00" + inputs + uleb(1) + split
    for name, allowed in (("SplitCoins", True), ("MergeCoins", False)):
        named = condition("sui_transaction_command", "commandName", "eq", name)
        asked = raw_sign(raw, "blake2b256")
        assert Engine("sui").allows(rule("signTransactionBytes", named), asked=asked) is allowed


def test_a_message_is_not_taken_for_a_transaction() -> None:
    """Bytes that are none are a message, which a rule for transactions does not allow."""
    assert not allows("tron", b"hello", AMOUNT)
    assert not allows("tron", base64.b64encode(TRANSFER), AMOUNT)
