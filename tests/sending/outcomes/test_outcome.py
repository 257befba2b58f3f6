"""What an answer means: the class of each status, its message, its hint, and what is unreadable."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    NotFoundError,
    PermissionDeniedError,
    PolicyViolationError,
    RateLimitError,
)
from privy_async.sending.call import Call
from privy_async.sending.operations import Accepts, Operation
from privy_async.sending.outcome import NoResponse, RawResponse, make_error, read_value

SIGNATURE = "MEUCIQDcLCaYrlTanAitPNj9JP9"
URL = "https://api.privy.io/v1/wallets/w1/rpc"
MONEY = Accepts(signature=True, idempotency=True, expiry=True)


def make_call(
    method: str = "POST",
    accepts: Accepts = MONEY,
    **changes: Any,
) -> Call:
    path = "/v1/wallets/{wallet_id}/rpc"
    fields: dict[str, Any] = {
        "operation": Operation(f"{method} {path}", method, path, ("wallet_id",), accepts),
        "url": URL,
        "app_id": "app",
        "body": b'{"a":1}',
        "idempotency_key": "k1",
        "request_expiry": None,
        "authorization": None,
    }
    return Call(**{**fields, **changes})


def error_of(
    status: int, body: bytes = b"", headers: dict[str, str] | None = None, **options: Any
) -> APIStatusError:
    call = options.pop("call", make_call())
    outcome = RawResponse(status, headers or {}, body)
    error = make_error(call, outcome, **{"may_have_happened": False, **options})
    assert isinstance(error, APIStatusError)
    return error


def flat(message: str, code: str | None = None) -> bytes:
    """Privy's error body."""
    return json.dumps({"error": message, **({} if code is None else {"code": code})}).encode()


# --- statuses


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (300, None, APIStatusError),
        (307, None, APIStatusError),
        (400, None, BadRequestError),
        (400, "invalid_data", BadRequestError),
        (400, "policy_violation", PolicyViolationError),
        (401, None, AuthenticationError),
        (402, None, APIStatusError),
        (403, None, PermissionDeniedError),
        (403, "policy_violation", PolicyViolationError),
        (404, "not_found", NotFoundError),
        (405, None, APIStatusError),
        (408, None, APIStatusError),
        (409, None, ConflictError),
        (418, None, APIStatusError),
        (422, None, BadRequestError),
        (422, "policy_violation", PolicyViolationError),
        (429, None, RateLimitError),
        (500, None, InternalServerError),
        (502, None, InternalServerError),
        (599, None, InternalServerError),
    ],
)
def test_class_of_each_status(status: int, code: str | None, kind: type[APIStatusError]) -> None:
    """A status has one class, unless the code says that a policy denied the request."""
    error = error_of(status, flat("said", code))
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, code, "said")


def test_all_that_an_error_carries() -> None:
    """Everything Privy's support or the caller's code may ask for is on the error."""
    headers = {"x-request-id": "r1", "retry-after": "7"}
    error = error_of(429, flat("slow down", "busy"), headers, may_have_happened=True)
    assert isinstance(error, RateLimitError)
    assert (error.method, error.url, error.idempotency_key) == ("POST", URL, "k1")
    assert (error.request_id, error.code, error.may_have_happened) == ("r1", "busy", True)
    assert error.body == {"error": "slow down", "code": "busy"}
    assert error.headers == headers
    assert error.retry_after == 7.0
    assert "wait 7 s" in error.hint


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"x-request-id": "r1", "cf-ray": "c1"}, "r1"),
        ({"x-request-id": "", "cf-ray": "c1"}, "c1"),
        ({"cf-ray": "c1"}, "c1"),
        ({}, None),
    ],
)
def test_request_id(headers: dict[str, str], request_id: str | None) -> None:
    """Privy's request id, or that of the network before it."""
    assert error_of(500, headers=headers).request_id == request_id
    assert RawResponse(200, headers, b"").request_id == request_id


def test_names_of_headers() -> None:
    """The error's headers have names in lower case, however they were sent."""
    assert error_of(500, headers={"X-Thing": "1"}).headers == {"x-thing": "1"}


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (flat("Wallet not found", "not_found"), "Wallet not found", "not_found"),
        (b'{"message":"said so"}', "said so", None),
        (b'{"error":"first","message":"second"}', "first", None),
        (b'{"error":{"message":"deep"},"code":7}', "an error without a message", None),
        (b'{"error":""}', "an error without a message", None),
        (b"{}", "an error without a message", None),
        (b"null", "an error without a message", None),
        (b'["x"]', "an error without a message", None),
        (b"<html>502</html>", "an error without a message", None),
        (b"", "an error without a message", None),
        (b"\xff\xfe", "an error without a message", None),
    ],
)
def test_messages(body: bytes, message: str, code: str | None) -> None:
    """The message is Privy's text where there is one, whatever else comes back."""
    error = error_of(500, body)
    assert (error.message, error.code) == (message, code)


def test_bodies_that_are_no_json() -> None:
    """Their text is kept, up to a length that still fits a log."""
    assert error_of(502, b"<h1>Bad Gateway</h1>").body == "<h1>Bad Gateway</h1>"
    assert error_of(502, b"\xff").body == "\ufffd"
    long = error_of(502, b"x" * 1_000_000).body
    assert isinstance(long, str)
    assert set(long) == {"x"}
    assert len(long) <= 10_000


DEEP = [b"[" * 100_000, b'{"a":' * 100_000]


@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects"])
def test_an_error_nested_too_deeply(body: bytes) -> None:
    """An error's body that no JSON reader can follow is still that status's error."""
    assert type(error_of(500, body)) is InternalServerError


def test_redirects() -> None:
    """A redirect is an error that names its target, since following it would leak a signature."""
    error = error_of(307, headers={"location": "https://other.example/v1"})
    assert "redirected to https://other.example/v1, which is never followed" in str(error)
    assert "redirected to elsewhere" in str(error_of(302))


# --- what was signed


def test_what_was_signed() -> None:
    """It tells how many signed and what, with the body's hash, and no signature; if asked."""
    signed = {
        "privy-app-id": "app",
        "privy-idempotency-key": "k1",
        "privy-authorization-signature": f"{SIGNATURE},{SIGNATURE}x",
    }
    error = error_of(401, flat("No valid authorization signatures"), signed=signed)
    body_hash = sha256(b'{"a":1}').hexdigest()
    assert error.signed == (
        f"2 signed POST {URL}, headers "
        '{"privy-app-id": "app", "privy-idempotency-key": "k1"}, '
        f"body of 7 bytes with SHA-256 {body_hash}"
    )
    assert body_hash not in str(error)
    assert SIGNATURE not in str(error)
    assert error_of(400, signed=signed).signed == error_of(401).signed == ""


def test_a_refused_signature_is_not_about_the_app() -> None:
    """Neither is a refused token."""
    error = error_of(401, flat("No valid authorization signatures were provided", None))
    assert isinstance(error, AuthenticationError)
    assert not error.refuses_app


# --- no answer


@pytest.mark.parametrize(
    ("timed_out", "kind"), [(False, APIConnectionError), (True, APITimeoutError)]
)
@pytest.mark.parametrize("may_have_happened", [False, True])
def test_no_answer(timed_out: bool, kind: type[APIError], may_have_happened: bool) -> None:
    """A connection that broke and a timeout keep the problem, the key and the doubt."""
    outcome = NoResponse("the connection broke", sent=True, timed_out=timed_out)
    error = make_error(make_call(), outcome, may_have_happened=may_have_happened)
    assert type(error) is kind
    assert error.message == "the connection broke"
    assert (error.method, error.url) == ("POST", URL)
    assert (error.idempotency_key, error.may_have_happened) == ("k1", may_have_happened)


# --- successes


def identity(data: Any) -> Any:
    return data


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"a":[1,"\xc3\xa9"]}', {"a": [1, "é"]}),
        (b"", None),
        (b"null", None),
        (b"7", 7),
    ],
)
def test_reading_a_success(body: bytes, data: Any) -> None:
    """JSON is read; an empty body is None."""
    assert read_value(make_call(), RawResponse(200, {}, body), identity) == data


UNREADABLE = [b"{", b"<html></html>", b"\xff\xfe\xff", b'{"a":1}x', b" ", *DEEP]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:10]))
@pytest.mark.parametrize(("accepts", "doubt"), [(Accepts(), True), (Accepts(safe=True), False)])
def test_a_success_that_is_no_json(body: bytes, accepts: Accepts, doubt: bool) -> None:
    """It is no success to report, but a write was most likely executed, and the error says so."""
    call = make_call(accepts=accepts)
    with pytest.raises(APIResponseError) as caught:
        read_value(call, RawResponse(200, {}, body), identity)
    error = caught.value
    assert "status 200" in error.message
    assert "not JSON" in error.message or "nested" in error.message
    assert (error.method, error.url, error.idempotency_key) == ("POST", URL, "k1")
    assert error.may_have_happened is doubt
    assert error.__suppress_context__ or error.__context__ is None


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_value_or_our_error(body: bytes) -> None:
    """No bytes make a reader's own exception come out, as a success or as an error."""
    assert isinstance(error_of(400, body), BadRequestError)
    try:
        read_value(make_call(), RawResponse(200, {}, body), identity)
    except APIResponseError:
        assert body


def test_a_success_that_lacks_something() -> None:
    """A reader's complaint keeps its path and gains the call."""

    def complain(data: Any) -> None:
        raise APIResponseError("the answer is no Wallet: id is missing", path="data.id")

    with pytest.raises(APIResponseError) as caught:
        read_value(make_call(), RawResponse(200, {}, b"{}"), complain)
    error = caught.value
    assert (error.message, error.path) == ("the answer is no Wallet: id is missing", "data.id")
    assert (error.method, error.url, error.may_have_happened) == ("POST", URL, True)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("policy_violation", "PolicyViolationError"),
        ("mfa_required", "MfaRequiredError"),
        ("missing_mfa_enrollment", "MissingMfaEnrollmentError"),
        ("another", "AuthenticationError"),
    ],
)
def test_the_code_tells_more_than_the_status(code: str, kind: str) -> None:
    """Where Privy names the reason, the error is of its class."""
    assert type(error_of(401, json.dumps({"code": code}).encode())).__name__ == kind
