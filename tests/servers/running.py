"""Servers as processes, and the members of the product that use them."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from places import TESTS
from sdk_helpers import free_port

from privy_async.sandbox import Sandbox

UVICORN = ("-m", "uvicorn", "--workers", "2", "--ws", "none", "--log-level", "warning")
GUNICORN = ("-m", "gunicorn", "--preload", "--workers", "2", "--no-control-socket",
            "--log-level", "warning", "--graceful-timeout", "20")  # fmt: skip


@attrs.frozen
class ServerKind:
    """How a server is started, and what it can do.

    Attributes:
        command: What Python gets; `{port}` stands for the port.
        prefix: What the addresses of the product begin with.
        processes: How many of them answer.
        at_once: How many requests it works on at the same time, at least.
        reloads: Whether SIGHUP replaces its workers.
    """

    command: tuple[str, ...]
    prefix: str = ""
    processes: int = 2
    at_once: int = 20
    reloads: bool = True


KINDS = {
    "uvicorn": ServerKind((*UVICORN, "--port", "{port}", "servers.fastapi_server:app")),
    "aiohttp": ServerKind(
        (str(TESTS / "servers" / "aiohttp_server.py"), "{port}"), processes=1, reloads=False
    ),
    "gunicorn-sync": ServerKind(
        (*GUNICORN, "--bind", "127.0.0.1:{port}", "servers.django_server:wsgi"), at_once=2
    ),
    "gunicorn-gthread": ServerKind(
        (*GUNICORN, "--threads", "8", "--bind", "127.0.0.1:{port}", "servers.django_server:wsgi")
    ),
    "django-asgi": ServerKind(
        (*UVICORN, "--lifespan", "off", "--port", "{port}", "servers.django_server:asgi"),
        prefix="/async",
    ),
}


@attrs.define
class RunningServer:
    """A server process, and all it has written."""

    url: str
    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    @property
    def complaints(self) -> list[str]:
        """What it wrote to standard error, without what is the server's own affair."""
        port = self.url.rpartition(":")[2]
        # Gunicorn tells that its workers were ended, uvicorn leaves the socket on which it listens
        # to the garbage collector, and debug mode reports callbacks that take long.
        fine = re.compile(
            rf"was sent SIG(TERM|HUP|QUIT)|laddr=\('127.0.0.1', {port}\)>|^Executing <|^$"
        )
        return [line for line in self.stderr.splitlines() if not fine.search(line)]

    def stop(self) -> None:
        """End it as an operator would, and wait until it has ended."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def running(
    kind: ServerKind, sandbox: Sandbox, *flags: str, **environment: str
) -> Generator[RunningServer]:
    """Start a server, wait until it answers, and make sure that it ends."""
    port = str(free_port())
    command = [sys.executable, *flags, *(part.format(port=port) for part in kind.command)]
    variables = {
        **os.environ,
        "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}",
        "PRIVY_APP_ID": sandbox.app_id,
        "PRIVY_APP_SECRET": sandbox.app_secret,
        "PRIVY_API_BASE_URL": sandbox.base_url,
        **environment,
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                command,
                cwd=TESTS,
                env=variables,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        server = RunningServer(f"http://127.0.0.1:{port}", process, folder)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            end_all(process)


def wait_until_it_answers(server: RunningServer) -> None:
    for _ in range(300):
        assert server.process.poll() is None, server.stderr
        try:
            with urllib.request.urlopen(f"{server.url}/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer: {server.stderr}")


def end_all(process: "subprocess.Popen[bytes]") -> None:
    """End the process and what it started, which are a group of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(10)
