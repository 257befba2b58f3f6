"""The operators of conditions (https://docs.privy.io/controls/policies/overview#operator).

Texts compare case-sensitively, numbers as they are: wei, lamports, without any conversion.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from privy_async.sandbox.records.policies import Scalar

Number = int | Decimal
Reading = str | Number | None
"""The value of a field; None if the request has none, and then no condition holds."""

_INTEGER: Final = re.compile(r"-?[0-9]{1,100}")
_FRACTION: Final = re.compile(r"-?[0-9]{1,100}\.[0-9]{1,100}")
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,64}")

_ORDER: Final[Mapping[str, Callable[[Number, Number], bool]]] = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
}
_TEXT: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, part: part in text,
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
}
_EQUALITY: Final = ("eq", "neq", "in", "in_condition_set")

NUMBER_OPERATORS: Final = (*_EQUALITY, *_ORDER)
TEXT_OPERATORS: Final = (*_EQUALITY, *_TEXT)
OPERATORS: Final = (*_EQUALITY, *_ORDER, *_TEXT)


def compare(operator: str, actual: Reading, expected: tuple[Scalar, ...]) -> bool:
    """True if a field's value passes.

    Args:
        expected: The one value of the condition; for `in` and `in_condition_set`, all of them.
    """
    if actual is None:
        return False
    if operator in ("in", "in_condition_set"):
        return any(_equal(actual, value) for value in expected)
    if operator in ("eq", "neq"):
        return _equal(actual, expected[0]) == (operator == "eq")
    if operator in _ORDER:
        left, right = number(actual), number(expected[0])
        return left is not None and right is not None and _ORDER[operator](left, right)
    return isinstance(actual, str) and _TEXT[operator](actual, str(expected[0]))


def number(value: Scalar | Decimal) -> Number | None:
    """The number that a value is or spells, in decimal or in 0x hex; None if it is none."""
    if not isinstance(value, str):
        return Decimal(value) if isinstance(value, float) else value
    if _INTEGER.fullmatch(value):
        return int(value)
    if _HEX.fullmatch(value):
        return int(value, 16)
    return Decimal(value) if _FRACTION.fullmatch(value) else None


def _equal(actual: str | Number, expected: Scalar) -> bool:
    if isinstance(actual, str) and isinstance(expected, str):
        return actual == expected
    return number(actual) == number(expected) is not None
