"""Answers of a web app when a call of the SDK fails: one table for all frameworks.

The user of the app learns what to do next, and nothing of what Privy said: its messages, the
addresses asked and the ids of requests go to the log, never to the response.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import attrs

from privy_async import errors

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
_TABLE: Final[Mapping[type[errors.PrivyError], _Row]] = {
    errors.InvalidTokenError: _LOG_IN,
    errors.InvalidWebhookError: _Row(400, "invalid_webhook", "The delivery is refused."),
    errors.InvalidArgumentError: _Row(422, "invalid_argument", "A value is missing or wrong."),
    errors.SigningError: _OURS,
    errors.PolicyViolationError: _Row(403, "policy_violation", "A policy does not allow this."),
    errors.BadRequestError: _Row(400, "bad_request", "The wallet service refused this request."),
    errors.AuthenticationError: _REVOKED,
    errors.MfaRequiredError: _Row(403, "mfa_required", "Verify your second factor first."),
    errors.MissingMfaEnrollmentError: _Row(403, "mfa_required", "Set up a second factor first."),
    errors.PermissionDeniedError: _Row(403, "not_allowed", "This is not allowed."),
    errors.NotFoundError: _Row(404, "not_found", "There is no such thing."),
    errors.ConflictError: _Row(409, "conflict", "This clashes with another request."),
    errors.RateLimitError: _Row(429, "rate_limited", "Too many requests: try again later."),
    errors.InternalServerError: _BROKEN,
    errors.APITimeoutError: _Row(504, "no_answer", "The wallet service did not answer in time."),
    errors.APIConnectionError: _Row(502, "no_answer", "The wallet service did not answer."),
    errors.APIResponseError: _BROKEN,
    errors.APIError: _BROKEN,
    errors.DecryptionError: _BROKEN,
    errors.FailedError: _Row(409, "failed", "What was waited for has failed."),
    errors.PaymentRefusedError: _Row(502, "payment_refused", "What is asked for is not paid."),
    errors.PaymentUnsettledError: _Row(502, "payment_unsettled", "A payment may have been taken."),
    errors.WaitTimeoutError: _Row(504, "not_finished", "It goes on: look again later."),
    errors.PrivyError: _OURS,
}
"""By class; what has no row of its own has that of the class it derives from."""
_WITH_REASON: Final = (
    errors.InvalidTokenError,
    errors.InvalidWebhookError,
    errors.PaymentRefusedError,
)
_KEYS: Final = "/jwks.json"
# Arguments that an app gives once, for all its users.
_SETTINGS: Final = ("verification_key", "secret")


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


def error_response(error: errors.PrivyError) -> ErrorResponse:
    """The answer for an error, which is also logged as a warning, in one line.

    That somebody has sent no token at all is no news, and logged as INFO.
    """
    cause = error.__cause__
    if isinstance(error, errors.SigningError) and isinstance(cause, errors.APIError):
        # The token's exchange failed, so the call itself was never sent.
        row, details, headers = _row_of_exchange(cause), dict[str, Any](), _retry_after(cause)
    elif isinstance(error, errors.APIError) and error.url.endswith(_KEYS):
        row, details, headers = _row_of_keys(error), dict[str, Any](), dict[str, str]()
    elif isinstance(error, errors.InvalidArgumentError) and error.argument in _SETTINGS:
        row, details, headers = _OURS, dict[str, Any](), dict[str, str]()
    else:
        row, details, headers = _row(error), _details(error), _retry_after(error)
    if row.status == 401:
        headers = _challenge(error)
    missing = isinstance(error, errors.InvalidTokenError) and error.reason == "missing"
    level, said = logging.INFO if missing else logging.WARNING, " ".join(str(error).splitlines())
    _log.log(level, "answered %d %s: %s: %s", row.status, row.error, type(error).__name__, said)
    return ErrorResponse(row.status, {"error": row.error, "detail": row.detail, **details}, headers)


def _row(error: errors.PrivyError) -> _Row:
    if isinstance(error, errors.AuthenticationError) and error.refuses_app:
        return _OURS
    return next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)


def _row_of_exchange(error: errors.APIError) -> _Row:
    """Why Privy gives no key for a user's token. Mostly it says so in its text alone."""
    if isinstance(error, errors.BadRequestError):
        return _NO_WALLET if "wallet" in error.message.lower() else _LOG_IN
    if isinstance(error, errors.AuthenticationError):
        return _OURS if error.refuses_app else _LOG_IN
    return _UNKNOWN_USER if isinstance(error, errors.NotFoundError) else _row(error)


def _row_of_keys(error: errors.APIError) -> _Row:
    """Return the row for keys of tokens that are not there, which no user can help."""
    about_app = isinstance(error, errors.APIStatusError) and error.status < 500
    return _OURS if about_app and not isinstance(error, errors.RateLimitError) else _BROKEN


def _details(error: errors.PrivyError) -> dict[str, Any]:
    if isinstance(error, _WITH_REASON):
        return {"reason": error.reason}
    if isinstance(error, errors.InvalidArgumentError):
        return {"argument": error.argument}
    if isinstance(error, (errors.BadRequestError, errors.MfaRequiredError)):
        return {} if error.code is None else {"code": error.code}
    if isinstance(error, errors.PaymentUnsettledError):
        return {"may_have_happened": True}
    if isinstance(error, errors.APIError) and error.may_have_happened:
        return {"may_have_happened": True, "idempotency_key": error.idempotency_key}
    return {"may_have_happened": False} if isinstance(error, errors.APIConnectionError) else {}


def _retry_after(error: errors.PrivyError) -> dict[str, str]:
    seconds = error.retry_after if isinstance(error, errors.RateLimitError) else None
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}


def _challenge(error: errors.PrivyError) -> dict[str, str]:
    """Return the header of a 401 (RFC 6750, section 3): with an error if there was a token."""
    missing = isinstance(error, errors.InvalidTokenError) and error.reason == "missing"
    return {"WWW-Authenticate": "Bearer" if missing else 'Bearer error="invalid_token"'}
