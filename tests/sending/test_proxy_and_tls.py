"""Through a proxy, and over TLS."""

import os
import ssl
import sys
from pathlib import Path

import anyio
import pytest
from certificates import certificate, server_context
from sdk_helpers import RawServer, free_port, http_answer

from privy_async import APIConnectionError, InvalidArgumentError, PrivyClient
from privy_async.sending.settings import choose_proxy

pytestmark = pytest.mark.anyio


async def test_the_proxy_gets_the_requests() -> None:
    """With `proxy` the request goes there, addressed to Privy."""
    async with (
        RawServer() as proxy,
        proxy.client(base_url="http://api.example", proxy=proxy.url) as privy,
    ):
        assert await privy.request("GET", "/v1/x") == {}
    (request,) = proxy.requests
    assert request.target == "http://api.example/v1/x"


async def test_a_proxy_that_refuses_the_connection_sent_nothing() -> None:
    """Nothing can have happened behind a proxy that could not be reached."""
    proxy = f"http://127.0.0.1:{free_port()}"
    async with RawServer() as server, server.client(proxy=proxy, max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await privy.users.create(linked_accounts=[])
    assert caught.value.may_have_happened is False
    assert server.connections == 0


async def test_a_dead_proxy_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """In the error and in the log, and without its password."""
    caplog.set_level("DEBUG", "privy_async")
    proxy = f"http://me:hidden@127.0.0.1:{free_port()}"
    shown = proxy.replace("me:hidden", "***")
    async with RawServer() as server, server.client(proxy=proxy, max_retries=1) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await privy.users.create(linked_accounts=[])
    assert f"after 2 attempts, through the proxy {shown}\n" in str(caught.value)
    assert all(f"through the proxy {shown}" in each.getMessage() for each in caplog.records)
    assert "hidden" not in str(caught.value) + caplog.text


async def test_a_proxy_that_refuses_to_connect_is_named() -> None:
    """What it answers to CONNECT is told, and that nothing was sent to Privy."""
    async with (
        RawServer(http_answer(status=407)) as proxy,
        proxy.client(base_url="https://api.example", proxy=proxy.url, max_retries=0) as privy,
    ):
        with pytest.raises(APIConnectionError) as caught:
            await privy.users.create(linked_accounts=[])
    assert caught.value.message == "the proxy answered 407 Proxy Authentication Required"
    assert f"through the proxy {proxy.url}" in str(caught.value)
    assert caught.value.may_have_happened is False


async def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY serves where none is given; one that is given, and NO_PROXY, come before it."""
    async with RawServer() as proxy, RawServer() as other:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with proxy.client(base_url="http://api.example") as privy:
            assert await privy.request("GET", "/v1/x") == {}
        async with proxy.client(base_url="http://api.example", proxy=other.url) as privy:
            assert await privy.request("GET", "/v1/y") == {}
        monkeypatch.setenv("NO_PROXY", "example")
        async with proxy.client(base_url="http://api.example", max_retries=0) as privy:
            with pytest.raises(APIConnectionError):
                await privy.request("GET", "/v1/z")
        assert [each.target for each in proxy.requests] == ["http://api.example/v1/x"]
        assert [each.target for each in other.requests] == ["http://api.example/v1/y"]


PRIVY = "https://api.privy.io"


@pytest.mark.parametrize(
    ("variables", "base_url", "proxy"),
    [
        ({}, PRIVY, None),
        ({"HTTPS_PROXY": "http://p:3128"}, PRIVY, "http://p:3128"),
        ({"https_proxy": "http://p:3128"}, PRIVY, "http://p:3128"),
        ({"https_proxy": "http://small", "HTTPS_PROXY": "http://large"}, PRIVY, "http://small"),
        ({"HTTPS_PROXY": "p:3128"}, PRIVY, "http://p:3128"),
        ({"HTTPS_PROXY": ""}, PRIVY, None),
        ({"HTTP_PROXY": "http://p:3128"}, PRIVY, None),
        ({"HTTP_PROXY": "http://p:3128"}, "http://api.example", "http://p:3128"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "privy.io"}, PRIVY, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, PRIVY, None),
        ({"HTTPS_PROXY": "http://p", "no_proxy": "a.example,.privy.io"}, PRIVY, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "y.io"}, PRIVY, "http://p"),
        ({"HTTP_PROXY": "http://p"}, "http://127.0.0.1:8787", None),
        ({"HTTP_PROXY": "http://p"}, "http://localhost:8787/base", None),
        ({"HTTP_PROXY": "http://p"}, "http://[::1]:8787", None),
    ],
)
def test_which_proxy(
    variables: dict[str, str], base_url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiohttp reads them, and never for this machine itself."""
    for name in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    assert choose_proxy(None, base_url) == proxy


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable or by the argument, before anything is sent, and without its password."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hidden@proxy:1080")
    with pytest.raises(InvalidArgumentError, match=r"^HTTPS_PROXY: expected the URL") as caught:
        PrivyClient(app_id="a", app_secret="s")
    assert "hidden" not in str(caught.value)
    with pytest.raises(InvalidArgumentError, match=r"^proxy: "):
        PrivyClient(app_id="a", app_secret="s", proxy="socks5://proxy:1080")


TRUSTED = """
import asyncio, sys
from privy_async import PrivyClient

async def main():
    async with PrivyClient(app_id="a", app_secret="s", base_url=sys.argv[1]) as privy:
        print(await privy.request("GET", "/v1/x"))

asyncio.run(main())
"""


async def test_the_trusted_certificates_of_the_environment(tmp_path: Path) -> None:
    """SSL_CERT_FILE is the trust store of a process, as everywhere in Python."""
    path = certificate(tmp_path)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(path)
    async with RawServer(tls=server_side) as server:
        done = await anyio.run_process(
            [sys.executable, "-c", TRUSTED, f"https://127.0.0.1:{server.port}"],
            env={**os.environ, "SSL_CERT_FILE": str(path)},
        )
    assert done.stdout == b"{}\n"


async def test_tls_trusts_the_system_or_the_context_given(tmp_path: Path) -> None:
    """An unknown certificate is refused before anything is sent; a context of one's own works."""
    path = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(path))
    async with RawServer(tls=server_context(path)) as server:
        async with server.client(max_retries=0) as privy:
            with pytest.raises(APIConnectionError) as caught:
                await privy.users.create(linked_accounts=[])
        assert (caught.value.may_have_happened, server.requests) == (False, [])
        async with server.client(ssl=trusting) as privy:
            assert await privy.request("GET", "/v1/x") == {}
    assert server.requests[0].header("host") == f"127.0.0.1:{server.port}"
