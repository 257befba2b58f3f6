"""Kraken Embed: trading for your users at Kraken, through Privy.

A `user_id` is Privy's; Kraken's own id of a user (IIBAN) is called `user`. Nothing here takes an
idempotency key: what moves money is sent once, and if its outcome is unknown, look it up.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Unpack

from privy_async.page import Pager
from privy_async.resources.kraken import values as values
from privy_async.resources.kraken.answers import KrakenResource, renamed
from privy_async.resources.kraken.inputs import (
    AssetAmountInput,
    AssetInput,
    KrakenUserInput,
    PlatformStatus,
    QuoteType,
    StartVerificationInput,
    VerificationInput,
)
from privy_async.resources.resource import cached_property
from privy_async.sending.call import OMIT, CallOptions, Omit

if TYPE_CHECKING:
    from privy_async.resources.kraken.orders import CustomOrders
    from privy_async.resources.kraken.portfolios import MasterAccount, Portfolio

_USER: Final = "/v1/kraken_embed/users/{user_id}"
_QUOTE: Final = "/v1/kraken_embed/quotes/{quote_id}"
_ASSET: Final = "/v1/kraken_embed/assets/{asset_id}"
_ASSET_FILTERS: Final = {
    "user": "filter[user]",
    "assets": "filter[assets]",
    "platform_statuses": "filter[platform_statuses]",
    "tradable_only": "filter[tradable_only]",
    "page_size": "page[size]",
    "page_number": "page[number]",
}


class KrakenEmbed(KrakenResource):
    """Reached as `privy.kraken_embed`."""

    @cached_property
    def custom_orders(self) -> "CustomOrders":
        """Trades that are executed once a price is reached."""
        from privy_async.resources.kraken.orders import CustomOrders

        return CustomOrders(self._requester)

    @cached_property
    def master_account(self) -> "MasterAccount":
        """Balances and history of the app itself."""
        from privy_async.resources.kraken.portfolios import MasterAccount

        return MasterAccount(self._requester)

    def portfolio(self, user_id: str) -> "Portfolio":
        """Balances and history of a user; nothing is sent."""
        from privy_async.resources.kraken.portfolios import Portfolio

        return Portfolio(self._requester, user_id=user_id)

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
    ) -> values.KrakenQuote:
        """Ask what it costs to spend, or to receive, an amount of one asset for another.

        Fee and spread are basis points as digits. Values are told in `quote_currency` too.
        """
        return await self._request(values.KrakenQuote, "POST /v1/kraken_embed/quotes", locals())

    async def get_quote(
        self, quote_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> values.KrakenQuote:
        """Return a quote by its id: what became of it."""
        return await self._request(values.KrakenQuote, f"GET {_QUOTE}", locals())

    async def execute_quote(
        self, quote_id: str, *, user_id: str, **options: Unpack[CallOptions]
    ) -> values.QuoteExecution:
        """Trade as quoted, which takes money; the quote must be "new" and not expired."""
        return await self._request(values.QuoteExecution, f"PUT {_QUOTE}", locals())

    async def create_user(
        self, user_id: str, *, user: KrakenUserInput, **options: Unpack[CallOptions]
    ) -> values.CreatedKrakenUser:
        """Make a user at Kraken of one of Privy's."""
        return await self._request(values.CreatedKrakenUser, f"POST {_USER}", locals(), body=user)

    async def get_user(self, user_id: str, **options: Unpack[CallOptions]) -> values.KrakenUser:
        """Return a user: the status at Kraken, and what is to be done yet."""
        return await self._request(values.KrakenUser, f"GET {_USER}", locals())

    async def start_verification_from_urls(
        self, user_id: str, *, verification: StartVerificationInput, **options: Unpack[CallOptions]
    ) -> values.KrakenVerification:
        """Have Kraken verify a user, by documents that it fetches."""
        return await self._request(
            values.KrakenVerification,
            f"POST {_USER}/start_verification_urls",
            locals(),
            body=verification,
        )

    async def submit_verification_from_urls(
        self, user_id: str, *, verification: VerificationInput, **options: Unpack[CallOptions]
    ) -> values.KrakenVerification:
        """Tell Kraken what you have verified, with documents that it fetches."""
        return await self._request(
            values.KrakenVerification,
            f"POST {_USER}/verification_urls",
            locals(),
            body=verification,
        )

    async def submit_verification(
        self, user_id: str, *, verification: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> None:
        """Tell Kraken what you have verified, in a form that Privy documents nowhere.

        The mapping goes as JSON, whatever is in it; to upload files, Privy may want another form.
        `submit_verification_from_urls` is documented.
        """
        await self._do(f"POST {_USER}/verifications", locals(), body=verification)

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
    ) -> Pager[values.KrakenAsset]:
        """List the assets that match every filter given, with values in `quote`.

        A page holds `page_size`, at most 100; `page_number` is where to begin, from 1, and so
        are the cursors. `lang` is a language tag such as "de". `sort` is "trending", or a field
        such as "symbol" or "market_cap_rank", with "-" before it for the other direction.
        """
        return self._list(
            values.KrakenAsset,
            "GET /v1/kraken_embed/assets",
            renamed(locals(), _ASSET_FILTERS),
            within="assets",
            cursor="page[number]",
        )

    async def get_asset(
        self,
        asset_id: str,
        *,
        quote: str | None = None,
        lang: str | None = None,
        **options: Unpack[CallOptions],
    ) -> values.KrakenAssetDetails:
        """Return what is known about an asset, with values in `quote`."""
        return await self._request(values.KrakenAssetDetails, f"GET {_ASSET}", locals())

    async def get_asset_rates(
        self,
        asset_id: str,
        *,
        quote: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        interval: str | None = None,
        **options: Unpack[CallOptions],
    ) -> values.AssetRates:
        """Return the prices of an asset over a time, in `quote`."""
        return await self._request(values.AssetRates, f"GET {_ASSET}/rates", locals())

    async def withdraw_funds(
        self,
        *,
        asset: str,
        key: str,
        amount: str,
        idempotency_token: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> values.KrakenWithdrawal:
        """Withdraw an amount of the app's own funds to the destination that Kraken calls `key`.

        With a UUID of yours as the `idempotency_token` you can ask again without paying twice.
        `master_account.withdraw_funds` does so with fiat.
        """
        return await self._request(
            values.KrakenWithdrawal, "POST /v1/kraken_embed/funds/withdrawals", locals()
        )

    async def set_auto_earn(
        self, user_id: str, *, enabled: bool, **options: Unpack[CallOptions]
    ) -> None:
        """Have a user's assets earn by themselves, or not; later `get_earn_summary` tells so."""
        await self._requester.request(
            "PUT /v1/kraken_embed/users/{user_id}/auto_earn",
            {"user_id": user_id},
            query={"want_enabled": enabled},
            options=options,
            read=self._result,
        )

    async def get_earn_summary(
        self, user_id: str, *, currency: str, **options: Unpack[CallOptions]
    ) -> values.EarnSummary:
        """Return what a user earns and has earned, in `currency`."""
        return await self._request(values.EarnSummary, f"GET {_USER}/earn_summary", locals())

    async def list_earn_assets(
        self,
        *,
        assets: Sequence[str] = (),
        user: str | None = None,
        currency: str | None = None,
        **options: Unpack[CallOptions],
    ) -> values.EarnAssets:
        """Return the assets that can earn, with what this `user` (of Kraken) has in them."""
        return await self._request(values.EarnAssets, "GET /v1/kraken_embed/earn/assets", locals())
