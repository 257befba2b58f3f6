"""What Aptos wallets sign."""

from typing import Unpack

import attrs

from privy_async.call import MoneyOptions
from privy_async.resources.rpc import RpcResource, hex_text
from privy_async.values import Value


@attrs.frozen(kw_only=True)
class SignedAptosTransaction(Value):
    """A signed transaction: 0x hex of its BCS, with the Ed25519 signature. `encoding` is "hex"."""

    signed_transaction: str
    encoding: str


class Aptos(RpcResource):
    """Reached as `privy.wallets.aptos`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedAptosTransaction:
        """Sign a raw transaction, which you broadcast: BCS as bytes, or as 0x hex."""
        params = {"transaction": hex_text(transaction, argument="transaction")}
        body = {"method": "aptos_signTransaction", "params": params}
        return await self._rpc(SignedAptosTransaction, wallet_id, body, options)
