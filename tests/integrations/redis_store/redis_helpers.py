"""What the tests of the store in Redis share: an exchange, and processes that have keys by it."""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import attrs
from users_who_sign import name_of, user

from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys

if TYPE_CHECKING:
    pass


SECRET = os.urandom(32)
LOCKS = "privy:*:lock"
KEYS = "privy:*:key"


@attrs.define
class Privy:
    """Issues a new key for each exchange, and counts them by token."""

    life: float = 3600.0
    seconds: float = 0.05
    failure: Exception | None = None
    calls: Counter[str] = attrs.field(factory=Counter[str])
    processes: list[UserKeys] = attrs.field(factory=list[UserKeys])

    async def exchange(self, user: UserAuth) -> UserKey:
        self.calls[name_of(user)] += 1
        await asyncio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        now = time.time()
        return UserKey(key=AuthorizationKey.generate(), issued_at=now, expires_at=now + self.life)

    def process(self, redis: str | Callable[[], Any], **options: Any) -> UserKeys:
        """The keys of one process, which has connections of its own."""
        options = {"encryption_key": SECRET, "timeout": 5.0, **options}
        store = RedisUserKeyStore(redis, **options)
        keys = UserKeys(self.exchange, capacity=100, app_id="app", store=store)
        self.processes.append(keys)
        return keys


def public_keys(keys: list[UserKey]) -> set[str]:
    return {key.key.public_key for key in keys}


async def get(keys: UserKeys, token: str) -> UserKey:
    return await keys.get(user(token))


def in_threads(count: int, target: Callable[[], Awaitable[Any]]) -> None:
    """Await it in each of so many threads, at the same time."""

    async def once() -> None:
        await target()

    threads = [threading.Thread(target=asyncio.run, args=(once(),)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
