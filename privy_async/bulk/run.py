"""Does one call for each of many items: so many at once, in order, and safe to start again."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sized
from contextlib import closing
from typing import Final, Generic, TypeVar, cast

import attrs

from privy_async.bulk.journal import NOT_KEPT, Journal
from privy_async.checks import check_count
from privy_async.errors import APIError, InvalidArgumentError, PrivyError
from privy_async.json_types import is_encodable

Item = TypeVar("Item")
T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)

ASK_AGAIN_WITHIN: Final = 23 * 3600.0
"""Seconds within which an item of unknown outcome is asked for again, with the same key.

Privy keeps an idempotency key for 24 hours; the last of them is left for retries and for clocks
that differ (https://docs.privy.io/api-reference/idempotency-keys).
"""
_END: Final = object()


@attrs.frozen
class BulkResult(Generic[Item_co, T_co]):
    """What came of one item.

    Attributes:
        index: The item's place, from 0.
        value: What the call returned; None if it failed.
        error: Why it failed; None if it did not.
        skipped: Whether an earlier run had done it, as the journal says.
        kept: False for a skipped item whose value was not JSON, so that the journal has it not.
        refused: Whether it is certain, by the journal, that it was not executed by any run.
    """

    index: int
    item: Item_co = attrs.field(repr=False)
    value: T_co | None = None
    error: Exception | None = None
    skipped: bool = False
    kept: bool = True
    refused: bool = False

    def unwrap(self) -> T_co:
        """Return the value, or raise the error.

        Raises:
            PrivyError: An earlier run did it, and the value is not kept.
        """
        if self.error is not None:
            raise self.error
        if not self.kept:
            raise PrivyError(f"item {self.index} was done by an earlier run; its value is not kept")
        return cast(T_co, self.value)


@attrs.frozen
class Progress(Generic[Item_co, T_co]):
    """How many items have ended, and how; `total` is None if it is unknown.

    `done` leaves out what was skipped; `result` is what came of the item that ended last.
    """

    done: int
    failed: int
    skipped: int
    total: int | None
    result: BulkResult[Item_co, T_co]


async def call_each(
    items: Iterable[Item] | AsyncIterable[Item],
    call: Callable[[Item, str], Awaitable[T]],
    *,
    run_id: str,
    key: Callable[[Item], str] | None = None,
    concurrency: int = 32,
    journal: str | os.PathLike[str] | None = None,
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
            default the item itself, which must then be a str.
        concurrency: How many calls may run at once. The client's `max_connections`, 100 by
            default, is a limit too.
        journal: A file that keeps what is begun and done; it is made if it is not there. Values
            are kept if they are JSON.
        on_progress: Is told of each item that ends; it must not block.

    Raises:
        InvalidArgumentError: An argument is wrong, or the journal cannot be used.
        PrivyError: The journal cannot be written.
    """
    limit = check_count("concurrency", concurrency, least=1)
    run = Run[Item, T](items, run_id, key=key, journal=journal, on_progress=on_progress)
    with closing(run):
        feed = _Feed(run, _iterate(items))
        await _all([asyncio.create_task(_work(run, feed, call)) for _ in range(limit)])
    return run.ended()


def idempotency_key(run_id: str, item_key: str) -> str:
    """The idempotency key of an item: a UUIDv5 (RFC 9562) of its key, within one of the run."""
    run = uuid.uuid5(uuid.NAMESPACE_URL, f"privy-async:bulk:{run_id}")
    return str(uuid.uuid5(run, item_key))


@attrs.frozen
class Asked(Generic[Item]):
    """An item that is to be asked for.

    Attributes:
        first: Whether no earlier run may have asked for it, as far as a journal knows.
        position: Up to where the journal must be on the disk before that.
    """

    index: int
    item: Item
    key: str
    idempotency_key: str
    first: bool
    position: int


class Run(Generic[Item, T]):
    """The state of one run. It waits for nothing, so that both faces can use it."""

    def __init__(
        self,
        items: object,
        run_id: str,
        *,
        key: Callable[[Item], str] | None,
        journal: str | os.PathLike[str] | None,
        on_progress: Callable[[Progress[Item, T]], object] | None,
    ) -> None:
        self._run_id = _check_text("run_id", run_id)
        self._key = key
        self._total = len(items) if isinstance(items, Sized) else None
        self._on_progress = on_progress
        self._seen: set[str] = set()
        self._results: list[BulkResult[Item, T] | None] = []
        self._last: BulkResult[Item, T] | None = None
        self._done = self._failed = self._skipped = 0
        self._journal = None if journal is None else Journal(journal, run_id)

    def begin(self, item: Item) -> Asked[Item] | None:
        """Take the next item; None if it has ended without being asked for."""
        index = len(self._results)
        self._results.append(None)
        first, position = True, 0
        try:
            key = self._key_of(item)
            if self._journal is not None and key in self._journal.done:
                self._skip(index, item, self._journal.done[key])
                return None
            if self._journal is not None and key in self._journal.begun:
                _check_age(key, self._journal.begun[key])
                first = False
        except Exception as error:
            self._settle(BulkResult(index, item, error=error))
            return None
        if self._journal is not None:
            position = self._journal.begin(key)
        return Asked(index, item, key, idempotency_key(self._run_id, key), first, position)

    def _key_of(self, item: Item) -> str:
        key = _check_text("key", item if self._key is None else self._key(item))
        if key in self._seen:
            raise InvalidArgumentError("key", f"an earlier item has the key {key!r} too")
        self._seen.add(key)
        return key

    def _skip(self, index: int, item: Item, value: object) -> None:
        kept = value is not NOT_KEPT
        found = cast(T, value) if kept else None
        self._settle(BulkResult(index, item, found, skipped=True, kept=kept))

    def must_sync(self, asked: Asked[Item]) -> bool:
        """Whether to call `sync` before the item is asked for."""
        return self._journal is not None and not self._journal.is_synced(asked.position)

    def sync(self) -> None:
        """Bring the journal to the disk."""
        if self._journal is not None:
            self._journal.sync()

    def finish(self, asked: Asked[Item], value: T) -> None:
        """The call returned."""
        if self._journal is not None:
            self._journal.finish(asked.key, value)
        self._settle(BulkResult(asked.index, asked.item, value))

    def fail(self, asked: Asked[Item], error: Exception) -> None:
        """The call raised."""
        refused = self._journal is not None and asked.first and _is_refused(asked, error)
        if self._journal is not None and refused:
            self._journal.refuse(asked.key)
        self._settle(BulkResult(asked.index, asked.item, error=error, refused=refused))

    def _settle(self, result: BulkResult[Item, T]) -> None:
        self._results[result.index] = self._last = result
        if result.skipped:
            self._skipped += 1
        elif result.error is not None:
            self._failed += 1
        else:
            self._done += 1

    def tell(self) -> None:
        """Tell of the item that ended last."""
        if self._on_progress is not None and self._last is not None:
            counts = self._done, self._failed, self._skipped, self._total
            self._on_progress(Progress(*counts, self._last))

    def ended(self) -> tuple[BulkResult[Item, T], ...]:
        """What came of each item, once all have ended."""
        return tuple(result for result in self._results if result is not None)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()


def _check_text(argument: str, text: object) -> str:
    if isinstance(text, str) and text and is_encodable(text):
        return text
    raise InvalidArgumentError(argument, "expected a str that is not empty")


def _check_age(key: str, begun_at: float) -> None:
    """Refuse an item of unknown outcome whose idempotency key Privy may have forgotten."""
    # A time to come means that a clock was wrong, so it may be any age.
    if abs(time.time() - begun_at) < ASK_AGAIN_WITHIN:
        return
    begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(begun_at))
    raise APIError(
        f"the outcome of {key!r}, begun at {begun}, is unknown, and Privy no longer knows its key",
        method="",
        url="",
        may_have_happened=True,
    )


def _is_refused(asked: Asked[Item], error: Exception) -> bool:
    """Whether the error is Privy's answer to the request with the item's key, and a sure no."""
    # The key tells that request from others, such as a look at what came of it.
    return (
        isinstance(error, APIError)
        and error.idempotency_key == asked.idempotency_key
        and not error.may_have_happened
    )


@attrs.define
class _Feed(Generic[Item, T]):
    """Gives each worker its next item, once it is safe to ask for it."""

    run: Run[Item, T]
    items: AsyncIterator[Item]
    taking: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    syncing: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    async def next(self) -> Asked[Item] | None:
        """The next item to ask for; None after the last."""
        while True:
            async with self.taking:
                item = await anext(self.items, _END)
                if item is _END:
                    return None
                asked = self.run.begin(cast(Item, item))
            if asked is not None:
                await self._sync(asked)
                return asked
            self.run.tell()
            # Other tasks have their turn, however many items are skipped.
            await asyncio.sleep(0)

    async def _sync(self, asked: Asked[Item]) -> None:
        if not self.run.must_sync(asked):
            return
        async with self.syncing:
            # Those who waited here find that one sync was enough for all of them.
            if self.run.must_sync(asked):
                await asyncio.to_thread(self.run.sync)


async def _iterate(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _work(
    run: Run[Item, T], feed: _Feed[Item, T], call: Callable[[Item, str], Awaitable[T]]
) -> None:
    """Ask for one item after another."""
    while (asked := await feed.next()) is not None:
        try:
            value = await call(asked.item, asked.idempotency_key)
        except Exception as error:
            run.fail(asked, error)
        else:
            run.finish(asked, value)
        run.tell()


async def _all(workers: list[asyncio.Task[None]]) -> None:
    """Wait for all; where one fails, or the wait is cancelled, end them all."""
    try:
        await asyncio.gather(*workers)
    except BaseException:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise
