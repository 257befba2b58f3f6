"""From a long history that fails to the shortest that still does."""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import attrs

from simulation.invariants import CALM
from simulation.ledger import Violation
from simulation.runs import Run, run
from simulation.script import Step

T = TypeVar("T")

_MOST_RUNS: Final = 400
# Words with digits in them: calls, requests, users, seconds.
_NAMES: Final = re.compile(r"\S*\d\S*")


class Shrinker:
    """Takes steps and faults away from a run, as long as the same invariant still breaks.

    Attributes:
        best: The shortest run so far.
        runs: How many were tried.
    """

    def __init__(self, failing: Run) -> None:
        self.best = failing
        self.runs = 0
        self._problem = _gist(failing.violations[0])
        self._muted: frozenset[str] = frozenset()

    def shrink(self) -> Run:
        """Return the shortest run that was found."""
        while True:
            before = len(self.best.script), len(self.best.faults)
            self._keep_few_steps()
            self._place_few_orders()
            self._keep_few_faults()
            if (len(self.best.script), len(self.best.faults)) == before:
                return self.best

    def _keep_few_steps(self) -> None:
        reduce(self.best.script, lambda steps: self._fails(steps, self._muted))

    def _place_few_orders(self) -> None:
        for number in range(len(self.best.script)):
            for orders in range(1, self.best.script[number].orders):
                steps = list(self.best.script)
                steps[number] = attrs.evolve(steps[number], orders=orders)
                if self._fails(tuple(steps), self._muted):
                    break

    def _keep_few_faults(self) -> None:
        def fails(kept: tuple[str, ...]) -> bool:
            muted = self._muted | (set(self.best.faults) - set(kept))
            return self._fails(self.best.script, muted)

        reduce(self.best.faults, fails)

    def _fails(self, script: Iterable[Step], muted: frozenset[str]) -> bool:
        if self.runs == _MOST_RUNS:
            return False
        self.runs += 1
        tried = run(self.best.seed, script=tuple(script), muted=muted)
        failed = any(_gist(each) == self._problem for each in tried.violations)
        if failed:
            self.best, self._muted = tried, muted
        return failed


def _gist(violation: Violation) -> str:
    """What is wrong, whichever call it is about."""
    return f"{violation.invariant}: {_NAMES.sub('…', violation.text)}"


def reduce(items: tuple[T, ...], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Take away whatever is not needed to fail: halves first, then ever smaller parts."""
    size = max(1, len(items) // 2)
    while size:
        start = 0
        while start < len(items):
            fewer = items[:start] + items[start + size :]
            if fails(fewer):
                items = fewer
            else:
                start += size
        size //= 2
    return items


def report(shrunk: Run) -> str:
    """Tell a short failing history, in words and as a timeline."""
    lines = [f"The shortest history of {shrunk.seed} that still fails:", ""]
    lines += [f"  step   {_tell(step)}" for step in shrunk.script]
    lines += [f"  fault  {name}" for name in shrunk.faults]
    return "\n".join([*lines, "", *_what_matters(shrunk)])


def _what_matters(shrunk: Run) -> list[str]:
    """The timeline; without the calls at the end that see whether all works, if it does."""
    lines = shrunk.timeline.splitlines()
    if any(
        each.invariant == "works_after_faults" or each.text.startswith(f"{CALM}-")
        for each in shrunk.violations
    ):
        return lines
    return [line for line in lines if f" {CALM}-" not in line]


def _tell(step: Step) -> str:
    about = f", {step.orders} x {step.kind}" if step.orders else ""
    return f"{step.name} at {step.at:.3f} s: {step.action} ({step.application}{about})"
