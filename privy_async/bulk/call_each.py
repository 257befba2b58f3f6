"""Does one call for each of many items: so many at once, in order, and safe to start again."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack, closing
from contextvars import Context, copy_context
from typing import Final, Generic, TypeVar, cast

import attrs
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint_if_cancelled

from privy_async.bulk.journal import Journal
from privy_async.bulk.run import FEW_FOR, Asked, BulkResult, Progress, Run
from privy_async.checks import check_asyncio, check_count
from privy_async.sending.pacer import patiently
from privy_async.sending.requester import keyed_writes_only
from privy_async.user_keys.side_by_side import bare_task_group

Item = TypeVar("Item")
T = TypeVar("T")

_END: Final = object()


async def call_each(
    items: Iterable[Item] | AsyncIterable[Item],
    call: Callable[[Item, str], Awaitable[T]],
    *,
    run_id: str,
    key: Callable[[Item], str] | None = None,
    concurrency: int = 32,
    journal: str | os.PathLike[str] | Journal | None = None,
    claim: bool = False,
    on_progress: Callable[[Progress[Item, T]], object] | None = None,
) -> tuple[BulkResult[Item, T], ...]:
    """Do one call for each item, and return what came of each, in the order of the items.

        async def pay(row: Row, idempotency_key: str) -> str | None:
            sent = await treasury.wallets.ethereum.send_transaction(
                wallet_id,
                {"to": row.address, "value": row.wei},
                caip2="eip155:8453",
                idempotency_key=idempotency_key,
            )
            return sent.transaction_id

        results = await call_each(
            rows, pay, run_id="payroll-2026-11", key=lambda row: row.id, journal="payroll.jsonl"
        )

    An item's error stands in its result and stops nothing. What ends the run early: cancelling it,
    Ctrl-C, and errors of `items`, `on_progress` or the journal. Calls that run then are cancelled,
    and may have been executed.

    Start it again with the same items and `run_id`, and it asks with the same idempotency keys:
    nothing is executed twice within 24 hours. With a journal that holds for ever, and what is done
    is not asked for again; an item of unknown outcome fails once the 24 hours are nearly over.

    Args:
        items: Taken one by one as calls end, so there may be any number. Where getting the next
            one takes time, give an async iterator.
        call: Gets an item and its idempotency key, and does one request that changes something,
            with that key. Where nothing is changed, it may leave the key alone.
        run_id: What the run is for: the same continues it, another one executes all anew.
        key: What tells an item from all others, the same in every run; it must be no secret. By
            default the item itself; items that are no str need one.
        concurrency: How many calls may run at once; the run begins with 8 of them. The client's
            `max_connections`, 100 by default, is a limit too.
        journal: A file that keeps what is begun and done; it is made if it is not there. Or a
            journal that several machines share, such as a `RedisJournal`. Values are kept if they
            are JSON.
        claim: For an operation that takes no idempotency key, such as creating a user, which a
            journal's run does not ask for otherwise. True lets one run alone ask for each item,
            once: what another has begun fails, as does what is of unknown outcome.
        on_progress: Is told of each item that ends; it must not block.

    Raises:
        InvalidArgumentError: An argument is wrong, or the journal cannot be used; a file that is no
            journal of this run is left as it is.
        PrivyError: The journal cannot be written.
    """
    check_asyncio()
    limit = check_count("concurrency", concurrency, least=1)
    run = Run[Item, T](
        items, run_id, key=key, journal=journal, claim=claim, on_progress=on_progress
    )
    with closing(run), patiently(), ExitStack() as cleanup:
        async with bare_task_group() as group:
            workers = _Workers(run, _iterate(items), call, limit, group)
            workers.start()
            timer = asyncio.get_running_loop().call_later(FEW_FOR, workers.start_all)
            cleanup.callback(timer.cancel)
    return run.ended()


@attrs.define
class _Workers(Generic[Item, T]):
    """Tasks that each ask for one item after another. There are no more than are kept busy."""

    run: Run[Item, T]
    items: AsyncIterator[Item]
    call: Callable[[Item, str], Awaitable[T]]
    limit: int
    group: TaskGroup
    started: int = 0
    waiting: int = 0
    # Locks of asyncio, since each item takes one of them: anyio's are slower.
    taking: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    syncing: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    # A thread of its own: the app's may all be busy.
    thread: CapacityLimiter = attrs.field(factory=lambda: CapacityLimiter(1))
    context: Context = attrs.field(factory=copy_context)

    def start(self) -> None:
        """Start a worker, unless there is one to spare or there are as many as may be."""
        if self.waiting == 0 and self.started < self.run.at_once(self.limit):
            self.started += 1
            self.waiting += 1
            # In the context of the run's caller, and not in that of another worker.
            self.context.run(self.group.start_soon, self._work)

    def start_all(self) -> None:
        """Start as many workers as may be, now that a few have had their time."""
        self.run.is_at_full_strength = True
        self.start()

    async def _work(self) -> None:
        with keyed_writes_only(self.run.may_repeat):
            while (asked := await self._next()) is not None:
                self.start()
                await self._sync(asked)
                if self.run.may_ask(asked):
                    # A scope's cancellation may still be on its way: nothing is asked for after it.
                    await checkpoint_if_cancelled()
                    await self._ask(asked)
                self.run.settle(asked)
                self.run.tell()
                self.waiting += 1

    async def _ask(self, asked: Asked[Item, T]) -> None:
        try:
            value = await self.call(asked.item, asked.idempotency_key)
        except Exception as error:
            self.run.fail(asked, error)
        else:
            self.run.finish(asked, value)
        await self._sync(asked)

    async def _next(self) -> Asked[Item, T] | None:
        """The next item to ask for; None after the last."""
        while True:
            async with self.taking:
                item = await anext(self.items, _END)
                if item is _END:
                    return None
                asked = self.run.begin(cast(Item, item))
            if asked is not None:
                self.waiting -= 1
                return asked
            self.run.tell()
            # Other tasks have their turn, however many items are skipped.
            await asyncio.sleep(0)

    async def _sync(self, asked: Asked[Item, T]) -> None:
        while self.run.must_sync(asked):
            async with self.syncing:
                # Those who waited here find that one sync was enough for all of them.
                if self.run.must_sync(asked):
                    pause = await to_thread.run_sync(self.run.sync, limiter=self.thread)
                    await asyncio.sleep(pause)


async def _iterate(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
