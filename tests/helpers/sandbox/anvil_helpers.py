"""Anvil in tests: where it is, which processes of it there are, and one by itself."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ANVIL = shutil.which("anvil")
needs_anvil = pytest.mark.skipif(ANVIL is None, reason="anvil is not on PATH: make test-anvil")


def anvils() -> list[int]:
    """The processes that sandboxes have started to run anvil, in the folder of the test."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue  # It has ended meanwhile.
        if os.fsencode(f"{tempfile.gettempdir()}/privy-anvil-") in command:
            found.append(int(path.parent.name))
    return found


def commands() -> list[str]:
    """Their command lines."""
    return [Path(f"/proc/{each}/cmdline").read_text() for each in anvils()]


def left_behind() -> list[str]:
    """The names in the folder for temporary files, which is `own_folder`."""
    return [path.name for path in Path(tempfile.gettempdir()).iterdir()]


def bytes_written() -> int:
    """The size of all files there."""
    return sum(path.stat().st_size for path in Path(tempfile.gettempdir()).rglob("*"))


@contextmanager
def anvil_alone(chain_id: int, *options: str) -> Iterator[str]:
    """The JSON-RPC address of an anvil of its own, which is no sandbox's."""
    assert ANVIL is not None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [ANVIL, "--quiet", "--port", str(port), "--chain-id", str(chain_id), *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(port)
            yield url
        finally:
            process.kill()


def wait_for(port: int) -> None:
    """Wait until something listens there."""
    for _ in range(1000):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.01)
    raise AssertionError(f"nothing listens on port {port}")
