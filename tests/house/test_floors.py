"""The floors: a module imports only from floors below its own, and stays small."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from places import ROOT

PACKAGE = ROOT / "privy_async"
SANDBOX_NAME = "privy_async.sandbox"
SYNC = ROOT / "privy_sync"

# From the ground up: what stands in a room may import from what is named before it, and no more.
# A room that is not named here has no floors of its own, only no circle.
FLOORS: Mapping[str, tuple[str, ...]] = {
    "privy_async": (
        "version", "clock", "json_types", "errors", "checks", "page", "values",
        "encodings", "signing", "wallet_import", "user_keys", "sending",
        "resources", "verification", "types", "bulk", "client", "__init__", "integrations",
        "sandbox",
    ),
    "privy_async.resources": (
        "__init__", "fields", "resource", "shared", "waiting",
        "money", "wallets", "users", "controls", "apps", "kraken",
        "webhook_values", "webhook_events", "all",
    ),
    "privy_async.sandbox": (
        "background_tasks", "clock", "requests", "keys", "rpc", "records", "token_diagnosis",
        "tokens", "state",
        "policies",
        "authorization", "blockchains", "webhooks", "store", "app", "operations", "http",
        "snapshots", "loop_thread", "sandbox", "__init__", "pytest_plugin", "first_user",
        "__main__", "demo",
    ),
    "privy_async.sandbox.operations": (
        "route", "paging", "events", "dismissal",
        "controls", "wallets", "intents", "users", "apps", "__init__",
    ),
}  # fmt: skip


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
SDK = {name: path for name, path in MODULES.items() if not name.startswith(f"{SANDBOX_NAME}.")}
# These are no part of the server: they use the SDK as any user would.
USERS = ("demo", "first_user")
SANDBOX = [path for path in sorted((PACKAGE / "sandbox").rglob("*.py")) if path.stem not in USERS]
SYNC_FILES = sorted(SYNC.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports anywhere, in full: at its head, lazily, for types."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            yield from (submodule(module, name.name) for name in node.names)


def submodule(module: str, name: str) -> str:
    """What `from module import name` imports: a module in the module, or something out of it."""
    place = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if place.is_dir() or place.with_suffix(".py").exists() else module


def inner(path: Path) -> set[str]:
    """The modules of this package that the file imports; a folder's own is its `__init__`."""
    return {
        f"{name}.__init__" if ROOT.joinpath(*name.split(".")).is_dir() else name
        for name in imports(path)
        if name.split(".")[0] == "privy_async"
    }


def fork(one: str, other: str) -> tuple[str, str, str]:
    """The deepest room that holds both modules, and where in it each of the two stands."""
    left, right = one.split("."), other.split(".")
    depth = next(number for number, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)
    return ".".join(left[:depth]), left[depth], right[depth]


def goes_up(name: str, other: str) -> bool:
    """True if a room names floors and `other` is not below the module that imports it."""
    room, here, there = fork(name, other)
    floors = FLOORS.get(room)
    return floors is not None and floors.index(there) >= floors.index(here)


@pytest.mark.parametrize("room", FLOORS)
def test_every_room_has_a_floor(room: str) -> None:
    """The drawing names each module and folder, once, and none that is gone."""
    folder = ROOT.joinpath(*room.split("."))
    there = [path.stem for path in folder.glob("*.py")]
    there += [path.parent.name for path in folder.glob("*/__init__.py")]
    assert sorted(there) == sorted(FLOORS[room])


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    """A room imports only from rooms below it."""
    assert [other for other in inner(MODULES[name]) - {name} if goes_up(name, other)] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    """There is no circle, inside of rooms neither."""
    graph = {name: inner(path) - {name} for name, path in MODULES.items()}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", SDK)
def test_nothing_knows_the_sandbox_or_the_sync_face(name: str) -> None:
    """Both are built on the SDK, and it on neither."""
    assert not [other for other in inner(SDK[name]) if other.startswith(SANDBOX_NAME)]
    assert not [other for other in imports(SDK[name]) if other.startswith("privy_sync")]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SYNC_FILES, ids=relative)
def test_the_sync_face_knows_no_sandbox_and_no_http(path: Path) -> None:
    """The sync face goes through the async one alone."""
    names = list(imports(path))
    assert not [name for name in names if name.startswith(("privy_async.sandbox", "aiohttp"))]


def test_few_files_know_the_http_client() -> None:
    """Three files import aiohttp, or yarl; integrations know the libraries they serve."""
    knowing = {
        name
        for name, path in SDK.items()
        if not name.startswith("privy_async.integrations.")
        and {"aiohttp", "yarl", "multidict"} & {other.split(".")[0] for other in imports(path)}
    }
    assert knowing == {
        f"privy_async.sending.{each}" for each in ("connections", "messages", "transport")
    }


@pytest.mark.parametrize("path", SANDBOX, ids=relative)
def test_the_sandbox_checks_with_its_own_code(path: Path) -> None:
    """It may hand out clients; of what they sign and encode with, it uses nothing."""
    known = {name for name in inner(path) if not name.startswith(SANDBOX_NAME)}
    assert known <= {f"privy_async.{name}" for name in ("__init__", "client", "clock", "version")}


# --- size


def folders() -> list[Path]:
    """Every folder of ours that holds modules."""
    tops = (PACKAGE, SYNC, ROOT / "tests", ROOT / "benchmarks")
    return sorted({path.parent for top in tops for path in top.rglob("*.py")})


@pytest.mark.parametrize("folder", folders(), ids=relative)
def test_folders_can_be_taken_in_at_a_glance(folder: Path) -> None:
    """No folder holds more than 20 modules."""
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 20


def test_the_package_shows_the_shape_of_the_job() -> None:
    """It has at most ten rooms and ten modules."""
    assert len(list(PACKAGE.glob("*/__init__.py"))) <= 10
    assert len(list(PACKAGE.glob("*.py"))) <= 10


FILES = [*sorted(PACKAGE.rglob("*.py")), *SYNC_FILES]
GENERATED = [path for path in FILES if path.read_text().startswith("# GENERATED")]
WRITTEN = [path for path in FILES if path not in GENERATED]


def test_generated_files_are_the_sync_face() -> None:
    """Nothing but it and the list of types is left out of the checks on size."""
    assert GENERATED
    others = [path for path in GENERATED if not path.is_relative_to(SYNC)]
    assert others == [PACKAGE / "types.py"]


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_files_are_short(path: Path) -> None:
    """No file has more than 400 lines."""
    lines = len(path.read_text().splitlines())
    assert lines <= 400


def lines_of_code(path: Path) -> int:
    """The file's lines without those of docstrings, comments, and nothing."""
    text = path.read_text()
    code = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.strip().startswith("#")
    }
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        )
        if documented and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            assert docstring.end_lineno is not None
            code -= set(range(docstring.lineno, docstring.end_lineno + 1))
    return len(code)


def test_the_whole_api_can_be_read() -> None:
    """All operations and what they stand on are fewer than 13,000 lines of code.

    Integrations with other libraries are not of the API, and not in it, and nor is what is
    generated.
    """
    others = ("privy_async.integrations.", "privy_async.types", SANDBOX_NAME)
    api = [path for name, path in SDK.items() if not name.startswith(others)]
    assert sum(map(lines_of_code, api)) < 13_000


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The name of each function, and its lines of code: no parameters, no docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            first = node.body[0]
            lines = node.end_lineno - first.lineno + 1
            if ast.get_docstring(node) is not None:
                assert first.end_lineno is not None
                lines -= first.end_lineno - first.lineno + 1
            yield node.name, lines


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_functions_are_short(path: Path) -> None:
    """No function has more than 40 lines of code."""
    assert [name for name, lines in functions(path) if lines > 40] == []


def test_most_functions_are_very_short() -> None:
    """Half of all functions have fewer than 8 lines of code below their parameters."""
    lengths = sorted(lines for path in WRITTEN for _, lines in functions(path))
    assert lengths[len(lengths) // 2] < 8


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    """Each file begins with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text()))
