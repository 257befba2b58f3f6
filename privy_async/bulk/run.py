"""The decisions of a bulk run: which items are asked for, with which keys, and what came of each.

It waits for nothing and calls nothing, so that both faces run the same one.
"""

import os
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Sized
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from privy_async.bulk.file_journal import FileJournal
from privy_async.bulk.journal import (
    NOT_KEPT,
    Begun,
    Done,
    Journal,
    Note,
    Refused,
    RunJournal,
    Standing,
)
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
    """The result of one item.

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
    """The number of items that have ended, and how; `total` is None if it is unknown.

    `done` leaves out what was skipped; `result` is that of the item that ended last.
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


@attrs.define(eq=False)
class Asked(Generic[Item, T]):
    """An item that is to be asked for.

    Attributes:
        note: What the journal was last given to note of it; None without a journal.
        result: What came of it, once that is known.
    """

    index: int
    item: Item
    key: str
    idempotency_key: str
    note: Note | None
    result: BulkResult[Item, T] | None = None


class Run(Generic[Item, T]):
    """The state of one run."""

    def __init__(
        self,
        items: object,
        run_id: str,
        *,
        key: Callable[[Item], str] | None,
        journal: str | os.PathLike[str] | Journal | None,
        claim: bool,
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
        self._claim = _check_claim(claim, journal)
        self._journal = self._open(journal)

    def _open(self, journal: str | os.PathLike[str] | Journal | None) -> RunJournal | None:
        if journal is None:
            return None
        if isinstance(journal, (str, os.PathLike)) or not hasattr(journal, "open"):
            path = cast(str | os.PathLike[str], journal)
            return FileJournal(path, self._run_id, clock=self._clock)
        return journal.open(self._run_id, claim=self._claim)

    @property
    def may_repeat(self) -> bool:
        """True if an item may be asked for again, with its key, by a run with this journal."""
        return self._journal is not None and not self._claim

    def begin(self, item: Item) -> Asked[Item, T] | None:
        """Take the next item; None if it has ended without being asked for.

        Raises:
            InvalidArgumentError: It is no str, and there is no function that gives its key.
        """
        self._check_key_of(item)
        index = len(self._results)
        self._results.append(None)
        try:
            key = self._key_of(item)
        except Exception as error:
            self._settle(BulkResult(index, item, error=error))
            return None
        note = None if self._journal is None else self._journal.begin(key)
        asked = Asked[Item, T](index, item, key, idempotency_key(self._run_id, key), note)
        if note is None or note.standing is None or self.may_ask(asked):
            return asked
        self.settle(asked)
        return None

    def may_ask(self, asked: Asked[Item, T]) -> bool:
        """True if it is to be asked for; otherwise its result is known.

        Only once the journal has said how it stands.
        """
        match None if asked.note is None else asked.note.standing:
            case Done(value):
                kept = value is not NOT_KEPT
                found = cast(T, value) if kept else None
                asked.result = BulkResult(asked.index, asked.item, found, skipped=True, kept=kept)
            case Begun(at, alone=False):
                error = self._why_not_again(asked.key, at)
                if error is not None:
                    asked.result = BulkResult(asked.index, asked.item, error=error)
            case _:
                pass
        return asked.result is None

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

    def _why_not_again(self, key: str, begun_at: float) -> APIError | None:
        """Why an item of unknown outcome must not be asked for again; None if it may be."""
        # A time to come means that a clock was wrong, so it may be any age.
        if self._claim:
            why = "another run has claimed it"
        elif abs(self._clock.now() - begun_at) >= ASK_AGAIN_WITHIN:
            why = "Privy no longer knows its key"
        else:
            return None
        begun = datetime.fromtimestamp(begun_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return APIError(
            f"the outcome of {key!r}, begun at {begun}, is unknown, and {why}",
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

    def must_sync(self, asked: Asked[Item, T]) -> bool:
        """True if `sync` must end before anything more is done for the item."""
        return asked.note is not None and not asked.note.is_synced

    def at_once(self, limit: int) -> int:
        """Return how many calls may run now, which are more with each that ends, up to `limit`.

        A run that begins with all of them has as many refused, where Privy lets through fewer: TCP
        begins with a few segments for the same reason (RFC 6928).
        """
        few = _AT_FIRST + (self._done + self._failed) // 2
        return limit if self.is_at_full_strength else min(limit, few)

    def sync(self) -> float:
        """Bring the journal to safety; returns 0, or the seconds after which to try again."""
        return 0.0 if self._journal is None else self._journal.sync()

    def finish(self, asked: Asked[Item, T], value: T) -> None:
        """The call returned."""
        if self._journal is not None:
            asked.note = self._journal.finish(asked.key, value)
        asked.result = BulkResult(asked.index, asked.item, value)

    def fail(self, asked: Asked[Item, T], error: Exception) -> None:
        """The call raised."""
        refused = _is_refused(asked, error)
        if self._journal is not None and refused:
            asked.note = self._journal.refuse(asked.key)
        asked.result = BulkResult(asked.index, asked.item, error=error, refused=refused)

    def settle(self, asked: Asked[Item, T]) -> None:
        """Take down what came of an item, once the journal has it."""
        result = asked.result
        assert result is not None
        if result.refused and asked.note is not None and asked.note.standing != Refused():
            # Another run has asked for it meanwhile.
            result = attrs.evolve(result, refused=False)
        self._settle(result)

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
        """Return the result of each item, once all have ended."""
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


def _is_alone(standing: Standing | None) -> bool:
    return isinstance(standing, Begun) and standing.alone


def _check_claim(claim: object, journal: object) -> bool:
    if not isinstance(claim, bool):
        raise InvalidArgumentError("claim", "expected True or False")
    if claim and journal is None:
        raise InvalidArgumentError("claim", "needs a journal, which says who has claimed an item")
    return claim


def _is_refused(asked: Asked[Any, Any], error: Exception) -> bool:
    """True if the item's request was certainly not executed, now or by an earlier run."""
    if asked.note is not None and not _is_alone(asked.note.standing):
        return False
    if isinstance(error, InvalidArgumentError):
        # Its one request takes no idempotency key, so it was not sent.
        return error.argument == "claim"
    # The key tells the answer to that request from others, such as to a look at what came of it.
    return (
        isinstance(error, APIError)
        and error.idempotency_key == asked.idempotency_key
        and not error.may_have_happened
    )
