"""The floors: a module imports only from floors below its own, and stays small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "privy_async"
SYNC = ROOT / "privy_sync"

# From the ground up. What imports what may skip floors, never go sideways or up.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("base58", "errors", "json_types", "keccak", "operations", "page", "version"),
    ("bulk_journal", "canonical_json", "hd_derivation", "hpke", "p256", "token_keys", "values"),
    ("authorization", "wallet_entropy"),
    ("call", "user_keys"),
    ("answer", "user_key_store"),
    ("response", "retry", "telemetry", "transport"),
    ("settings",),
    ("bulk", "requester"),
    ("exchange", "progress"),
    ("resources.*_inputs", "resources.*_values", "resources.resource", "resources.shared",
     "resources.waiting"),
    ("resources.*_answers",),
    ("resources.key_quorums", "resources.rpc", "resources.user_values", "resources.wallet_actions",
     "resources.webhook_values"),
    ("resources.earn", "resources.ethereum_formats", "resources.fiat_accounts",
     "resources.intent_values", "resources.kyc", "resources.wallet_keys"),
    ("resources.*",),
    ("resources.kraken_embed", "resources.users", "resources.wallet_money"),
    ("resources.wallets",),
    ("resources.all", "tokens", "webhooks"),
    ("client",),
    ("__init__",),
    ("integrations._*",),
    ("integrations.starlette",),
    ("integrations.*",),
)  # fmt: skip
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


MODULES = {
    module_name(path): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.is_relative_to(PACKAGE / "sandbox")
}
# The demo is no part of the server: it uses the SDK as any user would.
SANDBOX = [path for path in sorted((PACKAGE / "sandbox").rglob("*.py")) if path.stem != "demo"]
SYNC_FILES = sorted(SYNC.rglob("*.py"))


def floor(name: str) -> int:
    """The floor of a module: its own entry, that of its ending, or that of any resource."""
    if name not in FLOOR_OF and name.startswith("integrations."):
        name = "integrations._*" if name.startswith("integrations._") else "integrations.*"
    if name not in FLOOR_OF and name.startswith("resources."):
        ending = f"resources.*_{name.rpartition('_')[2]}"
        name = ending if ending in FLOOR_OF else "resources.*"
    return FLOOR_OF[name]


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
    place = ROOT.joinpath(*module.split("."), f"{name}.py")
    return f"{module}.{name}" if place.exists() else module


def inner(path: Path) -> set[str]:
    """The modules of this package that the file imports, without the package's name."""
    return {
        name.removeprefix("privy_async").removeprefix(".") or "__init__"
        for name in imports(path)
        if name.split(".")[0] == "privy_async"
    }


def test_every_module_has_a_floor() -> None:
    """The drawing names each module, and none that is gone."""
    placed = {name for name in FLOOR_OF if "*" not in name}
    assert placed <= set(MODULES)
    many = ("resources.", "integrations.")
    assert {name for name in MODULES if not name.startswith(many)} <= placed
    assert len(FLOOR_OF) == sum(map(len, FLOORS))


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    """A module imports only from the floors below it."""
    upward = [other for other in inner(MODULES[name]) if floor(other) >= floor(name)]
    assert upward == []


@pytest.mark.parametrize("name", MODULES)
def test_nothing_knows_the_sandbox_or_the_sync_face(name: str) -> None:
    """Both are built on the SDK, and it on neither."""
    assert not [other for other in inner(MODULES[name]) if other.startswith("sandbox")]
    assert not [other for other in imports(MODULES[name]) if other.startswith("privy_sync")]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SYNC_FILES, ids=relative)
def test_the_sync_face_knows_no_sandbox_and_no_http(path: Path) -> None:
    """The sync face goes through the async one alone."""
    names = list(imports(path))
    assert not [name for name in names if name.startswith(("privy_async.sandbox", "aiohttp"))]


def test_one_file_knows_the_http_client() -> None:
    """Only transport.py imports aiohttp, or yarl; integrations know the libraries they serve."""
    knowing = {
        name
        for name, path in MODULES.items()
        if not name.startswith("integrations.")
        and {"aiohttp", "yarl", "multidict"} & {other.split(".")[0] for other in imports(path)}
    }
    assert knowing == {"transport"}


@pytest.mark.parametrize("path", SANDBOX, ids=relative)
def test_the_sandbox_checks_with_its_own_code(path: Path) -> None:
    """It may hand out clients; of what they sign and encode with, it uses nothing."""
    known = {name for name in inner(path) if not name.startswith("sandbox")}
    assert known <= {"__init__", "client", "version"}


# --- size

FILES = [*sorted(PACKAGE.rglob("*.py")), *SYNC_FILES]
GENERATED = [path for path in FILES if path.read_text().startswith("# GENERATED")]
WRITTEN = [path for path in FILES if path not in GENERATED]


def test_generated_files_are_the_sync_face() -> None:
    """Nothing else is left out of the checks on size."""
    assert GENERATED
    assert all(path.is_relative_to(SYNC) for path in GENERATED)


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
    """All 196 operations and what they stand on are fewer than 9,000 lines of code.

    Integrations with other libraries are not of the API, and not in it.
    """
    api = [path for name, path in MODULES.items() if not name.startswith("integrations.")]
    assert sum(map(lines_of_code, api)) < 9_000


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
