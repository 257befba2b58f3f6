"""This SDK creating wallets by the hundred."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any
from uuid import uuid4

from benchmarks import samples
from benchmarks.contenders.protocol import race, start
from privy_async import PrivyClient
from privy_async.bulk import call_each


async def main(base_url: str, key: str) -> None:
    async with PrivyClient(
        app_id=samples.APP_ID, app_secret=samples.APP_SECRET, base_url=base_url
    ) as privy:
        runs = count()
        names = [f"order-{number}" for number in range(samples.BULK)]

        def create(name: str, idempotency_key: str) -> Coroutine[Any, Any, object]:
            return privy.wallets.create(
                chain_type="ethereum", external_id=name, idempotency_key=idempotency_key
            )

        async def create_each() -> None:
            results = await call_each(names, create, run_id=f"run {next(runs)}", concurrency=64)
            assert len([result.unwrap() for result in results]) == samples.BULK

        async def gather() -> None:
            await asyncio.gather(*(create(name, str(uuid4())) for name in names))

        await race({"call_each": create_each, "gather": gather})


if __name__ == "__main__":
    start(main)
