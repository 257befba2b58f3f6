"""Whole numbers as JSON carries them."""

from typing import Final

from privy_async.errors import InvalidArgumentError

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest number that is exact in JSON for a receiver that reads it as a double.

RFC 8785 section 3.2.2.3, RFC 7493 section 2.2.
"""


def check_integer(value: object, *, argument: str) -> int:
    """Return a number of things, such as sats or ms, if it is one: 0 to 2^53 - 1.

    Raises:
        InvalidArgumentError: It is no int (a bool is none either), or out of range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE_INTEGER:
        return value
    raise InvalidArgumentError(argument, "expected an int from 0 to 2^53 - 1")
