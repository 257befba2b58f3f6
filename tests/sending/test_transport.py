"""On the wire: what is signed is what is sent, once, and to nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import rfc8785
from sdk_helpers import RawServer, free_port, http_answer

from privy_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    PrivyClient,
    record_responses,
)

pytestmark = pytest.mark.anyio

Call = Callable[[PrivyClient], Awaitable[Any]]

ODD_ID = "a b/ü?#%2F"
ODD_ID_ENCODED = "a%20b%2F%C3%BC%3F%23%252F"
HEADERS_OF_ALL = {
    "accept",
    "accept-encoding",
    "authorization",
    "host",
    "privy-app-id",
    "privy-client",
    "user-agent",
}
BODY = {"content-length", "content-type"}
SIGNED = {"privy-authorization-signature", "privy-request-expiry"}
MONEY = SIGNED | {"privy-idempotency-key"}


# What is signed is what is sent


@pytest.mark.parametrize(
    ("call", "headers"),
    [
        pytest.param(
            lambda privy: privy.wallets.ethereum.sign_message(ODD_ID, "grüße 🖖 \u2028 \n"),
            BODY | MONEY,
            id="POST rpc",
        ),
        pytest.param(
            lambda privy: privy.wallets.update(ODD_ID, owner=None), BODY | SIGNED, id="PATCH"
        ),
        pytest.param(
            lambda privy: privy.key_quorums.delete(ODD_ID),
            {"content-length"} | SIGNED,
            id="DELETE without a body",
        ),
        pytest.param(
            lambda privy: privy.request(
                "PUT",
                f"/v1/condition_sets/{ODD_ID_ENCODED}/condition_set_items",
                body=[{"value": 1e21, "\U00010000": -0.0, "\uffff": 1e-7}],
            ),
            BODY | SIGNED,
            id="PUT of numbers and keys that sort oddly",
        ),
        pytest.param(
            lambda privy: privy.request(
                "POST",
                f"/v1/wallets/{ODD_ID_ENCODED}/transfer",
                query={"a b": "c&d=ü/?"},
                body={"source": {"amount": "1.0"}},
            ),
            BODY | MONEY,
            id="POST with a query",
        ),
    ],
)
async def test_the_bytes_sent_are_the_bytes_signed(call: Call, headers: set[str]) -> None:
    """A receiver that knows only the wire and RFC 8785 can verify every signature."""
    key, elsewhere = AuthorizationKey.generate(), AuthorizationKey.generate()
    payloads: list[bytes] = []

    def sign(payload: bytes) -> str:
        payloads.append(payload)
        return elsewhere.sign(payload)

    context = AuthorizationContext(authorization_private_keys=[key], signers=[sign])
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        with pytest.raises(APIStatusError):
            await call(privy.with_authorization(context))
    (request,) = server.requests
    request.check_signatures(key.public_key, elsewhere.public_key)
    assert payloads == [request.payload]
    assert ODD_ID_ENCODED in request.target
    assert request.header_names == HEADERS_OF_ALL | headers
    assert request.body == (rfc8785.dumps(request.json) if request.body else b"")
    assert request.header("content-type") in (None, "application/json")


@pytest.mark.parametrize(
    ("call", "method", "length"),
    [
        pytest.param(lambda privy: privy.wallets.archive("w"), "POST", "0", id="POST"),
        pytest.param(lambda privy: privy.users.delete("u"), "DELETE", "0", id="DELETE"),
        pytest.param(lambda privy: privy.request("PATCH", "/v1/x"), "PATCH", "0", id="PATCH"),
        pytest.param(lambda privy: privy.wallets.get("w"), "GET", None, id="GET"),
    ],
)
async def test_without_a_body_there_is_no_content_type(
    call: Call, method: str, length: str | None
) -> None:
    """A Content-Type without a body would make the server verify another payload."""
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        with pytest.raises(APIStatusError):
            await call(privy)
    (request,) = server.requests
    assert (request.method, request.body) == (method, b"")
    assert "content-type" not in request.header_names
    assert request.header("content-length") == length


async def test_query_values_are_encoded_once() -> None:
    """A cursor with blanks, signs and letters beyond ASCII arrives as it was given."""
    answer = http_answer({"data": [], "next_cursor": None})
    async with RawServer(answer) as server, server.client() as privy:
        await privy.users.list(limit=5, cursor="a b+c&d=%20ü")
    (request,) = server.requests
    assert request.target == "/v1/users?limit=5&cursor=a%20b%2Bc%26d%3D%2520%C3%BC"


@pytest.mark.parametrize(
    "base_url", ["http://api.example", "http://API.example", "http://api.example:80"]
)
async def test_the_signed_url_is_the_one_the_server_sees(base_url: str) -> None:
    """HTTP drops a default port, so it must not be signed."""
    key = AuthorizationKey.generate()
    async with RawServer(http_answer(status=400)) as proxy:
        options = {"base_url": base_url, "proxy": proxy.url, "authorization_key": key}
        async with proxy.client(**options) as privy:
            with pytest.raises(APIStatusError):
                await privy.wallets.update("w", display_name="x")
    (request,) = proxy.requests
    request.check_signatures(key.public_key)


@pytest.mark.parametrize("idempotency_key", [" order-1", "order-1 ", "order 1"])
async def test_the_signed_idempotency_key_is_the_one_the_server_sees(idempotency_key: str) -> None:
    """HTTP drops the blanks around a header's value: such a key must be refused."""
    key = AuthorizationKey.generate()
    async with (
        RawServer(http_answer(status=400)) as server,
        server.client(authorization_key=key) as privy,
    ):
        with pytest.raises((APIStatusError, InvalidArgumentError)):
            await privy.wallets.rpc("w", {"method": "x"}, idempotency_key=idempotency_key)
    for request in server.requests:
        request.check_signatures(key.public_key)


# Sent once, and to nobody else


@pytest.mark.parametrize(
    ("call", "may_have_happened"),
    [
        pytest.param(lambda privy: privy.key_quorums.delete("q"), True, id="DELETE"),
        pytest.param(lambda privy: privy.request("PUT", "/v1/x", body=[]), True, id="PUT"),
        pytest.param(lambda privy: privy.wallets.update("w"), True, id="PATCH"),
        pytest.param(lambda privy: privy.users.create(linked_accounts=[]), True, id="POST"),
        pytest.param(
            lambda privy: privy.with_options(max_retries=0).wallets.list(), False, id="GET"
        ),
    ],
)
async def test_a_stale_connection_sends_nothing_twice(call: Call, may_have_happened: bool) -> None:
    """aiohttp would repeat PUT and DELETE by itself when a kept connection breaks."""
    page = http_answer({"data": []})
    async with RawServer(page, None, page) as server, server.client() as privy:
        await privy.wallets.list()
        with pytest.raises(APIConnectionError) as caught:
            await call(privy)
    assert caught.value.may_have_happened is may_have_happened
    assert (len(server.requests), server.connections) == (2, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda privy: privy.wallets.get("w"), id="GET"),
        pytest.param(lambda privy: privy.wallets.rpc("w", {"method": "x"}), id="POST rpc"),
    ],
)
async def test_redirects_are_never_followed(call: Call, status: int) -> None:
    """The other host would get the app's secret, the signature and the body."""
    async with RawServer() as other:
        elsewhere = http_answer(status=status, headers={"Location": f"{other.url}/v1/wallets/w"})
        async with RawServer(elsewhere) as server, server.client() as privy:
            with pytest.raises(APIStatusError) as caught:
                await call(privy)
    assert caught.value.status == status
    # "See Other" is what a server says after it has done what it was asked for.
    assert caught.value.may_have_happened == (status == 303 and len(server.requests[0].body) > 0)
    assert other.url in str(caught.value)
    assert (len(server.requests), other.connections) == (1, 0)


async def test_no_cookie_is_kept() -> None:
    """A cookie that a server sets is not sent back to it."""
    answer = http_answer({}, headers={"Set-Cookie": "session=1; Path=/"})
    async with (
        RawServer(answer) as server,
        # Of a bare IP address a cookie jar would keep none anyway.
        server.client(base_url=f"http://localhost:{server.port}") as privy,
    ):
        await privy.request("GET", "/v1/x")
        await privy.request("GET", "/v1/x")
    assert "cookie" not in server.requests[1].header_names


# No connection


async def test_a_refused_connection_sent_nothing() -> None:
    """Even a write that is never repeated blindly is tried again, and surely did not happen."""
    async with RawServer(port=free_port()).client(max_retries=1) as privy:
        with record_responses() as attempts, pytest.raises(APIConnectionError) as caught:
            await privy.users.create(linked_accounts=[])
    assert [attempt.status for attempt in attempts] == [None, None]
    assert caught.value.may_have_happened is False
    assert not isinstance(caught.value, APITimeoutError)


async def test_a_server_that_comes_up_meanwhile_gets_the_write_once() -> None:
    """What could not connect is sent again, once there is a connection."""
    server = RawServer(port=free_port())
    async with server.client() as privy:
        with record_responses() as attempts:
            create = asyncio.create_task(privy.request("POST", "/v1/users", body={}))
            while not attempts:  # noqa: ASYNC110
                await anyio.sleep(0.01)
            async with server:
                assert await create == {}
    assert [attempt.status for attempt in attempts] == [None, 200]
    assert len(server.requests) == 1


async def test_no_exception_of_the_http_client_is_chained() -> None:
    """Its repr prints every header that was sent, the app's secret among them."""
    async with RawServer(None) as server, server.client(max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await privy.wallets.get("w")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# Pool, cancelling, closing


async def test_the_pool_holds_no_more_connections_than_told() -> None:
    """Further calls wait for a free connection."""
    async with RawServer() as server, server.client(max_connections=2) as privy:
        server.delay = 0.02
        calls = [privy.request("GET", "/v1/x") for _ in range(7)]
        assert await asyncio.gather(*calls) == [{}] * 7
    assert server.most_open_connections == 2


async def test_a_call_that_never_got_a_connection_did_not_happen() -> None:
    """Its timeout tells that nothing was sent, unlike that of the call it waited for."""
    async with RawServer() as server, server.client(max_connections=1) as privy:
        server.delay = 30
        first = asyncio.create_task(privy.users.create(linked_accounts=[], timeout=0.6))
        await server.arrived.wait()
        with pytest.raises(APITimeoutError) as waited:
            await privy.with_options(max_retries=0).users.create(linked_accounts=[], timeout=0.1)
        with pytest.raises(APITimeoutError) as sent:
            await first
    assert (waited.value.may_have_happened, sent.value.may_have_happened) == (False, True)
    assert len(server.requests) == 1


async def test_closing_ends_the_calls_that_wait_with_an_error_of_ours() -> None:
    """A task that nobody cancelled must not see a CancelledError."""
    async with RawServer() as server:
        server.delay = 30
        privy = server.client(max_connections=1, max_retries=0)
        calls = [asyncio.create_task(privy.wallets.get("w")) for _ in range(3)]
        await server.arrived.wait()
        await privy.close()
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [APIConnectionError] * 3


async def test_closing_sends_nothing_again() -> None:
    """A call that closing interrupts opens no new connections, though it could be repeated."""
    async with RawServer() as server:
        server.delay = 30
        privy = server.client(max_retries=2)
        call = asyncio.create_task(privy.wallets.get("w"))
        await server.arrived.wait()
        await privy.close()
        with pytest.raises(APIConnectionError, match="the client was closed"):
            await call
    assert server.connections == 1


async def test_a_cancelled_call_leaves_the_client_usable() -> None:
    """Cancelling raises CancelledError in the caller alone; the next call opens a connection."""
    async with RawServer() as server, server.client(max_connections=1) as privy:
        server.delay = 30
        call = asyncio.create_task(privy.wallets.get("w"))
        await server.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        server.delay = 0
        assert await privy.request("GET", "/v1/x") == {}
