"""Users' keys in Redis, sealed: all processes of an app exchange each token once between them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol, TypeAlias

import attrs

from privy_async.checks import check_clock, check_own_loop, check_seconds
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError
from privy_async.signing.secret import NotPickled, hides_arguments
from privy_async.user_keys.cache import UserKey
from privy_async.user_keys.store import EncryptionKey, UserKeyCipher

_log = logging.getLogger("privy_async")

# Seconds after which another process may take over from one that died in its exchange.
_LOCK_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.05
# Seconds for which Redis is left alone after it has failed.
_REST_SECONDS: Final = 5.0
_MAX_CONNECTIONS: Final = 20
_SCHEMES: Final = ("redis://", "rediss://", "unix://")

# The scripts see one token's key as KEYS[1], and the lock of its exchange as KEYS[2].
# Returns a key other than the useless one, or 1 if the caller got the lock, or 0.
_FIND_OR_LOCK: Final = """
local useless, owner, milliseconds = ARGV[1], ARGV[2], ARGV[3]
local found = redis.call('GET', KEYS[1])
if found and found ~= useless then return found end
if not redis.call('SET', KEYS[2], owner, 'NX', 'PX', milliseconds) then return 0 end
redis.call('DEL', KEYS[1])
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""
_FORGET: Final = "redis.call('DEL', KEYS[1])\nreturn 1"
_SAVE: Final = f"redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\n{_RELEASE}"


class RedisClient(Protocol):
    """The parts needed of a client such as `redis.asyncio.Redis`."""

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Awaitable[Any]:
        """Run a Lua script."""
        ...

    def aclose(self) -> Awaitable[None]:
        """Close all connections."""
        ...


class RedisUserKeyStore(NotPickled):
    """Keeps users' keys in Redis (6 or newer, or what speaks like it), sealed with AES-GCM.

        store = RedisUserKeyStore("redis://localhost", encryption_key=os.environ["PRIVY_STORE_KEY"])
        privy = PrivyClient(user_key_store=store)

    Whoever can write to Redis, and has not the `encryption_key`, can read no key, forge none, and
    put none in another user's place; why an older one that is put back is harmless stands at
    `privy_async.user_keys.store.UserKeyCipher`.

    A key is kept until it expires. While Redis is down or slow, each process exchanges for
    itself, and one warning is logged. Event loops, threads and forked children may share a store:
    each loop gets connections of its own.
    """

    @hides_arguments
    def __init__(
        self,
        redis: str | Callable[[], RedisClient],
        *,
        encryption_key: EncryptionKey | Iterable[EncryptionKey],
        prefix: str = "privy",
        timeout: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is sent before the first key is needed.

        Args:
            redis: A URL (redis://, rediss://, unix://), or a function that makes a client, such
                as one of a cluster or with a TLS context. It is called once for each event loop,
                since a client belongs to one, and its client is closed with the loop. Give it
                timeouts of its own.
            encryption_key: 32 bytes, as bytes or in base64; several while one is replaced, as
                `UserKeyCipher` says. Whoever has it and can read Redis can sign as your users.
            prefix: What the names in Redis begin with.
            timeout: Seconds that Redis has for one answer.
            clock: Time and random numbers, for tests and simulations.

        Raises:
            InvalidArgumentError: One of them is wrong; it is named.
            ImportError: A URL needs the extra `redis`, which is not installed.
        """
        self._timeout = check_seconds("timeout", timeout)
        self._clients = _Clients(redis if callable(redis) else _maker(redis, timeout))
        self._cipher = UserKeyCipher(encryption_key)
        self._prefix = prefix
        self._clock = check_clock(clock)
        self._rest_until = 0.0
        self._warned = False

    def __repr__(self) -> str:
        return f"RedisUserKeyStore(prefix={self._prefix!r})"

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        """Return the key that is kept, or else exchange; the other processes wait meanwhile.

        Raises:
            PrivyError: What `exchange` raises. Each process that waits then tries for itself.
        """
        owner = self._clock.random_bytes(16).hex()
        found = await self._find_or_lock(name, usable, owner)
        if found is not None:
            return found
        try:
            user_key = await exchange()
        except (Exception, asyncio.CancelledError):
            await self._run(_RELEASE, name, owner)
            raise
        milliseconds = max(1, int((user_key.expires_at - self._clock.now()) * 1000))
        sealed = self._cipher.seal(name, user_key)
        if await self._run(_SAVE, name, owner, sealed, milliseconds) is None:
            # Nothing says whether it was kept; the others must not wait for it all the same.
            await self._run(_RELEASE, name, owner, resting=True)
        return user_key

    async def forget(self, name: bytes) -> None:
        """Drop the key under this name; where Redis does not answer, that is logged."""
        if await self._run(_FORGET, name, resting=True) is None:
            _log.warning("a user's key could not be dropped from Redis: it stays until it expires")

    async def close(self) -> None:
        """Close the connections of the running event loop; a later call opens new ones."""
        await self._clients.close()

    async def _find_or_lock(
        self, name: bytes, usable: Callable[[UserKey], bool], owner: str
    ) -> UserKey | None:
        """A usable key; None if there is none and nobody else to wait for, so: exchange."""
        useless: str | bytes = b""
        # A lock is gone by then, whatever became of its owner.
        end = self._clock.monotonic() + _LOCK_SECONDS
        while self._clock.monotonic() < end:
            answer = await self._run(_FIND_OR_LOCK, name, useless, owner, int(_LOCK_SECONDS * 1000))
            if isinstance(answer, (str, bytes)):
                user_key = self._cipher.open(name, answer)
                if user_key is not None and usable(user_key):
                    return user_key
                useless = answer
            elif answer == 0:
                await asyncio.sleep(_POLL_SECONDS)
            else:
                break
        return None

    async def _run(
        self, script: str, name: bytes, *arguments: str | bytes | int, resting: bool = False
    ) -> object:
        """Return what the script returns; None if Redis gives no answer, or rests.

        With `resting` it is asked even while it rests.
        """
        if self._clock.monotonic() < self._rest_until and not resting:
            return None
        # The braces keep both names in one slot of a cluster.
        place = f"{self._prefix}:{{{name.hex()}}}"
        try:
            # Making the first client imports redis-py, which takes longer than Redis may.
            client = await self._clients.get()
            async with asyncio.timeout(self._timeout):
                answer = await client.eval(script, 2, f"{place}:key", f"{place}:lock", *arguments)
        except Exception as error:
            # Whatever is wrong with Redis, Privy can still be asked.
            self._rest(error)
            return None
        self._warned = False
        return answer

    def _rest(self, error: Exception) -> None:
        self._rest_until = self._clock.monotonic() + _REST_SECONDS
        if not self._warned:
            self._warned = True
            _log.warning(
                "Redis keeps no users' keys at the moment (%s): each process exchanges its own",
                type(error).__name__,
            )


_ByLoop: TypeAlias = dict[asyncio.AbstractEventLoop, tuple[RedisClient, AsyncGenerator[None]]]


@attrs.define(eq=False)
class _Clients:
    """A client for each running event loop, closed with its loop at the latest."""

    make: Callable[[], RedisClient] = attrs.field(repr=False)
    _open: _ByLoop = attrs.field(factory=_ByLoop, init=False)

    async def get(self) -> RedisClient:
        """Return the client of the running loop.

        Raises:
            PrivyError: It is a loop that was used before a fork.
        """
        loop = asyncio.get_running_loop()
        check_own_loop(loop)
        found = self._open.get(loop)
        if found is not None:
            return found[0]
        # A forked child keeps its parent's clients, whose loops are open: it must not close them.
        for other in [other for other in list(self._open) if other.is_closed()]:
            self._open.pop(other, None)
        client = self.make()
        closer = _close_with_loop(client)
        self._open[loop] = client, closer
        await anext(closer)
        return client

    async def close(self) -> None:
        """Close the client of the running loop, if there is one."""
        found = self._open.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found[1].aclose()


async def _close_with_loop(client: RedisClient) -> AsyncGenerator[None]:
    """Close the client when this generator is closed, as asyncio.run does before it ends."""
    try:
        yield
    finally:
        await client.aclose()


def _maker(url: object, timeout: float) -> Callable[[], RedisClient]:
    """A function that makes clients for this URL."""
    if not (isinstance(url, str) and url.startswith(_SCHEMES)):
        raise InvalidArgumentError(
            "redis",
            f"expected a URL ({', '.join(_SCHEMES)}) or a function that makes a client; "
            "a client itself belongs to one event loop",
        )
    if find_spec("redis") is None:
        raise ImportError('a URL needs redis: pip install "privy-async[redis]"')
    return partial(_connect, url, timeout)


def _connect(url: str, timeout: float) -> RedisClient:
    # Its types differ too much between its versions to be checked against them all.
    redis: Any = import_module("redis.asyncio")
    errors: Any = import_module("redis.exceptions")
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=_MAX_CONNECTIONS,
        # redis-py loses a cancellation now and then, so that ours may not end a command.
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        # Once, at once: a connection may have died since it was used last.
        retry=redis.retry.Retry(import_module("redis.backoff").NoBackoff(), 1),
        retry_on_error=[errors.ConnectionError],
    )
    client: RedisClient = redis.Redis.from_pool(pool)
    return client
