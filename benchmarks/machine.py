"""The machine it runs on: its cores, and what to call it."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PEER_PYTHON: Final = ROOT / ".peers" / "python" / "bin" / "python"
PEER_NODE: Final = ROOT / ".peers" / "node"
_OURS: Final = ("privy-async", "aiohttp", "cryptography", "attrs", "yarl", "multidict", "uvloop")
_THEIRS: Final = ("privy-client", "httpx", "httpx-aiohttp", "aiohttp", "pydantic", "cryptography")


def cores() -> tuple[int, int] | None:
    """A core for the server and one for a contender; None where processes cannot be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else None


@contextmanager
def pinned(core: int | None) -> Generator[None]:
    """Start processes on one core: a child runs where its parent ran when it was started."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe() -> dict[str, str]:
    """The machine and the versions of what was measured."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.release()}",
        "pinned": "no: this machine has one core, or cannot pin"
        if cores() is None
        else "the server to one core, all threads of a contender to another",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "this SDK's environment": _versions(Path(sys.executable), _OURS),
        "the official Python SDK's": _versions(PEER_PYTHON, _THEIRS),
        "the official Node SDK's": _node_versions(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _versions(python: Path, packages: tuple[str, ...]) -> str:
    if not python.exists():
        return "not installed"
    command = [str(python), "-m", "benchmarks.machine", *packages]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _node_versions() -> str:
    package = PEER_NODE / "node_modules" / "@privy-io" / "node" / "package.json"
    try:
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        version: str = json.loads(package.read_text())["version"]
    except (OSError, subprocess.CalledProcessError):
        return "not installed"
    return f"Node {node.stdout.strip()}, @privy-io/node {version}"


def installed(package: str) -> str | None:
    """The version of a package in this environment."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.stdout.write(", ".join(filter(None, map(installed, sys.argv[1:]))))
