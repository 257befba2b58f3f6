"""Does one call for each of many items, in threads, in order, and safe to start again."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from inspect import iscoroutine
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import attrs

from privy_async.bulk.journal import Journal
from privy_async.bulk.run import FEW_FOR, Asked, BulkResult, Progress, Run, idempotency_key
from privy_async.checks import check_count
from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.sending.pacer import patiently
from privy_async.sending.requester import keyed_writes_only
from privy_sync._portal import LOOK

__all__ = ["BulkResult", "Journal", "Progress", "call_each", "idempotency_key"]

Item = TypeVar("Item")
T = TypeVar("T")


def call_each(
    items: Iterable[Item],
    call: Callable[[Item, str], T],
    *,
    run_id: str,
    key: Callable[[Item], str] | None = None,
    concurrency: int = 32,
    journal: str | os.PathLike[str] | Journal | None = None,
    claim: bool = False,
    on_progress: Callable[[Progress[Item, T]], object] | None = None,
) -> tuple[BulkResult[Item, T], ...]:
    """Do one call for each item, and return what came of each, in the order of the items.

        def pay(row: Row, idempotency_key: str) -> str | None:
            sent = treasury.wallets.ethereum.send_transaction(
                wallet_id,
                {"to": row.address, "value": row.wei},
                caip2="eip155:8453",
                idempotency_key=idempotency_key,
            )
            return sent.transaction_id

        results = call_each(
            rows, pay, run_id="payroll-2026-11", key=lambda row: row.id, journal="payroll.jsonl"
        )

    An item's error stands in its result and stops nothing. What ends the run early: Ctrl-C, and
    errors of `items`, `on_progress` or the journal. Calls that run then are waited for.

    Start it again with the same items and `run_id`, and it asks with the same idempotency keys:
    nothing is executed twice within 24 hours. With a journal that holds for ever, and what is done
    is not asked for again; an item of unknown outcome fails once the 24 hours are nearly over.

    Args:
        items: Taken one by one as calls end, in the caller's thread, so there may be any number.
        call: Gets an item and its idempotency key, in a thread, and does one request that changes
            something, with that key. Where nothing is changed, it may leave the key alone.
        run_id: What the run is for: the same continues it, another one executes all anew.
        key: What tells an item from all others, the same in every run; it must be no secret. By
            default the item itself; items that are no str need one.
        concurrency: How many calls may run at once, each in a thread; the run begins with 8 of
            them. The client's `max_connections`, 100 by default, is a limit too.
        journal: A file that keeps what is begun and done; it is made if it is not there. Or a
            journal that several machines share, such as a `RedisJournal`. Values are kept if they
            are JSON.
        claim: For an operation that takes no idempotency key, such as creating a user, which a
            journal's run does not ask for otherwise. True lets one run alone ask for each item,
            once: what another has begun fails, as does what is of unknown outcome.
        on_progress: Is told of each item that ends, in the caller's thread.

    Raises:
        InvalidArgumentError: An argument is wrong, or the journal cannot be used; a file that is no
            journal of this run is left as it is.
        PrivyError: The journal cannot be written.
    """
    limit = check_count("concurrency", concurrency, least=1)
    run = Run[Item, T](
        items, run_id, key=key, journal=journal, claim=claim, on_progress=on_progress
    )
    with closing(run), patiently(), ThreadPoolExecutor(limit, "privy-bulk") as pool:
        threads = _Threads(run, call, pool, limit)
        try:
            for item in items:
                threads.make_room()
                threads.start(item)
            threads.finish()
        except BaseException:
            threads.ending.set()
            pool.shutdown()
            raise
    return run.ended()


@attrs.define
class _Threads(Generic[Item, T]):
    """The calls that run, each with its notes in a thread; all else is in the caller's thread."""

    run: Run[Item, T]
    call: Callable[[Item, str], T]
    pool: ThreadPoolExecutor
    limit: int
    running: int = 0
    syncing: threading.Lock = attrs.field(factory=threading.Lock)
    ending: threading.Event = attrs.field(factory=threading.Event)
    ended: SimpleQueue[Future[Asked[Item, T]]] = attrs.field(
        factory=SimpleQueue[Future[Asked[Item, T]]]
    )

    def make_room(self) -> None:
        """Deal with the calls that have ended, and wait until another may start."""
        while self.running >= self.run.at_once(self.limit) or not self.ended.empty():
            try:
                self._settle(None if self.running >= self.limit else FEW_FOR)
            except Empty:
                self.run.is_at_full_strength = True

    def start(self, item: Item) -> None:
        """Ask for an item, unless it has ended already."""
        asked = self.run.begin(item)
        if asked is None:
            self.run.tell()
            return
        future = self.pool.submit(copy_context().run, self._work, asked)
        self.running += 1
        future.add_done_callback(self.ended.put)

    def _work(self, asked: Asked[Item, T]) -> Asked[Item, T]:
        """In a thread: ask for an item, and note what came of it."""
        self._sync(asked)
        if self.run.may_ask(asked):
            with keyed_writes_only(self.run.may_repeat):
                self._ask(asked)
            self._sync(asked)
        return asked

    def _ask(self, asked: Asked[Item, T]) -> None:
        try:
            value = self.call(asked.item, asked.idempotency_key)
            _refuse_coroutine(value)
        except Exception as error:
            self.run.fail(asked, error)
        else:
            self.run.finish(asked, value)

    def _sync(self, asked: Asked[Item, T]) -> None:
        while self.run.must_sync(asked):
            with self.syncing:
                # Those who waited here find that one sync was enough for all of them.
                pause = self.run.sync() if self.run.must_sync(asked) else 0
                if pause and self.ending.wait(pause):
                    raise PrivyError("the run has ended before its journal could be written")

    def finish(self) -> None:
        """Wait for all calls."""
        while self.running:
            self._settle()

    def _settle(self, timeout: float | None = None) -> None:
        """Take down what came of the next call that ends, and tell of it.

        Raises:
            Empty: None ended within `timeout` s.
        """
        asked = self._wait(timeout).result()
        self.running -= 1
        self.run.settle(asked)
        self.run.tell()

    def _wait(self, timeout: float | None) -> Future[Asked[Item, T]]:
        if timeout is not None:
            return self.ended.get(timeout=timeout)
        while True:
            with suppress(Empty):
                return self.ended.get(timeout=LOOK)


def _refuse_coroutine(value: object) -> None:
    """Keep an async function from counting as done, though nothing of it has run."""
    if iscoroutine(value):
        value.close()
        raise InvalidArgumentError("call", "is async: use privy_async.bulk.call_each for it")
