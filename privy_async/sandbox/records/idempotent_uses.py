"""The requests that idempotency keys were used for."""

import attrs

from privy_async.sandbox.requests.http_messages import HttpResponse

Use = tuple[str, str, str]
"""The request a key is used for: method, path and the key."""


@attrs.frozen
class StartedUse:
    """A request with a key.

    Attributes:
        body_hash: The SHA-256 of the canonical body.
        started_at: Unix time in seconds.
        response: None while it runs.
    """

    body_hash: bytes
    started_at: float
    response: HttpResponse | None = None
