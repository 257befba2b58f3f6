"""The events of transactions and transfers, which come also while no operation runs."""

from typing import Final

from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.records.transfers import Transfer
from privy_async.sandbox.webhooks.dispatch import Webhooks

# What a transfer's answer tells and its events do not.
_ANSWERED_ONLY: Final = ("destination_amount", "amount_type")


def tell_of_transaction(webhooks: Webhooks, transaction: Transaction, status: str) -> None:
    """`transaction.broadcasted`, `transaction.confirmed` or `transaction.execution_reverted`."""
    sent = transaction.transaction_hash or transaction.content.get("transaction_hash") or ""
    reference = transaction.reference_id
    webhooks.emit(
        f"transaction.{status}",
        {
            "wallet_id": transaction.wallet_id,
            "transaction_id": transaction.id,
            "caip2": transaction.caip2,
            "transaction_hash": sent,
            **({} if reference is None else {"reference_id": reference}),
        },
    )


def tell_of_transfer(
    webhooks: Webhooks, transfer: Transfer, transaction: Transaction | None, status: str
) -> None:
    """`wallet_action.transfer.created`, `succeeded`, `rejected` or `failed`."""
    webhooks.emit(f"wallet_action.transfer.{status}", lambda: _transfer(transfer, transaction))


def _transfer(transfer: Transfer, transaction: Transaction | None) -> Json:
    pending = transaction is not None and transaction.status == "broadcasted"
    action = transfer.to_json(transaction, steps=not pending)
    return {
        "wallet_action_id": action.pop("id"),
        "action_type": action.pop("type"),
        **{name: value for name, value in action.items() if name not in _ANSWERED_ONLY},
    }
