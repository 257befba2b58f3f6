"""Bulk runs of the sync face: the same in threads, and all but the calls in the caller's thread."""

import asyncio
import inspect
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import loopback
from test_bulk import TOO_LONG, Counting, names

import privy_async.bulk
import privy_sync.bulk
from privy_async import BadRequestError, InvalidArgumentError, PrivyError
from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import Sandbox
from privy_sync import PrivyClient, record_responses
from privy_sync.bulk import BulkResult, Progress, call_each

Create = Callable[[str, str], str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
def privy(sandbox: Sandbox) -> Iterator[PrivyClient]:
    """The app's client."""
    with sandbox.sync_client() as privy:
        yield privy


@pytest.fixture
def create(privy: PrivyClient) -> Create:
    """Creates a wallet of the item's name, and returns its id."""

    def create(name: str, key: str) -> str:
        return privy.wallets.create(
            chain_type="ethereum", display_name=name, idempotency_key=key
        ).id

    return create


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [1, 7])
async def test_order_and_concurrency(concurrency: int) -> None:
    """The server sees as many requests at once and no more; results are in the items' order."""
    counting = Counting(hold=concurrency)
    items = [f"w{number}" for number in range(20)]

    def read(url: str) -> tuple[BulkResult[str, Wallet], ...]:
        with PrivyClient(app_id="a", app_secret="b", base_url=url) as privy:
            return call_each(
                items,
                lambda item, _: privy.wallets.get(item),
                run_id="read",
                concurrency=concurrency,
            )

    async with loopback(counting.answer) as server:
        results = await asyncio.to_thread(read, server.url)
    assert counting.most == concurrency
    assert [result.unwrap().id for result in results] == items
    assert [result.index for result in results] == [*range(20)]


def test_an_error_stands_at_its_place(sandbox: Sandbox, create: Create) -> None:
    """It stops no other item, and `unwrap` raises it."""
    results = call_each(["a", TOO_LONG, "b", "a"], create, run_id="create")
    assert [result.error is None for result in results] == [True, False, True, False]
    with pytest.raises(BadRequestError):
        results[1].unwrap()
    with pytest.raises(InvalidArgumentError, match="an earlier item"):
        results[3].unwrap()
    assert names(sandbox) == ["a", "b"]


def test_both_faces_use_the_same_keys(sandbox: Sandbox, create: Create) -> None:
    """So a run that one of them began may be ended by the other."""
    (first,) = call_each(["a"], create, run_id="create")

    async def again() -> str:
        async with sandbox.client() as privy:

            async def create_async(name: str, key: str) -> Wallet:
                return await privy.wallets.create(
                    chain_type="ethereum", display_name=name, idempotency_key=key
                )

            results = await privy_async.bulk.call_each(["a"], create_async, run_id="create")
            return results[0].unwrap().id

    assert asyncio.run(again()) == first.unwrap()
    assert names(sandbox) == ["a"]


def test_where_things_run(create: Create) -> None:
    """Items, keys and progress are in the caller's thread, so that they need no locks."""
    threads: dict[str, set[threading.Thread]] = {"caller": set(), "calls": set()}

    def items() -> Iterator[str]:
        for item in "abcdef":
            threads["caller"].add(threading.current_thread())
            yield item

    def key(item: str) -> str:
        threads["caller"].add(threading.current_thread())
        return item

    def on_progress(progress: Progress[str, str]) -> None:
        threads["caller"].add(threading.current_thread())

    def call(item: str, idempotency_key: str) -> str:
        threads["calls"].add(threading.current_thread())
        return create(item, idempotency_key)

    results = call_each(items(), call, run_id="create", key=key, on_progress=on_progress)
    assert all(result.error is None for result in results)
    assert threads["caller"] == {threading.current_thread()}
    assert threading.current_thread() not in threads["calls"]
    assert not any(thread.is_alive() for thread in threads["calls"])


def test_a_pager_gives_the_items(privy: PrivyClient, create: Create) -> None:
    """The pages are fetched as calls end."""
    call_each("abcde", create, run_id="create")
    results = call_each(
        privy.wallets.list(limit=2),
        lambda wallet, _: privy.wallets.get(wallet.id).display_name,
        run_id="read",
        key=lambda wallet: wallet.id,
    )
    assert sorted(str(result.unwrap()) for result in results) == [*"abcde"]


def test_calls_see_the_callers_context(create: Create) -> None:
    """What records responses around a run sees those of its calls."""
    with record_responses() as responses:
        call_each("abc", create, run_id="create")
    assert [response.status for response in responses] == [200, 200, 200]


def test_progress(create: Create) -> None:
    """It is told after each item, with counts so far."""
    told: list[Progress[str, str]] = []
    call_each(["a", TOO_LONG, "b", "a"], create, run_id="create", on_progress=told.append)
    assert [one.done + one.failed for one in told] == [1, 2, 3, 4]
    assert (told[-1].done, told[-1].failed, told[-1].total) == (2, 2, 4)


def test_a_journal(sandbox: Sandbox, create: Create, tmp_path: Path) -> None:
    """What is done is skipped by the next run."""
    options: Any = {"run_id": "create", "journal": tmp_path / "journal"}
    first = call_each("ab", create, **options)
    again = call_each("abc", create, **options)
    assert [result.skipped for result in again] == [True, True, False]
    assert [result.unwrap() for result in again[:2]] == [result.unwrap() for result in first]
    assert names(sandbox) == ["a", "b", "c"]


def test_what_is_begun_is_on_the_disk_before_a_call() -> None:
    """Where it cannot be brought there, as here, nothing is called at all."""
    called: list[str] = []
    with pytest.raises(PrivyError, match="journal cannot be written"):
        call_each("ab", lambda item, key: called.append(item), run_id="r", journal=os.devnull)
    assert called == []


def test_calls_that_run_are_waited_for_and_noted(tmp_path: Path) -> None:
    """Where a run ends early, the calls that it cannot stop end up in the journal."""
    both_run = threading.Barrier(3)
    go_on = threading.Event()

    def items() -> Iterator[str]:
        yield from "ab"
        both_run.wait(10)
        threading.Timer(0.05, go_on.set).start()
        raise KeyboardInterrupt

    def call(item: str, key: str) -> str:
        both_run.wait(10)
        assert go_on.wait(10)
        if item == "b":
            raise ValueError
        return item

    journal = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        call_each(items(), call, run_id="r", journal=journal)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {"done": "a", "value": "a"} in lines
    assert [line.get("begun") for line in lines[1:3]] == ["a", "b"]
    assert len(lines) == 4


def test_an_error_of_on_progress_ends_the_run() -> None:
    """It comes out as it is, and no further item is taken."""
    taken: list[str] = []

    def items() -> Iterator[str]:
        for item in "abcdefgh":
            taken.append(item)
            yield item

    def on_progress(progress: Progress[str, str]) -> None:
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        call_each(
            items(), lambda item, key: item, run_id="r", concurrency=1, on_progress=on_progress
        )
    assert taken == ["a", "b"]


def test_what_a_call_exits_with_ends_the_run() -> None:
    """SystemExit is no error of an item."""

    def call(item: str, key: str) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        call_each(["a"], call, run_id="r")


def test_an_async_call(tmp_path: Path) -> None:
    """It is refused, since nothing of it has run, and is not done in the journal either."""

    async def call(item: str, key: str) -> None:
        raise AssertionError

    (result,) = call_each(["a"], call, run_id="r", journal=tmp_path / "journal")
    assert isinstance(result.error, InvalidArgumentError)
    assert "done" not in (tmp_path / "journal").read_text()


def test_another_kind_of_file(tmp_path: Path) -> None:
    """A file that is no journal is left as it is, and nothing is called."""
    rows = tmp_path / "rows.json"
    rows.write_text('[{"id":"alice","wei":1}]')
    with pytest.raises(InvalidArgumentError, match="journal: is another kind of file"):
        call_each(["a"], refuse_to_be_called, run_id="r", journal=rows)
    assert rows.read_text() == '[{"id":"alice","wei":1}]'


class Rows:
    """Something to walk through whose items are not known before."""

    def __iter__(self) -> Iterator[object]:
        return iter([None, "a"])


def refuse_to_be_called(item: object, key: str) -> None:
    """Nothing may call this."""
    raise AssertionError


@pytest.mark.parametrize(
    ("items", "example"),
    [
        ([{"id": "a"}], 'key=lambda item: item["id"]'),
        (["a", 5], "key=lambda item: item.id"),
        (range(3), "key=lambda item: item.id"),
        ({b"a"}, "key=lambda item: item.id"),
        (Rows(), "key=lambda item: item.id"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_items_that_are_no_str(tmp_path: Path, items: Any, example: str) -> None:
    """Without `key=` they end the run before anything is called, and the error shows one."""
    journal = tmp_path / "journal"
    faces: list[Callable[..., object]] = [
        call_each,
        lambda *args, **options: asyncio.run(privy_async.bulk.call_each(*args, **options)),
    ]
    for face in faces:
        with pytest.raises(InvalidArgumentError, match="key: is missing") as caught:
            face(items, refuse_to_be_called, run_id="r", journal=journal)
        assert example in str(caught.value)
        if not isinstance(items, Rows):
            assert not journal.exists()


def test_an_item_that_is_no_str_among_many() -> None:
    """It ends the run when it comes, and what runs by then is waited for."""
    ended: list[str] = []
    with pytest.raises(InvalidArgumentError, match="an item is no str but int"):
        call_each(iter(["a", "b", 5, "c"]), lambda item, key: ended.append(item), run_id="r")
    assert sorted(ended) == ["a", "b"]


def test_a_refusal_without_a_journal(privy: PrivyClient) -> None:
    """It is certain too: Privy said no to this very request, and no run before it is known."""

    def sign(wallet_id: str, key: str) -> object:
        return privy.wallets.ethereum.sign_message(wallet_id, "x", idempotency_key=key)

    (result,) = call_each(["no such wallet"], sign, run_id="r")
    assert "404" in str(result.error)
    assert result.refused


def test_a_journal_of_another_run(tmp_path: Path) -> None:
    """It is refused before anything is asked for."""
    call_each(["a"], lambda item, key: item, run_id="r", journal=tmp_path / "journal")
    with pytest.raises(PrivyError, match="belongs to the run 'r'"):
        call_each(["a"], lambda item, key: item, run_id="r2", journal=tmp_path / "journal")


def test_the_faces_are_the_same() -> None:
    """`call_each` takes the same arguments in both, with the same defaults."""

    def arguments(function: Callable[..., Any]) -> list[tuple[str, object]]:
        parameters = inspect.signature(function).parameters.values()
        return [(parameter.name, parameter.default) for parameter in parameters]

    assert arguments(privy_sync.bulk.call_each) == arguments(privy_async.bulk.call_each)
    for name in privy_sync.bulk.__all__:
        assert hasattr(privy_async.bulk, name)
