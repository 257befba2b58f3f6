"""The state file's codec: every record comes back as it was."""

import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from api_client import new_key
from attrs.exceptions import FrozenInstanceError
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from ids import stable

from privy_async.sandbox.keys.p256 import point_of
from privy_async.sandbox.state import State
from privy_async.sandbox.store.codec import Codec, annotations_in
from privy_async.sandbox.store.table import Table

CODEC = Codec(State)
KEYS = [new_key() for _ in range(3)]

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
# What stands under annotations such as Json and object: JSON, and what the sandbox puts there.
ANYTHING = st.recursive(
    SCALARS | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from(["$tuple", "$"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(),
    type(None): st.none(),
    Any: ANYTHING,
    object: ANYTHING,
    EllipticCurvePrivateKey: st.sampled_from(KEYS),
    EllipticCurvePublicKey: st.sampled_from([key.public_key() for key in KEYS]),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation. A type that the state file cannot hold is a KeyError here."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, inner))
    if origin is tuple and inner[-1:] == (...,):
        return st.lists(values_of(inner[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, inner))
    if origin is list:
        return st.lists(values_of(inner[0]), max_size=3)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(values_of(inner[0]), values_of(inner[1]), max_size=3)
    if attrs.has(annotation):
        return records_of(annotation)
    return PLAIN[annotation]


def records_of(record: type[attrs.AttrsInstance]) -> st.SearchStrategy[Any]:
    """Records with anything that their annotations allow."""
    hints = get_type_hints(record)
    fields = {field.alias: values_of(hints[field.name]) for field in attrs.fields(record)}
    return st.deferred(lambda: st.builds(record, **fields))


def comparable(value: Any) -> Any:
    """The value with each record and key as something that compares by all that is in it."""
    if isinstance(value, tuple | list):
        return type(value), [comparable(each) for each in value]
    if isinstance(value, Mapping):
        return [(comparable(name), comparable(each)) for name, each in value.items()]
    if isinstance(value, EllipticCurvePublicKey):
        return point_of(value)
    if isinstance(value, EllipticCurvePrivateKey):
        return value.private_numbers().private_value
    if attrs.has(type(value)):
        names = (field.name for field in attrs.fields(type(value)))
        return type(value), [(name, comparable(getattr(value, name))) for name in names]
    return type(value), value


ENTRIES = {
    name: get_args(annotation)
    for name, annotation in get_type_hints(State).items()
    if get_origin(annotation) is dict
}
VALUES = {
    name: annotation
    for name, annotation in get_type_hints(State).items()
    if name not in (*ENTRIES, "clock")
}


@pytest.mark.parametrize("name", ENTRIES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_table_comes_back(name: str, data: st.DataObject) -> None:
    """Keys and values of each of the state's dicts are the same after writing and reading.

    A dict of the state with a type that cannot be kept fails here.
    """
    key_type, value_type = ENTRIES[name]
    key, value = data.draw(values_of(key_type)), data.draw(values_of(value_type))
    assert CODEC.decode(CODEC.encode(key)) == key
    assert comparable(CODEC.decode(CODEC.encode(value))) == comparable(value)


@pytest.mark.parametrize("name", VALUES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_other_attribute_comes_back(name: str, data: st.DataObject) -> None:
    """What the state holds besides dicts is kept too, all but the clock."""
    value = data.draw(values_of(VALUES[name]))
    assert comparable(CODEC.decode(CODEC.encode(value))) == comparable(value)


@settings(max_examples=300, deadline=None)
@given(value=ANYTHING)
def test_plain_values_come_back(value: object) -> None:
    """Also names that look like the codec's own, and texts that are no Unicode."""
    assert comparable(CODEC.decode(CODEC.encode(value))) == comparable(value)
    assert CODEC.decode(CODEC.encode("\ud800")) == "\ud800"


RECORDS = sorted(CODEC.records.values(), key=lambda record: record.__name__)


def test_the_records_are_found_by_themselves() -> None:
    """Those in the state's annotations, and those that are within these."""
    named = {"User", "Wallet", "WalletKey", "Condition", "HttpResponse", "Issuer"}
    assert named <= set(CODEC.records)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_records_cannot_be_changed_in_place(record: type[attrs.AttrsInstance]) -> None:
    """A change in place would not be noticed, and not be saved."""
    value = record.__new__(record)
    with pytest.raises(FrozenInstanceError):
        setattr(value, attrs.fields(record)[0].name, None)


def test_no_annotation_is_of_a_kind_that_changes_in_place() -> None:
    """The state's values are tuples and the like; lists and dicts only as JSON."""
    kinds = {get_origin(annotation) for annotation in annotations_in(State)}
    assert not kinds & {list, set}


class NotARecord:
    """Something the state's annotations do not name."""


@attrs.frozen
class UnknownRecord:
    """A record they do not name either."""

    id: str


@pytest.mark.parametrize(
    "value", [NotARecord(), UnknownRecord("1"), {1, 2}, 1j, object], ids=stable
)
def test_what_it_does_not_know_is_an_error(value: object) -> None:
    """It is never left out silently."""
    with pytest.raises(TypeError, match="the state file cannot hold"):
        CODEC.encode({"found": [value]})


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"$Nothing": {}}', '{"$User": {}}', '{"$User": {"colour": 1}}', '{"$bytes": 1}'],
)
def test_texts_of_others_are_an_error(text: str) -> None:
    """One kind of error, whatever is wrong with a text."""
    with pytest.raises(ValueError, match=r"."):
        CODEC.decode(text)


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["set", "del", "pop", "popitem", "setdefault", "update", "or", "clear", "save"]
        ),
        st.integers(0, 4),
        st.integers(),
    ),
    max_size=30,
)


def take_step(target: dict[int, int], step: Step) -> object:
    """Change a dict in one of the ways there are. Returns what it answers."""
    name, key, value = step
    if name == "set":
        target[key] = value
    elif name == "del" and key in target:
        del target[key]
    elif name == "pop":
        return target.pop(key, None)
    elif name == "popitem" and target:
        return target.popitem()
    elif name == "setdefault":
        return target.setdefault(key, value)
    elif name == "update":
        target.update({key: value, key + 1: value})
    elif name == "or":
        target |= {key: value}
    elif name == "clear":
        target.clear()
    return None


def save(table: Table[int, int], rows: dict[int, int]) -> None:
    """Do to `rows` what the file does: a known row keeps its place."""
    for key in table.removed:
        rows.pop(key, None)
    rows.update(table.changed)
    table.forget_changes()


@settings(max_examples=500, deadline=None)
@given(steps=STEPS)
def test_a_table_tells_its_changes(steps: list[Step]) -> None:
    """Whatever is done to it, it stays like a dict, and what is saved is the same in that order."""
    table, expected, rows = Table[int, int](), dict[int, int](), dict[int, int]()
    for step in steps:
        if step[0] == "save":
            save(table, rows)
            assert not table.has_changed
        assert take_step(table, step) == take_step(expected, step)
    save(table, rows)
    assert list(table.items()) == list(expected.items()) == list(rows.items())
