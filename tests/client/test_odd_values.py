"""Answers of which a part is odd: the rest is read, and nothing of the part is lost."""

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async.errors import APIResponseError, PrivyError
from privy_async.resources.users.values import LinkedAccount, User
from privy_async.resources.wallets.values import Wallet
from privy_async.values import Unknown, Value, decode, decode_list, variant


class Leaf(Value):
    """A value inside others."""

    id: str
    note: str | None = None


class Account(Value):
    """A union whose base needs nothing."""

    type: str = ""
    name: str | None = None


@variant(Account, "type", "email")
class EmailAccount(Account):
    """One of the union."""

    address: str
    leaf: Leaf | None = None


class Shape(Value):
    """A union whose base needs its tag."""

    type: str


@variant(Shape, "type", "circle")
class Circle(Shape):
    """One of the union."""

    radius: int


class Tree(Value):
    """What may be odd without the whole being so."""

    id: str
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf] | None = None
    grid: tuple[tuple[Leaf | None, ...], ...] = ()
    maybe: Leaf | None = None
    many: tuple[Leaf, ...] | None = None
    names: tuple[str, ...] = ("none",)
    accounts: tuple[Account, ...] = ()
    shapes: tuple[Shape, ...] = ()
    shape: Shape | None = None
    plain: Mapping[str, Any] | None = None


LEAST: dict[str, Any] = {"id": "t", "leaves": []}


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("maybe", {}), ("maybe", "i"), ("maybe", ["id"]), ("maybe", 0),
        ("many", "j"), ("many", {}), ("many", 0),
        ("names", "j"), ("names", None), ("names", {"a": 1}),
        ("by_name", []), ("by_name", "x"), ("plain", []), ("plain", "x"), ("plain", 0),
        ("grid", [7]), ("grid", None), ("shape", {"type": "circle", "radius": 1, "extra": 1}),
        ("shape", {}), ("accounts", {}),
    ],
)  # fmt: skip
def test_a_field_that_may_be_missing_may_be_odd(field: str, content: Any) -> None:
    """It is as if it were missing, and what came is in `extra`; so JSON comes out as it went in."""
    tree = decode(Tree, {**LEAST, field: content, "new": 1})
    if field == "shape" and content:
        assert tree.shape == Circle(type="circle", radius=1, extra={"extra": 1})
        return
    assert tree == Tree(id="t", leaves=(), extra={field: content, "new": 1})
    assert tree.to_json()[field] == content


ITEMS: list[Any] = [{}, None, 7, "id", ["id"], {"note": "n"}]


@pytest.mark.parametrize("item", ITEMS, ids=repr)
def test_an_odd_item_does_not_lose_the_others(item: Any) -> None:
    """It comes as `Unknown` among them, in lists, mappings and lists of lists; its JSON stays."""
    unknown = Unknown(extra=item if isinstance(item, dict) else {"": item})
    good, leaf = {"id": "b"}, Leaf(id="b")
    data = {"leaves": [good, item, good], "by_name": {"x": item, "y": good}, "grid": [[good, item]]}
    tree = decode(Tree, {**LEAST, **data})
    assert tree.leaves == (leaf, unknown, leaf)
    assert tree.by_name == {"x": unknown, "y": leaf}
    assert tree.grid == ((leaf, None if item is None else unknown),)
    assert decode_list(Leaf, [good, item], path="data") == (leaf, unknown)


@pytest.mark.parametrize("item", [{"type": "email"}, {"type": "email", "name": 1, "leaf": {}}])
def test_a_variant_that_is_not_whole_is_its_base(item: dict[str, Any]) -> None:
    """The base class has all of its JSON in `extra`, and JSON comes out as it went in."""
    (account,) = decode(Tree, {**LEAST, "accounts": [item]}).accounts
    assert type(account) is Account
    assert (account.type, account.extra) == ("email", item)
    assert account.to_json() == item


@pytest.mark.parametrize("item", [None, 5, "email", []], ids=repr)
def test_an_item_that_is_no_object(item: Any) -> None:
    """A base that needs nothing stands for anything; else `Unknown` does."""
    tree = decode(Tree, {**LEAST, "accounts": [item], "shapes": [item]})
    assert tree.accounts == (Account(extra={"": item}),)
    assert tree.shapes == (Unknown(extra={"": item}),)


def test_a_variant_without_its_tag() -> None:
    """An item without a tag is the base, or unknown if the base needs its tag."""
    data = {"accounts": [{"name": "n"}], "shapes": [{"radius": 1}, {"type": "circle"}]}
    tree = decode(Tree, {**LEAST, **data})
    assert tree.accounts == (Account(name="n"),)
    circle = Shape(type="circle", extra={"type": "circle"})
    assert tree.shapes == (Unknown(extra={"radius": 1}), circle)


def test_part_of_a_variant_may_be_odd() -> None:
    """A variant goes on being itself as long as it has what it needs."""
    item = {"type": "email", "address": "a@example.com", "leaf": 7}
    (account,) = decode(Tree, {**LEAST, "accounts": [item]}).accounts
    assert account == EmailAccount(type="email", address="a@example.com", extra={"leaf": 7})


@pytest.mark.parametrize("tag", [[], {}, ["email"]], ids=repr)
def test_tags_that_cannot_be_looked_up(tag: Any) -> None:
    """A list or an object as a tag is an unknown one."""
    assert decode(Account, {"type": tag}).to_json() == {"type": tag}


def test_unknown_says_why_it_has_nothing() -> None:
    """Reading from an item that could not be read says so; it travels like any value."""
    unknown = Unknown(extra={"id": 1})
    with pytest.raises(AttributeError, match="cannot be read, so it has no address"):
        _ = unknown.address
    assert not hasattr(unknown, "address")
    assert repr(unknown) == "Unknown()"
    assert unknown.to_json() == {"id": 1}
    for copied in (copy.copy(unknown), copy.deepcopy(unknown), pickle.loads(pickle.dumps(unknown))):
        assert (type(copied), copied.extra) == (Unknown, {"id": 1})


def test_one_odd_account_does_not_lose_a_user() -> None:
    """The user has all other accounts, and the odd ones as far as they can be read."""
    odd: list[Any] = [{"type": "wallet", "chain_type": "ethereum"}, {}, 7, {"type": ["email"]}]
    email = {"type": "email", "address": "a@example.com"}
    user = decode(User, {"id": "u", "linked_accounts": [*odd, email]})
    assert [account.type for account in user.linked_accounts[:3]] == ["wallet", "", ""]
    assert user.linked_accounts[0].extra == odd[0]
    assert all(isinstance(account, LinkedAccount) for account in user.linked_accounts)
    assert user.linked_accounts[-1].address == "a@example.com"


LACKING: list[tuple[dict[str, Any], str]] = [
    ({"leaves": []}, "id"),
    ({"id": "t"}, "leaves"),
    ({"id": "t", "leaves": 7}, "leaves"),
]


@pytest.mark.parametrize(("data", "path"), LACKING)
def test_what_a_whole_needs(data: dict[str, Any], path: str) -> None:
    """An odd part that must be there is an error, which leads to its place."""
    with pytest.raises(APIResponseError) as caught:
        decode(Tree, {**data, "maybe": 7, "accounts": [7]})
    assert caught.value.path == path


def test_a_default_must_be_a_value() -> None:
    """A factory would be one object for all decoded values, so the class is refused."""
    with pytest.raises(TypeError, match=r"Wrong\.names: a default must be a value"):

        class Wrong(Value):
            """Has a factory."""

            names: tuple[str, ...] = attrs.field(factory=tuple)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["id", "type", "leaves", "accounts", "extra", "", "x"]), inner, max_size=4
    ),
    max_leaves=15,
)  # fmt: skip


@given(st.sampled_from([Tree, Account, Shape, User, Wallet, Leaf]), JSON)
def test_any_json_is_read_or_an_error_of_ours(kind: type[Value], data: Any) -> None:
    """Whatever comes in the place of an object: infinities, huge numbers, lists, surrogates."""
    try:
        value = decode(kind, data)
    except PrivyError:
        return
    assert value.extra is not None
    assert pickle.loads(pickle.dumps(value)).to_json().keys() == value.to_json().keys()


OPTIONAL = ("by_name", "grid", "maybe", "many", "names", "accounts", "shapes", "shape")
FIELDS = st.fixed_dictionaries(
    {"id": st.just("t"), "leaves": st.lists(JSON, max_size=3)},
    optional=dict.fromkeys(OPTIONAL, JSON),
)


@given(FIELDS)
def test_any_json_in_the_fields_of_a_value(data: dict[str, Any]) -> None:
    """With what it needs, a value is made of anything, and gives it back."""
    tree = decode(Tree, data)
    assert tree.id == "t"
    assert len(tree.leaves) == len(data["leaves"])
    given = {name for name, item in data.items() if item is not None}
    assert given <= tree.to_json().keys()
