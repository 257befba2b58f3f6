"""The sync face has all that the async one has, and type checkers see it."""

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import FunctionType
from typing import Any

import pytest
from places import ROOT

import privy_async
import privy_sync
from privy_async.page import Pager as AsyncPager
from privy_async.resources.resource import Resource
from privy_sync.page import Pager

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "privy_async").rglob("[!_]*.py")
    if "sandbox" not in path.parts
)


def resources() -> Iterator[type[Resource]]:
    """Every resource that can be called, found by importing the async face."""
    for name in MODULES:
        import_module(name)
    waiting = list(Resource.__subclasses__())
    while waiting:
        resource = waiting.pop()
        waiting += resource.__subclasses__()
        if public_members(resource) and resource.__module__ in MODULES:
            yield resource


def public_members(kind: type) -> dict[str, Any]:
    """The methods and properties of a class, inherited ones too, by name."""
    return {
        name: member
        for name, member in inspect.getmembers_static(kind)
        if not name.startswith("_")
        and isinstance(member, FunctionType | property | cached_property)
    }


def function_of(member: Any) -> Any:
    if isinstance(member, cached_property):
        return member.func
    return member.fget if isinstance(member, property) else member


PAIRS = [
    pytest.param(kind, getattr(import_module(twin_module), kind.__name__), id=kind.__name__)
    for kind in [privy_async.PrivyClient, *resources()]
    for twin_module in [kind.__module__.replace("privy_async", "privy_sync")]
]


@pytest.mark.parametrize(("kind", "twin"), PAIRS)
def test_every_member_has_a_sync_twin(kind: type, twin: type) -> None:
    """The twin has the same members with the same parameters and docstrings, and none is async."""
    members, twins = public_members(kind), public_members(twin)
    assert list(members) == list(twins)
    assert twin.__doc__
    for name, member in members.items():
        function, twin_function = function_of(member), function_of(twins[name])
        signature, twin_signature = map(inspect.signature, (function, twin_function))
        assert type(member) is type(twins[name])
        assert signature.parameters == twin_signature.parameters, name
        assert sync_form(signature.return_annotation) == twin_signature.return_annotation, name
        assert twin_function.__doc__, name
        assert not inspect.iscoroutinefunction(twin_function)
        assert not re.search(r"\bawait\b|\basync (for|with|def)\b", twin_function.__doc__), name


def sync_form(annotation: Any) -> Any:
    if getattr(annotation, "__origin__", None) is AsyncPager:
        return Pager[annotation.__args__]
    if inspect.isclass(annotation) and issubclass(annotation, Resource):
        module = annotation.__module__.replace("privy_async", "privy_sync", 1)
        return getattr(import_module(module), annotation.__name__)
    return annotation


def test_the_client_reaches_every_resource() -> None:
    """Walking from both clients over their properties finds the same names at every step."""
    options = {"app_id": "app", "app_secret": "secret"}
    names = list(walk(privy_async.PrivyClient(**options)))
    assert names == list(walk(privy_sync.PrivyClient(**options)))
    assert "wallets.ethereum" in names


def walk(value: object) -> Iterator[str]:
    for name, member in public_members(type(value)).items():
        if isinstance(member, cached_property):
            yield name
            yield from (f"{name}.{below}" for below in walk(getattr(value, name)))


def test_derived_clients_are_sync_and_share_what_the_async_ones_share() -> None:
    """`for_user`, `with_options` and `with_authorization` give sync clients, also of subclasses."""

    class Mine(privy_sync.PrivyClient):
        pass

    privy = Mine(app_id="app", app_secret="secret")
    authorization = privy_sync.AuthorizationContext()
    derived = [
        privy.for_user("a.b.c"),
        privy.with_options(timeout=1),
        privy.with_authorization(authorization),
    ]
    assert [type(client) for client in derived] == [Mine, Mine, Mine]
    assert "user_auth=1" in repr(derived[0])
    assert repr(privy).startswith("PrivyClient(app_id='app'")


def test_names_are_those_of_the_async_face() -> None:
    """Moving between the faces is one import: each name is there, and means the same."""
    own = "EventLoopBlockedWarning"
    assert [name for name in privy_sync.__all__ if name != own] == privy_async.__all__
    assert dir(privy_sync) == sorted(privy_sync.__all__)
    different = {
        name
        for name in privy_async.__all__
        if getattr(privy_sync, name) is not getattr(privy_async, name)
    }
    assert different == {"Pager", "PrivyClient"}
    with pytest.raises(AttributeError, match="'privy_sync' has no attribute 'Client'"):
        _ = privy_sync.Client


def test_import_is_cheap() -> None:
    """Importing the sync face loads neither aiohttp nor cryptography and starts no thread."""
    code = (
        "import sys, threading, privy_sync; "
        "print(sorted({'aiohttp', 'asyncio', 'cryptography'} & sys.modules.keys()), "
        "threading.active_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[] 1\n", "")


USER_CODE = dedent(
    """\
    from typing import assert_type

    from privy_async.resources.wallets.values import Wallet
    from privy_sync import Page, Pager, PrivyClient, record_responses
    from privy_sync import {names}

    with PrivyClient(app_id="a", app_secret="b", timeout=3) as privy:
        assert_type(privy, PrivyClient)
        assert_type(privy.for_user("a.b.c"), PrivyClient)
        assert_type(privy.wallets.get("w", timeout=1.0), Wallet)
        assert_type(privy.wallets.list(limit=3), Pager[Wallet])
        assert_type(privy.wallets.list().first_page(), Page[Wallet])
        assert_type([wallet.address for wallet in privy.wallets.list()], list[str])
        assert_type([page.items for page in privy.wallets.list().pages()], list[tuple[Wallet, ...]])
        privy.wallets.ethereum.sign_message("w", "hello", idempotency_key="k")
        with record_responses() as responses:
            privy.users.get("u")
        assert_type([response.status for response in responses], list[int | None])
    privy.close()

    privy.wallets.get()  # wrong
    privy.wallets.get(3)  # wrong
    privy.wallets.get("w", idempotency_key="k")  # wrong
    privy.wallets.create(chain="ethereum")  # wrong
    privy.wallets.create(chain_type="etherium")  # wrong
    privy.wallets.solana.sign_typed_data("w", {{}})  # wrong
    privy.wallets.get("w").adress  # wrong
    privy.for_user(user="a.b.c")  # wrong
    for _ in privy.wallets.get("w"):  # wrong
        pass
    PrivyClient(app="a")  # wrong


    async def main() -> None:
        await privy.wallets.get("w")  # wrong
        async with privy:  # wrong
            pass
    """
)


@pytest.fixture
def user_code(tmp_path: Path) -> Path:
    """A program that uses the sync face rightly, and wrongly where it says so."""
    path = tmp_path / "user_code.py"
    path.write_text(USER_CODE.format(names=", ".join(privy_sync.__all__)))
    return path


def wrong_lines(path: Path) -> set[int]:
    lines = path.read_text().splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}


@pytest.mark.slow
def test_mypy_sees_the_sync_face(user_code: Path) -> None:
    """mypy finds every name and type, and each wrong call where it stands."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", user_code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )
    found = re.findall(r"user_code\.py:(\d+): error", done.stdout)
    assert set(map(int, found)) == wrong_lines(user_code), done.stdout + done.stderr


@pytest.mark.slow
def test_pyright_sees_the_sync_face(user_code: Path) -> None:
    """So does pyright."""
    config = user_code.parent / "pyrightconfig.json"
    config.write_text(
        json.dumps(
            {
                "include": [user_code.name],
                "extraPaths": [str(ROOT)],
                "reportUnusedImport": "none",
                "reportUnusedExpression": "none",
            }
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=user_code.parent,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    lines = {item["range"]["start"]["line"] + 1 for item in found if item["severity"] == "error"}
    assert lines == wrong_lines(user_code), found
