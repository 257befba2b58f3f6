"""One client over many event loops and threads: closed, reopened, used by turns and at once."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sdk_helpers import RawServer, free_port, logged, new_owner

from privy_async import APIConnectionError, AuthorizationContext, PrivyClient, PrivyError
from privy_async.bulk import call_each
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)

RPC = "/v1/wallets/*/rpc"


@pytest.mark.anyio
async def test_a_closed_client_opens_anew() -> None:
    """Closing twice, or what was never used, does no harm; derived clients close with it."""
    async with RawServer() as server:
        privy = server.client()
        await privy.close()
        derived = privy.with_options(timeout=5)
        await derived.request("GET", "/v1/x")
        await privy.close()
        await privy.close()
        await derived.request("GET", "/v1/x")
        await derived.close()
    assert server.connections == 2


@pytest.fixture
def thread_sandbox() -> Iterator[Sandbox]:
    """A sandbox that serves from a thread of its own, for tests that make loops themselves."""
    with Sandbox() as sandbox:
        yield sandbox


def test_one_client_serves_one_run_after_another(thread_sandbox: Sandbox) -> None:
    """Each asyncio.run has a loop of its own; whether the client is closed or not, all is freed."""
    privy = thread_sandbox.client()

    async def create(*, close: bool) -> None:
        await privy.wallets.create(chain_type="tron")
        if close:
            await privy.close()

    for close in (False, True, False, False):
        asyncio.run(create(close=close))
        gc.collect()
    assert len(thread_sandbox.state.wallets) == 4


def test_loops_that_have_ended_are_forgotten() -> None:
    """What belongs to a loop goes with it: a client that sees many loops does not grow."""
    loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
    privy = RawServer(port=free_port()).client(max_retries=0)

    async def fail() -> None:
        loops.add(asyncio.get_running_loop())
        with pytest.raises(APIConnectionError):
            await privy.wallets.get("w")

    for _ in range(20):
        asyncio.run(fail())
    gc.collect()
    assert len(loops) <= 1


def test_one_client_serves_loops_that_take_turns(thread_sandbox: Sandbox) -> None:
    """Each loop keeps its own connection; closing in one leaves the other's alone."""
    privy = thread_sandbox.client()

    async def create() -> None:
        await privy.wallets.create(chain_type="tron")

    with asyncio.Runner() as first, asyncio.Runner() as second:
        for runner in (first, second, first, second):
            runner.run(create())
        first.run(privy.close())
        second.run(create())
        first.run(create())
    assert len(thread_sandbox.state.wallets) == 6


def test_one_client_serves_many_threads(thread_sandbox: Sandbox) -> None:
    """Eight threads, each with loops of its own, at the same time."""
    privy = thread_sandbox.client()
    start = threading.Barrier(8)

    async def create() -> None:
        await asyncio.gather(*(privy.wallets.create(chain_type="tron") for _ in range(3)))

    def work(_: int) -> None:
        start.wait(timeout=10)
        for _ in range(3):
            asyncio.run(create())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(thread_sandbox.state.wallets) == 8 * 3 * 3


def test_users_keys_are_shared_by_loops(thread_sandbox: Sandbox) -> None:
    """A key exchanged in one loop signs in the next."""
    privy = thread_sandbox.client()
    alice = asyncio.run(new_owner(thread_sandbox, privy))

    async def sign() -> None:
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")

    asyncio.run(sign())
    asyncio.run(sign())
    assert thread_sandbox.state.exchanges == 1


def test_a_loop_that_ends_in_the_middle_of_an_exchange_harms_no_other(
    thread_sandbox: Sandbox,
) -> None:
    """The next loop exchanges for itself."""
    privy = thread_sandbox.client()
    alice = asyncio.run(new_owner(thread_sandbox, privy))

    async def sign() -> None:
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")

    async def leave() -> None:
        call = asyncio.create_task(sign())
        await asyncio.sleep(0.1)
        assert not call.done()

    thread_sandbox.faults.add(path="/v1/wallets/authenticate", delay=0.5)
    asyncio.run(leave())
    asyncio.run(sign())
    assert [record.status for record in logged(thread_sandbox, "POST", RPC)] == [200]


# --- where asyncio does not run


async def echo(item: str, key: str) -> str:
    """Do what takes no time."""
    return item


CLIENT = PrivyClient(app_id="a", app_secret="b")
SIGNED = CLIENT.with_authorization(
    AuthorizationContext(user_jwts=["a.b.c"], signers=[lambda payload: ""])
)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: CLIENT.wallets.get("w1"), id="unsigned"),
        pytest.param(lambda: SIGNED.wallets.ethereum.sign_message("w1", "x"), id="signed"),
        pytest.param(lambda: call_each("abc", echo, run_id="r"), id="bulk"),
    ],
)
def test_no_event_loop_of_asyncio(call: Any) -> None:
    """Trio runs a coroutine as this does: by sending it on, with no loop of asyncio's."""
    coroutine: Coroutine[Any, Any, object] = call()
    with pytest.raises(PrivyError, match="under trio, call privy_sync in a thread"):
        coroutine.send(None)
