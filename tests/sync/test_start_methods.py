"""Process pools of every start method: forkserver is Python 3.14's default on Linux."""

import multiprocessing
from collections.abc import Iterator

import pytest
from python_processes import outcome, start

from privy_async.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


# A child that starts as a copy of a process with threads is what Python 3.12 warns of.
PLAIN = ("-X", "dev", "-W", "error", "-W", "ignore:This process:DeprecationWarning")


@pytest.mark.slow
def test_workers_sign(sandbox: Sandbox) -> None:
    """Each makes a client of its own, and its errors come back as they are."""
    with sandbox.sync_client() as privy:
        wallet = privy.wallets.create(chain_type="ethereum")
    methods = [
        name
        for name in ("fork", "forkserver", "spawn")
        if name in multiprocessing.get_all_start_methods()
    ]
    process = start("forkserver_pool.py", sandbox.base_url, wallet.id, *methods, flags=PLAIN)
    code, stdout, stderr = outcome(process)
    assert (code, stderr) == (0, "")
    assert stdout.splitlines() == [*(f"{name} 404" for name in methods), "1"]
