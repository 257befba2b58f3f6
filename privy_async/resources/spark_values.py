"""Spark wallets as values: what comes back from them. Amounts are in sats, times ISO 8601."""

from collections.abc import Mapping
from typing import Any

from privy_async.values import Value


class SparkTokenMetadata(Value):
    """A token."""

    token_name: str
    token_ticker: str
    decimals: int
    max_supply: str
    raw_token_identifier: str
    token_public_key: str


class SparkTokenBalance(Value):
    """How much of a token, in its smallest units."""

    balance: str
    token_metadata: SparkTokenMetadata


class SparkBalance(Value):
    """What a wallet holds: sats, and tokens by their identifier."""

    balance: str
    token_balances: Mapping[str, SparkTokenBalance]


class SparkSigningKeyshare(Value):
    """How a leaf's key is shared among Spark's operators."""

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
    status: str
    type: str
    total_value: int
    transfer_direction: str
    sender_identity_public_key: str
    receiver_identity_public_key: str
    leaves: tuple[SparkTransferLeaf, ...]
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
    """What a deposit would bring; `signature` is what `claim_static_deposit` takes."""

    transaction_id: str
    output_index: int
    credit_amount_sats: int
    signature: str
    network: str


class SparkDepositClaim(Value):
    """A deposit that was claimed."""

    transfer_id: str


class SparkAmount(Value):
    """An amount and its unit, such as "SATOSHI"."""

    original_value: float
    original_unit: str


class LightningInvoice(Value):
    """An invoice to be paid over Lightning."""

    id: str
    status: str
    network: str
    typename: str
    created_at: str
    updated_at: str
    invoice: Any = None
    transfer: Any = None
    payment_preimage: str | None = None
    receiver_identity_public_key: str | None = None


class LightningPayment(Value):
    """A payment over Lightning."""

    id: str
    status: str
    network: str
    typename: str
    encoded_invoice: str
    fee: SparkAmount
    idempotency_key: str
    created_at: str
    updated_at: str
    transfer: Any = None
    payment_preimage: str | None = None


class SparkSignature(Value):
    """A signature with the wallet's identity key, in hex."""

    signature: str


class SparkWithdrawal(Value):
    """A withdrawal to a Bitcoin address."""

    id: str
    status: str
    network: str
    coop_exit_txid: str
    fee: SparkAmount
    l1_broadcast_fee: SparkAmount
    created_at: str
    updated_at: str
    expires_at: str
    exit_speed: str | None = None
    fee_quote_id: str | None = None


class SparkWithdrawalFees(Value):
    """What a withdrawal would cost at each speed; its `id` is a `fee_quote_id`."""

    id: str
    network: str
    total_amount: SparkAmount
    user_fee_fast: SparkAmount
    user_fee_medium: SparkAmount
    user_fee_slow: SparkAmount
    l1_broadcast_fee_fast: SparkAmount
    l1_broadcast_fee_medium: SparkAmount
    l1_broadcast_fee_slow: SparkAmount
    created_at: str
    updated_at: str
    expires_at: str
