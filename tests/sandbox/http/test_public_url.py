"""A sandbox behind a proxy: signatures are over the URL that clients know."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from api_client import ApiClient
from certificates import certificate, server_context
from sdk_helpers import free_port

from privy_async import AuthenticationError, AuthorizationKey
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def tls_in_front_of(sandbox: Sandbox, port: int, path: Path) -> AsyncIterator[None]:
    """A proxy that ends TLS at a port, and hands the bytes on."""
    target = int(sandbox.base_url.rpartition(":")[2])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(relay(reader, behind[1]), relay(behind[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=server_context(path))
    try:
        yield
    finally:
        server.close()


async def test_signatures_verify_behind_tls(tmp_path: Path) -> None:
    """A client that speaks TLS signs https; without a public URL the sandbox saw http."""
    path, port = certificate(tmp_path), free_port()
    trusting = ssl.create_default_context(cafile=str(path))
    key = AuthorizationKey.generate()
    url = f"https://localhost:{port}"
    for public_url in (url, None):
        sandbox = Sandbox(public_url=public_url)
        async with (
            sandbox,
            tls_in_front_of(sandbox, port, path),
            sandbox.client(base_url=url, ssl=trusting, authorization_key=key) as privy,
        ):
            wallet = await privy.wallets.create(
                chain_type="ethereum", owner={"public_key": key.public_key}
            )
            if public_url is not None:
                await privy.wallets.ethereum.sign_message(wallet.id, "hello")
            else:
                with pytest.raises(AuthenticationError):
                    await privy.wallets.ethereum.sign_message(wallet.id, "hello")


async def test_every_client_of_it_goes_there(tmp_path: Path) -> None:
    """`client()` and `sync_client()` use the public URL; the address it listens at is another."""
    sandbox = Sandbox(public_url="https://Privy.Test:443/")
    async with sandbox:
        clients = [sandbox.client(), sandbox.sync_client()]
        assert ["base_url='https://privy.test'" in repr(client) for client in clients] == [True] * 2
        assert sandbox.base_url.startswith("http://127.0.0.1:")


async def test_a_path_and_a_host_are_the_proxys(anyio_backend: str) -> None:
    """A proxy may serve it below a path, which it takes off, and hand on a Host of its own."""
    seen: list[str] = []

    async def forward(request: web.BaseRequest) -> web.Response:
        seen.append(request.raw_path)
        headers = {name: text for name, text in request.headers.items() if name != "Host"}
        url = sandbox.base_url + request.raw_path.removeprefix("/privy")
        async with aiohttp.request(
            request.method, url, data=await request.read(), headers=headers
        ) as answer:
            body = await answer.read()
            return web.Response(status=answer.status, body=body, content_type="application/json")

    runner = web.ServerRunner(web.Server(forward))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    key = AuthorizationKey.generate()
    sandbox = Sandbox(public_url=f"http://localhost:{runner.addresses[0][1]}/privy/")
    async with sandbox, sandbox.client(authorization_key=key) as privy:
        wallet = await privy.wallets.create(
            chain_type="ethereum", owner={"public_key": key.public_key}
        )
        await privy.wallets.ethereum.sign_message(wallet.id, "hello")
    await runner.cleanup()
    assert [path.startswith("/privy/v1/wallets") for path in seen] == [True, True]


@pytest.mark.parametrize(
    ("host", "status"),
    [("privy.test", 200), ("PRIVY.TEST:8443", 200), ("127.0.0.1", 200), ("other.test", 421)],
)
async def test_its_host_is_answered(host: str, status: int, anyio_backend: str) -> None:
    """A proxy that hands on the Host that it was asked for is no stranger."""
    sandbox = Sandbox(public_url="https://privy.test:8443")
    async with sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        reply = await api.send("GET", "/v1/users", None, {**api.app_headers(), "Host": host})
        assert reply.status == status


@pytest.mark.parametrize(
    "url",
    [
        *("", "privy.test", "ftp://privy.test", "https://", "https://a:b@privy.test"),
        *("https://privy.test?x=1", "https://privy.test/#x", "https://a b", "https://a:99999"),
        *("https://a:0", "//privy.test", "https://[x]"),
    ],
)
def test_what_is_no_public_url(url: str) -> None:
    """It is refused when the sandbox is made."""
    with pytest.raises(ValueError, match="public_url: expected an address such as"):
        Sandbox(public_url=url)
