"""The sandbox's command, started as a process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from places import ROOT

COMMAND = [sys.executable, "-W", "error", "-m", "privy_async.sandbox"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start the sandbox on a free port, and read its ready line."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()
