"""The private loop of the sync face across forks, interrupts and exits of real processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from places import ROOT
from python_processes import STRICT, outcome, start

from privy_async.sandbox import Sandbox

# Python 3.12 warns of forks of a process that has threads.
FORKING = (*STRICT, "-W", "ignore:This process:DeprecationWarning")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wallet_id(sandbox: Sandbox) -> str:
    """The id of a wallet that nobody owns."""
    with sandbox.sync_client() as privy:
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
@pytest.mark.parametrize(
    ("worker", "path"),
    [(("sync",), "/"), (("gthread", "--threads", "4"), "/"), (("sync",), "/idle")],
)
def test_gunicorn_with_a_preloaded_app(
    sandbox: Sandbox, worker: tuple[str, ...], path: str
) -> None:
    """Workers use the client that the application used before gunicorn forked them, or leave it
    alone, and end without a word about what they inherited."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
        process = start_gunicorn(sandbox, listener, worker)
        answering = set[str]()
        with ThreadPoolExecutor(8) as pool:
            while len(answering) < 2:
                answering.update(pool.map(ask, [url] * 30))
        process.terminate()
        code, _, stderr = outcome(process)
    assert code == 0
    assert str(process.pid) not in answering
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


def ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as response:
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


def test_ctrl_c_just_before_the_wait() -> None:
    """A signal that does not wake the thread which waits is seen all the same, soon after."""
    with StalledServer() as server:
        process = start("interrupted.py", server.base_url, "unnoticed")
        assert server.left.wait(20)
        assert outcome(process) == (0, "interrupted", "")


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
    """Exit cancels every call; one that goes on all the same keeps the process for a moment."""
    code, stdout, _ = outcome(start("exits.py", sandbox.base_url, "stubborn"))
    assert (code, stdout) == (0, "calling\ncancelled")


def test_calls_from_exit_handlers(sandbox: Sandbox) -> None:
    """Handlers that are younger than the import still make calls; older ones are refused."""
    code, stdout, stderr = outcome(start("at_exit.py", sandbox.base_url))
    assert (code, stderr) == (0, "")
    assert stdout.splitlines() == [
        "early ok",
        "late the interpreter is exiting, so no call can be made",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_processes_of_a_pool(sandbox: Sandbox, method: str) -> None:
    """Each makes calls, and an error raised there arrives as itself, with what it knows.

    From Python 3.14 on, forkserver is the way in which Linux starts them.
    """
    process = start("start_methods.py", sandbox.base_url, method, flags=FORKING)
    assert outcome(process) == (0, "True 404 GET", "")
