"""Locks whose owner is gone, and a Redis out of order: no call fails for it."""

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from users_who_sign import user

from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.user_keys.cache import UserKey

if TYPE_CHECKING:
    from redis_server import RedisServer
from redis_helpers import KEYS, LOCKS, SECRET, Privy, public_keys

pytestmark = pytest.mark.anyio


# --- locks


async def test_the_owner_of_the_lock_dies(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """The lock of a dead process runs out, and one of those who wait takes over."""
    await privy.process(redis_server.url).get(user("jwt"))
    (name,) = redis.keys("*")
    redis.delete(name)
    redis.set(name.removesuffix(b"key") + b"lock", "a dead process", px=300)
    processes = [privy.process(redis_server.url) for _ in range(5)]
    got = await asyncio.gather(*(process.get(user("jwt")) for process in processes))
    assert len(public_keys(got)) == 1
    assert privy.calls == {"jwt": 2}


@pytest.mark.slow
async def test_a_lock_that_never_ends(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """Nobody waits for longer than the 5 s of a lock; then each exchanges for itself."""
    await privy.process(redis_server.url).get(user("jwt"))
    (name,) = redis.keys("*")
    redis.delete(name)
    lock = name.removesuffix(b"key") + b"lock"
    redis.set(lock, "somebody")
    await privy.process(redis_server.url).get(user("jwt"))
    assert privy.calls == {"jwt": 2}
    assert redis.get(lock) == b"somebody"


async def test_a_lock_that_was_lost_is_not_released(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """An exchange that took too long leaves the lock to its next owner."""
    privy.seconds = 0.5
    call = asyncio.create_task(privy.process(redis_server.url).get(user("jwt")))
    while not (locks := redis.keys(LOCKS)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert 0 < redis.pttl(locks[0]) <= 5000
    redis.set(locks[0], "the next owner")
    await call
    assert redis.get(locks[0]) == b"the next owner"


async def test_a_cancelled_exchange_frees_the_lock(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """As when a worker is told to stop: the others need not wait for the lock to run out."""
    privy.seconds = 30
    store = RedisUserKeyStore(redis_server.url, encryption_key=SECRET, timeout=5.0)

    async def exchange() -> UserKey:
        return await privy.exchange(user("jwt"))

    call = asyncio.create_task(store.get(bytes(32), lambda key: True, exchange))
    while not redis.keys(LOCKS):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert redis.keys("*") == []
    await store.close()


# --- Redis out of order


async def test_a_dead_redis(
    privy: Privy, redis_server: "RedisServer", caplog: pytest.LogCaptureFixture
) -> None:
    """Each process exchanges for itself, and one warning says so, without a secret."""
    redis_server.kill()
    process = privy.process(redis_server.url.replace("//", "//user:password@"))
    await asyncio.gather(*(process.get(user(f"jwt{number}")) for number in range(30)))
    await process.get(user("another"))
    assert privy.calls.total() == 31
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    (text,) = [record.getMessage() for record in warnings]
    assert text == (
        "Redis keeps no users' keys at the moment (ConnectionError): each process exchanges its own"
    )


@pytest.mark.slow
async def test_redis_comes_back(
    privy: Privy, redis_server: "RedisServer", redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """After a rest of 5 s it is asked again; a second failure is worth a second warning."""
    process = privy.process(redis_server.url)
    await process.get(user("before"))
    redis_server.kill()
    await process.get(user("while it is down"))
    redis_server.start()
    await process.get(user("while it rests"))
    assert redis.keys("*") == []
    await asyncio.sleep(5.1)
    await process.get(user("after"))
    assert len(redis.keys(KEYS)) == 1
    assert len(caplog.records) == 1
    redis_server.kill()
    await process.get(user("down again"))
    assert len(caplog.records) == 2


async def test_a_restart_between_two_calls_is_not_noticed(
    privy: Privy, redis_server: "RedisServer", redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The dead connections are replaced at once, without a rest."""
    process = privy.process(redis_server.url)
    await asyncio.gather(*(process.get(user(f"jwt{number}")) for number in range(10)))
    redis_server.kill()
    redis_server.start()
    await asyncio.gather(*(process.get(user(f"new{number}")) for number in range(10)))
    assert len(redis.keys(KEYS)) == 10
    assert caplog.records == []


async def test_a_redis_that_does_not_answer(privy: Privy, caplog: pytest.LogCaptureFixture) -> None:
    """It is given its time once, and left alone for a while then."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        process = privy.process(url, timeout=0.2)
        await process.get(user("jwt"))
        await asyncio.gather(*(process.get(user(f"jwt{number}")) for number in range(20)))
        assert len(caplog.records) == 1


@pytest.mark.parametrize("problem", ["wrong type", "no such command"])
async def test_a_redis_that_refuses(
    privy: Privy, redis_server: "RedisServer", redis: Any, problem: str
) -> None:
    """An error of Redis's costs an exchange, and no call."""
    await privy.process(redis_server.url).get(user("jwt"))
    if problem == "wrong type":
        (name,) = redis.keys("*")
        redis.delete(name)
        redis.hset(name, "field", "value")
    else:
        redis.acl_setuser("default", commands=["-eval"])
    await privy.process(redis_server.url).get(user("jwt"))
    assert privy.calls == {"jwt": 2}
