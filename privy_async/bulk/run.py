"""The decisions of a bulk run: which items are asked for, with which keys, and what came of each.

It waits for nothing and calls nothing, so that both faces run the same one.
"""

import os
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sized
from datetime import UTC, datetime
from hashlib import sha1
from typing import Final, Generic, TypeVar, cast

import attrs

from privy_async.bulk.journal import NOT_KEPT, Journal
from privy_async.clock import Clock
from privy_async.errors import APIError, InvalidArgumentError, PrivyError
from privy_async.json_types import is_encodable, is_object

Item = TypeVar("Item")
T = TypeVar("T")
F = TypeVar("F")
Item_co = TypeVar("Item_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)

ASK_AGAIN_WITHIN: Final = 23 * 3600.0
"""Seconds within which an item of unknown outcome is asked for again, with the same key.

Privy keeps an idempotency key for 24 hours; the last of them is left for retries and for clocks
that differ (https://docs.privy.io/api-reference/idempotency-keys).
"""
_AT_FIRST: Final = 8  # How many calls a run begins with.
FEW_FOR: Final = 1.0
"""Seconds after which as many calls run as may, though none may have ended."""

# RFC 9562, section 6.6.
_URL_NAMESPACE: Final = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")


@attrs.frozen
class BulkResult(Generic[Item_co, T_co]):
    """What came of one item.

    Attributes:
        index: The item's place, from 0.
        value: What the call returned; None if it failed.
        error: Why it failed; None if it did not.
        skipped: True if an earlier run had done it, as the journal says.
        kept: False for a skipped item whose value was not JSON, so that the journal has it not.
        refused: True if it is certain that it was not executed: with a journal by no run, without
            one not by this run.
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


def idempotency_key(run_id: str, item_key: str) -> str:
    """Return the idempotency key of an item: a UUIDv5 of its key, within one of the run.

    Source: RFC 9562, section 5.5.
    """
    run = _uuid5(_URL_NAMESPACE, f"privy-async:bulk:{run_id}")
    text = _uuid5(run, item_key).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _uuid5(namespace: bytes, name: str) -> bytes:
    digest = bytearray(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


@attrs.frozen
class Asked(Generic[Item]):
    """An item that is to be asked for.

    Attributes:
        first: False if the journal says that an earlier run may have asked for it.
        position: Up to where the journal must be on the disk before that.
    """

    index: int
    item: Item
    key: str
    idempotency_key: str
    first: bool
    position: int


class Run(Generic[Item, T]):
    """The state of one run."""

    def __init__(
        self,
        items: object,
        run_id: str,
        *,
        key: Callable[[Item], str] | None,
        journal: str | os.PathLike[str] | None,
        on_progress: Callable[[Progress[Item, T]], object] | None,
        clock: Clock | None = None,
    ) -> None:
        self._run_id = _check_text("run_id", run_id)
        self._key = _check_function("key", key)
        self._on_progress = _check_function("on_progress", on_progress)
        _check_items(items)
        self._check_known(items)
        self._clock = clock or Clock()
        self._total = len(items) if isinstance(items, Sized) else None
        self._seen: set[str] = set()
        self._results: list[BulkResult[Item, T] | None] = []
        self._last: BulkResult[Item, T] | None = None
        self._done = self._failed = self._skipped = 0
        self.is_at_full_strength = False
        self._journal = None if journal is None else Journal(journal, run_id, clock=self._clock)

    def begin(self, item: Item) -> Asked[Item] | None:
        """Take the next item; None if it has ended without being asked for.

        Raises:
            InvalidArgumentError: It is no str, and there is no function that gives its key.
        """
        self._check_key_of(item)
        index = len(self._results)
        self._results.append(None)
        first, position = True, 0
        try:
            key = self._key_of(item)
            if self._journal is not None and key in self._journal.done:
                self._skip(index, item, self._journal.done[key])
                return None
            if self._journal is not None and key in self._journal.begun:
                self._check_age(key, self._journal.begun[key])
                first = False
        except Exception as error:
            self._settle(BulkResult(index, item, error=error))
            return None
        if self._journal is not None:
            position = self._journal.begin(key)
        return Asked(index, item, key, idempotency_key(self._run_id, key), first, position)

    def _check_known(self, items: object) -> None:
        """Check before anything is asked for; what other iterables give is seen as it comes."""
        for item in cast(Iterable[Item], items) if isinstance(items, Collection) else ():
            self._check_key_of(item)

    def _check_key_of(self, item: object) -> None:
        if self._key is not None or isinstance(item, str):
            return
        example = 'item["id"]' if is_object(item) else "item.id"
        raise InvalidArgumentError(
            "key",
            f"is missing, and an item is no str but {type(item).__name__}: give what tells items "
            f"apart, such as key=lambda item: {example}",
        )

    def _check_age(self, key: str, begun_at: float) -> None:
        """Refuse an item of unknown outcome whose idempotency key Privy may have forgotten."""
        # A time to come means that a clock was wrong, so it may be any age.
        if abs(self._clock.now() - begun_at) < ASK_AGAIN_WITHIN:
            return
        begun = datetime.fromtimestamp(begun_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        raise APIError(
            f"the outcome of {key!r}, begun at {begun}, is unknown, and Privy no longer knows its "
            "key",
            method="",
            url="",
            may_have_happened=True,
        )

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

    def at_once(self, limit: int) -> int:
        """Return how many calls may run now, which are more with each that ends, up to `limit`.

        A run that begins with all of them has as many refused, where Privy lets through fewer: TCP
        begins with a few segments for the same reason (RFC 6928).
        """
        few = _AT_FIRST + (self._done + self._failed) // 2
        return limit if self.is_at_full_strength else min(limit, few)

    def must_sync(self, asked: Asked[Item]) -> bool:
        """True if `sync` must end before the item is asked for."""
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
        refused = asked.first and _is_refused(asked, error)
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


def _check_items(items: object) -> None:
    if not isinstance(items, (Iterable, AsyncIterable)):
        raise InvalidArgumentError("items", "expected items to be taken one by one, as a list")


def _check_function(argument: str, function: F | None) -> F | None:
    # After the first call it would be too late to find out.
    if function is None or callable(function):
        return function
    raise InvalidArgumentError(argument, "expected a function, or None")


def _is_refused(asked: Asked[Item], error: Exception) -> bool:
    """True if the error is Privy's answer to the request with the item's key, and a sure no."""
    # The key tells that request from others, such as a look at what came of it.
    return (
        isinstance(error, APIError)
        and error.idempotency_key == asked.idempotency_key
        and not error.may_have_happened
    )
