"""Values that no careful caller gives, and some caller once did."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any


class Mute:
    """An object that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    __str__ = __format__ = __repr__  # type: ignore[assignment]


def nested(levels: int, *, objects: bool = False) -> Any:
    """Lists in lists, or objects in objects."""
    value: Any = {} if objects else []
    for _ in range(levels):
        value = {"a": value} if objects else [value]
    return value


def circle() -> Any:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


# Nothing of these can stand in JSON, a header, a path or a query.
IMPOSSIBLE: dict[str, Any] = {
    "infinity": inf,
    "minus infinity": -inf,
    "nan": nan,
    "a lone surrogate": "\ud800",
    "a lone surrogate in the middle": "a\udfffb",
    "900 lists": nested(900),
    "900 objects": nested(900, objects=True),
    "a circle": circle(),
    "mute": Mute(),
    "an object": object(),
    "a type": int,
    "a function": len,
    "a set": {1},
    "a complex number": 1j,
    "a decimal": Decimal("NaN"),
    "a long time": timedelta.max,
    "a negative time": timedelta.min,
    "the last date": datetime.max,
    "the first date": datetime.min.replace(tzinfo=UTC),
    "a date": date.min,
    "a key that is no text": {1: 2},
    "a mute key": {Mute(): 1},
    "a surrogate key": {"\ud800": 1},
    "bytes in a list": [b"\xff"],
    "mute in a list": [Mute()],
    "infinity in an object": {"a": inf},
}
# These are right in some place.
ODD: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "10**400": 10**400,
    "10**5000": 10**5000,
    "-10**5000": -(10**5000),
    "half": 0.5,
    "empty text": "",
    "a null character": "a\x00b",
    "a line break": "a\r\nb",
    "empty bytes": b"",
    "bytes": b"\xff\xfe",
    "a bytearray": bytearray(b"a"),
    "an empty list": [],
    "a list": ["a"],
    "a list of none": [None],
    "a tuple": (1,),
    "an empty object": {},
    "an object of none": {"a": None},
}
HOSTILE = {**IMPOSSIBLE, **ODD}
