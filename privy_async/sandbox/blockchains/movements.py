"""Coins and tokens that moved from one account to another."""

import attrs


@attrs.frozen(kw_only=True)
class Movement:
    """One movement.

    Attributes:
        token: The token's address; None for the chain's coin.
        units: In smallest units.
        block: The number of its block, or its slot on Solana.
        time: The block's, in Unix seconds.
    """

    transaction_hash: str
    token: str | None
    sender: str
    recipient: str
    units: int
    block: int
    time: int
