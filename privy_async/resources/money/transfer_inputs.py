"""Amounts and parties on their way in, as transfers, swaps and their like take them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NotRequired, TypeAlias, TypedDict, TypeVar

from privy_async.encodings.chains import AnyAddress, check_address
from privy_async.encodings.numbers import check_integer
from privy_async.errors import InvalidArgumentError
from privy_async.resources.fields import format_input
from privy_async.sending.call import Omit

Omitted = TypeVar("Omitted", bound=Omit)
Amount: TypeAlias = str | int | Decimal
"""An exact number: "1.5" or Decimal("1.5"). Never a float, which would be rounded."""

AmountType: TypeAlias = Literal["exact_input", "exact_output"]
"""The side that an amount is of: what is given, or what is received."""


_DECIMAL: Final = r"[0-9]+(?:\.[0-9]+)?"
_MOST: Final = 2**256


def amount_text(amount: Amount | Omitted, *, argument: str) -> str | Omitted:
    """Return an amount as Privy takes it: a decimal string.

    Raises:
        InvalidArgumentError: It is not exact, or not a number from 0 to below 2^256.
    """
    if isinstance(amount, Omit):
        return amount
    if isinstance(amount, str) and re.fullmatch(_DECIMAL, amount) and Decimal(amount) < _MOST:
        return amount
    if isinstance(amount, (int, Decimal)) and not isinstance(amount, bool):
        number = Decimal(amount)
        if number.is_finite() and 0 <= number < _MOST:
            return f"{number:f}"
    raise InvalidArgumentError(
        argument, 'expected an exact amount, such as "1.5" or Decimal("1.5")'
    )


def raw_amount_text(amount: Amount | Omitted, *, argument: str) -> str | Omitted:
    """Return an amount in smallest units, such as wei, as Privy takes it: decimal digits.

    Raises:
        InvalidArgumentError: It is no whole number from 0 to below 2^256.
    """
    text = amount_text(amount, argument=argument)
    if isinstance(text, Omit) or text.isdecimal():
        return text
    raise InvalidArgumentError(argument, "expected a whole number: it counts smallest units")


class TransferSource(TypedDict):
    """The source of a transfer: `asset` ("usdc") or `asset_address`, on `chain` ("base").

    `amount` here is deprecated; the transfer's own replaces it.
    """

    chain: str
    asset: NotRequired[str]
    asset_address: NotRequired[str]
    amount: NotRequired[Annotated[str, amount_text]]


class TransferDestination(TypedDict):
    """The receiver; `asset` and `chain` where they differ from what is sent."""

    address: str
    asset: NotRequired[str]
    chain: NotRequired[str]


class FeeConfiguration(TypedDict):
    """The fees in all, in basis points (hundredths of a percent)."""

    type: Literal["total_fee_bps"]
    value: Annotated[int, check_integer]


class AttachmentInput(TypedDict):
    """The receiver of what the swaps of a wallet's automations bring."""

    destination_address: AnyAddress


class TransferInitiation(TypedDict):
    """The way in which a payment was initiated, and what you attest about it.

    `attestations` is `{"sca": {"outcome": ..., "auth_factors": [...]}}`: whether strong customer
    authentication was used ("sca_used"), or why not (such as "low_value"); each factor has a
    `category`, `authenticated_at` (ISO 8601) and a `reference` of your own.
    """

    channel: Literal["p2p_mobile_payment", "other_mobile_payment", "other"]
    subchannel: Literal["remote", "non_remote"]
    attestations: Mapping[str, Any]


class CustodyOptions(TypedDict):
    """Facts about a transfer that some custodians must be told."""

    initiation: TransferInitiation


def format_parties(
    source: TransferSource, destination: TransferDestination
) -> dict[str, TransferSource | TransferDestination]:
    """Return what a transfer sends and who gets it, once their chains can have the addresses.

    Raises:
        InvalidArgumentError: A field is unknown, or an address is none of its chain's.
    """
    source = format_input(TransferSource, source, argument="source")
    destination = format_input(TransferDestination, destination, argument="destination")
    chain = source.get("chain")
    check_addresses(source, "asset_address", chain=chain, argument="source")
    chain = destination.get("chain", chain)
    check_addresses(destination, "address", chain=chain, argument="destination")
    return {"source": source, "destination": destination}


def check_addresses(
    fields: Mapping[str, object], *names: str, chain: object, argument: str
) -> None:
    """Check those of the named fields that hold an address, which "native" is not.

    Raises:
        InvalidArgumentError: The chain cannot have one of them.
    """
    for name in names:
        if fields.get(name) not in (None, "native"):
            check_address(fields[name], chain=chain, argument=f"{argument}.{name}")
