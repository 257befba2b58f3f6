"""The pace at which one operation may be asked for, as its refusals tell. Nothing here waits.

Privy documents limits by endpoint, such as 240 new users a minute, and neither how it counts nor
what it answers besides 429. So the limit is found out, by the rules of congestion control: those
who share a limit come to equal parts of it by increasing additively and decreasing
multiplicatively (Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion
avoidance in computer networks", 1989).

1. After the first refusal nothing is sent for a while, then two at a time, and slowly more (RFC
   5681, section 3.1). How many are let through until the next refusal measures the limit.
2. A refusal sets the rate by what was measured, as TCP Westwood+ does, and not to one half.
3. From there it grows as a cubic function (RFC 9438, section 4.2): fast back to where it was
   refused, slowly about there, and ever faster beyond, where the limit may have gone. It grows
   only while calls wait, since a rate that nobody asks for proves nothing (RFC 7661).
"""

from collections.abc import Mapping
from math import inf
from typing import Final

import attrs

from privy_async.errors import retry_after
from privy_async.sending.retry import LONGEST_WAIT

# Limits are counted by the second or the minute: after a second the former have room again.
_FIRST_PAUSE: Final = 1.0
_SHORTEST_FIRST_PAUSE: Final = 0.5
_LONGEST_GUESS: Final = 8.0
# Where few ask, few are let through: that is no limit, and nobody waits long for it.
_LOWEST: Final = 1 / _LONGEST_GUESS
_JITTER: Final = 0.05
# A request without an answer holds up those behind it no longer than this, in s.
_STALL: Final = 1.0
# The rate begins by so much below what was measured, and is back there after so many seconds,
# which are fewer as long as the measure is a rough one.
_DIP: Final = 0.05
_SPAN: Final = 8.0
_SPAN_OF_A_ROUGH_MEASURE: Final = 2.0
_LONGEST_SPAN: Final = 16.0
# How much a later measure counts, beside the rate at which it was refused.
_WEIGHT: Final = 0.25
# What is so many times a limit is none, and what was not seen for so many seconds may be gone.
_GONE: Final = 8.0
_STALE: Final = 600.0
_WIDE: Final = 64.0
_SHORTEST: Final = 1e-3
# A larger number of seconds is a Unix time.
_MOST_SECONDS: Final = 1e8


@attrs.frozen
class Advice:
    """A limit as a response tells it; None where it says nothing.

    Attributes:
        pause: Seconds after which to try again.
        remaining: How many more requests are let through before `reset`.
        reset: Seconds until there are more.
    """

    pause: float | None = None
    remaining: float | None = None
    reset: float | None = None


def read_advice(headers: Mapping[str, str], now: float) -> Advice:
    """Return what a response says about a limit.

    `Retry-After` is RFC 9110, section 10.2.3. The others are **assumed**, as Privy documents none:
    `RateLimit-Remaining` and `RateLimit-Reset`
    (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07), and both with
    `X-` before them, where the reset may be a Unix time in s.

    Args:
        headers: Those of the response; names are found in any case.
        now: The Unix time in s.
    """
    reset = _number(headers, "reset")
    if reset is not None and reset > _MOST_SECONDS:
        reset = max(0.0, reset - now)
    return Advice(retry_after(headers), _number(headers, "remaining"), reset)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(f"ratelimit-{name}") or headers.get(f"x-ratelimit-{name}") or ""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < inf else None


@attrs.define
class Pace:
    """The pace of one operation. Times are in s, of one clock that only goes forward.

    Attributes:
        used_up_at: When all that the limit allowed was used up.
        resumed_at: When the first request after that was let go.
        admitted: How many were let through since then.
        admitted_at: When the last one was.
        limit: Requests a second that are taken for the limit; infinite until it is measured.
        span: Seconds in which the rate grows back to the limit.
        busy: Seconds since the last refusal in which calls waited.
        failures: How many refusals followed each other, with nothing let through in between.
        open_at: When the pause after a refusal is over.
        next_at: When the rate allows the next request.
        reacted_at: When a refusal last had consequences.
        sent_at: When the last request was let go.
        in_flight: How many requests have no answer yet.
        window: How many of them there may be while the limit is not measured.
    """

    used_up_at: float
    resumed_at: float = inf
    admitted: int = 0
    admitted_at: float = -inf
    limit: float = inf
    span: float = _SPAN
    busy: float = 0.0
    failures: int = 0
    open_at: float = -inf
    next_at: float = -inf
    reacted_at: float = -inf
    sent_at: float = -inf
    in_flight: int = 0
    window: float = 2.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.limit * (1 + _DIP * (self.busy / self.span - 1) ** 3)

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return 1 / self.rate

    def ready_at(self) -> float:
        """Return when the next request may be sent."""
        ready = max(self.open_at, self.next_at)
        if self.limit == inf and self.in_flight >= int(self.window):
            ready = max(ready, self.sent_at + _STALL)
        return ready

    def send(self, now: float, *, waited: bool) -> None:
        """A request is let go, which may have waited for it."""
        interval = self.interval
        # One that comes late does not make all that follow late.
        self.next_at = max(self.next_at, now - interval) + interval
        if waited:
            self.busy += interval
        self.resumed_at = min(self.resumed_at, now)
        self.sent_at = now
        self.in_flight += 1

    def take_back(self) -> None:
        """A request that was let go is not sent after all."""
        self.in_flight -= 1
        self.next_at = max(self.open_at, self.next_at - self.interval)

    def lose(self) -> None:
        """A request got no answer, so that nobody knows whether it was let through."""
        self.in_flight -= 1

    def admit(self, now: float, advice: Advice) -> None:
        """A request was let through."""
        self.in_flight -= 1
        self.admitted += 1
        self.admitted_at = now
        self.failures = 0
        self.window += 0.5 / self.window
        if advice.remaining is not None and advice.reset and advice.remaining <= self.in_flight:
            self._close(now + min(advice.reset, LONGEST_WAIT))

    def refuse(self, now: float, advice: Advice, *, sent_at: float | None, jitter: float) -> None:
        """A request was refused.

        Args:
            now: When its answer came.
            advice: What the answer says.
            sent_at: When it was let go; None if nobody was held up then.
            jitter: A number from 0 to 1, which spreads processes that were refused together.
        """
        if sent_at is not None:
            self.in_flight -= 1
        advised = min(advice.pause or advice.reset or 0.0, LONGEST_WAIT)
        if self.reacted_at > (-inf if sent_at is None else sent_at):
            # It was on its way when another one's refusal had its consequences.
            self._close(now + advised)
            return
        if sent_at is not None:
            self._learn(now)
        self.reacted_at = now
        self._close(now + self._pause(advised) * (1 + _JITTER * jitter))

    def _learn(self, now: float) -> None:
        if self.admitted == 0:
            self.failures += 1
        elif self.limit == inf:
            self._measure(now)
        else:
            measured = self.admitted / max(now - self.used_up_at, _SHORTEST)
            self.limit = max(_LOWEST, _WEIGHT * measured + (1 - _WEIGHT) * self.rate)
            self.span = min(_LONGEST_SPAN, 2 * self.span)
        if self.admitted:
            self.used_up_at, self.resumed_at, self.admitted, self.busy = now, inf, 0, 0.0

    def _measure(self, now: float) -> None:
        """Take what was let through since the first refusal for the measure of the limit."""
        pause, rest = self.resumed_at - self.used_up_at, now - self.resumed_at
        # A window of time was filled anew in the longer of them. In a bucket both brought tokens,
        # but those that came in the next pause make up for a rate that is too high.
        self.limit = max(_LOWEST, self.admitted / max(pause, rest, _SHORTEST))
        self.span = _SPAN if rest < pause / 4 else _SPAN_OF_A_ROUGH_MEASURE

    def _pause(self, advised: float) -> float:
        if self.failures:
            guess = min(_LONGEST_GUESS, _FIRST_PAUSE * 2.0 ** (self.failures - 1))
            return max(advised, guess)
        if self.limit == inf:
            return max(advised, _SHORTEST_FIRST_PAUSE) if advised else _FIRST_PAUSE
        return advised or min(_FIRST_PAUSE, 2 * self.interval)

    def _close(self, until: float) -> None:
        self.open_at = max(self.open_at, until)
        self.next_at = max(self.next_at, self.open_at)

    def is_over(self, now: float) -> bool:
        """True if there is no reason any more to hold anybody up."""
        gone = self.window > _WIDE if self.limit == inf else self.rate > _GONE * self.limit
        return gone or now - self.reacted_at > _STALE
