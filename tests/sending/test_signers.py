"""Sync signers: threads of the client's own, so many at once, and no end that waits for them."""

import asyncio
import gc
import os
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import attrs
import pytest
from loopback import WALLET, Loopback, Request, exchanged, loopback, ok
from python_processes import outcome, start

import privy_sync
from privy_async import AuthorizationContext, InvalidArgumentError, PrivyClient, SigningError
from privy_async.sending.signers import Signers
from privy_async.signing.p256 import AuthorizationKey

pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()


def answer(request: Request) -> Any:
    """A wallet, a user's key, or a signature."""
    if request.method == "GET":
        return ok(WALLET)
    if request.path == "/v1/wallets/authenticate":
        return exchanged(request, KEY)
    return ok({"method": "personal_sign", "data": {"signature": "0x1", "encoding": "hex"}})


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """A server that signs for anybody."""
    async with loopback(answer) as server:
        yield server


@attrs.define
class Kms:
    """A sync signer that hangs until it is told to go on.

    Attributes:
        most: How many calls it had at once.
        threads: The threads in which it was called.
    """

    free: threading.Event = attrs.field(factory=threading.Event)
    now: int = 0
    most: int = 0
    calls: int = 0
    threads: set[threading.Thread] = attrs.field(factory=set)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def sign(self, payload: bytes) -> str:
        """Sign, in time."""
        with self.lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
            self.threads.add(threading.current_thread())
        self.free.wait(30)
        with self.lock:
            self.now -= 1
        return KEY.sign(payload)


@pytest.fixture
def kms() -> Iterator[Kms]:
    """A signer that no longer hangs in the end."""
    kms = Kms()
    yield kms
    kms.free.set()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def signed_by(privy: PrivyClient, *signers: Any) -> PrivyClient:
    """A client whose calls these sign."""
    return privy.with_authorization(AuthorizationContext(signers=signers))


async def sign(privy: PrivyClient) -> str:
    """Have something signed."""
    return (await privy.wallets.ethereum.sign_message("w1", "hello")).signature


def signer_threads() -> set[threading.Thread]:
    """The threads for signers; those of earlier tests end in a while."""
    return {thread for thread in threading.enumerate() if thread.name == "privy-signer"}


# --- a signer that hangs


async def test_a_caller_that_gives_up_waits_no_longer(server: Loopback, kms: Kms) -> None:
    """A time limit ends the call at once, and nothing is sent later."""
    async with server.client() as privy:
        call = asyncio.create_task(sign(signed_by(privy, kms.sign)))
        await until(lambda: kms.now == 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await call
        kms.free.set()
        await until(lambda: kms.now == 0)
    assert server.requests == []


async def test_a_thousand_hung_signings(server: Loopback, kms: Kms) -> None:
    """They leave no more threads than the limit; what hangs keeps its place until it returns."""
    before = signer_threads()
    async with server.client(signer_threads=8) as privy:
        alice = signed_by(privy, kms.sign)

        async def give_up() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await sign(alice)

        for _ in range(4):
            await asyncio.gather(*(give_up() for _ in range(250)))
        assert len(signer_threads() - before) == 8
        assert (kms.calls, kms.most) == (8, 8)
        kms.free.set()
        assert await sign(alice) == "0x1"
        # The 992 that nobody waits for any more were never called.
        assert kms.calls == 9


def test_hung_signings_of_many_loops(kms: Kms) -> None:
    """The limit holds where each call has an event loop of its own, as in `async_to_sync`."""
    before = signer_threads()
    signers = Signers(3)

    async def give_up() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await signers.sign(kms.sign, b"payload", 0)

    for _ in range(30):
        asyncio.run(give_up())
    assert len(signer_threads() - before) == 3


@pytest.mark.parametrize("way", ["given up", "running"])
@pytest.mark.parametrize("face", ["async", "sync"])
async def test_the_process_ends(server: Loopback, face: str, way: str) -> None:
    """Signers that hang hold up neither the end of the event loop nor that of the process."""
    process = start("hung_signers.py", face, server.url, way)
    async with asyncio.timeout(20):
        code, stdout, stderr = await asyncio.to_thread(outcome, process)
    assert (code, stdout, stderr) == (0, "4 hang", "")


# --- others go on


async def test_name_look_ups_behind_busy_signers(server: Loopback, kms: Kms) -> None:
    """They have threads of their own: a call to a host's name goes on while signers hang."""
    server.url = server.url.replace("127.0.0.1", "localhost")
    async with server.client() as privy:
        alice = signed_by(privy, kms.sign)
        hung = [asyncio.create_task(sign(alice)) for _ in range(40)]
        await until(lambda: kms.now == 40)
        async with asyncio.timeout(20):
            assert (await privy.wallets.get("w1")).id == "w1"
        kms.free.set()
        await asyncio.gather(*hung)


async def test_so_many_at_once_and_no_more(server: Loopback, kms: Kms) -> None:
    """Further ones wait for a place, and get it in the order in which they came."""
    async with server.client(signer_threads=5) as privy:
        alice = signed_by(privy, kms.sign)
        calls = [asyncio.create_task(sign(alice)) for _ in range(30)]
        await until(lambda: kms.now == 5)
        await asyncio.sleep(0.05)
        kms.free.set()
        assert await asyncio.gather(*calls) == ["0x1"] * 30
    assert kms.most == 5
    assert len(kms.threads) <= 5


async def test_derived_clients_share_the_threads(server: Loopback, kms: Kms) -> None:
    """The limit is the client's with all those that are derived from it."""
    async with server.client(signer_threads=2) as privy:
        clients = [signed_by(privy.with_options(timeout=20 + n), kms.sign) for n in range(6)]
        calls = [asyncio.create_task(sign(each)) for each in clients]
        await until(lambda: kms.now == 2)
        await asyncio.sleep(0.05)
        kms.free.set()
        await asyncio.gather(*calls)
    assert kms.most == 2


async def test_two_clients_have_threads_of_their_own(server: Loopback, kms: Kms) -> None:
    """One whose signers hang does not hold up another."""
    async with server.client(signer_threads=1) as slow, server.client(signer_threads=1) as other:
        hung = asyncio.create_task(sign(signed_by(slow, kms.sign)))
        await until(lambda: kms.now == 1)
        assert await sign(signed_by(other, KEY.sign)) == "0x1"
        kms.free.set()
        await hung


async def test_async_signers_need_no_thread(server: Loopback) -> None:
    """They run in the event loop, however many there are."""
    before = signer_threads()

    async def sign_slowly(payload: bytes) -> str:
        await asyncio.sleep(0.01)
        return KEY.sign(payload)

    async with server.client(signer_threads=1) as privy:
        await asyncio.gather(*(sign(signed_by(privy, sign_slowly)) for _ in range(50)))
    assert not signer_threads() - before


# --- threads


def test_threads_are_used_again() -> None:
    """Calls one after another use one thread, whichever event loop they are on."""
    threads: list[int] = []

    def sign_here(payload: bytes) -> str:
        threads.append(threading.get_ident())
        return KEY.sign(payload)

    signers = Signers(64)
    for _ in range(3):

        async def sign_often() -> None:
            for _ in range(20):
                await signers.sign(sign_here, b"payload", 0)

        asyncio.run(sign_often())
    assert len(threads) == 60
    assert len(set(threads)) == 1


async def test_the_sync_face_starts_no_thread_a_call(server: Loopback) -> None:
    """Two hundred signatures, four at a time, take a handful of threads."""
    threads: set[threading.Thread] = set()

    def sign_here(payload: bytes) -> str:
        threads.add(threading.current_thread())
        return KEY.sign(payload)

    def call() -> None:
        for _ in range(50):
            alice.wallets.ethereum.sign_message("w1", "hello")

    with privy_sync.PrivyClient(app_id="a", app_secret="b", base_url=server.url) as privy:
        alice = privy.with_authorization(AuthorizationContext(signers=[sign_here]))
        await asyncio.gather(*(asyncio.to_thread(call) for _ in range(4)))
    assert len(threads) <= 4


async def test_idle_threads_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have had no work for a while go, and new ones come when there is some."""
    monkeypatch.setattr("privy_async.sending.signers._IDLE", 0.3)
    before = signer_threads()
    signers = Signers(3)

    def sign_slowly(payload: bytes) -> str:
        time.sleep(0.02)
        return KEY.sign(payload)

    for _ in range(2):
        await asyncio.gather(*(signers.sign(sign_slowly, b"payload", 0) for _ in range(9)))
        assert signer_threads() - before
        await until(lambda: not signer_threads() - before)


async def test_a_client_that_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads hold nothing of it once they are idle for long."""
    monkeypatch.setattr("privy_async.sending.signers._IDLE", 0.05)
    signers = Signers(3)
    await signers.sign(KEY.sign, b"payload", 0)
    gone = weakref.ref(signers)
    del signers

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    await until(is_gone)


async def test_a_signer_sees_the_callers_context() -> None:
    """Such as the request that is being served; what it sets does not leak out."""
    variable = ContextVar("variable", default="nothing")
    seen: list[str] = []

    def sign_here(payload: bytes) -> str:
        seen.append(variable.get())
        variable.set("changed")
        return KEY.sign(payload)

    signers = Signers(1)
    for name in ("first", "second"):
        variable.set(name)
        await signers.sign(sign_here, b"payload", 0)
        assert variable.get() == name
    assert seen == ["first", "second"]


@pytest.mark.parametrize("error", [OSError("down"), StopIteration("odd"), StopAsyncIteration()])
async def test_whatever_it_raises(error: Exception) -> None:
    """It is a SigningError, and the thread goes on with others."""

    def refuse(payload: bytes) -> str:
        raise error

    signers = Signers(1)
    for _ in range(2):
        with pytest.raises(SigningError, match=r"signers\[3\] raised"):
            await signers.sign(refuse, b"payload", 3)
    assert await signers.sign(lambda payload: "c2ln", b"payload", 0) == "c2ln"


async def test_what_exits_reaches_its_own_caller() -> None:
    """SystemExit in a signer's thread is the caller's, and ends no thread."""

    def leave(payload: bytes) -> str:
        raise SystemExit(3)

    signers = Signers(1)

    async def caught() -> object:
        try:
            return await signers.sign(leave, b"payload", 0)
        except SystemExit as error:
            return error.code

    assert [await caught() for _ in range(3)] == [3, 3, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(kms: Kms) -> None:
    """Its parent's are gone in it, those that hung too."""
    signers = Signers(2)

    async def hang() -> None:
        tasks = [asyncio.create_task(signers.sign(kms.sign, b"payload", 0)) for _ in range(5)]
        await until(lambda: kms.now == 2)
        for task in tasks:
            task.cancel()

    asyncio.run(hang())
    child = os.fork()
    if child == 0:
        try:
            code = 0 if asyncio.run(signers.sign(lambda payload: "c2ln", b"", 0)) == "c2ln" else 1
        except BaseException:
            code = 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("threads", [0, -1, 1.5, "64", True, None])
@pytest.mark.parametrize("face", [PrivyClient, privy_sync.PrivyClient])
def test_the_option(face: Callable[..., object], threads: object) -> None:
    """It is a number of threads, and at least one."""
    with pytest.raises(InvalidArgumentError, match="signer_threads: expected an integer"):
        face(app_id="a", app_secret="b", signer_threads=threads)
