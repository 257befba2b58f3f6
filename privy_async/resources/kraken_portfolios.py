"""Portfolios at Kraken Embed: those of users, and the app's own."""

from collections.abc import Mapping
from typing import Any, Final, Unpack

from privy_async.call import OMIT, CallOptions, Omit, given
from privy_async.page import Pager
from privy_async.resources.kraken_answers import KrakenResource
from privy_async.resources.kraken_inputs import HistoryOptions, TransactionsOptions
from privy_async.resources.kraken_values import (
    KrakenWithdrawal,
    PortfolioDetails,
    PortfolioHistory,
    PortfolioSummary,
    PortfolioTransaction,
)

_USER: Final = "/v1/kraken_embed/users/{user_id}"
_MASTER: Final = "/v1/kraken_embed/master_account"
_INCLUDED: Final = ("assets", "total_balance", "total_pnl")


class _PortfolioResource(KrakenResource):
    """What users' portfolios and the app's have in common; `at` is where theirs are."""

    async def _summary(
        self, at: str, quote: str | None, pnl: bool | None, options: CallOptions, **path: str
    ) -> PortfolioSummary:
        query = {"quote": quote, "include[current_day_pnl]": pnl}
        return await self._get(PortfolioSummary, f"{at}/summary", query, options, **path)

    async def _details(
        self, at: str, quote: str | None, options: CallOptions, **path: str
    ) -> PortfolioDetails:
        query = {"quote": quote}
        return await self._get(PortfolioDetails, f"{at}/details", query, options, **path)

    async def _history(self, at: str, options: HistoryOptions, **path: str) -> PortfolioHistory:
        query, rest = _split(options, HistoryOptions.__optional_keys__)
        for name in _INCLUDED:
            query[f"include[{name}]"] = query.pop(f"include_{name}", None)
        return await self._get(PortfolioHistory, f"{at}/history", query, rest, **path)

    def _transactions(
        self, at: str, options: TransactionsOptions, **path: str
    ) -> Pager[PortfolioTransaction]:
        query, rest = _split(options, TransactionsOptions.__optional_keys__)
        cursor = query.pop("cursor", None)
        template = f"{at}/transactions"
        return self._pages(
            PortfolioTransaction, "transactions", template, query, cursor, rest, **path
        )


def _split(
    options: Mapping[str, Any], names: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes into the query, and the rest: options of the call, or unknown ones."""
    queried = names - CallOptions.__optional_keys__
    query = {name: value for name, value in options.items() if name in queried}
    return query, {name: value for name, value in options.items() if name not in queried}


class Portfolios(_PortfolioResource):
    """Reached as `privy.kraken_embed.portfolios`. Values are told in the asset `quote`."""

    async def get_summary(
        self,
        user_id: str,
        *,
        quote: str | None = None,
        include_current_day_pnl: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> PortfolioSummary:
        """Return what a user's portfolio is worth."""
        return await self._summary(_USER, quote, include_current_day_pnl, options, user_id=user_id)

    async def get_details(
        self, user_id: str, *, quote: str | None = None, **options: Unpack[CallOptions]
    ) -> PortfolioDetails:
        """Return a user's portfolio asset by asset."""
        return await self._details(_USER, quote, options, user_id=user_id)

    async def get_history(
        self, user_id: str, **options: Unpack[HistoryOptions]
    ) -> PortfolioHistory:
        """Return a user's portfolio over time; see `HistoryOptions`."""
        return await self._history(_USER, options, user_id=user_id)

    def list_transactions(
        self, user_id: str, **options: Unpack[TransactionsOptions]
    ) -> Pager[PortfolioTransaction]:
        """List a user's trades and rewards; see `TransactionsOptions`."""
        return self._transactions(_USER, options, user_id=user_id)


class MasterAccount(_PortfolioResource):
    """Reached as `privy.kraken_embed.master_account`. Values are told in the asset `quote`."""

    async def get_summary(
        self,
        *,
        quote: str | None = None,
        include_current_day_pnl: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> PortfolioSummary:
        """Return what the app's portfolio is worth."""
        return await self._summary(_MASTER, quote, include_current_day_pnl, options)

    async def get_details(
        self, *, quote: str | None = None, **options: Unpack[CallOptions]
    ) -> PortfolioDetails:
        """Return the app's portfolio asset by asset."""
        return await self._details(_MASTER, quote, options)

    async def get_history(self, **options: Unpack[HistoryOptions]) -> PortfolioHistory:
        """Return the app's portfolio over time; see `HistoryOptions`."""
        return await self._history(_MASTER, options)

    def list_transactions(
        self, **options: Unpack[TransactionsOptions]
    ) -> Pager[PortfolioTransaction]:
        """List the app's trades and rewards; see `TransactionsOptions`."""
        return self._transactions(_MASTER, options)

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
        body = given(asset=asset, key=key, amount=amount, idempotency_token=idempotency_token)
        return await self._send(
            KrakenWithdrawal, "POST", f"{_MASTER}/funds/withdrawals", body, options
        )
