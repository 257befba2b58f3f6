"""Bytes that reach an idle connection are never taken for the answer to a later request."""

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import attrs
import pytest
from aiohttp.client_proto import ResponseHandler

from privy_async import APIStatusError, PrivyClient, PrivyError
from privy_async.sending.connections import Connector

pytestmark = pytest.mark.anyio


def answer(body: object, status: str = "200 OK", *, chunked: bool = False) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n".encode()
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(text), text)


@attrs.define
class Stray:
    """What a server sends beside its answers.

    Attributes:
        data: The bytes; empty for none.
        glued: True if they follow an answer in the same segment.
        close: True if the server then closes the connection.
    """

    data: bytes
    glued: bool = False
    close: bool = False


class StrayServer:
    """Answers each request with the id in its path, and sends stray bytes after some answers."""

    def __init__(self, stray: Stray, *, chunked: bool = False, pause: float = 0.0) -> None:
        self.stray = stray
        self.chunked = chunked
        self.pause = pause
        self.executed: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.lower().split(b"\r\n")
                        if line.startswith(b"content-length")
                    ),
                    0,
                )
                await reader.readexactly(length)
                name = head.split()[1].decode().rpartition("/")[2]
                self.executed.append(name)
                await self._answer(writer, answer({"id": name}, chunked=self.chunked))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, text: bytes) -> None:
        stray = self.stray
        if stray.glued:
            writer.write(text + stray.data)
        else:
            writer.write(text)
            await writer.drain()
            await asyncio.sleep(self.pause)
            writer.write(stray.data)
        await writer.drain()
        if stray.close:
            writer.write_eof()


@asynccontextmanager
async def served(server: StrayServer) -> AsyncIterator[PrivyClient]:
    """A client of this server."""
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with PrivyClient(
        app_id="app", app_secret="secret", base_url=url, max_retries=0, timeout=5
    ) as privy:
        yield privy
    listener.close()


def patterns(count: int, seed: int) -> Iterator[Stray]:
    """Whole answers, halves, several, single bytes, garbage and ends, glued or not."""
    chance = random.Random(seed)
    whole = [
        answer({"id": "evil"}),
        answer({"error": "late"}, "400 Bad Request"),
        answer({"id": "evil"}, chunked=True),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ]
    for _ in range(count):
        text = chance.choice(whole)
        kind = chance.randrange(6)
        if kind == 1:
            text = text[: chance.randrange(1, len(text))]
        elif kind == 2:
            text = text + chance.choice(whole)[: chance.randrange(1, 60)]
        elif kind == 3:
            text = bytes([chance.randrange(256)])
        elif kind == 4:
            text = chance.randbytes(chance.randrange(1, 200))
        elif kind == 5:
            text = b""
        yield Stray(text, glued=chance.random() < 0.3, close=kind == 5 or chance.random() < 0.2)


async def ask(privy: PrivyClient, method: str, name: str) -> str:
    """Return the id that the answer names, or "" if there is an error that says it is not sure."""
    try:
        body = {} if method == "GET" else {"body": {"n": 1}}
        got = await privy.request(method, f"/v1/x/{name}", **body)  # type: ignore[arg-type]
    except APIStatusError as error:
        return "" if error.may_have_happened or method == "GET" else f"certainly not: {error}"
    except PrivyError:
        return ""
    return str(got["id"])


async def wrong_answers(strays: Iterator[Stray], *, pause: float) -> list[tuple[Stray, list[str]]]:
    wrong: list[tuple[Stray, list[str]]] = []
    for number, stray in enumerate(strays):
        server = StrayServer(stray, chunked=number % 3 == 0)
        async with served(server) as privy:
            names = ["first", "second", "third"]
            got: list[str] = []
            for index, name in enumerate(names):
                got.append(await ask(privy, "POST" if index == 1 else "GET", name))
                await asyncio.sleep(pause)
        if any(name and name != wanted for name, wanted in zip(got, names, strict=True)):
            wrong.append((stray, got))
    return wrong


async def test_strays_are_no_answers() -> None:
    """After 60 patterns of stray bytes no request gets another's answer."""
    assert await wrong_answers(patterns(60, seed=1), pause=0.01) == []


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_many_strays_are_no_answers() -> None:
    """After 1,000 patterns of stray bytes neither."""
    many = [*patterns(1000, seed=2)]
    # Most of the time they wait.
    parts = [wrong_answers(iter(many[part::8]), pause=0.02) for part in range(8)]
    assert await asyncio.gather(*parts) == [[]] * 8


class LateServer(threading.Thread):
    """Answers each request, and while `late` sends that after each answer, in a thread."""

    def __init__(self, late: bytes) -> None:
        super().__init__(daemon=True)
        self.late = late
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        # A client that drops its connection, and the end of the listener, end what is under way.
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, suppress(ConnectionError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        while head := connection.recv(65536):
            connection.sendall(answer({"id": head.split()[1].decode().rpartition("/")[2]}))
            time.sleep(0.02)
            connection.sendall(self.late)
            if not self.late:
                return

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()


@pytest.mark.parametrize("late", [answer({"id": "evil"}), b"H", b""], ids=["answer", "byte", "end"])
async def test_what_the_loop_has_not_read_yet(late: bytes) -> None:
    """What lies in the kernel's buffer because the loop was busy drops the connection too."""
    server = LateServer(late)
    server.start()
    options = {"app_id": "a", "app_secret": "b", "base_url": server.url, "max_retries": 0}
    async with PrivyClient(**options) as privy:  # type: ignore[arg-type]
        for name in ("first", "second", "third"):
            assert await ask(privy, "GET", name) == name
            time.sleep(0.05)  # noqa: ASYNC251
    server.stop()


async def test_half_an_answer_does_not_hang_the_next_call() -> None:
    """A call with a timeout ends, whatever came before it."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{}"
    async with served(StrayServer(Stray(half))) as privy:
        assert await ask(privy, "GET", "first") == "first"
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            assert await ask(privy, "POST", "second") in ("", "second")


async def test_a_refusal_that_more_bytes_follow_is_not_certain() -> None:
    """It may be the answer to something else, and the rest the answer to this."""
    refusal = answer({"error": "late"}, "400 Bad Request")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(refusal + answer({"id": "executed"}))
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with PrivyClient(app_id="a", app_secret="b", base_url=url, max_retries=0) as privy:
        with pytest.raises(APIStatusError) as caught:
            await privy.request("POST", "/v1/x", body={})
    listener.close()
    await asyncio.sleep(0)
    assert (caught.value.status, caught.value.may_have_happened) == (400, True)


async def test_silent_connections_are_used_again() -> None:
    """Where nothing stray came, one connection serves all requests."""
    accepted = 0

    class Counting(StrayServer):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal accepted
            accepted += 1
            await super().serve(reader, writer)

    for chunked in (False, True):
        accepted = 0
        async with served(Counting(Stray(b""), chunked=chunked)) as privy:
            for name in map(str, range(20)):
                assert await ask(privy, "GET", name) == name
        assert accepted == 1


def test_the_private_names_are_there() -> None:
    """The private names of aiohttp that the SDK uses still mean what they did."""
    connector = {"connect", "_create_connection", "_release", "_get", "clear_dns_cache"}
    assert connector <= set(dir(aiohttp.TCPConnector))
    assert {"data_received", "feed_data", "is_connected", "close"} <= set(dir(ResponseHandler))
    assert {"send", "body", "request_info"} <= set(dir(aiohttp.ClientRequest))
    assert {"_timer", "_traces", "_session", "original_url", "response"} <= set(
        aiohttp.ClientRequest.__init__.__code__.co_names
    ) | set(dir(aiohttp.ClientRequest))


async def test_the_pool_makes_connections_of_ours() -> None:
    """aiohttp takes the protocol of each connection from the connector's factory."""
    async with served(StrayServer(Stray(b""))) as privy:
        await ask(privy, "GET", "first")
        session = next(iter(privy._requester.transport._sessions.values()))
        assert isinstance(session.connector, Connector)
        pooled = [handler for held in session.connector._conns.values() for handler, _ in held]
        assert [type(handler).__name__ for handler in pooled] == ["_Handler"]
        assert [handler.idle for handler in pooled] == [True]  # type: ignore[attr-defined]
