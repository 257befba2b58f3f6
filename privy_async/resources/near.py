"""What NEAR wallets sign."""

from base64 import b64decode, b64encode
from typing import Unpack

import attrs

from privy_async.call import MoneyOptions
from privy_async.errors import InvalidArgumentError
from privy_async.resources.rpc import RpcResource
from privy_async.values import Value


@attrs.frozen(kw_only=True)
class SignedNearTransaction(Value):
    """A signed transaction: base64 of its Borsh. `encoding` is "base64"."""

    signed_transaction: str
    encoding: str


class Near(RpcResource):
    """Reached as `privy.wallets.near`."""

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedNearTransaction:
        """Sign a transaction, which you broadcast: Borsh as bytes, or base64 of it as str."""
        body = {"method": "near_signTransaction", "params": {"transaction": _base64(transaction)}}
        return await self._rpc(SignedNearTransaction, wallet_id, body, options)


def _base64(transaction: object) -> str:
    try:
        raw = b64decode(transaction, validate=True) if isinstance(transaction, str) else transaction
    except ValueError:
        raw = None
    if isinstance(raw, (bytes, bytearray)) and raw:
        return b64encode(raw).decode()
    raise InvalidArgumentError("transaction", "expected Borsh as bytes, or base64 of it")
