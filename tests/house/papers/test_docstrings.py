"""Docstrings open with what a thing does or is, and never as a riddle."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

RIDDLE = re.compile(r"(What|Whether|Who|How|Where|The same)\b")
FILES = sorted(
    path for face in ("privy_async", "privy_sync") for path in (ROOT / face).rglob("*.py")
)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each text that stands by itself, with its line: docstrings of all there is."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


@pytest.mark.parametrize("face", ["privy_async", "privy_sync"])
def test_no_docstring_opens_as_a_riddle(face: str) -> None:
    """They say "Return ...", "True if ...", or name the thing."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for path in FILES
        if path.is_relative_to(ROOT / face)
        for line, text in texts(path)
        if RIDDLE.match(text)
    ]
    assert found == []
