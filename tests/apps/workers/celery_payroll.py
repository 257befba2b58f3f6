"""A payroll in chunks, as tasks of Celery, over a journal that all workers share.

With `python -m privy_async.sandbox` and a `redis-server` running, the latter with
`--appendonly yes --appendfsync always`:

    cd tests/apps/workers && PRIVY_APP_ID=sandbox-app PRIVY_APP_SECRET=sandbox-secret \
        PRIVY_API_BASE_URL=http://127.0.0.1:8787 TREASURY_KEY=... TREASURY_WALLET_ID=... \
        celery --app celery_payroll worker --concurrency 4
"""

import os
from collections.abc import Iterable
from itertools import islice
from typing import Any

from celery import Celery, Task
from celery.utils.log import get_task_logger
from surroundings import JOURNAL_URL, REDIS_URL

from privy_async.bulk.redis import RedisJournal
from privy_sync import AuthorizationContext, PrivyClient, PrivyError
from privy_sync.bulk import call_each

log = get_task_logger(__name__)

app = Celery("payroll", broker=REDIS_URL)
app.conf.update(
    # A chunk is done when it has ended, not when it has begun.
    task_acks_late=True,
    # Where a child process dies, the worker puts its chunk back at once.
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        # Where the worker itself dies, Redis delivers its chunks again after so many seconds: more
        # than a chunk takes, and more than `countdown` below. Unless told, it takes an hour.
        "visibility_timeout": int(os.environ.get("REDELIVER_AFTER", "300")),
        # They are looked for every 10 s, not every 100 s (kombu 5.7).
        "unacked_restore_throttle": 1,
    },
    broker_connection_retry_on_startup=True,
)

# Made once, before Celery forks; each child gets connections of its own.
treasury = PrivyClient().with_authorization(
    AuthorizationContext(authorization_private_keys=[os.environ["TREASURY_KEY"]])
)
journal = RedisJournal(JOURNAL_URL)


def pay(row: dict[str, Any], idempotency_key: str) -> str:
    """Pay one row, and return the hash, which the journal keeps."""
    sent = treasury.wallets.ethereum.send_transaction(
        os.environ["TREASURY_WALLET_ID"],
        {"to": row["to"], "value": row["wei"]},
        caip2="eip155:8453",
        reference_id=row["id"],
        idempotency_key=idempotency_key,
    )
    return sent.hash


@app.task(name="pay_chunk", bind=True, max_retries=100)
def pay_chunk(task: "Task[Any, Any]", run_id: str, rows: list[dict[str, Any]]) -> None:
    """Pay what of a chunk is not paid; what fails is asked for again a little later."""
    try:
        results = call_each(
            rows, pay, run_id=run_id, key=lambda row: row["id"], concurrency=8, journal=journal
        )
    except PrivyError as error:
        # The journal's Redis has been gone for a minute.
        raise task.retry(exc=error, countdown=30) from error
    failed = [result for result in results if result.error is not None]
    for result in failed:
        log.warning("%s is not paid: %s", result.item["id"], result.error)
    if failed:
        raise task.retry(countdown=30)


def start(run_id: str, rows: Iterable[dict[str, Any]], size: int = 100) -> None:
    """Put all rows into the queue. What is paid is left alone, so it may be started again."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        pay_chunk.delay(run_id, chunk)
