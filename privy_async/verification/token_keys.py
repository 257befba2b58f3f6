"""The keys that an app's tokens are checked with: fetched once, cached, renewed.

https://docs.privy.io/authentication/user-authentication/access-tokens
"""

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from privy_async.clock import Clock
from privy_async.errors import APIResponseError, PrivyError
from privy_async.json_types import is_array, is_object

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

# All in s. Anyone can send a token with an unknown key id, so these ask Privy but rarely.
_LIFETIME: Final = 3600.0
_COOL_DOWN: Final = 600.0
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0

_log: Final = logging.getLogger("privy_async")

Keys: TypeAlias = "Mapping[str | None, EllipticCurvePublicKey]"
Fetch: TypeAlias = Callable[[], Awaitable[Keys]]


def _no_keys() -> Keys:
    return {}


@attrs.define(eq=False)
class TokenKeys:
    """The keys of one app by their ids. One fetch, however many checks wait for it.

    They are fetched anew after an hour, and for an id that is unknown, but then not again for
    ten minutes. While that fails, the old ones serve; without any, each check fails like the last
    fetch. Between two tries 1 s passes, then twice as much each time, at most 60 s.
    """

    clock: Clock = attrs.field(factory=Clock, kw_only=True, repr=False)
    _keys: Keys = attrs.field(factory=_no_keys, init=False, repr=False)
    _fetched_at: float = attrs.field(default=float("-inf"), init=False)
    _renewed_at: float = attrs.field(default=float("-inf"), init=False)
    _failure: PrivyError | None = attrs.field(default=None, init=False)
    _pause: float = attrs.field(default=_SHORTEST_PAUSE, init=False)
    _not_before: float = attrs.field(default=float("-inf"), init=False)
    _fetches: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = attrs.field(
        factory=dict[asyncio.AbstractEventLoop, asyncio.Task[None]], init=False, repr=False
    )

    async def find(self, key_id: str | None, fetch: Fetch) -> "EllipticCurvePublicKey | None":
        """Return the key with this id, or None if the app has none such.

        A token without an id was signed with the only key, if there is but one.

        Raises:
            PrivyError: The key is not known here, and the last fetch failed with this.
        """
        key = self._known(key_id)
        if key is not None and asyncio.get_running_loop() in self._fetches:
            return key  # Whoever came first waits for newer keys; meanwhile these serve.
        if self._is_due(known=key is not None):
            await self._fetch_once(fetch)
            key = self._known(key_id)
        if key is None and self._failure is not None:
            raise copy.copy(self._failure)
        return key

    def _known(self, key_id: str | None) -> "EllipticCurvePublicKey | None":
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_due(self, *, known: bool) -> bool:
        now = self.clock.monotonic()
        if now < self._not_before:
            return False
        if not self._keys:
            return True
        aged = now >= self._fetched_at + _LIFETIME
        return aged or (not known and now >= self._renewed_at + _COOL_DOWN)

    async def _fetch_once(self, fetch: Fetch) -> None:
        loop = asyncio.get_running_loop()
        task = self._fetches.get(loop)
        if task is None:
            task = self._fetches[loop] = loop.create_task(self._fetch(fetch))
            task.add_done_callback(lambda _: self._fetches.pop(loop, None))
        # The shield lets one waiter be cancelled without cancelling the others' fetch.
        await asyncio.shield(task)

    async def _fetch(self, fetch: Fetch) -> None:
        try:
            keys = await fetch()
        except PrivyError as error:
            # A copy has no traceback, which would keep all the frames that it names.
            self._failure = copy.copy(error)
            self._not_before = self.clock.monotonic() + self._pause
            _log.warning("no keys for tokens: %s; it is tried again in %g s", error, self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            return
        self._fetched_at = self.clock.monotonic()
        if self._keys:
            self._renewed_at = self._fetched_at
        self._keys, self._failure, self._pause = keys, None, _SHORTEST_PAUSE


def read_keys(answer: Any) -> Keys:
    """The ES256 keys of a JSON Web Key Set (RFC 7517), without those for other uses.

    Raises:
        APIResponseError: There are none.
    """
    entries = answer.get("keys") if is_object(answer) else None
    usable = [entry for entry in entries if _is_usable(entry)] if is_array(entries) else []
    keys = {entry.get("kid"): key for entry in usable if (key := _read_key(entry)) is not None}
    if not keys:
        raise APIResponseError("the answer has no key for ES256", path="keys")
    return keys


def _is_usable(entry: object) -> bool:
    return (
        is_object(entry)
        and (entry.get("kty"), entry.get("crv")) == ("EC", "P-256")
        and entry.get("alg") in (None, "ES256")
        and entry.get("use") in (None, "sig")
        and isinstance(entry.get("kid"), str | None)
    )


def _read_key(entry: Mapping[str, Any]) -> "EllipticCurvePublicKey | None":
    from jwt import PyJWK, PyJWTError

    try:
        public = {name: entry[name] for name in ("kty", "crv", "x", "y")}
        key: EllipticCurvePublicKey = PyJWK(public, "ES256").key
    except (PyJWTError, KeyError, ValueError, TypeError):
        return None
    return key
