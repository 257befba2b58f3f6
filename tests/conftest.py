"""What all tests share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """aiohttp runs on asyncio, and so do the tests."""
    return "asyncio"
