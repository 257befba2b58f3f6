"""The table of errors: every error of the SDK has an answer, which tells nothing inner."""

import inspect
from typing import Any

import pytest

from privy_async import errors
from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecryptionError,
    InternalServerError,
    InvalidArgumentError,
    InvalidTokenError,
    InvalidWebhookError,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    NotFoundError,
    PaymentRefusedError,
    PaymentUnsettledError,
    PermissionDeniedError,
    PolicyViolationError,
    PrivyError,
    RateLimitError,
    SigningError,
    TransactionFailedError,
    WaitTimeoutError,
)
from privy_async.integrations._errors import error_response

INNER = "inner-matter"
PLACE: dict[str, Any] = {"method": "POST", "url": f"https://api.privy.io/{INNER}"}


def status_error(kind: type[APIStatusError], status: int, **fields: Any) -> APIStatusError:
    given = {"body": {"error": INNER}, "request_id": INNER, "hint": INNER, **PLACE, **fields}
    return kind(f"{INNER} {fields.get('message', '')}", status=status, **{
        name: value for name, value in given.items() if name != "message"
    })  # fmt: skip


def refused_exchange(cause: Exception) -> SigningError:
    error = SigningError(INNER)
    error.__cause__ = cause
    return error


CASES: dict[str, tuple[PrivyError, int, dict[str, Any]]] = {
    "token": (InvalidTokenError(INNER, reason="expired"), 401, {"reason": "expired"}),
    "webhook": (InvalidWebhookError(INNER, reason="too_old"), 400, {"reason": "too_old"}),
    "argument": (InvalidArgumentError("to", INNER), 422, {"argument": "to"}),
    "key of the app": (InvalidArgumentError("verification_key", INNER), 500, {}),
    "secret of the app": (InvalidArgumentError("secret", INNER), 500, {}),
    "nobody signs": (SigningError(INNER), 500, {}),
    "token refused": (refused_exchange(status_error(BadRequestError, 400)), 401, {}),
    "token refused with 401": (refused_exchange(status_error(AuthenticationError, 401)), 401, {}),
    "token refused with 403": (
        refused_exchange(status_error(PermissionDeniedError, 403)), 403, {"error": "not_allowed"},
    ),
    "user unknown": (
        refused_exchange(status_error(NotFoundError, 404)), 403, {"error": "unknown_user"},
    ),
    "user without wallet": (
        refused_exchange(status_error(BadRequestError, 400, message="no wallet")), 404, {},
    ),
    "exchange limited": (
        refused_exchange(status_error(RateLimitError, 429, headers={"retry-after": "1"})), 429,
        {},
    ),
    "exchange lost": (
        refused_exchange(APIConnectionError(INNER, **PLACE, may_have_happened=True)), 502, {},
    ),
    "second factor": (
        status_error(MfaRequiredError, 401, code="mfa_required"), 403,
        {"error": "mfa_required", "code": "mfa_required"},
    ),
    "no second factor yet": (
        status_error(MissingMfaEnrollmentError, 401, code="missing_mfa_enrollment"), 403,
        {"error": "mfa_required", "code": "missing_mfa_enrollment"},
    ),
    "signature refused": (status_error(AuthenticationError, 401), 403, {}),
    "app refused": (
        status_error(AuthenticationError, 401, message="Invalid app ID or app secret."), 500, {},
    ),
    "policy": (
        status_error(PolicyViolationError, 400, code="policy_violation"), 403,
        {"code": "policy_violation"},
    ),
    "refused": (
        status_error(BadRequestError, 400, code="insufficient_funds"), 400,
        {"code": "insufficient_funds"},
    ),
    "not allowed": (status_error(PermissionDeniedError, 403), 403, {}),
    "not found": (status_error(NotFoundError, 404), 404, {}),
    "conflict": (status_error(ConflictError, 409), 409, {}),
    "limited": (status_error(RateLimitError, 429), 429, {}),
    "broken": (status_error(InternalServerError, 500), 502, {}),
    "broken in the middle": (
        status_error(InternalServerError, 500, may_have_happened=True, idempotency_key="k"), 502,
        {"may_have_happened": True, "idempotency_key": "k"},
    ),
    "redirected": (status_error(APIStatusError, 307), 502, {}),
    "not connected": (APIConnectionError(INNER, **PLACE), 502, {"may_have_happened": False}),
    "late": (
        APITimeoutError(INNER, **PLACE, may_have_happened=True, idempotency_key="k"), 504,
        {"may_have_happened": True, "idempotency_key": "k"},
    ),
    "unreadable": (APIResponseError(INNER, **PLACE), 502, {}),
    "other": (APIError(INNER, **PLACE), 502, {}),
    "sealed": (DecryptionError(INNER), 502, {}),
    "failed": (TransactionFailedError(INNER, INNER), 409, {"error": "failed"}),
    "not paid": (
        PaymentRefusedError(INNER, reason="amount", payment=INNER), 502,
        {"error": "payment_refused", "reason": "amount"},
    ),
    "paid, perhaps": (
        PaymentUnsettledError(INNER, payment=INNER), 502,
        {"error": "payment_unsettled", "may_have_happened": True},
    ),
    "unfinished": (WaitTimeoutError(INNER, INNER), 504, {"error": "not_finished"}),
    "root": (PrivyError(INNER), 500, {}),
}  # fmt: skip


KEYS: dict[str, Any] = {"method": "GET", "url": f"https://api.privy.io/v1/apps/{INNER}/jwks.json"}
WITHOUT_KEYS: dict[str, tuple[PrivyError, int]] = {
    "app refused": (status_error(AuthenticationError, 401, **KEYS), 500),
    "not allowed": (status_error(PermissionDeniedError, 403, **KEYS), 500),
    "app unknown": (status_error(NotFoundError, 404, **KEYS), 500),
    "refused": (status_error(BadRequestError, 400, code="invalid_data", **KEYS), 500),
    "redirected": (status_error(APIStatusError, 307, **KEYS), 500),
    "limited": (status_error(RateLimitError, 429, headers={"retry-after": "1"}, **KEYS), 502),
    "broken": (status_error(InternalServerError, 503, **KEYS), 502),
    "not connected": (APIConnectionError(INNER, **KEYS), 502),
    "late": (APITimeoutError(INNER, **KEYS), 502),
    "unreadable": (APIResponseError(INNER, **KEYS), 502),
}


@pytest.mark.parametrize(("error", "status"), WITHOUT_KEYS.values(), ids=WITHOUT_KEYS)
def test_without_keys_for_tokens(
    error: PrivyError, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """That tokens cannot be checked is the app's trouble, and never looks like the user's."""
    answer = error_response(error)
    assert (answer.status, set(answer.body), answer.headers) == (status, {"error", "detail"}, {})
    assert INNER not in str(answer)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "jwks.json" in record.getMessage()


@pytest.mark.parametrize(("error", "status", "told"), CASES.values(), ids=CASES)
def test_answers(error: PrivyError, status: int, told: dict[str, Any]) -> None:
    """Each error has the status and the details of the table, and nothing that Privy said."""
    answer = error_response(error)
    assert answer.status == status
    assert answer.body.items() >= told.items()
    assert set(answer.body) - {"error", "detail"} == set(told) - {"error"}
    assert INNER not in str(answer)


def test_every_error_has_an_answer() -> None:
    """A new class of errors is answered as the one it derives from."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    tried = {type(error) for error, _, _ in CASES.values()}
    abstract = {"FailedError", "IntentFailedError", "WalletActionFailedError"}
    untried = {kind for kind in kinds if issubclass(kind, PrivyError)} - tried
    assert {kind.__name__ for kind in untried if kind.__name__[0] != "_"} == abstract


def test_when_to_come_again() -> None:
    """Retry-After is in whole seconds, rounded up; without advice there is none."""
    advised = status_error(RateLimitError, 429, headers={"retry-after": "1.2"})
    assert error_response(advised).headers == {"Retry-After": "2"}
    assert error_response(refused_exchange(advised)).headers == {"Retry-After": "2"}
    assert error_response(status_error(RateLimitError, 429)).headers == {}


def test_only_a_401_asks_for_a_token() -> None:
    """WWW-Authenticate belongs to every 401, and to nothing else."""
    for error, status, _ in CASES.values():
        headers = error_response(error).headers
        assert ("WWW-Authenticate" in headers) == (status == 401)


def test_the_log_tells_what_the_answer_does_not(caplog: pytest.LogCaptureFixture) -> None:
    """What went wrong is one line of the app's log: a warning, save where there was no token."""
    caplog.set_level("INFO", logger="privy_async.integrations")
    for error, _, _ in CASES.values():
        error_response(error)
    error_response(InvalidTokenError(INNER, reason="missing"))
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING"] * len(CASES) + ["INFO"]
    assert all(INNER in record.getMessage() for record in caplog.records)
    assert all(len(record.getMessage().splitlines()) == 1 for record in caplog.records)
