"""Methods of Spark wallets: Bitcoin and tokens off chain, and Lightning.

Amounts are in sats, times ISO 8601.

https://docs.privy.io/api-reference/wallets/spark/get-balance
"""

from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
)

from privy_async.encodings.numbers import check_integer
from privy_async.json_types import is_object
from privy_async.resources.money.transfer_inputs import raw_amount_text
from privy_async.resources.resource import Resource
from privy_async.resources.wallets.rpc import RPC, read_rpc
from privy_async.sending.call import OMIT, MoneyOptions, Omit, given
from privy_async.values import Value

V = TypeVar("V", bound=Value)

Network: TypeAlias = Literal["MAINNET", "REGTEST"]
SparkExitSpeed: TypeAlias = Literal["FAST", "MEDIUM", "SLOW"]

_INTEGER_NAMES: Final = """
    amount_sats amount_sats_to_send credit_amount_sats expiry_seconds fee_amount_sats max_fee_sats
    output_index token_amount
"""
_INTEGERS: Final = frozenset(_INTEGER_NAMES.split())


class SparkTokenMetadata(Value):
    """A token."""

    token_name: str
    token_ticker: str
    decimals: int
    max_supply: str
    raw_token_identifier: str
    token_public_key: str


class SparkTokenBalance(Value):
    """The amount of a token, in its smallest units."""

    balance: str
    token_metadata: SparkTokenMetadata


class SparkBalance(Value):
    """The balance of a wallet: sats, and tokens by their identifier."""

    balance: str
    token_balances: Mapping[str, SparkTokenBalance] | None = None


class SparkSigningKeyshare(Value):
    """The shares of a leaf's key among Spark's operators."""

    owner_identifiers: tuple[str, ...]
    public_key: str
    public_shares: Mapping[str, str]
    threshold: int
    updated_time: str


class SparkLeaf(Value):
    """A leaf of a Spark tree: `value` sats."""

    id: str
    tree_id: str
    value: int
    status: str
    network: str
    node_tx: str
    refund_tx: str
    vout: int
    owner_identity_public_key: str
    verifying_public_key: str
    parent_node_id: str | None = None
    signing_keyshare: SparkSigningKeyshare | None = None


class SparkTransferLeaf(Value):
    """A leaf that is transferred."""

    secret_cipher: str
    signature: str
    intermediate_refund_tx: str
    leaf: SparkLeaf | None = None


class SparkTransfer(Value):
    """A transfer of `total_value` sats."""

    id: str
    status: str | None = None
    type: str | None = None
    total_value: int | None = None
    transfer_direction: str | None = None
    sender_identity_public_key: str | None = None
    receiver_identity_public_key: str | None = None
    leaves: tuple[SparkTransferLeaf, ...] | None = None
    created_time: str | None = None
    updated_time: str | None = None
    expiry_time: str | None = None


class SparkTokenTransfer(Value):
    """A transfer of tokens: its id."""

    id: str


class SparkDepositAddress(Value):
    """A Bitcoin address to pay to, again and again."""

    address: str


class SparkDepositQuote(Value):
    """The quote of a deposit; `signature` is what `claim_static_deposit` takes."""

    transaction_id: str
    output_index: int | None = None
    credit_amount_sats: int
    signature: str
    network: str | None = None


class SparkDepositClaim(Value):
    """A deposit that was claimed."""

    transfer_id: str


class SparkAmount(Value):
    """An amount and its unit, such as "SATOSHI"."""

    original_value: float
    original_unit: str


class _SparkRequest(Value):
    id: str
    network: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class _LightningRequest(_SparkRequest):
    status: str | None = None
    typename: str | None = None
    transfer: Any = None
    payment_preimage: str | None = None


class LightningInvoice(_LightningRequest):
    """An invoice to be paid over Lightning."""

    invoice: Any = None
    receiver_identity_public_key: str | None = None


class LightningPayment(_LightningRequest):
    """A payment over Lightning."""

    encoded_invoice: str | None = None
    fee: SparkAmount | None = None
    idempotency_key: str | None = None


class SparkSignature(Value):
    """A signature with the wallet's identity key, in hex."""

    signature: str


class SparkWithdrawal(_SparkRequest):
    """A withdrawal to a Bitcoin address."""

    status: str | None = None
    coop_exit_txid: str | None = None
    fee: SparkAmount | None = None
    l1_broadcast_fee: SparkAmount | None = None
    expires_at: str | None = None
    exit_speed: str | None = None
    fee_quote_id: str | None = None


class SparkWithdrawalFees(_SparkRequest):
    """The cost of a withdrawal at each speed; its `id` is a `fee_quote_id`."""

    total_amount: SparkAmount
    user_fee_fast: SparkAmount
    user_fee_medium: SparkAmount
    user_fee_slow: SparkAmount
    l1_broadcast_fee_fast: SparkAmount
    l1_broadcast_fee_medium: SparkAmount
    l1_broadcast_fee_slow: SparkAmount
    expires_at: str


class TokenOutputInput(TypedDict):
    """An output of a token transaction; `token_amount` is in smallest units."""

    owner_public_key: str
    token_amount: Annotated[str, raw_amount_text]
    id: NotRequired[str]
    revocation_commitment: NotRequired[str]
    token_identifier: NotRequired[str]
    token_public_key: NotRequired[str]
    withdraw_bond_sats: NotRequired[Annotated[int, check_integer]]
    withdraw_relative_block_locktime: NotRequired[int]


class SelectedOutputInput(TypedDict):
    """An output to spend, by the transaction that made it."""

    previous_transaction_hash: str
    previous_transaction_vout: Annotated[int, check_integer]
    output: NotRequired[TokenOutputInput]


class Spark(Resource):
    """Reached as `privy.wallets.spark`. `network` is the main one if left out."""

    async def get_balance(
        self, wallet_id: str, *, network: Network | Omit = OMIT, **options: Unpack[MoneyOptions]
    ) -> SparkBalance:
        """Return what the wallet holds."""
        return await self._call(SparkBalance, "getBalance", locals())

    async def transfer(
        self,
        wallet_id: str,
        *,
        receiver_spark_address: str,
        amount_sats: int,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkTransfer:
        """Send sats to a Spark address."""
        return await self._call(SparkTransfer, "transfer", locals())

    async def transfer_tokens(
        self,
        wallet_id: str,
        *,
        receiver_spark_address: str,
        token_identifier: str,
        token_amount: int,
        output_selection_strategy: Literal["SMALL_FIRST", "LARGE_FIRST"] | Omit = OMIT,
        selected_outputs: Sequence[SelectedOutputInput] | Omit = OMIT,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkTokenTransfer:
        """Send tokens, so many smallest units, to a Spark address."""
        return await self._call(SparkTokenTransfer, "transferTokens", locals())

    async def get_static_deposit_address(
        self, wallet_id: str, *, network: Network | Omit = OMIT, **options: Unpack[MoneyOptions]
    ) -> SparkDepositAddress:
        """Return the Bitcoin address that fills this wallet; each payment must be claimed."""
        return await self._call(SparkDepositAddress, "getStaticDepositAddress", locals())

    async def get_claim_static_deposit_quote(
        self,
        wallet_id: str,
        *,
        transaction_id: str,
        output_index: int | Omit = OMIT,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkDepositQuote:
        """Ask what a Bitcoin payment to the deposit address would bring."""
        return await self._call(SparkDepositQuote, "getClaimStaticDepositQuote", locals())

    async def claim_static_deposit(
        self,
        wallet_id: str,
        *,
        transaction_id: str,
        credit_amount_sats: int,
        signature: str,
        output_index: int | Omit = OMIT,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkDepositClaim:
        """Claim a Bitcoin payment, with what the quote for it said."""
        return await self._call(SparkDepositClaim, "claimStaticDeposit", locals())

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
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> LightningInvoice:
        """Make an invoice that others pay over Lightning."""
        return await self._call(LightningInvoice, "createLightningInvoice", locals())

    async def pay_lightning_invoice(
        self,
        wallet_id: str,
        *,
        invoice: str,
        max_fee_sats: int,
        amount_sats_to_send: int | Omit = OMIT,
        prefer_spark: bool | Omit = OMIT,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> LightningPayment | SparkTransfer:
        """Pay an invoice, over Lightning or, if that is possible, within Spark.

        `amount_sats_to_send` is for invoices that name no amount.
        """
        return await self._send(
            RPC, locals(), _read_payment, body=self._body("payLightningInvoice", locals())
        )

    async def sign_message_with_identity_key(
        self,
        wallet_id: str,
        message: str,
        *,
        compact: bool | Omit = OMIT,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkSignature:
        """Sign a text with the wallet's identity key."""
        return await self._call(SparkSignature, "signMessageWithIdentityKey", locals())

    async def get_withdrawal_fee_quote(
        self,
        wallet_id: str,
        *,
        onchain_address: str,
        amount_sats: int,
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkWithdrawalFees:
        """Ask what a withdrawal to a Bitcoin address would cost."""
        return await self._call(SparkWithdrawalFees, "getWithdrawalFeeQuote", locals())

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
        network: Network | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SparkWithdrawal:
        """Withdraw sats to a Bitcoin address, on the terms of a fee quote if one is named."""
        return await self._call(SparkWithdrawal, "withdraw", locals())

    def _call(
        self, returns: type[V], method: str, arguments: Mapping[str, Any]
    ) -> Coroutine[Any, Any, V]:
        read, body = partial(read_rpc, returns), self._body(method, arguments)
        return self._send(RPC, arguments, read, body=body)

    def _body(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the RPC method with the arguments of the one of that name here as its params."""
        others = ("self", "wallet_id", "network", "options")
        params = given(**{name: item for name, item in arguments.items() if name not in others})
        for name, item in params.items():
            check = check_integer if name in _INTEGERS else None
            params[name] = check(item, argument=name) if check else self._formatted(name, item)
        return given(method=method, params=params or OMIT, network=arguments["network"])


def _read_payment(answer: Any) -> LightningPayment | SparkTransfer:
    # The two kinds share no tag, but only a payment over Lightning repeats the invoice.
    data: object = answer.get("data") if is_object(answer) else None
    if is_object(data) and "encoded_invoice" in data:
        return read_rpc(LightningPayment, answer)
    return read_rpc(SparkTransfer, answer)
