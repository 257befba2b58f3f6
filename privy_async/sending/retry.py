"""Whether to send a request again, and when. Nothing here waits.

Money moves once: a request is repeated only if that cannot execute it twice.
"""

from typing import Final

from privy_async.errors import retry_after
from privy_async.sending.answer import Answer, NoAnswer
from privy_async.sending.call import Call

LONGEST_WAIT: Final = 60.0
"""The longest Retry-After in s that the SDK waits for by itself; a longer one is the caller's."""
IN_PROGRESS_LIMIT: Final = 12
"""How often the outcome of a request that is still running at Privy is asked for."""


def retry_delay(
    call: Call, outcome: Answer | NoAnswer, *, retry: int, max_retries: int, jitter: float
) -> float | None:
    """Return the seconds to wait before sending again, or None to end here.

    Args:
        call: What was sent.
        outcome: What came of it.
        retry: How many times it was sent again already.
        max_retries: How many times it may be.
        jitter: A random number from 0 to 1, which spreads clients that failed together.
    """
    limit = max_retries and IN_PROGRESS_LIMIT if is_in_progress(outcome) else max_retries
    if retry >= limit or not _is_passing(outcome):
        return None
    if may_have_executed(outcome) and not call.repeatable:
        return None
    advised = retry_after(outcome.headers) if isinstance(outcome, Answer) else None
    if advised is None:
        return float(min(8.0, 0.5 * 2**retry) * (1 - 0.25 * jitter))
    return advised if advised <= LONGEST_WAIT else None


def may_have_executed(outcome: Answer | NoAnswer) -> bool:
    """Whether an attempt may have been executed although it brought no success."""
    if isinstance(outcome, NoAnswer):
        return outcome.sent
    return outcome.status == 408 or outcome.status >= 500 or is_in_progress(outcome)


def is_in_progress(outcome: Answer | NoAnswer) -> bool:
    """Whether an earlier attempt with the same idempotency key is still running at Privy."""
    # Privy has no code for it, only the text "Previous request with matching idempotency key is
    # still in progress".
    return (
        isinstance(outcome, Answer)
        and outcome.status == 409
        and b"in progress" in outcome.body.lower()
    )


def _is_passing(outcome: Answer | NoAnswer) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(outcome, NoAnswer):
        return not outcome.closed
    if is_in_progress(outcome):
        return True
    return outcome.status in (408, 425, 429) or outcome.status >= 500
