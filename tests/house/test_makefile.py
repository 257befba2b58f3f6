"""The Makefile: each target says what it is for, and installing shows what it does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def test_each_target_is_in_the_help() -> None:
    """Bare `make` prints them all, each with its `##` comment, and makes nothing."""
    bare = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    asked = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    shown = re.findall(r"^  ([a-z-]+) +\S.+$", bare, re.MULTILINE)
    assert sorted(shown) == sorted(phony[1].split())
    assert bare == asked


PIP = """
import sys
for number in range(25):
    print(f"Collecting package{number} (from x)")
print("Installing collected packages: package0")
print("ERROR: something broke")
sys.exit(int(sys.argv[-1]))
"""


@pytest.mark.parametrize("code", [0, 3])
def test_installing_shows_how_far_it_is(tmp_path: Path, code: int) -> None:
    """Every tenth package is a line; what pip says is shown if it fails, with its exit code."""
    pip = tmp_path / "pip.py"
    pip.write_text(PIP)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {pip} "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "install.py"), str(python), str(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stdout.splitlines() == [
        "  10 packages looked up, now package9",
        "  20 packages looked up, now package19",
        "  25 packages are here; installing them ...",
    ]
    assert ("something broke" in done.stderr) == bool(code)
