"""A key that came in time and has ended before all that a call waits for was there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import attrs
import pytest
from clocks import ReadClock
from sdk_helpers import Owner, new_owner

from privy_async import AuthorizationContext, PrivyClient, SigningError
from privy_async.sandbox import Sandbox
from privy_async.user_keys.cache import UserKey

pytestmark = pytest.mark.anyio

LIFE = 90.0


@attrs.define
class Store:
    """A store that keeps nothing, and in which time passes after an exchange.

    Attributes:
        slow: Seconds, once.
        ahead: How far the clock was put forward, in s.
    """

    slow: float = 0.0
    ahead: float = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        user_key = await exchange()
        await asyncio.sleep(0.05)
        self.ahead, self.slow = self.ahead + self.slow, 0.0
        return user_key

    async def forget(self, name: bytes) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def sandbox(store: Store) -> AsyncIterator[Sandbox]:
    clock = ReadClock(store.now)
    async with Sandbox(clock=clock, user_key_lifetime=LIFE, real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
async def privy(store: Store, sandbox: Sandbox) -> AsyncIterator[PrivyClient]:
    options: dict[str, Any] = {"user_key_store": store, "clock": ReadClock(store.now)}
    async with sandbox.client(max_retries=0, **options) as privy:
        yield privy


@pytest.fixture
async def alice(sandbox: Sandbox, privy: PrivyClient) -> Owner:
    return await new_owner(sandbox, privy)


@pytest.mark.parametrize("users", [1, 2])
async def test_a_key_that_ends_meanwhile_signs_nothing(
    sandbox: Sandbox, privy: PrivyClient, store: Store, alice: Owner, users: int
) -> None:
    """Nothing is sent with it, and the next call has a new one."""
    bob = await new_owner(sandbox, privy, "bob")
    jwts = [alice.jwt, bob.jwt][:users]
    context = AuthorizationContext(user_jwts=jwts)
    store.slow = LIFE + 1
    with pytest.raises(SigningError, match="expired before it could sign: check the clock"):
        await privy.wallets.ethereum.sign_message(alice.wallet.id, "m", authorization=context)
    assert not [record for record in sandbox.log if record.path.endswith("/rpc")]
    context = AuthorizationContext(user_jwts=[alice.jwt])
    await privy.wallets.ethereum.sign_message(alice.wallet.id, "m", authorization=context)
