"""A running sandbox and a client of it, for every test that wants them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from api_client import ApiClient, Clock
from webhook_receiver import Receiver, receiving

from privy_async.sandbox import Sandbox


@pytest.fixture
def clock() -> Clock:
    """The sandbox's clock, which stands still."""
    return Clock()


@pytest.fixture
async def sandbox(anyio_backend: str, clock: Clock) -> AsyncIterator[Sandbox]:
    """A sandbox of its own for each test."""
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
async def receiver(sandbox: Sandbox) -> AsyncIterator[Receiver]:
    """A server that is told everything."""
    async with receiving(sandbox) as receiver:
        yield receiver


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[ApiClient]:
    """A client of the sandbox."""
    async with aiohttp.ClientSession() as session:
        yield ApiClient(sandbox, session)
