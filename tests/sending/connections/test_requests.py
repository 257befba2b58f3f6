"""How a request goes out: whole, and without a task of its own where its body is small."""

import asyncio
import time
from asyncio import CancelledError
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from loopback import Loopback, Request, loopback, ok

from privy_async import APIConnectionError
from privy_async.sending.messages import Body
from privy_async.sending.transport import _TimeLimit

pytestmark = pytest.mark.anyio

SMALL, LARGE = 59_000, 61_000


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """It answers with the length of the body that it got."""
    async with loopback(lambda request: ok({"length": len(request.body)})) as started:
        yield started


def filled(length: int) -> dict[str, str]:
    """A body of so many bytes, as it is sent."""
    return {"x": "y" * (length - len('{"x":""}'))}


@pytest.mark.parametrize("length", [8, 9, 1000, SMALL, 60_000, 60_001, LARGE, 300_000, 1_000_000])
async def test_a_body_arrives_whole(server: Loopback, length: int) -> None:
    """On a new connection, and on one that was used before."""
    async with server.client() as privy:
        for _ in range(2):
            answer = await privy.request("POST", "/v1/x", body=filled(length))
            assert answer == {"length": length}
    for request in server.requests:
        assert request.json == filled(length)
        assert request.headers["content-length"] == str(length)
        assert request.headers["content-type"] == "application/json"


async def test_a_large_body_gives_no_warning() -> None:
    """aiohttp's own payload warns of more than 1 MiB."""
    assert Body(b"x" * 3_000_000).size == 3_000_000


async def test_no_body_no_type(server: Loopback) -> None:
    """Privy would verify another payload than the one signed."""
    async with server.client() as privy:
        await privy.request("POST", "/v1/x")
        await privy.request("GET", "/v1/x", query={"a": "b c"})
    post, get = server.requests
    assert (post.body, post.headers["content-length"]) == (b"", "0")
    assert "content-type" not in post.headers
    assert get.path == "/v1/x?a=b%20c"


async def test_a_small_body_takes_no_task(server: Loopback) -> None:
    """A task for each would cost a twentieth of a call, and one round of the loop more."""
    loop = asyncio.get_running_loop()
    made: list[str] = []

    def make(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **more: Any) -> Any:
        made.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **more)

    async with server.client() as privy:
        await privy.request("POST", "/v1/x", body=filled(SMALL))
        server.answer = lambda request: ok({})
        loop.set_task_factory(make)
        try:
            await privy.request("POST", "/v1/x", body=filled(SMALL))
        finally:
            loop.set_task_factory(None)
    assert not [name for name in made if "write_bytes" in name]


async def test_many_at_once_keep_theirs(server: Loopback) -> None:
    """Small and large ones beside each other, each on its own connection."""

    def echo(request: Request) -> Any:
        return ok(request.json)

    server.answer = echo
    async with server.client() as privy:
        bodies = [filled(length) for length in (10, LARGE, 30, 200_000, SMALL) for _ in range(8)]
        sent = [privy.request("POST", "/v1/x", body=body) for body in bodies]
        assert await asyncio.gather(*sent) == bodies


async def test_what_is_begun_beside_others_goes_out_at_the_end_of_the_round(
    server: Loopback,
) -> None:
    """Where the client is closed in that round, nothing of it does."""
    arrived = asyncio.Event()

    async def hang(request: Request) -> Any:
        arrived.set()
        await asyncio.sleep(60)

    async with server.client() as privy:
        await privy.connect(2)
        server.answer = hang
        first = asyncio.create_task(privy.request("POST", "/v1/first", body={"x": 1}))
        await arrived.wait()
        second = asyncio.create_task(privy.request("POST", "/v1/second", body={"x": 2}))
        await asyncio.sleep(0)
        await privy.close()
        for call in (first, second):
            with pytest.raises(APIConnectionError, match="the client was closed"):
                await call
    await asyncio.sleep(0.05)
    assert [request.path for request in server.requests] == ["/v1/first"]


async def test_a_time_limit_hears_who_else_cancels() -> None:
    """As `asyncio.timeout` does: what it did itself is a TimeoutError, and nothing else is."""
    for limit in (asyncio.timeout, entered):
        assert await ended(limit(0.01), asyncio.sleep(60)) is TimeoutError
        assert await ended(limit(60), asyncio.sleep(0)) is None
        assert await ended(limit(60), failing()) is KeyError
        assert await ended(limit(60), asyncio.sleep(60), cancel_after=0.01) is CancelledError
        # Both at once: whoever cancelled the task must see it cancelled.
        assert await ended(limit(0.02), blocking(0.05), cancel_after=0.01) is CancelledError
        assert await ended(limit(0), asyncio.sleep(60)) is TimeoutError


@asynccontextmanager
async def entered(seconds: float) -> AsyncIterator[None]:
    """The limit of the transport, in the form of `asyncio.timeout`."""
    with _TimeLimit(seconds):
        yield


async def failing() -> None:
    raise KeyError


async def blocking(seconds: float) -> None:
    """Hold the loop up, so that the limit and the cancelling come in one round."""
    await asyncio.sleep(0)
    time.sleep(seconds)  # noqa: ASYNC251
    await asyncio.sleep(60)


async def ended(
    limit: AbstractAsyncContextManager[Any],
    work: Coroutine[Any, Any, Any],
    *,
    cancel_after: float | None = None,
) -> type[BaseException] | None:
    """The kind of error that leaves a task which does the work within the limit."""

    async def run() -> None:
        async with limit:
            await work

    task = asyncio.create_task(run())
    if cancel_after is not None:
        asyncio.get_running_loop().call_later(cancel_after, task.cancel)
    (result,) = await asyncio.gather(task, return_exceptions=True)
    return None if result is None else type(result)
