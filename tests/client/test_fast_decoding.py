"""The two ways to read JSON, which make the same value: the fast one, and the one with care."""

from collections import UserDict, UserList
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from privy_async.errors import APIResponseError
from privy_async.values import (
    Unknown,
    Value,
    _decoder,
    _fields,
    _List,
    _Object,
    decode,
    decode_list,
    variant,
)


class Part(Value):
    """A value within another."""

    name: str
    kind: str = "plain"


class Bare(Value):
    """A value that needs nothing."""

    name: str | None = None


class Shape(Value):
    """A value of which there are two kinds."""

    type: str
    name: str | None = None


@variant(Shape, "type", "round", "oval")
class Round(Shape):
    """One of them."""

    width: int


class Whole(Value):
    """Every shape of a field."""

    text: str
    from_: int
    part: Part
    parts: tuple[Part, ...]
    texts: tuple[str, ...]
    lists: tuple[tuple[int, ...], ...]
    table: Mapping[str, int]
    tables: Mapping[str, Part]
    rows: tuple[Mapping[str, Part], ...]
    maybe: str | None
    maybe_part: Part | None
    maybe_parts: tuple[Part | None, ...]
    either: int | str
    shape: Shape
    shapes: tuple[Shape, ...]
    none: str | None = None
    none_part: Part | None = None
    number: int = 7
    flag: bool = False
    list_: tuple[str, ...] = ()
    numbers: tuple[Part, ...] = ()


PART, OTHER = {"name": "p"}, {"name": "q", "kind": "x"}
DATA: dict[str, Any] = {
    "text": "t",
    "from": 1,
    "part": PART,
    "parts": [PART, OTHER],
    "texts": ["a", "b"],
    "lists": [[1, 2], []],
    "table": {"a": 1},
    "tables": {"a": PART},
    "rows": [{"a": PART}, {}],
    "maybe": None,
    "maybe_part": PART,
    "maybe_parts": [PART, None],
    "either": "e",
    "shape": {"type": "round", "width": 3},
    "shapes": [{"type": "oval", "width": 4}, {"type": "flat", "name": "n"}],
}
MORE = {
    "none": "n",
    "none_part": OTHER,
    "number": 8,
    "flag": True,
    "list": ["x"],
    "numbers": [OTHER],
}
P, Q = Part(name="p"), Part(name="q", kind="x")
WHOLE = Whole(
    text="t",
    from_=1,
    part=P,
    parts=(P, Q),
    texts=("a", "b"),
    lists=((1, 2), ()),
    table={"a": 1},
    tables={"a": P},
    rows=({"a": P}, {}),
    maybe=None,
    maybe_part=P,
    maybe_parts=(P, None),
    either="e",
    shape=Round(type="round", width=3),
    shapes=(Round(type="oval", width=4), Shape(type="flat", name="n")),
)
FULL = attrs.evolve(
    WHOLE, none="n", none_part=Q, number=8, flag=True, list_=("x",), numbers=(Q,)
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (DATA, WHOLE),
        ({**DATA, **MORE}, FULL),
        ({**DATA, **MORE, "new": [1]}, attrs.evolve(FULL, extra={"new": [1]})),
        ({**DATA, "none": None, "none_part": None}, WHOLE),
        ({**DATA, "number": None, "flag": None}, attrs.evolve(WHOLE, number=None, flag=None)),
    ],
)
def test_both_ways(data: Any, value: Whole) -> None:
    """The fast one fails at nothing that is as it should be."""
    fast, careful = _decoder(Whole)(data), _Object(Whole).read(data, "")
    assert fast == careful == decode(Whole, data) == value
    for read in (fast, careful):
        assert type(read) is Whole
        assert (read.extra, read.texts, read.lists) == (value.extra, value.texts, value.lists)
        assert type(read.maybe_parts) is type(read.rows) is tuple
        assert repr(read) == repr(value)
        assert hash(read.part) == hash(value.part)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        fast.text = "other"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del fast.text


def test_json_that_is_no_dict_and_no_list() -> None:
    """Other mappings and lists are read alike, such as those of another JSON reader."""
    data = MappingProxyType({**DATA, "texts": ("a", "b"), "table": MappingProxyType({"a": 1})})
    assert decode(Whole, data) == WHOLE
    assert _decoder(Whole)(data) == WHOLE
    assert decode_list(Part, (PART, OTHER), path="x") == (P, Q)


@pytest.mark.parametrize("name", [*DATA])
def test_what_is_missing_or_odd(name: str) -> None:
    """Each field that is required is named, whichever way it is found."""
    with pytest.raises(APIResponseError) as caught:
        decode(Whole, {key: item for key, item in DATA.items() if key != name})
    assert (caught.value.path, "is missing" in str(caught.value)) == (name, True)
    if name not in ("text", "from", "maybe", "either"):
        for odd in (7, "text"):
            with pytest.raises(APIResponseError) as caught:
                decode(Whole, {**DATA, name: odd}, path="data.0")
            assert caught.value.path == f"data.0.{name}"


@pytest.mark.parametrize(
    ("name", "odd", "default"),
    [("none_part", 7, None), ("list", 7, ()), ("numbers", {}, ()), ("numbers", "x", ())],
)
def test_what_is_odd_and_may_be_missing(name: str, odd: Any, default: Any) -> None:
    """It is as if it were, and its JSON is kept."""
    read = decode(Whole, {**DATA, name: odd})
    field = {"list": "list_"}.get(name, name)
    assert getattr(read, field) == default
    assert read.extra == {name: odd}
    assert attrs.evolve(read, extra={}) == WHOLE


@pytest.mark.parametrize(
    ("items", "read"),
    [
        ([PART, 7], (P, Unknown(extra={"": 7}))),
        ([PART, {"kind": "x"}], (P, Unknown(extra={"kind": "x"}))),
        ([], ()),
    ],
)
def test_items_that_are_odd(items: Any, read: Any) -> None:
    """They lose nobody; of a class that needs nothing they are of the class."""
    assert decode_list(Part, items, path="data") == read
    assert decode(Whole, {**DATA, "parts": items}).parts == read
    bare = decode_list(Bare, [{"name": "n"}, 7, [1]], path="data")
    assert bare == (Bare(name="n"), Bare(extra={"": 7}), Bare(extra={"": [1]}))
    maybe = decode(Whole, {**DATA, "maybe_parts": [None, *items]}).maybe_parts
    assert maybe == (None, *read)
    tables = decode(Whole, {**DATA, "tables": {"a": {"kind": "x"}, "b": PART}}).tables
    assert tables == {"a": Unknown(extra={"kind": "x"}), "b": P}


@pytest.mark.parametrize("data", [None, 7, "x", [], [{}]])
def test_what_is_no_object(data: Any) -> None:
    """The error says what it is, and where."""
    kind = type(data).__name__
    for path, place in (("", "it"), ("data.1", "data.1")):
        words = f"the answer is no Part: {place} is {kind}, not an object"
        with pytest.raises(APIResponseError, match=words) as caught:
            decode(Part, data, path=path)
        assert caught.value.path == path
    if not isinstance(data, list):
        for path, place in (("", "the answer"), ("data", "data")):
            with pytest.raises(APIResponseError, match=f"^{place} is {kind}, not a list") as caught:
                decode_list(Part, data, path=path)
            assert caught.value.path == path


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("part.name", {"part": {}}),
        ("parts", {"parts": 7}),
        ("lists[1]", {"lists": [[1], 7]}),
        ("tables", {"tables": []}),
        ("rows[0]", {"rows": [7]}),
        ("shape.type", {"shape": {}}),
        ("maybe_part.name", {"maybe_part": {"kind": "x"}}),
    ],
)
def test_places_in_an_answer(path: str, data: Any) -> None:
    """As deep as they are."""
    for above in ("", "data.3"):
        with pytest.raises(APIResponseError) as caught:
            decode(Whole, {**DATA, **data}, path=above)
        assert caught.value.path == (f"{above}.{path}" if above else path)


def test_a_value_as_json() -> None:
    """What was read comes out again, without what is None."""
    again = FULL.to_json()
    assert again == {name: item for name, item in {**DATA, **MORE}.items() if item is not None} | {
        "part": {**PART, "kind": "plain"},
        "parts": [{**PART, "kind": "plain"}, OTHER],
        "tables": {"a": {**PART, "kind": "plain"}},
        "rows": [{"a": {**PART, "kind": "plain"}}, {}],
        "maybe_part": {**PART, "kind": "plain"},
        "maybe_parts": [{**PART, "kind": "plain"}, None],
    }
    assert attrs.evolve(P, extra={"new": 1}).to_json() == {"name": "p", "kind": "plain", "new": 1}
    assert decode(Whole, {**again, "maybe": None}) == FULL


def test_what_a_value_equals() -> None:
    """One of its own class alone, with the same fields and the same rest."""
    assert Part(name="p") == P
    assert attrs.evolve(P, kind="x") != P
    assert attrs.evolve(P, extra={"a": 1}) != P
    assert Bare(name="p") != P
    assert Shape(type="round", name="n") != Round(type="round", name="n", width=1)
    assert hash(attrs.evolve(P, extra={"a": 1})) == hash(P)
    assert hash(Part(name="q")) != hash(P)
    assert repr(attrs.evolve(P, extra={"a": 1})) == "Part(name='p', kind='plain')"


def test_fields_and_their_names() -> None:
    """A name that Python has for itself has an underscore behind it, which JSON has not."""
    found = {field.name: field for field in _fields(Whole)}
    assert (found["from_"].key, found["list_"].key, found["text"].key) == ("from", "list", "text")
    assert "extra" not in found
    assert [found[name].required for name in ("from_", "none", "number")] == [True, False, False]


def test_a_list_of_another_class() -> None:
    """It is one if JSON has it so; a text and a mapping are none."""
    shape = _List(_Object(Part))
    assert shape.read((PART,), "x") == (P,)
    for other in ("ab", UserDict({"a": PART}), UserList([PART]), None):
        with pytest.raises(Exception, match="not a list"):
            shape.read(other, "x")
