"""What XRP Ledger wallets sign."""

import re
from typing import Final, Unpack

import attrs

from privy_async.call import MoneyOptions
from privy_async.errors import InvalidArgumentError
from privy_async.resources.rpc import RpcResource
from privy_async.values import Value

_HEX: Final = re.compile("(?:[0-9a-fA-F]{2})+")


@attrs.frozen(kw_only=True)
class SignedXrplTransaction(Value):
    """A signed transaction, and its signature alone, both hex. `encoding` is "hex"."""

    signed_transaction: str
    txn_signature: str
    encoding: str


class Xrpl(RpcResource):
    """Reached as `privy.wallets.xrpl`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedXrplTransaction:
        """Sign a serialized transaction, which you submit: bytes, or hex as the ledger writes it.

        https://xrpl.org/docs/references/protocol/binary-format
        """
        params = {"transaction": _hex(transaction), "encoding": "hex"}
        body = {"method": "xrpl_signTransaction", "params": params}
        return await self._rpc(SignedXrplTransaction, wallet_id, body, options)


def _hex(transaction: object) -> str:
    if isinstance(transaction, (bytes, bytearray)) and transaction:
        return transaction.hex().upper()
    if isinstance(transaction, str) and _HEX.fullmatch(transaction):
        return transaction
    raise InvalidArgumentError("transaction", "expected bytes, or hex without 0x")
