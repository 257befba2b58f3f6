"""Waiting: until it is done, has failed, or time is up."""

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, loopback, ok

from privy_async.client import PrivyClient
from privy_async.clock import Clock
from privy_async.errors import (
    FailedError,
    IntentFailedError,
    InvalidArgumentError,
    NotFoundError,
    PrivyError,
    TransactionFailedError,
    WaitTimeoutError,
)
from privy_async.resources.controls.intent_values import Intent
from privy_async.resources.controls.intents import Intents
from privy_async.resources.money.transactions import Transaction, Transactions
from privy_async.resources.waiting import next_delay, poll
from privy_async.values import Value, decode

pytestmark = pytest.mark.anyio

TRANSACTION = {
    "id": "t1",
    "wallet_id": "w1",
    "caip2": "eip155:1",
    "status": "pending",
    "created_at": 1741834854578,
}
INTENT = {
    "intent_id": "x1",
    "intent_type": "RPC",
    "status": "pending",
    "resource_id": "w1",
    "request_details": {"method": "POST", "url": "https://api.privy.io/v1/wallets/w1/rpc"},
    "authorization_details": [],
    "created_at": 1741834854578,
    "created_by_display_name": "Ann",
    "expires_at": 1742094054578,
    "custom_expiry": False,
}


class Job(Value):
    """What the tests wait for."""

    status: str


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Loopback]:
    """A server whose answers a test chooses."""
    async with loopback() as server:
        yield server


@pytest.fixture
async def privy(server: Loopback) -> AsyncIterator[PrivyClient]:
    """A client of the server."""
    async with server.client() as privy:
        yield privy


def answer_statuses(server: Loopback, data: dict[str, Any], *statuses: str) -> None:
    """Answer with these statuses, one a request, and with the last from then on."""
    server.answer = lambda request: ok(
        {**data, "status": statuses[min(len(server.requests), len(statuses)) - 1]}
    )


@pytest.mark.parametrize(
    ("until", "statuses"),
    [
        ("broadcasted", ["pending", "broadcasted"]),
        ("broadcasted", ["finalized"]),
        ("confirmed", ["broadcasted", "confirmed"]),
        ("confirmed", ["of_the_future", "finalized"]),
        ("finalized", ["confirmed", "finalized"]),
    ],
)
async def test_a_transaction_is_asked_for_until_it_has_come_so_far(
    server: Loopback, privy: PrivyClient, until: Any, statuses: list[str]
) -> None:
    """It is looked at until it has the state waited for or a later one, and not once more."""
    answer_statuses(server, TRANSACTION, *statuses)
    transaction = await Transactions(privy._requester).wait("t1", until=until)
    assert transaction.status == statuses[-1]
    assert [request.path for request in server.requests] == ["/v1/transactions/t1"] * len(statuses)


@pytest.mark.parametrize("status", ["execution_reverted", "failed", "provider_error", "replaced"])
async def test_a_failed_transaction_ends_the_wait(
    server: Loopback, privy: PrivyClient, status: str
) -> None:
    """Each state of failure raises, and the error has the transaction."""
    answer_statuses(server, TRANSACTION, status)
    with pytest.raises(TransactionFailedError, match=status) as caught:
        await Transactions(privy._requester).wait("t1")
    assert caught.value.value == decode(Transaction, {**TRANSACTION, "status": status})


async def test_an_unknown_goal_is_refused(server: Loopback, privy: PrivyClient) -> None:
    """A goal that is none is the caller's mistake, found before anything is sent."""
    goal: Any = "mined"
    with pytest.raises(InvalidArgumentError, match="until: expected one of broadcasted"):
        await Transactions(privy._requester).wait("t1", until=goal)
    assert server.requests == []


async def test_an_intent_is_asked_for_until_it_is_executed(
    server: Loopback, privy: PrivyClient
) -> None:
    """Pending and processing are waited out."""
    answer_statuses(server, INTENT, "pending", "processing", "executed")
    intent = await Intents(privy._requester).wait("x1", timeout=30)
    assert (intent.status, len(server.requests)) == ("executed", 3)


@pytest.mark.parametrize("status", ["failed", "expired", "rejected", "dismissed"])
async def test_an_intent_that_came_to_nothing_ends_the_wait(
    server: Loopback, privy: PrivyClient, status: str
) -> None:
    """Each end but execution raises; the error has the intent and tells why."""
    answer_statuses(server, {**INTENT, "dismissal_reason": "wallet updated"}, status)
    with pytest.raises(IntentFailedError, match=rf"{status} \(wallet updated\)") as caught:
        await Intents(privy._requester).wait("x1", timeout=30)
    assert caught.value.value.status == status


async def test_what_is_not_done_in_time_keeps_its_last_state() -> None:
    """After the timeout the error has the value as it was last seen."""

    async def fetch() -> Job:
        return Job(status="running")

    with pytest.raises(WaitTimeoutError, match="'running'") as caught:
        await poll(fetch, done=lambda job: False, timeout=0.01, clock=Clock())
    assert caught.value.value == Job(status="running")


async def test_a_request_that_hangs_does_not_outlast_the_timeout() -> None:
    """The timeout ends a request on its way; the error then has no value."""
    ended = asyncio.Event()

    async def fetch() -> Job:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Job(status="never")

    with pytest.raises(WaitTimeoutError) as caught:
        await poll(fetch, done=lambda job: True, timeout=0.01, clock=Clock())
    assert ended.is_set()
    assert caught.value.value is None


async def test_a_timeout_of_somebody_else_is_not_taken_for_ours() -> None:
    """A TimeoutError that is not the poller's own passes through."""

    async def fetch() -> Job:
        raise TimeoutError("theirs")

    with pytest.raises(TimeoutError, match="theirs"):
        await poll(fetch, done=lambda job: True, timeout=30, clock=Clock())


async def test_what_the_api_refuses_ends_the_wait(server: Loopback, privy: PrivyClient) -> None:
    """An unknown transaction is not asked for again."""
    server.answer = lambda request: ok({"error": "Transaction not found"}, status=404)
    with pytest.raises(NotFoundError):
        await Transactions(privy._requester).wait("t1")
    assert len(server.requests) == 1


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), True, "5"])
async def test_a_wait_needs_a_positive_timeout(timeout: Any) -> None:
    """Anything but a positive number of seconds is refused."""

    async def fetch() -> Job:
        return Job(status="done")

    with pytest.raises(InvalidArgumentError, match="timeout"):
        await poll(fetch, done=lambda job: True, timeout=timeout, clock=Clock())


@given(st.integers(0, 100_000), st.floats(0, 1))
def test_delays_grow_from_half_a_second_to_five(attempt: int, jitter: float) -> None:
    """They never shrink without jitter, and jitter takes at most a quarter off."""
    longest = next_delay(attempt, jitter=0)
    assert (0.5 if attempt == 0 else next_delay(attempt - 1, jitter=0)) <= longest <= 5.0
    assert 0.75 * longest <= next_delay(attempt, jitter=jitter) <= longest


def test_delays_reach_five_seconds() -> None:
    """The first delay is 0.5 s, and from the seventh on it is 5 s."""
    delays = [next_delay(attempt, jitter=0) for attempt in range(8)]
    assert (delays[0], delays[5] < 5.0, delays[6], delays[7]) == (0.5, True, 5.0, 5.0)


@pytest.mark.parametrize(
    "error",
    [
        FailedError("it failed", Job(status="failed")),
        TransactionFailedError("it failed", decode(Transaction, TRANSACTION)),
        IntentFailedError("it failed", decode(Intent, INTENT)),
        WaitTimeoutError("too late", Job(status="running")),
        WaitTimeoutError("too late", None),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_errors_of_waiting_survive_a_task_queue(error: FailedError | WaitTimeoutError) -> None:
    """They pickle and copy with their value, and are the SDK's."""
    for clone in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(clone) is type(error)
        assert isinstance(clone, PrivyError)
        assert (str(clone), clone.value) == (str(error), error.value)
