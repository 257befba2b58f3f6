"""Ethereum values on their way in: names, quantities and data, checked and exact."""

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
    format_chain_id,
    format_fields,
    format_quantity,
)
from privy_async.signing.canonical_json import canonical_json

TO = "0x742d35Cc6634C0532925a3b844Bc9e7595f2bD18"


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
    "access_list": [{"address": TO, "storage_keys": [f"0x{'00' * 32}"]}],
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
    "accessList": [{"address": TO, "storageKeys": [f"0x{'00' * 32}"]}],
}


def test_names_of_web3_give_equal_bytes() -> None:
    """A transaction in Privy's names and the same in web3.py's are one request."""
    snake = canonical_json(format_fields(SNAKE, argument="transaction"))
    assert canonical_json(format_fields(WEB3, argument="transaction")) == snake


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("chainId", "chain_id"),
        ("gas", "gas_limit"),
        ("gasLimit", "gas_limit"),
        ("gasPrice", "gas_price"),
        ("maxFeePerGas", "max_fee_per_gas"),
        ("maxPriorityFeePerGas", "max_priority_fee_per_gas"),
        ("callGasLimit", "call_gas_limit"),
        ("paymasterPostOpGasLimit", "paymaster_post_op_gas_limit"),
        ("paymasterVerificationGasLimit", "paymaster_verification_gas_limit"),
        ("preVerificationGas", "pre_verification_gas"),
        ("verificationGasLimit", "verification_gas_limit"),
        ("yParity", "y_parity"),
        ("sponsored", "sponsored"),
    ],
)
def test_a_name_of_web3_becomes_privys(given_name: str, name: str) -> None:
    """Names that nobody here knows pass as they are."""
    assert list(format_fields({given_name: 1}, argument="transaction")) == [name]


def test_a_field_under_two_names_is_refused() -> None:
    """Which of the two should count cannot be known."""
    with pytest.raises(InvalidArgumentError, match="gas_limit is given twice") as caught:
        format_fields({"gas": 1, "gas_limit": 2}, argument="transaction")
    assert caught.value.argument == "transaction.gas_limit"


def test_what_is_given_is_not_changed() -> None:
    """The caller's own transaction stays as it was."""
    transaction = {"to": TO, "value": 1, "calls": [{"value": 1}]}
    format_fields(transaction, argument="transaction")
    assert transaction == {"to": TO, "value": 1, "calls": [{"value": 1}]}


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


@given(st.integers(min_value=0, max_value=2**256))
def test_a_quantity_keeps_its_value(value: int) -> None:
    """Nothing is rounded, whatever the size."""
    assert int(format_quantity(value, argument="value"), 16) == value
    assert format_quantity(f"0x{value:070x}", argument="value") == hex(value)


@pytest.mark.parametrize("value", [-1, 1.0, 1e18, True, None, b"\x01", Decimal(1)])
def test_only_ints_count_as_numbers(value: object) -> None:
    """Fractions, negative amounts and other types move no money."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.value: expected a non-negative"):
        format_fields({"value": value}, argument="transaction")


@pytest.mark.parametrize(
    "value", ["1", "", "0x", "0xzz", "0x-1", "0x1_0", "0x 1", "0x1 ", "0x\uff11", "1 ether"]
)
def test_only_hex_counts_as_a_number_in_text(value: str) -> None:
    """Text that is not 0x and hex digits alone is refused, even where Python would read it."""
    with pytest.raises(InvalidArgumentError, match=r"transaction.value: expected a non-negative"):
        format_fields({"value": value}, argument="transaction")


@pytest.mark.parametrize(
    ("value", "chain_id"),
    [(1, 1), ("0x2105", 8453), (2**53 - 1, 2**53 - 1), (2**53, "0x20000000000000")],
)
def test_chain_ids_are_numbers(value: object, chain_id: object) -> None:
    """Privy's policies compare numbers; only what JSON cannot carry exactly becomes hex."""
    assert format_chain_id(value, argument="chain_id") == chain_id


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
    assert format_fields({"data": value}, argument="call") == {"data": text}


@pytest.mark.parametrize(
    "value", ["abcd", "0xabc", "0xzz", "", "0x12  ", "0x12 34 ", 1, None, ["0x"]]
)
def test_what_is_no_data_is_refused(value: object) -> None:
    """Text without 0x, half bytes, blanks and other types are named before they are sent."""
    with pytest.raises(InvalidArgumentError, match=r"call.data: expected bytes, or 0x and"):
        format_fields({"data": value}, argument="call")


@pytest.mark.parametrize("fields", [None, [], "0x", 1, [("to", TO)]])
def test_fields_are_a_mapping(fields: Any) -> None:
    """Anything else is named."""
    with pytest.raises(InvalidArgumentError, match="transaction: expected a mapping"):
        format_fields(fields, argument="transaction")


def test_the_error_names_the_place_in_a_batch() -> None:
    """A wrong value deep in a list is found at once."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_fields({"calls": [{"value": 1}, {"value": -1}]}, argument="transaction")
    assert caught.value.argument == "transaction.calls[1].value"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="1"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2="eip155:x"), "caip2"),
        (lambda p, tx: p.ethereum.send_transaction("w", tx, caip2=8453), "caip2"),
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
