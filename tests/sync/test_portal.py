"""The private loop of the sync face, within one process."""

import asyncio
import contextvars
import gc
import signal
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from privy_async.sandbox import Sandbox
from privy_sync import (
    AuthorizationContext,
    NotFoundError,
    PrivyClient,
    PrivyError,
    SigningError,
    record_responses,
)
from privy_sync._portal import run


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def privy(sandbox: Sandbox) -> Iterator[PrivyClient]:
    """A sync client of it."""
    with sandbox.sync_client() as privy:
        yield privy


@pytest.fixture
def wallet_id(privy: PrivyClient) -> str:
    """The id of a wallet that nobody owns."""
    return privy.wallets.create(chain_type="ethereum").id


def test_threads_share_a_loop_and_a_user_key(sandbox: Sandbox, privy: PrivyClient) -> None:
    """32 threads that sign as one user run on one loop and exchange the user's token once."""
    user = privy.users.create(linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}])
    wallet = privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    alice = privy.for_user(sandbox.issue_user_jwt("alice"))

    def sign(number: int) -> str:
        return alice.wallets.ethereum.sign_message(wallet.id, f"message {number}").signature

    with ThreadPoolExecutor(32) as pool:
        signatures = set(pool.map(sign, range(64)))
    paths = Counter(record.path for record in sandbox.log)
    loops = [thread for thread in threading.enumerate() if thread.name == "privy-sync"]
    assert len(signatures) == 64
    assert paths["/v1/wallets/authenticate"] == 1
    assert len(loops) == 1


def test_call_inside_a_running_loop(privy: PrivyClient, wallet_id: str) -> None:
    """Code that runs on an event loop of its own may make sync calls, as in a notebook."""

    async def main() -> str:
        return privy.wallets.get(wallet_id).id

    assert asyncio.run(main()) == wallet_id


def test_call_on_the_private_loop_is_refused(privy: PrivyClient, wallet_id: str) -> None:
    """An async signer that makes a sync call, which would wait for itself, gets a clear error."""

    async def sign(payload: bytes) -> str:
        return privy.wallets.get(wallet_id).id

    authorization = AuthorizationContext(signers=[sign])
    with pytest.raises(PrivyError, match="would wait for itself: use privy_async"):
        privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=authorization)


def test_sync_signer_may_make_calls(privy: PrivyClient, wallet_id: str) -> None:
    """A sync signer runs in a thread of its own, from which calls are as good as from any."""
    seen: list[str] = []

    def sign(payload: bytes) -> str:
        seen.append(privy.wallets.get(wallet_id).id)
        raise ValueError("seen enough")

    authorization = AuthorizationContext(signers=[sign])
    with pytest.raises(SigningError, match="ValueError"):
        privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=authorization)
    assert seen == [wallet_id]


def test_signer_that_exits_ends_its_own_call_only(privy: PrivyClient, wallet_id: str) -> None:
    """A SystemExit on the loop reaches the caller it belongs to; the loop goes on for others."""

    async def sign(payload: bytes) -> str:
        raise SystemExit(9)

    authorization = AuthorizationContext(signers=[sign])
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run, asyncio.sleep(0.2, "slept"))
        with pytest.raises(SystemExit, match="9"):
            privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=authorization)
        assert other.result() == "slept"
    assert privy.wallets.get(wallet_id).id == wallet_id


def test_coroutine_that_cancels_itself_is_a_privy_error() -> None:
    """A cancellation from within the loop ends in an error of ours that hides no outcome."""

    async def cancel() -> None:
        raise asyncio.CancelledError

    with pytest.raises(PrivyError, match="may have been executed"):
        run(cancel())


def test_interrupted_wait_cancels_the_coroutine() -> None:
    """Whatever a signal handler raises in the waiting thread cancels what it waits for."""
    cancelled = threading.Event()
    main_thread = threading.get_ident()

    async def sleep() -> None:
        try:
            await asyncio.sleep(0.2)
            signal.pthread_kill(main_thread, signal.SIGUSR1)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupt(signum: int, frame: object) -> None:
        raise InterruptedError

    previous = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(InterruptedError):
            run(sleep())
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert cancelled.wait(10)


def test_context_variables_go_in(privy: PrivyClient, wallet_id: str) -> None:
    """A coroutine sees the caller's context variables, so `record_responses` works; it sets its
    own copies only."""
    variable = contextvars.ContextVar("variable", default="outside")

    async def read() -> str:
        before = variable.get()
        variable.set("inside")
        return before

    variable.set("caller")
    with record_responses() as responses:
        privy.wallets.get(wallet_id)
    assert [response.status for response in responses] == [200]
    assert (run(read()), variable.get()) == ("caller", "caller")


def test_errors_keep_nothing_alive(privy: PrivyClient) -> None:
    """An error's traceback holds the frames it passed, but no cycle: it goes when dropped."""
    gc.disable()
    try:
        with pytest.raises(PrivyError) as caught:
            run(fail())
        error = weakref.ref(caught.value)
        del caught
        # The loop's thread may be a moment from dropping its own reference.
        run(asyncio.sleep(0))
        assert error() is None
    finally:
        gc.enable()


async def fail() -> None:
    raise PrivyError("failed")


def test_traceback_hides_the_plumbing(privy: PrivyClient) -> None:
    """pytest leaves `run` out of the traceback it shows."""
    with pytest.raises(NotFoundError) as caught:
        privy.wallets.get("none")
    hidden = {entry.path.name for entry in caught.traceback if entry.ishidden(caught)}
    # Where a test has failed before, this package's plugin hides more.
    assert "_portal.py" in hidden


def test_pager_fetches_as_it_is_walked(sandbox: Sandbox, privy: PrivyClient) -> None:
    """A pager asks for a page when it is reached, not before, and begins anew in each loop."""
    made = [privy.wallets.create(chain_type="ethereum").id for _ in range(5)]
    wallets = privy.wallets.list(limit=2)

    def asked() -> int:
        return sum(record.method == "GET" for record in sandbox.log)

    for _ in wallets:
        break
    assert asked() == 1
    assert {wallet.id for wallet in wallets} == set(made)
    assert asked() == 4
    assert [len(page) for page in wallets.pages()] == [2, 2, 1]
    first = wallets.first_page()
    assert first.next_cursor is not None
    rest = privy.wallets.list(limit=2, cursor=first.next_cursor)
    assert {wallet.id for wallet in [*first, *rest]} == set(made)


def test_threads_share_a_pager(privy: PrivyClient) -> None:
    """Each thread that walks over one pager sees every item."""
    made = {privy.wallets.create(chain_type="ethereum").id for _ in range(5)}
    wallets = privy.wallets.list(limit=1)
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: {wallet.id for wallet in wallets}, range(8)))
    assert seen == [made] * 8
