"""A journal whose Redis goes away: at any step, for a while, for good, and with what it held."""

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import CuttingProxy, Side
from payroll import RPC, Payroll
from redis_server import RedisServer, new_redis_server
from sdk_helpers import logged

import privy_async.bulk
from privy_async import PrivyError
from privy_async.bulk.redis import RedisJournal, RunStatus
from privy_sync.bulk import call_each

pytest_plugins = ("redis_journals",)

# One after the other, two items are two scripts each: to begin it, and to note what came of it.
SCRIPTS = 4


@pytest.mark.parametrize("claim", [False, True], ids=["keyed", "claimed"])
@pytest.mark.parametrize("side", ["request", "answer"])
@pytest.mark.parametrize("cut_at", range(SCRIPTS))
def test_a_connection_lost_at_each_step(
    payroll: Payroll, durable_redis: RedisServer, cut_at: int, side: Side, claim: bool
) -> None:
    """The run goes on over a new one, and takes its own claim for its own."""
    with CuttingProxy(durable_redis.url, cut_at, side) as proxy:
        payroll.journal = RedisJournal(proxy.url)
        results = payroll.run(1, 2, concurrency=1, claim=claim)
        payroll.journal.close()
        assert proxy.scripts == SCRIPTS + 1
    assert [result.skipped for result in results] == [False, False]
    assert all(result.unwrap() for result in results)
    assert payroll.paid == [1, 2]
    assert RedisJournal(durable_redis.url).status("pay") == RunStatus(2, {})


@pytest.mark.parametrize("side", ["request", "answer"])
def test_a_refusal_whose_note_is_lost(
    payroll: Payroll, durable_redis: RedisServer, side: Side
) -> None:
    """It is noted over the new connection."""
    payroll.sandbox.faults.add(path=RPC, status=400)
    with CuttingProxy(durable_redis.url, 1, side) as proxy:
        payroll.journal = RedisJournal(proxy.url)
        (refused,) = payroll.run(1)
        payroll.journal.close()
    assert refused.refused
    assert RedisJournal(durable_redis.url).status("pay") == RunStatus(0, {})


@pytest.mark.slow
def test_a_restarted_redis(
    payroll: Payroll, durable_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A run waits for it, and finds what it had noted; everything is paid once."""
    payroll.sandbox.faults.add(path=RPC, delay=0.05, times=None)

    def restart() -> None:
        for count in (20, 60):
            while len(payroll.paid) < count:
                time.sleep(0.01)
            durable_redis.kill()
            time.sleep(0.5)
            durable_redis.start()

    restarts = threading.Thread(target=restart)
    restarts.start()
    results = payroll.run(*range(1, 101), concurrency=8)
    restarts.join()
    assert len({result.unwrap() for result in results}) == 100
    assert payroll.paid == [*range(1, 101)]
    assert payroll.journal.status("pay") == RunStatus(100, {})
    assert any("the run waits" in record.message for record in caplog.records)


def test_a_redis_that_stays_away(payroll: Payroll, durable_redis: RedisServer) -> None:
    """The run ends, in the patience that it was given, and nothing is sent."""
    payroll.journal = RedisJournal(durable_redis.url, patience=0.3)
    durable_redis.kill()
    with pytest.raises(PrivyError, match="the journal in Redis cannot be written: ConnectionError"):
        payroll.run(1, 2)
    assert logged(payroll.sandbox, "POST", RPC) == []


def test_a_redis_that_does_not_answer(payroll: Payroll) -> None:
    """The same where it takes what it is sent and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        payroll.journal = RedisJournal(url, patience=0.1, timeout=0.2)
        with pytest.raises(PrivyError, match="cannot be written: TimeoutError"):
            payroll.run(1)
        payroll.journal.close()


@pytest.mark.parametrize("face", ["async", "sync"])
def test_a_redis_that_comes_back_empty(tmp_path: Path, face: str) -> None:
    """What was begun is lost, so the run ends and says so, instead of trusting its journal."""
    with new_redis_server(tmp_path) as server:
        journal = RedisJournal(server.url, check_settings=False)

        def call(item: str, key: str) -> None:
            server.kill()
            server.start()

        with pytest.raises(PrivyError, match="Redis has lost what was begun"):
            run(face, call, journal)
        # That it is done is noted all the same.
        assert journal.status("r") == RunStatus(1, {})
        journal.close()


def run(face: str, call: Any, journal: RedisJournal) -> None:
    async def call_async(item: str, key: str) -> None:
        call(item, key)

    if face == "sync":
        call_each(["a"], call, run_id="r", journal=journal)
    else:
        asyncio.run(privy_async.bulk.call_each(["a"], call_async, run_id="r", journal=journal))


def test_ctrl_c_while_redis_is_gone(durable_redis: RedisServer) -> None:
    """A run that waits for Redis ends at once, not after its patience."""
    journal = RedisJournal(durable_redis.url, patience=1000)
    durable_redis.kill()

    def items() -> Any:
        yield "a"
        time.sleep(0.3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_each(items(), lambda item, key: None, run_id="r", journal=journal)


@pytest.mark.anyio
async def test_cancelled_while_redis_is_gone(durable_redis: RedisServer) -> None:
    """The same where it is a task."""

    async def call(item: str, key: str) -> None:
        raise AssertionError

    journal = RedisJournal(durable_redis.url, patience=1000)
    durable_redis.kill()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await privy_async.bulk.call_each("abc", call, run_id="r", journal=journal)
