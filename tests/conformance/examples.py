"""Example answers, made from reduced schemas: of Privy's OpenAPI document, and of newer SDKs."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

NEW_FIELD = "a_new_field"
NEW_VALUE = "a new value"


class Entries(dict[str, Any]):
    """An object without named fields, such as a map of texts."""


@attrs.define(slots=False)
class Document:
    """The answers that one source documents.

    Attributes:
        name: What the source is called here.
        answers: By operation: its method and path, whose parameters have no names.
        events: What webhooks tell.
        schemas: What the others refer to.
    """

    name: str
    about: str
    answers: dict[str, Any]
    events: Any
    schemas: dict[str, Any]

    def examples(self, key: str, *, full: bool, grown: bool = False) -> Iterator[Any]:
        """Answers of an operation; see `Maker`."""
        return Maker(self.schemas, full, grown).examples(self.answers[key])

    @cached_property
    def kinds_of_events(self) -> dict[str, Any]:
        """The schema of each type of event."""
        kinds = [self.schemas[kind["$ref"]] for kind in self.events["oneOf"]]
        return {kind["properties"]["type"]["const"]: kind for kind in kinds}


def _read(name: str, file: str, schemas: Mapping[str, Any] = MappingProxyType({})) -> Document:
    read = json.loads((Path(__file__).parent / file).read_text())
    return Document(name, **{**read, "schemas": {**schemas, **read["schemas"]}})


OLDER = _read("older", "answers.json")
NEWER = _read("newer", "answers_newer.json")
NOVEMBER = _read("november", "answers_november.json", NEWER.schemas)
DOCUMENTS = (OLDER, NEWER, NOVEMBER)
ANSWERS = OLDER.answers


def examples(key: str, *, full: bool) -> Iterator[Any]:
    """Answers of an operation as the OpenAPI document has them."""
    return OLDER.examples(key, full=full)


@attrs.frozen
class Maker:
    """Makes examples of schemas, enough to show each alternative of each union.

    Attributes:
        full: With every field, or with the required ones alone.
        grown: Of a later version of the API: each object has one more field, each enumeration
            has one more value, and a union whose alternatives have tags has one more of them.
    """

    schemas: dict[str, Any]
    full: bool
    grown: bool = False
    _counts: dict[str, int] = attrs.field(factory=dict, init=False)

    def examples(self, schema: Any) -> Iterator[Any]:
        """One example for each alternative."""
        for number in range(self._alternatives(schema)):
            yield self._example(schema, number)

    def _example(self, schema: Any, number: int) -> Any:
        if "$ref" in schema:
            return self._example(self.schemas[schema["$ref"]], number)
        if "const" in schema:
            text = isinstance(schema["const"], str)
            return NEW_VALUE if self.grown and text else schema["const"]
        if "oneOf" in schema:
            return self._alternative(self._choices(schema), number)
        if "allOf" in schema:
            parts = [self._example(part, number) for part in schema["allOf"]]
            return {name: item for part in parts for name, item in part.items()}
        if schema.get("type") == "array":
            items = schema["items"]
            return [self._example(items, each) for each in range(self._alternatives(items))]
        if "properties" in schema:
            return self._object(schema, number)
        if schema.get("type") == "object":
            item = schema.get("additionalProperties")
            return Entries({} if item is None else {"x": self._example(item, number)})
        return {"number": 1, "integer": 1, "boolean": True}.get(schema.get("type"), "x")

    def _alternative(self, choices: list[Any], number: int) -> Any:
        """The example of this number, if those of all choices are counted on end, and again."""
        counts = [self._alternatives(choice) for choice in choices]
        number %= sum(counts)
        for choice, count in zip(choices, counts, strict=True):
            if number < count:
                return self._example(choice, number)
            number -= count
        raise AssertionError

    def _object(self, schema: Any, number: int) -> dict[str, Any]:
        properties = schema["properties"]
        names = properties if self.full else schema.get("required", ())
        data = {name: self._example(properties[name], number) for name in names}
        return {**data, NEW_FIELD: "x"} if self.grown else data

    def _choices(self, schema: Any) -> list[Any]:
        """The alternatives of a union, with an unknown one more if they have tags."""
        choices: list[Any] = schema["oneOf"]
        return [*choices, *self._unknown(choices)] if self.grown else choices

    def _unknown(self, choices: list[Any]) -> Iterator[Any]:
        """An alternative with no more than what is required of each."""
        known = [self._resolved(choice) for choice in choices]
        if not all("properties" in choice for choice in known):
            return
        common = set.intersection(*(set(choice.get("required", ())) for choice in known))
        properties = {name: known[0]["properties"][name] for name in sorted(common)}
        if any("const" in kind for kind in properties.values()):
            yield {"properties": properties, "required": sorted(common)}

    def _resolved(self, schema: Any) -> Any:
        return self._resolved(self.schemas[schema["$ref"]]) if "$ref" in schema else schema

    def _alternatives(self, schema: Any) -> int:
        """How many examples it takes to see each alternative."""
        if "$ref" in schema:
            name = schema["$ref"]
            if name not in self._counts:
                self._counts[name] = self._alternatives(self.schemas[name])
            return self._counts[name]
        if "oneOf" in schema:
            return sum(map(self._alternatives, self._choices(schema)))
        parts = [*schema.get("allOf", ()), *schema.get("properties", {}).values()]
        return max(map(self._alternatives, parts), default=1)
