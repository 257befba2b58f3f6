"""Runs one world from its seed."""

import asyncio
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

from simulation import invariants
from simulation.director import Director
from simulation.ledger import Violation
from simulation.machine.clocks import simulated_time
from simulation.machine.faults import draw_rates
from simulation.machine.loop import NothingWillHappenError
from simulation.script import Step, write_script
from simulation.world import World

ORDERS = 150
"""How many orders are placed in one world; most take one call, some take several."""


@attrs.frozen
class Run:
    """What came of one world.

    Attributes:
        hash: That of all its events.
        calls: How many calls were made.
        faults: The names of those that struck.
        seconds: How much time passed in it.
    """

    seed: str
    script: tuple[Step, ...] = attrs.field(repr=False)
    hash: str
    calls: int
    seconds: float
    violations: tuple[Violation, ...]
    faults: tuple[str, ...] = attrs.field(repr=False)
    timeline: str = attrs.field(repr=False)


def run(
    seed: str,
    *,
    orders: int = ORDERS,
    script: tuple[Step, ...] | None = None,
    muted: frozenset[str] = frozenset(),
) -> Run:
    """Let a world happen.

    Args:
        seed: What everything in it is drawn from.
        orders: How many orders are placed.
        script: Its steps, if they are not to be drawn.
        muted: Faults that do not strike, by their names.
    """
    rates = draw_rates(seed)
    if script is None:
        script = write_script(seed, rates, orders)
    with _folder() as folder, _no_collection():
        world = World(seed, rates, folder, muted)
        try:
            with simulated_time(world.loop, world.disk, world.new_clock("world")), world.secrets:
                _live(world, script)
            return _report(world, script)
        finally:
            _bury(world)


def _report(world: World, script: tuple[Step, ...]) -> Run:
    return Run(
        seed=world.seed,
        script=script,
        hash=world.history.hash,
        calls=len(world.ledger.calls),
        seconds=world.loop.time(),
        violations=tuple(world.ledger.violations),
        faults=tuple(world.fate.struck),
        timeline=world.history.timeline(),
    )


def _live(world: World, script: tuple[Step, ...]) -> None:
    asyncio.set_event_loop(world.loop)
    try:
        world.loop.run_until_complete(_all_of_it(world, script))
    except NothingWillHappenError:
        invariants.check_waiting(world)
    invariants.check_ledger(world)


async def _all_of_it(world: World, script: tuple[Step, ...]) -> None:
    await world.begin()
    await Director(world).play(script)
    await world.come_to_rest()
    await invariants.check_works_again(world)
    await world.end()
    invariants.check_nothing_left(world)
    await world.server.stop()
    invariants.check_files(world)
    invariants.check_problems(world)


def _bury(world: World) -> None:
    """Let go of everything that crashes have left in our memory."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda problem: None
    try:
        world.loop.run_until_complete(_close_dead(world))
        world.loop._ready.clear()
        world.loop._scheduled.clear()
        world.loop.close()
        asyncio.set_event_loop(None)
        gc.collect()
    finally:
        sys.unraisablehook = hook


async def _close_dead(world: World) -> None:
    for process in world.processes:
        process.bury()
    for application in world.applications.values():
        for client in application.clients:
            for session in client._requester.transport._sessions.values():
                session.http.detach()
                session.connector._closed = True


@contextmanager
def _folder() -> Generator[Path]:
    memory = "/dev/shm"
    folder = tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _no_collection() -> Generator[None]:
    """Collect no garbage meanwhile: when that happens is no part of the seed."""
    gc.collect()
    # What outlives a world need not be looked at again after each of the next.
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
