"""A payroll that the tests of journals run, in either face of the SDK."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

import privy_async.bulk
import privy_sync.bulk
from privy_async.bulk import BulkResult
from privy_async.sandbox import Sandbox

RPC = "/v1/wallets/*/rpc"
RECEIVER = "0x" + "5a" * 20


@attrs.define
class Payroll:
    """Sends as many wei as each item says, once; retries nothing by itself."""

    face: str
    sandbox: Sandbox
    wallet_id: str
    journal: Any

    def run(self, *amounts: int, **options: Any) -> Sequence[BulkResult[int, str]]:
        """Run it, and return what came of each amount."""
        every = {"run_id": "pay", "key": str, "journal": self.journal, **options}
        if self.face == "async":
            return asyncio.run(self._run_async(amounts, every))
        with self.sandbox.sync_client(max_retries=0) as privy:

            def pay(amount: int, key: str) -> str:
                return privy.wallets.ethereum.send_transaction(**self._payment(amount, key)).hash

            return privy_sync.bulk.call_each(amounts, pay, **every)

    async def _run_async(
        self, amounts: Iterable[int], options: dict[str, Any]
    ) -> Sequence[BulkResult[int, str]]:
        async with self.sandbox.client(max_retries=0) as privy:

            async def pay(amount: int, key: str) -> str:
                payment = self._payment(amount, key)
                return (await privy.wallets.ethereum.send_transaction(**payment)).hash

            return await privy_async.bulk.call_each(amounts, pay, **options)

    def _payment(self, amount: int, key: str) -> dict[str, Any]:
        return {
            "wallet_id": self.wallet_id,
            "transaction": {"to": RECEIVER, "value": amount},
            "caip2": "eip155:8453",
            "reference_id": str(amount),
            "idempotency_key": key,
        }

    @property
    def paid(self) -> list[int]:
        """What was executed, as the ledger has it."""
        sent = self.sandbox.state.transactions.values()
        return sorted(int(str(each.reference_id)) for each in sent)
