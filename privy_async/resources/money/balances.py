"""Balances of wallets."""

from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

from privy_async.resources.resource import Resource
from privy_async.sending.call import CallOptions
from privy_async.values import Value


class AssetBalance(Value):
    """A balance of an asset: `raw_value` in smallest units, with so many decimals.

    `display_values` are decimal strings by asset, and by currency if one was asked for.
    """

    chain: str
    asset: str
    raw_value: str
    raw_value_decimals: int
    display_values: Mapping[str, str]


class WalletBalance(Value):
    """A balance for each asset and chain that was asked for."""

    balances: tuple[AssetBalance, ...]


class Balance(Resource):
    """Reached as `privy.wallets.balance`."""

    async def get(
        self,
        wallet_id: str,
        *,
        asset: str | Sequence[str] | None = None,
        chain: str | Sequence[str] | None = None,
        token: str | Sequence[str] | None = None,
        include_currency: Literal["usd", "eur"] | None = None,
        include_archived: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> WalletBalance:
        """Return what a wallet holds of some assets.

        Args:
            wallet_id: The wallet.
            asset: One or up to ten, such as "usdc"; with `chain`.
            chain: One or up to ten, such as "base"; with `asset`.
            token: Instead, up to ten contracts as "chain:address".
            include_currency: Tell the values in this currency too; not with `token`.
            include_archived: Look among archived wallets too.
            **options: See `CallOptions`.

        Source: https://docs.privy.io/wallets/gas-and-asset-management/assets/fetch-balance
        """
        return await self._request(WalletBalance, "GET /v1/wallets/{wallet_id}/balance", locals())
