"""What Spark wallets do: Bitcoin and tokens off chain, and Lightning. Amounts are in sats.

https://docs.privy.io/api-reference/wallets/spark/get-balance
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict, TypeVar, Unpack

from privy_async.call import OMIT, MoneyOptions, Omit, given
from privy_async.json_types import is_object
from privy_async.resources.rpc import RpcResource, read_rpc
from privy_async.resources.spark_values import (
    LightningInvoice,
    LightningPayment,
    SparkBalance,
    SparkDepositAddress,
    SparkDepositClaim,
    SparkDepositQuote,
    SparkSignature,
    SparkTokenTransfer,
    SparkTransfer,
    SparkWithdrawal,
    SparkWithdrawalFees,
)
from privy_async.values import Value

V = TypeVar("V", bound=Value)

SparkNetwork: TypeAlias = Literal["MAINNET", "REGTEST"]
SparkExitSpeed: TypeAlias = Literal["FAST", "MEDIUM", "SLOW"]


_RPC: Final = "/v1/wallets/{wallet_id}/rpc"


class SparkOptions(MoneyOptions, total=False):
    """`network`: the main one if left out; and `MoneyOptions`."""

    network: SparkNetwork


class TokenOutputInput(TypedDict):
    """An output of a token transaction; `token_amount` is in smallest units."""

    owner_public_key: str
    token_amount: str
    id: NotRequired[str]
    revocation_commitment: NotRequired[str]
    token_identifier: NotRequired[str]
    token_public_key: NotRequired[str]
    withdraw_bond_sats: NotRequired[int]
    withdraw_relative_block_locktime: NotRequired[int]


class SelectedOutputInput(TypedDict):
    """An output to spend, by the transaction that made it."""

    previous_transaction_hash: str
    previous_transaction_vout: int
    output: NotRequired[TokenOutputInput]


class Spark(RpcResource):
    """Reached as `privy.wallets.spark`."""

    async def get_balance(self, wallet_id: str, **options: Unpack[SparkOptions]) -> SparkBalance:
        """Return what the wallet holds."""
        return await self._do(SparkBalance, wallet_id, "getBalance", OMIT, options)

    async def transfer(
        self,
        wallet_id: str,
        *,
        receiver_spark_address: str,
        amount_sats: int,
        **options: Unpack[SparkOptions],
    ) -> SparkTransfer:
        """Send sats to a Spark address."""
        params = {"receiver_spark_address": receiver_spark_address, "amount_sats": amount_sats}
        return await self._do(SparkTransfer, wallet_id, "transfer", params, options)

    async def transfer_tokens(
        self,
        wallet_id: str,
        *,
        receiver_spark_address: str,
        token_identifier: str,
        token_amount: int,
        output_selection_strategy: Literal["SMALL_FIRST", "LARGE_FIRST"] | Omit = OMIT,
        selected_outputs: Sequence[SelectedOutputInput] | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> SparkTokenTransfer:
        """Send tokens, so many smallest units, to a Spark address."""
        params = given(
            receiver_spark_address=receiver_spark_address,
            token_identifier=token_identifier,
            token_amount=token_amount,
            output_selection_strategy=output_selection_strategy,
            selected_outputs=selected_outputs,
        )
        return await self._do(SparkTokenTransfer, wallet_id, "transferTokens", params, options)

    async def get_static_deposit_address(
        self, wallet_id: str, **options: Unpack[SparkOptions]
    ) -> SparkDepositAddress:
        """Return the Bitcoin address that fills this wallet; each payment must be claimed."""
        return await self._do(
            SparkDepositAddress, wallet_id, "getStaticDepositAddress", OMIT, options
        )

    async def get_claim_static_deposit_quote(
        self,
        wallet_id: str,
        *,
        transaction_id: str,
        output_index: int | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> SparkDepositQuote:
        """Ask what a Bitcoin payment to the deposit address would bring."""
        params = given(transaction_id=transaction_id, output_index=output_index)
        return await self._do(
            SparkDepositQuote, wallet_id, "getClaimStaticDepositQuote", params, options
        )

    async def claim_static_deposit(
        self,
        wallet_id: str,
        *,
        transaction_id: str,
        credit_amount_sats: int,
        signature: str,
        output_index: int | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> SparkDepositClaim:
        """Claim a Bitcoin payment, with what the quote for it said."""
        params = given(
            transaction_id=transaction_id,
            credit_amount_sats=credit_amount_sats,
            signature=signature,
            output_index=output_index,
        )
        return await self._do(SparkDepositClaim, wallet_id, "claimStaticDeposit", params, options)

    async def create_lightning_invoice(
        self,
        wallet_id: str,
        *,
        amount_sats: int,
        memo: str | Omit = OMIT,
        description_hash: str | Omit = OMIT,
        expiry_seconds: int | Omit = OMIT,
        include_spark_address: bool | Omit = OMIT,
        receiver_identity_pubkey: str | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> LightningInvoice:
        """Make an invoice that others pay over Lightning."""
        params = given(
            amount_sats=amount_sats,
            memo=memo,
            description_hash=description_hash,
            expiry_seconds=expiry_seconds,
            include_spark_address=include_spark_address,
            receiver_identity_pubkey=receiver_identity_pubkey,
        )
        return await self._do(
            LightningInvoice, wallet_id, "createLightningInvoice", params, options
        )

    async def pay_lightning_invoice(
        self,
        wallet_id: str,
        *,
        invoice: str,
        max_fee_sats: int,
        amount_sats_to_send: int | Omit = OMIT,
        prefer_spark: bool | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> LightningPayment | SparkTransfer:
        """Pay an invoice, over Lightning or, if that is possible, within Spark.

        `amount_sats_to_send` is for invoices that name no amount.
        """
        params = given(
            invoice=invoice,
            max_fee_sats=max_fee_sats,
            amount_sats_to_send=amount_sats_to_send,
            prefer_spark=prefer_spark,
        )
        body, others = _body("payLightningInvoice", params, options)
        path = {"wallet_id": wallet_id}
        return await self._requester.request(
            "POST", _RPC, path, body=body, options=others, read=_read_payment
        )

    async def sign_message_with_identity_key(
        self,
        wallet_id: str,
        message: str,
        *,
        compact: bool | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> SparkSignature:
        """Sign a text with the wallet's identity key."""
        params = given(message=message, compact=compact)
        return await self._do(
            SparkSignature, wallet_id, "signMessageWithIdentityKey", params, options
        )

    async def get_withdrawal_fee_quote(
        self,
        wallet_id: str,
        *,
        onchain_address: str,
        amount_sats: int,
        **options: Unpack[SparkOptions],
    ) -> SparkWithdrawalFees:
        """Ask what a withdrawal to a Bitcoin address would cost."""
        params = {"onchain_address": onchain_address, "amount_sats": amount_sats}
        return await self._do(
            SparkWithdrawalFees, wallet_id, "getWithdrawalFeeQuote", params, options
        )

    async def withdraw(
        self,
        wallet_id: str,
        *,
        onchain_address: str,
        exit_speed: SparkExitSpeed,
        amount_sats: int | Omit = OMIT,
        fee_quote_id: str | Omit = OMIT,
        fee_amount_sats: int | Omit = OMIT,
        deduct_fee_from_withdrawal_amount: bool | Omit = OMIT,
        **options: Unpack[SparkOptions],
    ) -> SparkWithdrawal:
        """Withdraw sats to a Bitcoin address, on the terms of a fee quote if one is named."""
        params = given(
            onchain_address=onchain_address,
            exit_speed=exit_speed,
            amount_sats=amount_sats,
            fee_quote_id=fee_quote_id,
            fee_amount_sats=fee_amount_sats,
            deduct_fee_from_withdrawal_amount=deduct_fee_from_withdrawal_amount,
        )
        return await self._do(SparkWithdrawal, wallet_id, "withdraw", params, options)

    async def _do(
        self,
        returns: type[V],
        wallet_id: str,
        method: str,
        params: Mapping[str, Any] | Omit,
        options: Mapping[str, Any],
    ) -> V:
        body, options = _body(method, params, options)
        return await self._rpc(returns, wallet_id, body, options)


def _body(
    method: str, params: Mapping[str, Any] | Omit, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body, and the options but for the network, which belongs into the body."""
    others = dict(options)
    network = others.pop("network", OMIT)
    return given(method=method, params=params, network=network), others


def _read_payment(answer: Any) -> LightningPayment | SparkTransfer:
    # The two kinds share no tag, but only a payment over Lightning repeats the invoice.
    data: object = answer.get("data") if is_object(answer) else None
    if is_object(data) and "encoded_invoice" in data:
        return read_rpc(LightningPayment, answer)
    return read_rpc(SparkTransfer, answer)
