"""Structured arguments: known fields alone, each in the form that Privy takes."""

from collections import UserDict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async import InvalidArgumentError
from privy_async.resources.fields import format_input
from privy_async.resources.wallets.ethereum import Eip7702Authorization
from privy_async.resources.wallets.ethereum_formats import SignedAuthorization, format_transaction
from privy_async.sending.call import Omit
from privy_async.values import decode


def doubled(value: int, *, argument: str) -> int:
    """A check that changes what it takes, so that its work is seen."""
    if isinstance(value, int):
        return 2 * value
    raise InvalidArgumentError(argument, "expected an int")


Number = Annotated[int, doubled]


class Leaf(TypedDict):
    gas_limit: Number
    note: NotRequired[str]


class Tree(TypedDict, total=False):
    contract: Required[Number]
    leaf: Leaf
    leaves: Sequence[Leaf]
    by_name: Mapping[str, Leaf]
    numbers: Sequence[Number]
    maybe: Leaf | None
    free: Mapping[str, Any]


class Cat(TypedDict):
    kind: Literal["cat"]
    lives: Number


class Dog(TypedDict):
    kind: Literal["dog", "hound"]
    barks: bool


def test_every_depth_is_formatted() -> None:
    """Fields, lists, mappings and optional structures go through the checks of their types."""
    leaf, formatted = {"gas_limit": 1, "note": "x"}, {"gas_limit": 2, "note": "x"}
    tree = {
        "contract": 3, "leaf": leaf, "leaves": [leaf, leaf], "by_name": {"anyName": leaf},
        "numbers": (1, 2), "maybe": leaf, "free": {"gasLimit": 1},
    }  # fmt: skip
    assert format_input(Tree, tree, argument="tree") == {
        "contract": 6, "leaf": formatted, "leaves": [formatted, formatted],
        "by_name": {"anyName": formatted}, "numbers": [2, 4], "maybe": formatted,
        "free": {"gasLimit": 1},
    }  # fmt: skip
    assert tree["numbers"] == (1, 2)


@pytest.mark.parametrize("make", [dict, UserDict, MappingProxyType])
def test_any_mapping_will_do(make: Any) -> None:
    """It need not be a dict."""
    assert format_input(Leaf, make({"gas_limit": 1}), argument="leaf") == {"gas_limit": 2}


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("gas_limit", "gas_limit"), ("gasLimit", "gas_limit"), ("gas", "gas_limit")],
)
def test_names_of_web3(given_name: str, name: str) -> None:
    """camelCase and web3.py's other words are names of the same field."""
    assert format_input(Leaf, {given_name: 1}, argument="leaf") == {name: 2}


@pytest.mark.parametrize(
    ("tree", "argument", "hint"),
    [
        ({"contrat": 1}, "tree.contrat", "did you mean contract?"),
        ({"leaf": {"gaslimit": 1}}, "tree.leaf.gaslimit", "did you mean gas_limit?"),
        ({"leaf": {"gasLimitt": 1}}, "tree.leaf.gasLimitt", "did you mean gas_limit?"),
        ({"leaves": [{}, {"not": 1}]}, "tree.leaves[1].not", "did you mean note?"),
        ({"by_name": {"a": {"x": 1}}}, "tree.by_name.a.x", "there are gas_limit, note."),
        ({"maybe": {"Note": 1}}, "tree.maybe.Note", "did you mean note?"),
        ({"": 1}, "tree.", "there are contract, leaf,"),
        ({"input": 1}, "tree.input", "is no known field"),
    ],
)
def test_an_unknown_field(tree: Any, argument: str, hint: str) -> None:
    """It is refused by its path, with the nearest name or all of them, and the way out."""
    with pytest.raises(InvalidArgumentError, match=r"wallets\.rpc") as caught:
        format_input(Tree, tree, argument="tree")
    assert caught.value.argument == argument
    assert hint in str(caught.value)


@pytest.mark.parametrize("name", [5, None, b"note", ("note",)])
def test_a_name_that_is_no_text(name: Any) -> None:
    """A field's name is a str, as in JSON."""
    with pytest.raises(InvalidArgumentError, match="expected names of fields as str") as caught:
        format_input(Leaf, {name: 1}, argument="leaf")
    assert caught.value.argument == "leaf"


def test_a_field_under_two_names() -> None:
    """Which of the two should count cannot be known."""
    with pytest.raises(InvalidArgumentError, match="gas_limit is given twice") as caught:
        format_input(Leaf, {"gas_limit": 1, "gas": 1}, argument="leaf")
    assert caught.value.argument == "leaf.gas"


@pytest.mark.parametrize(
    ("tree", "argument"),
    [
        (None, "tree"), ([], "tree"), ("{}", "tree"), (5, "tree"),
        ({"leaf": []}, "tree.leaf"), ({"leaf": None}, "tree.leaf"),
        ({"leaves": {}}, "tree.leaves"), ({"leaves": "ab"}, "tree.leaves"),
        ({"leaves": [1]}, "tree.leaves[0]"), ({"by_name": []}, "tree.by_name"),
        ({"numbers": [1, "x"]}, "tree.numbers[1]"), ({"contract": None}, "tree.contract"),
    ],
)  # fmt: skip
def test_other_structures(tree: Any, argument: str) -> None:
    """A list for a mapping, a mapping for a list and the like are refused by their path."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_input(Tree, tree, argument="tree")
    assert caught.value.argument == argument


def test_none_stays_where_the_type_has_it() -> None:
    """It is JSON null, which removes an owner."""
    assert format_input(Tree, {"maybe": None}, argument="tree") == {"maybe": None}
    assert format_input(Leaf | None | Omit, None, argument="leaf") is None


@pytest.mark.parametrize(
    ("pet", "formatted"),
    [
        ({"kind": "cat", "lives": 9}, {"kind": "cat", "lives": 18}),
        ({"kind": "hound", "barks": True}, {"kind": "hound", "barks": True}),
        # A kind that is newer than this SDK, and one that is not told.
        ({"kind": "axolotl", "gills": 6}, {"kind": "axolotl", "gills": 6}),
        ({"lives": 9, "barks": False}, {"lives": 18, "barks": False}),
    ],
)
def test_unions_go_by_their_tags(pet: Any, formatted: Any) -> None:
    """The known fields are those of the kinds that a value can be of."""
    assert format_input(Cat | Dog, pet, argument="pet") == formatted
    assert format_input(Sequence[Cat | Dog], [pet], argument="pets") == [formatted]


@pytest.mark.parametrize("kind", [Cat, Cat | Omit, Cat | None, Sequence[Cat] | Omit])
def test_a_type_alone_has_no_tags(kind: Any) -> None:
    """A new value of a field does not let unknown fields through where there is one type."""
    for cat in ({"kind": "lynx", "livs": 9}, {"kind": "lynx", "lives": "nine"}):
        with pytest.raises(InvalidArgumentError):
            format_input(kind, [cat] if "Sequence" in str(kind) else cat, argument="pet")


@pytest.mark.parametrize("pet", [{"kind": "cat", "barks": 1}, {"kind": "dog", "lives": 1}])
def test_another_kinds_field(pet: Any) -> None:
    """A field of a kind that it is not is refused."""
    with pytest.raises(InvalidArgumentError, match="is no known field"):
        format_input(Cat | Dog, pet, argument="pet")


@pytest.mark.parametrize(
    "kind", [str, Any, Mapping[str, Any], Sequence[str], Leaf | Mapping[str, Any]]
)
def test_what_a_type_does_not_tell_stays(kind: Any) -> None:
    """Types without named fields say nothing of what is in them."""
    value = {"anything": [1]}
    assert format_input(kind, value, argument="it") is value


def test_what_privy_answered_may_be_newer() -> None:
    """A signed authorization goes into a transaction as it came, with fields unknown here."""
    answered = {
        "contract": f"0x{1:040x}", "chain_id": 1, "nonce": 0, "r": "0x1", "s": "0x2",
        "y_parity": 0, "a_new_field": "x",
    }  # fmt: skip
    authorization = decode(Eip7702Authorization, answered)
    formatted = format_transaction({"authorization_list": [authorization]})
    assert formatted["authorization_list"][0]["a_new_field"] == "x"
    with pytest.raises(InvalidArgumentError, match="a_new_field"):
        format_input(SignedAuthorization, answered, argument="authorization")


names = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.dictionaries(names, st.integers()))
def test_nothing_unknown_goes_through(fields: dict[str, int]) -> None:
    """Whatever the names are: known ones come out, and any other is refused."""
    known = {"gas_limit", "gasLimit", "gas", "note"}
    if set(fields) <= known and len({*fields} & {"gas_limit", "gasLimit", "gas"}) < 2:
        assert set(format_input(Leaf, fields, argument="leaf")) <= {"gas_limit", "note"}
    else:
        with pytest.raises(InvalidArgumentError):
            format_input(Leaf, fields, argument="leaf")
