"""Transfers as wallet actions (https://docs.privy.io/wallets/actions/overview)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transactions import Transaction

# What a ledger entry's status means for the action, for a step on an EVM and on Solana.
_ACTION_STATUS: Final = {
    "confirmed": "succeeded",
    "finalized": "succeeded",
    "execution_reverted": "failed",
}
_STEP_STATUS: Final = {
    "broadcasted": "pending",
    "confirmed": "confirmed",
    "finalized": "confirmed",
    "execution_reverted": "reverted",
}


@attrs.frozen(kw_only=True)
class Transfer:
    """A transfer that was asked for.

    Attributes:
        created_at: Unix time in ms.
        details: What is answered besides id, status and the like.
        transaction_id: The ledger entry it led to; None if it was rejected.
        rejection: Why nothing was sent.
    """

    id: str
    wallet_id: str
    created_at: int
    caip2: str
    details: Mapping[str, object]
    transaction_id: str | None = None
    rejection: str | None = None

    def to_json(self, transaction: Transaction | None, *, steps: bool) -> Json:
        """The action as Privy answers it, with what became of its transaction."""
        created_at = datetime.fromtimestamp(self.created_at / 1000, UTC)
        status = "rejected"
        if transaction is not None:
            status = _ACTION_STATUS.get(transaction.status, "pending")
        answer = {
            "id": self.id,
            "type": "transfer",
            "status": status,
            "wallet_id": self.wallet_id,
            "created_at": created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **self.details,
        }
        if self.rejection is not None:
            answer["failure_reason"] = {"message": self.rejection}
        elif status == "failed":
            answer["failure_reason"] = {"message": "The transaction was reverted"}
        if steps:
            answer["steps"] = [] if transaction is None else [self._step(transaction)]
        return answer

    def _step(self, transaction: Transaction) -> dict[str, object]:
        solana = self.caip2.startswith("solana:")
        hash_name = "transaction_signature" if solana else "transaction_hash"
        return {
            "type": "svm_transaction" if solana else "evm_transaction",
            "status": _STEP_STATUS[transaction.status],
            "caip2": self.caip2,
            hash_name: transaction.transaction_hash,
        }
