"""What the events of webhooks say, by their types."""

import json
from collections.abc import Iterator
from typing import Any

import attrs
import places
import pytest

from privy_async.resources.controls.intent_values import IntentSigner
from privy_async.resources.money.actions import EvmTransactionStep
from privy_async.resources.users.values import EmailAccount, WalletAccount
from privy_async.resources.webhook_events import (
    AutomationEvent,
    DepositEvent,
    EarnEvent,
    FundsEvent,
    IncentiveClaimEvent,
    IntentEvent,
    KrakenEmbedEvent,
    MfaEvent,
    PayoutEvent,
    SwapEvent,
    TransactionBroadcasted,
    TransactionConfirmed,
    TransactionExecutionReverted,
    TransactionFailed,
    TransactionProviderError,
    TransactionReplaced,
    TransactionStillPending,
    TransferEvent,
    UsageEvent,
    UserAccountEvent,
    UserEvent,
    UserOperationEvent,
    UserTransferEvent,
    UserWalletEvent,
    VerificationEvent,
    WalletArchiveEvent,
    WalletKeyEvent,
    WebhookEvent,
    YieldClaimEvent,
    YieldEvent,
)
from privy_async.values import Value, decode

VECTORS = json.loads((places.VECTORS / "webhooks.json").read_text("utf-8"))
EXAMPLES = [
    pytest.param(example, id=name)
    for examples in VECTORS["events"]["examples"].values()
    for name, example in examples.items()
]


def unknown_fields(value: object, path: str = "") -> Iterator[str]:
    """What a value, and the values in it, could not place."""
    if isinstance(value, Value):
        yield from (f"{path}.{name}" for name in value.extra)
        for field in attrs.fields(type(value)):
            yield from unknown_fields(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple):
        for item in value:
            yield from unknown_fields(item, path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_documented_example_is_typed(example: dict[str, Any]) -> None:
    """An event of Privy's documentation has a class, and every field of it a name."""
    event = decode(WebhookEvent, example)
    assert type(event) is not WebhookEvent
    assert list(unknown_fields(event)) == []
    assert decode(WebhookEvent, event.to_json()) == event


USER = {"id": "did:privy:u", "created_at": 1, "linked_accounts": [], "mfa_methods": [],
    "has_accepted_terms": True, "is_guest": False}  # fmt: skip
ACTION = {
    "wallet_action_id": "a1",
    "wallet_id": "w1",
    "action_type": "payout",
    "status": "failed",
    "created_at": "2026-01-01T00:00:00Z",
    "failed_at": "2026-01-01T00:00:01Z",
    "failure_reason": {"message": "no", "details": {"code": 1}},
    "reference_id": "r1",
    "steps": [{"type": "evm_transaction", "caip2": "eip155:1", "status": "reverted"}],
}
KYX = {
    "status": "active",
    "capabilities": dict.fromkeys(
        ("payin_crypto", "payin_fiat", "payout_crypto", "payout_fiat"), "active"
    ),
    "endorsements": [{"name": "base", "status": "approved"}],
    "tos": {"status": "approved"},
}
PROVIDER = {"provider": "bridge", "environment": "sandbox"}
DEPOSIT = {"wallet_id": "w", "deposit_account_id": "d", "deposit_type": "fiat", **PROVIDER}
PAID = {"amount": "1.5", "currency": "eur", "payment_rail": "sepa", "sender_name": "Ann"}
VAULT = {"caip2": "eip155:1", "vault_id": "v", "vault_address": "0x1", "asset_address": "0x2"}
FUNDS = {
    "wallet_id": "w",
    "caip2": "eip155:1",
    "asset": {"type": "spl", "mint": "m"},
    "amount": "1",
    "sender": "0x1",
    "recipient": "0x2",
    "transaction_hash": "0x3",
    "block": {"number": 1, "timestamp": 2},
    "idempotency_key": "k",
    "transaction_fee": "3",
}  # fmt: skip
USAGE = {"source_id": "s", "source_type": "rpc", "amount_usd": "0.1", "recorded_at": 1}
OWNED = {"user_id": "u", "wallet_id": "w", "wallet_address": "0x1"}
PAYOUT = {
    **ACTION,
    **PROVIDER,
    "source_asset": "usdc",
    "source_chain": "base",
    "source_amount": "1.5",
    "destination_fiat_account_id": "f",
    "destination_currency": "usd",
    "destination_payment_rail": "ach",
}
STATES = ("created", "succeeded", "rejected", "failed")
# The newest official SDKs know these too; the OpenAPI document has no example of them.
NEWER: list[tuple[str, type[WebhookEvent], dict[str, Any]]] = [
    ("user.deleted", UserEvent, {"user": USER}),
    ("user.kyc.updated", VerificationEvent, {"user_id": "u", "changes": {"status": ["a", "b"]},
        "data": {**KYX, "kyc": {"status": "approved"}}, **PROVIDER}),
    ("organization.kyb.updated", VerificationEvent, {"organization_id": "o", "changes": {},
        "data": {**KYX, "kyb": {"status": "approved"}}, **PROVIDER}),
    ("wallet.archived", WalletArchiveEvent,
        {"wallet_id": "w", "wallet_address": "0x1", "chain_type": "tron", "archived_at": 1}),
    ("wallet.restored", WalletArchiveEvent,
        {"wallet_id": "w", "wallet_address": "0x1", "chain_type": "tron"}),
    ("wallet.seed_phrase_export", WalletKeyEvent, {**OWNED, "export_source": "client"}),
    ("wallet.funds_deposited", FundsEvent, {**FUNDS, "bridge_metadata": {"type": "fiat_deposit",
        "method": "static_memo", "static_memo_id": "m", "static_memo_event_id": "e"}}),
    ("wallet.deposit_account.deposit_started", DepositEvent, {**DEPOSIT, "data":
        {"created_at": "t", "source": PAID, "destination": {"asset": "usdc", "chain": "base"}}}),
    ("wallet.deposit_account.deposit_completed", DepositEvent, {**DEPOSIT, "data": {
        "created_at": "t", "source": PAID, "destination":
            {"asset": "usdc", "chain": "base", "amount": "1", "transaction_hash": "0x1"}},
        "provider_deposit_id": "p"}),
    ("wallet.deposit_account.deposit_failed", DepositEvent, {**DEPOSIT, "data": {
        "created_at": "t", "source": PAID, "destination": {"asset": "usdc", "chain": "base"},
        "reason": "no", "reason_code": "n", "refunded_at": "t"}}),
    ("wallet_automation.submitted", AutomationEvent, {"automation_id": "a", "action_id": "b",
        "wallet_id": "w", "trigger_id": "t", "trigger_caip2": "eip155:1",
        "trigger_asset_address": "0x1", "created_at": "t"}),
    *[(f"usage.{kind}.recorded", UsageEvent, {**USAGE, "event_id": "e"})
        for kind in ("gas_sponsorship", "cross_chain_fee", "swap_provider_fee")],
    *[(f"wallet_action.payout.{state}", PayoutEvent, PAYOUT) for state in STATES],
    *[(f"wallet_action.earn_fee_collect.{state}", EarnEvent, {**ACTION, **VAULT, "raw_amount": "1"})
        for state in STATES],
    *[(f"kraken_embed.{kind}.{state}", KrakenEmbedEvent,
            {"user_id": "u", f"{kind}_id": "i", **more})
        for kind in ("quote", "custom_order")
        for state, more in [("executed", {"executed_at": "t"}),
            ("cancelled", {"cancelled_at": "t", "reason": "r"}),
            ("execution_failed", {"failed_at": "t", "reason": "r"})]],
    *[(f"kraken_embed.user.{state}", KrakenEmbedEvent, {"user_id": "u", f"{state}_at": "t"})
        for state in ("verified", "disabled", "closed")],
]  # fmt: skip


@pytest.mark.parametrize(("type", "kind", "fields"), NEWER, ids=[row[0] for row in NEWER])
def test_newer_events_are_typed(
    type: str, kind: type[WebhookEvent], fields: dict[str, Any]
) -> None:
    """Each has its class, and keeps every field under its name."""
    event = decode(WebhookEvent, {"type": type, **fields})
    assert isinstance(event, kind)
    assert list(unknown_fields(event)) == []
    assert event.to_json() == {"type": type, **fields}


def documented(type: str) -> Any:
    """The first example of an event in Privy's documentation, decoded."""
    return decode(WebhookEvent, next(iter(VECTORS["events"]["examples"][type].values())))


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("user.created", UserEvent),
        ("user.linked_account", UserAccountEvent),
        ("user.wallet_created", UserWalletEvent),
        ("user.transferred_account", UserTransferEvent),
        ("mfa.enabled", MfaEvent),
        ("transaction.broadcasted", TransactionBroadcasted),
        ("transaction.confirmed", TransactionConfirmed),
        ("transaction.execution_reverted", TransactionExecutionReverted),
        ("transaction.failed", TransactionFailed),
        ("transaction.provider_error", TransactionProviderError),
        ("transaction.replaced", TransactionReplaced),
        ("transaction.still_pending", TransactionStillPending),
        ("user_operation.completed", UserOperationEvent),
        ("wallet.recovery_setup", WalletKeyEvent),
        ("intent.executed", IntentEvent),
        ("wallet_action.transfer.succeeded", TransferEvent),
        ("wallet_action.swap.failed", SwapEvent),
        ("wallet_action.earn_deposit.succeeded", EarnEvent),
        ("wallet_action.earn_incentive_claim.succeeded", IncentiveClaimEvent),
        ("yield.withdraw.confirmed", YieldEvent),
        ("yield.claim.confirmed", YieldClaimEvent),
    ],
)
def test_the_class_of_each_group(type: str, kind: type[WebhookEvent]) -> None:
    """Events that tell the same kind of thing share a class."""
    assert isinstance(documented(type), kind)


def test_what_stands_inside_events_is_typed_too() -> None:
    """Accounts, members and steps are the values that the API's own answers have."""
    linked = VECTORS["events"]["examples"]["user.linked_account"]
    assert isinstance(decode(UserAccountEvent, linked["email-account"]).account, EmailAccount)
    wallet = decode(WebhookEvent, linked["ethereum-wallet"])
    assert isinstance(wallet, UserEvent)
    assert isinstance(wallet, UserAccountEvent)
    assert isinstance(wallet.account, WalletAccount)
    assert type(documented("intent.authorized").member) is IntentSigner
    assert documented("wallet.funds_deposited").block.number > 0
    assert documented("user.transferred_account").fromUser.id.startswith("did:privy:")
    steps = decode(WebhookEvent, {"type": "wallet_action.payout.failed", **PAYOUT})
    assert isinstance(steps, PayoutEvent)
    assert isinstance((steps.steps or ())[0], EvmTransactionStep)


def test_an_unknown_type_keeps_everything() -> None:
    """An event that is newer than this SDK comes as the base class."""
    event = decode(WebhookEvent, {"type": "wallet.sneezed", "wallet_id": "w"})
    assert type(event) is WebhookEvent
    assert event.extra == {"wallet_id": "w"}
