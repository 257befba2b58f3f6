"""Deposit accounts as values: what comes back about them, and the shapes that go in."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypeAlias, TypedDict

import attrs

from privy_async.values import Value

DepositAddressStrategy: TypeAlias = Literal[
    "dedicated", "prefer_destination", "require_destination"
]
FiatProvider: TypeAlias = Literal["bridge"]
FiatEnvironment: TypeAlias = Literal["sandbox", "production"]


class DepositAssetInput(TypedDict):
    """An asset on a chain, each by its name ("usdc", "base") or its address and CAIP-2 id.

    As a source it may leave out the chain, which means all.
    """

    asset: str
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

    asset: str
    chain: str


@attrs.frozen(kw_only=True)
class DepositAsset(Value):
    """An asset on a chain; without a chain, on all."""

    asset: str
    chain: str | None = None


@attrs.frozen(kw_only=True)
class DepositAssetFilter(Value):
    """Which assets are taken: `mode` is "all", "include" (only `values`) or "exclude"."""

    mode: str
    values: tuple[DepositAsset, ...] | None = None


@attrs.frozen(kw_only=True)
class CryptoDepositAccount(Value):
    """An address to pay to, of the wallet `wallet_id`, and what becomes of what is paid."""

    deposit_address: str
    wallet_id: str
    source: DepositAssetFilter
    destination: DepositAsset


@attrs.frozen(kw_only=True)
class DepositChain(Value):
    """A chain to pay from; `vm_type` is such as "evm"."""

    caip2: str
    chain_id: int
    display_name: str
    icon_url: str
    vm_type: str


@attrs.frozen(kw_only=True)
class DepositCurrencyChain(Value):
    """A currency's contract on one chain."""

    caip2: str
    address: str
    decimals: int


@attrs.frozen(kw_only=True)
class DepositCurrency(Value):
    """A currency to pay in, and where."""

    name: str
    symbol: str
    logo_uri: str
    chains: tuple[DepositCurrencyChain, ...]


@attrs.frozen(kw_only=True)
class CryptoDepositConfig(Value):
    """What can be paid in, and the chains by name."""

    chains: Mapping[str, DepositChain]
    currencies: tuple[DepositCurrency, ...]


@attrs.frozen(kw_only=True)
class CryptoDepositQuote(Value):
    """A rough quote; amounts are decimal strings. `created_at` is ISO 8601."""

    created_at: str
    input_amount: str
    estimated_output_amount: str


@attrs.frozen(kw_only=True)
class CryptoDepositOrder(Value):
    """What was paid in, on its way to the wallet: a wallet action's id and status."""

    id: str
    status: str


@attrs.frozen(kw_only=True)
class FiatDepositSource(Value):
    """The currency that is paid in, and over which rails."""

    currency: str
    payment_rails: tuple[str, ...]


@attrs.frozen(kw_only=True)
class FiatDepositInstructions(Value):
    """Where to send the money; which fields there are depends on the currency."""

    account_holder_name: str | None = None
    account_number: str | None = None
    bank_account_number: str | None = None
    bank_address: str | None = None
    bank_beneficiary_address: str | None = None
    bank_beneficiary_name: str | None = None
    bank_name: str | None = None
    bank_routing_number: str | None = None
    bic: str | None = None
    br_code: str | None = None
    bre_b_key: str | None = None
    clabe: str | None = None
    deposit_message: str | None = None
    iban: str | None = None
    payment_rails: tuple[str, ...] | None = None
    sort_code: str | None = None


@attrs.frozen(kw_only=True)
class FiatDepositAccount(Value):
    """A bank account whose money ends in a wallet. `created_at` is ISO 8601.

    `status` is "activated" or "deactivated".
    """

    id: str
    wallet_id: str
    status: str
    provider: str
    environment: str
    created_at: str
    source: FiatDepositSource
    destination: DepositAsset
    deposit_instructions: FiatDepositInstructions | None = None
