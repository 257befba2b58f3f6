"""A copy of the repository, in which one mutant after another is tried."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NoReturn

import attrs
import pytest
from places import ROOT

from mutation.changes import Mutant
from mutation.warm import Warm

# Tests of one room take a minute at most; a mutant that makes them wait for longer is noticed.
_LONGEST: Final = 300.0
_COPIED: Final = ("privy_async", "privy_sync", "tests", ".ci", "benchmarks", "pyproject.toml")
_OPTIONS: Final = (
    *("-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"),
    *("-p", "mutation.haste", "--hypothesis-profile=haste"),
    # Plugins among the libraries were imported before.
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)
_LIBRARIES: Final = (
    *("aiohttp.web", "anyio", "cryptography.fernet", "hypothesis", "jwt", "redis.asyncio"),
    *("eth_account", "eth", "pydantic", "rfc8785", "solders.pubkey", "Crypto.Hash.keccak"),
)


@attrs.frozen
class Trial:
    """The copy, below a folder of its own."""

    folder: Path

    def prepare(self) -> None:
        """Copy what the tests need."""
        for name in (*_COPIED, "README.md", "CHANGELOG.md", "OPERATIONS.md", "CONTRIBUTING.md"):
            source, target = ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, target)

    def passes(self, tests: Sequence[str]) -> bool:
        """Run quick tests of the copy in a forked process. True if all pass in time."""
        child = os.fork()
        if child == 0:
            self._run_tests(tests)
        try:
            return _wait(child) in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
        finally:
            _end(child)

    def notices(self, mutants: Sequence[Mutant], tests: Sequence[str]) -> Iterator[Mutant]:
        """Yield those that quick tests are sure to notice; of the others nothing is known yet."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._run_tests(tests, Warm(self.folder, mutants, writing))
        os.close(writing)
        try:
            with os.fdopen(reading) as pipe:
                yield from (mutants[int(line)] for line in pipe)
        finally:
            _end(child)

    def _run_tests(self, tests: Sequence[str], *plugins: object) -> NoReturn:
        """Be the process that runs tests, and end with it."""
        status = 1
        try:
            os.setsid()
            os.chdir(self.folder)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            folders = [str(self.folder), str(self.folder / "tests")]
            sys.path[:] = [*folders, *(each for each in sys.path if not _is_ours(each))]
            # For the processes that tests start.
            os.environ["PYTHONPATH"] = os.pathsep.join(folders)
            sys.modules.pop("places", None)
            status = pytest.main([*_OPTIONS, *tests], plugins=plugins)
        finally:
            os._exit(status)

    def kills(self, mutant: Mutant, stages: Sequence[Sequence[str]]) -> bool:
        """True if a test notices the mutant, in any stage."""
        file = self.folder / "privy_async" / mutant.module
        try:
            self._write(file, mutant.source)
            return not all(self.passes(tests) for tests in stages)
        finally:
            self._write(file, mutant.text)

    def _write(self, file: Path, source: bytes) -> None:
        file.write_bytes(source)
        # Compiled code is taken for current if time (in s) and size are the same.
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()


def preload() -> None:
    """Import others' libraries once, for all the processes that run tests."""
    for name in _LIBRARIES:
        if find_spec(name.partition(".")[0]) is not None:
            import_module(name)


def _is_ours(folder: str) -> bool:
    """True if a folder of the import path holds the repository that is copied."""
    path = Path(folder).resolve()
    return path == ROOT or path == ROOT / "tests" or path.parent == ROOT / "tests"


def _wait(child: int) -> int:
    """Return the exit status of a process; one of a signal's if it takes too long."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    return -signal.SIGALRM


def _end(child: int) -> None:
    """End the tests' process, and those that it has started and left behind."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        os.waitpid(child, 0)
    except ChildProcessError:
        pass
