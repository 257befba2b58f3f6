"""`privy_async.types`: all that a user may want to name, loaded when it is used, in both faces."""

import ast
import builtins
import collections.abc
import datetime
import inspect
import pickle
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from places import ROOT
from test_imports import HEAVY, in_a_fresh_process, loaded_by

import privy_async
import privy_async.types
import privy_sync.types
from privy_async.resources.resource import Resource
from privy_async.values import Value

NAMES = dir(privy_async.types)
FILES = sorted((ROOT / "privy_async" / "resources").rglob("*.py"))


def test_both_faces_have_the_same_types() -> None:
    """Moving from one to the other is one import."""
    assert dir(privy_sync.types) == NAMES
    for name in NAMES:
        assert getattr(privy_sync.types, name) is getattr(privy_async.types, name)


@pytest.mark.parametrize("face", ["privy_async", "privy_sync"])
def test_a_name_loads_what_it_needs(face: str) -> None:
    """The module itself loads nothing; a wallet loads neither the HTTP client nor cryptography."""
    assert loaded_by(f"import {face}.types") & HEAVY == set()
    loaded = loaded_by(f"from {face}.types import Wallet")
    assert "privy_async.resources.wallets.values" in loaded
    assert loaded & {"aiohttp", "cryptography", "privy_async.resources.money.actions"} == set()
    shown = in_a_fresh_process(f"import json, {face}.types as t; print(json.dumps(dir(t)))")
    assert shown == NAMES


@pytest.mark.parametrize("name", ["wallet", "_Transaction", "Resource", "__wrapped__"])
def test_unknown_names(name: str) -> None:
    """What is not there is an AttributeError that says so, in both faces."""
    for module in (privy_async.types, privy_sync.types):
        with pytest.raises(AttributeError, match=f"'{module.__name__}' has no attribute '{name}'"):
            getattr(module, name)


@pytest.mark.parametrize("face", ["privy_async", "privy_sync"])
def test_names_for_type_checkers(face: str) -> None:
    """What type checkers see is what there is at run time."""
    tree = ast.parse((ROOT / face / "types.py").read_text())
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    assert sorted(node.names[0].name for node in seen) == NAMES
    for node in seen:
        name = node.names[0].name
        assert node.names[0].asname == name
        source = import_module(str(node.module))
        assert getattr(source, name) is getattr(privy_async.types, name)


def below(kind: type) -> Iterator[type]:
    """The class, and every class of ours that derives from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from below(derived)


def is_defined(kind: type) -> bool:
    """True if its module has it: what decodes a value makes drafts of its class."""
    ours = kind.__module__.startswith("privy_async.") and not kind.__name__.startswith("_")
    return ours and getattr(import_module(kind.__module__), kind.__name__, None) is kind


def test_every_value_is_there() -> None:
    """Each class of values that the API gives is in it, under its own name, and pickles."""
    found = [getattr(privy_async.types, name) for name in NAMES]
    kinds = {kind for kind in below(Value) if is_defined(kind)}
    assert len(kinds) > 180
    assert kinds <= {each for each in found if inspect.isclass(each)}
    assert all(pickle.loads(pickle.dumps(kind)) is kind for kind in kinds)


def annotations(path: Path) -> Iterator[ast.expr]:
    """What stands in the signatures of the public methods of a file's classes."""
    for kind in ast.parse(path.read_text()).body:
        public = isinstance(kind, ast.ClassDef) and not kind.name.startswith("_")
        for method in kind.body if public else ():
            if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            if not method.name.startswith("_"):
                arguments = [node for node in ast.walk(method.args) if isinstance(node, ast.arg)]
                found = [*(argument.annotation for argument in arguments), method.returns]
                yield from (annotation for annotation in found if annotation is not None)


def words(annotation: ast.expr) -> Iterator[str]:
    """The names in an annotation, which may be quoted; those of Literals are none."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and str(node.value).isidentifier():
            yield str(node.value)
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_signatures_name_public_types() -> None:
    """Every type that a public signature names can be imported from a public place."""
    for path in FILES:
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    handed_out = {kind.__name__ for kind in below(Resource)} | {"Tokens", "Webhooks"}
    standard = {*vars(builtins), *vars(typing), *vars(collections.abc), *vars(datetime)}
    public = {*NAMES, *privy_async.__all__, *handed_out, *standard}
    files = [ROOT / "privy_async" / "client.py", *FILES]
    named = {word for path in files for each in annotations(path) for word in words(each)}
    assert {word for word in named - public if word[0].isupper() and not word.isupper()} == set()


def test_no_name_stands_for_two_things() -> None:
    """No two modules of the resources define a public class of the same name."""
    owners: dict[str, set[Path]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                owners.setdefault(node.name, set()).add(path)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
