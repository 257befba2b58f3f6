"""What a call is made of and what comes of it, each part by itself."""

import asyncio
import threading
from typing import Any

import pytest
from kinds_of_calls import KEYED, READ
from loopback import exchanged, loopback, ok
from test_exchange import JWT, KEY

from privy_async import AuthorizationContext, AuthorizationKey
from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.sending.call import encode_query, expand_path, query_text
from privy_async.sending.operations import Accepts, Operation
from privy_async.sending.outcome import RawResponse, make_error, read_value
from privy_async.sending.signers import Signers

pytestmark = pytest.mark.anyio


async def test_a_users_token_in_a_header() -> None:
    """Operations that act for a user carry it as it is; others do not."""
    async with loopback(lambda request: ok({})) as server, server.client() as privy:
        path = "/v1/users/u1/mfa/totp/enrollment/init"
        await privy.request("POST", path, body={}, user_jwt=JWT)
        await privy.request("POST", "/v1/users/search", body={})
        sent = [request.headers.get("privy-user-token") for request in server.requests]
    assert sent == [JWT, None]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "^wallet_id: expected a non-empty string"),
        ("..", "^wallet_id: expected a non-empty string"),
        (None, "^wallet_id: is None; expected a non-empty string"),
        (7, "^wallet_id: is a int; expected a non-empty string"),
        (AuthorizationKey, "^wallet_id: is a type; expected a non-empty string"),
    ],
)
def test_what_is_no_id(value: Any, words: str) -> None:
    """What it is instead is told, unless it is text."""
    with pytest.raises(InvalidArgumentError, match=words):
        expand_path("/v1/wallets/{wallet_id}", {"wallet_id": value})


class Named:
    """Something that has an id."""

    id = "w1"


def test_a_whole_object_in_the_place_of_its_id() -> None:
    """The error says which part of it belongs there."""
    with pytest.raises(InvalidArgumentError, match="is a whole Named: give its id; expected"):
        expand_path("/v1/wallets/{wallet_id}", {"wallet_id": Named()})


def test_integers_in_a_query() -> None:
    """Up to 256 bits, which no quantity goes beyond."""
    assert query_text("n", 2**256 - 1) == str(2**256 - 1)
    assert query_text("n", -(2**256) + 1) == str(-(2**256) + 1)
    for number in (2**256, -(2**256)):
        with pytest.raises(InvalidArgumentError, match=r"^n: this int cannot stand in a query"):
            query_text("n", number)
    assert (encode_query(None), encode_query({}), encode_query({"a": None})) == ("", "", "")
    assert encode_query({"a": [], "b": (1, True, 1.5)}) == "?b=1&b=true&b=1.5"


@pytest.mark.parametrize("query", ["a=1", [("a", 1)], 7, b"a", {1: 2}, {"\ud800": 1}, {"a": {}}])
def test_what_is_no_query(query: Any) -> None:
    """A mapping of names that are text, and of values that can be written."""
    with pytest.raises(InvalidArgumentError) as caught:
        encode_query(query)
    assert caught.value.argument == ("a" if query == {"a": {}} else "query")


def on_path(path: str) -> Any:
    """A call of this path."""
    operation = Operation(f"POST {path}", "POST", path, (), Accepts())
    call = type(KEYED)(
        operation=operation,
        url=f"https://x{path}",
        app_id="app",
        body=None,
        idempotency_key="k",
        request_expiry=None,
        authorization=None,
    )
    assert (call.user_jwt, call.rpc_method) == (None, None)
    return call


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/v1/wallets/authenticate", True),
        ("/v1/wallets/authenticate/intents", True),
        ("/v1/wallets/{wallet_id}/export", True),
        ("/v1/apps/{app_id}/secrets", True),
        ("/v1/users/{user_id}/mfa/totp/enrollment/init", True),
        ("/v1/wallets/{wallet_id}/rpc", False),
        ("/v1/wallets/{wallet_id}/exports", False),
        ("/v1/authenticate/x", False),
    ],
)
def test_answers_that_hold_secrets(path: str, secret: bool) -> None:
    """What cannot be read of them is in no error; what was asked for has most likely been done."""
    call = on_path(path)
    for body, content in ((b'{"a":1}', {"a": 1}), (b"no \xff JSON", "no \ufffd JSON")):

        def refuse(data: Any) -> Any:
            raise APIResponseError("it lacks x", path="x.y")

        with pytest.raises(APIResponseError) as caught:
            read_value(call, RawResponse(201, {}, body), refuse)
        error = caught.value
        assert error.body == (None if secret else content)
        assert (error.status, error.method, error.url) == (201, "POST", call.url)
        assert (error.may_have_happened, error.idempotency_key) == (True, "k")
        read = body.startswith(b"{")
        assert error.path == ("x.y" if read else "")
        words = "it lacks x" if read else "the answer (status 201) is not JSON that can be read: "
        assert error.message.startswith(words)


def test_reads_change_nothing() -> None:
    """An answer to one that cannot be read is no doubt."""
    with pytest.raises(APIResponseError) as caught:
        read_value(READ, RawResponse(200, {}, b"x"), lambda data: data)
    assert caught.value.may_have_happened is False
    assert read_value(READ, RawResponse(200, {}, b""), lambda data: data) is None
    assert read_value(READ, RawResponse(200, {}, b"[1]"), lambda data: data) == [1]


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (299, {}, "an error without a message"),
        (300, {}, "redirected to elsewhere, which is never followed: check base_url"),
        (399, {"location": "x\n"}, "redirected to x\\n, which is never followed: check base_url"),
        (400, {"location": "x"}, "an error without a message"),
    ],
)
def test_where_redirects_lead(status: int, headers: dict[str, str], message: str) -> None:
    """Each status from 300 to 399 is one."""
    error = make_error(KEYED, RawResponse(status, headers, b""), may_have_happened=False)
    assert error.message == message
    said = make_error(
        KEYED, RawResponse(status, headers, b'{"error":"x"}'), may_have_happened=False
    )
    assert said.message == "x"


@pytest.mark.parametrize(("length", "shown"), [(2000, "x" * 2000), (2001, "x" * 2000 + "...")])
def test_how_much_of_a_text_is_shown(length: int, shown: str) -> None:
    """Two thousand characters; of a body that is no JSON as many."""
    body = f'{{"error":"{"x" * length}"}}'.encode()
    error = make_error(KEYED, RawResponse(400, {}, body), may_have_happened=False)
    assert error.message == shown
    plain = make_error(KEYED, RawResponse(400, {}, b"y" * length), may_have_happened=False)
    assert plain.body == "y" * 2000  # type: ignore[attr-defined]


@pytest.mark.parametrize("expires_at", [10**400, -(10**400), "1e999", "soon", None, [], {}])
async def test_ends_of_a_key_that_are_none(expires_at: Any) -> None:
    """They end in an error of ours, whatever JSON they are."""
    async with (
        loopback(lambda request: exchanged(request, KEY, expires_at=expires_at)) as server,
        server.client() as privy,
    ):
        with pytest.raises(APIResponseError):
            await privy.wallets.generate_user_signer(user_jwt=JWT)


async def test_a_signing_that_was_given_up_is_not_done() -> None:
    """One that still waits for a thread is taken out of the line."""
    signers = Signers(1)
    go, done = threading.Event(), list[str]()

    def wait() -> str:
        go.wait(5)
        return "first"

    first = asyncio.create_task(signers.call(wait))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(signers.call(lambda: done.append("second")))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.wait([second])
    assert len(signers._ahead) == 0
    go.set()
    assert await first == "first"
    assert await signers.call(lambda: "third") == "third"
    assert done == []


async def test_the_connection_that_was_used_last_is_used_first() -> None:
    """The others grow old, and are closed."""

    async def answer(request: Any) -> Any:
        await asyncio.sleep(0.02)
        return ok({})

    async with loopback(answer) as server, server.client() as privy:
        await asyncio.gather(*(privy.request("GET", "/v1/x") for _ in range(3)))
        (session,) = privy._requester.transport._sessions.values()
        (pool,) = session.connector._conns.values()
        for _ in range(3):
            last, others = pool[-1][0], [each for each, _ in pool][:-1]
            since = [each._idle_since for each in others]
            await privy.request("GET", "/v1/x")
            assert pool[-1][0] is last
            assert [each._idle_since for each in others] == since
        assert session.connector.idle_count == 3


@pytest.mark.parametrize("exact", [True, False])
async def test_headers_beside_a_signature_made_elsewhere(exact: bool) -> None:
    """It covers one payload, to which nothing is added; else there are a key and an end."""
    signer = {"signatures": ["AA=="]} if exact else {"signers": [lambda payload: "AA=="]}
    who = AuthorizationContext(**signer)  # type: ignore[arg-type]
    async with loopback(lambda request: ok({})) as server, server.client() as privy:
        path = "/v1/wallets/w1/rpc"
        await privy.request("POST", path, body={}, authorization=who)
        given = {"idempotency_key": "k", "request_expiry": 2**43}
        await privy.request("POST", path, body={}, authorization=who, **given)  # type: ignore
    names = ("privy-idempotency-key", "privy-request-expiry")
    first, second = ([each.headers.get(name) for name in names] for each in server.requests)
    assert [bool(header) for header in first] == [not exact] * 2
    assert second == ["k", str(2**43)]
