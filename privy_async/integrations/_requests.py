"""Steps that web apps of every framework do alike with a request."""

from collections.abc import Mapping
from typing import Final

from privy_async.checks import check_user_jwt
from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError, InvalidTokenError
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.signing.secret import hides_arguments
from privy_async.user_keys.token_hint import foreign_issuer
from privy_async.verification.tokens import AccessToken
from privy_async.verification.webhooks import Webhooks

MFA_TOKEN_HEADER: Final = "privy-mfa-token"
"""With what `users.mfa` gave it, the app's page repeats in here what was refused for want of it."""
LONGEST_WEBHOOK: Final = 1024 * 1024
"""In bytes. Anyone can post to a webhook's address, so what is read has an end."""


_OWN_LOGIN: Final = (
    "Privy's own access tokens are checked here: with a login of your own, check it yourself, and "
    'use for_user(user_jwt); in FastAPI client_for(...), in Django PRIVY["USER_JWT"].'
)
DEADLINE: Final = 25.0
"""Seconds for a whole call in a web app's client: servers kill a request that takes 30."""


TOKEN_COOKIE: Final = "privy-token"
"""The cookie of Privy's page with the access token, if the app's domain is set in the Dashboard.

Source: https://docs.privy.io/authentication/user-authentication/access-tokens
"""


@hides_arguments
def bearer_token(authorization: str | None, cookie: str | None = None) -> str:
    """The token of a request's `Authorization` header (RFC 6750, section 2.1), else of a cookie.

    Raises:
        InvalidTokenError: There is none, or it is no JWT.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        if not cookie:
            raise InvalidTokenError("the request has no bearer token", reason="missing")
        token = cookie
    try:
        return check_user_jwt(token.strip())
    except InvalidArgumentError:
        raise InvalidTokenError("the bearer token is no JWT", reason="malformed") from None


@hides_arguments
async def check_access_token(privy: PrivyClient, token: str) -> AccessToken:
    """Return the claims of an access token.

    Raises:
        InvalidTokenError: It is refused.
        APIError: Privy's keys cannot be fetched.
    """
    try:
        return await privy.tokens.verify_access_token(token)
    except InvalidTokenError as error:
        raise explained(error, token) from None


@hides_arguments
def explained(error: InvalidTokenError, token: str) -> InvalidTokenError:
    """Return the error; for a token of a login of the app's own, with what to do instead."""
    fault = foreign_issuer(token)
    if not fault:
        return error
    return InvalidTokenError(f"{error.message}\n{fault} {_OWN_LOGIN}", reason=error.reason)


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
