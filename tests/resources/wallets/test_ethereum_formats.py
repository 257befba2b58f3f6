"""Ethereum values on their way in: quantities and data, checked and exact."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st
from sdk_helpers import RawServer

from privy_async import InvalidArgumentError
from privy_async.resources.wallets.ethereum_formats import (
    format_number,
    format_quantity,
    format_transaction,
)
from privy_async.signing.canonical_json import canonical_json

TO = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"


# Names


SNAKE = {
    "from": TO,
    "to": TO,
    "value": 10**18,
    "data": "0xabcd",
    "chain_id": 8453,
    "nonce": 0,
    "type": 2,
    "gas_limit": 21_000,
    "max_fee_per_gas": 30 * 10**9,
    "max_priority_fee_per_gas": 10**9,
    "authorization_list": [
        {
            "chain_id": 1,
            "contract": TO,
            "nonce": 0,
            "r": f"0x{1:064x}",
            "s": f"0x{2:064x}",
            "y_parity": 1,
        }
    ],
}
WEB3 = {
    "from": TO,
    "to": TO,
    "value": 10**18,
    "data": HexBytes("0xabcd"),
    "chainId": 8453,
    "nonce": 0,
    "type": "0x2",
    "gas": 21_000,
    "maxFeePerGas": 30 * 10**9,
    "maxPriorityFeePerGas": 10**9,
    "authorizationList": [
        {"chainId": 1, "address": TO, "nonce": 0, "r": 1, "s": HexBytes("0x02"), "yParity": "0x1"}
    ],
}


def test_names_of_web3_give_equal_bytes() -> None:
    """A transaction in Privy's names and the same in web3.py's are one request."""
    snake = canonical_json(format_transaction(SNAKE))
    assert canonical_json(format_transaction(WEB3)) == snake


def test_what_is_given_is_not_changed() -> None:
    """The caller's own transaction stays as it was."""
    transaction = {"type": 118, "calls": [{"to": TO, "value": 1}]}
    format_transaction(transaction)
    assert transaction == {"type": 118, "calls": [{"to": TO, "value": 1}]}


# Quantities


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0x0"),
        (10**15, "0x38d7ea4c68000"),
        (2**53, "0x20000000000000"),
        (2**255, "0x8" + "0" * 63),
        ("0x0", "0x0"),
        ("0x00ff", "0xff"),
        ("0xABC", "0xabc"),
    ],
)
def test_quantities_have_any_size(value: object, text: str) -> None:
    """Ints and hex become hex without leading zeros, which JSON carries exactly."""
    assert format_quantity(value, argument="value") == text


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_a_quantity_keeps_its_value(value: int) -> None:
    """Nothing is rounded, whatever the size."""
    assert int(format_quantity(value, argument="value"), 16) == value
    assert format_quantity(f"0x{value:070x}", argument="value") == hex(value)


@pytest.mark.parametrize("value", [2**256, 2**300, "0x1" + "0" * 64, 10**400])
def test_no_quantity_is_beyond_256_bits(value: int | str) -> None:
    """The chains have no larger numbers."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.value: must be below 2\^256"):
        format_transaction({"value": value})


@pytest.mark.parametrize("name", ["nonce", "gas_limit", "chain_id"])
def test_small_quantities_have_64_bits(name: str) -> None:
    """A nonce, a gas limit and a chain's id are below 2^64 (EIP-2681, EIP-2294)."""
    format_transaction({name: 2**64 - 1})
    with pytest.raises(InvalidArgumentError, match=rf"transaction.{name}: must be below 2\^64"):
        format_transaction({name: 2**64})


@pytest.mark.parametrize("value", [-1, 1.0, 1e18, True, None, b"\x01", Decimal(1)])
def test_only_ints_count_as_numbers(value: object) -> None:
    """Fractions, negative amounts and other types move no money."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.value: .*; expected a non-neg"):
        format_transaction({"value": value})


@pytest.mark.parametrize(
    "value", ["1", "", "0x", "0xzz", "0X1", "0x-1", "0x1_0", "0x 1", "0x1 ", "0x\uff11", "1 ether"]
)
def test_only_hex_counts_as_a_number_in_text(value: str) -> None:
    """Text that is not 0x and hex digits alone is refused, even where Python would read it."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.value: .*; expected a non-neg"):
        format_transaction({"value": value})


@pytest.mark.parametrize(
    ("value", "chain_id"),
    [(1, 1), ("0x2105", 8453), (2**53 - 1, 2**53 - 1), (2**53, "0x20000000000000")],
)
def test_chain_ids_are_numbers(value: object, chain_id: object) -> None:
    """Privy's policies compare numbers; only what JSON cannot carry exactly becomes hex."""
    assert format_number(value, argument="chain_id") == chain_id


# Data


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", "0x"),
        (b"\x00\xff", "0x00ff"),
        (bytearray(b"\x01"), "0x01"),
        (HexBytes("0xab"), "0xab"),
        ("0x", "0x"),
        ("0xABcd", "0xABcd"),
    ],
)
def test_data_is_bytes_or_hex(value: object, text: str) -> None:
    """Bytes become 0x hex, hex stays as it is."""
    assert format_transaction({"data": value}) == {"data": text}


@pytest.mark.parametrize(
    "value", ["abcd", "0xabc", "0xzz", "", "0x12  ", "0x12 34 ", 1, None, ["0x"]]
)
def test_what_is_no_data_is_refused(value: object) -> None:
    """Text without 0x, half bytes, blanks and other types are named before they are sent."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.data: expected bytes, or 0x and"):
        format_transaction({"data": value})


@pytest.mark.parametrize("fields", [None, [], "0x", 1, [("to", TO)]])
def test_fields_are_a_mapping(fields: Any) -> None:
    """Anything else is named."""
    with pytest.raises(InvalidArgumentError, match="transaction: expected a mapping"):
        format_transaction(fields)


def test_the_error_names_the_place_in_a_batch() -> None:
    """A wrong value deep in a list is found at once."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_transaction({"type": 118, "calls": [{"value": 1}, {"value": -1}]})
    assert caught.value.argument == "transaction.calls[1].value"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="1"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="eip155:x"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2=8453), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="eip155:01"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="eip155:\uff11"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="eip155:1\n"), "caip2"),
        (lambda p, tx: p.ethereum.send_calls("w", [], caip2="eip155:1"), "calls"),
        (lambda p, tx: p.ethereum.send_calls("w", tx, caip2="eip155:1"), "calls"),
        (lambda p, tx: p.ethereum.send_calls("w", 5, caip2="eip155:1"), "calls"),
        (lambda p, tx: p.ethereum.send_calls("w", ["0x"], caip2="eip155:1"), "calls[0]"),
        (lambda p, tx: p.ethereum.sign_message("w", 5), "message"),
        (lambda p, tx: p.ethereum.sign_message("w", "\ud800"), "body.params.message"),
        (lambda p, tx: p.ethereum.sign_secp256k1("w", "abcd"), "hash"),
        (lambda p, tx: p.ethereum.sign_message("", "hello"), "wallet_id"),
        (lambda p, tx: p.ethereum.sign_message("..", "hello"), "wallet_id"),
        (lambda p, tx: p.ethereum.sign_message(None, "hello"), "wallet_id"),
        (
            lambda p, tx: p.ethereum.sign_7702_authorization("w", TO, chain_id="1"),
            "chain_id",
        ),
    ],
)
async def test_wrong_arguments_are_named_before_anything_is_sent(
    call: Callable[[Any, Any], Awaitable[object]], argument: str
) -> None:
    """Nothing reaches the network."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError) as caught:
            await call(privy.wallets, {"to": TO})
    assert caught.value.argument == argument
    assert server.connections == 0
