"""What the world's processes share, as they would share a Redis: users' keys, and journals."""

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


class SharedRedis:
    """The Redis of journals: what their scripts do, done to two dicts for each run.

    It outlives the processes. Before it has done what is asked, or after that, the connection may
    break.
    """

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._hashes: dict[str, dict[str, str]] = {}
        self._asked: dict[str, int] = {}

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> list[str]:
        """Take down what was begun, done and refused."""
        begun, done, me, claim, *notes = keys_and_args
        self._asked[begun] = self._asked.get(begun, 0) + 1
        name = f"{begun} {self._asked[begun]}"
        gone = self._fate.strikes("redis gone", name)
        if gone and self._fate.unit(f"redis gone first {name}") < 0.5:
            raise ConnectionError("the request is lost")
        tables = self._hashes.setdefault(begun, {}), self._hashes.setdefault(done, {})
        texts = zip(notes[::3], notes[1::3], notes[2::3], strict=True)
        answers = [each for note in texts for each in _take_down(*tables, me, claim, *note)]
        if gone:
            raise ConnectionError("the answer is lost")
        return answers

    def config_get(self, pattern: str) -> dict[str, str]:
        """Show nothing."""
        return {}

    def close(self) -> None:
        """Do nothing: it is in memory."""


def _take_down(
    begun: dict[str, str],
    done: dict[str, str],
    me: str,
    claim: str,
    what: str,
    item: str,
    text: str,
) -> tuple[str, str]:
    """Take down one note, and say how its item stands."""
    start, result = begun.get(item), done.get(item)
    at, _, who = (start or "").partition(" ")
    if what == "done":
        done.setdefault(item, text)
        begun.pop(item, None)
        return ("lost" if start is None and result is None else "done"), done[item]
    if result is not None:
        return "done", result
    if what == "refused" and (start is None or who == me):
        begun.pop(item, None)
        return "refused", ""
    if what == "begun" and start is None:
        begun[item] = f"{text} {me}"
    elif what == "begun" and who != me and not claim:
        begun[item] = f"{at} "
    return "begun", begun[item]
