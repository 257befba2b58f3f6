"""Bulk runs: in order, so many at once, an error at its place, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import attrs
import pytest
from aiohttp import web
from loopback import WALLET, Request, loopback, ok
from sdk_helpers import Owner, logged, nothing_sent

from privy_async import (
    APIConnectionError,
    BadRequestError,
    InvalidArgumentError,
    PrivyClient,
    PrivyError,
)
from privy_async.bulk import BulkResult, Progress, call_each, idempotency_key
from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

TOO_LONG = "x" * 101
"""More than a display name can have."""

Create = Callable[[str, str], Any]


@pytest.fixture
def create(privy: PrivyClient) -> Create:
    """Creates a wallet of the item's name, and returns its id."""

    async def create(name: str, key: str) -> str:
        made = await privy.wallets.create(
            chain_type="ethereum", display_name=name, idempotency_key=key
        )
        return made.id

    return create


def names(sandbox: Sandbox) -> list[str]:
    """The display names of all wallets there are."""
    return sorted(str(wallet.display_name) for wallet in sandbox.state.wallets.values())


@attrs.define
class Counting:
    """Answers each request after a moment, and knows how many it had at once.

    Attributes:
        hold: It answers none before it has had so many at once.
    """

    hold: int = 1
    now: int = 0
    most: int = 0
    enough: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def answer(self, request: Request) -> web.StreamResponse:
        """Later items are answered sooner, so that calls end in another order than they began."""
        self.now += 1
        self.most = max(self.most, self.now)
        if self.most >= self.hold:
            self.enough.set()
        await self.enough.wait()
        await asyncio.sleep(0.01 if int(request.path[-1]) % 2 else 0.03)
        self.now -= 1
        return ok({**WALLET, "id": request.path.rpartition("/")[2]})


async def test_results_are_in_the_order_of_the_items() -> None:
    """Whatever order the calls end in; each holds its place, its item and its value."""
    items = [f"w{number}" for number in range(20)]
    ended: list[int] = []

    def on_progress(progress: Progress[str, Wallet]) -> None:
        ended.append(progress.result.index)

    async with loopback(Counting(hold=20).answer) as server, server.client() as privy:
        results = await call_each(
            items, lambda item, _: privy.wallets.get(item), run_id="read", on_progress=on_progress
        )
    assert [result.index for result in results] == [*range(20)]
    assert [result.item for result in results] == items
    assert [result.unwrap().id for result in results] == items
    assert sorted(ended) == [*range(20)]
    assert ended != sorted(ended)


@pytest.mark.parametrize("concurrency", [1, 7])
async def test_so_many_calls_at_once_and_no_more(concurrency: int) -> None:
    """The server sees as many requests at once, and never more."""
    counting = Counting(hold=concurrency)
    async with loopback(counting.answer) as server, server.client() as privy:
        await call_each(
            [f"w{number}" for number in range(30)],
            lambda item, _: privy.wallets.get(item),
            run_id="read",
            concurrency=concurrency,
        )
    assert counting.most == concurrency


async def test_items_are_taken_as_calls_end() -> None:
    """No more items are taken than calls can run, so a list without end is no harm."""
    taken: list[int] = []
    ended = 0
    ahead: list[int] = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(len(taken))
            yield f"w{len(taken)}"

    def on_progress(progress: Progress[str, Wallet]) -> None:
        nonlocal ended
        ended += 1
        ahead.append(len(taken) - ended)
        if ended == 50:
            raise KeyError("enough")

    async with loopback(Counting().answer) as there, there.client() as privy:
        with pytest.raises(KeyError, match="enough"):
            await call_each(
                endless(),
                lambda item, _: privy.wallets.get(item),
                run_id="read",
                concurrency=5,
                on_progress=on_progress,
            )
    assert max(ahead) <= 5


async def test_an_error_stands_at_its_place(sandbox: Sandbox, create: Create) -> None:
    """An item that Privy refuses stops no other; `unwrap` raises its error."""
    items = ["a", TOO_LONG, "b", "c"]
    results = await call_each(items, create, run_id="create")
    assert [result.error is None for result in results] == [True, False, True, True]
    assert isinstance(results[1].error, BadRequestError)
    with pytest.raises(BadRequestError):
        results[1].unwrap()
    assert names(sandbox) == ["a", "b", "c"]


async def test_errors_of_your_own_code() -> None:
    """What `call` itself raises stands at its place too."""

    async def call(item: str, key: str) -> int:
        return int(item)

    results = await call_each(["1", "x", "3"], call, run_id="numbers")
    assert [result.value for result in results] == [1, None, 3]
    with pytest.raises(ValueError, match="invalid literal"):
        results[1].unwrap()


def test_the_idempotency_key() -> None:
    """It is a UUIDv5 within that of the run: these were made with SHA-1 after RFC 9562, 5.5."""
    assert idempotency_key("payroll-2026-11", "alice") == "1e31083b-6d24-506f-934c-655930830b73"
    assert idempotency_key("payroll-2026-12", "alice") != idempotency_key(
        "payroll-2026-11", "alice"
    )


async def test_the_same_run_again_executes_nothing(sandbox: Sandbox, create: Create) -> None:
    """It asks with the same keys, in whatever order, and gets the same values."""
    first = await call_each(["a", "b"], create, run_id="create")
    again = await call_each(["c", "b", "a"], create, run_id="create")
    assert {r.item: r.value for r in first}.items() <= {r.item: r.value for r in again}.items()
    assert names(sandbox) == ["a", "b", "c"]
    asked = [request.idempotency_key for request in logged(sandbox, "POST", "/v1/wallets")]
    assert set(asked) == {idempotency_key("create", item) for item in "abc"}


async def test_another_run_executes_anew(sandbox: Sandbox, create: Create) -> None:
    """The keys of two runs have nothing in common."""
    await call_each(["a"], create, run_id="create")
    await call_each(["a"], create, run_id="create more")
    assert names(sandbox) == ["a", "a"]


async def test_lost_answers(sandbox: Sandbox, privy: PrivyClient, alice: Owner) -> None:
    """Transactions whose answers were lost are not sent again when the run is started again."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after", times=3)
    patient = alice.privy.with_options(max_retries=0)

    async def pay(amount: int, key: str) -> str:
        sent = await patient.wallets.ethereum.send_transaction(
            alice.wallet.id,
            {"to": "0x" + "5a" * 20, "value": amount},
            caip2="eip155:8453",
            idempotency_key=key,
        )
        return sent.hash

    first = await call_each(range(1, 9), pay, run_id="pay", key=str, concurrency=2)
    assert sum(isinstance(result.error, APIConnectionError) for result in first) == 3
    again = await call_each(range(1, 9), pay, run_id="pay", key=str)
    assert len({result.unwrap() for result in again}) == 8
    assert len(sandbox.state.transactions) == 8


@pytest.mark.parametrize(
    ("items", "key", "message"),
    [
        pytest.param(["a", "a"], None, "an earlier item has the key 'a' too", id="twice"),
        pytest.param(["a", 5], lambda item: item, "key: expected a str", id="no str"),
        pytest.param(["a", ""], None, "key: expected a str", id="empty"),
        pytest.param(["a", "\ud800"], None, "key: expected a str", id="no UTF-8"),
        pytest.param([{"id": "a"}, {}], lambda item: item["id"], "'id'", id="no key"),
        pytest.param(["a", "b"], lambda item: "a", "an earlier item", id="the same for all"),
    ],
)
async def test_items_without_a_key_of_their_own(
    items: list[Any], key: Callable[[Any], str] | None, message: str
) -> None:
    """They are not asked for, since one key would stand for two; the others are."""
    asked: list[str] = []

    async def call(item: object, idempotency_key: str) -> None:
        asked.append(idempotency_key)

    results = await call_each(items, call, run_id="r", key=key)
    assert asked == [idempotency_key("r", "a")]
    with pytest.raises((InvalidArgumentError, KeyError), match=message):
        results[1].unwrap()


async def test_items_of_an_async_iterator(create: Create, privy: PrivyClient) -> None:
    """A pager, or an async generator, is walked over by one call at a time."""
    await call_each([f"wallet {number}" for number in range(7)], create, run_id="create")

    async def call(wallet: Wallet, key: str) -> str | None:
        return (await privy.wallets.get(wallet.id)).display_name

    wallets = privy.wallets.list(limit=2)
    results = await call_each(wallets, call, run_id="read", key=lambda wallet: wallet.id)
    assert sorted(str(result.unwrap()) for result in results) == [f"wallet {n}" for n in range(7)]


async def test_no_items(create: Create) -> None:
    """A run of nothing is nothing."""
    assert await call_each([], create, run_id="create") == ()


@pytest.mark.parametrize(("items", "total"), [(["a", TOO_LONG, "b"], 3), (iter(["a"]), None)])
async def test_progress(create: Create, items: Any, total: int | None) -> None:
    """It is told after each item, with counts so far, and the total if it is known."""
    told: list[Progress[str, str]] = []
    results = await call_each(items, create, run_id="create", on_progress=told.append)
    assert [told_of.done + told_of.failed for told_of in told] == [*range(1, len(results) + 1)]
    assert {told_of.total for told_of in told} == {total}
    assert told[-1].done == sum(result.error is None for result in results)
    assert sorted(one.result.index for one in told) == [result.index for result in results]


async def test_progress_of_an_item_without_a_key(create: Create) -> None:
    """It is told of, too."""
    told: list[Progress[str, str]] = []
    await call_each(["a", "a"], create, run_id="create", on_progress=told.append)
    assert (told[-1].done, told[-1].failed, told[-1].skipped) == (1, 1, 0)


@attrs.define
class Stuck:
    """Calls of which the first ends, and the others wait until they are cancelled."""

    waiting: set[str] = attrs.field(factory=set)
    cancelled: set[str] = attrs.field(factory=set)

    async def call(self, item: str, key: str) -> None:
        """Do it."""
        if item == "first":
            return
        self.waiting.add(item)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled.add(item)
            raise

    async def items(self, error: Exception | None) -> AsyncIterator[str]:
        """Some items; then the error, once two calls wait."""
        for item in ("first", "second", "third"):
            yield item
        if error is not None:
            while len(self.waiting) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0)
            raise error


async def test_an_error_of_the_items_ends_the_run() -> None:
    """It comes out as it is, and what runs is cancelled."""
    stuck, before = Stuck(), asyncio.all_tasks()
    with pytest.raises(OSError, match="no more rows"):
        await call_each(stuck.items(OSError("no more rows")), stuck.call, run_id="r")
    assert stuck.cancelled == {"second", "third"}
    assert asyncio.all_tasks() == before


async def test_cancelling_ends_the_run() -> None:
    """What runs is cancelled, and nothing is left behind."""
    stuck, before = Stuck(), asyncio.all_tasks()
    run = asyncio.create_task(call_each(stuck.items(None), stuck.call, run_id="r"))
    while len(stuck.waiting) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert stuck.cancelled == {"second", "third"}
    assert asyncio.all_tasks() == before


async def test_others_have_their_turn_while_nothing_is_asked() -> None:
    """Items that end at once do not keep the event loop to themselves."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await call_each(["same"] * 1000, Stuck().call, run_id="r", concurrency=1, key=lambda _: "")
    task.cancel()
    assert turns >= 1000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency: expected an integer of at least 1"),
        ({"concurrency": 2.5}, "concurrency: expected an integer"),
        ({"run_id": ""}, "run_id: expected a str"),
        ({"run_id": None}, "run_id: expected a str"),
        ({"run_id": "\ud800"}, "run_id: expected a str"),
        ({"journal": "no/such/folder/journal"}, "journal: cannot be opened"),
        ({"journal": 5.5}, "journal: cannot be opened"),
        ({"journal": "nul\0"}, "journal: cannot be opened"),
    ],
)
async def test_wrong_arguments(
    sandbox: Sandbox, create: Create, options: dict[str, Any], message: str
) -> None:
    """They are named, and nothing is sent."""
    with nothing_sent(sandbox), pytest.raises(InvalidArgumentError, match=message):
        await call_each(["a"], create, **{"run_id": "create", **options})


def test_a_result_shows_no_item() -> None:
    """An item may be a user's token, so it is not in the text of a result."""
    assert "token" not in repr(BulkResult[str, str](index=0, item="token", value="x"))


def test_unwrapping_what_is_not_kept() -> None:
    """It raises rather than return a None that the call did not."""
    result = BulkResult[str, str](index=3, item="a", skipped=True, kept=False)
    with pytest.raises(PrivyError, match="item 3 was done by an earlier run"):
        result.unwrap()


async def test_rate_limits_are_waited_for(create: Create, sandbox: Sandbox) -> None:
    """An item that Privy puts off is asked for again by the client, and not by the run."""
    sandbox.faults.add(path="/v1/wallets", status=429, headers={"Retry-After": "0.05"}, times=3)
    results = await call_each([str(number) for number in range(6)], create, run_id="create")
    assert all(result.error is None for result in results)
    assert len(logged(sandbox, "POST", "/v1/wallets")) == 9
