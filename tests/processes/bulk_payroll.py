"""Pays from 1 to so many wei, in a bulk run; prints a line after each, and then how many it paid.

Arguments: "async" or "sync", the base URL, a wallet's id, how many, the journal's path or "-".
"""

import asyncio
import sys
from typing import Any

from connecting import connect

from privy_async import PrivyClient
from privy_async.bulk import call_each

FACE, BASE_URL, WALLET_ID, COUNT, JOURNAL = sys.argv[1:]
OPTIONS: dict[str, Any] = {
    "run_id": "payroll",
    "key": str,
    "concurrency": 4,
    "journal": None if JOURNAL == "-" else JOURNAL,
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
            return (await privy.wallets.ethereum.send_transaction(**payment(amount, key))).hash

        results = await call_each(AMOUNTS, pay, **OPTIONS)
        return len({result.unwrap() for result in results})


def run_sync() -> int:
    from privy_sync.bulk import call_each

    with connect(BASE_URL) as privy:

        def pay(amount: int, key: str) -> str:
            return privy.wallets.ethereum.send_transaction(**payment(amount, key)).hash

        results = call_each(AMOUNTS, pay, **OPTIONS)
        return len({result.unwrap() for result in results})


try:
    print("paid", asyncio.run(run_async()) if FACE == "async" else run_sync())
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(1)
