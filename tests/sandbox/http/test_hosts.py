"""DNS rebinding: a web page reaches no sandbox by a name of its own."""

import asyncio
import socket

import aiohttp
import pytest
from api_client import ApiClient

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

PATHS = ["/", "/v1/wallets", "/api/v1/users", "/rpc/evm/1", "/v1/apps/sandbox-app/jwks.json"]
LOOPBACK = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.9.8.7"]
LOOPBACK += ["[::1]", "[0:0::1]"]
OTHERS = [
    *("evil.example", "localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "x"),
    *("", ":80", "127.0.0.1@evil.example", "evil.example:8787", "127.0.0.1, evil.example", "["),
    *("10.0.0.1", "0.0.0.0", "169.254.169.254", "[::]", "[fe80::1]", "127.1", "2130706433"),
    *("localhost evil", "http://localhost", "localhost/x", "localhost#", "locälhost", "[::1]x"),
]


async def answered(api: ApiClient, host: str, path: str, method: str = "GET") -> int:
    """The status of a request with a Host header of its own."""
    reply = await api.send(method, path, None, {**api.app_headers(), "Host": host})
    return reply.status


@pytest.mark.parametrize("host", LOOPBACK)
async def test_loopback_names(api: ApiClient, host: str) -> None:
    """Every name and address of this machine's own is answered, with a port or without."""
    for name in (host, f"{host}:8787", f"{host}:"):
        assert await answered(api, name, "/v1/users") == 200


@pytest.mark.parametrize("host", OTHERS)
async def test_other_hosts(api: ApiClient, host: str) -> None:
    """Nothing is answered, executed or shown under any other name, and no fault is used up."""
    api.sandbox.faults.add(delay=60)
    for path in PATHS:
        for method in ("GET", "POST", "OPTIONS"):
            assert await answered(api, host, path, method) == 421
    assert len(api.sandbox.faults) == 1
    assert [record.status for record in api.sandbox.log] == [421] * 3 * len(PATHS)
    assert "does not answer to the host" in str(api.sandbox.log[-1].error)


async def raw(api: ApiClient, request: bytes) -> bytes:
    """The first line of the answer to some bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(request)
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /v1/users HTTP/1.0\r\n\r\n",
        b"GET /v1/users HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    ],
)
async def test_no_host(api: ApiClient, request_head: bytes) -> None:
    """A request that says no host is refused, as is one that says it elsewhere."""
    assert b" 421 " in await raw(api, request_head) or b" 400 " in await raw(api, request_head)


async def test_the_host_it_was_started_with(anyio_backend: str) -> None:
    """A name that is this machine's, and the addresses at which requests arrive, are answered."""
    name = socket.gethostname()
    addresses = {info[4][0] for info in socket.getaddrinfo(name, None, socket.AF_INET)}
    async with aiohttp.ClientSession() as session:
        async with Sandbox(host=name) as sandbox:
            api = ApiClient(sandbox, session)
            api.url = f"http://{name}:{sandbox.base_url.rpartition(':')[2]}"
            assert (await api.call("GET", "/v1/users")).status == 200
            assert await answered(api, name.upper(), "/v1/users") == 200
            assert await answered(api, "evil.example", "/v1/users") == 421
        async with Sandbox(host="0.0.0.0") as sandbox:
            port = sandbox.base_url.rpartition(":")[2]
            for address in ("127.0.0.1", "0.0.0.0", *addresses):
                api = ApiClient(sandbox, session)
                api.url = f"http://{address}:{port}"
                assert (await api.call("GET", "/v1/users")).status == 200, address
                assert await answered(api, "10.1.2.3", "/v1/users") == 421
