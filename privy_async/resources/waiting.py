"""Waiting for what Privy does in the background: looks again and again, ever less often."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from privy_async.checks import check_seconds
from privy_async.clock import Clock
from privy_async.errors import WaitTimeoutError
from privy_async.values import Value

V = TypeVar("V", bound=Value)


async def poll(
    fetch: Callable[[], Awaitable[V]],
    *,
    done: Callable[[V], bool],
    timeout: float,
    clock: Clock,
) -> V:
    """Fetch a value until it is done; `done` may raise a FailedError to end the wait.

    Args:
        fetch: Asks once. What it raises ends the wait.
        done: Whether the value is final.
        timeout: Seconds for all of it, a request that is on its way included.
        clock: Spreads those that began together.

    Raises:
        WaitTimeoutError: It was not done in time.
    """
    seconds = check_seconds("timeout", timeout)
    limit = asyncio.timeout(seconds)
    value: V | None = None
    attempt = 0
    try:
        async with limit:
            while True:
                value = await fetch()
                if done(value):
                    return value
                await asyncio.sleep(next_delay(attempt, jitter=clock.random()))
                attempt += 1
    except TimeoutError:
        if not limit.expired():
            raise
    status = getattr(value, "status", "unknown")
    message = f"it has not ended after {seconds:g} s; its last status is {status!r}"
    raise WaitTimeoutError(message, value)


def next_delay(attempt: int, *, jitter: float) -> float:
    """The seconds to wait after so many looks: from 0.5 to 5, less a quarter of it times `jitter`.

    `jitter` is a random number from 0 to 1, which spreads those that began together.
    """
    return float(min(5.0, 0.5 * 1.5 ** min(attempt, 10)) * (1 - 0.25 * jitter))
