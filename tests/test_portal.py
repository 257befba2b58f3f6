"""The private loop of the sync face, also across forks, interrupts and exits of real processes."""

import asyncio
import contextvars
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import weakref
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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

ROOT = Path(__file__).parent.parent
STRICT = ("-X", "dev", "-W", "error")


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


class StalledServer:
    """Takes connections, reads, and never answers. It knows what becomes of the first."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.left = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "StalledServer":
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        with connection:
            while connection.recv(65536):
                self.asked.set()
        self.left.set()


def start(script: str, *arguments: str, flags: tuple[str, ...] = STRICT) -> "subprocess.Popen[str]":
    """Start a script of tests/processes."""
    return subprocess.Popen(
        [sys.executable, *flags, str(ROOT / "tests" / "processes" / script), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a process, once it has ended."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, stdout.strip(), stderr


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
    assert hidden == {"_portal.py"}


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


def test_racing_first_calls_make_one_loop(sandbox: Sandbox) -> None:
    """There is no thread before the first call; 50 first calls at once make one loop."""
    assert outcome(start("racing.py", sandbox.base_url)) == (0, "1 50 1", "")


@pytest.mark.slow
def test_fork_under_load(sandbox: Sandbox, wallet_id: str) -> None:
    """Children forked while threads are in calls make calls and exit in the ordinary way; the
    parent's calls, those in flight too, succeed all along."""
    # Since Python 3.12 a fork beside threads warns, so warnings are no errors here.
    process = start("fork_under_load.py", sandbox.base_url, wallet_id, "20", flags=())
    code, stdout, stderr = outcome(process)
    assert (code, stdout) == (0, f"children {[7] * 20} errors []")
    assert {line for line in stderr.splitlines() if "DeprecationWarning" not in line} <= {
        "  pid = os.fork()"
    }


@pytest.mark.slow
def test_fork_pool(sandbox: Sandbox, wallet_id: str) -> None:
    """The workers of a pool use the client they inherit, whose parent has used it before."""
    process = start("fork_pool.py", sandbox.base_url, wallet_id, flags=())
    assert outcome(process)[:2] == (0, "80 of 80")


@pytest.mark.slow
@pytest.mark.parametrize("worker", [("sync",), ("gthread", "--threads", "4")])
def test_gunicorn_with_a_preloaded_app(sandbox: Sandbox, worker: tuple[str, ...]) -> None:
    """Workers use the client that the application used before gunicorn forked them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = start_gunicorn(sandbox, listener, worker)
        with ThreadPoolExecutor(8) as pool:
            answers = Counter(pool.map(lambda _: ask(port), range(60)))
        process.terminate()
        code, _, stderr = outcome(process)
    assert code == 0
    assert answers.total() == 60
    assert str(process.pid) not in answers
    assert not re.search("Traceback|Unclosed|Exception", stderr), stderr


def start_gunicorn(
    sandbox: Sandbox, listener: socket.socket, worker: tuple[str, ...]
) -> "subprocess.Popen[str]":
    options = ["--preload", "--workers", "2", "--no-control-socket", "--worker-class", *worker]
    bind = f"fd://{listener.fileno()}"
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "--bind", bind, "preloaded_app:application"],
        cwd=ROOT / "tests" / "processes",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PRIVY_API_BASE_URL": sandbox.base_url},
        pass_fds=[listener.fileno()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as response:
        return str(response.read().decode())


def test_ctrl_c_cancels_the_request() -> None:
    """Ctrl-C in a call raises at once and closes the connection while the process lives on."""
    with StalledServer() as server:
        process = start("interrupted.py", server.base_url)
        assert server.asked.wait(20)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "interrupted\n"
        assert server.left.wait(20)
        assert process.poll() is None
        assert outcome(process) == (0, "", "")


@pytest.mark.parametrize(("way", "code"), [("closed", 0), ("open", 0), ("raised", 3)])
def test_exit_is_clean(sandbox: Sandbox, way: str, code: int) -> None:
    """A process ends with its own exit code and prints nothing, the client closed or not."""
    # A host name is looked up in a thread, and at exit no thread can be started any more.
    base_url = sandbox.base_url.replace("127.0.0.1", "localhost")
    assert outcome(start("exits.py", base_url, way)) == (code, "", "")


def test_exit_while_daemon_threads_are_in_calls(sandbox: Sandbox) -> None:
    """Daemon threads in calls that never end do not keep a process, and end silently."""
    with StalledServer() as server:
        process = start("exits.py", sandbox.base_url, "daemons", server.base_url)
        assert server.asked.wait(20)
        assert outcome(process) == (0, "calling", "")
        assert server.left.wait(20)


@pytest.mark.slow
def test_exit_does_not_wait_for_a_call_that_ignores_its_end(sandbox: Sandbox) -> None:
    """A call that goes on although it was cancelled keeps the process for a moment only."""
    code, stdout, _ = outcome(start("exits.py", sandbox.base_url, "stubborn"))
    assert (code, stdout) == (0, "calling")


def test_calls_from_exit_handlers(sandbox: Sandbox) -> None:
    """Handlers that are younger than the import still make calls; older ones are refused."""
    code, stdout, stderr = outcome(start("at_exit.py", sandbox.base_url))
    assert (code, stderr) == (0, "")
    assert stdout.splitlines() == [
        "early ok",
        "late the call did not end: the interpreter is exiting",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_errors_cross_processes(sandbox: Sandbox, method: str) -> None:
    """An error raised in a worker process arrives as itself, with what it knows."""
    process = start("pickled_errors.py", sandbox.base_url, method)
    assert outcome(process) == (0, "404 GET", "")
