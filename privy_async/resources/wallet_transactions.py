"""What came into wallets and what left them, by Privy or not."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from privy_async.call import CallOptions
from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.values import Value


class TransactionDetails(Value):
    """What a transaction moved. `type` is "transfer_sent" or "transfer_received".

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


class WalletTransaction(Value):
    """A transaction of a wallet. `created_at` is Unix ms.

    `privy_transaction_id` is None if it was not sent through Privy; `privy.transactions` takes it.
    """

    wallet_id: str
    caip2: str
    status: str
    created_at: int
    details: TransactionDetails | None = None
    transaction_hash: str | None = None
    privy_transaction_id: str | None = None
    user_operation_hash: str | None = None
    sponsored: bool | None = None


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
