"""An exchange of tokens that the tests of users' keys control."""

import asyncio
from collections import Counter

import attrs
from clocks import ReadClock
from users_who_sign import name_of

from privy_async.errors import APIConnectionError
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys

KEY = AuthorizationKey.generate()


@attrs.define
class Issuer:
    """Counts the exchanges, waits for `gate`, raises `failure`, issues keys that live `life` s."""

    now: float = 1_000_000.0
    life: float = 3600.0
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    calls: Counter[str] = attrs.field(factory=Counter[str])

    async def exchange(self, user: UserAuth) -> UserKey:
        self.calls[name_of(user)] += 1
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return UserKey(key=KEY, issued_at=self.now, expires_at=self.now + self.life)

    def keys(self, capacity: int = 100) -> UserKeys:
        return UserKeys(self.exchange, capacity=capacity, clock=ReadClock(lambda: self.now))


def broken(note: str = "the connection broke") -> APIConnectionError:
    """Return the error of an exchange that is not to be reached."""
    return APIConnectionError(note, method="POST", url="https://api.privy.io/v1/x")


async def settle() -> None:
    """Let every task run until it waits for something else."""
    for _ in range(10):
        await asyncio.sleep(0)
