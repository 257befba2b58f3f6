"""Users' keys in a real Redis: one exchange for all processes."""

import asyncio
import base64
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from places import TESTS
from users_who_sign import user
from worker_helpers import new_customers

from privy_async.errors import APIConnectionError, InvalidArgumentError
from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.sandbox import Sandbox

if TYPE_CHECKING:
    from redis_server import RedisServer
from redis_helpers import KEYS, SECRET, Privy, get, in_threads, public_keys, wait_until

pytestmark = pytest.mark.anyio


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
