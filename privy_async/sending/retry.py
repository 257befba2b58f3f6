"""Decides from what came of a call so far: was it executed, may it be sent again, and when.

Nothing here waits. Money moves once: a request is sent again only if that cannot execute it twice.
"""

from collections.abc import Iterable
from typing import Final

from privy_async.errors import retry_after
from privy_async.sending.call import Call
from privy_async.sending.outcome import NoResponse, Outcome, RawResponse

LONGEST_WAIT: Final = 60.0
"""The longest Retry-After in s that the SDK waits for by itself; a longer one is the caller's."""
IN_FLIGHT_LIMIT: Final = 12
"""The number of times that the outcome of a request still in flight at Privy is asked for."""
# Statuses that send the client elsewhere before anything is done (RFC 9110, section 15.4).
_REDIRECTS: Final = (301, 302, 307, 308)


def retry_delay(
    call: Call, outcome: Outcome, *, retry: int, max_retries: int, jitter: float
) -> float | None:
    """Return the seconds to wait before sending again, or None to end here.

    Args:
        call: What was sent.
        outcome: What came of it.
        retry: How many times it was sent again already.
        max_retries: How many times it may be.
        jitter: A random number from 0 to 1, which spreads clients that failed together.
    """
    limit = max_retries and IN_FLIGHT_LIMIT if is_in_flight(outcome) else max_retries
    if retry >= limit or not is_transient(outcome):
        return None
    if not (call.idempotent or is_refusal(call, outcome)):
        return None
    advised = retry_after(outcome.headers) if isinstance(outcome, RawResponse) else None
    if advised is None:
        return _backoff(retry, jitter)
    return advised if advised <= LONGEST_WAIT else None


def is_for_now(call: Call, refusal: RawResponse, longest: float) -> bool:
    """True if a call that was refused for its rate may ask again when it is its turn.

    Args:
        call: What was sent.
        refusal: The answer, a 429.
        longest: The longest Retry-After in s that is waited for.
    """
    advised = retry_after(refusal.headers) or 0.0
    return advised <= longest and (call.idempotent or is_refusal(call, refusal))


def may_be_lost(call: Call, *, retry: int, max_retries: int) -> bool:
    """True if a request is sent again should nothing come back, so that any connection will do.

    One that was idle for long may be dead without a word. What is sent again takes no second one
    such, for where one is dead others may be, too.
    """
    return retry == 0 < max_retries and call.idempotent


def _backoff(retry: int, jitter: float) -> float:
    """Return 0.5 s, doubled with each retry up to 8 s, less up to a quarter of it."""
    return float(min(8.0, 0.5 * 2**retry) * (1 - 0.25 * jitter))


def may_have_happened(call: Call, outcomes: Iterable[Outcome]) -> bool:
    """True if one of a failed call's attempts may have been executed, and that matters."""
    return not call.safe and not all(is_refusal(call, outcome) for outcome in outcomes)


def is_refusal(call: Call, outcome: Outcome) -> bool:
    """True if it is certain that this attempt was not executed."""
    if isinstance(outcome, NoResponse):
        return not outcome.sent
    if outcome.doubtful:
        return False
    if outcome.status == 409:
        # With a key it can be about an earlier attempt that was or is being executed.
        return call.idempotency_key is None and not is_in_flight(outcome)
    return outcome.status in _REDIRECTS or (400 <= outcome.status < 500 and outcome.status != 408)


def is_in_flight(outcome: Outcome) -> bool:
    """True if an earlier attempt with the same idempotency key is still running at Privy."""
    # Privy has no code for it, only the text "Previous request with matching idempotency key is
    # still in progress".
    return (
        isinstance(outcome, RawResponse)
        and outcome.status == 409
        and b"in progress" in outcome.body.lower()
    )


def is_transient(outcome: Outcome) -> bool:
    """True if the same request may well succeed a little later."""
    if isinstance(outcome, NoResponse):
        return not outcome.closed and not outcome.unreadable
    if is_in_flight(outcome):
        return True
    return outcome.status in (408, 425, 429) or 500 <= outcome.status < 600
