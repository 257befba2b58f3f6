"""Through a proxy, and over TLS."""

import ssl
from pathlib import Path

import pytest
from certificates import certificate, server_context
from sdk_helpers import RawServer, free_port

from privy_async import (
    APIConnectionError,
)

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
