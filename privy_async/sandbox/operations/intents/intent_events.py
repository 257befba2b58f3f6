"""The events of intents (https://docs.privy.io/transaction-management/intents/intent-webhooks)."""

from typing import TYPE_CHECKING, Any

from privy_async.sandbox.operations.intents.intent_approvals import (
    authorization_details,
    newest_member,
)
from privy_async.sandbox.records.intents import Intent

if TYPE_CHECKING:
    from privy_async.sandbox.app import App

_Json = dict[str, Any]


def tell_of_new_intent(app: "App", intent: Intent) -> None:
    """`intent.created`."""

    def fields() -> _Json:
        details = authorization_details(app.state, intent)
        return {**_common(intent), "authorization_details": details}

    app.webhooks.emit("intent.created", fields)


def tell_of_approval(app: "App", intent: Intent) -> None:
    """`intent.authorized`, of whoever agreed last."""

    def fields() -> _Json:
        member = newest_member(app.state, intent)
        return {**_common(intent), "authorized_at": member["signed_at"], "member": member}

    app.webhooks.emit("intent.authorized", fields)


def tell_of_rejection(app: "App", intent: Intent) -> None:
    """`intent.rejected`."""
    app.webhooks.emit("intent.rejected", {**_common(intent), "rejected_at": intent.rejected_at})


def tell_of_result(app: "App", intent: Intent) -> None:
    """`intent.executed` or `intent.failed`."""
    fields = {**_common(intent), "action_result": intent.result}
    app.webhooks.emit(f"intent.{intent.status}", fields)


def _common(intent: Intent) -> _Json:
    return {
        "intent_id": intent.id,
        "intent_type": intent.kind,
        "status": intent.status,
        "created_by_display_name": intent.created_by,
        "created_at": intent.created_at,
        "expires_at": intent.expires_at,
    }
