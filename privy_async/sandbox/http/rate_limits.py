"""Limits on how often an operation may be asked for."""

from collections import deque
from collections.abc import Mapping
from math import ceil
from typing import Final

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.operations import ROUTES
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.requests.refusal import Refusal

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_MESSAGE: Final = "Too many requests"


@attrs.frozen
class _Limit:
    """So many requests in any so many seconds, and when the last of them came."""

    most: int
    seconds: int
    times: deque[float] = attrs.field(factory=deque[float])

    def take(self, now: float) -> float | None:
        """Count a request; None if it may pass, else the seconds until one may."""
        if self.times and self.times[-1] > now:
            self.times.clear()  # The clock was set back.
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        if len(self.times) >= self.most:
            return self.times[0] + self.seconds - now
        self.times.append(now)
        return None


class RateLimits:
    """The limits of an app, by operation.

    Args:
        limits: For names such as "POST /v1/users" how many requests a second are let through, or a
            text such as "240/minute".
        retry_after: Whether refusals say after how many seconds to ask again.
        clock: What the time is read from.

    Raises:
        ValueError: If there is no such operation, or its limit is none.
    """

    def __init__(
        self, limits: Mapping[str, int | str], *, retry_after: bool, clock: SandboxClock
    ) -> None:
        unknown = set(limits) - {_name(route) for route in ROUTES}
        if unknown:
            raise ValueError(f"rate_limits: there is no operation {min(unknown)!r}")
        self._limits = {name: _read(limit) for name, limit in limits.items()}
        self._retry_after = retry_after
        self._clock = clock

    def check(self, route: Route) -> None:
        """Count a request.

        Raises:
            Refusal: 429 if there were too many.
        """
        limit = self._limits.get(_name(route)) if self._limits else None
        wait = None if limit is None else limit.take(self._clock.now())
        if wait is not None:
            advice = {"Retry-After": str(ceil(wait))} if self._retry_after else {}
            raise Refusal(429, _MESSAGE, headers=advice)


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"


def _read(limit: object) -> _Limit:
    most, _, unit = str(limit).partition("/")
    seconds = _SECONDS.get(unit or "second")
    if isinstance(limit, bool) or not most.isdecimal() or int(most) < 1 or seconds is None:
        raise ValueError(f'rate_limits: expected a number a second, or "240/minute", not {limit!r}')
    return _Limit(int(most), seconds)
