"""What an attempt leaves behind: turns, secrets and keys, when others go on beside it."""

import asyncio
import logging
from base64 import b64decode
from typing import Any

import pytest
from aiohttp import web
from clocks import ReadClock
from loopback import APP_ID, Request, exchanged, loopback, ok

from privy_async import AuthenticationError, AuthorizationContext, SigningError
from privy_async.sending.operations import find_operation
from privy_async.sending.outcome import RawResponse
from privy_async.signing.p256 import AuthorizationKey

pytestmark = pytest.mark.anyio

RPC = "/v1/wallets/w1/rpc"
KEY = AuthorizationKey.generate()
REFUSED = {"error": "Invalid app ID or app secret."}


def secret_of(request: Request) -> str:
    """Which of the app's secrets came with a request."""
    _, _, encoded = request.headers["authorization"].partition(" ")
    return b64decode(encoded).decode().removeprefix(f"{APP_ID}:")


async def test_a_turn_of_a_call_that_cannot_be_signed() -> None:
    """It is given back, so that others need not wait for it."""

    def fail(payload: bytes) -> str:
        raise RuntimeError

    clock = ReadClock(lambda: 1_800_000_000.0)
    async with loopback(lambda request: ok({})) as server, server.client(clock=clock) as privy:
        pacer: Any = privy._requester.settings.pacer
        operation = find_operation("POST /v1/wallets/{wallet_id}/rpc")._replace(path=RPC)
        pacer.refuse(operation, RawResponse(429, {}, b""))
        (line,) = pacer.lines.values()
        line.pace.open_at = line.pace.next_at = 0.0
        nobody = AuthorizationContext(signers=[fail])
        with pytest.raises(SigningError):
            await privy.request("POST", RPC, body={}, authorization=nobody)
        assert line.pace.in_flight == 0
        assert server.requests == []
        await privy.request("POST", RPC, body={})
        assert (line.pace.in_flight, line.pace.admitted) == (0, 1)


async def test_two_secrets_that_are_both_refused(caplog: pytest.LogCaptureFixture) -> None:
    """Each is tried once for a call, and none of them is taken for the better one."""
    async with (
        loopback(lambda request: ok(REFUSED, status=401)) as server,
        server.client(app_secret=["one", "two"]) as privy,
    ):
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                await privy.request("GET", "/v1/x")
    assert [secret_of(request) for request in server.requests] == ["one", "two"] * 2
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


async def test_a_late_success_with_the_older_secret() -> None:
    """The newer one, which another call found to be taken, stays."""
    go = asyncio.Event()

    async def answer(request: Request) -> web.Response:
        if request.path == "/v1/slow":
            await go.wait()
        elif secret_of(request) == "one":
            return ok(REFUSED, status=401)
        return ok({})

    async with loopback(answer) as server, server.client(app_secret=["one", "two"]) as privy:
        slow = asyncio.create_task(privy.request("GET", "/v1/slow"))
        while not server.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await privy.request("GET", "/v1/fast")
        go.set()
        await slow
        await privy.request("GET", "/v1/fast")
    assert [secret_of(request) for request in server.requests] == ["one", "one", "two", "two"]


async def test_a_user_whose_key_is_there_and_one_whose_is_not() -> None:
    """Both sign; the key that is there is not exchanged again."""

    def answer(request: Request) -> web.Response:
        return exchanged(request, KEY) if request.path.endswith("/authenticate") else ok({})

    async with loopback(answer) as server, server.client() as privy:
        for users in (["a.b.c"], ["a.b.c", "d.e.f"], ["d.e.f", "a.b.c"]):
            both = AuthorizationContext(user_jwts=users)
            await privy.request("POST", RPC, body={}, authorization=both)
    signatures = [
        request.headers["privy-authorization-signature"].count(",") + 1
        for request in server.requests
        if request.path == RPC
    ]
    assert signatures == [1, 2, 2]
    assert len(server.requests) == 3 + 2


async def test_a_secret_that_cannot_be_asked_for_again() -> None:
    """What the caller must know is that Privy refuses the one there was; nothing is sent again."""
    asked = list[int]()

    def secrets() -> str:
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError
        return "one"

    answers = iter([ok({}), ok(REFUSED, status=401)])
    async with (
        loopback(lambda request: next(answers)) as server,
        server.client(app_secret=secrets) as privy,
    ):
        await privy.request("GET", "/v1/x")
        with pytest.raises(AuthenticationError):
            await privy.request("GET", "/v1/x")
    assert [secret_of(request) for request in server.requests] == ["one", "one"]
    assert len(asked) == 2


async def test_a_secret_that_does_not_come_in_time() -> None:
    """Nothing is sent again either."""
    asked = list[int]()

    async def secrets() -> str:
        asked.append(1)
        if len(asked) > 1:
            await asyncio.Event().wait()
        return "one"

    answers = iter([ok({}), ok(REFUSED, status=401)])
    async with (
        loopback(lambda request: next(answers)) as server,
        server.client(app_secret=secrets, timeout=0.3) as privy,
    ):
        await privy.request("GET", "/v1/x")
        with pytest.raises(AuthenticationError):
            await privy.request("GET", "/v1/x")
    assert len(server.requests) == len(asked) == 2
