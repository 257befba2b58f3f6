"""What a server sends on a new connection, before it was asked for anything, is no answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from privy_async import APIConnectionError, PrivyClient

pytestmark = pytest.mark.anyio

GREETINGS = {
    "a refusal": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}",
    "a success": b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id":"me"}',
    "half a head": b"HTTP/1.1 400 Bad Re",
    "a byte": b"\0",
    "the end": b"",
}


@asynccontextmanager
async def greeter(greeting: bytes, greeted: int) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that speaks first on so many connections, and answers each request."""
    requests: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []
    left = greeted

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        left -= 1
        writers.append(writer)
        try:
            if left >= 0 and greeting:
                writer.write(greeting)
            elif left >= 0:
                writer.write_eof()
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"id":"you"}')
            await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    server = await asyncio.start_server(serve, "127.0.0.1")
    async with server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
        finally:
            for writer in writers:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()


@pytest.fixture(autouse=True)
def _slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what the server sends at once arrive before the connection is used."""
    connect = aiohttp.TCPConnector.connect

    async def connect_slowly(self: Any, *arguments: Any) -> Any:
        connection = await connect(self, *arguments)
        await asyncio.sleep(0.05)
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connect_slowly)


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS)
async def test_a_greeting_is_no_answer(greeting: bytes) -> None:
    """The connection is dropped before anything is sent on it, and the call takes another."""
    async with (
        greeter(greeting, 1) as (url, requests),
        PrivyClient(app_id="app", app_secret="secret", base_url=url) as privy,
    ):
        assert await privy.request("POST", "/v1/x", body={}) == {"id": "you"}
        assert len(requests) == 1


async def test_a_server_that_always_speaks_first() -> None:
    """The error says that nothing was sent."""
    async with (
        greeter(GREETINGS["a refusal"], 99) as (url, requests),
        PrivyClient(app_id="app", app_secret="secret", base_url=url, max_retries=0) as privy,
    ):
        with pytest.raises(APIConnectionError) as caught:
            await privy.request("POST", "/v1/x", body={})
    assert caught.value.may_have_happened is False
    assert requests == []
