"""Idempotency keys: the same key and body get the stored answer, and nothing happens twice.

Source: https://docs.privy.io/api-reference/idempotency-keys
"""

from hashlib import sha256
from typing import Final

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.records.idempotent_uses import StartedUse, Use
from privy_async.sandbox.requests.http_messages import HttpResponse
from privy_async.sandbox.requests.refusal import Refusal

IDEMPOTENCY_HEADER: Final = "privy-idempotency-key"
LIFETIME: Final = 24 * 60 * 60.0
MAX_LENGTH: Final = 256

OTHER_BODY: Final = (
    "Idempotency key was reused for a request with a new body. "
    "Please create a new idempotency key for the request."
)
IN_PROGRESS: Final = "Previous request with matching idempotency key is still in progress"


class IdempotencyStore:
    """The uses of each key in the last 24 hours.

    Args:
        uses: Where they are kept, oldest first.
    """

    def __init__(self, clock: SandboxClock, uses: dict[Use, StartedUse]) -> None:
        self._clock = clock
        self._uses = uses

    def begin(self, use: Use, body: bytes) -> HttpResponse | None:
        """Return the answer to replay, or None: then the key is taken until `finish` or `forget`.

        Args:
            body: The canonical body.

        Raises:
            Refusal: 400 if the key was used with another body; 409 if its request still runs.
        """
        self._drop_expired()
        known, body_hash = self._uses.get(use), sha256(body).digest()
        if known is None:
            self._uses[use] = StartedUse(body_hash, self._clock.now())
            return None
        if known.body_hash != body_hash:
            raise Refusal(400, OTHER_BODY, "invalid_data")
        if known.response is None:
            raise Refusal(409, IN_PROGRESS)
        return known.response

    def finish(self, use: Use, response: HttpResponse) -> None:
        """Store the answer of a request that was begun."""
        if use in self._uses:
            self._uses[use] = attrs.evolve(self._uses[use], response=response)

    def forget(self, use: Use) -> None:
        """Free the key of a request that came to nothing."""
        self._uses.pop(use, None)

    def _drop_expired(self) -> None:
        expired_at = self._clock.now() - LIFETIME
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
