"""JSON from elsewhere goes through one parser, which bounds it."""

import ast
from pathlib import Path

import pytest
from places import ROOT

PARSER = ROOT / "privy_async" / "json_types.py"
FILES = [
    path
    for package in ("privy_async", "privy_sync")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path != PARSER and "sandbox" not in path.parts
]
READING = {"loads", "load", "JSONDecoder", "raw_decode", "make_scanner", "py_scanstring"}
READERS = {"json", "orjson", "ujson", "simplejson", "msgspec"}


def parses(node: ast.AST) -> bool:
    """True if this parses JSON with a library, or has an HTTP library do it."""
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return module in READERS and name in READING
        case ast.Call(func=ast.Attribute(attr="json")):
            return True
        case ast.ImportFrom(module=str(module), names=names):
            known = module.split(".")[0] in READERS
            return known and bool(READING & {name.name for name in names})
    return False


def readings(path: Path) -> list[int]:
    """The lines of a file that parse JSON."""
    tree = ast.parse(path.read_text())
    return [getattr(node, "lineno", 0) for node in ast.walk(tree) if parses(node)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_else_parses_json(path: Path) -> None:
    """Only `parse_json` does, so no nesting and no odd number gets past it."""
    assert readings(path) == []


def test_the_parser_is_where_it_is_looked_for() -> None:
    """The check above sees what it is for."""
    assert readings(PARSER)
