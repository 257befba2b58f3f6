"""Importing the package is cheap, and every public name is there."""

import ast
import json
import subprocess
import sys
from typing import Any

import pytest
from places import ROOT

import privy_async


def in_a_fresh_process(code: str) -> Any:
    """What the code prints as JSON, run by itself with warnings as errors."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return json.loads(run.stdout)


LOADED = "; import json, sys; print(json.dumps(sorted(sys.modules)))"


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after this code ran in a fresh process."""
    modules: list[str] = in_a_fresh_process(code + LOADED)
    return set(modules)


HEAVY = {"aiohttp", "asyncio", "attrs", "cryptography", "jwt", "logging", "ssl"}


def test_importing_the_package_loads_next_to_nothing() -> None:
    """Neither the HTTP client nor cryptography, nor anything else that takes time."""
    loaded = loaded_by("import privy_async")
    assert loaded & HEAVY == set()
    ours = {name for name in loaded if name.startswith("privy")}
    assert ours == {"privy_async", "privy_async.version"}


@pytest.mark.parametrize(
    "names", ["*", "PrivyError, NotFoundError", "Page, Pager", "OMIT"], ids=repr
)
def test_importing_names(names: str) -> None:
    """A name loads what it needs; errors, pages and OMIT need no HTTP client."""
    loaded = loaded_by(f"from privy_async import {names}")
    assert ("aiohttp" in loaded) == (names == "*")


def test_errors_need_no_cryptography() -> None:
    """Code that only catches errors loads nothing heavy."""
    assert loaded_by("from privy_async import PrivyError") & HEAVY == set()


def test_a_client_loads_no_resource_before_it_is_used() -> None:
    """Making a client loads no resource but the list of them, nor what imports need."""
    code = "from privy_async import PrivyClient; PrivyClient(app_id='a', app_secret='b')"
    resources = {name for name in loaded_by(code) if name.startswith("privy_async.resources.")}
    shared = {"all", "fields", "resource"}
    assert resources == {f"privy_async.resources.{name}" for name in shared}
    used = loaded_by(f"{code}.wallets.ethereum")
    assert {
        "privy_async.resources.wallets.wallets",
        "privy_async.resources.wallets.ethereum",
    } <= used
    never = {
        "privy_async.resources.wallets.solana",
        "privy_async.wallet_import.wallet_entropy",
        "privy_async.sandbox",
    }
    assert used & never == set()


@pytest.mark.parametrize("name", privy_async.__all__)
def test_every_public_name(name: str) -> None:
    """Each name resolves, twice to the same object."""
    assert getattr(privy_async, name) is getattr(privy_async, name)


def test_dir_is_complete() -> None:
    """`dir()` shows every public name, before any of them was used."""
    shown = in_a_fresh_process("import json, privy_async; print(json.dumps(dir(privy_async)))")
    assert set(privy_async.__all__) <= set(shown)
    assert len(privy_async.__all__) == len(set(privy_async.__all__))


def test_names_for_type_checkers() -> None:
    """What type checkers see is what there is at run time."""
    tree = ast.parse((ROOT / "privy_async" / "__init__.py").read_text())
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        name.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert {*imported, "__version__"} == set(privy_async.__all__)
    for name, module in imported.items():
        assert module is not None
        source = __import__(module, fromlist=[name])
        assert getattr(source, name) is getattr(privy_async, name)


@pytest.mark.parametrize("name", ["Privy", "privy_client", "errors_", "__wrapped__", "_ERROR"])
def test_unknown_names(name: str) -> None:
    """A name that is not there is an AttributeError that says so."""
    with pytest.raises(AttributeError, match=f"'privy_async' has no attribute '{name}'"):
        getattr(privy_async, name)


def test_a_version() -> None:
    """The version has three numbers."""
    assert [part.isdecimal() for part in privy_async.__version__.split(".")] == [True] * 3
