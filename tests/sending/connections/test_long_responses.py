"""Responses of every length arrive as they were sent, over whatever stands in between."""

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from certificates import certificate, server_context
from sdk_helpers import chunked_answer, http_answer

from privy_async import PrivyClient
from privy_async.sending.connections import _READ_AT_ONCE

Answer = Callable[[int], bytes]
# So that the ends of bodies and of whole responses fall on both sides of a full buffer.
LENGTHS = [
    1,
    _READ_AT_ONCE // 2,
    *(times * _READ_AT_ONCE + more for times in (1, 2, 3) for more in (-200, -99, -1, 0, 1)),
    1_900_000,
]


def text(length: int) -> str:
    """No part of it is like another."""
    return random.Random(length).randbytes(length // 2 + 1).hex()[:length]


def whole(length: int) -> bytes:
    return http_answer({"text": text(length)})


def chunked(length: int) -> bytes:
    return chunked_answer(json.dumps({"text": text(length)}).encode(), 10_000)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve connections until the block ends; yield the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            await serve(reader, writer)
        writer.transport.abort()

    async with await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def tunnel(port: int) -> AsyncIterator[str]:
    """Serve a proxy that hands bytes on to that port, whatever host it is asked for (CONNECT)."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(50_000):
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"CONNECT ")
        there, here = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(hand_on(reader, here), hand_on(there, writer))

    async with serving(serve) as proxy_port:
        yield f"http://127.0.0.1:{proxy_port}"


@asynccontextmanager
async def answering(make: Answer, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve responses of the lengths that requests ask for; yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(make(int(head.split()[1].removeprefix(b"/v1/"))))
            await writer.drain()

    async with serving(serve, tls) as port:
        yield port


async def read_all(way: str, make: Answer, folder: Path) -> None:
    """Ask for each length in turn, then for all at once."""

    async def ask(length: int) -> None:
        assert await privy.request("GET", f"/v1/{length}") == {"text": text(length)}

    path = certificate(folder)
    tls = None if way == "plain" else server_context(path)
    async with answering(make, tls) as port, tunnel(port) as proxy:
        privy = PrivyClient(
            app_id="app",
            app_secret="secret",
            base_url=f"{'http' if tls is None else 'https'}://127.0.0.1:{port}",
            proxy=proxy if way == "a proxy's tunnel" else None,
            ssl=ssl.create_default_context(cafile=str(path)),
        )
        async with privy:
            for length in LENGTHS:
                await ask(length)
            await asyncio.gather(*map(ask, LENGTHS))


@pytest.mark.parametrize("make", [whole, chunked])
@pytest.mark.parametrize("way", ["plain", "TLS", "a proxy's tunnel"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_long_responses(loop: str, way: str, make: Answer, tmp_path: Path) -> None:
    """They come in pieces, and on connections side by side each call gets its own."""
    new_loop = pytest.importorskip("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(read_all(way, make, tmp_path))
