"""Time-bound keys of users: exchanged once per user, cached, renewed, never used expired.

A user is a token and maybe an MFA token (`UserAuth`): a key that records MFA never stands in for
one that does not, nor the other way round.

https://docs.privy.io/controls/authorization-keys/keys/create/user/request
"""

import asyncio
import copy
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from hashlib import sha256
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol, TypeAlias, cast

import attrs

from privy_async.checks import SMALLEST_MS, check_own_loop
from privy_async.clock import Clock
from privy_async.errors import (
    APIError,
    APIStatusError,
    AuthenticationError,
    DecryptionError,
    InvalidArgumentError,
    MfaRequiredError,
    PrivyError,
    SigningError,
)
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey

_RENEWAL_SPAN: Final = 60.0
_RENEWAL_SHARE: Final = 0.1
# Seconds from a failed renewal to the next, for as long as the old key signs.
_RENEWAL_PAUSE: Final = 5.0
# Seconds that a new key must still live.
_LEAST_LIFE: Final = 0.1
# How many keys are remembered as refused, so that a store does not bring them back.
_MOST_REFUSED: Final = 1000


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


Exchange: TypeAlias = Callable[[UserAuth], Awaitable[UserKey]]
_Digest: TypeAlias = bytes
_Flight: TypeAlias = tuple[asyncio.AbstractEventLoop, _Digest]


class UserKeyStore(Protocol):
    """A store in which processes share users' keys, so that one exchange serves them all.

    Each process keeps its keys in memory all the same, and asks the store for those it lacks.
    """

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        """Return the key kept under this name, or exchange for one and keep that.

        A store that is out of order calls `exchange`, so that it slows calls down at most. Keys
        are secrets: see `privy_async.user_keys.store.UserKeyCipher`.

        Args:
            name: 32 bytes that stand for the app and the user's tokens, and tell none of them.
            usable: Whether a kept key may be used. One that may not is too old, or was refused,
                and gives way to a new one.
            exchange: Asks Privy for a new key.

        Raises:
            PrivyError: What `exchange` raises, unchanged.
        """
        ...

    async def forget(self, name: bytes) -> None:
        """Drop the key kept under this name. A store that is out of order says so in the log."""
        ...

    async def close(self) -> None:
        """Close the connections of the running event loop; a later call opens new ones."""
        ...


@attrs.define(eq=False, repr=False)
class _Kept:
    """A key in memory, and when to ask for a newer one."""

    user_key: UserKey
    renew_at: float


@attrs.define(eq=False)
class UserKeys:
    """The keys of many users. One exchange per user, however many calls wait for it.

    Attributes:
        exchange: Gets a user, asks Privy for the key.
        capacity: How many keys are kept; those used least recently go first. 0 keeps none.
        app_id: The app whose keys they are; other apps have other keys in the same store.
        store: Keys that this process shares with others, or None.
        clock: The time.
    """

    exchange: Exchange = attrs.field(repr=False)
    capacity: int = attrs.field(kw_only=True)
    app_id: str = attrs.field(default="", kw_only=True, repr=False)
    store: UserKeyStore | None = attrs.field(default=None, kw_only=True, repr=False)
    clock: Clock = attrs.field(factory=Clock, kw_only=True, repr=False)
    # Tokens are secrets and long, so all tables know them by their hash.
    _kept: OrderedDict[_Digest, _Kept] = attrs.field(
        factory=OrderedDict[_Digest, _Kept], init=False, repr=False
    )
    _refused: OrderedDict[_Digest, UserKey] = attrs.field(
        factory=OrderedDict[_Digest, UserKey], init=False, repr=False
    )
    _exchanges: dict[_Flight, asyncio.Task[UserKey]] = attrs.field(
        factory=dict[_Flight, asyncio.Task[UserKey]], init=False, repr=False
    )
    # Those of the exchanges that no call waits for.
    _ahead: set[asyncio.Task[UserKey]] = attrs.field(
        factory=set[asyncio.Task[UserKey]], init=False, repr=False
    )

    def with_exchange(self, exchange: Exchange) -> "UserKeys":
        """Return a view of these keys with another way to ask for those that are missing."""
        view = copy.copy(self)
        view.exchange = exchange
        return view

    def kept(self, user: UserAuth) -> UserKey | None:
        """Return the user's key if there is one in memory that is not ageing."""
        return self._find(_digest(user))

    def _find(self, digest: _Digest) -> UserKey | None:
        kept = self._kept.get(digest)
        if kept is None or self.clock.now() >= kept.renew_at:
            return None
        self._mark_used(digest)
        return kept.user_key

    async def get(self, user: UserAuth) -> UserKey:
        """Return the user's key: the kept one, or a new one if there is none or it is ageing.

        Raises:
            MfaRequiredError: The user must verify themselves anew.
            SigningError: Privy refuses this token; the APIError is its cause.
            APIError: The exchange failed for another reason: no connection, a rate limit, the
                app's secret.
            DecryptionError: What came back is not sealed for us.
        """
        check_own_loop(asyncio.get_running_loop())
        digest = _digest(user)
        user_key = self._find(digest)
        if user_key is not None:
            return user_key
        kept = self._kept.get(digest)
        try:
            return await self._exchange_once(user, digest)
        except (APIError, DecryptionError) as error:
            now = self.clock.now()
            if kept is not None and now < kept.user_key.expires_at:
                kept.renew_at = min(now + _RENEWAL_PAUSE, kept.user_key.expires_at)
                return kept.user_key
            if isinstance(error, MfaRequiredError) or not _refuses_token(error):
                raise
            raise SigningError(
                f"no key for this user's token, so the request was not signed: {error}"
            ) from error

    def prepare(self, users: Iterable[UserAuth]) -> None:
        """Start to exchange for the keys of these users that are not in memory, or are ageing.

        Nobody waits for them. Where one fails, the first call that needs the key asks anew. Where
        no keys are kept, nothing is started.
        """
        check_own_loop(asyncio.get_running_loop())
        for user in users if self.capacity > 0 else ():
            digest = _digest(user)
            flight = (asyncio.get_running_loop(), digest)
            if self._find(digest) is None and flight not in self._exchanges:
                self._ahead.add(self._start(user, flight))

    def forget(self, user: UserAuth, user_key: UserKey) -> None:
        """Drop a key that Privy refused, unless a newer one has taken its place.

        A store is told when the next call asks for the key that is missing then.
        """
        digest = _digest(user)
        kept = self._kept.get(digest)
        if kept is not None and kept.user_key is not user_key:
            return
        self._kept.pop(digest, None)
        if self.store is not None:
            self._refused[digest] = user_key
            _drop_oldest(self._refused, _MOST_REFUSED)

    async def drop(self, user_jwt: str) -> None:
        """Drop the keys of this token, with and without MFA, from memory and from the store."""
        mine = _digest(UserAuth(user_jwt=user_jwt))
        flights = [flight for flight in list(self._exchanges) if flight[1].startswith(mine)]
        digests = {digest for digest in list(self._kept) if digest.startswith(mine)}
        digests |= {mine, *(digest for _, digest in flights)}
        # An exchange that is on its way serves those who wait for it, and is not kept.
        for flight in flights:
            self._exchanges.pop(flight, None)
        for digest in digests:
            self._kept.pop(digest, None)
            if self.store is not None:
                await self.store.forget(self._name(digest))

    async def close(self) -> None:
        """End the exchanges that no call waits for, and close what the store has open.

        Both on the running event loop alone.
        """
        loop = asyncio.get_running_loop()
        unwanted = [task for task in list(self._ahead) if task.get_loop() is loop]
        for task in unwanted:
            task.cancel()
        await asyncio.gather(*unwanted, return_exceptions=True)
        if self.store is not None:
            await self.store.close()

    async def _exchange_once(self, user: UserAuth, digest: _Digest) -> UserKey:
        flight = (asyncio.get_running_loop(), digest)
        task = self._exchanges.get(flight) or self._start(user, flight)
        self._ahead.discard(task)
        try:
            # The shield lets one waiter be cancelled without cancelling the others' exchange.
            return await asyncio.shield(task)
        except PrivyError as error:
            # Each waiter gets an error of its own: a shared one would grow a traceback from each.
            raise copy.copy(error) from error.__cause__

    def _start(self, user: UserAuth, flight: _Flight) -> asyncio.Task[UserKey]:
        task = asyncio.create_task(self._exchange(user, flight))
        self._exchanges[flight] = task
        task.add_done_callback(lambda done: self._land(flight, done))
        return task

    async def _exchange(self, user: UserAuth, flight: _Flight) -> UserKey:
        _, digest = flight
        ask = partial(self._ask_privy, user)
        user_key = await (ask() if self.store is None else self._share(self.store, digest, ask))
        dropped = self._exchanges.get(flight) is not asyncio.current_task()
        if dropped and self.store is not None:
            await self.store.forget(self._name(digest))
        if self.capacity > 0 and not dropped:
            self._kept[digest] = _Kept(user_key, user_key.renew_at)
            self._mark_used(digest)
            _drop_oldest(self._kept, self.capacity)
        return user_key

    async def _ask_privy(self, user: UserAuth) -> UserKey:
        user_key = await self.exchange(user)
        # A moment passes before those who wait for it have signed.
        if user_key.expires_at <= self.clock.now() + _LEAST_LIFE:
            raise SigningError("Privy issued a user key that has expired already: check the clock")
        return user_key

    async def _share(
        self, store: UserKeyStore, digest: _Digest, ask: Callable[[], Awaitable[UserKey]]
    ) -> UserKey:
        """The key that the store has or gets, and not the one that was refused."""
        refused = self._refused.get(digest)

        def usable(user_key: UserKey) -> bool:
            same = refused is not None and refused.key.public_key == user_key.key.public_key
            return not same and self.clock.now() < user_key.renew_at

        return await store.get(self._name(digest), usable, ask)

    def _name(self, digest: _Digest) -> bytes:
        """Return what stands for the token in a store."""
        return sha256(self.app_id.encode() + b"\n" + digest).digest()

    def _land(
        self,
        flight: _Flight,
        task: asyncio.Task[UserKey],
    ) -> None:
        if self._exchanges.get(flight) is task:
            self._exchanges.pop(flight, None)
        self._ahead.discard(task)
        if not task.cancelled():
            # Looking at the error marks it as seen: all its waiters may have been cancelled.
            task.exception()

    def _mark_used(self, digest: _Digest) -> None:
        try:
            self._kept.move_to_end(digest)
        except KeyError:
            pass  # Another thread's client dropped it just now.


def _refuses_token(error: APIError | DecryptionError) -> bool:
    """True if Privy refuses the user's token, so that the user must log in again."""
    if isinstance(error, AuthenticationError):
        return not error.refuses_app
    return (
        isinstance(error, APIStatusError)
        and 400 <= error.status < 500
        and error.status not in (408, 425, 429)
    )


def _digest(user: UserAuth) -> _Digest:
    """Return what stands for a user's tokens; those of one JWT begin alike."""
    digest = sha256(user.user_jwt.encode()).digest()
    if user.mfa_token is None:
        return digest
    return digest + sha256(user.mfa_token.encode()).digest()


def _drop_oldest(table: OrderedDict[_Digest, Any], capacity: int) -> None:
    while len(table) > capacity:
        try:
            table.popitem(last=False)
        except KeyError:
            return  # Another thread's client dropped the last one just now.


def check_user_key_store(store: object) -> UserKeyStore | None:
    """Return a store of users' keys, if it is one; None for none."""
    if store is None:
        return None
    if all(iscoroutinefunction(getattr(store, name, None)) for name in ("get", "forget", "close")):
        return cast(UserKeyStore, store)
    raise InvalidArgumentError("user_key_store", "expected a UserKeyStore, or None")
