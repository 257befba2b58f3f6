"""Reading a request body's fields, refusing what has the wrong type, by name.

The texts follow Privy's: "[Input error] `chain_type`: Required".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

import attrs

from privy_async.sandbox.requests.refusal import Refusal

# A bool is an int in Python, so it comes first.
_TYPE_NAMES: Final = (
    (bool, "boolean"),
    ((int, float), "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


def input_error(path: str, problem: str) -> Refusal:
    """The refusal of a field, or with an empty path of the whole body."""
    return Refusal(400, f"[Input error] `{path}`: {problem}", "invalid_data")


@attrs.frozen
class Fields:
    """A JSON object and where in the body it stands. `null` reads like an absent field."""

    values: Mapping[str, object]
    path: str

    @classmethod
    def of(cls, value: object, path: str) -> "Fields":
        """Take `value` as an object, or refuse it."""
        if not isinstance(value, dict):
            raise _wrong_type(path, "object", value)
        return cls(cast("dict[str, object]", value), path)

    def at(self, name: str) -> str:
        """The path of the field called `name`."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """True if the field was sent, and not as null."""
        return self.values.get(name) is not None

    def clears(self, name: str) -> bool:
        """True if the field was sent as null, which empties it where it can be emptied."""
        return name in self.values and self.values[name] is None

    def refuse_others(self, *known: str) -> None:
        """Refuse fields that are not among `known`, for the bodies Privy reads strictly."""
        unknown = ", ".join(f"'{name}'" for name in self.values if name not in known)
        if unknown:
            raise input_error(self.path, f"Unrecognized key(s) in object: {unknown}")

    def string(self, name: str) -> str:
        """A required string."""
        value = self.optional_string(name)
        if value is None:
            raise input_error(self.at(name), "Required")
        return value

    def optional_string(
        self, name: str, *, max_length: int | None = None, pattern: str | None = None
    ) -> str | None:
        """A string or None."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise _wrong_type(self.at(name), "string", value)
        if max_length is not None and len(value) > max_length:
            raise input_error(self.at(name), f"String must contain at most {max_length} characters")
        if pattern is not None and not re.fullmatch(pattern, value):
            raise input_error(self.at(name), "Invalid")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """A required string that is one of `choices`."""
        value = self.string(name)
        if value not in choices:
            expected = " | ".join(f"'{choice}'" for choice in choices)
            raise input_error(self.at(name), f"Expected {expected}, received '{value}'")
        return value

    def optional_integer(self, name: str, *, minimum: int) -> int | None:
        """A whole number or None."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(self.at(name), "integer", value)
        if value < minimum:
            raise input_error(self.at(name), f"Number must be greater than or equal to {minimum}")
        return value

    def boolean(self, name: str) -> bool:
        """A boolean; absent is False."""
        value = self.values.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise _wrong_type(self.at(name), "boolean", value)
        return value

    def object(self, name: str) -> "Fields":
        """A required object."""
        if self.values.get(name) is None:
            raise input_error(self.at(name), "Required")
        return Fields.of(self.values[name], self.at(name))

    def objects(self, name: str) -> "tuple[Fields, ...]":
        """An array of objects; absent is empty."""
        return tuple(
            Fields.of(item, f"{self.at(name)}.{index}")
            for index, item in enumerate(_array(self, name))
        )

    def strings(self, name: str, *, max_items: int | None = None) -> tuple[str, ...]:
        """An array of different strings; absent is empty."""
        items = _array(self, name)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                raise _wrong_type(f"{self.at(name)}.{index}", "string", item)
        texts = tuple(str(item) for item in items)
        if max_items is not None and len(texts) > max_items:
            raise input_error(self.at(name), f"Array must contain at most {max_items} element(s)")
        if len(set(texts)) < len(texts):
            raise input_error(self.at(name), "Array must not contain an element twice")
        return texts


def _array(fields: Fields, name: str) -> Sequence[object]:
    value = fields.values.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong_type(fields.at(name), "array", value)
    return cast("list[object]", value)


def _wrong_type(path: str, expected: str, value: object) -> Refusal:
    received = next(name for kind, name in _TYPE_NAMES if isinstance(value, kind))
    return input_error(path, f"Expected {expected}, received {received}")
