"""The accounts of the ecosystem: each needs its own library, and none other."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LIBRARIES = {"eth_account", "web3", "solders", "solana", "x402", "fastapi", "django", "celery"}
NEEDS = {
    "privy_async.integrations.web3": {"web3", "eth_account"},
    "privy_async.integrations.solders": {"solders"},
    "privy_async.integrations.eth_account": {"eth_account"},
    "privy_async.integrations.x402": {"x402", "eth_account", "web3"},
    "privy_sync.integrations.eth_account": {"eth_account"},
    "privy_sync.integrations.web3": {"web3", "eth_account"},
    "privy_sync.integrations.x402": {"x402", "eth_account", "web3", "requests"},
    "privy_sync.integrations.solders": {"solders"},
}
PROGRAM = """
import importlib, sys
module, *missing = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing))
importlib.import_module(module)
"""


@pytest.mark.parametrize("module", NEEDS)
def test_imports(module: str) -> None:
    """It can be imported where no other library is installed."""
    subprocess.run([sys.executable, "-c", PROGRAM, module, *LIBRARIES - NEEDS[module]], check=True)


@pytest.mark.parametrize("module", NEEDS)
def test_what_is_missing(module: str) -> None:
    """Without its library, the error names it."""
    command = [sys.executable, "-c", PROGRAM, module, *NEEDS[module]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *_, error = done.stderr.splitlines()
    assert error.startswith("ModuleNotFoundError")
    assert any(name in error for name in NEEDS[module])
