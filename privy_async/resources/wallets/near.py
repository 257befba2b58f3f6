"""Methods by which NEAR wallets sign."""

from typing import Unpack

from privy_async.encodings.texts import base64_text
from privy_async.resources.wallets.rpc import RpcResource, SignedTransaction
from privy_async.sending.call import MoneyOptions


class Near(RpcResource):
    """Reached as `privy.wallets.near`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedTransaction:
        """Sign a transaction, which you broadcast: Borsh as bytes, or base64 of it as str."""
        params = {"transaction": base64_text(transaction, argument="transaction")}
        return await self._rpc(
            SignedTransaction, "near_signTransaction", wallet_id, params, options
        )
