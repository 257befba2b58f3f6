"""Accounts to which others pay in, in crypto or fiat, and whose money ends in a wallet.

https://docs.privy.io/financial-flows/deposits/overview
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.encodings.chains import AnyAddress
from privy_async.page import Pager
from privy_async.resources.money.fiat_accounts import BankInstructions
from privy_async.resources.money.kyc_values import Environment, Provider
from privy_async.resources.money.transfer_inputs import Amount, amount_text
from privy_async.resources.resource import Resource, cached_property
from privy_async.sending.call import OMIT, CallOptions, MoneyOptions, Omit
from privy_async.values import Value

DepositAddressStrategy: TypeAlias = Literal[
    "dedicated", "prefer_destination", "require_destination"
]

_CRYPTO: Final = "/v1/wallets/{wallet_id}/deposit_accounts/crypto"
_FIAT: Final = "/v1/wallets/{wallet_id}/deposit_accounts/fiat"


class DepositAssetInput(TypedDict):
    """An asset on a chain, each by its name ("usdc", "base") or its address and CAIP-2 id.

    As a source it may leave out the chain, which means all.
    """

    asset: AnyAddress
    chain: NotRequired[str]


class DepositAssetFilterInput(TypedDict):
    """Which assets are taken: all, only `values`, or all but `values`."""

    mode: Literal["all", "include", "exclude"]
    values: NotRequired[Sequence[DepositAssetInput]]


class FiatSourceInput(TypedDict):
    """The currency that is paid in, such as "usd"."""

    currency: str


class ChainAssetInput(TypedDict):
    """An asset on a chain, such as "usdc" on "base"; or its address and CAIP-2 id."""

    asset: AnyAddress
    chain: str


class DepositAsset(Value):
    """An asset on a chain; without a chain, on all."""

    asset: str
    chain: str | None = None


class DepositAssetFilter(Value):
    """Which assets are taken: `mode` is "all", "include" (only `values`) or "exclude"."""

    mode: str
    values: tuple[DepositAsset, ...] | None = None


class CryptoDepositAccount(Value):
    """An address to pay to, of the wallet `wallet_id`, and what becomes of what is paid."""

    deposit_address: str
    wallet_id: str | None = None
    source: DepositAssetFilter | None = None
    destination: DepositAsset | None = None


class DepositChain(Value):
    """A chain to pay from; `vm_type` is such as "evm"."""

    caip2: str
    chain_id: int
    display_name: str
    icon_url: str
    vm_type: str


class DepositCurrencyChain(Value):
    """A currency's contract on one chain."""

    caip2: str
    address: str
    decimals: int


class DepositCurrency(Value):
    """A currency to pay in, and where."""

    name: str
    symbol: str
    logo_uri: str
    chains: tuple[DepositCurrencyChain, ...]


class CryptoDepositConfig(Value):
    """The assets that can be paid in, and the chains by name."""

    chains: Mapping[str, DepositChain]
    currencies: tuple[DepositCurrency, ...]


class FoundDepositCurrency(Value):
    """A token that was searched for. One that is not `verified` may be a lookalike."""

    name: str
    symbol: str
    verified: bool
    chains: tuple[DepositCurrencyChain, ...]
    logo_uri: str | None = None


class FoundDepositCurrencies(Value):
    """The assets that match a search, and by id the chains that they are on."""

    chains: Mapping[str, DepositChain]
    currencies: tuple[FoundDepositCurrency, ...]


class CryptoDepositQuote(Value):
    """A rough quote; amounts are decimal strings. `created_at` is ISO 8601."""

    created_at: str
    input_amount: str
    estimated_output_amount: str


class CryptoDepositOrder(Value):
    """A deposit on its way to the wallet: a wallet action's id and status."""

    id: str
    status: str | None = None


class FiatDepositSource(Value):
    """The currency that is paid in, and over which rails."""

    currency: str
    payment_rails: tuple[str, ...]


class FiatDepositInstructions(BankInstructions):
    """The details to send money to; the currency decides which fields there are."""

    account_number: str | None = None
    br_code: str | None = None
    bre_b_key: str | None = None
    clabe: str | None = None
    payment_rails: tuple[str, ...] | None = None
    sort_code: str | None = None


class FiatDepositAccount(Value):
    """A bank account whose money ends in a wallet. `created_at` is ISO 8601.

    `status` is "activated" or "deactivated".
    """

    id: str
    wallet_id: str | None = None
    status: str | None = None
    provider: str | None = None
    environment: str | None = None
    created_at: str | None = None
    source: FiatDepositSource | None = None
    destination: DepositAsset | None = None
    deposit_instructions: FiatDepositInstructions | None = None


class _NextOrder(Value):
    order: CryptoDepositOrder | None = None


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
        return await self._request_all(
            CryptoDepositAccount, f"POST {_CRYPTO}", locals(), within="deposit_accounts"
        )

    def list(
        self,
        wallet_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[CryptoDepositAccount]:
        """List the addresses whose deposits end in this wallet."""
        return self._list(CryptoDepositAccount, f"GET {_CRYPTO}", locals())

    async def get_config(self, **options: Unpack[CallOptions]) -> CryptoDepositConfig:
        """Return what can be paid in."""
        return await self._request(
            CryptoDepositConfig, "GET /v1/deposit_accounts/crypto/config", locals()
        )

    async def search_config(
        self, query: str, **options: Unpack[CallOptions]
    ) -> FoundDepositCurrencies:
        """Search what can be paid in, by a token's name, symbol or address."""
        operation = "GET /v1/deposit_accounts/crypto/config/search"
        arguments = {"q": query, "options": options}
        return await self._request(FoundDepositCurrencies, operation, arguments)

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
        return await self._request(
            CryptoDepositQuote,
            "POST /v1/deposit_accounts/crypto/quote",
            {**locals(), "input_amount": amount_text(input_amount, argument="input_amount")},
        )

    async def get_order(
        self, order_id: str, *, wallet_id: str, **options: Unpack[CallOptions]
    ) -> CryptoDepositOrder:
        """Return how far a deposit is; `wallet_id` is the wallet it ends in."""
        return await self._request(
            CryptoDepositOrder, f"GET {_CRYPTO}/orders/{{order_id}}", locals()
        )

    async def get_next_order(
        self, wallet_id: str, *, after: str, **options: Unpack[CallOptions]
    ) -> CryptoDepositOrder | None:
        """Return the first deposit after a time (ISO 8601), or None if there is none yet."""
        operation = f"GET {_CRYPTO}/next_order"
        arguments = {"wallet_id": wallet_id, "after": after, "options": options}
        return (await self._request(_NextOrder, operation, arguments)).order


class FiatDepositAccounts(Resource):
    """Reached as `privy.wallets.deposit_accounts.fiat`."""

    async def create(
        self,
        wallet_id: str,
        *,
        provider: Provider,
        source: FiatSourceInput,
        destination: ChainAssetInput,
        environment: Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> FiatDepositAccount:
        """Make a bank account whose money arrives in this wallet as crypto.

        Source: https://docs.privy.io/wallets/funding/fiat-deposits/overview
        """
        return await self._request(
            FiatDepositAccount, f"POST {_FIAT}", locals(), within="fiat_deposit_account"
        )

    def list(
        self,
        wallet_id: str,
        *,
        provider: Provider,
        environment: Environment | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[FiatDepositAccount]:
        """List the bank accounts of a wallet."""
        return self._list(
            FiatDepositAccount, f"GET {_FIAT}", locals(), within="fiat_deposit_accounts"
        )

    async def get(
        self, deposit_account_id: str, *, wallet_id: str, **options: Unpack[CallOptions]
    ) -> FiatDepositAccount:
        """Return a bank account of a wallet."""
        return await self._request(
            FiatDepositAccount,
            f"GET {_FIAT}/{{deposit_account_id}}",
            locals(),
            within="fiat_deposit_account",
        )
