"""Responses of every length arrive as they were sent, over whatever stands in between."""

import asyncio
import json
import random
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from certificates import certificate, server_context
from sdk_helpers import http_answer

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
    body = json.dumps({"text": text(length)}).encode()
    parts = [body[at : at + 10_000] for at in range(0, len(body), 10_000)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


@asynccontextmanager
async def tunnel(port: int) -> AsyncIterator[str]:
    """Serve a proxy that hands bytes on to that port, whatever host it is asked for (CONNECT)."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(50_000):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"CONNECT ")
        there, here = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(hand_on(reader, here), hand_on(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def answering(make: Answer, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve responses of the lengths that requests ask for; yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(make(int(head.split()[1].removeprefix(b"/v1/"))))
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]


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
    if loop == "uvloop" and sys.platform == "win32":
        pytest.skip("there is no uvloop")
    new_loop = __import__("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(read_all(way, make, tmp_path))
