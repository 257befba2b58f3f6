"""One way in which the SDK's objects come to an end: arguments are the sandbox's URL, and the way.

Whatever is written to standard error, by this process or at its end, is a fault.
"""

import asyncio
import contextvars
import copy
import gc
import logging
import pickle
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import privy_sync
from privy_async import (
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    PrivyClient,
    PrivyError,
    record_responses,
)

# A loaded machine makes asyncio's debug mode complain of slow callbacks.
logging.getLogger("asyncio").addFilter(lambda record: "took" not in record.getMessage())

JWT = "e30.e30.AA"
OPTIONS: dict[str, Any] = {
    "app_id": "sandbox-app",
    "app_secret": "sandbox-secret",
    "base_url": sys.argv[1],
    "max_retries": 0,
}
WAYS: dict[str, Callable[[], object]] = {}
kept: list[Any] = []


def way(function: Callable[[], object]) -> Callable[[], object]:
    WAYS[function.__name__] = function
    return function


def new() -> PrivyClient:
    return PrivyClient(**OPTIONS)


def new_sync() -> privy_sync.PrivyClient:
    return privy_sync.PrivyClient(**OPTIONS)


async def use(privy: PrivyClient) -> None:
    await privy.wallets.list(limit=1)


async def make_and_use() -> None:
    await use(new())


def run_bare(*works: Coroutine[Any, Any, Any]) -> None:
    """Run on a loop that is closed as it is, without `shutdown_asyncgens`."""
    loop = asyncio.new_event_loop()
    for work in works:
        loop.run_until_complete(work)
    loop.close()
    gc.collect()


@way
def never_used() -> None:
    new()
    new_sync()


@way
def never_closed() -> None:
    asyncio.run(make_and_use())


@way
def dropped_in_a_running_loop() -> None:
    async def work() -> None:
        privy = new()
        alice = privy.for_user(JWT)
        await use(privy)
        del privy
        await use(alice)
        del alice
        gc.collect()
        await asyncio.sleep(0.05)

    asyncio.run(work())


@way
def bare_loop() -> None:
    run_bare(make_and_use())


@way
def bare_loops_and_one_client() -> None:
    kept.append(new())
    for _ in range(3):
        run_bare(use(kept[0]), use(kept[0]))


@way
def dropped_while_the_loop_rests() -> None:
    run_bare(make_and_use(), asyncio.sleep(0.05))


@way
def dropped_between_the_loops_end_and_its_close() -> None:
    loop = asyncio.new_event_loop()
    privy = new()
    loop.run_until_complete(use(privy))
    del privy
    gc.collect()
    loop.close()


@way
def dropped_after_the_loop() -> None:
    loop = asyncio.new_event_loop()
    privy = new()
    loop.run_until_complete(use(privy))
    loop.close()
    del privy


@way
def cancelled_calls() -> None:
    async def work() -> None:
        privy = new()
        tasks = [asyncio.create_task(use(privy)) for _ in range(5)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()

    asyncio.run(work())


@way
def pagers() -> None:
    async def work() -> None:
        privy = new()
        privy.wallets.list().pages()
        aiter(privy.wallets.list())
        privy.wallets.list().__await__()
        walk = aiter(privy.wallets.list(limit=1))
        await anext(walk)
        kept.append(aiter(privy.wallets.list(limit=1)))
        await anext(kept[0])
        async for _ in privy.wallets.list(limit=1):
            break

    run_bare(work())
    kept.clear()
    asyncio.run(work())


@way
def sync_pagers() -> None:
    privy = new_sync()
    privy.wallets.list().pages()
    kept.append(iter(privy.wallets.list(limit=1)))
    next(kept[0])
    for _ in privy.wallets.list(limit=1):
        break


@way
def sync_clients() -> None:
    kept.append(new_sync())
    for privy in (kept[0], new_sync()):
        privy.wallets.list(limit=1).first_page()


@way
def recorders() -> None:
    record_responses()
    record_responses().__enter__()
    contextvars.copy_context().run(record_responses().__enter__)


@way
def recorders_in_generators() -> None:
    async def walk() -> AsyncIterator[int]:
        with record_responses():
            yield 1

    async def work() -> None:
        await anext(walk())
        kept.append(walk())
        await anext(kept[0])

    asyncio.run(work())
    kept.clear()


@way
def half_made() -> None:
    for kind in (PrivyClient, privy_sync.PrivyClient, AuthorizationContext, AuthorizationKey):
        kind.__new__(kind)  # type: ignore[arg-type]
    for client in (PrivyClient, privy_sync.PrivyClient):
        try:
            client(**OPTIONS, authorization_key="none")
        except InvalidArgumentError:
            pass


@way
def copies() -> None:
    key = AuthorizationKey.generate()
    context = AuthorizationContext(user_jwts=[JWT], authorization_private_keys=[key])
    privy, sync = new(), new_sync()
    for thing in (privy, sync, key, context, privy.wallets, sync.wallets, privy.wallets.list()):
        assert type(copy.copy(thing)) is type(copy.deepcopy(thing)) is type(thing)
        try:
            pickle.dumps(thing)
        except (TypeError, AttributeError):
            pass


@way
def copies_that_are_used() -> None:
    async def work() -> None:
        async with new() as privy:
            await use(privy)
            for make in (copy.copy, copy.deepcopy):
                await use(make(privy))
                gc.collect()
                await use(privy)

    asyncio.run(work())
    with new_sync() as privy:
        for make in (copy.copy, copy.deepcopy):
            make(privy).wallets.list().first_page()


@way
def keys_of_tokens() -> None:
    async def work() -> None:
        try:
            await new().tokens.verify_access_token(JWT)
        except PrivyError:
            pass

    run_bare(work())


if __name__ == "__main__":
    WAYS[sys.argv[2]]()
    gc.collect()
    print("done")
