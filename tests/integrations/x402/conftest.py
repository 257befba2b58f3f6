"""The stage that the tests of x402 share, and what each has for itself."""

from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from x402_stage import Gateway, Stage, stage

from privy_async import PrivyClient

_stage = stage


@pytest.fixture(scope="session", name="stage")
def shared_stage() -> Iterator[Stage]:
    with _stage() as opened:
        yield opened


@pytest.fixture
async def alice(stage: Stage, anyio_backend: str) -> AsyncIterator[PrivyClient]:
    """The client that signs as the buyer."""
    async with stage.sandbox.client() as app:
        yield app.for_user(stage.jwt)


@pytest.fixture
async def gateway(stage: Stage, anyio_backend: str) -> AsyncIterator[Gateway]:
    """A server before the shop, which may fail."""
    gateway = Gateway(stage.shop)
    async for url in _serving(gateway):
        gateway.url = url
        yield gateway


@pytest.fixture
async def elsewhere(stage: Stage, anyio_backend: str) -> AsyncIterator[Gateway]:
    """Another one, on another port, which is another origin."""
    gateway = Gateway(stage.shop)
    async for url in _serving(gateway):
        gateway.url = url
        yield gateway


async def _serving(gateway: Gateway) -> AsyncIterator[str]:
    app = web.Application(handler_args={"access_log": None})
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
