"""This SDK behind a slow network."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any, TypeVar

from benchmarks import samples
from benchmarks.networks.protocol import BURST, Ready, Span, serve
from privy_async import AuthorizationKey, PrivyClient

USERS = count()
KEY = AuthorizationKey.generate()
T = TypeVar("T")
Call = Callable[[], Awaitable[object]]
# Gets a client ready, and returns what is then measured.
Prepare = Callable[[PrivyClient, float], Coroutine[Any, Any, Call]]


async def new_client(url: str) -> PrivyClient:
    return PrivyClient(
        app_id=samples.APP_ID, app_secret=samples.APP_SECRET, base_url=url, authorization_key=KEY
    )


async def sign(privy: PrivyClient) -> object:
    return await privy.wallets.ethereum.sign_message(samples.WALLET_ID, samples.MESSAGE)


def new_user(privy: PrivyClient) -> PrivyClient:
    return privy.for_user(samples.user_jwt(next(USERS)))


async def cold(privy: PrivyClient, _: float) -> Call:
    return lambda: sign(new_user(privy))


async def repeat(privy: PrivyClient, _: float) -> Call:
    await sign(privy)
    return lambda: sign(privy)


async def connected(privy: PrivyClient, _: float) -> Call:
    await sign(privy)
    return lambda: sign(new_user(privy))


async def prepared(privy: PrivyClient, round_trip: float) -> Call:
    """The key arrives while the app does something else, for one and a half round trips."""
    await sign(privy)
    alice = new_user(privy)
    await alice.prepare()
    await asyncio.sleep(1.5 * round_trip)
    return lambda: sign(alice)


async def burst(privy: PrivyClient, _: float) -> Call:
    await sign(privy)
    return lambda: all_at_once(privy)


async def connected_burst(privy: PrivyClient, _: float) -> Call:
    await privy.connect(BURST)
    return lambda: all_at_once(privy)


async def all_at_once(privy: PrivyClient) -> object:
    return await asyncio.gather(*(sign(privy) for _ in range(BURST)))


class Loop:
    """An event loop that runs all the time, as an app's does."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def works(self, prepare: Prepare) -> Ready:
        """A work as the protocol wants it."""

        def ready(url: str, round_trip: float) -> tuple[Callable[[], Span], Callable[[], object]]:
            privy = self.run(new_client(url))
            call = self.run(prepare(privy, round_trip))
            return lambda: self.run(measure(call)), lambda: self.run(privy.close())

        return ready


async def measure(call: Call) -> Span:
    start = time.monotonic()
    await call()
    return start, time.monotonic()


if __name__ == "__main__":
    works: dict[str, Prepare] = {
        "cold": cold,
        "repeat": repeat,
        "connected": connected,
        "prepared": prepared,
        "burst": burst,
        "connected burst": connected_burst,
    }
    loop = Loop()
    serve({name: loop.works(work) for name, work in works.items()})
