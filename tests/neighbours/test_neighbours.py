"""Libraries that take a Privy wallet, at exact versions, each in an environment of its own.

Their programs run there (`make neighbours` installs them), on a sandbox of this process.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import attrs
import pytest
from places import ROOT, TESTS
from solders.keypair import Keypair

from privy_async.resources.wallets.values import ChainType, Wallet
from privy_async.sandbox import Sandbox
from privy_sync import PrivyClient

pytestmark = [pytest.mark.peer, pytest.mark.slow]

NEIGHBOURS = ROOT / ".neighbours"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
FACILITATOR, SELLER = (Keypair.from_seed(seed * 32).pubkey() for seed in (b"\xfa", b"\x5a"))
TYPED_DATA_ONLY = {
    "name": "Actions on the exchange",
    "method": "eth_signTypedData_v4",
    "conditions": [
        {
            "field_source": "ethereum_typed_data_domain", "field": "chainId", "operator": "in",
            "value": ["1337", "421614", "0x66eee"],
        }
    ],
    "action": "ALLOW",
}  # fmt: skip


@attrs.frozen
class Stage:
    """A sandbox with a user and his wallet."""

    sandbox: Sandbox
    app: PrivyClient
    wallet: Wallet
    jwt: str = attrs.field(repr=False)

    def play(self, neighbour: str, program: str) -> dict[str, Any]:
        """Run a program in an environment; what it reports."""
        if not (NEIGHBOURS / f"{neighbour}.stamp").exists():
            pytest.skip(f"{neighbour} is not installed: make neighbours")
        task = {
            "base_url": self.sandbox.base_url,
            "app_id": self.sandbox.app_id,
            "app_secret": self.sandbox.app_secret,
            "wallet_id": self.wallet.id,
            "jwt": self.jwt,
            "evm_rpc_url": self.sandbox.evm_rpc_url(8453),
            "solana_rpc_url": self.sandbox.solana_rpc_url,
        }
        python = NEIGHBOURS / neighbour / "bin" / "python"
        done = subprocess.run(
            [python, "-W", "error::RuntimeWarning", TESTS / "neighbours" / program],
            input=json.dumps(task), capture_output=True, text=True, timeout=50, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return report


@contextmanager
def stage(chain_type: ChainType) -> Iterator[Stage]:
    with Sandbox() as sandbox, sandbox.sync_client() as app:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = app.users.create(linked_accounts=[account])
        wallet = app.wallets.create(chain_type=chain_type, owner={"user_id": user.id})
        yield Stage(sandbox, app, wallet, sandbox.issue_user_jwt("alice"))


@cache
def hyperliquid() -> dict[str, Any]:
    with stage("ethereum") as opened:
        policy = opened.app.policies.create(
            name="Typed data", version="1.0", chain_type="ethereum", rules=[TYPED_DATA_ONLY]
        )
        signing = opened.app.for_user(opened.jwt)
        signing.wallets.update(opened.wallet.id, policy_ids=[policy.id])
        report = opened.play("hyperliquid", "hyperliquid_program.py")
        return {**report, "address": opened.wallet.address}


@cache
def x402_on_solana() -> dict[str, Any]:
    with stage("solana") as opened:
        opened.sandbox.fund(opened.wallet.address, 5, caip2=SOLANA, asset="usdc")
        opened.sandbox.fund(opened.wallet.address, 1, caip2=SOLANA)
        opened.sandbox.fund(str(FACILITATOR), 1, caip2=SOLANA)
        opened.sandbox.fund(str(SELLER), 1, caip2=SOLANA)
        opened.sandbox.fund(str(SELLER), 1, caip2=SOLANA, asset="usdc")
        opened.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.2, times=None)
        report = opened.play("x402", "x402_solana_program.py")
        return {**report, "address": opened.wallet.address}


def test_hyperliquid_signs_typed_data() -> None:
    """Orders and transfers are signed by the wallet, in sync code and through the bridge."""
    report = hyperliquid()
    assert report["version"] == "0.24.0"
    assert report["order signed by"] == report["address"]
    assert report["transfer signed by"] == report["address"]
    assert report["order through the bridge signed by"] == report["address"]


def test_hyperliquid_without_the_recipe() -> None:
    """It asks for a signature of a hash, of which the policy sees nothing, so Privy refuses."""
    assert hyperliquid()["without the recipe"] == "PolicyViolationError"


def test_x402_on_solana() -> None:
    """x402 with an older solana-py and solders: its payment is signed, and settled on the chain."""
    report = x402_on_solana()
    assert report["versions"] == {"x402": "2.25.0", "solana": "0.39.0", "solders": "0.27.1"}
    for face in ("sync", "async"):
        assert report[face]["verified"] is True, report[face]
        assert report[face]["settled"] is True, report[face]
        assert report[face]["payer"] == report["address"]
    assert report["paid"] == 2 * 10_000


def test_x402_on_solana_goes_on() -> None:
    """While a payment is signed the loop does other things."""
    assert x402_on_solana()["ticks"] > 10


def test_solana_py_with_older_solders() -> None:
    """A transfer is signed by the wallet and sent by solana-py's client."""
    assert x402_on_solana()["sent"] is True
