"""Clocks that are wrong in their own way, and chance that comes from the seed.

Whatever reads the system's clock or its random numbers gets those of the process that runs.
"""

import asyncio
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from typing import Any, Final, TypeVar
from unittest import mock

import aiohttp.connector
import anyio
import anyio.lowlevel
from anyio._backends._asyncio import AsyncIOBackend

from privy_async.clock import Clock
from simulation.machine.loop import SimulatedLoop
from simulation.machine.processes import CALL, PROCESS

T = TypeVar("T")

BEGIN: Final = 1_800_000_000.0
"""The Unix time in s at which every world begins."""


class SimulatedClock(Clock):
    """The clock of one process.

    Attributes:
        error: By how much it is ahead of the true time, in s.
        drift: How much more it gains, in s for each second.
        shown: What it showed before and after it was set, each with the world's time.
    """

    def __init__(self, loop: SimulatedLoop, seed: str) -> None:
        self.error = 0.0
        self.drift = 0.0
        self.shown: list[tuple[float, float]] = []
        self._loop = loop
        self._seed = seed
        self._count = 0

    def now(self) -> float:
        """Return the Unix time in s that this process believes in."""
        now = self._loop.time()
        return BEGIN + now + self.error + now * self.drift

    def set_wrong(self, error: float, drift: float = 0.0) -> None:
        """Let it jump."""
        self.shown.append((self._loop.time(), self.now()))
        self.error, self.drift = error, drift
        self.shown.append((self._loop.time(), self.now()))

    def has_passed(self, moment: float, since: float, until: float) -> bool:
        """True if it has shown a Unix time between two times of the world, or a later one."""
        return any(since <= at <= until and now >= moment for at, now in self.shown)

    def monotonic(self) -> float:
        """Return the seconds since the world began."""
        return self._loop.time()

    def random(self) -> float:
        """Return a number from 0 to 1 that depends on the call alone."""
        return int.from_bytes(self.random_bytes(8)) / 2.0**64

    def random_bytes(self, count: int) -> bytes:
        """Return so many bytes that depend on the call alone, or on what was drawn before."""
        call = CALL.get()
        if call is None:
            self._count += 1
            name = f"{self._seed} {self._count}"
        else:
            name = f"{self._seed} {call.next_name('chance')}"
        blocks = range(-(-count // 64))
        return b"".join(blake2b(f"{name} {block}".encode()).digest() for block in blocks)[:count]

    def uuid(self) -> str:
        """Return a UUIDv4 as text."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))


class _OrderedSet(dict[Any, None]):
    """A set that is iterated in the order in which things came into it."""

    def add(self, thing: object) -> None:
        self[thing] = None

    def discard(self, thing: object) -> None:
        self.pop(thing, None)

    def remove(self, thing: object) -> None:
        del self[thing]


async def _run_without_thread(
    backend: type[AsyncIOBackend],
    function: Callable[..., T],
    arguments: tuple[Any, ...],
    abandon_on_cancel: bool = False,
    limiter: anyio.CapacityLimiter | None = None,
) -> T:
    """Do what anyio does with threads, in the event loop's own executor, which has none."""
    await anyio.lowlevel.checkpoint()
    async with limiter or backend.current_default_thread_limiter():
        with anyio.CancelScope(shield=not abandon_on_cancel):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, function, *arguments)
    raise AssertionError("a scope that nobody cancels swallows nothing")


class Disk:
    """How much of each file has come to the disk, so that a power cut can take the rest."""

    def __init__(self) -> None:
        self._synced: dict[int, int] = {}

    def sync(self, file: int) -> None:
        """Do what `os.fsync` does: all that was written is safe."""
        status = os.fstat(file)
        self._synced[status.st_ino] = status.st_size

    def safe_size(self, path: str) -> int:
        """Return how many bytes of a file outlive a power cut."""
        return self._synced.get(os.stat(path).st_ino, 0)


@contextmanager
def simulated_time(loop: SimulatedLoop, disk: Disk, world: SimulatedClock) -> Generator[None]:
    """Give everybody the simulated time and chance instead of the machine's.

    Args:
        loop: Where time passes.
        disk: What `os.fsync` writes to.
        world: The clock of what belongs to no process.
    """

    def clock() -> Clock:
        process = PROCESS.get()
        return world if process is None else process.clock

    with ExitStack() as stack:
        for owner, name, function in (
            (time, "time", lambda: clock().now()),
            (uuid, "uuid4", lambda: uuid.UUID(clock().uuid())),
            (random, "random", lambda: clock().random()),
            (secrets, "token_bytes", lambda count=32: clock().random_bytes(count)),
            # The pool and the memory of names keep their own time.
            (aiohttp.connector, "monotonic", loop.time),
            # The pool closes connections in the order in which a set happens to have them.
            (aiohttp.connector, "set", _OrderedSet),
            (os, "fsync", disk.sync),
            (AsyncIOBackend, "run_sync_in_worker_thread", classmethod(_run_without_thread)),
        ):
            stack.enter_context(mock.patch.object(owner, name, function, create=True))
        yield
