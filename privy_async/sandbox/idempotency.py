"""Idempotency keys: the same key and body get the stored answer, and nothing happens twice.

Source: https://docs.privy.io/api-reference/idempotency-keys
"""

from collections.abc import Callable, Hashable
from typing import Final

import attrs

from privy_async.sandbox.messages import Answer
from privy_async.sandbox.refusal import Refusal

IDEMPOTENCY_HEADER: Final = "privy-idempotency-key"
LIFETIME: Final = 24 * 60 * 60.0
MAX_LENGTH: Final = 256

OTHER_BODY: Final = (
    "Idempotency key was reused for a request with a new body. "
    "Please create a new idempotency key for the request."
)
IN_PROGRESS: Final = "Previous request with matching idempotency key is still in progress"


@attrs.frozen
class _Use:
    body: bytes
    started_at: float
    answer: Answer | None = None


class IdempotencyStore:
    """What each key was used for in the last 24 hours.

    Args:
        clock: Returns Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._uses: dict[Hashable, _Use] = {}

    def begin(self, use: Hashable, body: bytes) -> Answer | None:
        """Return the answer to replay, or None: then the key is taken until `finish` or `forget`.

        Args:
            use: The operation's method and path with the key.
            body: The canonical body.

        Raises:
            Refusal: 400 if the key was used with another body; 409 if its request still runs.
        """
        self._drop_expired()
        known = self._uses.get(use)
        if known is None:
            self._uses[use] = _Use(body, self._clock())
            return None
        if known.body != body:
            raise Refusal(400, OTHER_BODY, "invalid_data")
        if known.answer is None:
            raise Refusal(409, IN_PROGRESS)
        return known.answer

    def finish(self, use: Hashable, answer: Answer) -> None:
        """Store the answer of a request that was begun."""
        if use in self._uses:
            self._uses[use] = attrs.evolve(self._uses[use], answer=answer)

    def forget(self, use: Hashable) -> None:
        """Free the key of a request that came to nothing."""
        self._uses.pop(use, None)

    def _drop_expired(self) -> None:
        expired_at = self._clock() - LIFETIME
        while self._uses:
            oldest = next(iter(self._uses))  # the order of insertion is the order of age
            if self._uses[oldest].started_at > expired_at:
                break
            del self._uses[oldest]


def key_of(header: str | None) -> str | None:
    """Check the header's value; None if the request has none.

    Raises:
        Refusal: 400 if it is empty or longer than 256 characters.
    """
    if header is not None and not 1 <= len(header) <= MAX_LENGTH:
        problem = f"`{IDEMPOTENCY_HEADER}` must be 1 to {MAX_LENGTH} characters long"
        raise Refusal(400, problem, "invalid_data")
    return header
