"""JSON as a JavaScript server sees it, which is what Privy's signature check hashes."""

import math
from typing import Any, Final, NoReturn

import rfc8785

from privy_async.sandbox.requests.json_text import parse

MAX_SAFE_INTEGER: Final = 2**53 - 1


def parse_json(body: bytes) -> Any:
    """Parse like JSON.parse: numbers are doubles, the last of two equal keys wins.

    Whole numbers a double holds exactly come back as int, so `1.0` and `1` are one value.

    Raises:
        ValueError: If it is not JSON in UTF-8, or has no RFC 8785 form: a number beyond every
            double, half of a surrogate pair, nesting too deep to follow.
    """
    value = parse(body, parse_int=_number, parse_float=_number, parse_constant=_no_constant)
    canonical_json(value)
    return value


def canonical_json(value: Any) -> bytes:
    """Serialise what `parse_json` returned by RFC 8785."""
    return rfc8785.dumps(value)


def _number(literal: str) -> int | float:
    value = float(literal)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    whole = value.is_integer() and abs(value) <= MAX_SAFE_INTEGER
    return int(value) if whole else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
