"""Fixtures of the SDK's tests: a sandbox for each test, and clients of it."""

from collections.abc import AsyncIterator

import pytest
from sdk_helpers import Owner, new_owner

from privy_async import PrivyClient
from privy_async.sandbox import Sandbox


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox of its own for each test, whose wallets send whatever they are asked to."""
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
async def privy(sandbox: Sandbox) -> AsyncIterator[PrivyClient]:
    """The app's client, for which nobody signs."""
    async with sandbox.client() as privy:
        yield privy


@pytest.fixture
async def alice(sandbox: Sandbox, privy: PrivyClient) -> Owner:
    """A user with an Ethereum wallet."""
    return await new_owner(sandbox, privy)
