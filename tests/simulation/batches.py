"""Bulk runs with a journal, which crashes interrupt and which are started again."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from privy_async.bulk import BulkResult, call_each
from privy_async.bulk.redis import RedisJournal
from privy_async.errors import PrivyError
from simulation.application import Application
from simulation.callers import MOST_TIMES, SAFE, cancellable, options_of
from simulation.ledger import Order


@attrs.define(eq=False)
class Batch:
    """One bulk run, over as many starts as it takes.

    Attributes:
        journal: Its file; None for a run without one, or with one in Redis.
        is_shared: Whether its journal is in Redis; another application may do the same at once.
        is_running: Whether a process has the journal open.
    """

    mark: str
    orders: list[Order]
    concurrency: int
    journal: Path | None
    begun_at: float
    is_shared: bool = False
    times: int = 0
    is_running: bool = False
    copies: int = 0

    @property
    def is_journalled(self) -> bool:
        """True if it has a journal."""
        return self.is_shared or self.journal is not None

    @property
    def is_claimed(self) -> bool:
        """True if nothing but the journal keeps two runs from doing the same."""
        return not self.orders[0].kind.is_keyed


async def run(app: Application, batch: Batch, *, again: bool = False) -> None:
    """Do a bulk run, and start it again until all is done or it has been tried often enough."""
    app.unfinished[batch.mark] = partial(run, app, batch)
    app.batches[batch.mark] = batch
    while batch.times < MOST_TIMES:
        if again:
            await _pause(app, batch)
        if not batch.is_journalled and app.world.loop.time() - batch.begun_at > SAFE:
            break
        batch.times += 1
        if await _start(app, batch):
            break
        again = True
    del app.unfinished[batch.mark], app.batches[batch.mark]


async def _start(app: Application, batch: Batch) -> bool:
    """Run it once; returns whether everything is done."""
    name = f"{batch.mark} run {batch.times}"
    if batch.is_shared:
        name += f" of {app.name}"
    app.world.history.add(app.name, f"{name} begins")
    batch.is_running = True
    task = await cancellable(app, partial(_call_each, app, batch), name)
    batch.is_running = False
    if task.cancelled():
        app.world.history.add(app.name, f"{name} is cancelled")
        return False
    results = task.result()
    for result in results:
        _check(app, batch, result)
    done = sum(result.error is None for result in results)
    app.world.history.add(app.name, f"{name} ends: {done} of {len(results)} done")
    return done == len(results)


async def _call_each(app: Application, batch: Batch) -> tuple[BulkResult[Order, str], ...]:
    async def call(order: Order, key: str) -> str:
        return await app.ask(order, key if order.kind.is_keyed else None, options_of(app, order))

    journal: Any = batch.journal
    if batch.is_shared:
        redis = app.world.redis
        journal = RedisJournal(lambda: redis, check_settings=False, clock=app.clock)
    return await call_each(
        batch.orders,
        call,
        run_id=batch.mark,
        key=lambda order: order.mark,
        concurrency=batch.concurrency,
        journal=journal,
        claim=batch.is_claimed,
    )


def _check(app: Application, batch: Batch, result: BulkResult[Order, str]) -> None:
    order = result.item
    if result.refused:
        # With a journal that is said of all its runs, without one of the last call alone.
        own = [call for call in order.calls if call.process.name == app.name]
        order.refused += own[0 if batch.is_journalled else -1 :]
    if result.skipped and result.kept and not app.world.belongs(order, str(result.value)):
        app.world.ledger.violate(
            "no_foreign_answer", f"the journal has another value of {order.mark}"
        )
    if result.error is not None and not isinstance(result.error, PrivyError):
        app.world.ledger.violate(
            "only_documented_errors", f"{order.mark} failed with {type(result.error).__name__}"
        )


async def _pause(app: Application, batch: Batch) -> None:
    fate, name = app.world.fate, f"pause before {batch.mark} {batch.times}"
    if batch.is_shared:
        name += f" of {app.name}"
    mean = fate.weighted({1.0: 1.0, 600.0: 1.0, 50_000.0: 1.0, 150_000.0: 3.0}, f"long {name}")
    await asyncio.sleep(fate.about(mean, name))


def survive(app: Application, batch: Batch, *, silently: bool) -> None:
    """Leave of the journal what a crash leaves: all, or what had come to the disk and a bit more.

    The crashed process still has the file open, and locked, in our memory: the next one gets a
    copy.
    """
    if batch.journal is None or not batch.is_running or not batch.journal.exists():
        return
    content = batch.journal.read_bytes()
    if silently:
        safe = app.world.disk.safe_size(str(batch.journal))
        name = f"torn {batch.mark} {batch.times}"
        content = content[: app.world.fate.whole(safe, len(content), name)]
    app.world.left_by_crashes.add(str(batch.journal))
    batch.copies += 1
    batch.is_running = False
    batch.journal = batch.journal.with_suffix(f".{batch.copies}")
    batch.journal.write_bytes(content)
