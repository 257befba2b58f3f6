"""When a request is sent again: one row for each outcome, one column for each kind of call."""

import email.utils
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds_of_calls import KEYED, PLAIN, READ
from loopback import loopback, ok

from privy_async.errors import PrivyError
from privy_async.sending.call import Call
from privy_async.sending.outcome import NoResponse, RawResponse
from privy_async.sending.retry import (
    IN_FLIGHT_LIMIT,
    LONGEST_WAIT,
    is_in_flight,
    is_refusal,
    retry_after,
    retry_delay,
)
from privy_async.signing.authorization import AuthorizationContext
from privy_async.signing.p256 import AuthorizationKey

IN_PROGRESS = b'{"error":"Previous request with matching idempotency key is still in progress"}'


def answer(status: int, body: bytes = b"", **headers: str) -> RawResponse:
    return RawResponse(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, body
    )


def no_answer(*, sent: bool, timed_out: bool = False) -> NoResponse:
    return NoResponse("the connection broke", sent=sent, timed_out=timed_out)


def delay(call: Call, outcome: RawResponse | NoResponse, **changes: Any) -> float | None:
    options: dict[str, Any] = {"retry": 0, "max_retries": 2, "jitter": 0.0, **changes}
    return retry_delay(call, outcome, **options)


# outcome, whether it may have been executed, and whether a read, a write with an idempotency
# key, and a write without one are sent again.
ROWS: list[tuple[RawResponse | NoResponse, bool, bool, bool, bool]] = [
    (no_answer(sent=False), False, True, True, True),
    (no_answer(sent=False, timed_out=True), False, True, True, True),
    (no_answer(sent=True), True, True, True, False),
    (no_answer(sent=True, timed_out=True), True, True, True, False),
    (answer(301), False, False, False, False),
    (answer(307), False, False, False, False),
    (answer(400), False, False, False, False),
    (answer(400, b'{"error":"still in progress"}'), False, False, False, False),
    (answer(401), False, False, False, False),
    (answer(402), False, False, False, False),
    (answer(403), False, False, False, False),
    (answer(404), False, False, False, False),
    (answer(405), False, False, False, False),
    (answer(408), True, True, True, False),
    (answer(409), True, False, False, False),
    (answer(409, b'{"error":"external_id is taken"}'), True, False, False, False),
    (answer(409, IN_PROGRESS), True, True, True, False),
    (answer(409, IN_PROGRESS.upper()), True, True, True, False),
    (answer(410), False, False, False, False),
    (answer(413), False, False, False, False),
    (answer(418), False, False, False, False),
    (answer(422), False, False, False, False),
    (answer(425), False, True, True, True),
    (answer(429), False, True, True, True),
    (answer(500), True, True, True, False),
    (answer(501), True, True, True, False),
    (answer(502, b"<html>"), True, True, True, False),
    (answer(503), True, True, True, False),
    (answer(504), True, True, True, False),
    (answer(520), True, True, True, False),
    (answer(599), True, True, True, False),
]


def name(outcome: object) -> str:
    if isinstance(outcome, RawResponse):
        return f"{outcome.status} {outcome.body[:24]!r}"
    if isinstance(outcome, NoResponse):
        return f"no answer, sent={outcome.sent}, timed_out={outcome.timed_out}"
    return str(outcome)


@pytest.mark.parametrize(("outcome", "executed", "read", "keyed", "plain"), ROWS, ids=name)
def test_what_is_sent_again(
    outcome: RawResponse | NoResponse, executed: bool, read: bool, keyed: bool, plain: bool
) -> None:
    """A request is repeated if that may help and cannot execute it twice."""
    assert is_refusal(KEYED, outcome) is not executed
    again = [delay(call, outcome) is not None for call in (READ, KEYED, PLAIN)]
    assert again == [read, keyed, plain]


@given(
    st.integers(300, 599),
    st.sampled_from((b"", IN_PROGRESS)),
    st.integers(0, 20),
    st.integers(0, 20),
    st.floats(0, 1),
)
def test_a_plain_write_is_never_repeated_once_it_may_have_run(
    status: int, body: bytes, retry: int, max_retries: int, jitter: float
) -> None:
    """Whatever the status and the options: money moves once."""
    outcome = answer(status, body)
    options = {"retry": retry, "max_retries": max_retries, "jitter": jitter}
    if not is_refusal(PLAIN, outcome):
        assert retry_delay(PLAIN, outcome, **options) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", [row[0] for row in ROWS], ids=name)
@pytest.mark.parametrize("call", [READ, KEYED, PLAIN], ids=["read", "keyed", "plain"])
def test_no_retries(call: Call, outcome: RawResponse | NoResponse) -> None:
    """With max_retries=0 nothing is ever sent again."""
    assert delay(call, outcome, max_retries=0) is None


def test_how_often() -> None:
    """A call is sent again max_retries times; a request still in progress is asked for longer."""
    assert delay(READ, answer(500), retry=1) is not None
    assert delay(READ, answer(500), retry=2) is None
    running = answer(409, IN_PROGRESS)
    assert delay(KEYED, running, retry=IN_FLIGHT_LIMIT - 1) is not None
    assert delay(KEYED, running, retry=IN_FLIGHT_LIMIT) is None


@pytest.mark.parametrize(
    ("retry", "longest"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (50, 8)]
)
def test_how_long(retry: int, longest: float) -> None:
    """The wait doubles from half a second to 8 s, less up to a quarter that chance takes off."""
    assert delay(READ, answer(503), retry=retry, max_retries=99) == longest
    assert delay(READ, answer(503), retry=retry, max_retries=99, jitter=1.0) == longest * 0.75
    half = delay(READ, no_answer(sent=True), retry=retry, max_retries=99, jitter=0.5)
    assert half == longest * 0.875


@pytest.mark.parametrize("status", [408, 429, 500, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("60", LONGEST_WAIT),
        ("60.01", None),
        ("86400", None),
        ("inf", 0.5),
        ("-1", 0.5),
        ("nan", 0.5),
        ("soon", 0.5),
        ("", 0.5),
        (email.utils.formatdate(4e9, usegmt=True), 0.5),
    ],
)
def test_advice_to_wait(status: int, header: str, seconds: float | None) -> None:
    """Retry-After in s is followed up to a minute, beyond that it is the caller's to follow."""
    assert delay(READ, answer(status, retry_after=header)) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("-1", None),
        ("nan", None),
        ("x", None),
        ("1e999", None),
        ("1e9", 86_400.0),
    ],
)
def test_reading_the_advice(header: str, seconds: float | None) -> None:
    """A number of seconds that is not negative, or nothing."""
    assert retry_after({"retry-after": header}) == seconds
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (answer(409, IN_PROGRESS), True),
        (answer(409), False),
        (answer(400, IN_PROGRESS), False),
        (answer(500, IN_PROGRESS), False),
        (no_answer(sent=True), False),
    ],
    ids=name,
)
def test_still_in_progress(outcome: RawResponse | NoResponse, expected: bool) -> None:
    """Only a 409 that says so means that the first request still runs."""
    assert is_in_flight(outcome) is expected


@pytest.mark.anyio
async def test_an_attempt_that_cannot_be_signed_does_not_hide_the_one_before() -> None:
    """If signing fails after an attempt that may have run, the error says that, and the key."""
    attempts = 0
    key = AuthorizationKey.generate()

    def sign_once(payload: bytes) -> str:
        nonlocal attempts
        attempts += 1
        if attempts > 1:
            raise ConnectionError("the HSM is gone")
        return key.sign(payload)

    context = AuthorizationContext(signers=[sign_once])
    async with (
        loopback(lambda request: ok({}, status=500, headers={"Retry-After": "0"})) as server,
        server.client(max_retries=1) as privy,
    ):
        with pytest.raises(PrivyError) as caught:
            await privy.request("POST", "/v1/wallets/w1/rpc", body={}, authorization=context)
    assert attempts == 2
    sent = server.requests[0].headers["privy-idempotency-key"]
    assert getattr(caught.value, "may_have_happened", False)
    assert getattr(caught.value, "idempotency_key", None) == sent
