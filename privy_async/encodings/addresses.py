"""Addresses, checked before money goes to them: form, length and checksum.

EIP-55 (https://eips.ethereum.org/EIPS/eip-55) hides a checksum in the case of the letters.
"""

import re
from functools import lru_cache
from typing import Final

from privy_async.encodings import base58
from privy_async.encodings.texts import hex_digits
from privy_async.errors import InvalidArgumentError

_ETHEREUM: Final = re.compile("0x[0-9a-fA-F]{40}")
_TRON_ACCOUNT: Final = "(?:0x)?41[0-9a-fA-F]{40}"
_TRON_PREFIX: Final = b"\x41"


def check_ethereum_address(value: object, *, argument: str) -> str:
    """Return an Ethereum address as text if it is one.

    It is 0x and 40 hex digits, or 20 bytes, which become lower-case hex. Digits in one case are
    taken as they are; digits in both cases must have the case that EIP-55 prescribes.

    Raises:
        InvalidArgumentError: It has another form, or one of its digits must be wrong.
    """
    if isinstance(value, (bytes, bytearray)) and len(value) == 20:
        return f"0x{hex_digits(value)}"
    if not (isinstance(value, str) and _ETHEREUM.fullmatch(value)):
        raise InvalidArgumentError(argument, "expected an address: 0x and 40 hex digits")
    address = str.__str__(value)
    digits = address[2:]
    if digits not in (digits.lower(), digits.upper()) and not _fits_checksum(address):
        raise InvalidArgumentError(
            argument,
            "its upper and lower case fail EIP-55's checksum, so a digit may be wrong: compare it "
            "with its source (in lower case it would not be checked)",
        )
    return address


def checksum_address(account: bytes) -> str:
    """Return the 20 bytes of an Ethereum account as 0x hex, in the case that EIP-55 prescribes."""
    # Loaded on first use: most calls name no address in mixed case.
    from privy_async.encodings.keccak import keccak256

    digits = hex_digits(account)
    digest = keccak256(digits.encode()).hex()
    pairs = zip(digits, digest, strict=False)
    return "0x" + "".join(digit.upper() if nibble >= "8" else digit for digit, nibble in pairs)


@lru_cache(maxsize=4096)
def _fits_checksum(address: str) -> bool:
    return address == checksum_address(bytes.fromhex(address[2:]))


def check_solana_address(value: object, *, argument: str) -> str:
    """Return a Solana address if it is one: base58 of 32 bytes.

    Raises:
        InvalidArgumentError: It is not.
    """
    if isinstance(value, str) and _decoded(value, longest=44, check=False, size=32) is not None:
        return value
    raise InvalidArgumentError(argument, "expected a Solana address: base58 of 32 bytes")


def check_tron_address(value: object, *, argument: str) -> str:
    """Return a TRON address if it is one: base58check of 0x41 and 20 bytes, so T and 33 more.

    Raises:
        InvalidArgumentError: It has another form, or its checksum is wrong.
    """
    if isinstance(value, str) and _tron_account(value) is not None:
        return value
    raise InvalidArgumentError(argument, "expected a TRON address: base58check that begins with T")


def format_tron_account(value: object, *, argument: str) -> str:
    """Return a TRON address, in base58check or in hex already, in hex: 41 and 40 more digits.

    Hex has no checksum: give the address as it is shown, where you can.

    Raises:
        InvalidArgumentError: It has another form, or its checksum is wrong.
    """
    if isinstance(value, str) and re.fullmatch(_TRON_ACCOUNT, value):
        return value
    account = _tron_account(value) if isinstance(value, str) else None
    if account is not None:
        return account.hex()
    raise InvalidArgumentError(
        argument, "expected a TRON address: base58check that begins with T, or 41 and 40 hex digits"
    )


def _tron_account(text: str) -> bytes | None:
    data = _decoded(text, longest=34, check=True, size=21)
    return data if data is not None and data.startswith(_TRON_PREFIX) else None


def _decoded(text: str, *, longest: int, check: bool, size: int) -> bytes | None:
    """Return the bytes of a base58 text, or None if it is none or not of that size."""
    # The bound on the text spares the decoder, whose time is quadratic.
    if len(text) > longest:
        return None
    try:
        data = base58.decode_check(text) if check else base58.decode(text)
    except ValueError:
        return None
    return data if len(data) == size else None
