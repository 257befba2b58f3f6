"""The inputs of chains: all that was done to them."""

import attrs


@attrs.frozen
class ChainInput:
    """Something done to a chain, which can be done again to a new one.

    Attributes:
        at: Unix time in seconds.
        name: What was done, in the chain's own words.
    """

    at: float
    name: str
    arguments: tuple[bytes | int, ...]
