"""A payroll over many processes that are killed, and a Redis that is restarted: each paid once.

A bigger one, with its time: PAYROLL=20000 pytest --log-cli-level INFO tests/integrations -k payroll
"""

import asyncio
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import attrs
import pytest
from redis_server import DURABLE, RedisServer, new_redis_server
from worker_helpers import RPC, Worker, settings, start_worker, wait_until

from privy_async import generate_p256_key_pair
from privy_async.bulk.redis import RedisJournal, RunStatus
from privy_async.sandbox import Sandbox

celery = pytest.importorskip("celery")
taskiq = pytest.importorskip("taskiq")
taskiq_redis = pytest.importorskip("taskiq_redis")
COUNT = int(os.environ.get("PAYROLL", "2000"))
# The other payrolls are smaller, so that all of them end in a few minutes.
FEWER = int(os.environ.get("PAYROLL", "600"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240 + COUNT // 10)]

log = logging.getLogger(__name__)

RUN = "payroll-2026-11"
TO = "0x000000000000000000000000000000000000dEaD"
REDELIVER_AFTER = 6
KILL_EVERY = 5.0
COMMANDS = {
    "celery": (
        "celery",
        "--app",
        "celery_payroll",
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "INFO",
    ),
    "taskiq": (
        "taskiq",
        "worker",
        "taskiq_payroll:broker",
        "--workers",
        "2",
        "--max-async-tasks",
        "2",
    ),
}
READY = {"celery": (" ready.", 1), "taskiq": ("Listening started", 2)}


class Repeated:
    """Something that is done again and again, in a thread.

    Attributes:
        count: How often it has been done.
    """

    def __init__(self, work: Callable[[], None], seconds: float) -> None:
        self.count = 0
        self._work, self._seconds = work, seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._end.wait(self._seconds):
            self._work()
            self.count += 1


@attrs.define
class Payroll:
    """A payroll, and what it runs on: two workers of two processes, one Redis, one Privy."""

    library: str
    sandbox: Sandbox
    redis: RedisServer
    folder: Path
    environment: Mapping[str, str]
    stack: ExitStack
    count: int
    workers: list[Worker] = attrs.field(factory=list)

    @property
    def paid(self) -> int:
        return len(self.sandbox.state.transactions)

    def start_worker(self) -> Worker:
        """Start another worker, and wait until it works."""
        output = self.folder / f"worker-{time.monotonic_ns()}"
        context = start_worker(COMMANDS[self.library], output, self.environment, flags=())
        worker = self.stack.enter_context(context)
        text, times = READY[self.library]
        worker.wait_until_it_says(text, times=times)
        self.workers.append(worker)
        return worker

    def replace_worker(self, worker: Worker) -> None:
        """Kill a main process, and start another once its tasks are free."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.process.wait(10)
        time.sleep(REDELIVER_AFTER + 1)
        self.start_worker()

    def restart_redis(self) -> None:
        self.redis.kill()
        time.sleep(1)
        self.redis.start()

    def wait_for(self, share: float) -> None:
        """Wait until so much of it is paid."""
        wait_until(lambda: self.paid >= share * self.count, 120 + self.count)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that sends whatever it is asked to, and takes a moment for it."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
def payroll(library: str, disturbed: bool, sandbox: Sandbox, tmp_path: Path) -> Iterator[Payroll]:
    """A payroll of a treasury that a key of the app's signs for."""
    keys = generate_p256_key_pair()
    with sandbox.sync_client() as privy:
        owner = {"public_key": keys.public_key}
        wallet = privy.wallets.create(chain_type="ethereum", owner=owner)
    treasury = {"TREASURY_KEY": keys.private_key, "TREASURY_WALLET_ID": wallet.id}
    with new_redis_server(tmp_path / "redis", *DURABLE) as redis, ExitStack() as stack:
        patience = {"REDELIVER_AFTER": str(REDELIVER_AFTER)}
        environment = settings(sandbox, redis.url, **treasury, **patience)
        count = COUNT if library == "celery" and disturbed else FEWER
        yield Payroll(library, sandbox, redis, tmp_path, environment, stack, count)


def enqueue(payroll: Payroll, size: int = 40) -> None:
    """Put it into the queue, as `start` of the apps does in their own processes."""
    rows = [{"id": str(number), "to": TO, "wei": number} for number in range(1, payroll.count + 1)]
    chunks = [rows[first : first + size] for first in range(0, len(rows), size)]
    if payroll.library == "celery":
        with celery.Celery(broker=payroll.redis.url) as app:
            for chunk in chunks:
                app.send_task("pay_chunk", args=(RUN, chunk))
    else:
        enqueue_in_taskiq(payroll, chunks)


def enqueue_in_taskiq(payroll: Payroll, chunks: list[list[Any]]) -> None:
    async def enqueue() -> None:
        broker = taskiq_redis.RedisStreamBroker(payroll.redis.url, consumer_id="0")
        await broker.startup()
        for chunk in chunks:
            kicker = taskiq.kicker.AsyncKicker("pay_chunk", broker, {"retry_on_error": True})
            await kicker.kiq(RUN, chunk)
        await broker.shutdown()

    asyncio.run(enqueue())


@pytest.mark.parametrize("disturbed", [False, True], ids=["in peace", "disturbed"])
@pytest.mark.parametrize("library", ["celery", "taskiq"])
def test_a_payroll(payroll: Payroll, disturbed: bool) -> None:
    """A pool's child is killed every 5 s, a main process twice, Redis restarted once."""
    payroll.sandbox.faults.add(path=RPC, delay=0.2, times=None)
    journal = RedisJournal(payroll.redis.url)
    for _ in range(2):
        payroll.start_worker()
    began = time.monotonic()
    enqueue(payroll)
    timer = Timer(payroll, journal)
    with ExitStack() as stack:
        stack.enter_context(Repeated(timer.tick, 1.0))
        if disturbed:
            kills = stack.enter_context(Repeated(lambda: kill_a_child(payroll), KILL_EVERY))
            disturb(payroll)
        wait_until(lambda: journal.status(RUN).done == payroll.count, 240 + payroll.count)
    seconds = time.monotonic() - began
    log.info(
        "%s: %d in %.1f s, started %d times", payroll.library, payroll.count, seconds, timer.starts
    )
    assert journal.status(RUN) == RunStatus(payroll.count, {})
    sent = payroll.sandbox.state.transactions.values()
    assert sorted(int(str(each.reference_id)) for each in sent) == [*range(1, payroll.count + 1)]
    assert not disturbed or kills.count > 0


@attrs.define
class Timer:
    """Starts the payroll again while nothing of it moves, as a timer of the app's would.

    A queue may lose a task when its Redis goes away while a worker is killed, and taskiq looks for
    tasks that are left only when something new comes.

    Attributes:
        starts: How often it was started.
    """

    payroll: Payroll
    journal: RedisJournal
    starts: int = 1
    done: int = 0
    moved_at: float = attrs.field(factory=time.monotonic)

    def tick(self) -> None:
        """Look at it, and start it again if that may help."""
        if not self.payroll.redis.is_running:
            return
        done, now = self.journal.status(RUN).done, time.monotonic()
        if done > self.done:
            self.done, self.moved_at = done, now
        elif now - self.moved_at > 2 * REDELIVER_AFTER:
            enqueue(self.payroll)
            self.starts, self.moved_at = self.starts + 1, now


def disturb(payroll: Payroll) -> None:
    """What happens to it, as it goes on."""
    payroll.wait_for(0.2)
    payroll.replace_worker(payroll.workers[0])
    payroll.wait_for(0.5)
    payroll.restart_redis()
    payroll.wait_for(0.7)
    payroll.replace_worker(payroll.workers[0])


def kill_a_child(payroll: Payroll) -> None:
    """Kill a process of a worker, as the kernel does when memory runs out."""
    children = [child for worker in payroll.workers[:] for child in worker.children()]
    if children:
        os.kill(random.choice(children), signal.SIGKILL)
