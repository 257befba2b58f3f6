"""Bytes as text: hex and base64, written or checked."""

import re
from base64 import b64decode, b64encode
from typing import Final

from privy_async.errors import InvalidArgumentError

_HEX: Final = re.compile("0x(?:[0-9a-fA-F]{2})*")
_DIGITS: Final = re.compile("(?:0x)?(?:[0-9a-fA-F]{2})*")


def hex_digits(data: bytes | bytearray) -> str:
    """Return the bytes as lower-case hex digits without 0x, whatever class they are of."""
    # A subclass may have a `hex()` of its own: web3.py 6's puts 0x before the digits.
    return memoryview(data).hex()


def hex_text(value: object, *, argument: str) -> str:
    """Return bytes, or a str that is 0x hex already, as 0x hex.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if isinstance(value, (bytes, bytearray)):
        return f"0x{hex_digits(value)}"
    if isinstance(value, str) and _HEX.fullmatch(value):
        return value
    raise InvalidArgumentError(argument, "expected bytes, or 0x and an even number of hex digits")


def bare_hex_text(value: object, *, argument: str) -> str:
    """Return bytes as hex without 0x, as most chains write it; a str that is hex stays as it is.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if isinstance(value, (bytes, bytearray)):
        return hex_digits(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return value
    raise InvalidArgumentError(argument, "expected bytes, or an even number of hex digits")


def base64_text(value: object, *, argument: str) -> str:
    """Return bytes, or a str that is base64 already, as base64.

    Raises:
        InvalidArgumentError: It is neither, or empty.
    """
    if isinstance(value, (bytes, bytearray)) and value:
        return b64encode(value).decode()
    if isinstance(value, str) and value and _is_base64(value):
        return value
    raise InvalidArgumentError(argument, "expected the serialized bytes, or base64 of them")


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except ValueError:
        return False
    return True
