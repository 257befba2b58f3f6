"""Portfolios at Kraken Embed: those of users, and the app's own.

Amounts, prices and percentages are decimal strings; times are ISO 8601, dates YYYY-MM-DD.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, TypeAlias, Unpack

from privy_async.page import Pager
from privy_async.resources.kraken.answers import KrakenResource, renamed
from privy_async.resources.kraken.values import AssetAmount, KrakenWithdrawal
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.sending.requester import Requester
from privy_async.values import Value

KrakenTransactionType: TypeAlias = Literal["earn_reward", "simple_order", "simple_order_failed"]
KrakenTransactionStatus: TypeAlias = Literal["failed", "in_progress", "successful", "unspecified"]

_INCLUDED: Final = {
    "include_assets": "include[assets]",
    "include_current_day_pnl": "include[current_day_pnl]",
    "include_total_balance": "include[total_balance]",
    "include_total_pnl": "include[total_pnl]",
}


class PortfolioSummary(Value):
    """The worth of a portfolio in `currency`; `lots_upnl` is its unrealized profit and loss.

    `current_day_pnl["pnl"]` is the profit and loss since `current_day_pnl["since"]`.
    """

    timestamp: str
    currency: str
    portfolio_value: str
    withheld_value: str
    open_orders: str
    available_balance: str
    lots_upnl: str | None = None
    cost_basis: str | None = None
    current_day_pnl: Mapping[str, str] | str | None = None


class PortfolioAsset(Value):
    """An asset in a portfolio; values and prices are in the portfolio's currency."""

    asset: str
    cash_balance: str
    index_price: str
    cash_value: str
    held_orders_spot: str
    class_: str | None = None
    avail_trade: str | None = None
    avail_trade_value: str | None = None
    credit_line_used: str | None = None
    credit_line_available: str | None = None
    lots_upnl: str | None = None
    avg_entry_price: str | None = None
    cost_basis: str | None = None


class PortfolioDetails(Value):
    """A portfolio asset by asset."""

    timestamp: str
    currency: str
    assets: tuple[PortfolioAsset, ...]


class HistoryEntry(Value):
    """A portfolio at a time, with what was asked for; of `assets`, each `balance`."""

    date: str
    timestamp: str | None = None
    total_balance: str | None = None
    total_pnl: str | None = None
    total_pnl_pct: str | None = None
    assets: Mapping[str, Mapping[str, str]] | None = None


class PortfolioHistory(Value):
    """A portfolio over time; `next_cursor` leads to what follows."""

    start_date: str
    end_date: str
    history: tuple[HistoryEntry, ...]
    currency: str | None = None
    total_pnl: str | None = None
    total_pnl_pct: str | None = None
    next_cursor: str | None = None


class TransactionSide(Value):
    """An amount spent or received: `total` is `amount` with the fee, `balance` is after it."""

    amount: AssetAmount
    total: AssetAmount
    fee: AssetAmount | None = None
    balance: AssetAmount | None = None
    quoted_amount: AssetAmount | None = None
    quoted_fee: AssetAmount | None = None
    quoted_total: AssetAmount | None = None
    ledger_id: str | None = None
    time: str | None = None


class PortfolioTransaction(Value):
    """A trade or a reward.

    `type` is "simple_order", "simple_order_failed" or "earn_reward"; `details` has that type too,
    with more about orders (`quote_id`, `trade_type`, `failure_reason`), or is a mere str.
    """

    id: str
    time: str
    type: str
    ref_id: str
    details: Mapping[str, Any] | str
    ref_id2: str | None = None
    status: str | None = None
    spend: TransactionSide | None = None
    receive: TransactionSide | None = None


class Portfolio(KrakenResource):
    """Reached as `privy.kraken_embed.portfolio(user_id)`, or `.master_account` for the app's own.

    Values are told in the asset `quote`.
    """

    _path: ClassVar[str] = "/v1/kraken_embed/users/{user_id}"

    def __init__(self, requester: Requester, **owner: str) -> None:
        super().__init__(requester)
        self._owner = owner

    def _named(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return renamed(arguments, _INCLUDED) | self._owner

    async def get_summary(
        self,
        *,
        quote: str | None = None,
        include_current_day_pnl: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> PortfolioSummary:
        """Return what the portfolio is worth."""
        return await self._request(
            PortfolioSummary, f"GET {self._path}/summary", self._named(locals())
        )

    async def get_details(
        self, *, quote: str | None = None, **options: Unpack[CallOptions]
    ) -> PortfolioDetails:
        """Return the portfolio asset by asset."""
        return await self._request(
            PortfolioDetails, f"GET {self._path}/details", self._named(locals())
        )

    async def get_history(
        self,
        *,
        include_assets: str | Sequence[str] | None = None,
        include_total_balance: bool | None = None,
        include_total_pnl: bool | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        interval: Literal["daily", "hourly"] | None = None,
        resolution: int | None = None,
        quote: str | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> PortfolioHistory:
        """Return the portfolio over time, with the figures that are to be included.

        Dates are YYYY-MM-DD; `cursor` is the `next_cursor` of what came before.
        """
        return await self._request(
            PortfolioHistory, f"GET {self._path}/history", self._named(locals())
        )

    def list_transactions(
        self,
        *,
        types: Sequence[KrakenTransactionType] = (),
        statuses: Sequence[KrakenTransactionStatus] = (),
        assets: Sequence[str] = (),
        ids: Sequence[str] = (),
        from_time: str | None = None,
        until_time: str | None = None,
        sorting: Literal["ascending", "descending"] | None = None,
        quote: str | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[PortfolioTransaction]:
        """List trades and rewards. A page has `page_size`, at most 25."""
        return self._list(
            PortfolioTransaction,
            f"GET {self._path}/transactions",
            self._named(locals()),
            within="transactions",
        )


class MasterAccount(Portfolio):
    """Reached as `privy.kraken_embed.master_account`: what the app itself has at Kraken."""

    _path = "/v1/kraken_embed/master_account"

    async def withdraw_funds(
        self,
        *,
        asset: str,
        key: str,
        amount: str,
        idempotency_token: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> KrakenWithdrawal:
        """Withdraw fiat of the app; otherwise as `kraken_embed.withdraw_funds`."""
        return await self._request(
            KrakenWithdrawal, f"POST {self._path}/funds/withdrawals", locals()
        )
