"""What TRON wallets sign and send."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.resources.wallets.rpc import RpcResource, SignedTransaction
from privy_async.sending.call import OMIT, MoneyOptions, Omit, given
from privy_async.values import Value


class TransferContract(TypedDict):
    """A TRX transfer: addresses in 41-prefixed hex, `amount` in sun. `type` names it."""

    type: str
    owner_address: str
    to_address: str
    amount: int


class TriggerSmartContract(TypedDict):
    """A contract call: addresses in 41-prefixed hex, `data` in hex, `call_value` in sun."""

    type: str
    owner_address: str
    contract_address: str
    data: NotRequired[str]
    call_value: NotRequired[int]


Contract: TypeAlias = TransferContract | TriggerSmartContract


class RawData(TypedDict):
    """A TRON transaction. Times are Unix ms, `fee_limit` is in sun, the block reference in hex.

    To sign only, `ref_block_bytes`, `ref_block_hash` and `expiration` are needed; to send,
    Privy fills them in.
    """

    contract: Sequence[Contract]
    ref_block_bytes: NotRequired[str]
    ref_block_hash: NotRequired[str]
    expiration: NotRequired[int]
    timestamp: NotRequired[int]
    fee_limit: NotRequired[int]
    data: NotRequired[str]


class SentTronTransaction(Value):
    """A transaction that was broadcast, which does not mean confirmed. `hash` is hex."""

    hash: str
    caip2: str | None = None
    transaction_id: str | None = None
    reference_id: str | None = None


class Tron(RpcResource):
    """Reached as `privy.wallets.tron`."""

    async def sign_transaction(
        self, wallet_id: str, raw_data: RawData | Mapping[str, Any], **options: Unpack[MoneyOptions]
    ) -> SignedTransaction:
        """Sign a transaction without sending it: hex of its raw data and the 65-byte signature.

        Raises:
            InvalidArgumentError: `ref_block_bytes`, `ref_block_hash` or `expiration` is missing.
        """
        checked = _check(raw_data)
        for field in ("ref_block_bytes", "ref_block_hash", "expiration"):
            if field not in checked:
                raise InvalidArgumentError(f"raw_data.{field}", "is needed to sign")
        return await self._rpc(
            SignedTransaction, "tron_signTransaction", wallet_id, {"raw_data": checked}, options
        )

    async def send_transaction(
        self,
        wallet_id: str,
        raw_data: RawData | Mapping[str, Any],
        *,
        caip2: str | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SentTronTransaction:
        """Sign and broadcast a transaction. It returns once broadcast, not once confirmed.

        Args:
            wallet_id: The wallet.
            raw_data: The transaction; the block reference may be left out.
            caip2: The network, such as `tron:0xcd8690dc` (Nile); mainnet if left out.
            reference_id: Your own id for it, 1 to 64 characters.
            **options: See `MoneyOptions`.
        """
        if caip2 is not OMIT and not (isinstance(caip2, str) and caip2.startswith("tron:")):
            raise InvalidArgumentError("caip2", "expected a network such as tron:0xcd8690dc")
        params = given(raw_data=_check(raw_data), reference_id=reference_id)
        return await self._rpc(
            SentTronTransaction, "tron_sendTransaction", wallet_id, params, options, caip2=caip2
        )


def _check(raw_data: RawData | Mapping[str, Any]) -> Mapping[str, Any]:
    if not is_object(raw_data):
        raise InvalidArgumentError("raw_data", "expected a mapping")
    if not raw_data.get("contract"):
        raise InvalidArgumentError("raw_data.contract", "expected a list of one contract")
    return raw_data
