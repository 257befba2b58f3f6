"""Pays from 1 to so many wei, in a bulk run; prints a line after each, and then how many it paid.

Arguments: "async" or "sync", the base URL, a wallet's id, how many, the journal's path, or the URL
of its Redis, or "-". Then, if it is to be killed: at which step of its journal and calls.
"""

import asyncio
import os
import signal
import sys
from itertools import count
from typing import Any

from connecting import connect

from privy_async import PrivyClient
from privy_async.bulk import call_each
from privy_async.bulk.redis import RedisJournal

FACE, BASE_URL, WALLET_ID, COUNT, PLACE, *KILL_AT = sys.argv[1:]
STEPS = count()


def step() -> None:
    """Die here, if this is the step for it."""
    if [str(next(STEPS))] == KILL_AT:
        os.kill(os.getpid(), signal.SIGKILL)


class Client:
    """A client of Redis whose process may die before a script and after it."""

    def __init__(self) -> None:
        import redis

        redis_client = redis.Redis.from_url(PLACE)
        self.config_get = redis_client.config_get
        self.close = redis_client.close
        self._eval = redis_client.eval

    def eval(self, script: str, numkeys: int, *arguments: Any) -> Any:
        step()
        answer = self._eval(script, numkeys, *arguments)
        step()
        return answer


JOURNAL = RedisJournal(Client) if PLACE.startswith("redis://") else PLACE
OPTIONS: dict[str, Any] = {
    "run_id": "payroll",
    "key": str,
    "concurrency": 4,
    "journal": None if PLACE == "-" else JOURNAL,
    "on_progress": lambda progress: print("ended", flush=True),
}
AMOUNTS = range(1, int(COUNT) + 1)


def payment(amount: int, key: str) -> dict[str, Any]:
    return {
        "wallet_id": WALLET_ID,
        "transaction": {"to": "0x" + "5a" * 20, "value": amount},
        "caip2": "eip155:8453",
        "reference_id": str(amount),
        "idempotency_key": key,
    }


async def run_async() -> int:
    client = PrivyClient(app_id="sandbox-app", app_secret="sandbox-secret", base_url=BASE_URL)
    async with client as privy:

        async def pay(amount: int, key: str) -> str:
            step()
            sent = await privy.wallets.ethereum.send_transaction(**payment(amount, key))
            step()
            return sent.hash

        results = await call_each(AMOUNTS, pay, **OPTIONS)
        return len({result.unwrap() for result in results})


def run_sync() -> int:
    from privy_sync.bulk import call_each

    with connect(BASE_URL) as privy:

        def pay(amount: int, key: str) -> str:
            step()
            sent = privy.wallets.ethereum.send_transaction(**payment(amount, key))
            step()
            return sent.hash

        results = call_each(AMOUNTS, pay, **OPTIONS)
        return len({result.unwrap() for result in results})


try:
    print("paid", asyncio.run(run_async()) if FACE == "async" else run_sync())
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(1)
