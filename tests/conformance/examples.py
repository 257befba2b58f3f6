"""Example answers, made from the reduced schemas of Privy's OpenAPI document (June 2026)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "answers.json").read_text())
ANSWERS: dict[str, Any] = _DOCUMENT["answers"]
SCHEMAS: dict[str, Any] = _DOCUMENT["schemas"]


def examples(key: str, *, full: bool) -> Iterator[Any]:
    """Answers of an operation, enough to show each alternative of each union.

    Args:
        key: Method and path, whose parameters have no names.
        full: With every field, or with the required ones alone.
    """
    for number in range(_alternatives(ANSWERS[key])):
        yield _example(ANSWERS[key], number, full)


def _example(schema: Any, number: int, full: bool) -> Any:
    if "$ref" in schema:
        return _example(SCHEMAS[schema["$ref"]], number, full)
    if "const" in schema:
        return schema["const"]
    if "oneOf" in schema:
        choices = schema["oneOf"]
        return _example(choices[number % len(choices)], number // len(choices), full)
    if "allOf" in schema:
        parts = [_example(part, number, full) for part in schema["allOf"]]
        return {name: item for part in parts for name, item in part.items()}
    if schema.get("type") == "array":
        items = schema["items"]
        return [_example(items, each, full) for each in range(_alternatives(items))]
    if "properties" in schema or schema.get("type") == "object":
        return _example_object(schema, number, full)
    return {"number": 1, "integer": 1, "boolean": True}.get(schema.get("type"), "x")


def _example_object(schema: Any, number: int, full: bool) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = properties if full else schema.get("required", ())
    data = {name: _example(properties[name], number, full) for name in names}
    if full and "additionalProperties" in schema:
        data["x"] = _example(schema["additionalProperties"], number, full)
    return data


def _alternatives(schema: Any) -> int:
    """How many examples it takes to see each alternative."""
    if "$ref" in schema:
        return _alternatives(SCHEMAS[schema["$ref"]])
    if "oneOf" in schema:
        choices = schema["oneOf"]
        return len(choices) * max(_alternatives(choice) for choice in choices)
    parts = [*schema.get("allOf", ()), *schema.get("properties", {}).values()]
    return max((_alternatives(part) for part in parts), default=1)
