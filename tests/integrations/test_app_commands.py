"""A person can try the example apps: one command, one page."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from places import ROOT
from sdk_helpers import free_port

APPS = ("fastapi_app", "aiohttp_app", "django_app")
SOURCES = {"fastapi_app": "app.py", "aiohttp_app": "app.py", "django_app": "views.py"}


@contextmanager
def started(app: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
    """Run the command that the app's file names; gives the address that it says to open."""
    source = (ROOT / "tests" / "apps" / app / SOURCES[app]).read_text()
    command = re.search(r"To try it: python (-m \S+?)\"\"\"", source)
    assert command is not None
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", *command[1].split(), str(free_port())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("open ").strip()
    finally:
        process.kill()
        process.communicate()


def ask(url: str, token: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the app for JSON, waiting until it is up."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def wait_for(url: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nobody answers at {url}")


@pytest.mark.slow
@pytest.mark.parametrize("app", APPS)
def test_each_command_runs(app: str) -> None:
    """One command starts the app and a sandbox; the page opens, the token signs, Ctrl-C ends it."""
    with started(app) as (process, url):
        base, token = url.split("/#token=")
        assert "<title>Wallets</title>" in wait_for(f"{base}/")
        (wallet,) = ask(f"{base}/api/wallets", token)
        body = {"wallet_id": wallet["id"], "message": "hello"}
        assert ask(f"{base}/api/sign", token, body)["signature"].startswith("0x")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    # Django's runserver leaves the socket on which it listens to the garbage collector.
    listening = f"laddr=('127.0.0.1', {base.rpartition(':')[2]})>"
    complaints = [line for line in stderr.splitlines() if listening not in line]
    assert not re.search("Traceback|nclosed|Warning", "\n".join(complaints)), stderr


@pytest.mark.slow
def test_the_page_in_a_browser() -> None:
    """In a browser the page logs in with the token of its address, and lists the wallets."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with started("fastapi_app") as (_, url):
        base, token = url.split("/#token=")
        wait_for(f"{base}/")
        (wallet,) = ask(f"{base}/api/wallets", token)
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000")
        page = subprocess.run(
            [chromium, *options, "--dump-dom", url], capture_output=True, text=True, timeout=50
        ).stdout
    assert f'<option value="{wallet["id"]}">{wallet["address"]}</option>' in page
    assert 'id="who">did:privy:' in page
