"""Values: every class of every resource decodes as its fields say, and what is wrong is named."""

import copy
import importlib
import inspect
import pickle
import pkgutil
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from privy_async import resources
from privy_async.errors import APIResponseError
from privy_async.values import Value, decode, variant

V = TypeVar("V", bound=Value)


def value_classes() -> Iterator[type[Value]]:
    """The values of all resources."""
    for module in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}."):
        members = vars(importlib.import_module(module.name))
        for member in members.values():
            if inspect.isclass(member) and issubclass(member, Value) and member is not Value:
                yield member


CLASSES = sorted(set(value_classes()), key=lambda kind: (kind.__module__, kind.__name__))
every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)


# --- a second, slow decoder to compare with


def json_name(name: str) -> str:
    return name.rstrip("_")


def fields_of(kind: type[Value]) -> list[tuple[str, Any, bool]]:
    """Name, type and whether it must be there, of all fields but `extra`."""
    hints = get_type_hints(kind)
    return [
        (field.name, hints[field.name], field.default is attrs.NOTHING)
        for field in attrs.fields(kind)
        if field.name != "extra"
    ]


def without_none(hint: Any) -> Any:
    """X for `X | None`; Any for a union of several."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    kinds = [argument for argument in get_args(hint) if argument is not type(None)]
    return kinds[0] if len(kinds) == 1 else Any


def sample(hint: Any, label: str) -> Any:
    """Some JSON of this type; `label` makes it different from any other."""
    hint = without_none(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return [sample(arguments[0], f"{label}-{number}") for number in range(2)]
    if origin is Mapping:
        return {f"{label}-key": sample(arguments[1], f"{label}-item")}
    if inspect.isclass(hint) and issubclass(hint, Value):
        return sample_object(hint, label)
    return {bool: True, int: len(label), float: len(label) / 2}.get(hint, label)


def sample_object(kind: type[Value], label: str = "") -> dict[str, Any]:
    return {
        json_name(name): sample(hint, f"{label}.{json_name(name)}")
        for name, hint, _ in fields_of(kind)
    }


def build(hint: Any, data: Any) -> Any:
    """What the type says the JSON should become, made with the classes' own constructors."""
    hint = without_none(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return tuple(build(arguments[0], item) for item in data)
    if origin is Mapping:
        return {key: build(arguments[1], item) for key, item in data.items()}
    if inspect.isclass(hint) and issubclass(hint, Value):
        given = [(name, hint) for name, hint, _ in fields_of(hint) if json_name(name) in data]
        known = {name: build(field, data[json_name(name)]) for name, field in given}
        return hint(**known)
    return data


def test_there_are_classes() -> None:
    """The walk over the resources finds what it should."""
    names = {kind.__name__ for kind in CLASSES}
    assert {"Wallet", "User", "KeyQuorum", "RpcResponse", "SignedTransaction"} <= names


# --- every class


@every_class
def test_all_fields(kind: type[Value]) -> None:
    """JSON with every field becomes what the constructors make of it, and JSON again."""
    data = sample_object(kind)
    value = decode(kind, data)
    assert type(value) is kind
    assert value == build(kind, data)
    assert value.extra == {}
    assert value.to_json() == data


@every_class
def test_required_fields_alone(kind: type[Value]) -> None:
    """Fields with a default may be missing, or null where None is one of their values."""
    data = sample_object(kind)
    required = {
        json_name(name): data[json_name(name)] for name, _, needed in fields_of(kind) if needed
    }
    value = decode(kind, required)
    assert value == build(kind, required)
    nullable = [name for name, hint, _ in fields_of(kind) if type(None) in get_args(hint)]
    nulls = {json_name(name): None for name in nullable}
    assert all(getattr(decode(kind, {**data, **nulls}), name) is None for name in nullable)


@every_class
def test_a_missing_field_is_named(kind: type[Value]) -> None:
    """Each field that must be there is named when it is missing."""
    data = sample_object(kind)
    for name, _, needed in fields_of(kind):
        key = json_name(name)
        if needed:
            with pytest.raises(APIResponseError) as caught:
                decode(kind, {other: item for other, item in data.items() if other != key})
            assert caught.value.path == key
            assert str(caught.value) == f"the answer is no {kind.__name__}: {key} is missing"


@every_class
def test_unknown_fields_are_kept(kind: type[Value]) -> None:
    """What a newer API adds is in `extra`, and no reason to fail."""
    added = {"a_new_field": {"deep": [1]}, "extra": "a field of this name too"}
    value = decode(kind, {**sample_object(kind), **added})
    assert value.extra == added
    assert value.to_json() == {**sample_object(kind), **added}


COPIERS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda value, protocol=protocol: pickle.loads(
            pickle.dumps(value, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@every_class
def test_values_travel(kind: type[Value]) -> None:
    """They pickle and copy, with what is in `extra`, and are frozen."""
    value = decode(kind, {**sample_object(kind), "a_new_field": 1})
    for copier in COPIERS.values():
        again = copier(value)
        assert type(again) is kind
        assert again == value
        assert again.extra == value.extra == {"a_new_field": 1}
    first = fields_of(kind)[0][0]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, first, None)


@every_class
def test_what_is_no_object(kind: type[Value]) -> None:
    """Anything but an object is refused by its type."""
    for data in (None, 7, "text", [], ["id"], True, 1.5):
        with pytest.raises(APIResponseError) as caught:
            decode(kind, data)
        said = f"the answer is no {kind.__name__}: it is {type(data).__name__}, not an object"
        assert str(caught.value) == said
        assert caught.value.path == ""


# --- shapes


class Leaf(Value):
    """A value inside others."""

    id: str
    note: str | None = None


class Tree(Value):
    """One field of every shape."""

    leaf: Leaf
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf]
    names: tuple[str, ...]
    grid: tuple[tuple[Leaf, ...], ...]
    from_: str
    maybe: Leaf | None = None
    maybe_many: tuple[Leaf, ...] | None = None
    several: str | int | None = None
    anything: Any = None


TREE: dict[str, Any] = {
    "leaf": {"id": "a"},
    "leaves": [{"id": "b"}, {"id": "c"}],
    "by_name": {"x": {"id": "d"}},
    "names": ["e", "f"],
    "grid": [[{"id": "g"}], []],
    "from": "h",
    "maybe": {"id": "i"},
    "maybe_many": [{"id": "j"}],
    "several": 7,
    "anything": {"deep": [{}]},
}


def test_every_shape() -> None:
    """Nested values, lists and mappings of them, and what stays plain JSON."""
    assert decode(Tree, TREE) == Tree(
        leaf=Leaf(id="a"),
        leaves=(Leaf(id="b"), Leaf(id="c")),
        by_name={"x": Leaf(id="d")},
        names=("e", "f"),
        grid=((Leaf(id="g"),), ()),
        from_="h",
        maybe=Leaf(id="i"),
        maybe_many=(Leaf(id="j"),),
        several=7,
        anything={"deep": [{}]},
    )


def test_unknown_fields_inside() -> None:
    """Each nested value keeps its own unknown fields."""
    value = decode(Tree, {**TREE, "leaves": [{"id": "b", "colour": "green"}]})
    assert value.leaves[0].extra == {"colour": "green"}
    assert value.to_json()["leaves"] == [{"id": "b", "colour": "green"}]


def test_extra_of_one_is_not_that_of_another() -> None:
    """Two values never share an `extra` that could change."""
    first, second = decode(Leaf, {"id": "a"}), decode(Leaf, {"id": "a"})
    with pytest.raises(TypeError):
        first.extra["x"] = 1  # type: ignore[index]
    assert second.extra == {}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"leaf": {}}, "leaf.id"),
        ({"leaf": None}, "leaf"),
        ({"leaf": "a"}, "leaf"),
        ({"leaf": ["id"]}, "leaf"),
        ({"leaves": None}, "leaves"),
        ({"leaves": 7}, "leaves"),
        ({"leaves": {"id": "b"}}, "leaves"),
        ({"leaves": "bc"}, "leaves"),
        ({"names": None}, "names"),
        ({"names": "ef"}, "names"),
        ({"names": {"e": 1}}, "names"),
        ({"names": 7}, "names"),
        ({"by_name": [{"id": "d"}]}, "by_name"),
        ({"by_name": None}, "by_name"),
        ({"grid": [7]}, "grid[0]"),
        ({"grid": [[], {}]}, "grid[1]"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(changes: dict[str, Any], path: str) -> None:
    """The error's path leads to the place, through values and lists."""
    with pytest.raises(APIResponseError) as caught:
        decode(Tree, {**TREE, **changes})
    assert caught.value.path == path
    assert str(caught.value).startswith(f"the answer is no Tree: {path} is ")


# --- variants


class Account(Value):
    """The base of a union, told apart by `type`."""

    type: str


@variant(Account, "type", "email")
class EmailAccount(Account):
    """One of the union."""

    address: str


@variant(Account, "type", "phone", "sms")
class PhoneAccount(Account):
    """Another, with two tags."""

    number: str


class Person(Value):
    """Something that holds variants."""

    accounts: tuple[Account, ...]


ACCOUNTS: list[dict[str, Any]] = [
    {"type": "email", "address": "a@example.com", "verified": True},
    {"type": "phone", "number": "1"},
    {"type": "sms", "number": "2"},
    {"type": "telepathy", "wavelength": 7},
]


def test_variants() -> None:
    """The tag says which class it is; an unknown tag is the base, which keeps the rest."""
    email, phone, sms, unknown = decode(Person, {"accounts": ACCOUNTS}).accounts
    assert email == EmailAccount(type="email", address="a@example.com", extra={"verified": True})
    assert (type(phone), type(sms), type(unknown)) == (PhoneAccount, PhoneAccount, Account)
    assert unknown.extra == {"wavelength": 7}
    person = decode(Person, {"accounts": ACCOUNTS})
    assert person.to_json() == {"accounts": ACCOUNTS}
    assert pickle.loads(pickle.dumps(person)) == person


@pytest.mark.parametrize("tag", [None, 7, True], ids=repr)
def test_tags_that_are_no_text(tag: Any) -> None:
    """A tag of any other type is an unknown one."""
    assert decode(Account, {"type": tag}) == Account(type=tag)


def test_a_class_needs_no_decorator() -> None:
    """What derives from Value is frozen, has slots and no other attributes, and takes keywords."""

    class Point(Value):
        x: int
        y: int = 0

    class Named(Point):
        name: str = attrs.field(repr=False)

    point = Named(x=1, name="p")
    assert (point, hash(point)) == (Named(x=1, y=0, name="p"), hash(attrs.evolve(point)))
    assert repr(point).endswith("Named(x=1, y=0)")
    assert not hasattr(point, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Point(1)  # type: ignore[misc]
