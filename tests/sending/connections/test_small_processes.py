"""Calls in processes of their own: one that lacks OpenTelemetry, one that forks."""

import sys
from collections.abc import Iterator

import pytest
from python_processes import outcome, start

from privy_async.sandbox import Sandbox


@pytest.fixture(scope="module")
def wallet() -> Iterator[tuple[str, str]]:
    """The URL of a sandbox, and the id of a wallet in it."""
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        yield sandbox.base_url, privy.wallets.create(chain_type="ethereum").id


def test_calls_need_no_opentelemetry(wallet: tuple[str, str]) -> None:
    """Where it is not installed, nothing is told, and calls end as ever."""
    code, stdout, stderr = outcome(start("without_opentelemetry.py", *wallet))
    assert (code, stdout.split("\n"), stderr) == (0, [wallet[1], "not found"], "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
def test_a_child_leaves_its_parents_connection_alone(wallet: tuple[str, str]) -> None:
    """It drops the client without a word and without closing: the parent's next call works."""
    code, stdout, stderr = outcome(
        start("fork_with_a_connection.py", *wallet, flags=("-W", "error"))
    )
    assert (code, stdout, stderr) == (0, wallet[1], "")
