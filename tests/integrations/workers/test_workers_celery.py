"""Celery on a real Redis: right signatures under load, and money that moves once."""

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis_server import RedisServer, new_redis_server
from worker_helpers import (
    RPC,
    Customer,
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

celery = pytest.importorskip("celery")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PREFORK = ("celery", "--app", "celery_app", "worker", "--concurrency", "4", "--loglevel", "INFO")
THREADS = (*PREFORK, "--pool", "threads")
KEY = str(uuid.uuid4())
TO = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that sends whatever it is asked to."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """The broker."""
    with new_redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Any]:
    """The broker, to look into."""
    client = redis_server.client()
    yield client
    client.close()


class Queue:
    """Puts tasks into Celery's queue, and gets their results."""

    def __init__(self, redis_server: RedisServer, redis: Any) -> None:
        self._app = celery.Celery(broker=redis_server.url)
        self._redis = redis

    def put(self, task: str, **arguments: Any) -> str:
        return str(self._app.send_task(task, kwargs=arguments, ignore_result=False).id)

    def result(self, task_id: str, seconds: float = 100) -> Any:
        name = f"celery-task-meta-{task_id}"
        wait_until(lambda: self._redis.exists(name), seconds)
        answer = json.loads(self._redis.get(name))
        assert answer["status"] == "SUCCESS", answer
        return answer["result"]

    def close(self) -> None:
        self._app.close()


@pytest.fixture
def queue(redis_server: RedisServer, redis: Any) -> Iterator[Queue]:
    queue = Queue(redis_server, redis)
    yield queue
    queue.close()


def check_load(queue: Queue, sandbox: Sandbox, customers: list[Customer], rounds: int) -> None:
    """Let every customer sign in each round, and check whose signatures come back."""
    tasks = [
        (customer, queue.put("sign_message", message="hello", **customer.signing))
        for _ in range(rounds)
        for customer in customers
    ]
    signatures = {(customer, queue.result(task_id)) for customer, task_id in tasks}
    check_signatures(sandbox, signatures, customers, rounds)


@pytest.mark.parametrize(
    ("command", "processes", "stored", "rounds"),
    [(PREFORK, 4, False, 20), (PREFORK, 4, True, 20), (THREADS, 1, False, 5)],
    ids=["prefork", "prefork with a store", "threads"],
)
def test_every_signature_is_by_the_right_user(
    sandbox: Sandbox,
    redis_server: RedisServer,
    queue: Queue,
    tmp_path: Path,
    command: tuple[str, ...],
    processes: int,
    stored: bool,
    rounds: int,
) -> None:
    """200 users, up to 4,000 tasks, none lost or done twice; one exchange per user and process, or
    per user where the processes share a store."""
    customers = new_customers(sandbox, 200)
    environment = settings(sandbox, redis_server.url, redis_server.url if stored else None)
    with start_worker(command, tmp_path / "log", environment) as worker:
        worker.wait_until_it_says(" ready.")
        check_load(queue, sandbox, customers, rounds)
        check_quiet_end(worker, sandbox, customers)
    exchanges = exchanges_by_user(sandbox)
    assert len(exchanges) == 200
    assert max(exchanges.values()) <= (1 if stored else processes)
    assert exchanges.total() == sandbox.state.exchanges


def test_redis_dies_and_comes_back_under_load(
    sandbox: Sandbox, redis_server: RedisServer, queue: Queue, tmp_path: Path
) -> None:
    """No task fails for the store of users' keys; the broker is another Redis here."""
    customers = new_customers(sandbox, 200)
    with new_redis_server(tmp_path / "store") as store:
        environment = settings(sandbox, redis_server.url, store.url)
        with start_worker(PREFORK, tmp_path / "log", environment) as worker:
            worker.wait_until_it_says(" ready.")
            kills = threading.Thread(target=kill_and_start, args=(store, sandbox))
            kills.start()
            check_load(queue, sandbox, customers, rounds=5)
            kills.join()
            check_quiet_end(worker, sandbox, customers)
            assert "Redis keeps no users' keys at the moment" in worker.said
    assert sandbox.state.exchanges >= 200


def kill_and_start(store: RedisServer, sandbox: Sandbox) -> None:
    """Kill the store's Redis while the first tasks run, and start it again, twice."""
    for exchanges in (20, 120):
        wait_until(lambda exchanges=exchanges: sandbox.state.exchanges >= exchanges)
        store.kill()
        time.sleep(1)
        store.start()


# --- workers that are killed


@pytest.mark.parametrize("killed", ["a child", "the whole worker"])
def test_a_killed_worker_moves_money_once(
    sandbox: Sandbox,
    redis_server: RedisServer,
    queue: Queue,
    tmp_path: Path,
    killed: str,
) -> None:
    """Its task is delivered again, with the same idempotency key: the ledger shows it once."""
    (customer,) = new_customers(sandbox, 1)
    environment = settings(sandbox, redis_server.url, REDELIVER_AFTER="2")
    sandbox.faults.add(path=RPC, delay=2.0)
    with start_worker(PREFORK, tmp_path / "log", environment) as worker:
        worker.wait_until_it_says(" ready.")
        task_id = queue.put("send", to=TO, value=1, idempotency_key=KEY, **customer.signing)
        wait_until(lambda: not len(sandbox.faults))
        if killed == "a child":
            for child in worker.children():
                os.kill(child, signal.SIGKILL)
        else:
            worker.kill()
            # Celery looks for lost tasks when it starts, and every 100 s after that.
            time.sleep(4)
        with start_worker(PREFORK, tmp_path / "another", environment):
            assert queue.result(task_id).startswith("0x")
    check_executed_once(sandbox, idempotency_key=KEY)


def test_a_task_enqueued_twice_moves_money_once(
    sandbox: Sandbox, redis_server: RedisServer, queue: Queue, tmp_path: Path
) -> None:
    """Both deliveries end with the same hash, though they run at the same time."""
    (customer,) = new_customers(sandbox, 1)
    sandbox.faults.add(path=RPC, delay=1.0)
    with start_worker(PREFORK, tmp_path / "log", settings(sandbox, redis_server.url)):
        ids = [
            queue.put("send", to=TO, value=1, idempotency_key=KEY, **customer.signing)
            for _ in range(4)
        ]
        assert len({queue.result(task_id) for task_id in ids}) == 1
    check_executed_once(sandbox, idempotency_key=KEY)


# --- what goes wrong, and what is left behind


def test_errors_reach_who_waits(
    sandbox: Sandbox, redis_server: RedisServer, queue: Queue, redis: Any, tmp_path: Path
) -> None:
    """A task that Privy refuses fails with the SDK's error, and the worker goes on."""
    alice, bob = new_customers(sandbox, 2)
    with start_worker(PREFORK, tmp_path / "log", settings(sandbox, redis_server.url)) as worker:
        stolen = queue.put(
            "sign_message", user_jwt=alice.jwt, wallet_id=bob.wallet_id, message="hello"
        )
        with pytest.raises(AssertionError, match="AuthenticationError"):
            queue.result(stolen)
        own = queue.put("sign_message", message="hello", **alice.signing)
        assert queue.result(own)
        check_quiet_end(worker, sandbox, [alice, bob])
    left = b"".join(value for name in redis.keys("*") if (value := text_of(redis, name)))
    for secret in (sandbox.app_secret, "PRIVATE KEY", "MIGHAgEA", "privy-authorization-signature"):
        assert secret.encode() not in left


def text_of(redis: Any, name: bytes) -> bytes:
    """What Redis holds under a name, whatever its type is."""
    return bytes(redis.dump(name) or b"")
