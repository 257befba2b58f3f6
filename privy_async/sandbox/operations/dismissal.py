"""Dismissal of intents: what is proposed for a resource is off once the resource changes.

Source: https://docs.privy.io/transaction-management/intents/lifecycle
"""

import attrs

from privy_async.sandbox.records.intents import PENDING
from privy_async.sandbox.state import State


def dismiss_intents(state: State, resource_id: str, reason: str) -> None:
    """Dismiss the pending intents of a wallet, a policy with its rules, or a key quorum."""
    now = state.now
    for intent in tuple(state.intents.values()):
        if intent.resource_id == resource_id and intent.status_at(now) == PENDING:
            state.intents[intent.id] = attrs.evolve(
                intent,
                status="dismissed",
                dismissed_at=now,
                dismissal_reason=reason,
                updated_at=now,
            )
