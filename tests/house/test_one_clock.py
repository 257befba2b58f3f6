"""Time and chance are read through one object, so that tests and simulations can give their own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

# The rooms that keep to it. `privy_async/clock.py` alone reads the system's.
COVERED = ("privy_async", "privy_sync")
# The sandbox's clock makes seeded chances; the demo is no part of the server, only a user of it.
EXCEPTED = (
    "privy_async/clock.py",
    "privy_async/sandbox/clock.py",
    "privy_async/sandbox/demo.py",
    # A nonce must never come twice, whatever a test gives for chance.
    "privy_async/user_keys/store.py",
)

MODULES = {"time", "uuid", "random", "secrets"}
NAMES = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"} | {
    f"os.{name}" for name in ("urandom", "getrandom", "times")
}


def covered() -> list[Path]:
    """The files that keep to it."""
    files = [path for place in COVERED for path in sorted((ROOT / place).rglob("*.py"))]
    return [path for path in files if str(path.relative_to(ROOT)) not in EXCEPTED]


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; what is no such chain of names is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def readings(source: str) -> Iterator[str]:
    """Where a module reads the system's time or chance by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (name for name in names if name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] in MODULES:
                yield str(node.module)
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if name in NAMES)
        elif isinstance(node, ast.Attribute):
            name = ".".join(dotted(node).split(".")[-2:])
            if name in NAMES:
                yield name


@pytest.mark.parametrize("path", covered(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_clock_reads_time_and_chance(path: Path) -> None:
    """No module but the clock knows the time, or throws dice."""
    assert list(readings(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "import uuid as ids",
        "from time import monotonic",
        "from random import Random",
        "def f():\n    import secrets",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime, UTC\nnow = datetime.now",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date\ndate.today()",
        "from os import urandom",
        "import os\nkey = os.urandom(32)",
    ],
)
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    """Each way to read the system's time or chance is noticed."""
    assert list(readings(source))


@pytest.mark.parametrize(
    "source",
    [
        "clock.now()",
        "state.now",
        "self.clock.random_bytes(4)",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "import os\nos.close(3)",
        "from privy_async.clock import Clock",
    ],
)
def test_the_check_finds_nothing_else(source: str) -> None:
    """A clock that is held, and times that are given, are no readings."""
    assert list(readings(source)) == []
