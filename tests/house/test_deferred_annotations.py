"""Annotations mean the same where Python evaluates them late, as 3.14 does (PEP 649).

There an annotation is evaluated when somebody asks for it, in the scope in which it stands. A class
with a method `list` has then another `list` in the annotations above that method than before.
"""

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from places import ROOT

# Of the sandbox, what it reads annotations of: nobody asks for the others.
READ = ("privy_async/sandbox/records/", "privy_async/sandbox/state.py")
PATHS = sorted(
    path
    for top in ("privy_async", "privy_sync")
    for path in (ROOT / top).rglob("*.py")
    if "sandbox" not in path.parts or str(path.relative_to(ROOT)).startswith(READ)
)
Scope = Mapping[str, Any]
Annotated = tuple[str, ast.expr]


def name_of(path: Path) -> str:
    """The name of the module in a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def loaded(path: Path) -> ModuleType:
    """The module in a file; a skip where its library is not installed."""
    try:
        return importlib.import_module(name_of(path))
    except ImportError as error:
        if str(error.name or "").startswith("privy"):
            raise
        pytest.skip(f"needs {error.name}")


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Annotated]:
    """The annotations of a function."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    yield from ((each.arg, each.annotation) for each in every if each.annotation is not None)
    if function.returns is not None:
        yield "return", function.returns


def differences(body: list[ast.stmt], owner: Any, scopes: tuple[Scope, ...]) -> Iterator[str]:
    """The annotations in a module or class that mean something else once they are late."""
    fields = {
        statement.target.id: statement.annotation
        for statement in body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    yield from differing(fields.items(), vars(owner).get("__annotations__", {}), scopes, owner)
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            inner = vars(owner).get(statement.name)
            if isinstance(inner, type) and inner.__module__ == scopes[-1]["__name__"]:
                yield from differences(statement.body, inner, (vars(inner), *scopes[-1:]))
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = vars(owner).get(statement.name)
            if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
                found = dict(parameters(statement))
                yield from differing(found.items(), function.__annotations__, scopes, owner)


def differing(
    found: Any, now: Mapping[str, Any], scopes: tuple[Scope, ...], owner: Any
) -> Iterator[str]:
    """Those of one function or class."""
    names = {name: value for scope in reversed(scopes) for name, value in scope.items()}
    for name, expression in found:
        if name not in now:
            continue
        try:
            # In a tuple, since that of `*args: *Ts` is no expression by itself.
            late = eval(f"({ast.unparse(expression)},)", dict(scopes[-1]), names)[0]
        except Exception as error:
            yield f"{owner.__name__}.{name}: {type(error).__name__}: {error}"
        else:
            if repr(late) != repr(now[name]):
                yield f"{owner.__name__}.{name}: {late!r} instead of {now[name]!r}"


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="there all annotations are late")
@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_late_annotations_mean_the_same(path: Path) -> None:
    """Each annotation, in the scope in which it stands, once that is complete."""
    module = loaded(path)
    tree = ast.parse(path.read_text())
    assert list(differences(tree.body, module, (vars(module),))) == []
