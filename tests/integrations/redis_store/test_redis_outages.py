"""Outages of Redis, by a clock that the test sets; and what is no outage."""

import logging
import sys
from typing import TYPE_CHECKING

import pytest
from clocks import ReadClock
from users_who_sign import user

from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys

if TYPE_CHECKING:
    from redis_server import RedisServer


KEY = AuthorizationKey.generate()
SECRET = bytes(32)


@pytest.mark.anyio
async def test_each_outage_has_its_warning(
    redis_server: "RedisServer", caplog: pytest.LogCaptureFixture
) -> None:
    """One for each time that it went down, however many keys were asked for meanwhile."""
    now = 1e6
    clock = ReadClock(lambda: now)

    async def exchange(_: UserAuth) -> UserKey:
        return UserKey(key=KEY, issued_at=now, expires_at=now + 3600)

    store = RedisUserKeyStore(redis_server.url, encryption_key=SECRET, timeout=5.0, clock=clock)
    keys = UserKeys(exchange, capacity=100, app_id="app", store=store, clock=clock)

    async def warnings_after(*tokens: str) -> int:
        for token in tokens:
            await keys.get(user(token))
        return sum(record.levelno == logging.WARNING for record in caplog.records)

    assert await warnings_after("before") == 0
    for outage in (1, 2):
        redis_server.kill()
        assert await warnings_after(f"a{outage}", f"b{outage}") == outage
        now += 6
        assert await warnings_after(f"c{outage}") == outage
        redis_server.start()
        now += 6
        assert await warnings_after(f"d{outage}") == outage
    await keys.close()


def test_a_missing_library_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told at once, with the way out; a client of one's own needs no library of ours."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r'pip install "privy-async\[redis\]"'):
        RedisUserKeyStore("redis://localhost", encryption_key=SECRET)
    RedisUserKeyStore(lambda: None, encryption_key=SECRET)  # type: ignore[arg-type, return-value]
