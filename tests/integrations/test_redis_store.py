"""Users' keys in a real Redis: one exchange for all processes, and no call fails for Redis."""

import asyncio
import base64
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from places import TESTS
from users_who_sign import name_of, user
from worker_helpers import new_customers

from privy_async.errors import APIConnectionError, InvalidArgumentError
from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.sandbox import Sandbox
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys

if TYPE_CHECKING:
    from redis_server import RedisServer

pytest_plugins = ("redis_server",)
pytestmark = pytest.mark.anyio

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


def public_keys(keys: list[UserKey]) -> set[str]:
    return {key.key.public_key for key in keys}


# --- one exchange for all


async def test_a_hundred_processes_share_one_exchange(
    privy: Privy, redis_server: "RedisServer"
) -> None:
    """They ask at once, one exchanges, the others wait for its key; it is the same for all."""
    privy.seconds = 0.3
    processes = [privy.process(redis_server.url) for _ in range(100)]
    got = await asyncio.gather(*(process.get(user("jwt")) for process in processes))
    assert len(public_keys(got)) == 1
    assert privy.calls == {"jwt": 1}


async def test_many_tokens_in_many_processes(privy: Privy, redis_server: "RedisServer") -> None:
    """Each token is exchanged once, and nobody gets another's key."""
    processes = [privy.process(redis_server.url) for _ in range(4)]
    tokens = [f"jwt{number}" for number in range(50)]
    calls = [process.get(user(token)) for token in tokens for process in processes]
    got = await asyncio.gather(*calls)
    assert privy.calls == dict.fromkeys(tokens, 1)
    groups = [public_keys(got[index : index + 4]) for index in range(0, len(got), 4)]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == 50


async def test_the_key_is_gone_with_its_life(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """Redis drops it when it expires; the lock is gone as soon as the key is there."""
    privy.life = 100.0
    await privy.process(redis_server.url).get(user("jwt"))
    (name,) = redis.keys("*")
    assert 98_000 < redis.pttl(name) <= 100_000
    assert name.decode().startswith("privy:{")


async def test_what_redis_holds_tells_nothing(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """Neither the token nor the key can be read there, and values that are swapped are not used."""
    keys = privy.process(redis_server.url)
    alice, bob = await keys.get(user("alice")), await keys.get(user("bob"))
    names = redis.keys("*")
    text = b"".join(name + redis.get(name) for name in names)
    for secret in (
        alice.key.to_base64(),
        bob.key.to_base64(),
        SECRET.hex(),
        "alice",
        "bob",
    ):
        assert secret.encode() not in text
        assert base64.b64encode(secret.encode())[8:-8] not in text or len(secret) < 20
    first, second = (redis.get(name) for name in names)
    redis.mset({names[0]: second, names[1]: first})
    got = await privy.process(redis_server.url).get(user("alice"))
    assert got.key.public_key not in public_keys([alice, bob])
    assert privy.calls == {"alice": 2, "bob": 1}


async def test_a_new_encryption_key(privy: Privy, redis_server: "RedisServer") -> None:
    """Who knows both opens what the old one sealed; who knows neither exchanges for itself."""
    new = os.urandom(32)
    old = await privy.process(redis_server.url).get(user("jwt"))
    both = await privy.process(redis_server.url, encryption_key=[new, SECRET]).get(user("jwt"))
    assert both.key.public_key == old.key.public_key
    await privy.process(redis_server.url, encryption_key=new).get(user("jwt"))
    assert privy.calls == {"jwt": 2}


async def test_a_refused_key_is_replaced_once_for_all(
    privy: Privy, redis_server: "RedisServer"
) -> None:
    """It is dropped from Redis only if it still stands there: the newer one stays."""
    processes = [privy.process(redis_server.url) for _ in range(10)]
    old = [await process.get(user("jwt")) for process in processes]
    for process, key in zip(processes, old, strict=True):
        process.forget(user("jwt"), key)
    new = await asyncio.gather(*(process.get(user("jwt")) for process in processes))
    assert len(public_keys(new)) == 1
    assert public_keys(new) != public_keys(old)
    processes[0].forget(user("jwt"), old[0])
    assert await processes[0].get(user("jwt")) is new[0]
    assert privy.calls == {"jwt": 2}


async def test_a_refused_key_goes_even_if_there_is_no_new_one(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """Its exchange fails; nothing stays in Redis, neither the key nor the lock."""
    keys = privy.process(redis_server.url)
    keys.forget(user("jwt"), await keys.get(user("jwt")))
    privy.failure = APIConnectionError("no way", method="POST", url="https://api.privy.io")
    with pytest.raises(APIConnectionError, match="no way"):
        await keys.get(user("jwt"))
    assert redis.keys("*") == []


async def test_an_ageing_key_is_renewed_once_for_all(
    privy: Privy, redis_server: "RedisServer"
) -> None:
    """After nine tenths of a short life, one process exchanges for all."""
    privy.life = 2.0
    processes = [privy.process(redis_server.url) for _ in range(5)]
    old = await asyncio.gather(*(process.get(user("jwt")) for process in processes))
    await asyncio.sleep(1.85)
    new = await asyncio.gather(*(process.get(user("jwt")) for process in processes))
    assert len(public_keys([*old, *new])) == 2
    assert privy.calls == {"jwt": 2}


async def test_each_process_hears_of_its_own_failure(
    privy: Privy, redis_server: "RedisServer"
) -> None:
    """When the exchange fails, those who waited try for themselves, at once."""
    failure = APIConnectionError("no way", method="POST", url="https://api.privy.io")
    privy.failure = failure
    processes = [privy.process(redis_server.url) for _ in range(5)]
    calls = (process.get(user("jwt")) for process in processes)
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in errors] == [APIConnectionError] * 5
    assert privy.calls == {"jwt": 5}


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


# --- loops, threads, clients


def test_event_loops_and_threads_share_a_store(redis_server: "RedisServer") -> None:
    """One loop after another, and many at once: each has connections, and closes them."""
    privy = Privy()
    process = privy.process(redis_server.url)
    in_threads(4, lambda: process.get(user("jwt")))
    assert privy.calls["jwt"] == 1
    for _ in range(3):
        fresh = privy.process(redis_server.url)
        asyncio.run(get(fresh, "jwt"))
        asyncio.run(get(fresh, "jwt"))
    with redis_server.client() as redis:
        # Its own connection is the only one left.
        wait_until(lambda: len(redis.client_list()) == 1)
    assert privy.calls["jwt"] == 1


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


async def test_a_closed_store_opens_anew(
    privy: Privy, redis_server: "RedisServer", redis: Any
) -> None:
    """Closing twice does no harm, and the next key is found all the same."""
    process = privy.process(redis_server.url)
    await process.close()
    await process.get(user("jwt"))
    await process.close()
    await process.close()
    assert len(redis.client_list()) == 1
    await process.get(user("another"))
    await process.close()
    assert len(redis.keys(KEYS)) == 2


@pytest.mark.parametrize("decode", [True, False])
async def test_a_client_of_your_own(
    privy: Privy, redis_server: "RedisServer", decode: bool
) -> None:
    """A function makes it, for each loop; it is closed with the store."""
    asyncio_redis = pytest.importorskip("redis.asyncio")
    made: list[Any] = []

    def make() -> Any:
        made.append(asyncio_redis.Redis.from_url(redis_server.url, decode_responses=decode))
        return made[-1]

    first, second = privy.process(make), privy.process(make)
    assert made == []
    keys = [await process.get(user("jwt")) for process in (first, second)]
    await first.get(user("another"))
    assert len(public_keys(keys)) == 1
    assert len(made) == 2


async def test_prefixes_are_apart(privy: Privy, redis_server: "RedisServer", redis: Any) -> None:
    """Names begin with the prefix, so that two stores may share one Redis."""
    await privy.process(redis_server.url, prefix="a").get(user("jwt"))
    await privy.process(redis_server.url, prefix="b").get(user("jwt"))
    assert privy.calls == {"jwt": 2}
    assert {name[:3] for name in redis.keys("*")} == {b"a:{", b"b:{"}


@pytest.mark.parametrize("redis", ["localhost", "http://localhost", None, b"redis://x"], ids=repr)
def test_what_is_no_redis(redis: Any) -> None:
    """It is refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        RedisUserKeyStore(redis, encryption_key=SECRET)
    assert caught.value.argument == "redis"


def test_a_client_is_refused_with_a_reason() -> None:
    """A client belongs to one event loop, and the store may be used by many."""
    client = pytest.importorskip("redis.asyncio").Redis()
    with pytest.raises(InvalidArgumentError, match="a function that makes a client"):
        RedisUserKeyStore(client, encryption_key=SECRET)


def test_no_secret_shows() -> None:
    """The repr holds neither the encryption key nor a password in the URL."""
    store = RedisUserKeyStore("redis://user:password@localhost", encryption_key=SECRET)
    assert repr(store) == "RedisUserKeyStore(prefix='privy')"


@pytest.mark.slow
def test_forked_children_use_the_store_of_their_parent(redis_server: "RedisServer") -> None:
    """Each child has connections of its own; parent and children end without a complaint."""
    with Sandbox() as sandbox:
        (customer,) = new_customers(sandbox, 1)
        script = TESTS / "processes" / "fork_with_store.py"
        secret = base64.b64encode(SECRET).decode()
        run = subprocess.run(
            [sys.executable, "-X", "dev", str(script), sandbox.base_url, redis_server.url, secret,
             customer.jwt, customer.wallet_id],
            env={**os.environ, "PYTHONPATH": str(script.parents[2])},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )  # fmt: skip
        assert (run.stdout.strip(), run.returncode) == ("1", 0), run.stderr
        assert sandbox.state.exchanges == 1
    # Since Python 3.12 a fork beside threads warns.
    assert {line for line in run.stderr.splitlines() if "DeprecationWarning" not in line} <= {
        "  self.pid = os.fork()"
    }
