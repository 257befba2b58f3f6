"""Methods by which Aptos wallets sign."""

from typing import Unpack

from privy_async.encodings.texts import hex_text
from privy_async.resources.wallets.rpc import RpcResource, SignedTransaction
from privy_async.sending.call import MoneyOptions


class Aptos(RpcResource):
    """Reached as `privy.wallets.aptos`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedTransaction:
        """Sign a raw transaction, which you broadcast: BCS as bytes, or as 0x hex.

        What comes back is 0x hex of its BCS, with the Ed25519 signature.
        """
        params = {"transaction": hex_text(transaction, argument="transaction")}
        return await self._rpc(
            SignedTransaction, "aptos_signTransaction", wallet_id, params, options
        )
