"""Kraken Embed as values.

Amounts, prices and percentages are decimal strings; times are ISO 8601, dates YYYY-MM-DD.
"""

from collections.abc import Mapping
from typing import Any

from privy_async.values import Value


class QuoteAmount(Value):
    """One side of a quote: `total` is `subtotal` with the fee."""

    asset: str
    total: str
    fee: str
    subtotal: str
    asset_class: str | None = None


class QuotePrice(Value):
    """The price of one unit of an asset in another."""

    asset: str
    unit_price: str
    denomination_asset: str
    asset_class: str | None = None
    denomination_asset_class: str | None = None


class KrakenQuote(Value):
    """A price that holds until `expires`. The `quoted_...` fields are in the quote currency.

    `status` is "new", "accepted", "order_complete", "credit_transfer_complete",
    "quote_cancelled" or "quote_execution_failed"; one that Privy does not know is a mapping.
    """

    quote_id: str
    type: str | None = None
    status: str | Mapping[str, str] | None = None
    expires: str | None = None
    spend: QuoteAmount | None = None
    receive: QuoteAmount | None = None
    unit_price: QuotePrice | None = None
    quoted_spend: QuoteAmount | None = None
    quoted_receive: QuoteAmount | None = None
    quoted_unit_price: QuotePrice | None = None
    transaction_id: str | None = None


class QuoteExecution(Value):
    """A quote that is being executed; its status is that of `KrakenQuote`."""

    quote_id: str
    status: str | Mapping[str, str] | None = None
    transaction_id: str | None = None


class CreatedKrakenUser(Value):
    """`user` is Kraken's id of the user (IIBAN)."""

    user: str


class RequiredAction(Value):
    """A step that a user has yet to take: "verification", "provide_details" or "wait".

    Of the details to provide, `details_type["type"]` says which, such as "tax_ids".
    """

    action_type: str
    verification_type: str | None = None
    reasons: tuple[str, ...] | None = None
    details_type: Mapping[str, Any] | None = None
    reason: str | None = None
    deadline: str | None = None
    wait_reason_code: str | None = None


class KrakenUserStatus(Value):
    """`state` is "ok", "disabled" or "closed", the latter two with reasons."""

    state: str
    reasons: tuple[str, ...] | None = None
    required_actions: tuple[RequiredAction, ...] | None = None


class KrakenUser(Value):
    """A user at Kraken; `user_type` is "individual" or "corporate"."""

    user: str
    user_type: str | None = None
    status: KrakenUserStatus | None = None
    created_at: str | None = None
    external_id: str | None = None


class KrakenVerification(Value):
    """A verification that was handed in."""

    verification_id: str


class Link(Value):
    """An address; width and height, in pixels, are of images."""

    href: str
    type: str | None = None
    width: int | None = None
    height: int | None = None


class AssetLinks(Value):
    """Links to an asset's page (`self_`) and to its picture."""

    self_: Link
    logo: Link


class _AssetFacts(Value):
    links: AssetLinks
    english_name: str | None = None
    circulating_supply: str | None = None
    total_supply: str | None = None
    max_supply: str | None = None
    market_cap_value: str | None = None
    change_percent_24h: str | None = None
    volume_value_24h: str | None = None
    ath_value: str | None = None
    ath_date: str | None = None


class KrakenAsset(_AssetFacts):
    """An asset that can be traded. Values are in the quote asset; `ath` is the all-time high."""

    id: str
    disabled_against: tuple[str, ...]
    decimals: int
    display_decimals: int
    platform_status: str
    user_status: str | None = None
    collateral_value: float | None = None
    simple_trade_decimals: int | None = None
    price: str | None = None
    circulating_supply_value: str | None = None
    total_supply_value: str | None = None
    max_supply_value: str | None = None
    trending_rank: int | None = None
    market_cap_rank: int | None = None
    change_percent_1h: str | None = None
    change_percent_7d: str | None = None
    change_percent_30d: str | None = None
    change_percent_1y: str | None = None
    listing_date: str | None = None


class KrakenAssetDetails(_AssetFacts):
    """The details of one asset; see `KrakenAsset`."""

    symbol: str
    description: str | None = None
    bearish_insights: str | None = None
    bullish_insights: str | None = None
    change_value_24h: str | None = None


class AssetRate(Value):
    """The price of an asset at a time."""

    timestamp: str
    price: str


class AssetRatesSummary(Value):
    """The change of the price between the oldest and the newest rate given."""

    page_oldest_rate: AssetRate | None = None
    page_newest_rate: AssetRate | None = None
    page_price_change_value: str | None = None
    page_price_change_percent: str | None = None


class AssetRates(Value):
    """The prices of an asset over time."""

    rates: tuple[AssetRate, ...]
    meta: AssetRatesSummary


class AssetAmount(Value):
    """So much of an asset."""

    asset: str
    amount: str
    asset_class: str | None = None


class KrakenWithdrawal(Value):
    """A withdrawal that has begun."""

    reference_id: str


class EarnAmount(Value):
    """An amount of an asset, and the same in the currency that was asked for."""

    native: str
    converted: str


class EarnAllocation(Value):
    """The amount of a user's asset that earns, and what it has earned."""

    total_rewarded: EarnAmount | None = None
    total_allocated: EarnAmount | None = None
    upcoming_reward_date: str | None = None


class KrakenEarnAsset(Value):
    """An asset that can earn rewards: a year's `apr_estimate["low"]` and `["high"]`."""

    apr_estimate: Mapping[str, str] | None = None
    user_allocation: EarnAllocation | None = None


class EarnAssets(Value):
    """The assets that can earn rewards, by their names."""

    assets: Mapping[str, KrakenEarnAsset]


class UpcomingReward(Value):
    """A reward that is about to come."""

    date: str
    asset: str
    accumulated_amount: EarnAmount
    estimated_pending_amount: EarnAmount | None = None


class EarnSummary(Value):
    """The earnings of a user, converted to the currency that was asked for."""

    auto_earn_eligible: bool
    auto_earn_enabled: bool
    payout_period: str
    total_allocated_converted: str
    total_rewarded_converted_true_rates: str
    total_rewarded_converted_current_rate: str
    num_earning_assets: int
    upcoming_rewards: tuple[UpcomingReward, ...]
    auto_earn_last_changed: str | None = None
