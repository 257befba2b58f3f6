"""How a contender behind a slow network is spoken to: a line in, a line out.

In: `{"work": "cold", "urls": ["https://127.0.0.1:1234", ...], "round_trip": 0.08}`. Out:
`[[1.5, 1.9], ...]`: for each address the start and the end of what a user waited for there, in
seconds of the system's monotonic clock. What is got ready before is not in it.

In: `{"work": "silence", "gaps": [[5, ["https://127.0.0.1:1234", ...]], ...]}`. Out: a list as
above for each gap: of calls on clients that did a call so many seconds ago.

Each address is used once, for Node's clients share their connections to an address. This needs
nothing but the standard library: it also runs where the official SDK is installed.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

BURST = 32
# Seconds after the call that gets a client ready: Node has its connection back a little later.
PAUSE = 0.05
Span = tuple[float, float]
# How many clients are made ready at once.
_AT_ONCE = 16


class Ready(Protocol):
    """Makes a client of an address ready.

    It returns what a user waits for, which says how long that took, and what closes the client.
    """

    def __call__(
        self, url: str, round_trip: float
    ) -> tuple[Callable[[], Span], Callable[[], object]]: ...


def measured(call: Callable[[], object]) -> Callable[[], Span]:
    """Return what does something, and says when it began and ended."""

    def measure() -> Span:
        start = time.monotonic()
        call()
        return start, time.monotonic()

    return measure


def serve(works: dict[str, Ready]) -> None:
    """Carry out orders; "repeat" is the work that is done after silence."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for line in sys.stdin:
            order = json.loads(line)
            if order["work"] == "silence":
                answer: object = _silence(works["repeat"], order["gaps"], threads)
            else:
                ready = partial(works[order["work"]], round_trip=order["round_trip"])
                calls = list(threads.map(ready, order["urls"]))
                time.sleep(PAUSE)
                answer = [_ended(*call) for call in calls]
            print(json.dumps(answer), flush=True)


def _ended(call: Callable[[], Span], close: Callable[[], object]) -> Span:
    span = call()
    close()
    return span


def _silence(
    ready: Ready, gaps: list[tuple[float, list[str]]], threads: ThreadPoolExecutor
) -> list[list[Span]]:
    waiting = [(gap, list(threads.map(partial(ready, round_trip=0.0), urls))) for gap, urls in gaps]
    start = time.monotonic()
    spans: list[list[Span]] = []
    for gap, clients in waiting:
        time.sleep(max(0.0, start + gap - time.monotonic()))
        spans.append([_ended(*client) for client in clients])
    return spans
