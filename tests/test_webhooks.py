"""Webhooks: which deliveries are accepted, and what their events say."""

import base64
import hmac
import json
import pickle
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async.errors import InvalidArgumentError
from privy_async.resources.intent_values import IntentSigner
from privy_async.resources.user_values import EmailAccount, WalletAccount
from privy_async.resources.wallet_actions import EvmTransactionStep
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
    TransactionEvent,
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
from privy_async.webhooks import InvalidWebhookError, Webhooks, verify

VECTORS = json.loads((Path(__file__).parent / "vectors" / "webhooks.json").read_text("utf-8"))
SIGNED = {vector["name"]: vector for vector in VECTORS["signed"]}
# The documentation's own example has a body that is no event of Privy.
EVENTS = {name: vector for name, vector in SIGNED.items() if name != "svix_docs"}
ONE, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 24).decode()}" for n in (1, 2))
NOW = 1_750_000_000
BODY = b'{"type":"privy.test","message":"Hello, World!"}'
EXAMPLES = [
    pytest.param(example, id=name)
    for examples in VECTORS["events"]["examples"].values()
    for name, example in examples.items()
]


def sent_at(vector: dict[str, Any]) -> float:
    """When a delivery of the vectors was sent."""
    return float(next(value for name, value in vector["headers"].items() if "timestamp" in name))


def sign(body: bytes, secret: str, *, id: str = "msg_1", timestamp: str = str(NOW)) -> str:
    """A signature as https://docs.svix.com/receiving/verifying-payloads/how-manual says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()


def delivery(body: bytes = BODY, *, secret: str = ONE, timestamp: int = NOW) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "svix-id": "msg_1",
        "svix-timestamp": str(timestamp),
        "svix-signature": sign(body, secret, timestamp=str(timestamp)),
    }


@pytest.mark.parametrize("name", EVENTS)
def test_what_other_libraries_signed_is_accepted(name: str) -> None:
    """Deliveries signed by svix and standardwebhooks are accepted, as bytes and as str."""
    vector = EVENTS[name]
    for body in (vector["body"], vector["body"].encode()):
        event = verify(body, vector["headers"], secret=vector["secret"], now=sent_at(vector))
        assert event.type == json.loads(vector["body"])["type"]


def test_the_documented_signature_is_right() -> None:
    """Svix's own example passes the check; then it turns out to be no event."""
    vector = SIGNED["svix_docs"]
    with pytest.raises(InvalidWebhookError, match="type is missing") as caught:
        verify(vector["body"], vector["headers"], secret=vector["secret"], now=sent_at(vector))
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("name", EVENTS)
def test_a_delivery_needs_its_own_secret(name: str) -> None:
    """The same deliveries are refused with another secret."""
    vector = EVENTS[name]
    with pytest.raises(InvalidWebhookError) as caught:
        verify(vector["body"], vector["headers"], secret=ONE, now=sent_at(vector))
    assert caught.value.reason == "wrong_signature"


@pytest.mark.parametrize("change", [str.title, str.upper, str.lower])
def test_names_of_headers_may_be_in_any_case(change: Any) -> None:
    """Frameworks write header names as they like."""
    headers = {change(name): value for name, value in delivery().items()}
    assert verify(BODY, headers, secret=ONE, now=NOW).type == "privy.test"


@pytest.mark.parametrize("secrets", [[ONE, OTHER], [OTHER, ONE], (ONE,)])
def test_one_of_several_secrets_is_enough(secrets: list[str]) -> None:
    """While a secret is replaced, deliveries with the old and the new one are accepted."""
    assert verify(BODY, delivery(), secret=secrets, now=NOW).type == "privy.test"


@pytest.mark.parametrize(
    ("sent", "tolerance", "reason"),
    [
        (NOW - 300, 300, None),
        (NOW + 300, 300, None),
        (NOW - 301, 300, "too_old"),
        (NOW + 301, 300, "too_new"),
        (NOW - 360, 300, "too_old"),
        (NOW - 360, 400, None),
        (NOW - 1, 0, "too_old"),
    ],
)
def test_a_delivery_must_be_fresh(sent: int, tolerance: int, reason: str | None) -> None:
    """Its time may differ by the tolerance and no more, in both directions."""
    span = timedelta(seconds=tolerance)
    if reason is None:
        verify(BODY, delivery(timestamp=sent), secret=ONE, tolerance=span, now=NOW)
        return
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, delivery(timestamp=sent), secret=ONE, tolerance=span, now=NOW)
    assert caught.value.reason == reason


def test_the_systems_clock_is_the_default() -> None:
    """Without `now`, what was sent long ago is too old."""
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, delivery(), secret=ONE)
    assert caught.value.reason == "too_old"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *[({"svix-signature": value}, "wrong_signature") for value in VECTORS["wrong_signatures"]["values"]],
        ({"svix-signature": "v1,"}, "wrong_signature"),
        ({"svix-signature": " , ,, v1"}, "wrong_signature"),
        ({"svix-signature": "v1,\udc80ü"}, "wrong_signature"),
        ({"svix-signature": sign(BODY, ONE).replace("v1,", "v2,")}, "wrong_signature"),
        ({"svix-signature": sign(BODY, ONE).removeprefix("v1,")}, "wrong_signature"),
        ({"svix-id": "msg_2"}, "wrong_signature"),
        ({"svix-timestamp": str(NOW + 1)}, "wrong_signature"),
        ({"svix-timestamp": f"{NOW}.0"}, "wrong_header"),
        ({"svix-timestamp": f"-{NOW}"}, "wrong_header"),
        ({"svix-timestamp": "١٧٥"}, "wrong_header"),
        ({"svix-timestamp": "9" * 5000}, "wrong_header"),
        ({"svix-id": "msg_\udc80"}, "wrong_header"),
        ({"svix-id": ""}, "missing_header"),
        ({"svix-id": None}, "missing_header"),
        ({"svix-timestamp": None}, "missing_header"),
        ({"svix-signature": None, "webhook-signature": sign(BODY, ONE)}, "missing_header"),
    ],
)  # fmt: skip
def test_refused_headers(changes: dict[str, Any], reason: str) -> None:
    """Whatever is wrong with the headers, the reason names it."""
    headers = {
        name: value for name, value in {**delivery(), **changes}.items() if value is not None
    }
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, headers, secret=ONE, now=NOW)
    assert caught.value.reason == reason


@given(st.binary(max_size=200), st.data())
def test_any_other_body_is_refused(body: bytes, data: st.DataObject) -> None:
    """The signature covers each byte of the body."""
    other = data.draw(st.binary(max_size=200).filter(lambda drawn: drawn != body))
    with pytest.raises(InvalidWebhookError) as caught:
        verify(other, delivery(body), secret=ONE, now=NOW)
    assert caught.value.reason == "wrong_signature"


@given(
    st.dictionaries(st.text(), st.integers() | st.text(), max_size=5),
    st.binary(min_size=1, max_size=80),
    st.from_regex(r"[!-~]{1,40}", fullmatch=True),
)
def test_any_event_that_is_signed_is_accepted(fields: dict[str, Any], key: bytes, id: str) -> None:
    """Bodies of any JSON, keys of any length and ids of any ASCII pass, and nothing is lost."""
    body = json.dumps({**fields, "type": "privy.test"}).encode()
    secret = base64.b64encode(key).decode()
    signature = sign(body, secret, id=id)
    headers = {"svix-id": id, "svix-timestamp": str(NOW), "svix-signature": signature}
    event = verify(body, headers, secret=secret, now=NOW)
    assert {**event.extra, "type": event.type} == json.loads(body)


@pytest.mark.parametrize("body", [{"type": "privy.test"}, ["privy.test"], None, 1])
def test_a_parsed_body_is_refused(body: Any) -> None:
    """What a framework has parsed cannot be checked, and the error says so."""
    with pytest.raises(InvalidArgumentError, match="parsed cannot be checked") as caught:
        verify(body, delivery(), secret=ONE, now=NOW)
    assert caught.value.argument == "body"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "ü", [], [ONE, ""], None, b"abcd"])
def test_what_is_no_secret_is_refused(secret: Any) -> None:
    """An empty key would make everyone a sender; the error does not show the secret."""
    with pytest.raises(InvalidArgumentError) as caught:
        verify(BODY, delivery(), secret=secret, now=NOW)
    assert caught.value.argument == "secret"
    assert "!!!" not in str(caught.value)


def test_the_clients_secret_and_another() -> None:
    """The client's secret is used unless the call gives one; without any it is asked for."""
    webhooks = Webhooks(ONE)
    assert webhooks.verify(BODY, delivery(), now=NOW).type == "privy.test"
    assert webhooks.verify(BODY, delivery(secret=OTHER), secret=OTHER, now=NOW).extra
    with pytest.raises(InvalidArgumentError, match="webhook_signing_secret="):
        Webhooks().verify(BODY, delivery(), now=NOW)
    assert ONE not in repr(webhooks)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"type":[]}', b"[" * 100_000, b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """A signed body that cannot be read ends in the one error."""
    with pytest.raises(InvalidWebhookError) as caught:
        verify(body, delivery(body), secret=ONE, now=NOW)
    assert caught.value.reason == "unreadable"


def test_an_event_without_a_documented_field_is_refused() -> None:
    """The error names the place, and shows nothing of the event."""
    body = VECTORS["incomplete_event"]["body"]
    with pytest.raises(InvalidWebhookError, match=r"user\.created_at is missing") as caught:
        Webhooks().unsafe_unwrap(body)
    assert "did:privy" not in str(caught.value)


def test_errors_travel() -> None:
    """The error survives a task queue with its reason."""
    error = InvalidWebhookError("no", reason="too_old")
    assert pickle.loads(pickle.dumps(error)).reason == "too_old"


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


USER = {"id": "did:privy:u", "created_at": 1, "linked_accounts": [], "mfa_methods": []}
EMAIL = {"type": "email", "address": "a@b.c", "lv": 1}
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
    *[(f"kraken_embed.{kind}.{state}", KrakenEmbedEvent, {"user_id": "u", f"{kind}_id": "i", **more})
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
        ("transaction.still_pending", TransactionEvent),
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
