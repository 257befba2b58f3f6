"""The Redis of a journal: the client of each process, and whether it keeps what it confirms."""

import logging
import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

import attrs

from privy_async.errors import InvalidArgumentError

_log: Final = logging.getLogger("privy_async")

_SCHEMES: Final = ("redis://", "rediss://", "unix://")
_SETTINGS: Final = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
# Errors of redis-py that pass: Redis is gone, starts, or has become a replica.
_PASSING: Final = {
    "BusyLoadingError", "ClusterDownError", "ConnectionError", "MasterDownError", "OSError",
    "ReadOnlyError", "TimeoutError", "TryAgainError",
}  # fmt: skip
_LASTING: Final = {"AuthenticationError", "AuthorizationError"}


class RedisClient(Protocol):
    """The parts needed of a client such as `redis.Redis`, which a process's threads share."""

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
        """Run a Lua script."""
        ...

    def config_get(self, pattern: str) -> Any:
        """Return settings by their names."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


@attrs.define(eq=False)
class RedisClients:
    """A client for each process: a forked child leaves its parent's alone."""

    make: Callable[[], RedisClient]
    must_check: bool
    _open: dict[int, RedisClient] = attrs.field(factory=dict[int, RedisClient], init=False)

    def get(self) -> RedisClient:
        """Return the client of this process, once its Redis has been found fit.

        Raises:
            InvalidArgumentError: That Redis could lose what it has confirmed.
        """
        pid = os.getpid()
        client = self._open.get(pid) or self._open.setdefault(pid, self.make())
        if self.must_check:
            _check_settings(client)
            self.must_check = False
        return client

    def close(self) -> None:
        """Close the client of this process, if there is one."""
        client = self._open.pop(os.getpid(), None)
        if client is not None:
            client.close()


def passes(error: Exception) -> bool:
    """True if it may be over in a while: Redis is gone, starts, or has become a replica."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & _PASSING) and not names & _LASTING


def read_text(answer: object) -> str:
    """Return the text of an answer, whichever way the client gives it."""
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def _check_settings(client: RedisClient) -> None:
    """Refuse a Redis that could lose what it has confirmed.

    Raises:
        InvalidArgumentError: It could, as its settings say.
    """
    shown: dict[str, str] = {}
    try:
        for name in _SETTINGS:
            found = client.config_get(name)
            shown |= {read_text(key): read_text(value) for key, value in found.items()}
    except Exception as error:
        if passes(error):
            raise
    if not shown.keys() >= set(_SETTINGS):
        _log.warning(
            "the journal's Redis does not show its settings (CONFIG GET): see to it that it has "
            "appendonly yes, appendfsync always and maxmemory-policy noeviction"
        )
        return
    evicts = shown["maxmemory"] != "0" and shown["maxmemory-policy"].startswith("allkeys")
    for wrong, what, way_out in (
        (shown["appendonly"] != "yes", "keeps nothing on the disk", "appendonly yes"),
        (
            shown["appendfsync"] != "always",
            "may lose its last second in a power cut",
            "appendfsync always",
        ),
        (evicts, "drops keys when it is full", "maxmemory-policy noeviction"),
    ):
        if wrong:
            raise InvalidArgumentError(
                "journal",
                f"its Redis {what}: set {way_out}, or give check_settings=False if that is meant",
            )


def redis_maker(url: object, timeout: float) -> Callable[[], RedisClient]:
    """A function that makes clients for this URL."""
    if not (isinstance(url, str) and url.startswith(_SCHEMES)):
        raise InvalidArgumentError(
            "redis", f"expected a URL ({', '.join(_SCHEMES)}) or a function that makes a client"
        )
    if find_spec("redis") is None:
        raise ImportError('a URL needs redis: pip install "privy-async[redis]"')
    return partial(_connect, url, timeout)


def _connect(url: str, timeout: float) -> RedisClient:
    # Its types differ too much between its versions to be checked against them all.
    redis: Any = import_module("redis")
    client: RedisClient = redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        # A run waits by itself, and can be cancelled meanwhile.
        retry=import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0),
    )
    return client
