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
from typing import Any

BURST = 32
# Seconds after the call that gets a client ready: Node has its connection back a little later.
PAUSE = 0.05
Span = tuple[float, float]
# Makes a client of an address ready. Returns what a user waits for, which says how long that took,
# and what closes the client.
Ready = Callable[[str, float], tuple[Callable[[], Span], Callable[[], object]]]


def measured(call: Callable[[], object]) -> Callable[[], Span]:
    """Return what does something, and says when it began and ended."""

    def measure() -> Span:
        start = time.monotonic()
        call()
        return start, time.monotonic()

    return measure


def serve(works: dict[str, Ready]) -> None:
    """Carry out orders; "repeat" is the work that is done after silence."""
    for line in sys.stdin:
        order = json.loads(line)
        if order["work"] == "silence":
            answer: object = _silence(works["repeat"], order["gaps"])
        else:
            answer = [_once(works[order["work"]], url, order) for url in order["urls"]]
        print(json.dumps(answer), flush=True)


def _once(ready: Ready, url: str, order: dict[str, Any]) -> Span:
    call, close = ready(url, order["round_trip"])
    time.sleep(PAUSE)
    return _ended(call, close)


def _ended(call: Callable[[], Span], close: Callable[[], object]) -> Span:
    span = call()
    close()
    return span


def _silence(ready: Ready, gaps: list[tuple[float, list[str]]]) -> list[list[Span]]:
    waiting = [(gap, [ready(url, 0.0) for url in urls]) for gap, urls in gaps]
    start = time.monotonic()
    spans: list[list[Span]] = []
    for gap, clients in waiting:
        time.sleep(max(0.0, start + gap - time.monotonic()))
        spans.append([_ended(*client) for client in clients])
    return spans
