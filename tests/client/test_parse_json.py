"""JSON from elsewhere: what is read, what is refused, and that nothing ends the process."""

import json
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from places import ROOT

from privy_async.json_types import MAX_DEPTH, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)  # fmt: skip
BRACKETS = st.text(st.sampled_from('[]{}"\\,:1 '), max_size=400)


@given(VALUES, st.sampled_from(["", " ", "\n\t\r "]), st.booleans())
def test_every_json_value(value: Any, space: str, ascii: bool) -> None:
    """Whatever the standard library writes is read, as str and as bytes, with space around."""
    text = f"{space}{json.dumps(value, ensure_ascii=ascii)}{space}"
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value
    assert parse_json(bytearray(text.encode())) == value


NOT_JSON = [
    b"", b" ", b"{", b"[1,]", b"'a'", b"{1:2}", b'{"a":1}x', b"1 2", b"01", b'"\n"', b"\xff",
    b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"), b'"\xed\xa0\x80"', b"tru", b"undefined",
    b"NaN", b"Infinity", b"-Infinity", b'{"a":NaN}', b"[1e999]", b"-1e400", b"1" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_JSON, ids=lambda text: repr(text[:20]))
def test_what_is_refused(text: bytes) -> None:
    """What is not JSON, not UTF-8, or a number that no float holds; of long integers Python's."""
    with pytest.raises(ValueError):
        parse_json(text)


def test_what_is_unusual_and_read() -> None:
    """A lone surrogate that is escaped, a name that comes twice, an integer of 400 digits."""
    assert parse_json(rb'"\ud800"') == "\ud800"
    assert parse_json('"\ud800"') == "\ud800"
    assert parse_json(b'{"a":1,"a":2}') == {"a": 2}
    assert parse_json(b"1" + b"0" * 400) == 10**400


# --- depth


def nested(depth: int, opening: str, closing: str, inside: str) -> str:
    return opening * depth + inside + closing * depth


@pytest.mark.parametrize(
    ("opening", "closing", "inside"),
    [
        ("[", "]", ""),
        ("[", "]", "1"),
        (" [ ", " ] ", ""),
        ('{"a":', "}", "1"),
        ('{"a]}":', "}", '"[[[["'),
        (r'{"\\":', "}", r'"\"[[[["'),
        ("[[],", "]", "[]"),
        ('["]]]]",', "]", "{}"),
        ('[{"":"\\\\"},', "]", "{}"),
    ],
)
def test_how_deep(opening: str, closing: str, inside: str) -> None:
    """A hundred levels are read, one more is not, whatever stands in strings."""
    text = nested(MAX_DEPTH + 1, opening, closing, inside)
    levels = depth_of(json.loads(text)) - MAX_DEPTH
    assert levels in (1, 2)
    for more in range(levels):
        with pytest.raises(ValueError, match="nested more than 100 levels deep"):
            parse_json(nested(MAX_DEPTH + 1 - more, opening, closing, inside))
    assert parse_json(nested(MAX_DEPTH + 1 - levels, opening, closing, inside)) is not None


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


MANY = ['["[[{{"' + ',"]"' * 200 + "]", "[" + "[]," * 500 + "{}]", '[{"a":[{}]}' + ",{}" * 99 + "]"]


@pytest.mark.parametrize("text", MANY, ids=["strings", "lists", "objects"])
def test_many_brackets_are_not_depth(text: str) -> None:
    """Lists of many objects are read, and so are strings of many brackets."""
    assert parse_json(text) == json.loads(text)


@given(BRACKETS)
@example('"\\\\"' + "[" * 101)
def test_brackets_of_every_kind(text: str) -> None:
    """It agrees with the standard library on every text that is not too deep."""
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    try:
        assert parse_json(text) == expected
    except ValueError:
        assert expected is None or depth_of(expected) > MAX_DEPTH


@given(st.binary(max_size=300) | BRACKETS.map(str.encode))
def test_any_bytes(text: bytes) -> None:
    """They are a value whose numbers are finite, or a ValueError and no other."""
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert not isinstance(value, float) or math.isfinite(value)


def test_a_full_stack_is_a_value_error() -> None:
    """Where little of the stack is left, a text that is deep enough is refused too.

    From 3.12 on Python's C code has a limit of its own, and reads it.
    """

    def descend(left: int) -> None:
        if left:
            return descend(left - 1)
        if sys.version_info >= (3, 12):
            parse_json("[" * 90 + "]" * 90)
            return None
        with pytest.raises(ValueError):
            parse_json("[" * 90 + "]" * 90)
        return None

    limit = sys.getrecursionlimit()
    frame, used = sys._getframe(), 0
    while frame.f_back is not None:
        frame, used = frame.f_back, used + 1
    descend(limit - used - 60)


@pytest.mark.parametrize(
    "count", [2_000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_a_raised_recursion_limit_kills_nothing(count: int) -> None:
    """With the limit that eth-account sets, no text ends the process by a signal."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "processes" / "hostile_json.py"), str(count)],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-500:]
    assert int(run.stdout) > count / 2
