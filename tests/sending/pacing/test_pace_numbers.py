"""The numbers of the pace, rule by rule: when each request may go, and what a refusal changes."""

from math import inf

import attrs
import pytest

from privy_async.sending.pace import Advice, Pace, read_advice

NONE = Advice()


def refuse(pace: Pace, now: float, *, sent_at: float | None, jitter: float = 0.0) -> None:
    """A refusal without advice."""
    pace.refuse(now, NONE, sent_at=sent_at, jitter=jitter)


def measured(limit: float, **fields: float) -> Pace:
    """A pace whose limit is known, at 100 s."""
    pace = Pace(90.0)
    pace.limit, pace.used_up_at, pace.resumed_at = limit, 90.0, 92.0
    for name, value in fields.items():
        setattr(pace, name, value)
    return pace


def test_what_a_pace_begins_with() -> None:
    """Nothing is known, and nothing holds anybody up."""
    pace = Pace(5.0)
    assert pace == Pace(
        5.0,
        resumed_at=inf,
        admitted=0,
        admitted_at=-inf,
        limit=inf,
        span=8.0,
        busy=0.0,
        failures=0,
        open_at=-inf,
        next_at=-inf,
        reacted_at=-inf,
        sent_at=-inf,
        in_flight=0,
        window=2.0,
    )
    assert pace.ready_at() == -inf
    assert (pace.rate, pace.interval) == (inf, 0.0)


@pytest.mark.parametrize(
    ("busy", "rate"),
    [(0.0, 9.5), (4.0, 9.9375), (8.0, 10.0), (16.0, 10.5), (24.0, 14.0), (40.0, 42.0)],
)
def test_the_rate_grows_as_a_cube(busy: float, rate: float) -> None:
    """It begins a twentieth below the limit, is back there after the span, and goes beyond."""
    assert measured(10.0, busy=busy).rate == pytest.approx(rate)
    assert measured(10.0, busy=busy / 2, span=4.0).rate == pytest.approx(rate)
    assert measured(10.0, busy=busy).interval == pytest.approx(1 / rate)


def test_the_next_request_goes_an_interval_later() -> None:
    """One that comes late makes no gap, and does not make all that follow late."""
    pace = measured(10.0, busy=8.0)
    pace.send(100.0, waited=False)
    assert pace.ready_at() == pytest.approx(100.0)
    pace.send(100.0, waited=False)
    assert pace.ready_at() == pytest.approx(100.1)
    pace.send(100.05, waited=False)
    assert pace.ready_at() == pytest.approx(100.2)
    pace.send(100.25, waited=False)
    assert pace.ready_at() == pytest.approx(100.3)
    assert (pace.in_flight, pace.sent_at, pace.busy) == (4, 100.25, 8.0)


def test_only_time_in_which_calls_wait_makes_the_rate_grow() -> None:
    """By the interval of each that has waited."""
    pace = measured(10.0)
    pace.send(100.0, waited=False)
    assert pace.busy == 0.0
    pace.send(101.0, waited=True)
    assert pace.busy == pytest.approx(1 / 9.5)
    before = pace.busy
    pace.send(102.0, waited=True)
    assert pace.busy == pytest.approx(before + measured(10.0, busy=before).interval)


def test_the_first_request_after_a_pause_is_remembered() -> None:
    """And not those behind it."""
    pace = measured(10.0, resumed_at=inf)
    for now in (100.0, 101.0, 102.0):
        pace.send(now, waited=True)
    assert (pace.resumed_at, pace.sent_at) == (100.0, 102.0)


def test_how_many_are_on_their_way_while_nothing_is_known() -> None:
    """Two, and more with each that is let through; one that is stuck holds up the others 1 s."""
    pace = Pace(0.0)
    pace.send(1.0, waited=True)
    assert pace.ready_at() <= 1.0
    pace.send(1.5, waited=True)
    assert pace.ready_at() == 2.5
    pace.admit(1.6, NONE)
    assert pace.window == pytest.approx(2.25)
    assert (pace.in_flight, pace.ready_at() <= 1.6) == (1, True)
    pace.send(1.7, waited=True)
    assert pace.ready_at() == pytest.approx(2.7)
    for _ in range(4):
        pace.admit(2.0, NONE)
    assert 3.0 < pace.window < 3.2
    assert (pace.admitted, pace.admitted_at, pace.failures) == (5, 2.0, 0)
    known = measured(10.0, in_flight=50)
    assert known.ready_at() == -inf


def test_requests_that_bring_no_answer() -> None:
    """One that is taken back gives its turn to the next; one that is lost leaves it used."""
    pace = measured(10.0, busy=8.0)
    pace.send(100.0, waited=False)
    pace.send(100.0, waited=False)
    pace.lose()
    assert (pace.in_flight, pace.ready_at()) == (1, pytest.approx(100.1))
    pace.take_back()
    assert (pace.in_flight, pace.ready_at()) == (0, pytest.approx(100.0))
    pace.open_at = 100.05
    pace.take_back()
    assert pace.next_at == 100.05


@pytest.mark.parametrize(
    ("advice", "in_flight", "ready"),
    [
        (Advice(remaining=0.0, reset=5.0), 0, 105.0),
        (Advice(remaining=2.0, reset=5.0), 2, 105.0),
        (Advice(remaining=3.0, reset=5.0), 2, -inf),
        (Advice(remaining=0.0, reset=600.0), 0, 160.0),
        (Advice(remaining=0.0, reset=0.0), 0, -inf),
        (Advice(remaining=0.0), 0, -inf),
        (Advice(reset=5.0), 0, -inf),
    ],
)
def test_what_is_left_of_a_limit(advice: Advice, in_flight: int, ready: float) -> None:
    """Where those on their way use it up, the next one waits for more, a minute at most."""
    pace = measured(10.0, in_flight=in_flight + 1)
    pace.admit(100.0, advice)
    assert (pace.ready_at(), pace.in_flight) == (ready, in_flight)


@pytest.mark.parametrize(
    ("advice", "jitter", "pause"),
    [
        (NONE, 0.0, 1.0),
        (NONE, 1.0, 1.05),
        (NONE, 0.5, 1.025),
        (Advice(pause=0.5), 0.0, 0.5),
        (Advice(pause=0.4), 0.0, 0.5),
        (Advice(pause=0.6), 1.0, 0.63),
        (Advice(pause=60.0), 0.0, 60.0),
        (Advice(pause=61.0), 0.0, 60.0),
        (Advice(pause=0.0, reset=3.0), 0.0, 3.0),
        (Advice(remaining=0.0), 0.0, 1.0),
    ],
)
def test_the_pause_while_nothing_is_known(advice: Advice, jitter: float, pause: float) -> None:
    """As advised, half a second at least; a second without advice; spread by a twentieth."""
    pace = Pace(10.0)
    pace.refuse(10.0, advice, sent_at=None, jitter=jitter)
    assert pace.ready_at() == pytest.approx(10.0 + pause)
    assert (pace.in_flight, pace.failures, pace.reacted_at) == (0, 0, 10.0)


@pytest.mark.parametrize(
    ("advice", "pauses"),
    [
        (NONE, [1, 2, 4, 8, 8]),
        (Advice(pause=3.0), [3, 3, 4, 8, 8]),
        (Advice(pause=20.0), [20] * 5),
    ],
)
def test_pauses_of_whoever_is_refused_in_vain(advice: Advice, pauses: list[float]) -> None:
    """They double up to 8 s, or are as long as advised if that is longer."""
    pace, now = Pace(0.0), 0.0
    for number, pause in enumerate(pauses, start=1):
        pace.send(now, waited=True)
        pace.refuse(now, advice, sent_at=now, jitter=0.0)
        assert pace.failures == number
        assert pace.ready_at() == now + pause
        now = pace.ready_at()
    pace.send(now, waited=True)
    pace.admit(now, NONE)
    assert (pace.failures, pace.in_flight) == (0, 0)


@pytest.mark.parametrize(
    ("resumed", "refused", "limit", "span"),
    [
        # The pause was longer than what followed it: a window of time was filled anew.
        (14.0, 14.9, 3.0, 8.0),
        (14.0, 14.99, 3.0, 8.0),
        (14.0, 15.0, 3.0, 2.0),
        (14.0, 18.0, 3.0, 2.0),
        (14.0, 20.0, 2.0, 2.0),
        (10.0, 10.0, 12_000.0, 2.0),
    ],
)
def test_a_limit_is_measured(resumed: float, refused: float, limit: float, span: float) -> None:
    """By what was let through, in the longer of the pause and the time behind it."""
    pace = Pace(10.0)
    for number in range(12):
        pace.send(resumed + number * 1e-9, waited=True)
        pace.admit(resumed, NONE)
    pace.send(refused, waited=True)
    refuse(pace, refused, sent_at=refused)
    assert pace.limit == pytest.approx(limit)
    assert pace.span == span
    assert attrs.astuple(pace)[:5] == (refused, inf, 0, resumed, pace.limit)
    assert (pace.busy, pace.failures, pace.in_flight) == (0.0, 0, 0)


def test_a_later_measure_counts_a_quarter() -> None:
    """Beside the rate at which it was refused; the way back takes twice as long, 16 s at most."""
    pace = measured(10.0, busy=16.0, admitted=40)
    pace.send(100.0, waited=False)
    refuse(pace, 100.0, sent_at=100.0)
    assert pace.limit == pytest.approx(0.25 * 4.0 + 0.75 * 10.5)
    assert (pace.span, pace.busy, pace.admitted, pace.used_up_at) == (16.0, 0.0, 0, 100.0)
    pace.admitted = 10
    pace.send(105.0, waited=False)
    refuse(pace, 105.0, sent_at=105.0)
    assert pace.span == 16.0
    fast = measured(10.0, busy=8.0, admitted=5, used_up_at=100.0, span=2.0)
    fast.send(100.0, waited=False)
    refuse(fast, 100.0, sent_at=100.0)
    assert fast.limit == pytest.approx(0.25 * 5000 + 0.75 * fast_rate(2.0))
    assert fast.span == 4.0


def fast_rate(span: float) -> float:
    """The rate of ten a second after 8 s in which calls waited."""
    return measured(10.0, busy=8.0, span=span).rate


@pytest.mark.parametrize(
    ("limit", "advice", "pause"),
    [
        (10.0, NONE, 2 / 9.5),
        (1.0, NONE, 1.0),
        (10.0, Advice(pause=0.1), 0.1),
        (10.0, Advice(pause=7.0), 7.0),
    ],
)
def test_the_pause_of_a_known_limit(limit: float, advice: Advice, pause: float) -> None:
    """Two intervals, a second at most; or what is advised."""
    pace = measured(limit, admitted=1)
    pace.refuse(100.0, advice, sent_at=None, jitter=0.0)
    assert pace.ready_at() == pytest.approx(100.0 + pause)


def test_those_that_were_on_their_way_change_nothing() -> None:
    """A refusal counts once; of one that was sent before it only the advice does."""
    pace = measured(10.0, admitted=4)
    for _ in range(3):
        pace.send(100.0, waited=False)
    refuse(pace, 100.5, sent_at=100.0)
    after = attrs.evolve(pace)
    pace.refuse(100.6, Advice(pause=0.01), sent_at=100.0, jitter=1.0)
    assert pace == attrs.evolve(after, in_flight=1)
    pace.refuse(100.6, Advice(pause=5.0), sent_at=100.5, jitter=1.0)
    assert pace.reacted_at == 100.6
    again = attrs.evolve(after)
    again.refuse(100.6, Advice(pause=5.0), sent_at=100.4, jitter=1.0)
    assert (again.reacted_at, again.ready_at()) == (100.5, 105.6)


@pytest.mark.parametrize(
    ("fields", "now", "over"),
    [
        ({"limit": inf, "window": 64.0, "reacted_at": 100.0}, 100.0, False),
        ({"limit": inf, "window": 64.1, "reacted_at": 100.0}, 100.0, True),
        ({"reacted_at": 100.0}, 700.0, False),
        ({"reacted_at": 100.0}, 700.1, True),
        ({"reacted_at": 100.0, "window": 65.0}, 100.0, False),
        ({"reacted_at": 100.0, "busy": 49.5}, 100.0, False),
        ({"reacted_at": 100.0, "busy": 49.6}, 100.0, True),
    ],
)
def test_when_a_limit_is_gone(fields: dict[str, float], now: float, over: bool) -> None:
    """At eight times its rate, with more than 64 on their way, or ten minutes after a refusal."""
    pace = measured(10.0)
    for name, value in fields.items():
        setattr(pace, name, value)
    assert pace.is_over(now) == over


@pytest.mark.parametrize(
    ("headers", "advice"),
    [
        ({"x-ratelimit-reset": "1e8"}, Advice(reset=1e8)),
        ({"x-ratelimit-reset": "1e9"}, Advice(reset=9e8)),
        ({"ratelimit-reset": "0", "x-ratelimit-reset": "5"}, Advice(reset=0.0)),
        ({"ratelimit-reset": "", "x-ratelimit-reset": "5"}, Advice(reset=5.0)),
        ({"ratelimit-remaining": "0"}, Advice(remaining=0.0)),
        ({"ratelimit-remaining": "-0.5"}, Advice()),
        ({"retry-after": "4", "ratelimit-remaining": "2", "ratelimit-reset": "3"}, Advice(4, 2, 3)),
    ],
)
def test_numbers_in_headers(headers: dict[str, str], advice: Advice) -> None:
    """Up to a hundred million they are seconds, beyond that a Unix time."""
    assert read_advice(headers, 1e8) == advice
