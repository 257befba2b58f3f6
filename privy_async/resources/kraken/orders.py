"""Custom orders at Kraken Embed: trades that are executed once a price is reached.

Amounts and prices are decimal strings, fees and spreads basis points as digits, times ISO 8601.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypedDict, Unpack

from privy_async.page import Pager
from privy_async.resources.kraken.answers import KrakenResource
from privy_async.resources.kraken.inputs import AssetAmountInput, AssetInput, QuoteType
from privy_async.resources.kraken.values import AssetAmount
from privy_async.sending.call import CallOptions
from privy_async.values import Value

CustomOrderStatus: TypeAlias = Literal["active", "cancelled", "completed", "paused"]

_ORDERS: Final = "/v1/kraken_embed/custom_orders"
_ORDER: Final = "/v1/kraken_embed/custom_orders/{order_id}"


class CustomOrderAction(Value):
    """The trade of a custom order; `quote["asset"]` is on its other side."""

    type: str
    amount: AssetAmount
    quote: Mapping[str, str]
    fee_bps: str
    spread_bps: str


class CustomOrderTrigger(Value):
    """When a custom order is executed: the rate is "gte" or "lte" the target price."""

    type: str
    base_asset: str
    quote_asset: str
    target_price: str
    condition: str


class CustomOrderState(Value):
    """`status` is "active", "paused", "cancelled" or "completed"; two of them have reasons."""

    status: str
    reason: Any = None


class CustomOrder(Value):
    """A trade that is executed once its trigger's condition is met."""

    id: str
    name: str | None = None
    action: CustomOrderAction | None = None
    trigger: CustomOrderTrigger | None = None
    status: CustomOrderState | None = None
    created_at: str | None = None
    updated_at: str | None = None


class CustomOrderOccurrence(Value):
    """One execution of a custom order: its `status` is "success", "failure" or "skipped".

    `trigger["type"]` set it off: "price", "time", "market_open" or "crypto_deposit". The trade is
    `executed_action["quote_id"]`.
    """

    id: str
    trigger: Mapping[str, str] | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    executed_action: Mapping[str, str] | None = None
    failure_reason: str | None = None
    skip_reason: str | None = None


class CustomOrderActionInput(TypedDict):
    """The trade of a custom order; fee and spread are in basis points, as digits."""

    type: QuoteType
    amount: AssetAmountInput
    quote: AssetInput
    fee_bps: str
    spread_bps: str


class CustomOrderTriggerInput(TypedDict):
    """When to execute: once the rate of the assets is at least, or at most, the target price."""

    type: Literal["price"]
    base_asset: str
    quote_asset: str
    target_price: str
    condition: Literal["gte", "lte"]


class CustomOrders(KrakenResource):
    """Reached as `privy.kraken_embed.custom_orders`. A `user_id` is Privy's."""

    async def create(
        self,
        *,
        user_id: str,
        name: str,
        trigger: CustomOrderTriggerInput,
        action: CustomOrderActionInput,
        **options: Unpack[CallOptions],
    ) -> CustomOrder:
        """Have a trade executed once the trigger's condition is met."""
        return await self._request(CustomOrder, f"POST {_ORDERS}", locals(), within="order")

    async def get(
        self, order_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> CustomOrder:
        """Return a custom order by its id."""
        return await self._request(CustomOrder, f"GET {_ORDER}", locals(), within="order")

    def list(
        self,
        *,
        user_id: str,
        statuses: Sequence[CustomOrderStatus] = (),
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[CustomOrder]:
        """List a user's custom orders, those of the statuses given."""
        return self._list(CustomOrder, f"GET {_ORDERS}", locals(), within="orders")

    async def cancel(
        self, order_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> CustomOrder:
        """Cancel an active custom order for good."""
        return await self._request(CustomOrder, f"POST {_ORDER}/cancel", locals(), within="order")

    async def get_history(
        self, order_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> tuple[CustomOrderOccurrence, ...]:
        """Return the executions of a custom order."""
        return await self._request_all(
            CustomOrderOccurrence, f"GET {_ORDER}/history", locals(), within="history"
        )
