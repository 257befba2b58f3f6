"""Methods by which XRP Ledger wallets sign."""

import re
from typing import Final, Unpack

from privy_async.encodings.texts import hex_digits
from privy_async.errors import InvalidArgumentError
from privy_async.resources.wallets.rpc import RpcResource, SignedTransaction
from privy_async.sending.call import MoneyOptions

_HEX: Final = re.compile("(?:[0-9a-fA-F]{2})+")


class SignedXrplTransaction(SignedTransaction):
    """A signed transaction, and its signature alone, both hex."""

    txn_signature: str | None = None


class Xrpl(RpcResource):
    """Reached as `privy.wallets.xrpl`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedXrplTransaction:
        """Sign a serialized transaction, which you submit: bytes, or hex as the ledger writes it.

        https://xrpl.org/docs/references/protocol/binary-format
        """
        params = {"transaction": _hex(transaction), "encoding": "hex"}
        return await self._rpc(
            SignedXrplTransaction, "xrpl_signTransaction", wallet_id, params, options
        )


def _hex(transaction: object) -> str:
    if isinstance(transaction, (bytes, bytearray)) and transaction:
        return hex_digits(transaction).upper()
    if isinstance(transaction, str) and _HEX.fullmatch(transaction):
        return transaction
    raise InvalidArgumentError("transaction", "expected bytes, or hex without 0x")
