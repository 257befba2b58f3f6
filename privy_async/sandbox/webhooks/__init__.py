"""Webhooks: what happened is told to the app's own server, signed and repeated as Privy does."""

from privy_async.sandbox.records.webhooks import Attempt, Delivery, Endpoint
from privy_async.sandbox.webhooks.dispatch import Webhooks

__all__ = ["Attempt", "Delivery", "Endpoint", "Webhooks"]
