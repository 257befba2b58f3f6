"""What webhooks tell, as values: a class for each kind of event, found by its `type`.

https://docs.privy.io/api-reference/webhooks/overview
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from privy_async.resources import webhook_values as values
from privy_async.resources.controls.intent_values import (
    IntentAuthorization,
    IntentResult,
    IntentSigner,
)
from privy_async.resources.money.actions import ClaimedReward, FailureReason, WalletActionStep
from privy_async.resources.money.kyc_values import VerificationData
from privy_async.resources.users.values import LinkedAccount, User
from privy_async.values import Value, variant

_STATES: Final = ("created", "succeeded", "rejected", "failed")


class WebhookEvent(Value):
    """Something happened; `type` says what. A type that is new comes as this class itself."""

    type: str = ""


E = TypeVar("E", bound=WebhookEvent)


def _event(prefix: str, *names: str) -> Callable[[type[E]], type[E]]:
    """Have the types `prefix.name` decode as the class."""
    return variant(WebhookEvent, "type", *[f"{prefix}.{name}" for name in names])


@_event("user", "created", "deleted")
class UserEvent(WebhookEvent):
    """A user was created or deleted; the other classes of user events derive from this."""

    user: User


@_event("user", "authenticated", "linked_account", "unlinked_account", "updated_account")
class UserAccountEvent(UserEvent):
    """A user logged in with an account, or linked, unlinked or updated one."""

    account: LinkedAccount


@_event("user", "wallet_created")
class UserWalletEvent(UserEvent):
    """A wallet was made for a user."""

    wallet: values.CreatedWallet


@_event("user", "transferred_account")
class UserTransferEvent(WebhookEvent):
    """An account went from one user, who was deleted, to another."""

    fromUser: values.UserReference  # noqa: N815
    toUser: User  # noqa: N815
    account: LinkedAccount
    deletedUser: bool | None = None  # noqa: N815


@_event("mfa", "enabled", "disabled")
class MfaEvent(WebhookEvent):
    """A user set up or removed a second factor: "sms", "totp", "passkey" or "email"."""

    user_id: str
    method: str | None = None


@_event("user.kyc", "updated")
@_event("organization.kyb", "updated")
class VerificationEvent(WebhookEvent):
    """A user or an organization came further at the provider; `changes` tells which fields."""

    data: VerificationData
    changes: Mapping[str, tuple[Any, ...]] | None = None
    environment: str | None = None
    provider: str | None = None
    user_id: str | None = None
    organization_id: str | None = None


class TransactionEvent(WebhookEvent):
    """A transaction has a new status: the classes below say which.

    `transaction_request` is there while it is pending.
    """

    wallet_id: str | None = None
    transaction_id: str
    caip2: str | None = None
    transaction_hash: str | None = None
    reference_id: str | None = None
    transaction_request: Mapping[str, Any] | None = None


@_event("transaction", "broadcasted")
class TransactionBroadcasted(TransactionEvent):
    """It was sent to its chain, and is in no block yet."""


@_event("transaction", "confirmed")
class TransactionConfirmed(TransactionEvent):
    """It is in a block."""


@_event("transaction", "execution_reverted")
class TransactionExecutionReverted(TransactionEvent):
    """It is in a block, and changed nothing: its execution failed."""


@_event("transaction", "still_pending")
class TransactionStillPending(TransactionEvent):
    """It is in no block for long: it may pay too little."""


@_event("transaction", "replaced")
class TransactionReplaced(TransactionEvent):
    """Another one with its nonce came in its place."""


@_event("transaction", "failed")
class TransactionFailed(TransactionEvent):
    """It has not come into a block in time."""


@_event("transaction", "provider_error")
class TransactionProviderError(TransactionEvent):
    """The custodian could not send it."""


@_event("user_operation", "completed")
class UserOperationEvent(WebhookEvent):
    """An ERC-4337 user operation was executed; amounts are decimal strings of integers."""

    caip2: str | None = None
    user_op_hash: str
    sender: str | None = None
    nonce: str | None = None
    success: bool | None = None
    actual_gas_cost: str | None = None
    actual_gas_used: str | None = None
    transaction_hash: str | None = None
    block_number: int | None = None
    log_index: int | None = None
    paymaster: str | None = None


@_event("wallet", "funds_deposited", "funds_withdrawn")
class FundsEvent(WebhookEvent):
    """Funds came into a wallet or left it.

    `amount` is in smallest units, and the fee in those of the chain's native token. The
    `idempotency_key` stays the same if the event is delivered again.
    """

    wallet_id: str
    caip2: str
    asset: values.FundsAsset
    amount: str
    sender: str | None = None
    recipient: str | None = None
    transaction_hash: str
    block: values.Block | None = None
    idempotency_key: str | None = None
    transaction_fee: str | None = None
    bridge_metadata: values.BridgeMetadata | None = None


@_event("wallet.deposit_account", "deposit_started", "deposit_completed", "deposit_failed")
class DepositEvent(WebhookEvent):
    """Fiat was paid to the deposit account of a wallet."""

    wallet_id: str
    deposit_account_id: str
    deposit_type: str | None = None
    provider: str | None = None
    environment: str | None = None
    data: values.DepositData
    provider_deposit_id: str | None = None


@_event("wallet", "private_key_export", "seed_phrase_export", "recovery_setup", "recovered")
class WalletKeyEvent(WebhookEvent):
    """A user exported a wallet's key or seed phrase, set up its recovery, or recovered it.

    `export_source` of exports is "display" (shown to the user) or "client"; `method` is of
    recovery that was set up.
    """

    user_id: str | None = None
    wallet_id: str
    wallet_address: str | None = None
    export_source: str | None = None
    method: str | None = None


@_event("wallet", "archived", "restored")
class WalletArchiveEvent(WebhookEvent):
    """A wallet was archived, at `archived_at` (a Unix time), or restored."""

    wallet_id: str
    wallet_address: str | None = None
    chain_type: str | None = None
    archived_at: int | None = None


@_event("intent", "created", "authorized", "rejected", "executed", "failed")
class IntentEvent(WebhookEvent):
    """An intent came further. Times are Unix ms.

    There is more by its type: `authorization_details` if it was created, `member` and
    `authorized_at` if somebody agreed, `rejected_at`, and `action_result` if it was executed or
    failed.
    """

    intent_id: str
    intent_type: str | None = None
    status: str | None = None
    created_at: int | None = None
    expires_at: int | None = None
    created_by_id: str | None = None
    created_by_display_name: str | None = None
    resource_id: str | None = None
    authorization_details: tuple[IntentAuthorization, ...] | None = None
    member: IntentSigner | None = None
    authorized_at: int | None = None
    rejected_at: int | None = None
    action_result: IntentResult | None = None


class WalletActionEvent(WebhookEvent):
    """A wallet action came further; the classes below say which. Times are ISO 8601.

    `status` is "pending", "succeeded", "rejected" (before anything was sent) or "failed"; the
    steps are there once it is not pending.
    """

    wallet_action_id: str
    wallet_id: str | None = None
    action_type: str | None = None
    status: str | None = None
    created_at: str | None = None
    completed_at: str | None = None
    rejected_at: str | None = None
    failed_at: str | None = None
    failure_reason: FailureReason | None = None
    reference_id: str | None = None
    steps: tuple[WalletActionStep, ...] | None = None


@_event("wallet_action.transfer", *_STATES)
class TransferEvent(WalletActionEvent):
    """A transfer. `source_amount` is decimal, None while it is not known."""

    source_chain: str | None = None
    destination_address: str | None = None
    source_asset: str | None = None
    source_asset_address: str | None = None
    source_asset_decimals: int | None = None
    source_amount: str | None = None


@_event("wallet_action.swap", *_STATES)
class SwapEvent(WalletActionEvent):
    """A swap. Amounts are in smallest units, None while they are not known."""

    caip2: str | None = None
    input_token: str | None = None
    output_token: str | None = None
    input_amount: str | None = None
    output_amount: str | None = None


@_event("wallet_action.earn_deposit", *_STATES)
@_event("wallet_action.earn_withdraw", *_STATES)
@_event("wallet_action.earn_fee_collect", *_STATES)
class EarnEvent(WalletActionEvent):
    """A deposit into a vault, a withdrawal, or the collection of its fees.

    `raw_amount` is in smallest units, `amount` decimal, `share_amount` in vault shares.
    """

    caip2: str | None = None
    vault_id: str | None = None
    vault_address: str | None = None
    asset_address: str | None = None
    raw_amount: str | None = None
    asset: str | None = None
    amount: str | None = None
    decimals: int | None = None
    share_amount: str | None = None


@_event("wallet_action.earn_incentive_claim", *_STATES)
class IncentiveClaimEvent(WalletActionEvent):
    """A claim of rewards; `rewards` is None until they are looked up."""

    chain: str | None = None
    rewards: tuple[ClaimedReward, ...] | None = None


@_event("wallet_action.payout", *_STATES)
class PayoutEvent(WalletActionEvent):
    """A payout to a bank account. `source_amount` is decimal."""

    provider: str | None = None
    environment: str | None = None
    source_asset: str | None = None
    source_chain: str | None = None
    source_amount: str | None = None
    destination_fiat_account_id: str | None = None
    destination_currency: str | None = None
    destination_payment_rail: str | None = None


@_event("wallet_automation", "submitted")
class AutomationEvent(WebhookEvent):
    """An automation began a wallet action. `created_at` is ISO 8601."""

    automation_id: str
    action_id: str
    wallet_id: str | None = None
    trigger_id: str | None = None
    trigger_caip2: str | None = None
    trigger_asset_address: str | None = None
    created_at: str | None = None


@_event("yield.deposit", "confirmed")
@_event("yield.withdraw", "confirmed")
class YieldEvent(WebhookEvent):
    """Assets went into a vault or out of it; they and the shares are in smallest units."""

    caip2: str | None = None
    vault_address: str
    sender: str | None = None
    owner: str
    assets: str
    shares: str | None = None
    receiver: str | None = None


@_event("yield.claim", "confirmed")
class YieldClaimEvent(WebhookEvent):
    """Rewards were claimed."""

    caip2: str | None = None
    wallet_id: str | None = None
    transaction_id: str
    rewards: tuple[ClaimedReward, ...] | None = None


@_event("usage.gas_sponsorship", "recorded")
@_event("usage.cross_chain_fee", "recorded")
@_event("usage.swap_provider_fee", "recorded")
class UsageEvent(WebhookEvent):
    """A charge for what the source did. `recorded_at` is Unix ms, `amount_usd` decimal.

    The `event_id` stays the same if the event is delivered again. `source_type` is
    "wallet-action-transfer", "wallet-action-swap" or "rpc".
    """

    source_id: str
    source_type: str | None = None
    amount_usd: str
    recorded_at: int | None = None
    event_id: str | None = None


@_event("kraken_embed.quote", "executed", "execution_failed", "cancelled")
@_event("kraken_embed.custom_order", "executed", "execution_failed", "cancelled")
@_event("kraken_embed.user", "verified", "disabled", "closed")
class KrakenEmbedEvent(WebhookEvent):
    """Something happened to a quote, a custom order or a user of Kraken Embed.

    Of the times (ISO 8601) and the ids those are there that fit the type; `reason` is for people.
    """

    user_id: str
    quote_id: str | None = None
    custom_order_id: str | None = None
    reason: str | None = None
    executed_at: str | None = None
    failed_at: str | None = None
    cancelled_at: str | None = None
    verified_at: str | None = None
    disabled_at: str | None = None
    closed_at: str | None = None
