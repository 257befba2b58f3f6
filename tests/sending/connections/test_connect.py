"""Connections that are opened ahead, and names that are looked up once."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate, server_context
from idle_servers import IdleServer
from sdk_helpers import RawServer, free_port, http_answer

import privy_sync
from privy_async import APIConnectionError, APITimeoutError, InvalidArgumentError
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


async def test_a_burst_finds_its_connections_open() -> None:
    """Eight calls at once use the eight that are there; those that are idle are counted."""
    async with RawServer() as server, server.client() as privy:
        server.delay = 0.05
        assert await privy.connect(8) == 8
        assert (server.connections, server.requests) == (8, [])
        await asyncio.gather(*(privy.request("GET", "/v1/x") for _ in range(8)))
        assert await privy.connect(5) == 8
        assert await privy.connect(10) == 10
        assert server.connections == 10


async def test_two_at_once_do_not_open_twice_as_many() -> None:
    """The second waits for the first, and then counts."""
    async with RawServer() as server, server.client() as privy:
        assert await asyncio.gather(privy.connect(4), privy.connect(6), privy.connect(2)) == [
            4, 6, 6,
        ]  # fmt: skip
        assert server.connections == 6


async def test_no_more_than_the_pool_may_have() -> None:
    """More than `max_connections` is refused; those of running calls leave less room."""
    async with RawServer() as server, server.client(max_connections=4) as privy:
        with pytest.raises(InvalidArgumentError, match="max_connections, which is 4"):
            await privy.connect(5)
        server.delay = 0.2
        calls = [asyncio.create_task(privy.request("GET", "/v1/x")) for _ in range(3)]
        await server.arrived.wait()
        await asyncio.sleep(0.05)
        assert await privy.connect(4) == 1
        await asyncio.gather(*calls)
        assert (await privy.connect(4), server.connections) == (4, 4)


@pytest.mark.parametrize("count", [0, -1, 1.5, "8", None, True])
async def test_what_is_no_count(count: Any) -> None:
    """It is refused before anything is opened, and named."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError, match="count: expected an integer"):
            await privy.connect(count)
        assert server.connections == 0


async def test_one_error_where_none_can_be_had() -> None:
    """It says that nothing was sent, of which address it is, and chains nothing."""
    server = RawServer(port=free_port())
    async with server.client() as privy:
        with pytest.raises(APIConnectionError, match=r"cannot connect \(.*refused\)") as caught:
            await privy.connect(8)
        assert (caught.value.may_have_happened, caught.value.url) == (False, server.url)
        assert caught.value.__cause__ is None
        async with server:
            assert await privy.connect(8) == 8


async def test_some_are_enough() -> None:
    """Where a server takes but a few, no error says so: the number does."""
    async with IdleServer() as server, server.client() as privy:
        await privy.connect(2)
        server._server.close()
        assert await privy.connect(4) == 2


async def test_connecting_ends_in_time() -> None:
    """`connect_timeout` bounds all of it, the handshake of TLS too."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with RawServer() as server, server.client(base_url=url, connect_timeout=0.2) as privy:
        with pytest.raises(APITimeoutError, match=r"no answer within 0\.2 s"):
            await privy.connect(2)
    silent.close()
    await asyncio.sleep(0.05)


async def test_over_tls_and_through_a_proxy(tmp_path: Path) -> None:
    """Calls find the connections that were opened for them, also where there is more in between."""
    path = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(path))
    async with RawServer(tls=server_context(path)) as server, server.client(ssl=trusting) as privy:
        await privy.connect(3)
        await asyncio.gather(*(privy.request("GET", "/v1/x") for _ in range(3)))
        assert server.connections == 3
    options = {"base_url": "http://api.example"}
    async with RawServer() as proxy, proxy.client(proxy=proxy.url, **options) as privy:
        await privy.connect(2)
        await asyncio.gather(*(privy.request("GET", "/v1/x") for _ in range(2)))
        assert proxy.connections == 2


async def test_closing_closes_them() -> None:
    """They are the pool's; derived clients share them."""
    async with RawServer() as server:
        privy = server.client()
        await privy.for_user("eyJhbGciOiJFUzI1NiJ9.e30.c2ln").connect(3)
        assert await privy.connect(3) == 3
        await privy.close()
        for _ in range(100):
            if not server.open_connections:
                break
            await asyncio.sleep(0.01)
        assert (server.connections, server.open_connections) == (3, 0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_closing_while_it_connects(host: str) -> None:
    """It is an error that says so, wherever connecting had come to, and no CancelledError."""
    for turns in (0, 1, 2, 3, 5, 8, 13):
        async with RawServer() as server:
            privy = server.client(base_url=f"http://{host}:{server.port}")
            connecting = asyncio.create_task(privy.connect(4))
            for _ in range(turns):
                await asyncio.sleep(0)
            await privy.close()
            try:
                assert await connecting == 4
            except APIConnectionError as error:
                assert "the client was closed" in str(error)  # noqa: PT017
            await privy.close()


def test_the_sync_face_connects() -> None:
    """Its calls, in threads, find the connections as well."""
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        assert isinstance(privy, privy_sync.PrivyClient)
        assert privy.connect(2) == 2
        assert list(privy.wallets.list()) == []
        assert privy.connect() == 2


async def test_names_are_looked_up_once_until_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """New connections use the addresses that are known; where none answers they are looked up."""
    looked_up = 0
    system = socket.getaddrinfo

    def count(host: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal looked_up
        looked_up += host == "localhost"
        return system(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", count)
    port = free_port()
    server = RawServer(http_answer({}), port=port)
    async with server.client(base_url=f"http://localhost:{port}", max_retries=0) as privy:
        async with server:
            await privy.connect(1)
            await privy.connect(8)
            assert looked_up == 1
            await privy.close()
            await privy.connect(1)
            assert looked_up == 2
        await asyncio.sleep(0.05)
        for number in (2, 3):
            with pytest.raises(APIConnectionError):
                await privy.request("GET", "/v1/x")
            assert looked_up == number
