"""How fast an operation may be asked for: what its refusals teach, in a world of numbers."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from math import ceil, floor, inf
from random import Random
from typing import Protocol

import attrs
import pytest

from privy_async.sending.pace import Advice, Pace, read_advice

# --- a limit, callers, and the way between them


class Limit(Protocol):
    """A limit as servers count one."""

    def ask(self, now: float) -> float | None:
        """None if a request is let through, else the seconds until one may be."""


@attrs.define
class Sliding:
    """So many in any second."""

    most: int
    times: deque[float] = attrs.field(factory=deque[float])

    def ask(self, now: float) -> float | None:
        while self.times and self.times[0] <= now - 1:
            self.times.popleft()
        if len(self.times) >= self.most:
            return self.times[0] + 1 - now
        self.times.append(now)
        return None


@attrs.define
class Fixed:
    """So many in each second of the server's clock."""

    most: int
    second: int = -1
    count: int = 0

    def ask(self, now: float) -> float | None:
        second = floor(now + 0.37)
        if second != self.second:
            self.second, self.count = second, 0
        self.count += 1
        return None if self.count <= self.most else second + 1 - 0.37 - now


@attrs.define
class Bucket:
    """Tokens, of which so many come in a second, and so many fit in."""

    rate: float
    tokens: float
    size: float
    since: float = 0.0

    def ask(self, now: float) -> float | None:
        self.tokens = min(self.size, self.tokens + (now - self.since) * self.rate)
        self.since = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return None


@attrs.define
class World:
    """Callers who share a pace, and a server with a limit; time is a number."""

    limit: Limit
    items: int
    trip: float
    advises: bool
    random: Random
    now: float = 0.0
    done: int = 0
    refused: int = 0
    running: int = 0
    taken: int = 0
    alarm: float = -inf
    pace: Pace | None = None
    events: list[tuple[float, int, Callable[[], None]]] = attrs.field(factory=list)
    waiting: list[int] = attrs.field(factory=list)
    numbers: Iterator[int] = attrs.field(factory=count)

    def run(self) -> None:
        self.begin()
        while self.done < self.items:
            self.now, _, act = heapq.heappop(self.events)
            act()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.numbers), act))

    def begin(self) -> None:
        """Begin as many items as a bulk run would."""
        while self.running < min(32, 8 + self.done // 2) and self.taken < self.items:
            self.taken += 1
            self.running += 1
            heapq.heappush(self.waiting, self.taken)
            self.serve()

    def serve(self) -> None:
        while self.waiting:
            ready = -inf if self.pace is None else self.pace.ready_at()
            if ready > self.now:
                if not self.now < self.alarm <= ready + 0.002:
                    self.alarm = ready + self.random.uniform(0, 0.002)
                    self.later(self.alarm - self.now, self.serve)
                return
            item, sent_at = heapq.heappop(self.waiting), None
            if self.pace is not None:
                self.pace.send(self.now, waited=True)
                sent_at = self.now
            self.send(item, sent_at)

    def send(self, item: int, sent_at: float | None) -> None:
        there = self.trip * self.random.uniform(0.4, 0.6)

        def arrive() -> None:
            wait = self.limit.ask(self.now)
            self.later(self.trip - there, lambda: self.end(item, sent_at, wait))

        self.later(there, arrive)

    def end(self, item: int, sent_at: float | None, wait: float | None) -> None:
        if wait is None:
            self.done += 1
            self.running -= 1
            if self.pace is not None and sent_at is not None:
                self.pace.admit(self.now, Advice())
            self.begin()
        else:
            self.refused += 1
            self.pace = self.pace or Pace(self.now)
            advice = Advice(pause=ceil(wait) if self.advises else None)
            jitter = self.random.random()
            self.pace.refuse(self.now, advice, sent_at=sent_at, jitter=jitter)
            heapq.heappush(self.waiting, item)
        self.serve()


LIMITS: dict[str, Callable[[int], Limit]] = {
    "a sliding window": Sliding,
    "fixed windows": Fixed,
    "a bucket": lambda most: Bucket(most, most, most),
}


def lived(limit: Limit, items: int, *, trip: float, advises: bool, seed: int) -> World:
    world = World(limit, items, trip, advises, Random(seed))
    world.run()
    return world


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("advises", [True, False], ids=["Retry-After", "no advice"])
@pytest.mark.parametrize(("items", "most"), [(300, 20), (60, 4)])
def test_few_are_refused_and_little_time_is_lost(
    name: str, advises: bool, items: int, most: int
) -> None:
    """However a server counts: at most 30 refusals, at most 1.15 of the time that must pass."""
    for seed in range(20):
        world = lived(LIMITS[name](most), items, trip=0.004, advises=advises, seed=seed)
        assert world.refused <= 30
        assert world.now <= 1.15 * items / most


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("trip", [0.1, 0.3])
def test_far_away(name: str, trip: float) -> None:
    """Behind a long way more are on theirs when the first is refused; it still comes to an end."""
    for seed in range(10):
        world = lived(LIMITS[name](20), 300, trip=trip, advises=False, seed=seed)
        assert world.refused <= 60
        assert world.now <= 2 * 300 / 20


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("advises", [True, False], ids=["Retry-After", "no advice"])
def test_two_processes_share_a_limit(name: str, advises: bool) -> None:
    """Neither knows of the other, and each gets a fair part; little of the limit is lost."""
    for seed in range(10):
        limit, numbers = LIMITS[name](20), count()
        events: list[tuple[float, int, Callable[[], None]]] = []
        worlds = [
            World(
                limit, 300, 0.02, advises, Random(f"{seed} {each}"), events=events, numbers=numbers
            )
            for each in range(2)
        ]
        for world in worlds:
            world.begin()
        now = 0.0
        while all(world.done < world.items for world in worlds):
            now, _, act = heapq.heappop(events)
            for world in worlds:
                world.now = now
            act()
        assert min(world.done for world in worlds) >= 100
        assert sum(world.done for world in worlds) >= 0.75 * 20 * now


def test_a_limit_that_is_gone_is_forgotten() -> None:
    """With nobody refused any more the rate grows, until there is no pace."""
    pace = Pace(0.0)
    pace.refuse(0.0, Advice(), sent_at=None, jitter=0.0)
    now = 0.0
    for _ in range(2):
        for _ in range(20):
            now = max(now, pace.ready_at())
            pace.send(now, waited=True)
            pace.admit(now + 0.001, Advice())
        pace.send(now, waited=True)
        pace.refuse(now + 0.002, Advice(), sent_at=now, jitter=0.0)
    assert pace.limit < inf
    began = now
    while not pace.is_over(now):
        now = max(now, pace.ready_at())
        pace.send(now, waited=True)
        pace.admit(now, Advice())
    assert 10 < now - began < 100


def refused_once(advice: Advice = Advice()) -> Pace:  # noqa: B008 - it is frozen.
    pace = Pace(0.0)
    pace.refuse(0.0, advice, sent_at=None, jitter=0.0)
    return pace


@pytest.mark.parametrize(
    ("advice", "pause"),
    [
        (Advice(), 1.0),
        (Advice(pause=7.0), 7.0),
        (Advice(pause=0.0), 1.0),
        (Advice(pause=0.05), 0.5),
        (Advice(pause=3600.0), 60.0),
        (Advice(reset=12.0), 12.0),
        (Advice(pause=2.0, reset=12.0), 2.0),
    ],
)
def test_the_pause_after_the_first_refusal(advice: Advice, pause: float) -> None:
    """As long as is advised, within reason; a second without advice."""
    assert refused_once(advice).ready_at() == pause


def test_whoever_tries_in_vain_tries_less_often() -> None:
    """The pauses double up to 8 s, so that a limit by the minute costs a handful of refusals."""
    pace = refused_once()
    pauses = []
    for _ in range(6):
        now = pace.ready_at()
        pace.send(now, waited=True)
        pace.refuse(now, Advice(), sent_at=now, jitter=0.0)
        pauses.append(pace.ready_at() - now)
    assert pauses == [1, 2, 4, 8, 8, 8]


def test_quiet_times_are_no_limit() -> None:
    """Where few ask, few are let through; that makes nobody wait for much longer than 8 s."""
    pace = refused_once()
    for refusal in range(1, 21):
        now = 300.0 * refusal
        pace.send(now, waited=False)
        pace.admit(now, Advice())
        pace.send(now, waited=False)
        pace.refuse(now, Advice(), sent_at=now, jitter=0.0)
        assert pace.ready_at() <= now + 8.5
        pace.send(pace.ready_at(), waited=True)
        assert pace.ready_at() <= now + 2 * 8.5
        pace.admit(now, Advice())


def test_what_was_on_its_way_teaches_nothing() -> None:
    """One refusal has consequences; of those that were sent with it only the advice has."""
    pace = refused_once()
    pace.send(1.0, waited=True)
    pace.send(1.0, waited=True)
    pace.refuse(1.1, Advice(), sent_at=1.0, jitter=0.0)
    failures, ready = pace.failures, pace.ready_at()
    pace.refuse(1.2, Advice(), sent_at=1.0, jitter=0.0)
    assert (pace.failures, pace.ready_at()) == (failures, ready)
    pace.refuse(1.2, Advice(pause=9.0), sent_at=None, jitter=0.0)
    assert pace.ready_at() == pytest.approx(10.2)
    assert pace.in_flight == 0


def test_nobody_is_held_up_by_one_that_is_stuck() -> None:
    """While the limit is not known few are on their way at once; one that hangs counts for 1 s."""
    pace = refused_once()
    pace.send(1.0, waited=True)
    pace.send(1.0, waited=True)
    assert pace.ready_at() == 2.0


def test_what_is_left_is_believed() -> None:
    """Where a response says that nothing is left, the next request waits without being refused."""
    pace = refused_once()
    pace.send(1.0, waited=True)
    pace.admit(1.1, Advice(remaining=0.0, reset=30.0))
    assert pace.ready_at() == pytest.approx(31.1)


def test_a_turn_is_given_back() -> None:
    """Who does not send leaves no gap."""
    pace = refused_once()
    pace.limit = 2.0
    pace.send(1.0, waited=True)
    assert pace.ready_at() > 1.0
    pace.take_back()
    assert pace.ready_at() == pytest.approx(1.0, abs=0.01)
    assert pace.in_flight == 0


@pytest.mark.parametrize(
    ("headers", "advice"),
    [
        ({}, Advice()),
        ({"retry-after": "3"}, Advice(pause=3.0)),
        ({"retry-after": "soon"}, Advice()),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}, Advice(None, 0.0, 20.0)),
        ({"ratelimit-remaining": "5", "ratelimit-reset": "7"}, Advice(None, 5.0, 7.0)),
        ({"x-ratelimit-reset": "1800000020"}, Advice(None, None, 20.0)),
        ({"x-ratelimit-reset": "1700000000"}, Advice(None, None, 0.0)),
        ({"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "nan"}, Advice()),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "inf"}, Advice()),
        ({"ratelimit-remaining": "9" * 5000}, Advice()),
    ],
)
def test_headers(headers: dict[str, str], advice: Advice) -> None:
    """Those that are known are read; what is no number says nothing."""
    assert read_advice(headers, 1_800_000_000.0) == advice
