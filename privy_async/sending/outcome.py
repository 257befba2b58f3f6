"""Outcomes of attempts, and the value or error that a call ends in. Nothing here waits."""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from hashlib import sha256
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    NotFoundError,
    PermissionDeniedError,
    PolicyViolationError,
    RateLimitError,
    names_app,
)
from privy_async.json_types import is_object, parse_json
from privy_async.sending.call import Call
from privy_async.sending.hints import hint_of, hint_without_response
from privy_async.signing.authorization import SIGNATURE

T = TypeVar("T")

_BY_STATUS: Final[Mapping[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: BadRequestError,
    429: RateLimitError,
}
_BY_CODE: Final[Mapping[str | None, type[APIStatusError]]] = {
    "policy_violation": PolicyViolationError,
    "mfa_required": MfaRequiredError,
    "missing_mfa_enrollment": MissingMfaEnrollmentError,
}
_LONGEST_TEXT: Final = 2000
# The answers of these paths hold keys and secrets, which no error may carry.
_SECRET: Final = ("/authenticate", "/authenticate/intents", "/export", "/secrets")


@attrs.define(eq=False, repr=False)
class RawResponse:
    """An HTTP response: its status, its headers (found by names in any case), its whole body.

    `doubtful` is True if bytes came with it that are no part of it: then it may be the answer to
    something else, and proves nothing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    doubtful: bool = False

    @property
    def is_success(self) -> bool:
        """True for the statuses from 200 to 299, and for no other number."""
        return 200 <= self.status < 300

    def lower_headers(self) -> dict[str, str]:
        """Return the headers as a plain dict, names in lower case."""
        return {name.lower(): value for name, value in self.headers.items()}

    @property
    def request_id(self) -> str | None:
        """The id of the request at Privy, or at the network before it."""
        return self.headers.get("x-request-id") or self.headers.get("cf-ray")


class NoResponse(Exception):
    """An attempt that brought no response that can be read.

    It never carries the HTTP client's own exception, whose repr prints every header sent.

    Attributes:
        problem: What happened, in words for the caller.
        sent: False only if Privy surely got no whole request.
        timed_out: True if time ran out.
        closed: True if it was this client that closed the connection.
        unreadable: True if a response came and is too large or wrongly encoded to be read.
    """

    def __init__(
        self,
        problem: str,
        *,
        sent: bool,
        timed_out: bool = False,
        closed: bool = False,
        unreadable: bool = False,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.sent = sent
        self.timed_out = timed_out
        self.closed = closed
        self.unreadable = unreadable


Outcome: TypeAlias = RawResponse | NoResponse
"""The end of an attempt: an answer, or none."""


recorder: Final = ContextVar[list[Any] | None]("privy_recorder", default=None)
"""The list that collects responses where this runs: see `observing.record_responses`."""


def read_value(call: Call, answer: RawResponse, read: Callable[[Any], T]) -> T:
    """Return what `read` makes of a success's JSON, which is None for an empty body.

    Raises:
        APIResponseError: The body is not JSON, or not what `read` expects. What was asked for
            has most likely been executed.
    """
    body: object = None
    path = ""
    try:
        body = parse_json(answer.body) if answer.body else None
    except ValueError as error:
        body = answer.body.decode("utf-8", "replace")
        problem = f"the answer (status {answer.status}) is not JSON that can be read: {error}"
    else:
        try:
            return read(body)
        except APIResponseError as error:
            problem, path = error.message, error.path
    raise APIResponseError(
        problem,
        path=path,
        status=answer.status,
        body=None if _is_secret(call) else body,
        method=call.method,
        url=call.url,
        may_have_happened=not call.safe,
        idempotency_key=call.idempotency_key,
    )


def _is_secret(call: Call) -> bool:
    path = call.operation.path
    return path.endswith(_SECRET) or "/mfa/" in path


def make_error(
    call: Call,
    outcome: Outcome,
    *,
    may_have_happened: bool,
    signed: Mapping[str, str] | None = None,
    now: float = 0.0,
    proxy: str | None = None,
) -> APIError:
    """The error that a failed call ends in.

    Args:
        call: What was asked.
        outcome: What came of its last attempt.
        may_have_happened: True if any attempt may have been executed.
        signed: The headers of the last attempt, if it was signed.
        now: Unix time in s.
        proxy: The proxy that it went through, without its password.
    """
    if isinstance(outcome, NoResponse):
        lost = kind_without_response(outcome)(
            outcome.problem,
            method=call.method,
            url=call.url,
            may_have_happened=may_have_happened,
            idempotency_key=call.idempotency_key,
        )
        lost.proxy = proxy
        if outcome.unreadable:
            lost.hint = "A larger response can be read with max_response_size=."
        else:
            lost.hint = hint_without_response(
                outcome.problem,
                sent=outcome.sent,
                timed_out=outcome.timed_out,
                proxied=proxy is not None,
            )
        return lost
    body = _decode(outcome.body)
    code, message = _text(body, "code"), _message(outcome, body)
    error = _kind(outcome.status, code)(
        message,
        status=outcome.status,
        code=code,
        request_id=_printable(outcome.request_id) if outcome.request_id else None,
        body=body,
        headers=outcome.lower_headers(),
        method=call.method,
        url=call.url,
        may_have_happened=may_have_happened,
        idempotency_key=call.idempotency_key,
    )
    error.proxy = proxy
    error.hint = hint_of(call, error, signed=signed is not None, now=now)
    if signed is not None and error.status == 401:
        error.signed = _describe_signed(call, signed)
    return error


def kind_without_response(outcome: NoResponse) -> type[APIError]:
    """Return the class of the error of an attempt that brought no response."""
    if outcome.unreadable:
        return APIResponseError
    return APITimeoutError if outcome.timed_out else APIConnectionError


def asks_for_mfa(outcome: Outcome) -> bool:
    """True if what is missing is the user's second factor, for which no new key can stand in."""
    if isinstance(outcome, NoResponse):
        return False
    kind = _BY_CODE.get(code_of(outcome))
    return kind is not None and issubclass(kind, MfaRequiredError)


def code_of(outcome: RawResponse) -> str | None:
    """Return the code of Privy's error; None for a success, or where it sends none."""
    return None if outcome.is_success else _text(_decode(outcome.body), "code")


def refuses_app(outcome: Outcome) -> bool:
    """True if Privy refuses the app's id or secret, not a user's token or a signature."""
    if isinstance(outcome, NoResponse) or outcome.status != 401:
        return False
    body = _decode(outcome.body)
    return names_app(f"{_message(outcome, body)} {_text(body, 'code')}")


def accepts_app(outcome: Outcome) -> bool:
    """True if Privy answered, and not that it refuses the app."""
    return isinstance(outcome, RawResponse) and not refuses_app(outcome)


def _kind(status: int, code: str | None) -> type[APIStatusError]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= 500:
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)


def _decode(body: bytes) -> object:
    try:
        return parse_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:_LONGEST_TEXT]


def _text(body: object, field: str) -> str | None:
    value: object = body.get(field) if is_object(body) else None
    return _printable(value) if isinstance(value, str) else None


def _printable(text: str) -> str:
    """Return a foreign text cut, and without characters that act on a terminal or a log."""
    text = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _message(answer: RawResponse, body: object) -> str:
    said = _text(body, "error") or _text(body, "message")
    if said is not None:
        return said
    if 300 <= answer.status < 400:
        target = _printable(answer.headers.get("location", "elsewhere"))
        return f"redirected to {target}, which is never followed: check base_url"
    return "an error without a message"


def _describe_signed(call: Call, signed: Mapping[str, str]) -> str:
    """Return what was signed, short of secrets."""
    count = signed[SIGNATURE].count(",") + 1
    names = {name: value for name, value in signed.items() if name != SIGNATURE}
    body = call.body or b""
    return (
        f"{count} signed {call.method} {call.url}, headers {json.dumps(names)}, "
        f"body of {len(body)} bytes with SHA-256 {sha256(body).hexdigest()}"
    )
