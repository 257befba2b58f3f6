"""Canonical JSON: RFC 8785's own samples, two independent implementations, and every refusal."""

import hashlib
import itertools
import json
import struct
import sys
from collections import ChainMap, UserDict
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from ids import stable
from places import VECTORS

from privy_async.errors import InvalidArgumentError
from privy_async.signing.canonical_json import DEEPEST, MAX_SAFE_INTEGER, canonical_json, quote


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


RFC = load("rfc8785.json")


def double(bits: int) -> float:
    value: float = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
    return value


# --- published samples


@pytest.mark.parametrize(("bits", "text"), RFC["numbers"])
def test_numbers_of_the_rfc(bits: str, text: str) -> None:
    """Every number of RFC 8785's appendix B has the text printed there."""
    assert canonical_json(double(int(bits, 16))).decode() == text


@pytest.mark.parametrize("bits", RFC["refused_numbers"])
def test_numbers_that_the_rfc_refuses(bits: str) -> None:
    """NaN and infinity are errors, as appendix B demands."""
    with pytest.raises(InvalidArgumentError, match="NaN and infinity"):
        canonical_json(double(int(bits, 16)))


def test_sample_of_the_rfc() -> None:
    """The example of sections 3.2.2 and 3.2.3: escapes, numbers and literals."""
    value = json.loads(RFC["sample"]["input"])
    assert canonical_json(value).decode() == RFC["sample"]["canonical"]


def test_sorting_of_the_rfc() -> None:
    """Keys are ordered by UTF-16 code unit: an astral key stands before U+FB33."""
    canonical = canonical_json(RFC["sorting"]["input"]).decode()
    assert list(json.loads(canonical).values()) == RFC["sorting"]["order"]


@pytest.mark.parametrize("entry", load("json_canonicalization.json"), ids=lambda e: e["name"])
def test_objects_of_the_official_sdks(entry: dict[str, Any]) -> None:
    """The official SDKs' own canonicalization tests give the same text."""
    assert canonical_json(entry["input"]).decode() == entry["expected"]


LITERALS: dict[str, Any] = {
    "10**30 (int)": 10**30,
    "2**53+1 (int)": 2**53 + 1,
    "DEL,U+2028,U+0001": "\x7f\u2028\x01",
    "keys U+FB33 vs U+1F600": {"\ufb33": 1, "\U0001f600": 2},
    "lone surrogate": "a\ud800",
}


@pytest.mark.parametrize("row", load("canonicaljson_vs_rfc8785.json")["rows"], ids=str)
def test_where_the_official_python_sdk_goes_wrong(row: dict[str, Any]) -> None:
    """We side with RFC 8785 in each case where canonicaljson, which that SDK uses, may differ."""
    text = row["input"]
    value = LITERALS[text] if text in LITERALS else float(text)
    if "Error" in row["rfc8785"]:
        with pytest.raises(InvalidArgumentError):
            canonical_json(value)
    else:
        assert canonical_json(value).decode() == row["rfc8785"]


# --- independent implementations


def split_mix(seed: int) -> Iterator[int]:
    """SplitMix64: the same 64-bit integers as in the script of vectors/README.md."""
    mask, state = 2**64 - 1, seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


KINDS: tuple[Callable[[int], float], ...] = (
    double,
    lambda x: float(x >> (x & 63)),
    lambda x: float(x >> 11) / 10.0 ** (x & 15),
    lambda x: double((x & 0x800FFFFFFFFFFFFF) | ((960 + (x >> 56) % 128) << 52)),
)


def doubles() -> Iterator[float]:
    values = (kind(x) for kind, x in zip(itertools.cycle(KINDS), split_mix(8785), strict=False))
    return (value for value in values if value - value == 0)


def test_doubles_against_ecmascript() -> None:
    """100,000 doubles of every size have the text that V8's JSON.stringify gives them."""
    expected = (VECTORS / "ecmascript_doubles.txt").read_text().split()
    values = doubles()
    assert len(expected) == 100
    for block in expected:
        lines = b"\n".join(canonical_json(next(values)) for _ in range(1000))
        assert hashlib.sha256(lines).hexdigest() == block


SAFE_INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.sampled_from(
    (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
# Characters around the places where code point order and UTF-16 order part, and where escapes do.
TEXT = st.text(max_size=8) | st.text(
    '\x00\x1f "\\/\x7f\x80\u2028\ud7ff\ue000\ufb33\uffff\U00010000😀'
)
JSON = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | FLOATS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(TEXT, inner, max_size=6)
    ),
    max_leaves=30,
)


@given(JSON)
def test_agrees_with_an_independent_implementation(value: Any) -> None:
    """Any JSON value gives the bytes that the rfc8785 package gives it."""
    assert canonical_json(value) == rfc8785.dumps(value)


@given(JSON)
def test_is_json_that_reads_back(value: Any) -> None:
    """The text is JSON of the same value, and canonicalizing it again changes nothing."""
    canonical = canonical_json(value)
    # A large double is written without a point, and Python would read it as an integer.
    again = json.loads(canonical, parse_int=float)
    assert again == json.loads(json.dumps(value), parse_int=float)
    assert canonical_json(again) == canonical


@given(TEXT)
def test_one_string(text: str) -> None:
    """`quote` is `canonical_json` of a string, as text."""
    assert quote(text).encode() == canonical_json(text) == rfc8785.dumps(text)


# --- types


class Level(IntEnum):
    HIGH = 3


class Chain(StrEnum):
    ETHEREUM = "ethereum"


class OlderChain(str, Enum):  # noqa: UP042 - as written before StrEnum existed
    ETHEREUM = "ethereum"


class OlderLevel(int, Enum):
    HIGH = 3


class Price(float):
    def __repr__(self) -> str:
        return f"Price({float(self)})"


class Name(str):
    __slots__ = ()

    def __str__(self) -> str:
        return f"Name({super().__str__()})"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Level.HIGH, "3"),
        (OlderLevel.HIGH, "3"),
        (Chain.ETHEREUM, '"ethereum"'),
        (OlderChain.ETHEREUM, '"ethereum"'),
        (Name("ethereum"), '"ethereum"'),
        (Price(1.5), "1.5"),
        (Price(2.0), "2"),
        ({Chain.ETHEREUM: 1}, '{"ethereum":1}'),
        ({OlderChain.ETHEREUM: 1}, '{"ethereum":1}'),
        ({Name("ethereum"): 1}, '{"ethereum":1}'),
        ((1, (2, [])), "[1,[2,[]]]"),
        (MappingProxyType({"b": 1, "a": {}}), '{"a":{},"b":1}'),
        (UserDict(b=1, a=MappingProxyType({})), '{"a":{},"b":1}'),
        (ChainMap({"a": 1}, {"a": 2, "b": 3}), '{"a":1,"b":3}'),
        ({"z": True, "a": False, "m": None}, '{"a":false,"m":null,"z":true}'),
        ("", '""'),
        ({"": []}, '{"":[]}'),
    ],
    ids=repr,
)
def test_types_that_are_json_at_heart(value: Any, text: str) -> None:
    """Subclasses count as what they hold, whatever their str() or repr(); mappings as objects."""
    assert canonical_json(value).decode() == text


@pytest.mark.parametrize("integer", [MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, 0, 10**15])
def test_largest_integers(integer: int) -> None:
    """Up to 2**53 - 1 on both sides an integer is exact and goes through."""
    assert canonical_json([integer]).decode() == f"[{integer}]"


# --- refusals


class Opaque:
    """No JSON type."""


@pytest.mark.parametrize(
    ("value", "path", "problem"),
    [
        (2**53, "body", "beyond 2**53 - 1"),
        (-(2**53), "body", "beyond 2**53 - 1"),
        ({"params": {"transaction": {"value": 10**18}}}, "body.params.transaction.value", "hex"),
        ([1, {"a": [0, 2**60]}], "body[1].a[1]", "beyond 2**53 - 1"),
        ({"a": float("nan")}, "body.a", "NaN"),
        ([float("inf")], "body[0]", "infinity"),
        ([-float("inf")], "body[0]", "infinity"),
        (Price("nan"), "body", "NaN"),
        ({"a": "x\ud800"}, "body.a", "lone surrogate"),
        ({"a": ["\udfff\ud83d"]}, "body.a[0]", "lone surrogate"),
        ({"a": {"\ud800": 1}}, "body.a key", "lone surrogate"),
        ({"a": {1: 2}}, "body.a", "key of type int"),
        ({None: 2}, "body", "key of type NoneType"),
        ({"a": {True: 2, "b": 1}}, "body.a", "key of type bool"),
        ({"a": b"bytes"}, "body.a", "bytes is not a JSON type"),
        ({"a": bytearray(b"x")}, "body.a", "bytearray is not a JSON type"),
        ({"a": Decimal("1.5")}, "body.a", "Decimal is not a JSON type"),
        ({"a": {1, 2}}, "body.a", "set is not a JSON type"),
        ({"a": Opaque()}, "body.a", "Opaque is not a JSON type"),
        ({"a": 1j}, "body.a", "complex is not a JSON type"),
        ({"a": iter([1])}, "body.a", "list_iterator is not a JSON type"),
        (range(3), "body", "range is not a JSON type"),
    ],
    ids=stable,
)
def test_refusals_name_the_place(value: Any, path: str, problem: str) -> None:
    """What has no canonical form is refused, and the error says where it stands."""
    with pytest.raises(InvalidArgumentError) as caught:
        canonical_json(value)
    assert caught.value.argument == path
    assert problem in str(caught.value)


def test_name_of_the_root() -> None:
    """The root of the path is called what the caller calls it."""
    with pytest.raises(InvalidArgumentError) as caught:
        canonical_json({"a": [None, 2**53]}, name="headers")
    assert caught.value.argument == "headers.a[1]"


def nested(depth: int, value: Any, *, in_objects: bool = False) -> Any:
    for _ in range(depth):
        value = {"a": value} if in_objects else [value]
    return value


@pytest.mark.parametrize("in_objects", [False, True])
@pytest.mark.parametrize("value", [1, 1.5, "é", "😀"], ids=repr)
def test_a_hundred_levels(value: Any, in_objects: bool) -> None:
    """100 levels are written, one more is refused, on the fast path as on the slow one."""
    deepest = nested(DEEPEST, value, in_objects=in_objects)
    assert DEEPEST == 100
    assert canonical_json(deepest) == rfc8785.dumps(deepest)
    with pytest.raises(InvalidArgumentError, match="is nested too deeply"):
        canonical_json([deepest])


@pytest.mark.parametrize("in_objects", [False, True])
@pytest.mark.parametrize("value", [1, 1.5, "\ud800", "😀", b"bytes", 2**53], ids=repr)
@pytest.mark.parametrize("share", [0.3, 0.4, 0.6, 0.8, 2, 100])
def test_depth_ends_in_an_error_of_ours(value: Any, share: float, in_objects: bool) -> None:
    """Whatever is nested far too deeply, there is never a RecursionError."""
    deep = nested(int(share * sys.getrecursionlimit()), value, in_objects=in_objects)
    with pytest.raises(InvalidArgumentError):
        canonical_json(deep)


def test_values_that_contain_themselves() -> None:
    """A list or mapping inside itself is refused."""
    array: list[Any] = []
    array.append(array)
    table: dict[str, Any] = {"a": 1.5}
    table["self"] = [table]
    for value in (array, table, {"x": array}):
        with pytest.raises(InvalidArgumentError, match="contains itself"):
            canonical_json(value)


def test_shared_values_are_no_cycle() -> None:
    """The same list twice is written twice."""
    shared = ["x"]
    assert canonical_json([shared, shared]) == b'[["x"],["x"]]'
