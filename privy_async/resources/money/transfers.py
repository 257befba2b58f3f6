"""Quotes of transfers across chains or assets."""

from privy_async.resources.money.actions import FeeItem, Gas
from privy_async.values import Value


class QuotedSource(Value):
    """The source of a quoted transfer."""

    chain: str
    asset: str | None = None
    asset_address: str | None = None
    amount: str | None = None


class QuotedDestination(Value):
    """The receiver of a quoted transfer."""

    address: str
    asset: str | None = None
    chain: str | None = None


class TransferQuote(Value):
    """A quote; amounts are decimal strings. `expires_at` is Unix seconds.

    With `amount_type` "exact_input" the output is an estimate, with "exact_output" the input.
    """

    source: QuotedSource | None = None
    destination: QuotedDestination | None = None
    estimated_output_amount: str
    expires_at: int
    estimated_input_amount: str | None = None
    amount_type: str | None = None
    estimated_fees: tuple[FeeItem, ...] | None = None
    estimated_gas: Gas | None = None
