"""Swaps of one token for another, on one chain or across two.

https://docs.privy.io/wallets/actions/swap/overview
"""

from typing import Annotated, NotRequired, TypedDict, Unpack

from privy_async.encodings.chains import check_chain
from privy_async.resources.fields import format_input
from privy_async.resources.money.actions import FeeItem, Gas, SwapAction
from privy_async.resources.money.transfer_inputs import (
    Amount,
    AmountType,
    FeeConfiguration,
    check_addresses,
    raw_amount_text,
)
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, MoneyOptions, Omit, SignedOptions
from privy_async.values import Value


class SwapSource(TypedDict):
    """The token to sell, "native" for the chain's own, and its chain."""

    asset_address: str
    caip2: Annotated[str, check_chain]


class SwapDestination(TypedDict):
    """The token to buy, "native" for the chain's own; by default on the same chain.

    `destination_address` gets it, by default the wallet; it is needed where the chains' addresses
    differ in kind.
    """

    asset_address: str
    caip2: NotRequired[Annotated[str, check_chain]]
    destination_address: NotRequired[str]


class SwapQuote(Value):
    """A quote; amounts are in smallest units. `expires_at` is Unix seconds, across chains only.

    `gas_estimate` is deprecated across chains, where `estimated_gas` replaces it.
    """

    caip2: str | None = None
    input_token: str | None = None
    output_token: str | None = None
    input_amount: str
    est_output_amount: str
    minimum_output_amount: str
    gas_estimate: str | None = None
    destination_caip2: str | None = None
    estimated_fees: tuple[FeeItem, ...] | None = None
    estimated_gas: Gas | None = None
    expires_at: int | None = None


class Swap(Resource):
    """Reached as `privy.wallets.swap`. The app must have swaps enabled."""

    async def quote(
        self,
        wallet_id: str,
        *,
        source: SwapSource,
        destination: SwapDestination,
        base_amount: Amount,
        amount_type: AmountType | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        fee_configuration: FeeConfiguration | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> SwapQuote:
        """Ask what a swap would bring; the arguments are those of `execute`.

        Source: https://docs.privy.io/wallets/actions/swap/get-quote
        """
        return await self._request(
            SwapQuote,
            "POST /v1/wallets/{wallet_id}/swap/quote",
            {
                **locals(),
                **_format_sides(source, destination),
                "base_amount": raw_amount_text(base_amount, argument="base_amount"),
            },
        )

    async def execute(
        self,
        wallet_id: str,
        *,
        source: SwapSource,
        destination: SwapDestination,
        base_amount: Amount,
        amount_type: AmountType | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        fee_configuration: FeeConfiguration | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        nonce: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SwapAction:
        """Begin a swap; `wallets.actions.wait` waits for its end.

        Args:
            wallet_id: The wallet.
            source: The token to sell.
            destination: The token to buy.
            base_amount: In smallest units, such as wei.
            amount_type: Whether that is of the token sold or of the token bought.
            slippage_bps: At most this much worse than quoted, in basis points.
            fee_configuration: The fees.
            reference_id: Your own id for it, unique in the app.
            nonce: At least 24 characters of your own, which keep it from being replayed.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/wallets/actions/swap/execute
        """
        return await self._request(
            SwapAction,
            "POST /v1/wallets/{wallet_id}/swap",
            {
                **locals(),
                **_format_sides(source, destination),
                "base_amount": raw_amount_text(base_amount, argument="base_amount"),
            },
        )


def _format_sides(
    source: SwapSource, destination: SwapDestination
) -> dict[str, SwapSource | SwapDestination]:
    """Return what is sold and what is bought, once their chains can have the addresses."""
    source = format_input(SwapSource, source, argument="source")
    destination = format_input(SwapDestination, destination, argument="destination")
    chain = source.get("caip2")
    check_addresses(source, "asset_address", chain=chain, argument="source")
    chain = destination.get("caip2", chain)
    names = ("asset_address", "destination_address")
    check_addresses(destination, *names, chain=chain, argument="destination")
    return {"source": source, "destination": destination}
