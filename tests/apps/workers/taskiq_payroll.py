"""A payroll in chunks, as tasks of taskiq, over a journal that all workers share.

With `python -m privy_async.sandbox` and a `redis-server` running, the latter with
`--appendonly yes --appendfsync always`:

    cd tests/apps/workers && PRIVY_APP_ID=sandbox-app PRIVY_APP_SECRET=sandbox-secret \
        PRIVY_API_BASE_URL=http://127.0.0.1:8787 TREASURY_KEY=... TREASURY_WALLET_ID=... \
        taskiq worker taskiq_payroll:broker --max-async-tasks 4
"""

import logging
import os
from collections.abc import Iterable
from itertools import islice
from typing import Any

from surroundings import JOURNAL_URL, REDIS_URL
from taskiq import SmartRetryMiddleware
from taskiq_redis import RedisStreamBroker

from privy_async import AuthorizationContext
from privy_async.bulk import call_each
from privy_async.bulk.redis import RedisJournal
from privy_async.integrations.taskiq import Privy, add_privy

log = logging.getLogger(__name__)

broker = RedisStreamBroker(
    REDIS_URL,
    consumer_id="0",
    # A process takes a chunk when it can, instead of a hundred that die with it.
    xread_count=1,
    # Milliseconds after which the chunks of a worker that is gone go to another one: more than a
    # chunk takes.
    idle_timeout=int(os.environ.get("REDELIVER_AFTER", "300")) * 1000,
    unacknowledged_lock_timeout=10,
).with_middlewares(SmartRetryMiddleware(default_retry_count=100, default_delay=30))
add_privy(broker)
journal = RedisJournal(JOURNAL_URL)


class NotAllPaid(Exception):
    """Something of a chunk is not paid yet."""


@broker.task("pay_chunk", retry_on_error=True)
async def pay_chunk(run_id: str, rows: list[dict[str, Any]], privy: Privy) -> None:
    """Pay what of a chunk is not paid; what fails is asked for again a little later."""
    treasury = privy.with_authorization(
        AuthorizationContext(authorization_private_keys=[os.environ["TREASURY_KEY"]])
    )

    async def pay(row: dict[str, Any], idempotency_key: str) -> str:
        sent = await treasury.wallets.ethereum.send_transaction(
            os.environ["TREASURY_WALLET_ID"],
            {"to": row["to"], "value": row["wei"]},
            caip2="eip155:8453",
            reference_id=row["id"],
            idempotency_key=idempotency_key,
        )
        return sent.hash

    results = await call_each(
        rows, pay, run_id=run_id, key=lambda row: row["id"], concurrency=8, journal=journal
    )
    failed = [result for result in results if result.error is not None]
    for result in failed:
        log.warning("%s is not paid: %s", result.item["id"], result.error)
    if failed:
        raise NotAllPaid(f"{len(failed)} of {len(rows)}")


async def start(run_id: str, rows: Iterable[dict[str, Any]], size: int = 100) -> None:
    """Put all rows into the queue. What is paid is left alone, so it may be started again."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        await pay_chunk.kiq(run_id, chunk)
