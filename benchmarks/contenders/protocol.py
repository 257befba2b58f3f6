"""How a contender is spoken to: a line in, a line out, so that it stays warm between its turns.

In: `{"work": "sign", "at_once": 64, "seconds": 1.0, "profile": false}`. Out: `{"calls": 5312,
"seconds": 1.01, "cpu": 0.98, "samples": {}}`: how many calls ended, and what they took of the wall
clock and of the process. It needs nothing but the standard library: it also runs where the official
SDK is installed and this one is not.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.contenders.sampling import Sampler

# Looking at the clock takes as long as a small piece of work, so those are done by the ten.
_SMALL_WORK_AT_ONCE = 10


@dataclass(frozen=True)
class Order:
    """What is asked for: which work, how many calls at once, and for how long."""

    work: str
    at_once: int
    seconds: float
    profile: bool = False


@dataclass
class Turn:
    """One order being carried out: the calls that have ended, and when to start no more."""

    order: Order
    calls: int = 0
    sampler: Sampler | None = None
    _wall: float = field(default_factory=time.perf_counter)
    _cpu: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        if self.order.profile:
            self.sampler = Sampler()

    def is_on(self) -> bool:
        """Whether there is time for another call."""
        return time.perf_counter() - self._wall < self.order.seconds

    def report(self) -> None:
        """Say what it took."""
        seconds, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        samples = {} if self.sampler is None else self.sampler.stop()
        answer(calls=self.calls, seconds=seconds, cpu=cpu, samples=samples)


def answer(**figures: object) -> None:
    """Write a line."""
    print(json.dumps(figures), flush=True)


def next_order() -> Order | None:
    """Read a line; None at the end."""
    line = sys.stdin.readline()
    return Order(**json.loads(line)) if line else None


def start(main: Callable[[str, str], Coroutine[Any, Any, None]]) -> None:
    """Run a contender's `main(base_url, key)` on the event loop that the third argument names."""
    base_url, key, loop = sys.argv[1:]
    if loop == "uvloop":
        import uvloop

        uvloop.run(main(base_url, key))
    else:
        asyncio.run(main(base_url, key))


async def race(works: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    """Carry out orders on this event loop."""
    loop = asyncio.get_running_loop()
    while (order := await loop.run_in_executor(None, next_order)) is not None:
        call, turn = works[order.work], Turn(order)

        async def work(call: Callable[[], Awaitable[object]] = call, turn: Turn = turn) -> None:
            while turn.is_on():
                await call()
                turn.calls += 1

        await asyncio.gather(*(work() for _ in range(order.at_once)))
        turn.report()


def race_in_threads(works: Mapping[str, Callable[[], object]]) -> None:
    """Carry out orders in as many threads."""
    while (order := next_order()) is not None:
        with ThreadPoolExecutor(order.at_once) as pool:
            turn = Turn(order)
            counts = [pool.submit(_count, works[order.work], turn) for _ in range(order.at_once)]
            turn.calls = sum(count.result() for count in counts)
            turn.report()


def _count(call: Callable[[], object], turn: Turn) -> int:
    calls = 0
    while turn.is_on():
        call()
        calls += 1
    return calls


def repeat(works: Mapping[str, Callable[[], object]]) -> None:
    """Carry out orders for small work that waits for nothing, in this thread."""
    while (order := next_order()) is not None:
        call, turn = works[order.work], Turn(order)
        while turn.is_on():
            for _ in range(_SMALL_WORK_AT_ONCE):
                call()
            turn.calls += _SMALL_WORK_AT_ONCE
        turn.report()
