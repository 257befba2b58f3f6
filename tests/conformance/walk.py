"""Compares what a method gives back with the answer it was made of, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from examples import Entries

from privy_async.page import Page
from privy_async.values import Value

# These stay as JSON on purpose: what is in them is another's format, and goes on as it came.
DOCUMENTS = {
    "abi": "for the libraries that read contracts' interfaces",
    "idl": "for the libraries that read Solana programs' interfaces",
    "options": "WebAuthn, for the user's browser",
    "types": "EIP-712, for the libraries that sign typed data",
    "transaction_request": "a chain's own transaction",
    "body": "the body of the request that an intent makes: signatures are made over it",
    "response_body": "what the request of an intent was answered",
    "prior_state": "what the resource was before",
}


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """What a value, and the values in it, could not place."""
    if isinstance(value, Value):
        yield from (f"{path}.{name}" for name in value.extra)
        for field in attrs.fields(type(value)):
            yield from unknown_fields(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, (tuple, Page)):
        for item in value:
            yield from unknown_fields(item, f"{path}[]")
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from unknown_fields(item, f"{path}.*")


def as_json(result: Any) -> Any:
    """What a method gives back, as JSON again."""
    if isinstance(result, Value):
        return result.to_json()
    if isinstance(result, (tuple, Page)):
        return [as_json(item) for item in result]
    return result


def source(result: Any, answer: Any) -> Any:
    """The part of the answer that a result was made of: all of it, or what stands inside.

    Raises:
        LookupError: None of it is what was given back.
    """
    wanted = as_json(result)
    for part in _parts(answer):
        # A lone value where a list was expected comes as a page of one.
        if wanted in (part, [part]):
            return part if wanted == part else [part]
    raise LookupError(f"{wanted} is no part of {answer}")


def _parts(answer: Any) -> Iterator[Any]:
    yield answer
    if isinstance(answer, dict):
        for item in answer.values():
            yield from _parts(item)


def fields(part: Any, value: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """Each named field of JSON, and whether it is an attribute of the value made of it."""
    if isinstance(part, list):
        items = value if isinstance(value, (list, tuple, Page)) else [None] * len(part)
        for inner, item in zip(part, items, strict=True):
            yield from fields(inner, item, f"{path}[]")
    elif isinstance(part, Entries):
        for name, inner in part.items():
            item = value.get(name) if isinstance(value, Mapping) else None
            yield from fields(inner, item, f"{path}.*")
    elif isinstance(part, dict):
        attributes = _attributes(value)
        for name, inner in part.items():
            yield f"{path}.{name}", name in attributes
            if name not in DOCUMENTS or name not in attributes:
                yield from fields(inner, attributes.get(name), f"{path}.{name}")


def _attributes(value: Any) -> dict[str, Any]:
    """The typed attributes of a value, under their names in JSON."""
    if not isinstance(value, Value):
        return {}
    names = [field.name for field in attrs.fields(type(value)) if field.name != "extra"]
    return {name.rstrip("_"): getattr(value, name) for name in names}
