"""JSON from elsewhere: read within bounds, and what it is made of, told to type checkers."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from json.scanner import make_scanner
from math import isfinite
from typing import Any, Final, TypeGuard, cast

MAX_DEPTH: Final = 100
"""The most levels that lists and objects may be nested in each other."""

_SPACE: Final = " \t\n\r"
_USUAL_DEPTH: Final = 8
_OPENING_AS_ONE: Final = bytes.maketrans(b"{}", b"[]")
_STEP: Final = {ord("["): 1, ord("]"): -1}
_NEITHER_BRACKET_NOR_QUOTE: Final = bytes(set(range(256)) - set(b'[]{}"'))


def parse_json(data: bytes | bytearray | str) -> Any:
    """Return the value of a JSON text (RFC 8259) that somebody else wrote.

    Bytes must be UTF-8. NaN, Infinity and numbers that no float can hold are refused, so every
    number in the value is finite. Of a name that an object has twice, the last one counts.

    Args:
        data: The text, of any length: whoever reads it from somewhere sets a limit to that.

    Raises:
        ValueError: It is not JSON, or nested more than `MAX_DEPTH` levels deep.
    """
    # Python's parser recurses on the C stack. Where the recursion limit was raised (eth-account
    # sets it to 100,000), 3.11 dies of a deep text by a signal, so it is measured before.
    text = data if isinstance(data, str) else data.decode()
    raw = text.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_too_deep(raw):
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    text = text.strip(_SPACE)
    try:
        value, end = _read_value(text, 0)
    except StopIteration:
        raise ValueError("there is no value") from None
    except RecursionError:
        raise ValueError("nested too deep for what is left of the stack") from None
    if end != len(text):
        raise ValueError("more follows after the value")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if isfinite(number):
        return number
    raise ValueError("a number is too large")


# The scanner itself: `JSONDecoder.decode` looks for spaces around, with regular expressions.
_read_value: Final[Callable[[str, int], tuple[Any, int]]] = cast(Any, make_scanner)(
    json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
)


def _is_too_deep(raw: bytes | bytearray) -> bool:
    """True if brackets outside of strings are nested too deep.

    Only methods of bytes look at the whole text, so it takes a fraction of what parsing takes.
    Where a backslash stands outside of strings, parsing ends, so it matters in strings alone.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = raw.translate(_OPENING_AS_ONE, _NEITHER_BRACKET_NOR_QUOTE)
    # Pairs of quotes go without changing which bracket is inside of a string.
    marks = marks.replace(b'"' * 16, b"").replace(b'""', b"")
    brackets = outer = b"".join(marks.split(b'"')[::2])
    for _ in range(_USUAL_DEPTH):
        outer = outer.replace(b"[]", b"")  # One level less.
    if not outer:
        return False
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > MAX_DEPTH


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """True if it is a JSON object, or a mapping that can become one."""
    return isinstance(value, (dict, Mapping))


def is_array(value: object) -> TypeGuard[Sequence[Any]]:
    """True if it is a JSON array, or a list or tuple that can become one."""
    return isinstance(value, (list, tuple))


def is_encodable(text: str) -> bool:
    """True if it has a form in UTF-8, which a lone surrogate has not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
