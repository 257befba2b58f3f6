"""Fixtures of the tests of the store in Redis."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from redis_server import RedisServer
from redis_helpers import Privy


@pytest.fixture
async def privy() -> AsyncIterator[Privy]:
    """What issues the keys; the processes that use them close at the end of the test."""
    privy = Privy()
    yield privy
    for process in privy.processes:
        await process.close()


@pytest.fixture
def redis(redis_server: "RedisServer") -> Iterator[Any]:
    """A client of the test's own, to look into Redis with."""
    client = redis_server.client()
    yield client
    client.close()
