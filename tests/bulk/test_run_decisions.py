"""What a run decides, without any call: how many at once, what is asked for, what is told."""

import asyncio
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clocks import ReadClock

from privy_async import APIError, InvalidArgumentError
from privy_async.bulk import call_each, idempotency_key
from privy_async.bulk.call_each import FEW_FOR
from privy_async.bulk.entries import can_be_kept, is_unfinished
from privy_async.bulk.file_journal import FileJournal
from privy_async.bulk.journal import Begun, Done, Note, Refused
from privy_async.bulk.run import ASK_AGAIN_WITHIN, BulkResult, Run
from privy_async.json_types import MAX_DEPTH

NOW = 1_795_300_000.0


def run_of(items: Any, **options: Any) -> Run[Any, Any]:
    """A run."""
    usual: dict[str, Any] = {"key": None, "journal": None, "claim": False, "on_progress": None}
    return Run(items, "pay", clock=ReadClock(lambda: NOW), **{**usual, **options})


def error_of(key: str, *, happened: bool = False) -> APIError:
    """An error of the request with this idempotency key."""
    error = APIError("no", method="POST", url="http://x", may_have_happened=happened)
    error.idempotency_key = key
    return error


def test_a_run_begins_with_a_few_calls() -> None:
    """Eight, and one more for each two that ended, well or not, up to the limit."""
    run = run_of([str(number) for number in range(12)])
    assert not run.is_at_full_strength
    counts = [run.at_once(100)]
    for number in range(9):
        asked = run.begin(str(number))
        assert asked is not None
        if number % 2:
            run.fail(asked, ValueError())
        else:
            run.finish(asked, number)
        run.settle(asked)
        counts.append(run.at_once(100))
    assert counts == [8, 8, 9, 9, 10, 10, 11, 11, 12, 12]
    assert [run.at_once(limit) for limit in (1, 11, 12, 13)] == [1, 11, 12, 12]
    run.is_at_full_strength = True
    assert [run.at_once(limit) for limit in (1, 100)] == [1, 100]


def test_results_are_those_that_ended() -> None:
    """An item that is still asked for has none."""
    run = run_of(["a", "b", "c"])
    first, second = run.begin("a"), run.begin("b")
    assert first is not None
    assert second is not None
    assert run.begin("a") is None
    assert [(each.index, str(each.error)) for each in run.ended()] == [
        (2, "key: an earlier item has the key 'a' too")
    ]
    run.finish(second, 5)
    run.settle(second)
    assert [(each.index, each.value) for each in run.ended()] == [(1, 5), (2, None)]
    assert BulkResult[str, int](0, "a") == BulkResult(0, "a", None, None, False, True, False)


@pytest.mark.parametrize(
    ("items", "options", "argument", "words"),
    [
        (5, {}, "items", "expected items to be taken one by one"),
        (None, {}, "items", "expected items to be taken one by one"),
        (["a"], {"key": "id"}, "key", "expected a function, or None"),
        (["a"], {"on_progress": 5}, "on_progress", "expected a function, or None"),
        (["a"], {"claim": 1}, "claim", "expected True or False"),
        (["a"], {"claim": True}, "claim", "needs a journal"),
        ([{"id": 1}], {}, "key", 'no str but dict: .*key=lambda item: item\\["id"\\]$'),
        ([SimpleNamespace()], {}, "key", "no str but SimpleNamespace: .*key=lambda item: item.id$"),
    ],
)
def test_wrong_arguments(items: Any, options: Any, argument: str, words: str) -> None:
    """They are named before anything is asked for."""
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        run_of(items, **options)
    assert caught.value.argument == argument


class Standing:
    """A journal that says how each item stands."""

    def __init__(self, standing: Any, *, synced: bool = True) -> None:
        self.note = Note(standing, synced)
        self.after: Any = Refused()

    def open(self, run_id: str, *, claim: bool) -> "Standing":
        return self

    def begin(self, key: str) -> Note:
        return self.note

    def refuse(self, key: str) -> Note:
        return Note(self.after, is_synced=True)

    def finish(self, key: str, value: object) -> Note:
        return Note(Done(value), is_synced=True)

    def sync(self) -> float:
        return 0.5

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("standing", "claim", "error"),
    [
        (None, False, None),
        (Begun(NOW, alone=True), False, None),
        (Begun(NOW - 10**6, alone=True), False, None),
        (Begun(NOW - ASK_AGAIN_WITHIN + 1, alone=False), False, None),
        (Begun(NOW + ASK_AGAIN_WITHIN - 1, alone=False), False, None),
        (Begun(NOW - ASK_AGAIN_WITHIN, alone=False), False, "Privy no longer knows its key"),
        (Begun(NOW + ASK_AGAIN_WITHIN, alone=False), False, "Privy no longer knows its key"),
        (Begun(NOW, alone=False), True, "another run has claimed it"),
        (Begun(NOW, alone=True), True, None),
    ],
)
def test_what_is_asked_for(standing: Any, claim: bool, error: str | None) -> None:
    """What nobody else has begun, and what was begun within 23 hours, by clocks that differ."""
    run = run_of(["a"], journal=Standing(standing), claim=claim)
    asked = run.begin("a")
    assert (asked is None) == (error is not None)
    assert run.may_repeat == (not claim)
    if asked is not None:
        assert run.may_ask(asked)
        assert asked.idempotency_key == idempotency_key("pay", "a")
        return
    (result,) = run.ended()
    assert isinstance(result.error, APIError)
    assert result.error.may_have_happened
    assert error in str(result.error)
    assert (result.skipped, result.refused, result.error.method, result.error.url) == (
        *(False, False, "", ""),
    )


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("key", [idempotency_key("pay", "a"), "another", None])
@pytest.mark.parametrize("after", [Refused(), Begun(NOW, alone=False)])
def test_what_was_certainly_not_executed(alone: bool, happened: bool, key: Any, after: Any) -> None:
    """The item's own request was refused, and no other run has asked for it before or meanwhile."""
    journal = Standing(Begun(NOW, alone=alone))
    journal.after = after
    run = run_of(["a"], journal=journal)
    asked = run.begin("a")
    assert asked is not None
    run.fail(asked, error_of(key, happened=happened))
    refused = alone and not happened and key == asked.idempotency_key
    assert asked.result is not None
    assert asked.result.refused == refused
    run.settle(asked)
    (result,) = run.ended()
    assert result.refused == (refused and after == Refused())


@pytest.mark.parametrize(("synced", "must"), [(True, False), (False, True)])
def test_when_a_run_waits_for_its_journal(synced: bool, must: bool) -> None:
    """Until the note of the item is safe; without a journal there is nothing to wait for."""
    run = run_of(["a"], journal=Standing(None, synced=synced))
    asked = run.begin("a")
    assert asked is not None
    assert run.must_sync(asked) == must
    assert run.sync() == 0.5
    bare = run_of(["a"])
    asked = bare.begin("a")
    assert asked is not None
    assert not bare.must_sync(asked)
    assert (bare.sync(), bare.may_repeat) == (0.0, False)


def test_the_name_of_a_new_file_is_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, before anything is begun; that of a file that is there already is safe."""
    folders: list[bool] = []
    fsync: Callable[[int], None] = os.fsync

    def noted(file: int) -> None:
        folders.append(stat.S_ISDIR(os.fstat(file).st_mode))
        fsync(file)

    monkeypatch.setattr(os, "fsync", noted)
    for wanted in ([True], []):
        journal = FileJournal(tmp_path / "pay", "pay")
        assert folders == wanted
        journal.close()
        folders.clear()


def test_what_a_new_journal_has_on_the_disk(tmp_path: Path) -> None:
    """Nothing until it was synced; then what was written by then."""
    journal = FileJournal(tmp_path / "pay", "pay", clock=ReadClock(lambda: NOW))
    note = journal.begin("a")
    assert (note.standing, note.is_synced) == (Begun(NOW, alone=True), False)
    assert journal.sync() == 0
    assert note.is_synced
    assert journal.begin("a").is_synced
    assert journal.begin("a").standing == Begun(NOW, alone=False)
    assert not journal.begin("b").is_synced
    journal.close()
    assert journal.sync() == 0


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": [1, {"b": None}]}, True),
        ("x" * 10**6, True),
        (float("nan"), False),
        ([float("inf")], False),
        ((1,), False),
        ({1: 2}, False),
        ({"a": (1,)}, False),
        (b"a", False),
    ],
)
def test_values_that_can_be_kept(value: object, kept: bool) -> None:
    """Those that JSON gives back."""
    assert can_be_kept(value) is kept


@pytest.mark.parametrize("depth", [MAX_DEPTH - 2, MAX_DEPTH - 1, MAX_DEPTH])
def test_how_deep_a_kept_value_is(depth: int) -> None:
    """As deep as a line of the journal can be read again, one level of which is the entry."""
    for wrap in (lambda inner: [inner], lambda inner: {"a": inner}):
        value: Any = 1
        for _ in range(depth):
            value = wrap(value)
        assert can_be_kept(value) == (depth < MAX_DEPTH)


@pytest.mark.parametrize("start", ['{"begun": "', '{"done": "', '{"refused": "'])
def test_what_a_crash_leaves_of_a_line(start: str) -> None:
    """Its beginning, or zeros."""
    for length in range(len(start) + 1):
        for zeros in (b"", b"\0\0"):
            assert is_unfinished(start[:length].encode() + zeros)
    assert is_unfinished(f'{start}a", "at": 17'.encode())
    for other in (
        b"{'",
        b'{"other": "',
        b'{"begin": "',
        start[1:].encode(),
        b"\0" + start.encode(),
    ):
        assert not is_unfinished(other)


@pytest.mark.anyio
async def test_a_short_run_leaves_nothing_behind() -> None:
    """No call of a timer is on its way in the loop when the run has ended."""
    loop: Any = asyncio.get_running_loop()

    async def call(item: str, key: str) -> str:
        return key

    assert len(await call_each(["a", "b"], call, run_id="pay")) == 2
    now = loop.time()
    left = [each for each in loop._scheduled if not each.cancelled()]
    assert not [each for each in left if now < each.when() <= now + FEW_FOR]


def test_spans_of_a_run() -> None:
    """Within 23 hours an item is asked for again; after 1 s a run has all its calls."""
    assert (ASK_AGAIN_WITHIN, FEW_FOR) == (82_800.0, 1.0)


@pytest.mark.parametrize(
    ("at", "good"),
    [(0, True), (253_402_300_799, True), (253_402_300_800, False), (-1, False), (True, False)],
)
def test_times_in_a_journal(tmp_path: Path, at: Any, good: bool) -> None:
    """Unix times that a date can name."""
    path = tmp_path / "pay"
    line = json.dumps({"begun": "a", "at": at})
    path.write_text(f'{{"run_id": "pay"}}\n{line}\n')
    if good:
        journal = FileJournal(path, "pay")
        assert journal.begun == {"a": at}
        journal.close()
        return
    with pytest.raises(InvalidArgumentError, match="line 2 is not one of a journal"):
        FileJournal(path, "pay")
