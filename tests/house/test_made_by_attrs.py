"""How the classes of the core are made: what they are given, what they show, what they equal."""

import logging
from collections.abc import Iterator
from contextvars import ContextVar
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import attrs
import pytest
from mutation.rooms import modules

# Changed while they live, and equal if all that they hold is: plain data of one limit or run.
EQUAL_BY_PARTS = {"Pace", "_Workers"}
# Never changed, and compared by nobody: code that compares takes long to make, at each start.
COMPARED_BY_NOBODY = {"Exchanged", "Settings"}
# A private field that a caller may give all the same.
GIVEN = {("Webhooks", "_clock")}
# What no repr shows: secrets, bodies, headers, items, and what a class keeps for itself.
HIDDEN = {
    "Asked": set[str](),
    "AuthorizationContext": {"users"},
    "BulkResult": {"item"},
    "KnownKey": {"key"},
    "P256KeyPair": {"private_key"},
    "Response": {"headers"},
    "SigningRequest": {"body"},
    "TokenKeys": {"clock", "_keys", "_fetches"},
    "Transport": {"proxy", "clock", "_sessions"},
    "Unknown": {"extra"},
    "UserAuth": {"user_jwt", "mfa_token"},
    "UserKeyCipher": {"_ciphers"},
    "UserKeys": {
        *("exchange", "app_id", "store", "clock"),
        *("_kept", "_refused", "_exchanges", "_ahead"),
    },
    "Value": {"extra"},
    "Webhooks": {"signing_secret", "_clock"},
    "_Claims": {"values"},
    "_Job": {"arguments"},
}
# How many fields may be given by position, where not all may be.
BY_POSITION = {
    "AccessToken": 0,
    "FieldSource": 2,
    "Requester": 3,
    "SignatureRefusal": 5,
    "TokenKeys": 0,
    "Transport": 0,
    "Unknown": 0,
    "UserAuth": 0,
    "UserKeys": 1,
    "Value": 0,
}


def core() -> Iterator[ModuleType]:
    """The modules that money and secrets hang on."""
    for name in modules():
        yield import_module(f"privy_async.{name.removesuffix('.py').replace('/', '.')}")


CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for module in core()
    for kind in vars(module).values()
    if isinstance(kind, type) and attrs.has(kind) and kind.__module__ == module.__name__
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_lives_is_equal_to_itself_alone(name: str) -> None:
    """Only what never changes is compared by its parts, and has a hash that they make."""
    kind = CLASSES[name]
    changes = kind.__setattr__ is object.__setattr__ or issubclass(kind, Exception)
    lives = name in COMPARED_BY_NOBODY or (changes and name not in EQUAL_BY_PARTS)
    assert (kind.__eq__ in (object.__eq__, BaseException.__eq__)) == lives
    assert (kind.__hash__ is None) == (name in EQUAL_BY_PARTS)


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_kept_is_not_given(name: str) -> None:
    """A private field that begins with something of its own is no argument."""
    private = [
        field
        for field in attrs.fields(CLASSES[name])
        if field.name.startswith("_") and field.default is not attrs.NOTHING
    ]
    given = {field.name for field in private if field.init}
    assert given == {field for kind, field in GIVEN if kind == name}


@pytest.mark.parametrize("name", CLASSES)
def test_what_a_repr_shows(name: str) -> None:
    """All but what is secret, long or nobody's business."""
    fields = attrs.fields(CLASSES[name])
    assert {field.name for field in fields if field.repr is False} == HIDDEN.get(name, set())


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_given_by_position(name: str) -> None:
    """What several parts of the same type would mix up is given by name."""
    given = [field for field in attrs.fields(CLASSES[name]) if field.init]
    by_position = sum(not field.kw_only for field in given)
    assert by_position == BY_POSITION.get(name, len(given))


def test_names_are_those_of_the_variables() -> None:
    """Type variables, context variables and logs are shown by names that lead to them."""
    for module in core():
        for name, value in vars(module).items():
            if isinstance(value, TypeVar):
                assert value.__name__ == name
                assert value.__covariant__ == name.endswith("_co")
            elif isinstance(value, ContextVar):
                assert value.name == f"privy_{name.lstrip('_')}"
            elif isinstance(value, logging.Logger):
                assert value.name == "privy_async"
