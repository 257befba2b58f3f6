"""How a request goes out: whole, and without a task of its own where its body is small."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from loopback import Loopback, Request, loopback, ok

from privy_async.sending.messages import Body

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
