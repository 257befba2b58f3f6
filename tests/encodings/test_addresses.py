"""Addresses, against eth-utils, base58 and solders."""

from collections.abc import Callable

import base58 as oracle
import pytest
from eth_utils.address import is_checksum_address, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from privy_async import InvalidArgumentError
from privy_async.encodings.addresses import (
    check_ethereum_address,
    check_solana_address,
    check_tron_address,
    checksum_address,
    format_tron_account,
)

GOOD = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
SOLANA = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
Check = Callable[..., str]

accounts = st.binary(min_size=20, max_size=20)


class Prefixed(bytes):
    """Bytes whose hex() has a prefix, as web3.py 6's HexBytes."""

    def hex(self, *_: object) -> str:  # type: ignore[override]
        return "0x" + bytes(self).hex()


@given(accounts)
def test_every_spelling_of_an_ethereum_address(account: bytes) -> None:
    """Lower case, upper case, EIP-55's case and the 20 bytes are taken, and text stays as it is."""
    checksummed = to_checksum_address(account)
    assert checksum_address(account) == checksummed
    for text in (checksummed, f"0x{account.hex()}", f"0x{account.hex().upper()}"):
        assert check_ethereum_address(text, argument="to") == text
    for data in (account, bytearray(account), Prefixed(account)):
        assert check_ethereum_address(data, argument="to") == f"0x{account.hex()}"


@given(accounts, st.data())
def test_the_case_must_fit(account: bytes, data: st.DataObject) -> None:
    """Digits in any mix of cases are taken if eth-utils takes them, or if they are in one case."""
    digits = [data.draw(st.sampled_from((d, d.upper()))) for d in account.hex()]
    text = "0x" + "".join(digits)
    if is_checksum_address(text) or text[2:] in (text[2:].lower(), text[2:].upper()):
        assert check_ethereum_address(text, argument="to") == text
    else:
        with pytest.raises(InvalidArgumentError, match=r"^to: .*EIP-55"):
            check_ethereum_address(text, argument="to")


@pytest.mark.parametrize("position", range(2, 42))
def test_one_mistyped_digit_is_noticed(position: int) -> None:
    """Another digit in a checksummed address is refused, wherever it stands."""
    for digit in "0123456789abcdefABCDEF":
        wrong = GOOD[:position] + digit + GOOD[position + 1 :]
        if is_checksum_address(wrong):
            continue
        with pytest.raises(InvalidArgumentError):
            check_ethereum_address(wrong, argument="to")


@pytest.mark.parametrize(
    "value",
    [
        None, 5, True, "", "0x", GOOD[2:], GOOD[:-1], f"{GOOD}0", f"{GOOD}\n", f" {GOOD}",
        f"0X{GOOD[2:]}", "0x" + "g" * 40, "0x" + "\u0661" * 40, "vitalik.eth", bytes(19), bytes(21),
        b"0x" + bytes(18) + b"xx", [GOOD], {"address": GOOD}, TRON, SOLANA,
    ],
)  # fmt: skip
def test_what_is_no_ethereum_address(value: object) -> None:
    """Everything else is refused, and the error names the argument."""
    with pytest.raises(InvalidArgumentError, match=r"^calls\[0\]\.to: expected an address"):
        check_ethereum_address(value, argument="calls[0].to")


def test_a_text_of_another_class_becomes_plain_text() -> None:
    """A subclass that calls itself something else cannot slip in: its characters are checked."""

    class Odd(str):
        def __str__(self) -> str:
            return "0x"

    checked = check_ethereum_address(Odd(GOOD), argument="to")
    assert type(checked) is str
    assert checked == GOOD


@given(st.binary(min_size=32, max_size=32))
def test_solana_addresses(key: bytes) -> None:
    """Every public key that solders writes is taken."""
    text = str(Pubkey(key))
    assert check_solana_address(text, argument="to") == text


@given(st.text(alphabet=oracle.BITCOIN_ALPHABET.decode(), min_size=28, max_size=48))
def test_solana_addresses_are_those_of_solders(text: str) -> None:
    """Text of base58 is taken if solders takes it, and refused else."""
    try:
        Pubkey.from_string(text)
    except ValueError:
        with pytest.raises(InvalidArgumentError, match=r"^to: expected a Solana address"):
            check_solana_address(text, argument="to")
    else:
        assert check_solana_address(text, argument="to") == text


@given(accounts)
def test_tron_addresses(account: bytes) -> None:
    """Base58check of 0x41 and the account is taken, and becomes hex where that is asked for."""
    text = oracle.b58encode_check(b"\x41" + account).decode()
    assert check_tron_address(text, argument="to") == text
    for digits in (f"41{account.hex()}", f"41{account.hex().upper()}"):
        assert format_tron_account(digits, argument="to") == digits
    assert format_tron_account(text, argument="to") == f"41{account.hex()}"


@given(st.binary(min_size=0, max_size=24), st.integers(0, 255))
def test_base58check_of_anything_else_is_no_tron_address(data: bytes, prefix: int) -> None:
    """Another length or another first byte is refused."""
    payload = bytes([prefix]) + data
    text = oracle.b58encode_check(payload).decode()
    if len(payload) == 21 and prefix == 0x41:
        return
    with pytest.raises(InvalidArgumentError, match=r"^to: expected a TRON address"):
        check_tron_address(text, argument="to")


@pytest.mark.parametrize("position", range(34))
def test_one_mistyped_character_of_a_tron_address_is_noticed(position: int) -> None:
    """Another character fails the checksum, wherever it stands."""
    for character in oracle.BITCOIN_ALPHABET.decode():
        wrong = TRON[:position] + character + TRON[position + 1 :]
        if wrong == TRON:
            continue
        for check in (check_tron_address, format_tron_account):
            with pytest.raises(InvalidArgumentError):
                check(wrong, argument="to")


@pytest.mark.parametrize("check", [check_solana_address, check_tron_address, format_tron_account])
@pytest.mark.parametrize(
    "value", [None, 5, "", b"", bytes(32), "0" * 44, "1" * 100_000, GOOD, f"{TRON}\n", "é", [TRON]]
)
def test_what_is_no_base58_address(check: Check, value: object) -> None:
    """Everything else is refused at once, however long it is."""
    with pytest.raises(InvalidArgumentError, match=r"^to: expected a "):
        check(value, argument="to")
