"""Kraken Embed: trading for your users at Kraken, through Privy.

A `user_id` is Privy's; Kraken's own id of a user (IIBAN) is called `user`. Nothing here takes an
idempotency key: what moves money is sent once, and if its outcome is unknown, look it up.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Unpack

from privy_async.call import OMIT, CallOptions, Omit, given
from privy_async.page import Pager
from privy_async.resources.kraken_answers import KrakenResource, read_result
from privy_async.resources.kraken_inputs import (
    AssetAmountInput,
    AssetInput,
    KrakenUserInput,
    PlatformStatus,
    QuoteType,
    StartVerificationInput,
    VerificationInput,
)
from privy_async.resources.kraken_values import (
    AssetRates,
    CreatedKrakenUser,
    EarnAssets,
    EarnSummary,
    KrakenAsset,
    KrakenAssetDetails,
    KrakenQuote,
    KrakenUser,
    KrakenVerification,
    KrakenWithdrawal,
    QuoteExecution,
)

if TYPE_CHECKING:
    from privy_async.resources.kraken_orders import CustomOrders
    from privy_async.resources.kraken_portfolios import MasterAccount, Portfolios

_BASE: Final = "/v1/kraken_embed"
_USER: Final = "/v1/kraken_embed/users/{user_id}"
_QUOTE: Final = "/v1/kraken_embed/quotes/{quote_id}"
_ASSET: Final = "/v1/kraken_embed/assets/{asset_id}"


class KrakenEmbed(KrakenResource):
    """Reached as `privy.kraken_embed`."""

    @cached_property
    def custom_orders(self) -> "CustomOrders":
        """Trades that are executed once a price is reached."""
        from privy_async.resources.kraken_orders import CustomOrders

        return CustomOrders(self._requester)

    @cached_property
    def portfolios(self) -> "Portfolios":
        """What users have, and what they did."""
        from privy_async.resources.kraken_portfolios import Portfolios

        return Portfolios(self._requester)

    @cached_property
    def master_account(self) -> "MasterAccount":
        """What the app itself has, and what it did."""
        from privy_async.resources.kraken_portfolios import MasterAccount

        return MasterAccount(self._requester)

    async def request_quote(
        self,
        *,
        user_id: str,
        type: QuoteType,
        amount: AssetAmountInput,
        quote: AssetInput,
        fee_bps: str,
        spread_bps: str,
        quote_currency: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> KrakenQuote:
        """Ask what it costs to spend, or to receive, an amount of one asset for another.

        Fee and spread are basis points as digits. Values are told in `quote_currency` too.
        """
        body = given(
            user_id=user_id,
            type=type,
            amount=amount,
            quote=quote,
            fee_bps=fee_bps,
            spread_bps=spread_bps,
            quote_currency=quote_currency,
        )
        return await self._send(KrakenQuote, "POST", f"{_BASE}/quotes", body, options)

    async def get_quote(
        self, quote_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> KrakenQuote:
        """Return a quote by its id: what became of it."""
        query = {"user_id": user_id}
        return await self._get(KrakenQuote, _QUOTE, query, options, quote_id=quote_id)

    async def execute_quote(
        self, quote_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> QuoteExecution:
        """Trade as quoted, which takes money; the quote must be "new" and not expired."""
        body = {"user_id": user_id}
        return await self._send(QuoteExecution, "PUT", _QUOTE, body, options, quote_id=quote_id)

    async def create_user(
        self, user_id: str, *, user: KrakenUserInput, **options: Unpack[CallOptions]
    ) -> CreatedKrakenUser:
        """Make a user at Kraken of one of Privy's."""
        return await self._send(CreatedKrakenUser, "POST", _USER, user, options, user_id=user_id)

    async def get_user(self, user_id: str, **options: Unpack[CallOptions]) -> KrakenUser:
        """Return a user: the status at Kraken, and what is to be done yet."""
        return await self._get(KrakenUser, _USER, {}, options, user_id=user_id)

    async def start_verification_from_urls(
        self,
        user_id: str,
        *,
        verification: StartVerificationInput,
        **options: Unpack[CallOptions],
    ) -> KrakenVerification:
        """Have Kraken verify a user, by documents that it fetches."""
        return await self._send(
            KrakenVerification,
            "POST",
            f"{_USER}/start_verification_urls",
            verification,
            options,
            user_id=user_id,
        )

    async def submit_verification_from_urls(
        self, user_id: str, *, verification: VerificationInput, **options: Unpack[CallOptions]
    ) -> KrakenVerification:
        """Tell Kraken what you have verified, with documents that it fetches.

        The other way to do so, by uploading the files, is not part of this SDK.
        """
        return await self._send(
            KrakenVerification,
            "POST",
            f"{_USER}/verification_urls",
            verification,
            options,
            user_id=user_id,
        )

    def list_assets(
        self,
        *,
        user: str | None = None,
        assets: Sequence[str] = (),
        platform_statuses: Sequence[PlatformStatus] = (),
        tradable_only: bool | None = None,
        quote: str | None = None,
        sort: str | None = None,
        lang: str | None = None,
        page_size: int | None = None,
        page_number: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[KrakenAsset]:
        """List the assets that match every filter given, with values in `quote`.

        A page holds `page_size`, at most 100; `page_number` is where to begin, from 1, and so
        are the cursors. `lang` is a language tag such as "de". `sort` is "trending", or a field
        such as "symbol" or "market_cap_rank", with "-" before it for the other direction.
        """
        query = {
            "filter[user]": user,
            "filter[assets]": assets,
            "filter[platform_statuses]": platform_statuses,
            "filter[tradable_only]": tradable_only,
            "quote": quote,
            "sort": sort,
            "lang": lang,
            "page[size]": page_size,
        }
        cursor = None if page_number is None else str(page_number)
        return self._pages(
            KrakenAsset,
            "assets",
            f"{_BASE}/assets",
            query,
            cursor,
            options,
            cursor_name="page[number]",
        )

    async def get_asset(
        self,
        asset_id: str,
        *,
        quote: str | None = None,
        lang: str | None = None,
        **options: Unpack[CallOptions],
    ) -> KrakenAssetDetails:
        """Return what is known about an asset, with values in `quote`."""
        query = {"quote": quote, "lang": lang}
        return await self._get(KrakenAssetDetails, _ASSET, query, options, asset_id=asset_id)

    async def get_asset_rates(
        self,
        asset_id: str,
        *,
        quote: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        interval: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AssetRates:
        """Return the prices of an asset over a time, in `quote`."""
        query = {
            "quote": quote,
            "start_time": start_time,
            "end_time": end_time,
            "interval": interval,
        }
        return await self._get(AssetRates, f"{_ASSET}/rates", query, options, asset_id=asset_id)

    async def withdraw_funds(
        self,
        *,
        asset: str,
        key: str,
        amount: str,
        idempotency_token: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> KrakenWithdrawal:
        """Withdraw an amount of the app's own funds to the destination that Kraken calls `key`.

        With a UUID of yours as the `idempotency_token` you can ask again without paying twice.
        `master_account.withdraw_funds` does so with fiat.
        """
        body = given(asset=asset, key=key, amount=amount, idempotency_token=idempotency_token)
        return await self._send(
            KrakenWithdrawal, "POST", f"{_BASE}/funds/withdrawals", body, options
        )

    async def set_auto_earn(
        self, user_id: str, *, enabled: bool, **options: Unpack[CallOptions]
    ) -> None:
        """Have a user's assets earn by themselves, or not; later `get_earn_summary` tells so."""
        await self._requester.request(
            "PUT",
            f"{_USER}/auto_earn",
            {"user_id": user_id},
            query={"want_enabled": enabled},
            options=options,
            read=read_result,
        )

    async def get_earn_summary(
        self, user_id: str, *, currency: str, **options: Unpack[CallOptions]
    ) -> EarnSummary:
        """Return what a user earns and has earned, in `currency`."""
        return await self._get(
            EarnSummary, f"{_USER}/earn_summary", {"currency": currency}, options, user_id=user_id
        )

    async def list_earn_assets(
        self,
        *,
        assets: Sequence[str] = (),
        user: str | None = None,
        currency: str | None = None,
        **options: Unpack[CallOptions],
    ) -> EarnAssets:
        """Return the assets that can earn, with what this `user` (of Kraken) has in them."""
        query = {"assets": assets, "user": user, "currency": currency}
        return await self._get(EarnAssets, f"{_BASE}/earn/assets", query, options)
