"""Every error the SDK raises, split by what the caller does next.

PrivyError
├── InvalidArgumentError        your input is wrong; nothing was sent (also a ValueError)
├── SigningError                the request could not be signed; nothing was sent
├── DecryptionError             a sealed key could not be opened
├── APIError                    a request was sent, or was to be: see `may_have_happened`
│   ├── APIStatusError          Privy answered with an error status
│   │   ├── BadRequestError         400, 422: a field is wrong, or see `code`
│   │   │   └── PolicyViolationError    a policy denied the request
│   │   ├── AuthenticationError     401: app secret, user token or signature refused
│   │   │   └── MfaRequiredError        the user must verify a second factor first
│   │   │       └── MissingMfaEnrollmentError   and has none enrolled yet
│   │   ├── PermissionDeniedError   403
│   │   ├── NotFoundError           404
│   │   ├── ConflictError           409
│   │   ├── RateLimitError          429: see `retry_after`
│   │   └── InternalServerError     5xx: Privy broke
│   ├── APIConnectionError      no answer came back
│   │   └── APITimeoutError         none came back in time
│   └── APIResponseError        an answer came back that cannot be read
├── FailedError                 what was waited for has ended, and not in success
│   ├── TransactionFailedError
│   ├── IntentFailedError
│   └── WalletActionFailedError
├── PaymentRefusedError         x402: a request asks for a payment that is not made
├── PaymentUnsettledError       x402: a payment was handed over, and its outcome is not known
├── WaitTimeoutError            what was waited for has not ended in time
├── InvalidTokenError           a user's token is refused
└── InvalidWebhookError         a webhook's delivery is refused

No other exception leaves the SDK, save Python's own TypeError for an unknown keyword or for `with`
where `async with` belongs, and those your code raises into it (a cancelled task, Ctrl-C). Every
error pickles and copies, so it survives a task queue.
"""

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar, Literal, TypeAlias

ErrorCode: TypeAlias = Literal[
    "policy_violation",  # A policy of the wallet or of the signer denied the request.
    "insufficient_funds",  # The wallet, or the app's gas credits, hold too little.
    "transaction_broadcast_failure",  # It was not broadcast, so it is safe to send it again.
    "request_expired",  # The request came after its `request_expiry`.
    "missing_or_empty_authorization_header",  # Nobody signed.
    "zero_correct_authorization_signatures",  # Nobody who signed may, or all signed something else.
    "insufficient_correct_authorization_signatures",  # Fewer signed than the quorum's threshold.
    "incorrect_quantity_of_authorization_signatures",  # More or fewer signed than are asked for.
    "no_valid_user_session_keys",  # The user has no key that is valid: exchange a token for one.
    "user_session_keys_expired",  # The user's key has expired: exchange a token for a new one.
    "mfa_required",  # The user must verify a second factor: `privy.users.mfa`.
    "missing_mfa_enrollment",  # The same, and the user has not enrolled in one yet.
    "invalid_data",  # A field, a user's token or the use of an idempotency key is wrong.
    "not_found",  # Something the request names does not exist in this app.
    "resource_conflict",  # It clashes with what there is, such as an `external_id` in use.
    "missing_or_invalid_privy_app_id",  # The app id is not one of Privy's.
]
"""The codes of Privy's errors that are known; there are others, and new ones come.

Of refused signatures Privy often says no code, but a text.
Source: https://docs.privy.io/basics/troubleshooting/error-handling/api-errors
"""


class PrivyError(Exception):
    """The root: catch it to catch everything the SDK raises. `str(error)` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # The default would call the class with the message alone and fail for subclasses with
        # required fields, which kills the process pool or task queue that unpickles it.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[PrivyError], args: tuple[Any, ...], state: dict[str, Any]) -> PrivyError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidArgumentError(PrivyError, ValueError):
    """Your input is wrong and nothing was sent. `argument` names it, as a path where nested."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}")
        self.argument = argument


class SigningError(PrivyError):
    """The request could not be signed, so it was not sent.

    Either nobody signs who must, a signer of yours or your function `app_secret` failed (its error
    is the `__cause__`), or a user's token could not be exchanged for a key (the APIError is the
    `__cause__`).
    """


class DecryptionError(PrivyError):
    """A key that Privy sealed for us could not be opened with our private key."""


class APIError(PrivyError):
    """A request that did not end in a readable success.

    Attributes:
        method: The HTTP method.
        url: The full URL, as signed and sent.
        may_have_happened: True if Privy may have executed the request although no success came
            back. Never repeat such a write blindly: ask again with the same `idempotency_key`,
            or look at the resource first.
        idempotency_key: The key the request carried, if any: repeating the call with it cannot
            execute twice within 24 hours
            (https://docs.privy.io/api-reference/idempotency-keys).
        hint: Why it failed, if that is plain, else why it usually does; and the next step.
        attempts: How often it was tried.
        renewal_pause: Seconds before the attempt with a renewed user key, if there was one.
        proxy: The proxy that it went through, without its password; None for none.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str,
        url: str,
        may_have_happened: bool = False,
        idempotency_key: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.method, self.url = method, url
        self.may_have_happened = may_have_happened
        self.idempotency_key, self.hint = idempotency_key, hint
        self.attempts = 1
        self.renewal_pause: float | None = None
        self.proxy: str | None = None

    def __str__(self) -> str:
        place = f" ({self.method} {self.url})" if self.url else ""
        lines = (f"{self.message}{place}{self._course()}", f"{self._doubt()}{self.hint}".strip())
        return "\n".join(filter(None, lines))

    def _course(self) -> str:
        """Return what came before the last answer, and what it came through."""
        renewed = "" if self.renewal_pause is None else ", the last with a new key of the user's"
        pause = f" {self.renewal_pause:g} s later" if self.renewal_pause else ""
        attempts = f", after {self.attempts} attempts{renewed}{pause}" if self.attempts > 1 else ""
        return attempts + (f", through the proxy {self.proxy}" if self.proxy else "")

    def _doubt(self) -> str:
        if not self.may_have_happened:
            return ""
        if self.idempotency_key is None:
            return "It may have been executed: look before you repeat it. "
        return (
            "It may have been executed: repeat it with "
            f"idempotency_key={self.idempotency_key!r} to learn its outcome safely. "
        )


class APIStatusError(APIError):
    """Privy answered with an error status.

    Attributes:
        status: The HTTP status.
        code: Privy's machine-readable code, one of `ErrorCode` or a newer one; None where it
            sends none, as with most refused signatures.
        request_id: The answer's request id, for Privy's support.
        body: The decoded JSON body, or its text.
        headers: The answer's headers, names in lower case.
        signed: For a refused signature: what was signed, short of secrets.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        request_id: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **call: Any,
    ) -> None:
        super().__init__(message, **call)
        self.status = status
        self.code: ErrorCode | str | None = code
        self.request_id, self.body = request_id, body
        self.headers = dict(headers or {})
        self.signed = ""

    @property
    def status_code(self) -> int:
        """The HTTP status, by the name that the official SDK has for it."""
        return self.status

    def __str__(self) -> str:
        code = f", code {self.code}" if self.code else ""
        request_id = f", request id {self.request_id}" if self.request_id else ""
        return f"{self.status}{code}{request_id}: {super().__str__()}"


class BadRequestError(APIStatusError):
    """400 or 422: Privy refused the request's content; `message` and `code` say why."""


class PolicyViolationError(BadRequestError):
    """A policy of the wallet or signer denied the request (code `policy_violation`)."""


class AuthenticationError(APIStatusError):
    """401: the app id or secret, the user's token, or the authorization signature is refused."""

    @property
    def refuses_app(self) -> bool:
        """True if it is the app's id or secret, for which neither users nor signers can help."""
        return names_app(f"{self.message} {self.code}")


def names_app(text: str) -> bool:
    """True if the text of a 401 is about the app's id or secret."""
    return any(words in text.lower() for words in ("app id", "app secret", "app_id"))


class MfaRequiredError(AuthenticationError):
    """The user must verify a second factor first (code `mfa_required`). The SDK cannot help.

    Have the user verify one (`privy.users.mfa`), and make the call anew with the token that this
    gives: `privy.for_user(user_jwt, mfa_token=...)`. The same signed request would fail again.

    Source: https://docs.privy.io/authentication/user-authentication/mfa/granular/errors
    """

    WAY_OUT: ClassVar = (
        "Verify the user's second factor (privy.users.mfa), then make the call anew with "
        "privy.for_user(user_jwt, mfa_token=...)"
    )


class MissingMfaEnrollmentError(MfaRequiredError):
    """A second factor is needed, and the user has none (code `missing_mfa_enrollment`): enroll one.

    Enrolling (`privy.users.mfa.totp.enrollment` and its like) gives an MFA token as well.
    """

    WAY_OUT: ClassVar = (
        "Enroll the user in a second factor (privy.users.mfa), then make the call anew with "
        "privy.for_user(user_jwt, mfa_token=...)"
    )


class PermissionDeniedError(APIStatusError):
    """403: authenticated, but not allowed."""


class NotFoundError(APIStatusError):
    """404: no such resource in this app."""


class ConflictError(APIStatusError):
    """409: another request with the same idempotency key is running, or the resource clashes."""


class RateLimitError(APIStatusError):
    """429, still so after the retries. `retry_after` is Privy's advice in s, if it gave any."""

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait as the Retry-After header says, or None."""
        return retry_after(self.headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most a day.

    None without one, with a date, or with what is no number of seconds.
    """
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, 86_400.0) if 0 <= seconds < inf else None


class InternalServerError(APIStatusError):
    """5xx: Privy, or something before it, broke."""


class APIConnectionError(APIError):
    """No answer came back: connecting failed, or the connection broke."""


class APITimeoutError(APIConnectionError):
    """No answer came back within the timeout."""


class APIResponseError(APIError):
    """An answer came back that cannot be read: not JSON, or without a field it must have.

    Attributes:
        path: The place in the answer, such as `data.signature`.
        status: The HTTP status, which says that Privy did what was asked; None if no one call
            ended in this.
        body: The decoded JSON body, or its text. All that Privy said is in it, such as the hash
            of a transaction that was sent; None if it may hold a key or a secret.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        status: int | None = None,
        body: object = None,
        method: str = "",
        url: str = "",
        **call: Any,
    ) -> None:
        super().__init__(message, method=method, url=url, **call)
        self.path, self.status, self.body = path, status, body

    def _doubt(self) -> str:
        if self.status is None or not self.may_have_happened:
            return super()._doubt()
        return (
            f"Privy answered {self.status}, so it was most likely executed: look into the error's "
            "`body` before you repeat it. "
        )


class _WaitError(PrivyError):
    def __init__(self, message: str, value: Any) -> None:
        super().__init__(message)
        self.value = value


class FailedError(_WaitError):
    """The end, without success, of what was waited for. `value` is how it ended."""


class TransactionFailedError(FailedError):
    """The transaction failed, on chain or before; `value` is the `Transaction`."""


class IntentFailedError(FailedError):
    """The intent failed, expired, or was rejected or dismissed; `value` is the `Intent`."""


class WalletActionFailedError(FailedError):
    """The action was rejected or has failed; `value` is the `WalletAction`, with the reason."""


class PaymentRefusedError(PrivyError):
    """A server asks for a payment (HTTP 402) that is not made, and nothing was signed for it.

    Its `reason` is "terms", "network", "asset", "amount" (over the limit for a request), "total"
    (or in sum), "declined", "redirected", "body" (it can be sent only once) or "repeated" (the
    request was paid for before). Of the last and of "declined", `payment` is the `Payment`.
    """

    def __init__(self, message: str, *, reason: str, payment: Any = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.payment = payment


class PaymentUnsettledError(PrivyError):
    """A payment was handed over, and the answer was lost or is 402 again. It can still be taken.

    To ask again without paying twice, send the same request with `payment.headers`.
    """

    def __init__(self, message: str, *, payment: Any) -> None:
        super().__init__(message)
        self.payment = payment


class WaitTimeoutError(_WaitError):
    """It has not ended in time; it goes on at Privy, so you may wait for it again.

    `value` is how it was last seen, or None if it never was.
    """


class _InvalidError(PrivyError):
    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidTokenError(_InvalidError):
    """A user's token is refused: answer 401. `reason` says why, as one word for programs."""


class InvalidWebhookError(_InvalidError):
    """A delivery is refused: answer 400. `reason` says why, as one word for programs."""
