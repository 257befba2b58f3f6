"""Lets calls wait for their turn where Privy limits an operation, the same for the whole process.

Clients of one app and address share a `Pacer`, whatever they are derived from, in which event loop
they run, and in which face. It keeps a line for each operation that was refused lately, since
Privy's limits are by endpoint; calls of other operations are not held up.
"""

import asyncio
import heapq
import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Final
from weakref import WeakValueDictionary

import attrs

from privy_async.clock import Clock
from privy_async.sending.operations import Operation
from privy_async.sending.outcome import Outcome, RawResponse
from privy_async.sending.pace import Pace, read_advice
from privy_async.sending.retry import LONGEST_WAIT

_log: Final = logging.getLogger("privy_async")

_LONGEST_ADVICE_IN_BULK: Final = 600.0
"""The longest Retry-After in s that a bulk run waits for; other calls wait for `LONGEST_WAIT`."""
# Who is not first in line looks so many seconds late whether those before it are stuck.
_LATE: Final = 1.0

_in_bulk: Final = ContextVar("privy_in_bulk", default=False)


@contextmanager
def patiently() -> Generator[None]:
    """Let calls that are begun inside wait for their turn as long as others have theirs."""
    token = _in_bulk.set(True)
    try:
        yield
    finally:
        _in_bulk.reset(token)


class Pacer:
    """The lines of one app in this process. It is safe in threads.

    Attributes:
        lines: By operation, those in which calls wait. Empty as long as none was refused.
    """

    def __init__(self, clock: Clock) -> None:
        self.lines: dict[str, _Line] = {}
        self.clock = clock
        self.numbers = count()
        self._ahead = 0.0
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything, and who held the lock: in a forked child they are gone."""
        self.lines.clear()
        # A coroutine that is dropped leaves its line wherever the collector finds it.
        self.lock = threading.RLock()

    def now(self) -> float:
        """Return the time in s by which turns are given."""
        return self.clock.monotonic() + self._ahead

    def pass_by(self, due: float, slept: float) -> None:
        """Make up for a clock that stood still while somebody slept until `due`."""
        behind = due - self.now()
        if behind > slept / 2:
            self._ahead += behind

    def enter(self, operation: Operation) -> "Place | None":
        """Return a place in the operation's line, or None if nobody waits for this operation."""
        with self.lock:
            line = self._line(_group(operation))
            return None if line is None else Place(line, (1, next(self.numbers)))

    def refuse(self, operation: Operation, outcome: Outcome) -> "Place":
        """Note that a call was refused which had no place, and return one for it."""
        group = _group(operation)
        with self.lock:
            line = self._line(group)
            if line is None:
                line = self.lines[group] = _Line(self, group, Pace(self.now()))
                _keep(self)
                _log.info("Privy limits %s: its calls wait for their turn", group)
            # It was begun before anybody waited.
            place = Place(line, (0, next(self.numbers)))
        place.settle(outcome)
        return place

    def _line(self, group: str) -> "_Line | None":
        """Return the line of a group; one that nobody came to for long is not there any more."""
        line = self.lines.get(group)
        if line is not None:
            line.close_if_over(self.now())
        return self.lines.get(group)


def _group(operation: Operation) -> str:
    """Return what a limit is taken to be for: the method and the path's template.

    Privy says that its limits are by endpoint. A path given by hand is taken as it stands.
    """
    return f"{operation.method} {operation.path}"


@attrs.define(eq=False, repr=False)
class _Line:
    """The calls that wait for one operation, first come first served."""

    pacer: Pacer
    group: str
    pace: Pace
    waiting: "list[tuple[tuple[int, int], Place]]" = attrs.field(
        factory=list["tuple[tuple[int, int], Place]"]
    )

    def first(self) -> "Place | None":
        """Return who is first in line."""
        while self.waiting and not self.waiting[0][1].is_waiting:
            heapq.heappop(self.waiting)
        return self.waiting[0][1] if self.waiting else None

    def serve(self, now: float) -> None:
        """Give all turns that are due, and let the next in line know when its own is."""
        while (place := self.first()) is not None:
            if self.pace.ready_at() > now:
                place.wake()
                return
            heapq.heappop(self.waiting)
            self.pace.send(now, waited=place.has_waited)
            place.is_waiting, place.turn_at = False, now
            place.wake()

    def close_if_over(self, now: float) -> None:
        """Go back to where nobody waits, once there is no reason any more."""
        is_over = self.first() is None and self.pace.is_over(now)
        if is_over and self.pacer.lines.get(self.group) is self:
            del self.pacer.lines[self.group]
            _kept.discard(self.pacer)


class Place:
    """A call's place in line, which it keeps over its attempts.

    Attributes:
        group: What the line is for.
        waited: Seconds that it waited for its last turn.
        turn_at: When it was given a turn that it has not ended yet; None if it has none.
        was_in_vain: Whether its last attempt was refused and no other call was let through since
            the one before, or since it began; in a bulk run that is no reason to give up.
        longest_advice: The longest Retry-After in s for which it waits.
        patience: Seconds that it waits at most, the longest pause and as long in line; in a bulk
            run counted from when a call was last let through.
    """

    def __init__(self, line: _Line, number: tuple[int, int]) -> None:
        self.waited = 0.0
        self.turn_at: float | None = None
        self.is_waiting = self.has_waited = self.was_in_vain = False
        self._line = line
        self._number = number
        self._sleep: asyncio.Future[None] | None = None
        self.group = line.group
        self._in_bulk = _in_bulk.get()
        self.longest_advice = _LONGEST_ADVICE_IN_BULK if self._in_bulk else LONGEST_WAIT
        self.patience = 2 * self.longest_advice
        self._begun = self._refused_at = line.pacer.now()

    async def take_turn(self, left: float) -> bool:
        """Wait for a turn; False if none can come in time.

        Args:
            left: Seconds for which the call may wait.
        """
        pacer = self._line.pacer
        since = pacer.now()
        self.has_waited = False
        with pacer.lock:
            self.is_waiting = True
            heapq.heappush(self._line.waiting, (self._number, self))
        try:
            while (asleep := self._look(since + left)) is not None:
                await self._rest(*asleep)
        finally:
            with pacer.lock:
                # Whoever is cancelled here, or ran out of time, is not in line any more.
                self.waited = pacer.now() - since
                if self.is_waiting:
                    self.is_waiting = False
                    self._line.serve(pacer.now())
        return self.turn_at is not None

    def _look(self, end: float) -> "tuple[asyncio.Future[None], float] | None":
        """Return what to wait for, and until when; None if there is a turn, or no hope of one."""
        line, pacer = self._line, self._line.pacer
        with pacer.lock:
            now = pacer.now()
            end = min(end, self._patience_ends())
            line.serve(now)
            if self.turn_at is not None or now >= end or line.pace.open_at >= end:
                return None
            self.has_waited = True
            due = line.pace.ready_at()
            if line.first() is not self:
                due += _LATE + len(line.waiting) * line.pace.interval
            self._sleep = sleep = asyncio.get_running_loop().create_future()
            return sleep, min(due, end)

    def _patience_ends(self) -> float:
        progress = self._line.pace.admitted_at if self._in_bulk else self._begun
        return max(self._begun, progress) + self.patience

    async def _rest(self, sleep: "asyncio.Future[None]", until: float) -> None:
        pacer, loop = self._line.pacer, sleep.get_loop()
        seconds = max(0.0, until - pacer.now())
        timer = loop.call_later(seconds, _end_sleep, sleep)
        try:
            await sleep
            if timer.when() <= loop.time():
                with pacer.lock:
                    pacer.pass_by(until, seconds)
        finally:
            timer.cancel()

    def wake(self) -> None:
        """Let the call look again, in its own event loop."""
        sleep, self._sleep = self._sleep, None
        if sleep is None:
            return
        try:
            sleep.get_loop().call_soon_threadsafe(_end_sleep, sleep)
        except RuntimeError:
            # Its event loop is closed, and with it the call.
            self.is_waiting = False
            self.settle(None)

    def settle(self, outcome: Outcome | None) -> None:
        """End the turn, if there is one: tell what came of it; None if it was not used."""
        line, pacer = self._line, self._line.pacer
        with pacer.lock:
            now, turn_at = pacer.now(), self.turn_at
            self.turn_at = None
            if isinstance(outcome, RawResponse):
                advice = read_advice(outcome.headers, pacer.clock.now())
                if outcome.status == 429:
                    pacer.lines.setdefault(line.group, line)
                    progress = self._in_bulk or line.pace.admitted_at > self._refused_at
                    self.was_in_vain, self._refused_at = not progress, now
                    line.pace.refuse(now, advice, sent_at=turn_at, jitter=pacer.clock.random())
                elif turn_at is not None:
                    line.pace.admit(now, advice)
            elif turn_at is not None:
                line.pace.take_back() if outcome is None else line.pace.lose()
            line.serve(now)
            if not (isinstance(outcome, RawResponse) and outcome.status == 429):
                line.close_if_over(now)


def _end_sleep(sleep: "asyncio.Future[None]") -> None:
    if not sleep.done():
        sleep.set_result(None)


# --- one for each app in a process

_lock = threading.Lock()
_pacers: Final = WeakValueDictionary[tuple[str, str, int], Pacer]()
# What is known of the real Privy outlives the clients.
_kept: Final[set[Pacer]] = set()


def find_pacer(base_url: str, app_id: str, clock: Clock) -> Pacer:
    """Return the pacer of an app at an address. Whoever gives a clock of their own has their own.

    Args:
        base_url: The address of the API.
        app_id: The app's id.
        clock: What the client reads the time from.
    """
    key = base_url, app_id, 0 if _is_system(clock) else id(clock)
    with _lock:
        pacer = _pacers.get(key)
        if pacer is None:
            pacer = _pacers[key] = Pacer(clock)
        return pacer


def _is_system(clock: Clock) -> bool:
    return type(clock) is Clock


def _keep(pacer: Pacer) -> None:
    if _is_system(pacer.clock):
        _kept.add(pacer)


def _start_anew() -> None:
    global _lock
    _lock = threading.Lock()
    for pacer in list(_pacers.values()):
        pacer.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
