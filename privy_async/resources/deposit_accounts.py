"""Accounts to which others pay in, in crypto or fiat, and whose money ends in a wallet.

https://docs.privy.io/financial-flows/deposits/overview
"""

from functools import cached_property
from typing import Final, Literal, Unpack

import attrs

from privy_async.call import OMIT, CallOptions, MoneyOptions, Omit, given
from privy_async.page import Pager
from privy_async.resources.deposit_values import (
    ChainAssetInput,
    CryptoDepositAccount,
    CryptoDepositConfig,
    CryptoDepositOrder,
    CryptoDepositQuote,
    DepositAddressStrategy,
    DepositAssetFilterInput,
    DepositAssetInput,
    FiatDepositAccount,
    FiatEnvironment,
    FiatProvider,
    FiatSourceInput,
)
from privy_async.resources.resource import Resource
from privy_async.resources.transfer_inputs import Amount, amount_text
from privy_async.values import Value

_QUOTE: Final = "/v1/deposit_accounts/crypto/quote"
_CRYPTO: Final = "/v1/wallets/{wallet_id}/deposit_accounts/crypto"
_ORDER: Final = "/v1/wallets/{wallet_id}/deposit_accounts/crypto/orders/{order_id}"
_NEXT_ORDER: Final = "/v1/wallets/{wallet_id}/deposit_accounts/crypto/next_order"
_FIAT: Final = "/v1/wallets/{wallet_id}/deposit_accounts/fiat"
_FIAT_ACCOUNT: Final = "/v1/wallets/{wallet_id}/deposit_accounts/fiat/{deposit_account_id}"


@attrs.frozen(kw_only=True)
class _CryptoDepositAccounts(Value):
    deposit_accounts: tuple[CryptoDepositAccount, ...]


@attrs.frozen(kw_only=True)
class _NextOrder(Value):
    order: CryptoDepositOrder | None


@attrs.frozen(kw_only=True)
class _FiatDepositAccount(Value):
    fiat_deposit_account: FiatDepositAccount


class DepositAccounts(Resource):
    """Reached as `privy.wallets.deposit_accounts`."""

    @cached_property
    def crypto(self) -> "CryptoDepositAccounts":
        """Addresses that take many assets and turn them into one."""
        return CryptoDepositAccounts(self._requester)

    @cached_property
    def fiat(self) -> "FiatDepositAccounts":
        """Bank accounts whose money is turned into crypto."""
        return FiatDepositAccounts(self._requester)


class CryptoDepositAccounts(Resource):
    """Reached as `privy.wallets.deposit_accounts.crypto`."""

    async def create(
        self,
        wallet_id: str,
        *,
        type: Literal["deposit_config", "inline_route"],
        deposit_config_id: str | Omit = OMIT,
        source: DepositAssetFilterInput | Omit = OMIT,
        destination: DepositAssetInput | Omit = OMIT,
        deposit_address_strategy: DepositAddressStrategy | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> tuple[CryptoDepositAccount, ...]:
        """Make addresses whose deposits end in this wallet, one for each kind of chain.

        Args:
            wallet_id: The wallet.
            type: "deposit_config" goes with `deposit_config_id`, "inline_route" with `source`
                and `destination`.
            deposit_config_id: A configuration made in the dashboard.
            source: What can be paid in.
            destination: What arrives.
            deposit_address_strategy: Whether the wallet's own address may be used; by default
                not.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/wallets/funding/crypto-deposits/overview
        """
        body = given(
            type=type,
            deposit_config_id=deposit_config_id,
            source=source,
            destination=destination,
            deposit_address_strategy=deposit_address_strategy,
        )
        made = await self._request(
            _CryptoDepositAccounts, "POST", _CRYPTO, wallet_id=wallet_id, body=body, options=options
        )
        return made.deposit_accounts

    def list(
        self,
        wallet_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[CryptoDepositAccount]:
        """List the addresses whose deposits end in this wallet."""
        return self._list(
            CryptoDepositAccount,
            _CRYPTO,
            wallet_id=wallet_id,
            query={"limit": limit},
            cursor=cursor,
            options=options,
        )

    async def get_config(self, **options: Unpack[CallOptions]) -> CryptoDepositConfig:
        """Return what can be paid in."""
        return await self._request(
            CryptoDepositConfig, "GET", "/v1/deposit_accounts/crypto/config", options=options
        )

    async def quote(
        self,
        *,
        source: ChainAssetInput,
        destination: ChainAssetInput,
        input_amount: Amount | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> CryptoDepositQuote:
        """Ask roughly what would arrive; `input_amount` is in the token's usual unit."""
        body = given(
            source=source,
            destination=destination,
            input_amount=amount_text(input_amount, argument="input_amount"),
            slippage_bps=slippage_bps,
        )
        return await self._request(CryptoDepositQuote, "POST", _QUOTE, body=body, options=options)

    async def get_order(
        self, order_id: str, *, wallet_id: str, **options: Unpack[CallOptions]
    ) -> CryptoDepositOrder:
        """Return how far a deposit is; `wallet_id` is the wallet it ends in."""
        return await self._request(
            CryptoDepositOrder,
            "GET",
            _ORDER,
            wallet_id=wallet_id,
            order_id=order_id,
            options=options,
        )

    async def get_next_order(
        self, wallet_id: str, *, after: str, **options: Unpack[CallOptions]
    ) -> CryptoDepositOrder | None:
        """Return the first deposit after a time (ISO 8601), or None if there is none yet."""
        query = {"after": after}
        found = await self._request(
            _NextOrder, "GET", _NEXT_ORDER, wallet_id=wallet_id, query=query, options=options
        )
        return found.order


class FiatDepositAccounts(Resource):
    """Reached as `privy.wallets.deposit_accounts.fiat`."""

    async def create(
        self,
        wallet_id: str,
        *,
        provider: FiatProvider,
        source: FiatSourceInput,
        destination: ChainAssetInput,
        environment: FiatEnvironment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> FiatDepositAccount:
        """Make a bank account whose money arrives in this wallet as crypto.

        Source: https://docs.privy.io/wallets/funding/fiat-deposits/overview
        """
        body = given(
            provider=provider, source=source, destination=destination, environment=environment
        )
        made = await self._request(
            _FiatDepositAccount, "POST", _FIAT, wallet_id=wallet_id, body=body, options=options
        )
        return made.fiat_deposit_account

    def list(
        self,
        wallet_id: str,
        *,
        provider: FiatProvider,
        environment: FiatEnvironment | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[FiatDepositAccount]:
        """List the bank accounts of a wallet."""
        return self._list(
            FiatDepositAccount,
            _FIAT,
            items="fiat_deposit_accounts",
            wallet_id=wallet_id,
            query={"provider": provider, "environment": environment},
            options=options,
        )

    async def get(
        self, deposit_account_id: str, *, wallet_id: str, **options: Unpack[CallOptions]
    ) -> FiatDepositAccount:
        """Return a bank account of a wallet."""
        found = await self._request(
            _FiatDepositAccount,
            "GET",
            _FIAT_ACCOUNT,
            wallet_id=wallet_id,
            deposit_account_id=deposit_account_id,
            options=options,
        )
        return found.fiat_deposit_account
