"""Time-bound keys of users: exchanged once per token, cached, renewed, never used expired.

https://docs.privy.io/controls/authorization-keys/keys/create/user/request
"""

import asyncio
import copy
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final, TypeAlias

import attrs

from privy_async.authorization import SMALLEST_MS
from privy_async.errors import (
    APIError,
    DecryptionError,
    InvalidArgumentError,
    PrivyError,
    SigningError,
)
from privy_async.p256 import AuthorizationKey

_RENEWAL_SPAN: Final = 60.0
_RENEWAL_SHARE: Final = 0.1


@attrs.frozen
class UserKey:
    """A user's key and its life, both in Unix seconds."""

    key: AuthorizationKey
    issued_at: float
    expires_at: float

    @property
    def renew_at(self) -> float:
        """A minute before it expires, or a tenth of its life if that is shorter."""
        life = self.expires_at - self.issued_at
        return self.expires_at - min(_RENEWAL_SPAN, life * _RENEWAL_SHARE)


def expiry_seconds(expires_at: float) -> float:
    """Read Privy's `expires_at`: Unix ms, or Unix seconds as its older pages say."""
    return expires_at if expires_at < SMALLEST_MS else expires_at / 1000


Exchange: TypeAlias = Callable[[str], Awaitable[UserKey]]
_Digest: TypeAlias = bytes
_Flight: TypeAlias = tuple[asyncio.AbstractEventLoop, _Digest]


@attrs.define(eq=False)
class UserKeys:
    """The keys of many users, by token. One exchange per token, however many calls wait for it.

    Attributes:
        exchange: Gets a token, asks Privy for the key.
        capacity: How many keys are kept; those used least recently go first. 0 keeps none.
        clock: The Unix time in s.
    """

    exchange: Exchange = attrs.field(repr=False)
    capacity: int = attrs.field(kw_only=True)
    clock: Callable[[], float] = attrs.field(default=time.time, kw_only=True, repr=False)
    # Tokens are secrets and long, so both tables know them by their hash.
    _keys: OrderedDict[_Digest, UserKey] = attrs.field(
        factory=OrderedDict[_Digest, UserKey], init=False, repr=False
    )
    _exchanges: dict[_Flight, asyncio.Task[UserKey]] = attrs.field(
        factory=dict[_Flight, asyncio.Task[UserKey]], init=False, repr=False
    )

    def with_exchange(self, exchange: Exchange) -> "UserKeys":
        """The same keys, with another way to ask for those that are missing."""
        view = copy.copy(self)
        view.exchange = exchange
        return view

    async def get(self, user_jwt: str) -> UserKey:
        """Return the user's key: the cached one, or a new one if there is none or it is ageing.

        Raises:
            SigningError: Privy gives no key for this token; the APIError is its cause.
        """
        digest = sha256(user_jwt.encode()).digest()
        cached = self._keys.get(digest)
        now = self.clock()
        if cached is not None and now < cached.renew_at:
            self._mark_used(digest)
            return cached
        try:
            return await self._exchange_once(user_jwt, digest)
        except (APIError, DecryptionError) as error:
            if cached is not None and self.clock() < cached.expires_at:
                return cached
            raise SigningError(
                f"no key for this user's token, so the request was not signed: {error}"
            ) from error

    def forget(self, user_jwt: str, user_key: UserKey) -> None:
        """Drop a key that Privy refused, unless a newer one has taken its place."""
        digest = sha256(user_jwt.encode()).digest()
        if self._keys.get(digest) is user_key:
            self._keys.pop(digest, None)

    async def _exchange_once(self, user_jwt: str, digest: _Digest) -> UserKey:
        flight = (asyncio.get_running_loop(), digest)
        task = self._exchanges.get(flight)
        if task is None:
            task = asyncio.create_task(self._exchange(user_jwt, digest))
            self._exchanges[flight] = task
            task.add_done_callback(lambda done: self._land(flight, done))
        try:
            # The shield lets one waiter be cancelled without cancelling the others' exchange.
            return await asyncio.shield(task)
        except PrivyError as error:
            # Each waiter gets an error of its own: a shared one would grow a traceback from each.
            raise copy.copy(error) from error.__cause__

    async def _exchange(self, user_jwt: str, digest: _Digest) -> UserKey:
        user_key = await self.exchange(user_jwt)
        if user_key.expires_at <= self.clock():
            raise SigningError("Privy issued a user key that has expired already: check the clock")
        if self.capacity > 0:
            self._keys[digest] = user_key
            self._mark_used(digest)
            for oldest in list(self._keys)[: -self.capacity]:
                self._keys.pop(oldest, None)
        return user_key

    def _land(
        self,
        flight: _Flight,
        task: asyncio.Task[UserKey],
    ) -> None:
        self._exchanges.pop(flight, None)
        if not task.cancelled():
            # Looking at the error marks it as seen: all its waiters may have been cancelled.
            task.exception()

    def _mark_used(self, digest: _Digest) -> None:
        try:
            self._keys.move_to_end(digest)
        except KeyError:
            pass  # Another thread's client dropped it just now.


def check_capacity(capacity: object) -> int:
    """Return a cache capacity, if it is one."""
    if isinstance(capacity, int) and not isinstance(capacity, bool) and capacity >= 0:
        return capacity
    raise InvalidArgumentError("user_key_cache_size", "expected 0 (off) or a positive integer")
