"""What is mutated, and which tests must notice: those of a module's own room first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from places import ROOT

# What money and secrets hang on. The quick tests of the places that are named run in their order,
# and at last those of how classes are made, for every room.
TESTS_OF: Final = {
    "signing": (
        "signing",
        "user_keys",
        "sending/test_signers.py",
        "client/test_mixed_up.py",
        "client/test_no_pickle.py",
        "client/test_secrets.py",
        "house/secrets",
    ),
    "user_keys": ("user_keys", "integrations/redis_store", "client/test_secrets.py"),
    "sending": (
        "sending",
        "client/test_app_secret.py",
        "client/test_client.py",
        "client/test_lifetimes.py",
        "client/test_requests_by_hand.py",
        "client/test_secrets.py",
        "user_keys/test_refused_fresh_keys.py",
    ),
    "verification": ("verification",),
    "bulk": ("bulk", "integrations/test_missing_libraries.py"),
    "wallet_import": ("wallet_import",),
    "values.py": ("client",),
    "checks.py": (
        "client",
        "sending/test_call_options.py",
        "sending/test_inherited_loops.py",
        "user_keys",
    ),
    "sandbox/authorization": ("sandbox/authorization", "sandbox/intents"),
    "sandbox/policies": ("sandbox/policies", "sandbox/wallets/test_rpc_tempo.py"),
}
_OF_ALL: Final = "house/test_made_by_attrs.py"


def modules() -> Iterator[str]:
    """Yield the path below `privy_async` of each module that is mutated."""
    package = ROOT / "privy_async"
    for room in TESTS_OF:
        files = [package / room] if room.endswith(".py") else sorted((package / room).rglob("*.py"))
        yield from (file.relative_to(package).as_posix() for file in files)


def room_of(module: str) -> str:
    """Return which of the rooms a module is in."""
    return next(room for room in TESTS_OF if f"{module}/".startswith(f"{room}/"))


def tests_of(room: str) -> list[str]:
    """Return all that must notice changes of a room."""
    return [f"tests/{place}" for place in (*TESTS_OF[room], _OF_ALL)]


def stages_of(module: str) -> list[list[str]]:
    """Return what to run for a module, in stages: tests that bear its name come first."""
    own, *others = tests_of(room_of(module))
    named = sorted((ROOT / own).glob(f"test_*{Path(module).stem.rstrip('s')}*.py"))
    first = [file.relative_to(ROOT).as_posix() for file in named]
    rest = [own, *(f"--ignore={file}" for file in first)]
    return [stage for stage in (first, rest, others) if stage]
