"""What holds where nothing is said: options, headers, records, and the sizes of what is kept."""

import inspect
import logging
from email.utils import formatdate
from typing import Any

import pytest
from kinds_of_calls import KEYED

from privy_async.bulk.call_each import call_each
from privy_async.errors import InvalidArgumentError
from privy_async.sending import attempts, audit, call, exchange, pacer, signers, telemetry
from privy_async.sending.audit import Audit, SignedBy
from privy_async.sending.call import METHODS, OMIT, USER_TOKEN
from privy_async.sending.credentials import LIFETIME
from privy_async.sending.observing import Request, Response
from privy_async.sending.operations import (
    Accepts,
    Operation,
    accepted_by_path,
    find_operation,
)
from privy_async.sending.outcome import NoResponse, RawResponse, make_error, recorder
from privy_async.sending.pace import Advice
from privy_async.sending.requester import (
    HEADER_OPTIONS,
    _check_repeatable,
    _keyed_writes_only,
    check_authorization,
    keyed_writes_only,
)
from privy_async.sending.retry import IN_FLIGHT_LIMIT, LONGEST_WAIT
from privy_async.signing import authorization
from privy_async.signing.authorization import AuthorizationContext


def test_no_option_must_be_given() -> None:
    """Each may be left out; calls that move money take the most."""
    kinds = [
        *(call.CallOptions, call.ExpiringOptions, call.IdempotentOptions),
        *(call.SignedOptions, call.MoneyOptions, call.RequestOptions),
    ]
    for kind in kinds:
        assert kind.__required_keys__ == frozenset()
    assert call.RequestOptions.__optional_keys__ == {
        *("timeout", "deadline", "extra_body", "request_expiry", "idempotency_key"),
        *("authorization", "user_jwt"),
    }
    assert (repr(OMIT), OMIT.value, OMIT.name) == ("OMIT", "OMIT", "OMIT")


def test_names_on_the_wire() -> None:
    """Those that Privy documents."""
    assert authorization.APP_ID == "privy-app-id"
    assert authorization.IDEMPOTENCY_KEY == "privy-idempotency-key"
    assert authorization.REQUEST_EXPIRY == "privy-request-expiry"
    assert authorization.SIGNATURE == "privy-authorization-signature"
    assert USER_TOKEN == "privy-user-token"
    assert (exchange.PATH, exchange.MFA_TOKEN_FIELD) == ("/v1/wallets/authenticate", "mfa_token")
    assert METHODS == ("GET", "POST", "PUT", "PATCH", "DELETE")
    assert HEADER_OPTIONS == {
        "signature": "authorization",
        "idempotency": "idempotency_key",
        "expiry": "request_expiry",
        "user_token": "user_jwt",
    }


def test_what_an_operation_takes() -> None:
    """Nothing, unless the table says so; a GET changes nothing."""
    assert Accepts() == (False,) * 5
    for name in ("GET /v1/anything", "GET /v1/wallets"):
        assert find_operation(name).accepts == Accepts(safe=True)
    assert accepted_by_path("GET", "/v1/wallets") == Accepts(safe=True)
    assert find_operation("POST /v1/unknown").accepts == Accepts()
    assert accepted_by_path("POST", "/v1/unknown") == Accepts()
    money = Accepts(signature=True, idempotency=True, expiry=True)
    assert find_operation("POST /v1/wallets/{wallet_id}/rpc").accepts == money
    assert accepted_by_path("POST", "/v1/wallets/w1/rpc") == money
    assert accepted_by_path("POST", "/v1/wallets/w1/rpc/x") == Accepts()
    found = find_operation("POST /v1/wallets/{wallet_id}/rpc")
    assert (found.method, found.path, found.parameters) == (
        *("POST", "/v1/wallets/{wallet_id}/rpc", ("wallet_id",)),
    )


def test_what_is_remembered_has_a_limit() -> None:
    """Paths and keys come from outside, and may be any number."""
    for remembered in (accepted_by_path, audit._fingerprint):
        assert remembered.cache_info().maxsize == 1024


def test_what_a_record_has_by_itself() -> None:
    """Nobody signed, and nothing was waited for."""
    request = Request("POST /v1/x", "POST", "https://x", None, 0)
    response = Response("POST /v1/x", "POST", "https://x", 200, {}, None, None, 0, 0.5)
    for made in (request, response):
        assert (made.rpc_method, made.signed_by, made.payload_sha256, made.waited) == (
            *(None, (), None, 0.0),
        )
    assert (Audit(), SignedBy("key")) == (Audit((), None), SignedBy("key", None))
    assert Advice() == Advice(None, None, None)
    assert recorder.get() is None
    assert telemetry._SCOPE == "privy_async"


def test_spans_that_the_papers_name() -> None:
    """In s."""
    assert (LONGEST_WAIT, IN_FLIGHT_LIMIT, LIFETIME) == (60.0, 12, 300.0)
    assert (attempts._SETTLING, attempts._FRESH, pacer._LATE, signers._IDLE) == (0.5, 10, 1, 60)
    given_up: NoResponse = attempts._GIVEN_UP
    assert (given_up.problem, given_up.sent) == ("given up by the caller", True)
    assert signers.Signers()._limit == 64


def test_the_time_without_a_clock() -> None:
    """An error that is made by hand reckons from the first second."""
    body = b'{"error":"The request has expired","code":"request_expired"}'
    early, late = (
        make_error(
            KEYED,
            RawResponse(400, {"date": formatdate(second, usegmt=True)}, body),
            may_have_happened=False,
        ).hint
        for second in (29, 30)
    )
    assert early.startswith("It came after")
    assert "30 s behind" in late


def operation(method: str, **accepts: bool) -> Operation:
    """An operation of this kind."""
    return Operation(f"{method} /v1/x", method, "/v1/x", (), Accepts(**accepts))


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (operation("POST"), True),
        (operation("POST", signature=True), True),
        (operation("POST", idempotency=True), False),
        (operation("POST", safe=True), False),
        (operation("PATCH"), False),
        (operation("DELETE"), False),
    ],
)
def test_writes_without_a_key(asked: Operation, refused: bool) -> None:
    """They are refused in a block that says so, and in no other."""
    assert _keyed_writes_only.get() is False
    _check_repeatable(asked)
    with keyed_writes_only():
        with keyed_writes_only(False):
            _check_repeatable(asked)
        if refused:
            with pytest.raises(InvalidArgumentError, match="give claim=True") as caught:
                _check_repeatable(asked)
            assert caught.value.argument == "claim"
            assert "POST /v1/x takes no idempotency key" in str(caught.value)
        else:
            _check_repeatable(asked)
    _check_repeatable(asked)


def test_a_bulk_run_by_itself() -> None:
    """32 calls at once, no journal, and nothing claimed."""
    usual = {
        name: parameter.default
        for name, parameter in inspect.signature(call_each).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    assert usual == {
        "key": None,
        "concurrency": 32,
        "journal": None,
        "claim": False,
        "on_progress": None,
    }


def test_the_log_is_one() -> None:
    """Each room writes to it."""
    rooms: list[Any] = [attempts, pacer]
    assert {room._log for room in rooms} == {logging.getLogger("privy_async")}
    assert KEYED.rpc_method is None


@pytest.mark.anyio
async def test_async_functions_take_no_thread() -> None:
    """Nor do objects that are called like one; sync ones have a thread of their own."""
    asks = signers.Signers(1)

    async def function(payload: bytes) -> str:
        return "function"

    class Called:
        async def __call__(self, payload: bytes) -> str:
            return "called"

    assert [await asks.call(each, b"") for each in (function, Called())] == ["function", "called"]
    assert asks._threads == 0
    assert await asks.call(lambda payload: "sync", b"") == "sync"
    assert asks._threads == 1


@pytest.mark.parametrize("who", ["a.b.c", b"x", [], {}, AuthorizationContext])
def test_who_signs_is_a_context(who: Any) -> None:
    """Nothing else says so without a doubt."""
    with pytest.raises(InvalidArgumentError, match="such as AuthorizationContext") as caught:
        check_authorization(who)
    assert caught.value.argument == "authorization"
    context = AuthorizationContext()
    assert (check_authorization(None), check_authorization(context)) == (None, context)
