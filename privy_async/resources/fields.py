"""Structured arguments on their way in: known fields alone, each in the form that Privy takes.

The `TypedDict` of an argument is the one place that says which fields it has, to type checkers
and to what stands here. A field of type `Annotated[..., check]` goes through
`check(value, argument=path)`, which returns what is sent.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array, is_object
from privy_async.sending.call import Omit
from privy_async.values import Value

Formatter: TypeAlias = Callable[[Any, str], Any]
"""Turns a value at a path, such as `calls[0].to`, into what is sent."""
Formatters: TypeAlias = Mapping[str, Formatter | None]
"""By the name of each known field, what formats it; None if it stays as it is."""
Variants: TypeAlias = tuple[tuple[Mapping[str, tuple[Any, ...]], Formatters], ...]
"""The members of a union: their tags, and their fields."""


class Unchecked:
    """The type of values that no type checker looks at: nothing but `Any` is assignable to it."""


UncheckedFields: TypeAlias = Mapping[str, Unchecked]
"""A mapping that no type checker looks into, such as a `dict[str, Any]`. A dict literal is none."""

# web3.py writes names in camelCase, and some of them in other words.
_HUMP: Final = re.compile("(?<=[a-z0-9])[A-Z]")
_OTHER_WORDS: Final = {"gas": "gas_limit", "input": "data", "address": "contract"}


def format_input(kind: Any, value: Any, *, argument: str) -> Any:
    """Return a structured argument in the form that Privy takes, as deep as its type goes.

    Any mapping will do, and names may be written as web3.py does (`chainId`, `gas`). Of a union
    whose members have tags, such as conditions, a member with a new tag stays as it is.

    Args:
        kind: Its type: a TypedDict, or a sequence, a mapping or a union of some.
        value: What was given.
        argument: Its name, with which the paths in errors begin.

    Raises:
        InvalidArgumentError: A field is unknown, is given under two names, or is refused by its
            check.
    """
    formatter = _formatter(kind)
    return value if formatter is None else formatter(value, argument)


@cache
def _formatter(kind: Any) -> Formatter | None:
    """Return what formats values of a type, or None if they stay as they are."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        return partial(_format_fields, _fields(kind))
    if origin is Annotated:
        return partial(_format_by, kind.__metadata__[0])
    if origin in (Required, NotRequired):
        return _formatter(arguments[0])
    if origin in (Union, UnionType):
        return _formatter_of_union(tuple(each for each in arguments if each is not Omit))
    if origin in (Sequence, Mapping) and (item := _formatter(arguments[-1])):
        return partial(_format_items if origin is Sequence else _format_values, item)
    return None


@cache
def _fields(kind: Any) -> Formatters:
    hints = get_type_hints(kind, include_extras=True)
    return {name: _formatter(hint) for name, hint in hints.items()}


def _formatter_of_union(kinds: tuple[Any, ...]) -> Formatter | None:
    structures = tuple(kind for kind in kinds if is_typeddict(kind))
    others = [kind for kind in kinds if kind not in structures]
    formatters = {kind: _formatter(kind) for kind in others}
    if any(get_origin(kind) is Mapping and not each for kind, each in formatters.items()):
        return None
    variants = _variants(structures) if structures else ()
    # There is no type of an argument that has lists of several kinds.
    formatter = next(filter(None, formatters.values()), None)

    def format_alternative(value: Any, path: str) -> Any:
        if variants and (isinstance(value, (Mapping, Value)) or not others):
            return _format_variant(variants, value, path)
        if formatter and (is_array(value) or len(kinds) == 1):
            return formatter(value, path)
        return value

    return format_alternative if variants or formatter else None


def _variants(structures: tuple[Any, ...]) -> Variants:
    """Return the tags and the fields of each type.

    A tag is a field that has few values in each of several types.
    """
    literals = [
        {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}
        for hints in map(get_type_hints, structures)
    ]
    several = len(literals) > 1
    shared = [name for name in literals[0] if several and all(name in each for each in literals)]
    tags = [{name: values[name] for name in shared} for values in literals]
    return tuple(zip(tags, map(_fields, structures), strict=True))


def _format_variant(variants: Variants, value: Any, path: str) -> Any:
    """Format what may be of several types: the known fields are those of all that it fits."""
    given = value.to_json() if isinstance(value, Value) else value
    fitting = [fields for tags, fields in variants if not is_object(given) or _fits(tags, given)]
    known = {name: each for fields in fitting for name, each in fields.items()}
    return _format_fields(known, value, path) if fitting else value


def _fits(tags: Mapping[str, tuple[Any, ...]], given: Mapping[str, Any]) -> bool:
    return all(given[name] in values for name, values in tags.items() if name in given)


def _format_fields(formatters: Formatters, value: Any, path: str) -> dict[str, Any]:
    fields = value.to_json() if isinstance(value, Value) else value
    if not is_object(fields):
        raise InvalidArgumentError(path, "expected a mapping of fields")
    formatted: dict[str, Any] = {}
    for given, item in fields.items():
        name = _known_name(given, formatters)
        if name is None:
            # What Privy itself answered may have fields that are newer than this SDK.
            if not isinstance(value, Value):
                raise _unknown(given, formatters, path)
            name = given
        if name in formatted:
            raise InvalidArgumentError(f"{path}.{given}", f"{name} is given twice")
        formatter = formatters.get(name)
        formatted[name] = item if formatter is None else formatter(item, f"{path}.{given}")
    return formatted


def _format_items(item: Formatter, value: Any, path: str) -> list[Any]:
    if not is_array(value):
        raise InvalidArgumentError(path, "expected a list")
    return [item(each, f"{path}[{index}]") for index, each in enumerate(value)]


def _format_values(item: Formatter, value: Any, path: str) -> dict[str, Any]:
    if not is_object(value):
        raise InvalidArgumentError(path, "expected a mapping")
    return {name: item(each, f"{path}.{name}") for name, each in value.items()}


def _format_by(check: Callable[..., Any], value: Any, path: str) -> Any:
    return check(value, argument=path)


def _known_name(given: object, known: Collection[str]) -> str | None:
    """Return the name that Privy has for a field, or None if there is no such field."""
    if not isinstance(given, str):
        return None
    if given in known:
        return given
    name = _OTHER_WORDS.get(given) or _snake_case(given)
    return name if name in known else None


def _snake_case(name: str) -> str:
    return _HUMP.sub(lambda hump: f"_{hump[0].lower()}", name)


def _unknown(given: object, known: Collection[str], path: str) -> InvalidArgumentError:
    from difflib import get_close_matches

    if not isinstance(given, str):
        kind = type(given).__name__
        return InvalidArgumentError(path, f"expected names of fields as str, not {kind}")
    near = get_close_matches(_snake_case(given[:100]), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return InvalidArgumentError(
        f"{path}.{given[:100].encode(errors='backslashreplace').decode()}",
        f"is no known field; {hint} What is newer than this SDK goes by wallets.rpc or request",
    )
