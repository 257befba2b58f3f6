"""This SDK signing as users: exchanges, waiting calls, and keys that are kept."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from random import randrange
from typing import Any

from benchmarks import samples
from benchmarks.contenders.protocol import race, start
from privy_async import PrivyClient

# The first users' keys are kept from the first call on; the others come once each.
CACHED = 10


async def main(base_url: str, key: str) -> None:
    async with PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        max_connections=512,
    ) as privy:
        new_users = count(CACHED)

        def sign(number: int) -> Coroutine[Any, Any, object]:
            alice = privy.for_user(samples.user_jwt(number))
            return alice.wallets.ethereum.sign_message(samples.WALLET_ID, samples.MESSAGE)

        def wait(calls: int) -> Callable[[], Coroutine[Any, Any, object]]:
            async def work() -> None:
                number = next(new_users)
                await asyncio.gather(*(sign(number) for _ in range(calls)))

            return work

        await race(
            {
                "exchange": lambda: privy.wallets.generate_user_signer(
                    user_jwt=samples.user_jwt(next(new_users))
                ),
                "first call": lambda: sign(next(new_users)),
                "cached": lambda: sign(randrange(CACHED)),
                "1000 wait": wait(1000),
            }
        )


if __name__ == "__main__":
    start(main)
