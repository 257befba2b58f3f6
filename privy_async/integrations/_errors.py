"""What a web app answers when a call of the SDK fails: one table for all frameworks.

The user of the app learns what to do next, and nothing of what Privy said: its messages, the
addresses asked and the ids of requests go to the log, never to the response.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import attrs

from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecryptionError,
    FailedError,
    InternalServerError,
    InvalidArgumentError,
    InvalidTokenError,
    InvalidWebhookError,
    NotFoundError,
    PermissionDeniedError,
    PolicyViolationError,
    PrivyError,
    RateLimitError,
    SigningError,
    WaitTimeoutError,
)

_log = logging.getLogger("privy_async.integrations")


class _Row(NamedTuple):
    status: int
    error: str
    detail: str


_LOG_IN: Final = _Row(401, "invalid_token", "Log in again: the token is missing or refused.")
_REVOKED: Final = _Row(403, "not_authorized", "This user may not use this wallet.")
_UNKNOWN_USER: Final = _Row(403, "unknown_user", "This user may not use any wallet.")
_NO_WALLET: Final = _Row(404, "no_wallet", "This user has no wallet.")
_OURS: Final = _Row(500, "internal_error", "Something is wrong on our side.")
_BROKEN: Final = _Row(502, "wallet_service_failed", "The wallet service failed.")
_TABLE: Final[Mapping[type[PrivyError], _Row]] = {
    InvalidTokenError: _LOG_IN,
    InvalidWebhookError: _Row(400, "invalid_webhook", "The delivery is refused."),
    InvalidArgumentError: _Row(422, "invalid_argument", "A value is missing or wrong."),
    SigningError: _OURS,
    PolicyViolationError: _Row(403, "policy_violation", "A policy does not allow this."),
    BadRequestError: _Row(400, "bad_request", "The wallet service refused this request."),
    AuthenticationError: _REVOKED,
    PermissionDeniedError: _Row(403, "not_allowed", "This is not allowed."),
    NotFoundError: _Row(404, "not_found", "There is no such thing."),
    ConflictError: _Row(409, "conflict", "This clashes with another request."),
    RateLimitError: _Row(429, "rate_limited", "Too many requests: try again later."),
    InternalServerError: _BROKEN,
    APITimeoutError: _Row(504, "no_answer", "The wallet service did not answer in time."),
    APIConnectionError: _Row(502, "no_answer", "The wallet service did not answer."),
    APIResponseError: _BROKEN,
    APIError: _BROKEN,
    DecryptionError: _BROKEN,
    FailedError: _Row(409, "failed", "What was waited for has failed."),
    WaitTimeoutError: _Row(504, "not_finished", "It goes on: look again later."),
    PrivyError: _OURS,
}
"""By class; what has no row of its own has that of the class it derives from."""


@attrs.frozen
class ErrorResponse:
    """An answer for the app's user; `body` is JSON.

    `body["error"]` is a word for programs, `body["detail"]` a sentence for people. Where a
    request may have been executed, `body["may_have_happened"]` says so, and
    `body["idempotency_key"]` is what to repeat it with: no secret, since it is of use only to
    whoever has the app's own secret.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


def error_response(error: PrivyError) -> ErrorResponse:
    """The answer for an error, which is also logged: from 500 on as a warning."""
    cause = error.__cause__
    if isinstance(error, SigningError) and isinstance(cause, APIError):
        # The token's exchange failed, so the call itself was never sent.
        row, details, headers = _row_of_exchange(cause), dict[str, Any](), _retry_after(cause)
    else:
        row, details, headers = _row(error), _details(error), _retry_after(error)
    if row.status == 401:
        headers = _challenge(error)
    level = logging.WARNING if row.status >= 500 else logging.INFO
    _log.log(level, "answered %d %s: %s", row.status, row.error, error)
    return ErrorResponse(row.status, {"error": row.error, "detail": row.detail, **details}, headers)


def _row(error: PrivyError) -> _Row:
    if isinstance(error, AuthenticationError) and _is_about_the_app(error):
        return _OURS
    return next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)


def _row_of_exchange(error: APIError) -> _Row:
    """Why Privy gives no key for a user's token. Mostly it says so in its text alone."""
    if isinstance(error, BadRequestError):
        return _NO_WALLET if "wallet" in error.message.lower() else _LOG_IN
    if isinstance(error, AuthenticationError):
        return _OURS if _is_about_the_app(error) else _LOG_IN
    return _UNKNOWN_USER if isinstance(error, NotFoundError) else _row(error)


def _is_about_the_app(error: AuthenticationError) -> bool:
    """Whether Privy refused the app's id or secret, for which the user cannot help."""
    text = f"{error.message} {error.code}".lower()
    return any(words in text for words in ("app id", "app secret", "app_id"))


def _details(error: PrivyError) -> dict[str, Any]:
    if isinstance(error, (InvalidTokenError, InvalidWebhookError)):
        return {"reason": error.reason}
    if isinstance(error, InvalidArgumentError):
        return {"argument": error.argument}
    if isinstance(error, BadRequestError):
        return {} if error.code is None else {"code": error.code}
    if isinstance(error, APIError) and error.may_have_happened:
        return {"may_have_happened": True, "idempotency_key": error.idempotency_key}
    return {"may_have_happened": False} if isinstance(error, APIConnectionError) else {}


def _retry_after(error: PrivyError) -> dict[str, str]:
    seconds = error.retry_after if isinstance(error, RateLimitError) else None
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}


def _challenge(error: PrivyError) -> dict[str, str]:
    """What a 401 must say (RFC 6750, section 3): an error only if there was a token."""
    missing = isinstance(error, InvalidTokenError) and error.reason == "missing"
    return {"WWW-Authenticate": "Bearer" if missing else 'Bearer error="invalid_token"'}
