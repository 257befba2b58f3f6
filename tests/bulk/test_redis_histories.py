"""Random histories of runs over one journal in Redis: what was executed, and what they were told.

Some runs die, at any point. Planted bugs show that the histories would find what is wrong.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from redis_server import RedisServer, new_redis_server

from privy_async import APIError
from privy_async.bulk import redis as redis_journal
from privy_async.bulk import run as bulk_run
from privy_async.bulk.journal import Begun
from privy_async.bulk.redis import RedisJournal
from privy_async.bulk.run import Asked, Run
from privy_async.clock import Clock

HOUR = 3600.0
HISTORIES = 2_000
STEPS = 16


class Moving(Clock):
    """A clock that goes forward when it is told to."""

    time = 1_795_300_000.0

    def now(self) -> float:
        return self.time


@attrs.define
class Privy:
    """Executes a request once for its key, which it knows for 24 hours, or each without one."""

    clock: Moving
    keyed: bool
    executed: int = 0
    known_until: float = 0.0

    def execute(self) -> None:
        if not self.keyed or self.clock.time >= self.known_until:
            self.executed += 1
            self.known_until = self.clock.time + 24 * HOUR


@attrs.define
class Process:
    """A run of the one item."""

    run: Run[str, str]
    asked: Asked[str, str]
    asks: bool = False


class History:
    """What happens to one item, drawn from a seed."""

    def __init__(self, journal: RedisJournal, clock: Moving, seed: str) -> None:
        self._random = random.Random(seed)
        self._journal, self._clock, self._seed = journal, clock, seed
        self._keyed = self._random.random() < 0.6
        self._privy = Privy(clock, self._keyed)
        self._live: list[Process] = []

    def play(self) -> None:
        """Let it happen, and check it at each step."""
        for _ in range(STEPS):
            self._random.choice((self._start, self._go_on, self._go_on, self._die, self._wait))()
            assert self._privy.executed <= 1, "it was executed twice"

    def _start(self) -> None:
        options: dict[str, Any] = {"key": None, "on_progress": None, "clock": self._clock}
        run = Run[str, str](
            ["a"], self._seed, **options, journal=self._journal, claim=not self._keyed
        )
        asked = run.begin("a")
        assert asked is not None
        self._live.append(Process(run, asked))

    def _go_on(self) -> None:
        """Let a process do its next step: learn how the item stands, or ask for it."""
        if not self._live:
            return
        process = self._random.choice(self._live)
        if process.asks:
            self._ask(process)
        else:
            process.run.sync()
            process.asks = process.run.may_ask(process.asked)
            if process.asks:
                return
        self._live.remove(process)
        self._check(process)

    def _ask(self, process: Process) -> None:
        outcome = self._random.choice(("answer", "answer", "refusal", "lost before", "lost after"))
        if outcome in ("answer", "lost after"):
            self._privy.execute()
        if outcome == "answer":
            process.run.finish(process.asked, "value")
        else:
            error = APIError("no", method="", url="", may_have_happened=outcome != "refusal")
            error.idempotency_key = process.asked.idempotency_key
            process.run.fail(process.asked, error)

    def _check(self, process: Process) -> None:
        """What a run says in the end is true, unless it dies before its journal has it."""
        if self._random.random() < 0.3:
            return
        if process.run.must_sync(process.asked):
            process.run.sync()
        process.run.settle(process.asked)
        (result,) = process.run.ended()
        assert not result.refused or self._privy.executed == 0, "refused, and executed"
        assert result.error is not None or self._privy.executed == 1, "done, and not executed"

    def _die(self) -> None:
        if self._live:
            self._live.remove(self._random.choice(self._live))

    def _wait(self) -> None:
        # A process asks soon after it was told that it may.
        if not any(process.asks for process in self._live):
            self._clock.time += self._random.choice((1.0, HOUR, 20 * HOUR, 40 * HOUR))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that writes nothing to the disk: what is tested is who is told what."""
    with new_redis_server(tmp_path) as server:
        yield server


def play_all(server: RedisServer) -> None:
    """Play many histories, each of an item and a run of its own."""
    clock = Moving()
    journal = RedisJournal(server.url, check_settings=False, clock=clock)
    try:
        for number in range(HISTORIES):
            History(journal, clock, f"history {number}").play()
    finally:
        journal.close()


def test_histories(server: RedisServer) -> None:
    """Whatever happens, it is executed once at most, and nobody is told otherwise."""
    play_all(server)


def both_claim(standing: Callable[..., Any]) -> Any:
    def wrong(*arguments: Any) -> Any:
        right = standing(*arguments)
        return attrs.evolve(right, alone=True) if isinstance(right, Begun) else right

    return wrong


def forgets_for_others(script: str) -> str:
    assert "(not start or who == me)" in script
    return script.replace("(not start or who == me)", "true")


def begins_anew(script: str) -> str:
    assert "what == 'begun' and not start" in script
    return script.replace("what == 'begun' and not start", "what == 'begun'")


def asks_for_ever(seconds: float) -> float:
    return 100 * seconds


@pytest.mark.parametrize(
    ("owner", "attribute", "make"),
    [
        (redis_journal, "_standing", both_claim),
        (redis_journal, "_TAKE_DOWN", forgets_for_others),
        (redis_journal, "_TAKE_DOWN", begins_anew),
        (bulk_run, "ASK_AGAIN_WITHIN", asks_for_ever),
    ],
    ids=["two claim", "one's refusal stands for all", "begun anew", "asks for ever"],
)
def test_planted_bugs(
    server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    attribute: str,
    make: Callable[[Any], Any],
) -> None:
    """Each is found."""
    monkeypatch.setattr(owner, attribute, make(getattr(owner, attribute)))
    with pytest.raises(AssertionError):
        play_all(server)
