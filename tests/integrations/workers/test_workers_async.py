"""arq and taskiq on a real Redis: right signatures under load, and money that moves once."""

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from redis_server import RedisServer, new_redis_server
from worker_helpers import (
    RPC,
    Worker,
    check_executed_once,
    check_quiet_end,
    check_signatures,
    exchanges_by_user,
    new_customers,
    settings,
    start_worker,
    wait_until,
)

from privy_async.sandbox import Sandbox

arq = pytest.importorskip("arq")
taskiq = pytest.importorskip("taskiq")
taskiq_redis = pytest.importorskip("taskiq_redis")
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

TO = "0x000000000000000000000000000000000000dEaD"


class Queue(Protocol):
    """Where tasks are put and their results come from, in either library."""

    async def put(self, task: str, **arguments: Any) -> Any: ...

    async def result(self, put: Any) -> Any: ...


class ArqQueue:
    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def put(self, task: str, **arguments: Any) -> Any:
        return await self._pool.enqueue_job(task, **arguments)

    async def result(self, put: Any) -> Any:
        # Job.result may look just before the result is there, and just after the job has gone.
        async with asyncio.timeout(100):
            while (info := await put.result_info()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        if not info.success:
            raise info.result
        return info.result


class TaskiqQueue:
    def __init__(self, broker: Any) -> None:
        self._broker = broker

    async def put(self, task: str, **arguments: Any) -> Any:
        labels = {"retry_on_error": task == "send"}
        return await taskiq.kicker.AsyncKicker(task, self._broker, labels).kiq(**arguments)

    async def result(self, put: Any) -> Any:
        result = await put.wait_result(check_interval=0.05, timeout=100)
        result.raise_for_error()
        return result.return_value


@asynccontextmanager
async def open_queue(library: str, url: str) -> AsyncIterator[Queue]:
    """The queue of a library, as a web server would have it that puts tasks into it."""
    if library == "arq":
        pool = await arq.create_pool(arq.connections.RedisSettings.from_dsn(url))
        try:
            yield ArqQueue(pool)
        finally:
            await pool.aclose()
    else:
        results = taskiq_redis.RedisAsyncResultBackend(url)
        broker = taskiq_redis.RedisStreamBroker(url, consumer_id="0").with_result_backend(results)
        await broker.startup()
        try:
            yield TaskiqQueue(broker)
        finally:
            await broker.shutdown()


COMMANDS = {
    "arq": ("arq", "arq_app.WorkerSettings"),
    "taskiq": ("taskiq", "worker", "taskiq_app:broker", "--workers", "2"),
}
READY = {"arq": ("redis_version", 1), "taskiq": ("Listening started", 2)}
libraries = pytest.mark.parametrize("library", ["arq", "taskiq"])


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that sends whatever it is asked to, in a thread of its own."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """The broker."""
    with new_redis_server(tmp_path / "broker") as server:
        yield server


def start_workers(
    stack: ExitStack, library: str, environment: dict[str, str], folder: Path
) -> list[Worker]:
    """Two processes that work: arq is one each, taskiq starts its own."""
    workers = []
    for number in range(2 if library == "arq" else 1):
        log = folder / f"{uuid.uuid4()}-{number}"
        worker = stack.enter_context(start_worker(COMMANDS[library], log, environment))
        text, times = READY[library]
        worker.wait_until_it_says(text, times=times)
        workers.append(worker)
    return workers


@libraries
@pytest.mark.parametrize("stored", [False, True], ids=["alone", "with a store"])
async def test_every_signature_is_by_the_right_user(
    sandbox: Sandbox, redis_server: RedisServer, tmp_path: Path, library: str, stored: bool
) -> None:
    """200 users, 4,000 tasks, none lost or done twice; one exchange per user and process, or
    per user where the processes share a store."""
    customers = new_customers(sandbox, 200)
    rounds = 20 if stored else 5
    environment = settings(sandbox, redis_server.url, redis_server.url if stored else None)
    with ExitStack() as stack:
        workers = start_workers(stack, library, environment, tmp_path)
        async with open_queue(library, redis_server.url) as queue:
            tasks = [
                (customer, await queue.put("sign_message", message="hello", **customer.signing))
                for _ in range(rounds)
                for customer in customers
            ]
            signatures = {(customer, await queue.result(task)) for customer, task in tasks}
        check_signatures(sandbox, signatures, customers, rounds)
        for worker in workers:
            check_quiet_end(worker, sandbox, customers)
    exchanges = exchanges_by_user(sandbox)
    assert len(exchanges) == 200
    assert max(exchanges.values()) <= (1 if stored else 2)
    assert exchanges.total() == sandbox.state.exchanges


@libraries
async def test_redis_dies_and_comes_back_under_load(
    sandbox: Sandbox, redis_server: RedisServer, tmp_path: Path, library: str
) -> None:
    """No task fails for the store of users' keys; the broker is another Redis here."""
    customers = new_customers(sandbox, 200)
    with ExitStack() as stack, new_redis_server(tmp_path / "store") as store:
        environment = settings(sandbox, redis_server.url, store.url)
        workers = start_workers(stack, library, environment, tmp_path)
        kills = threading.Thread(target=kill_and_start, args=(store, sandbox))
        kills.start()
        async with open_queue(library, redis_server.url) as queue:
            tasks = [
                (customer, await queue.put("sign_message", message="hello", **customer.signing))
                for _ in range(5)
                for customer in customers
            ]
            signatures = {(customer, await queue.result(task)) for customer, task in tasks}
        kills.join()
        check_signatures(sandbox, signatures, customers, rounds=5)
        for worker in workers:
            check_quiet_end(worker, sandbox, customers)


def kill_and_start(store: RedisServer, sandbox: Sandbox) -> None:
    """Kill the store's Redis while the first tasks run, and start it again, twice."""
    for exchanges in (20, 120):
        wait_until(lambda exchanges=exchanges: sandbox.state.exchanges >= exchanges)
        store.kill()
        time.sleep(1)
        store.start()


@libraries
async def test_a_killed_worker_moves_money_once(
    sandbox: Sandbox, redis_server: RedisServer, tmp_path: Path, library: str
) -> None:
    """Its task is delivered again, with the same idempotency key: the ledger shows it once."""
    (customer,) = new_customers(sandbox, 1)
    patience = {"JOB_TIMEOUT": "3", "REDELIVER_AFTER": "3"}
    environment = settings(sandbox, redis_server.url, **patience)
    sandbox.faults.add(path=RPC, delay=2.0)
    key = str(uuid.uuid4())
    with ExitStack() as stack:
        workers = start_workers(stack, library, environment, tmp_path)
        async with open_queue(library, redis_server.url) as queue:
            task = await queue.put("send", to=TO, value=1, idempotency_key=key, **customer.signing)
            while len(sandbox.faults):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            for worker in workers:
                worker.kill()
            start_workers(stack, library, environment, tmp_path)
            await asyncio.sleep(4)
            # taskiq looks for what lost workers left when it gets something new.
            await queue.put("sign_message", message="hello", **customer.signing)
            assert (await queue.result(task)).startswith("0x")
    check_executed_once(sandbox, idempotency_key=key)


@libraries
async def test_a_task_enqueued_twice_moves_money_once(
    sandbox: Sandbox, redis_server: RedisServer, tmp_path: Path, library: str
) -> None:
    """All deliveries end with the same hash, though they run at the same time."""
    (customer,) = new_customers(sandbox, 1)
    sandbox.faults.add(path=RPC, delay=1.0)
    key = str(uuid.uuid4())
    with ExitStack() as stack:
        start_workers(stack, library, settings(sandbox, redis_server.url), tmp_path)
        async with open_queue(library, redis_server.url) as queue:
            tasks = [
                await queue.put("send", to=TO, value=1, idempotency_key=key, **customer.signing)
                for _ in range(4)
            ]
            assert len({await queue.result(task) for task in tasks}) == 1
    check_executed_once(sandbox, idempotency_key=key)


@libraries
async def test_errors_reach_who_waits(
    sandbox: Sandbox, redis_server: RedisServer, tmp_path: Path, library: str
) -> None:
    """A task that Privy refuses fails with the SDK's error, and nothing secret is left behind."""
    alice, bob = new_customers(sandbox, 2)
    with ExitStack() as stack:
        environment = settings(sandbox, redis_server.url, redis_server.url)
        workers = start_workers(stack, library, environment, tmp_path)
        async with open_queue(library, redis_server.url) as queue:
            stolen = await queue.put(
                "sign_message", user_jwt=alice.jwt, wallet_id=bob.wallet_id, message="hello"
            )
            with pytest.raises(Exception, match="No valid user session keys") as caught:
                await queue.result(stolen)
            assert "AuthenticationError" in repr(caught.value)
            assert await queue.result(
                await queue.put("sign_message", message="hello", **alice.signing)
            )
        for worker in workers:
            check_quiet_end(worker, sandbox, [alice, bob])
    check_nothing_secret(redis_server, sandbox)


def check_nothing_secret(redis_server: RedisServer, sandbox: Sandbox) -> None:
    """Look through all that Redis holds: of secrets there are only the tokens."""
    with redis_server.client() as redis:
        left = b"".join(redis.dump(name) or b"" for name in redis.keys("*"))
    assert left
    for secret in (sandbox.app_secret, "PRIVATE KEY", "MIGHAgEA", "privy-authorization-signature"):
        assert secret.encode() not in left
