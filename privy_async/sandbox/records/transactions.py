"""The ledger: the transactions that wallets sent."""

from collections.abc import Mapping

import attrs

from privy_async.sandbox.records.json_types import Json


@attrs.frozen
class Transaction:
    """An entry of the ledger: a transaction that a wallet sent. Time in ms.

    Attributes:
        content: What was sent, decoded.
        sponsored: Whether the app paid for it.
    """

    id: str
    wallet_id: str
    caip2: str
    transaction_hash: str | None
    reference_id: str | None
    created_at: int
    content: Mapping[str, object]
    status: str = "broadcasted"
    sponsored: bool = False

    def to_json(self) -> Json:
        """The transaction as Privy answers it."""
        return {
            "id": self.id,
            "wallet_id": self.wallet_id,
            "caip2": self.caip2,
            "transaction_hash": self.transaction_hash,
            "user_operation_hash": None,
            "status": self.status,
            "sponsored": self.sponsored,
            "reference_id": self.reference_id,
            "created_at": self.created_at,
        }
