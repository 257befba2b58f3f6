"""How a contender is spoken to: a line in, a line out, so that it stays warm between its turns.

In: `{"calls": 2000, "at_once": 64}`. Out: `{"seconds": 1.2, "cpu": 1.1}`, of the wall clock and of
the process.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor


def orders() -> Iterator[tuple[int, int]]:
    """What is asked for: how many calls, and how many of them at once."""
    for line in sys.stdin:
        order = json.loads(line)
        yield order["calls"], order["at_once"]


def report(start: tuple[float, float]) -> None:
    """Say what it took since `start`, which is `now()` of then."""
    wall, cpu = now()
    print(json.dumps({"seconds": wall - start[0], "cpu": cpu - start[1]}), flush=True)


def now() -> tuple[float, float]:
    """Seconds of the wall clock and of this process."""
    return time.perf_counter(), time.process_time()


async def race(call: Callable[[], Awaitable[object]]) -> None:
    """Do what is asked, on this event loop."""
    loop = asyncio.get_running_loop()
    turns = orders()
    while (order := await loop.run_in_executor(None, next, turns, None)) is not None:
        calls, at_once = order
        left = iter(range(calls))

        async def work(left: Iterator[int] = left) -> None:
            for _ in left:
                await call()

        start = now()
        await asyncio.gather(*(work() for _ in range(at_once)))
        report(start)


def race_in_threads(call: Callable[[], object]) -> None:
    """Do what is asked, in as many threads."""
    for calls, at_once in orders():
        lock, left = threading.Lock(), iter(range(calls))

        def work(left: Iterator[int] = left, lock: threading.Lock = lock) -> None:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                call()

        with ThreadPoolExecutor(at_once) as pool:
            start = now()
            for done in [pool.submit(work) for _ in range(at_once)]:
                done.result()
            report(start)
