"""The simulation: it repeats itself, it holds, and it finds the bugs that are planted into it."""

import gc
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path

import attrs
import pytest
from places import ROOT

from privy_async.sending import telemetry
from simulation.invariants import NAMES
from simulation.planted import BUGS, Bug
from simulation.runs import Run, run
from simulation.shrink import Shrinker, report

# What a simulated crash leaves behind closes nothing: its process is gone.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SEEDS = Path(__file__).with_name("seeds.txt")
MOST_CALLS = 2000
# Orders of a world that is to be made short.
FEW = 40


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Other tests of this process load OpenTelemetry, whose spans outlive a simulated crash.
    monkeypatch.setattr(telemetry, "is_loaded", lambda: False)
    yield
    gc.unfreeze()
    gc.collect()


def runs(seed: str, calls: int) -> Iterator[Run]:
    """The worlds of a seed, until so many calls are made."""
    made = 0
    for number in count():
        done = run(f"{seed}/{number}")
        yield done
        made += done.calls
        if made >= calls:
            return


def check(done: Run) -> None:
    """Fail with the shortest history, if an invariant is broken."""
    if done.violations:
        pytest.fail(report(Shrinker(done).shrink()))


HASHES = """
from simulation.runs import run
for number in range(3):
    done = run(f"hash/{number}", orders=100)
    print(done.hash, done.calls, len(done.faults))
"""


def hashing(hash_seed: str) -> subprocess.Popen[str]:
    """Another process, which finds the hashes of some worlds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", HASHES]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_live_through_the_same() -> None:
    """The same seeds give the same events, whatever differs between two processes of Python."""
    with hashing("1") as one, hashing("2") as other:
        first, second = (process.communicate()[0].splitlines() for process in (one, other))
    assert len(set(first)) == 3
    assert first == second


def test_some_hundred_calls() -> None:
    """Every invariant holds in the first worlds of a fixed seed."""
    for done in runs("quick", 500):
        check(done)


@pytest.mark.parametrize("invariant", NAMES)
def test_each_invariant_has_a_bug(invariant: str) -> None:
    """No invariant is so weak that nobody has seen it break."""
    assert any(bug.invariant == invariant for bug in BUGS.values())


def find(bug: Bug) -> Run | None:
    """The first world in which a bug breaks its invariant, after 2,000 calls at the most."""
    known = run(bug.world, orders=FEW)
    for done in chain([known], runs("planted", MOST_CALLS - known.calls)):
        broken = [each for each in done.violations if each.invariant == bug.invariant]
        if broken:
            return attrs.evolve(done, violations=tuple(broken))
    return None


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found_and_its_history_made_short(name: str) -> None:
    """Within 2,000 calls the invariant breaks, and a few steps are enough to show it."""
    with BUGS[name].planted():
        found = find(BUGS[name])
        assert found is not None
        short = Shrinker(found).shrink()
    assert short.violations
    assert sum(step.orders for step in short.script) <= 8
    assert short.violations[0].invariant in report(short)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_calls_of_a_fresh_seed() -> None:
    """Every invariant holds in worlds that nobody has seen before."""
    for done in runs(secrets.token_hex(4), 10_000):
        check(done)


def seeds() -> list[str]:
    """The worlds that once failed."""
    lines = SEEDS.read_text().splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_worlds_that_once_failed() -> None:
    """What was found before is not there any more."""
    for seed in seeds():
        check(run(seed))
