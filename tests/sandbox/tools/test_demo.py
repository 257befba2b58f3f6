"""The demo tells what it does, and can stay open."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from places import ROOT

from privy_async.sandbox import demo

COMMAND = [sys.executable, "-W", "error", "-m", "privy_async.sandbox.demo"]


def recipe(privy: str) -> str:
    """What is not shown."""
    # Neither is this, as it says nothing of the calls.
    wallet = {
        "owner": privy,  # a comment beside the code is shown
    }
    return str(wallet)


def test_the_code_of_a_step() -> None:
    """The lines between a function's docstring and its `return`, as they stand there."""
    shown = 'wallet = {\n    "owner": privy,  # a comment beside the code is shown\n}'
    assert demo.code_of(recipe) == shown


@contextmanager
def demonstrating(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_it_tells_what_it_does() -> None:
    """Eight steps, each but the first with its code; errors are short; the end says what next."""
    with demonstrating() as process:
        output, errors = process.communicate(timeout=50)
    assert (process.returncode, errors) == (0, "")
    steps = output.split("\n\n")
    titles = [step.strip().partition(". ")[0] for step in steps[:8]]
    assert titles == [str(number) for number in range(1, 9)]
    assert all("    | " in step for step in steps[1:8])
    told = [line for line in output.splitlines() if "Error" in line or "adds:" in line]
    assert len(told) == 2
    assert max(map(len, told)) < 200
    assert "What next?" in steps[-1]
    for command in ("privy-sandbox --user alice", "make demo KEEP=1", "privy-async doctor"):
        assert command in steps[-1]


@pytest.mark.slow
def test_it_stays_open_if_asked_to() -> None:
    """With --keep the sandbox serves on, with what to paste, until Ctrl-C ends it well."""
    with demonstrating("--keep") as process:
        assert process.stdout is not None
        lines = list[str]()
        while not lines or "until Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        exports = next(line for line in lines if line.startswith("export PRIVY_APP_ID="))
        url = exports.rpartition("PRIVY_API_BASE_URL=")[2].strip()
        with urllib.request.urlopen(f"{url}/health") as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert "What next?" in output
