"""This SDK signing for users whose keys are kept: few of them, or many."""

from collections.abc import Callable, Coroutine
from random import randrange
from typing import Any

from benchmarks import samples
from benchmarks.contenders.keeping import keep_keys
from benchmarks.contenders.protocol import race, start
from privy_async import PrivyClient


async def main(base_url: str, key: str) -> None:
    works = {}
    for size in samples.CACHE_SIZES:
        privy = PrivyClient(
            app_id=samples.APP_ID,
            app_secret=samples.APP_SECRET,
            base_url=base_url,
            max_connections=512,
        )
        privy._requester.user_keys = await keep_keys(size)
        works[f"cached {size}"] = work(privy, size)
    await race(works)


def work(privy: PrivyClient, size: int) -> Callable[[], Coroutine[Any, Any, object]]:
    """What a server does for a request: any user's client is derived, and signs once."""

    def sign() -> Coroutine[Any, Any, object]:
        alice = privy.for_user(samples.user_jwt(randrange(size)))
        return alice.wallets.ethereum.sign_message(samples.WALLET_ID, samples.MESSAGE)

    return sign


if __name__ == "__main__":
    start(main)
