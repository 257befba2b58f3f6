"""Amounts and parties on their way in, as transfers, swaps and their like take them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, TypeVar

from privy_async.errors import InvalidArgumentError
from privy_async.sending.call import Omit

Omitted = TypeVar("Omitted", bound=Omit)
Amount: TypeAlias = str | int | Decimal
"""An exact number: "1.5" or Decimal("1.5"). Never a float, which would be rounded."""

AmountType: TypeAlias = Literal["exact_input", "exact_output"]
"""Whether an amount says what is given or what is received."""


class TransferSource(TypedDict):
    """What is sent: `asset` (such as "usdc") or `asset_address`, on `chain` (such as "base").

    `amount` here is deprecated; the transfer's own replaces it.
    """

    chain: str
    asset: NotRequired[str]
    asset_address: NotRequired[str]
    amount: NotRequired[str]


class TransferDestination(TypedDict):
    """Who gets it; `asset` and `chain` where they differ from what is sent."""

    address: str
    asset: NotRequired[str]
    chain: NotRequired[str]


class FeeConfiguration(TypedDict):
    """The fees in all, in basis points (hundredths of a percent)."""

    type: Literal["total_fee_bps"]
    value: int


class TransferInitiation(TypedDict):
    """How a payment was initiated, and what you attest about it.

    `attestations` is `{"sca": {"outcome": ..., "auth_factors": [...]}}`: whether strong customer
    authentication was used ("sca_used"), or why not (such as "low_value"); each factor has a
    `category`, `authenticated_at` (ISO 8601) and a `reference` of your own.
    """

    channel: Literal["p2p_mobile_payment", "other_mobile_payment", "other"]
    subchannel: Literal["remote", "non_remote"]
    attestations: Mapping[str, Any]


class CustodyOptions(TypedDict):
    """What some custodians must be told about a transfer."""

    initiation: TransferInitiation


def amount_text(amount: Amount | Omitted, *, argument: str) -> str | Omitted:
    """The amount as Privy takes it: a decimal string.

    Raises:
        InvalidArgumentError: It is not exact, or not a non-negative number.
    """
    if isinstance(amount, (str, Omit)) and amount != "":
        return amount
    if isinstance(amount, (int, Decimal)) and not isinstance(amount, bool):
        number = Decimal(amount)
        if number.is_finite() and number >= 0:
            return f"{number:f}"
    raise InvalidArgumentError(
        argument, 'expected an exact amount, such as "1.5" or Decimal("1.5")'
    )
