"""Transactions that wallets have sent, and what became of them.

https://docs.privy.io/api-reference/transactions/get
"""

from functools import partial
from typing import Final, Literal, TypeAlias, Unpack

from privy_async.call import CallOptions
from privy_async.errors import InvalidArgumentError, TransactionFailedError
from privy_async.resources.resource import Resource
from privy_async.resources.waiting import poll
from privy_async.values import Value

TransactionGoal: TypeAlias = Literal["broadcasted", "confirmed", "finalized"]

_PROGRESS: Final = ("broadcasted", "confirmed", "finalized")
_FAILURES: Final = ("execution_reverted", "failed", "provider_error", "replaced")


class Transaction(Value):
    """A transaction of a wallet. `created_at` is Unix ms.

    `status` is "pending", "broadcasted", "confirmed" (in a block) or "finalized"; or, if it
    failed, "execution_reverted", "failed", "provider_error" or "replaced" (by another one with
    its nonce).
    """

    id: str
    wallet_id: str
    caip2: str
    status: str
    created_at: int
    transaction_hash: str | None = None
    user_operation_hash: str | None = None
    reference_id: str | None = None
    sponsored: bool | None = None


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
        return await poll(
            partial(self.get, transaction_id), done=partial(_has_reached, until), timeout=timeout
        )


def _has_reached(goal: TransactionGoal, transaction: Transaction) -> bool:
    status = transaction.status
    if status in _FAILURES:
        raise TransactionFailedError(
            f"transaction {transaction.id} has failed: {status}", transaction
        )
    return status in _PROGRESS[_PROGRESS.index(goal) :]
