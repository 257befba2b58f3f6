"""The subjects of rules: a request, or each instruction, command or call of one."""

from collections.abc import Callable, Mapping
from typing import NoReturn, cast

import attrs

from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.records.policies import FieldReference

Source = Callable[[FieldReference], Reading]


class UndecidableError(Exception):
    """A field that is there but cannot be read, so that no rule about it can be decided."""


@attrs.frozen
class Subject:
    """A part of a request to be allowed by itself, and what each field source holds of it."""

    sources: Mapping[str, Source] = attrs.field(factory=dict[str, Source])

    def read(self, reference: FieldReference) -> Reading:
        """The value of a field, or None if there is no such field.

        Raises:
            UndecidableError: If there is but it cannot be read.
        """
        source = self.sources.get(reference.field_source)
        return None if source is None else source(reference)


@attrs.frozen
class Asked:
    """A request as rules see it: the method that they name, and the parts to be allowed."""

    method: str
    subjects: tuple[Subject, ...]


def fields_source(fields: Mapping[str, Reading]) -> Source:
    """A source of these fields."""
    return lambda reference: fields.get(reference.field)


def undecidable_subject(why: str, *sources: str) -> Subject:
    """A subject that no rule with conditions on these sources can decide."""

    def refuse(reference: FieldReference) -> NoReturn:
        raise UndecidableError(why)

    return Subject(dict.fromkeys(sources, refuse))


def at_path(value: object, path: str) -> object:
    """The value at a path such as `source.asset` or `calls.0.to`; None if there is none."""
    for part in path.split("."):
        if isinstance(value, list):
            items = cast("list[object]", value)
            index = int(part) if part.isascii() and part.isdecimal() and len(part) < 7 else None
            value = items[index] if index is not None and index < len(items) else None
        elif isinstance(value, dict):
            value = cast("dict[str, object]", value).get(part)
        else:
            return None
    return value


def reading(value: object) -> Reading:
    """A JSON value as a field holds it; objects, arrays and null are no value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return value
    return str(value) if isinstance(value, float) else None
