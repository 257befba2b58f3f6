"""A store of users' keys that the world's processes share, as they would share a Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from privy_async.user_keys.cache import UserKey
from privy_async.user_keys.store import UserKeyCipher
from simulation.machine.fate import Fate
from simulation.machine.processes import CALL, PROCESS, Process

_LEASE: Final = 10.0
_PAUSE: Final = 0.05


class SharedUserKeyStore:
    """Keeps sealed keys and, while one process exchanges a token, lets the others wait.

    It outlives the processes; the lease of one that crashed runs out.
    """

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._cipher = UserKeyCipher(bytes(32))
        self._sealed: dict[bytes, str] = {}
        self._leases: dict[bytes, tuple[Process | None, float]] = {}

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        """Return the key kept under this name, or exchange for one and keep that."""
        if not await self._is_there():
            return await exchange()
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _LEASE
        while loop.time() < give_up:
            sealed = self._sealed.get(name)
            kept = None if sealed is None else self._cipher.open(name, sealed)
            if kept is not None and usable(kept):
                return kept
            if self._leases.get(name, (None, 0.0))[1] <= loop.time():
                return await self._exchange(name, exchange)
            await asyncio.sleep(_PAUSE)
        return await exchange()

    async def _exchange(self, name: bytes, exchange: Callable[[], Awaitable[UserKey]]) -> UserKey:
        lease = PROCESS.get(), asyncio.get_running_loop().time() + _LEASE
        self._leases[name] = lease
        try:
            user_key = await exchange()
            if await self._is_there():
                self._sealed[name] = self._cipher.seal(name, user_key)
            return user_key
        finally:
            if self._leases.get(name) is lease:
                del self._leases[name]

    async def _is_there(self) -> bool:
        call = CALL.get()
        name = "store" if call is None else call.next_name("store")
        await asyncio.sleep(self._fate.about(0.002, name))
        if self._fate.strikes("store slow", name):
            await asyncio.sleep(self._fate.about(5.0, f"slow {name}"))
        return not self._fate.strikes("store down", name)

    async def forget(self, name: bytes) -> None:
        """Drop the key kept under this name."""
        if await self._is_there():
            self._sealed.pop(name, None)

    async def close(self) -> None:
        """Do nothing: it is in memory."""
