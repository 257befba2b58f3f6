"""The scripts of tests/processes, run as processes of their own."""

import os
import subprocess
import sys

from places import ROOT

STRICT = ("-X", "dev", "-W", "error")


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
