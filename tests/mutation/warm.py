"""Tries mutants of functions in a process that has collected the tests of a room.

It forks for each mutant, gives the functions their changed code, and runs the tests that have run
the changed lines, the quickest first, until one fails. What no test notices here, and what only
another import shows, is tried again from the start (`trial.py`).
"""

import ast
import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias

import attrs
import pytest
from _pytest.main import pytest_runtestloop as run_items

from mutation.changes import Mutant
from mutation.swap import Functions, Swap, find_functions, swaps_of

Line: TypeAlias = tuple[str, int]

# Seconds for the tests of one mutant; those that take longest are left out if it takes more.
_LONGEST: Final = 30.0
_AT_ONCE: Final = 2
# Seconds that a test may take beside ten times what it took without a change.
_GRACE: Final = 5.0
# Tests of a file share what its fixtures made, so the quick ones of all files come first.
_QUICK: Final = (0.03, 0.15, 1.0)


@attrs.define
class Warm:
    """A plugin of pytest: what it is given to try instead of the tests themselves.

    Attributes:
        folder: The copy of the repository.
        mutants: What is tried.
        told: A pipe that gets a line with the number of each mutant that a test noticed.
    """

    folder: Path
    mutants: Sequence[Mutant]
    told: int
    _lines: set[Line] = attrs.field(factory=set)
    _seconds: dict[str, float] = attrs.field(factory=dict)
    _tests_of: dict[Line, list[str]] = attrs.field(factory=lambda: defaultdict(list))

    @property
    def _package(self) -> str:
        return f"{self.folder / 'privy_async'}/"

    def pytest_configure(self) -> None:
        """Note from now on which lines are run: these are run by importing the modules."""
        self._trace(True)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure, then try each mutant."""
        self._trace(False)
        imported, self._lines = self._lines, set()
        self._measure(session)
        functions = find_functions(self._package)
        running: dict[int, int] = {}
        for number, mutant in enumerate(self.mutants):
            swaps = self._swaps(mutant, functions, imported)
            if swaps is None:
                continue
            while len(running) >= _AT_ONCE:
                self._reap(running)
            running[self._fork(session, mutant, swaps)] = number
        while running:
            self._reap(running)
        return True

    def _swaps(
        self, mutant: Mutant, functions: Functions, imported: set[Line]
    ) -> list[Swap] | None:
        file = f"{self._package}{mutant.module}"
        if any((file, line) in imported for line in _lines_of(mutant)):
            return None
        return swaps_of(mutant, file, functions)

    # --- which tests run which lines

    def _trace(self, on: bool) -> None:
        tracer = self._enter if on else None
        threading.settrace(tracer)  # type: ignore[arg-type]
        sys.settrace(tracer)

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(self._package):
            return None
        self._lines.add((file, frame.f_lineno))
        return self._step

    def _step(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._step

    def _measure(self, session: pytest.Session) -> None:
        """Take in what each test runs; leave out those that fail in this order or in that."""
        for name, (seconds, lines) in self._rehearse(session, session.items).items():
            self._seconds[name] = seconds
            for file, line in lines:
                self._tests_of[file, line].append(name)
        passed = [item for item in session.items if item.nodeid in self._seconds]
        again = self._rehearse(session, sorted(passed, key=self._slowness))
        self._seconds = {name: self._seconds[name] for name in again}

    def _slowness(self, item: pytest.Item) -> int:
        return sum(self._seconds[item.nodeid] > limit for limit in _QUICK)

    def _rehearse(
        self, session: pytest.Session, items: Sequence[pytest.Item]
    ) -> dict[str, tuple[float, list[Line]]]:
        """Run tests in a forked process; return how long those that pass take, and their lines."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            measured = _Measured(self)
            session.config.pluginmanager.register(measured)
            session.config.option.maxfail = 0
            _end_with(lambda: _run(session, items))
            with os.fdopen(writing, "w") as pipe:
                json.dump(measured.passed, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            found = json.load(pipe)
        os.waitpid(child, 0)
        return found  # type: ignore[no-any-return]

    # --- one mutant

    def _fork(self, session: pytest.Session, mutant: Mutant, swaps: list[Swap]) -> int:
        child = os.fork()
        if child:
            return child
        os.setsid()
        for function, code in swaps:
            function.__code__ = code
        items = self._chosen(session, mutant)
        session.config.pluginmanager.register(_Ends())
        session.config.option.maxfail = 0
        _end_with(lambda: _run(session, items))
        os._exit(0)

    def _chosen(self, session: pytest.Session, mutant: Mutant) -> list[pytest.Item]:
        """Return the tests to run, the quickest first, and let none of them take much longer."""
        file = f"{self._package}{mutant.module}"
        names = {
            name for line in _lines_of(mutant) for name in self._tests_of.get((file, line), ())
        }
        names &= self._seconds.keys()
        items = [item for item in session.items if item.nodeid in names]
        chosen, total = [], 0.0
        for item in sorted(items, key=self._slowness):
            seconds = self._seconds[item.nodeid]
            total += seconds
            if total > _LONGEST:
                break
            item.add_marker(pytest.mark.timeout(_GRACE + 10 * seconds))
            chosen.append(item)
        return chosen

    def _reap(self, running: dict[int, int]) -> None:
        child, status = os.waitpid(-1, 0)
        number = running.pop(child, None)
        if number is not None and os.waitstatus_to_exitcode(status) == 1:
            os.write(self.told, f"{number}\n".encode())
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass


@attrs.define(eq=False)
class _Measured:
    """Notes of each test that passes how long it takes, in s, and which lines it runs."""

    warm: Warm
    passed: dict[str, tuple[float, list[Line]]] = attrs.field(factory=dict)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        warm = self.warm
        warm._lines, began = set(), time.monotonic()
        self.passed[item.nodeid] = (0.0, [])
        warm._trace(True)
        yield
        warm._trace(False)
        if item.nodeid in self.passed:
            self.passed[item.nodeid] = (time.monotonic() - began, sorted(warm._lines))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.passed.pop(report.nodeid, None)


class _Ends:
    """Ends the process at the first test that fails."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(1)


def _run(session: pytest.Session, items: Sequence[pytest.Item]) -> None:
    session.items = list(items)
    run_items(session)


def _end_with(work: Any) -> None:
    """Do what a forked process is for; whatever goes wrong, it must not go on as its parent."""
    try:
        work()
    except BaseException:
        os._exit(2)


def _lines_of(mutant: Mutant) -> range:
    """Return the lines of the smallest statement around a change."""
    last = mutant.line + mutant.was.count("\n")
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(mutant.text))
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line
    ]
    spans = [(begin, end) for begin, end in around if end >= last]
    begin, end = min(spans, key=lambda span: span[1] - span[0])
    return range(begin, end + 1)
