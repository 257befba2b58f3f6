"""What web apps of every framework do alike with a request."""

from collections.abc import Mapping
from typing import Final

from privy_async.checks import check_user_jwt
from privy_async.errors import InvalidArgumentError, InvalidTokenError
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.signing.secret import hides_arguments
from privy_async.verification.webhooks import Webhooks

MFA_TOKEN_HEADER: Final = "privy-mfa-token"
"""With what `users.mfa` gave it, the app's page repeats in here what was refused for want of it."""
LONGEST_WEBHOOK: Final = 1024 * 1024
"""In bytes. Anyone can post to a webhook's address, so what is read has an end."""


DEADLINE: Final = 25.0
"""Seconds for a whole call in a web app's client: servers kill a request that takes 30."""


@hides_arguments
def bearer_token(authorization: str | None) -> str:
    """The token of a request's `Authorization` header (RFC 6750, section 2.1).

    Raises:
        InvalidTokenError: There is none, or it is no JWT.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidTokenError("the request has no bearer token", reason="missing")
    try:
        return check_user_jwt(token.strip())
    except InvalidArgumentError:
        raise InvalidTokenError("the bearer token is no JWT", reason="malformed") from None


def mfa_token(headers: Mapping[str, str]) -> str | None:
    """The MFA token that a request brings along, if it does."""
    return headers.get(MFA_TOKEN_HEADER) or None


def read_webhook(webhooks: Webhooks, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
    """Check a delivery. That there is no secret to check it with is no fault of the sender's.

    Raises:
        InvalidWebhookError: It is refused.
        RuntimeError: The client's `webhook_signing_secret` is missing, or none.
    """
    try:
        return webhooks.verify(body, headers)
    except InvalidArgumentError as error:
        raise RuntimeError(f"no webhook can be checked: {error}") from None
