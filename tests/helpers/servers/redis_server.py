"""A real Redis for tests: on a free port of 127.0.0.1, empty, and gone after the test."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest


class RedisServer:
    """A process of redis-server that keeps nothing on disk, unless its settings say so.

    Attributes:
        url: Such as "redis://127.0.0.1:49152"; the same after a restart.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self._port}"
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it with what it has kept, and wait until it answers."""
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", *self._settings]
        process = subprocess.Popen(
            ["redis-server", *options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + 20
        try:
            while not self._answers():
                assert time.monotonic() < end, "redis-server does not start"
                assert process.poll() is None, "redis-server has ended"
                time.sleep(0.02)
        finally:
            self._process = process

    @property
    def is_running(self) -> bool:
        """True while it is started, and not killed."""
        return self._process is not None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)

    def client(self) -> Any:
        """A client for the test's own questions, in sync; the caller closes it."""
        return pytest.importorskip("redis").Redis.from_url(self.url)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""The settings of a Redis that loses nothing that it has confirmed."""


def new_redis_server(folder: Path, *settings: str) -> RedisServer:
    """A Redis to start with `with`; the test is skipped where there is none."""
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    folder.mkdir(exist_ok=True)
    return RedisServer(folder, *settings)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of its own for each test."""
    with new_redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def durable_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of its own for each test, fit for journals."""
    with new_redis_server(tmp_path / "redis", *DURABLE) as server:
        yield server
