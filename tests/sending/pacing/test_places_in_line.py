"""Places in a line, without a server: who has a turn when, and what an answer means for others."""

import asyncio
import gc
import logging
from math import inf
from typing import Any

import pytest
from clocks import ReadClock

from privy_async.clock import Clock
from privy_async.sending import pacer as pacer_module
from privy_async.sending.operations import Accepts, Operation
from privy_async.sending.outcome import NoResponse, RawResponse
from privy_async.sending.pacer import Pacer, Place, find_pacer, patiently

pytestmark = pytest.mark.anyio

USERS = Operation("POST /v1/users", "POST", "/v1/users", (), Accepts())
OTHER = Operation("GET /v1/users", "GET", "/v1/users", (), Accepts(safe=True))
FINE = RawResponse(200, {}, b"{}")


class Moved(Clock):
    """A clock that is moved by hand, whose chance is always the same."""

    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> float:
        return 1_800_000_000.0

    def random(self) -> float:
        return 1.0


def limited(**headers: str) -> RawResponse:
    """A refusal for the rate."""
    return RawResponse(429, {name.replace("_", "-"): text for name, text in headers.items()}, b"")


def refused(pacer: Pacer, **headers: str) -> Place:
    """The place of a call that was refused."""
    return pacer.refuse(USERS, limited(**headers))


async def test_nobody_waits_at_first(caplog: pytest.LogCaptureFixture) -> None:
    """After a refusal there is a line for that operation, which is logged once."""
    caplog.set_level(logging.INFO, "privy_async")
    pacer = Pacer(Moved())
    assert (pacer.lines, pacer.enter(USERS), pacer.now()) == ({}, None, 100.0)
    first = refused(pacer)
    refused(pacer)
    assert list(pacer.lines) == ["POST /v1/users"]
    assert pacer.enter(OTHER) is None
    assert [each.getMessage() for each in caplog.records] == [
        "Privy limits POST /v1/users: its calls wait for their turn"
    ]
    place = pacer.enter(USERS)
    assert place is not None
    assert place.group == first.group == "POST /v1/users"
    for each in (first, place):
        assert (each.waited, each.turn_at, each.is_waiting, each.has_waited) == (
            0,
            None,
            False,
            False,
        )
    # Who was refused before anybody waited goes before those who came later.
    assert first._number < place._number < pacer.enter(USERS)._number  # type: ignore[union-attr]
    pacer.start_anew()
    assert pacer.lines == {}


async def test_how_long_a_place_waits() -> None:
    """Twice the longest advice that it follows: a minute, or ten in a bulk run."""
    pacer = Pacer(Moved())
    assert (refused(pacer).longest_advice, refused(pacer).patience) == (60.0, 120.0)
    with patiently():
        assert (refused(pacer).longest_advice, refused(pacer).patience) == (600.0, 1200.0)
    assert refused(pacer).longest_advice == 60.0


async def test_a_refusal_with_a_place_of_its_own() -> None:
    """The pause is as advised, with the spread that chance gives; the line stays."""
    pacer = Pacer(Moved())
    place = refused(pacer, retry_after="10")
    pace = pacer.lines["POST /v1/users"].pace
    assert pace.open_at == pytest.approx(100 + 10 * 1.05)
    assert (pace.used_up_at, pace.in_flight, place.was_in_vain) == (100.0, 0, True)
    pacer = Pacer(Moved())
    refused(pacer, x_ratelimit_reset="1800000020")
    assert pacer.lines["POST /v1/users"].pace.open_at == pytest.approx(100 + 20 * 1.05)


async def turn(pacer: Pacer, place: Place, clock: Moved) -> None:
    """Give a place its turn, when the pace allows it."""
    pace = pacer.lines["POST /v1/users"].pace
    clock.time = max(clock.time, pace.ready_at())
    assert await place.take_turn(inf)
    assert place.turn_at == clock.time


@pytest.mark.parametrize(
    ("outcome", "in_flight", "admitted"),
    [
        (FINE, 0, 1),
        (RawResponse(400, {}, b""), 0, 1),
        (NoResponse("x", sent=True), 0, 0),
        (None, 0, 0),
    ],
)
async def test_how_a_turn_ends(outcome: Any, in_flight: int, admitted: int) -> None:
    """Let through, whatever the answer was; lost; or given back. It ends once."""
    clock = Moved()
    pacer = Pacer(clock)
    place = refused(pacer)
    await turn(pacer, place, clock)
    pace = pacer.lines["POST /v1/users"].pace
    assert pace.in_flight == 1
    for _ in range(2):
        place.settle(outcome)
        assert (place.turn_at, pace.in_flight, pace.admitted) == (None, in_flight, admitted)
    assert "POST /v1/users" in pacer.lines


async def test_who_is_refused_in_vain() -> None:
    """Whoever is refused again while nobody else was let through; in a bulk run nobody."""
    clock = Moved()
    pacer = Pacer(clock)
    place, other = refused(pacer), refused(pacer)
    assert place.was_in_vain
    for progress in (False, True, False):
        if progress:
            await turn(pacer, other, clock)
            clock.time += 0.001
            other.settle(FINE)
        await turn(pacer, place, clock)
        clock.time += 0.001
        place.settle(limited())
        assert place.was_in_vain is not progress
    with patiently():
        patient = refused(pacer)
    await turn(pacer, patient, clock)
    patient.settle(limited())
    assert not patient.was_in_vain


async def test_a_line_that_is_over_is_gone() -> None:
    """Once its limit is, and nobody waits; a refusal keeps it, or brings it back."""
    clock = Moved()
    pacer = Pacer(clock)
    place = refused(pacer)
    line = pacer.lines["POST /v1/users"]
    await turn(pacer, place, clock)
    clock.time = 100.0 + 600.1
    place.settle(limited())
    assert pacer.lines == {"POST /v1/users": line}
    await turn(pacer, place, clock)
    clock.time += 600.1
    place.settle(FINE)
    assert pacer.lines == {}
    place.settle(limited())
    assert pacer.lines == {"POST /v1/users": line}


async def test_a_turn_that_cannot_come_in_time() -> None:
    """It is not waited for."""
    clock = Moved()
    pacer = Pacer(clock)
    place = refused(pacer, retry_after="60")
    for left in (0.0, 10.0, 62.9):
        assert not await place.take_turn(left)
        assert (place.turn_at, place.is_waiting, place.waited) == (None, False, 0.0)
    late = refused(pacer, retry_after="60")
    clock.time += 57.1
    pacer.lines["POST /v1/users"].pace.open_at = clock.time + 63
    assert not await late.take_turn(inf)
    pacer.lines["POST /v1/users"].pace.open_at = clock.time - 1
    pacer.lines["POST /v1/users"].pace.next_at = clock.time - 1
    assert await late.take_turn(inf)


async def test_those_who_wait_have_their_turns_in_order() -> None:
    """Whoever is cancelled makes way at once."""
    clock = Moved()
    pacer = Pacer(clock)
    refused(pacer)
    places = [pacer.enter(USERS) for _ in range(3)]
    tasks = [asyncio.create_task(each.take_turn(inf)) for each in places if each is not None]
    await asyncio.sleep(0)
    assert [each.is_waiting for each in places if each] == [True] * 3
    tasks[0].cancel()
    clock.time = pacer.lines["POST /v1/users"].pace.ready_at()
    await asyncio.wait(tasks[:1])
    await asyncio.wait(tasks[1:], timeout=5)
    assert [each.turn_at for each in places if each] == [None, clock.time, clock.time]
    assert [each.has_waited for each in places if each] == [True] * 3
    assert [each.waited > 0 for each in places if each] == [True] * 3


@pytest.mark.parametrize(
    ("due", "slept", "ahead"),
    [(101.0, 1.0, 1.0), (100.6, 1.0, 0.6), (100.5, 1.0, 0.0), (99.0, 1.0, 0.0)],
)
def test_a_clock_that_stood_still(due: float, slept: float, ahead: float) -> None:
    """What somebody slept meanwhile is made up for, if it is more than half of it."""
    pacer = Pacer(ReadClock(lambda: 100.0))
    pacer.pass_by(due, slept)
    assert pacer.now() == pytest.approx(100.0 + ahead)


def test_who_shares_a_pacer() -> None:
    """An app at an address, with the system's clock; with a clock of one's own nobody else."""
    own, another = Moved(), Moved()
    first = find_pacer("https://x", "app", Clock())
    assert find_pacer("https://x", "app", Clock()) is first
    assert find_pacer("https://y", "app", Clock()) is not first
    assert find_pacer("https://x", "other", Clock()) is not first
    mine = find_pacer("https://x", "app", own)
    assert mine is not first
    assert find_pacer("https://x", "app", own) is mine
    assert find_pacer("https://x", "app", another) is not mine


def test_what_was_learned_outlives_the_clients() -> None:
    """Of the real Privy; with a clock of its own, as in a test, nothing does."""
    for clock, outlives in ((Clock(), True), (Moved(), False)):
        pacer = find_pacer("https://kept", "app", clock)
        place = refused(pacer)
        known = id(pacer)
        del pacer, place
        gc.collect()
        found = find_pacer("https://kept", "app", clock)
        assert bool(found.lines) is outlives
        assert (id(found) == known) or not outlives
        found.start_anew()


def test_a_forked_child_begins_anew() -> None:
    """Its parent's lines are gone, and so is whoever held a lock."""
    clock = Moved()
    pacer = find_pacer("https://forked", "app", clock)
    refused(pacer)
    before, lock = pacer_module._lock, pacer.lock
    pacer_module._start_anew()
    assert pacer.lines == {}
    assert pacer_module._lock is not before
    assert pacer.lock is not lock
    assert find_pacer("https://forked", "app", clock) is pacer
