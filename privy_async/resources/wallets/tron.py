"""Methods by which TRON wallets sign and send."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.encodings.addresses import format_tron_account
from privy_async.encodings.chains import check_tron_chain
from privy_async.encodings.numbers import check_integer
from privy_async.encodings.texts import bare_hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.resources.fields import UncheckedFields, format_input
from privy_async.resources.wallets.rpc import RpcResource, SignedTransaction
from privy_async.sending.call import OMIT, MoneyOptions, Omit, given
from privy_async.values import Value

_Account: TypeAlias = Annotated[str, format_tron_account]
_Hex: TypeAlias = Annotated[bytes | str, bare_hex_text]
_Integer: TypeAlias = Annotated[int, check_integer]


class TransferContract(TypedDict):
    """A TRX transfer: addresses in base58check or 41-prefixed hex, `amount` in sun."""

    type: Literal["TransferContract"]
    owner_address: _Account
    to_address: _Account
    amount: _Integer


class TriggerSmartContract(TypedDict):
    """A contract call: addresses in base58check or 41-prefixed hex, `call_value` in sun.

    `data` is bytes or hex, `token_id` a TRC-10 token of which `call_token_value` is sent along.
    """

    type: Literal["TriggerSmartContract"]
    owner_address: _Account
    contract_address: _Account
    data: NotRequired[_Hex]
    call_value: NotRequired[_Integer]
    token_id: NotRequired[_Integer]
    call_token_value: NotRequired[_Integer]


TronContract: TypeAlias = TransferContract | TriggerSmartContract


class RawData(TypedDict):
    """A TRON transaction. Times are Unix ms, `fee_limit` is in sun; bytes may be given as hex.

    To sign only, `ref_block_bytes`, `ref_block_hash` and `expiration` are needed; to send,
    Privy fills them in.
    """

    contract: Sequence[TronContract]
    ref_block_bytes: NotRequired[_Hex]
    ref_block_hash: NotRequired[_Hex]
    expiration: NotRequired[_Integer]
    timestamp: NotRequired[_Integer]
    fee_limit: NotRequired[_Integer]
    data: NotRequired[_Hex]


class SentTronTransaction(Value):
    """A transaction that was broadcast, which does not mean confirmed. `hash` is hex."""

    hash: str
    caip2: str | None = None
    transaction_id: str | None = None
    reference_id: str | None = None


class Tron(RpcResource):
    """Reached as `privy.wallets.tron`."""

    async def sign_transaction(
        self, wallet_id: str, raw_data: RawData | UncheckedFields, **options: Unpack[MoneyOptions]
    ) -> SignedTransaction:
        """Sign a transaction without sending it: hex of its raw data and the 65-byte signature.

        Raises:
            InvalidArgumentError: `ref_block_bytes`, `ref_block_hash` or `expiration` is missing.
        """
        checked = _format(raw_data)
        for field in ("ref_block_bytes", "ref_block_hash", "expiration"):
            if field not in checked:
                raise InvalidArgumentError(f"raw_data.{field}", "is needed to sign")
        return await self._rpc(
            SignedTransaction, "tron_signTransaction", wallet_id, {"raw_data": checked}, options
        )

    async def send_transaction(
        self,
        wallet_id: str,
        raw_data: RawData | UncheckedFields,
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
        if caip2 is not OMIT:
            caip2 = check_tron_chain(caip2)
        params = given(raw_data=_format(raw_data), reference_id=reference_id)
        return await self._rpc(
            SentTronTransaction, "tron_sendTransaction", wallet_id, params, options, caip2=caip2
        )


def _format(raw_data: object) -> Mapping[str, Any]:
    formatted: Mapping[str, Any] = format_input(RawData, raw_data, argument="raw_data")
    if not formatted.get("contract"):
        raise InvalidArgumentError("raw_data.contract", "expected a list of one contract")
    return formatted
