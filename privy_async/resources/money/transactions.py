"""Transactions: those that wallets have sent, what became of them, and what came in.

https://docs.privy.io/api-reference/transactions/get
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Literal, TypeAlias, Unpack

from privy_async.errors import InvalidArgumentError, TransactionFailedError
from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.resources.waiting import poll
from privy_async.sending.call import CallOptions
from privy_async.values import Value

TransactionGoal: TypeAlias = Literal["broadcasted", "confirmed", "finalized"]

_PROGRESS: Final = ("broadcasted", "confirmed", "finalized")
_FAILURES: Final = ("execution_reverted", "failed", "provider_error", "replaced")


class _Transaction(Value):
    wallet_id: str | None = None
    caip2: str | None = None
    status: str | None = None
    created_at: int | None = None
    transaction_hash: str | None = None
    user_operation_hash: str | None = None
    sponsored: bool | None = None


class Transaction(_Transaction):
    """A transaction of a wallet. `created_at` is Unix ms.

    `status` is "pending", "broadcasted", "confirmed" (in a block) or "finalized"; or, if it
    failed, "execution_reverted", "failed", "provider_error" or "replaced" (by another one with
    its nonce).
    """

    id: str
    reference_id: str | None = None


class TransactionDetails(Value):
    """A movement by a transaction; `type` is "transfer_sent" or "transfer_received".

    `raw_value` is in smallest units, with so many decimals; `display_values` are decimal strings.
    """

    type: str
    sender: str | None = None
    sender_privy_user_id: str | None = None
    recipient: str | None = None
    recipient_privy_user_id: str | None = None
    chain: str | None = None
    asset: str | None = None
    raw_value: str | None = None
    raw_value_decimals: int | None = None
    display_values: Mapping[str, str] | None = None


class WalletTransaction(_Transaction):
    """A transaction of a wallet. `created_at` is Unix ms.

    `privy_transaction_id` is None if it was not sent through Privy; `privy.transactions` takes it.
    """

    details: TransactionDetails | None = None
    privy_transaction_id: str | None = None


class Transactions(Resource):
    """Reached as `privy.transactions`. `wallets.transactions` lists those of a wallet."""

    async def get(self, transaction_id: str, **options: Unpack[CallOptions]) -> Transaction:
        """Return a transaction by Privy's id, the `transaction_id` of what sent it."""
        return await self._request(Transaction, "GET /v1/transactions/{transaction_id}", locals())

    async def get_by_reference_id(
        self, reference_id: str, **options: Unpack[CallOptions]
    ) -> tuple[Transaction, ...]:
        """Return the transactions that were sent with your `reference_id`; none if none were."""
        return await self._request_all(
            Transaction, "GET /v1/transactions", locals(), within="transactions"
        )

    async def wait(
        self, transaction_id: str, *, until: TransactionGoal = "confirmed", timeout: float = 120.0
    ) -> Transaction:
        """Wait for a transaction to come so far, or further, and return it then.

        Args:
            transaction_id: Privy's id, the `transaction_id` of what sent it.
            until: "broadcasted", "confirmed" (in a block) or "finalized" (cannot be undone).
            timeout: Seconds in all.

        Raises:
            TransactionFailedError: It failed.
            WaitTimeoutError: It has not come so far in time, but may yet.
        """
        if until not in _PROGRESS:
            raise InvalidArgumentError("until", f"expected one of {', '.join(_PROGRESS)}")
        fetch = partial(self.get, transaction_id)
        return await poll(
            fetch,
            done=partial(_has_reached, until),
            timeout=timeout,
            clock=self._clock,
        )


class WalletTransactions(Resource):
    """Reached as `privy.wallets.transactions`. `privy.transactions` has those sent by Privy."""

    def list(
        self,
        wallet_id: str,
        *,
        chain: str,
        asset: str | Sequence[str] | None = None,
        token: str | Sequence[str] | None = None,
        tx_hash: str | None = None,
        include_archived: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[WalletTransaction]:
        """List what came in and went out on a chain. The official SDKs call this `get`.

        Args:
            wallet_id: The wallet.
            chain: Such as "base".
            asset: One or some, such as "usdc"; this or `token` must be given.
            token: Up to ten contracts' addresses.
            tx_hash: Only the transaction with this hash.
            include_archived: Look among archived wallets too.
            limit: How many a page holds, at most 100.
            cursor: Where to begin: the `next_cursor` of a page.
            **options: See `CallOptions`.
        """
        return self._list(
            WalletTransaction,
            "GET /v1/wallets/{wallet_id}/transactions",
            locals(),
            within="transactions",
        )


def _has_reached(goal: TransactionGoal, transaction: Transaction) -> bool:
    status = transaction.status
    if status in _FAILURES:
        raise TransactionFailedError(
            f"transaction {transaction.id} has failed: {status}", transaction
        )
    return status in _PROGRESS[_PROGRESS.index(goal) :]
