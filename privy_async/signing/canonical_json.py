"""Canonical JSON (RFC 8785): one value, one sequence of bytes.

What Privy verifies is a signature over these bytes, so they must be exactly those that any
other implementation would make of the same value, or there must be an error.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Final, cast

from privy_async.encodings.numbers import MAX_SAFE_INTEGER as MAX_SAFE_INTEGER
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array, is_encodable, is_object

# A bound of our own, since Python's may be set so high that deep nesting ends the process.
DEEPEST: Final = 100

_encode_simple = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode
quote: Final = encode_basestring
"""The RFC 8785 form of one string that is known to hold no lone surrogate."""
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


def canonical_json(value: Any, *, name: str = "body") -> bytes:
    """Return the RFC 8785 form of `value` in UTF-8.

    Takes None, bool, int, float, str, mappings with str keys, lists and tuples.

    Args:
        value: The JSON value.
        name: What to call the value in an error; the path inside it follows
            (`body.params.transaction.value`).

    Raises:
        InvalidArgumentError: An integer beyond 2**53 - 1, NaN or infinity, a lone surrogate, a
            key that is not a str, any other type, or more than 100 levels of nesting.
    """
    return _encode_fast(value) or _encode(value, name, DEEPEST).encode()


def _encode_fast(value: Any) -> bytes | None:
    """Encode with the standard library's C encoder, or return None where it would differ."""
    if not _is_simple(value, DEEPEST):
        return None
    text = _encode_simple(value)
    # It sorts keys by code point. That is RFC 8785's order by UTF-16 code unit as long as no
    # character lies beyond the Basic Multilingual Plane.
    if not text.isascii() and _ASTRAL.search(text):
        return None
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _is_simple(value: Any, levels: int) -> bool:
    """True if the standard library's C encoder writes `value` as RFC 8785 would."""
    kind = cast(object, type(value))
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER)
    if levels == 0:
        return False
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not (type(item) is str or _is_simple(item, levels - 1)):
                return False
        return True
    return (kind is list or kind is tuple) and all(_is_simple(item, levels - 1) for item in value)


def _encode(value: Any, path: str, levels: int) -> str:
    """Encode any accepted value; slower than the C encoder, and the one that explains errors."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value, path)
    if isinstance(value, int):
        return _integer(value, path)
    if isinstance(value, float):
        return _number(value, path)
    if levels == 0:
        raise InvalidArgumentError(path, "is nested too deeply, or contains itself")
    if is_object(value):
        return _object(value, path, levels)
    if is_array(value):
        items = [_encode(item, f"{path}[{i}]", levels - 1) for i, item in enumerate(value)]
        return f"[{','.join(items)}]"
    raise InvalidArgumentError(path, f"{type(value).__name__} is not a JSON type")


def _string(text: str, path: str) -> str:
    if not is_encodable(text):
        raise InvalidArgumentError(path, "holds a lone surrogate, which has no UTF-8")
    return quote(text)


def _integer(value: int, path: str) -> str:
    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise InvalidArgumentError(
            path, "integer beyond 2**53 - 1 is not exact in JSON; send it as a string, hex(...)"
        )
    return int.__repr__(value)


def _object(value: Mapping[Any, Any], path: str, levels: int) -> str:
    for key in value:
        if not isinstance(key, str):
            raise InvalidArgumentError(path, f"has a key of type {type(key).__name__}, not str")
        _string(key, f"{path} key")
    # RFC 8785 section 3.2.3: keys are ordered by their UTF-16 code units.
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
    encoded = [
        f"{quote(key)}:{_encode(item, f'{path}.{key}', levels - 1)}" for key, item in members
    ]
    return "{" + ",".join(encoded) + "}"


def _number(value: float, path: str) -> str:
    """Write a double as ECMAScript's Number::toString does (ECMA-262 section 6.1.6.1.20)."""
    if not isfinite(value):
        raise InvalidArgumentError(path, "NaN and infinity have no JSON form")
    if value == 0:
        return "0"
    # repr() gives the shortest digits that read back as the same double: the ones ECMAScript asks
    # for. What differs is only where the point and the exponent go.
    negative, all_digits, exponent = Decimal(float.__repr__(value)).as_tuple()
    assert isinstance(exponent, int)
    point = len(all_digits) + exponent
    digits = "".join(map(str, all_digits)).rstrip("0")
    return ("-" if negative else "") + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """Write 0.`digits` times ten to the power of `point`."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"
