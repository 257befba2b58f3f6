"""Sentry, rich and structlog, asked to show the locals of every error's frames, show no secret."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

SCRIPT = Path(__file__).with_name("error_trackers.py")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_secret_reaches_an_error_tracker() -> None:
    """A process of its own, since Sentry changes what it observes: its default integrations."""
    helpers = ROOT / "tests" / "helpers"
    paths = os.pathsep.join(map(str, (ROOT, helpers, helpers / "sandbox", helpers / "servers")))
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert seen["planted"] == [True, True, True], "each of them shows a secret that is in a frame"
    assert min(seen["told"].values()) > 100
    assert seen["locals"] == seen["told"]["sentry"], "each event has locals"
    assert seen["leaks"] == {"sentry": [], "rich": [], "structlog": []}
