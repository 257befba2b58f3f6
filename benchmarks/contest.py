"""Contenders at work by turns: one after another, round after round, so that other work on the
machine falls on all alike.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from benchmarks import samples
from benchmarks.figures import Measured, Rounds
from benchmarks.machine import PEER_NODE, PEER_PYTHON, ROOT, cores, pinned
from privy_async import AuthorizationKey

_HERE: Final = Path(__file__).parent / "contenders"
_WARM_UP: Final = 0.3
_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Entry:
    """Who does what in a contest, and by what name it goes in tables.

    `calls` is how many calls each piece of the work does.
    """

    name: str
    contender: str
    work: str = "sign"
    at_once: int = 1
    calls: int = 1


@dataclass(frozen=True)
class Pace:
    """How often and how long: rounds, and seconds of each turn."""

    rounds: int
    seconds: float


@dataclass
class Contest:
    """The canned server, and the contenders that have been started."""

    url: str
    pace: Pace
    key: str = field(default_factory=lambda: AuthorizationKey.generate().to_base64())
    _processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def run(self, entries: Sequence[Entry], *, share: float = 1.0) -> dict[str, Rounds]:
        """Let all have their turns, for a share of the usual time, if they are installed."""
        seconds = self.pace.seconds * share
        entries = [entry for entry in entries if missing(entry.contender) is None]
        for entry in entries:
            self.turn(entry, min(seconds, _WARM_UP))
        turns: dict[str, list[Measured]] = {entry.name: [] for entry in entries}
        for number in range(self.pace.rounds):
            # To and fro, so that none always works behind the same other.
            for entry in entries if number % 2 == 0 else reversed(entries):
                turns[entry.name].append(self.turn(entry, seconds))
        return {name: Rounds(name, tuple(each)) for name, each in turns.items()}

    def turn(self, entry: Entry, seconds: float, *, profile: bool = False) -> Measured:
        """Let one work for some seconds."""
        order = {"work": entry.work, "at_once": entry.at_once, "seconds": seconds}
        if profile:
            order["profile"] = True
        process = self._process(entry.contender)
        _pipe(process.stdin).write(json.dumps(order) + "\n")
        _pipe(process.stdin).flush()
        line = _pipe(process.stdout).readline()
        if not line:
            raise RuntimeError(f"{entry.contender} ended early")
        measured = Measured(**json.loads(line))
        return replace(measured, calls=measured.calls * entry.calls)

    def _process(self, contender: str) -> subprocess.Popen[str]:
        if contender not in self._processes:
            command = _command(contender, self.url, self.key)
            started = self._stack.enter_context(running(command, core=1))
            self._processes[contender] = started
        return self._processes[contender]

    def close(self) -> None:
        """End all contenders."""
        self._stack.close()
        self._processes.clear()


@contextmanager
def contest(pace: Pace) -> Generator[Contest]:
    """A server, and a contest on it; both end with the block."""
    with running([sys.executable, "-m", "benchmarks.server"], core=0) as server:
        port = _pipe(server.stdout).readline().strip()
        opened = Contest(f"http://127.0.0.1:{port}", pace)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def running(
    command: Sequence[str | Path], *, core: int, more: Mapping[str, str] = _NOTHING
) -> Generator[subprocess.Popen[str]]:
    """A process on the server's core (0) or the contender's (1), which is ended with the block.

    `more` goes into its environment.
    """
    both = cores()
    with pinned(None if both is None else both[core]):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            # Bytecode is kept, as pip keeps that of what it installs, whatever this shell says.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


def missing_contenders() -> dict[str, str]:
    """Those who cannot take part, and why."""
    found = {contender: missing(contender) for contender in _PEERS}
    return {contender: reason for contender, reason in found.items() if reason is not None}


_PEERS: Final = (
    "official_sync", "official_async httpx", "official_async aiohttp", "node", "limit uvloop",
)  # fmt: skip


def missing(contender: str) -> str | None:
    """Why one cannot take part, if it cannot."""
    if contender.startswith("official") and not PEER_PYTHON.exists():
        return "the official Python SDK is not installed"
    if contender == "node" and not (shutil.which("node") and PEER_NODE.exists()):
        return "the official Node SDK is not installed"
    if contender.endswith("uvloop") and find_spec("uvloop") is None:
        return "uvloop is not installed"
    return None


def _command(contender: str, url: str, key: str) -> list[str | Path]:
    """How a contender is started; a second word of its name is an option of it."""
    if contender == "node":
        texts = {"app_id": samples.APP_ID, "app_secret": samples.APP_SECRET}
        texts |= {"wallet_id": samples.WALLET_ID, "message": samples.MESSAGE}
        return ["node", _HERE / "node.mjs", url, key, PEER_NODE, json.dumps(texts)]
    module, _, option = contender.partition(" ")
    python = PEER_PYTHON if module.startswith("official") else Path(sys.executable)
    return [python, "-m", f"benchmarks.contenders.{module}", url, key, option]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
