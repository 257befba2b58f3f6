"""x402's payments on Solana with a Privy wallet; run in x402's environment."""

import asyncio
import json
import sys
from functools import partial
from importlib.metadata import version
from typing import Any

from solana.rpc.api import Client
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from spl.token.instructions import get_associated_token_address
from x402 import x402ClientSync, x402FacilitatorSync
from x402.mechanisms.svm.exact import ExactSvmScheme
from x402.mechanisms.svm.exact.register import register_exact_svm_facilitator
from x402.mechanisms.svm.signers import FacilitatorKeypairSigner
from x402.schemas import PaymentRequired, PaymentRequirements

from privy_async import PrivyClient
from privy_async.integrations.solders import PrivySigner
from privy_sync import PrivyClient as SyncPrivyClient
from privy_sync.integrations.solders import PrivySigner as SyncPrivySigner

NETWORK = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
FACILITATOR = Keypair.from_seed(b"\xfa" * 32)
SELLER = Keypair.from_seed(b"\x5a" * 32).pubkey()


def required() -> PaymentRequired:
    """A cent, in USDC."""
    accepted = {
        "scheme": "exact", "network": NETWORK, "asset": USDC, "amount": "10000",
        "payTo": str(SELLER), "maxTimeoutSeconds": 60,
        "extra": {"feePayer": str(FACILITATOR.pubkey())},
    }  # fmt: skip
    return PaymentRequired(accepts=[PaymentRequirements.model_validate(accepted)])


def paying(signer: Any, rpc_url: str) -> Any:
    """The payment that x402's client makes with a signer."""
    client = x402ClientSync()
    client.register(NETWORK, ExactSvmScheme(signer, rpc_url))
    return client.create_payment_payload(required())


def taken(payload: Any, rpc_url: str) -> dict[str, Any]:
    """What x402's facilitator makes of a payment."""
    facilitator = x402FacilitatorSync()
    signer = FacilitatorKeypairSigner(FACILITATOR, rpc_url)
    register_exact_svm_facilitator(facilitator, signer, NETWORK)
    verified = facilitator.verify(payload, payload.accepted)
    settled = facilitator.settle(payload, payload.accepted)
    return {
        "verified": verified.is_valid,
        "settled": settled.success,
        "payer": settled.payer,
        "problem": verified.invalid_reason or settled.error_reason,
    }


async def in_the_loop(task: dict[str, Any], report: dict[str, Any]) -> Any:
    """The async signer, of which the loop does not wait."""
    async with PrivyClient(**credentials(task)) as privy:
        alice = privy.for_user(task["jwt"])
        signer = PrivySigner(alice, await alice.wallets.get(task["wallet_id"]))
        make = partial(paying, signer, task["solana_rpc_url"])
        making = asyncio.create_task(signer.run(make))
        ticks = 0
        while not making.done():
            await asyncio.sleep(0.002)
            ticks += 1
        report["ticks"] = ticks
        return await making


def send(signer: SyncPrivySigner, chain: Client) -> bool:
    """Send a thousandth of a SOL by solana-py."""
    payer = signer.pubkey()
    pay = transfer(TransferParams(from_pubkey=payer, to_pubkey=SELLER, lamports=1_000_000))
    blockhash = chain.get_latest_blockhash().value.blockhash
    message = MessageV0.try_compile(payer, [pay], [], blockhash)
    signed = signer.sign_transaction(VersionedTransaction(message, [NullSigner(payer)]))
    before = chain.get_balance(SELLER).value
    chain.send_transaction(signed)
    return chain.get_balance(SELLER).value == before + 1_000_000


def usdc(chain: Client) -> int:
    account = get_associated_token_address(SELLER, Pubkey.from_string(USDC))
    return int(chain.get_token_account_balance(account).value.amount)


def credentials(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in ("base_url", "app_id", "app_secret")}


def main(task: dict[str, Any]) -> dict[str, Any]:
    url = task["solana_rpc_url"]
    chain = Client(url)
    before = usdc(chain)
    report: dict[str, Any] = {
        "versions": {name: version(name) for name in ("x402", "solana", "solders")}
    }
    with SyncPrivyClient(**credentials(task)) as privy:
        alice = privy.for_user(task["jwt"])
        signer = SyncPrivySigner(alice, alice.wallets.get(task["wallet_id"]))
        report["sync"] = taken(paying(signer, url), url)
        report["sent"] = send(signer, chain)
    report["async"] = taken(asyncio.run(in_the_loop(task, report)), url)
    report["paid"] = usdc(chain) - before
    return report


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
