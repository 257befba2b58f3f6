"""Chains by their CAIP-2 id (https://chainagnostic.org/CAIPs/caip-2) or Privy's name for them."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from privy_async.encodings.addresses import (
    check_ethereum_address,
    check_solana_address,
    check_tron_address,
)
from privy_async.errors import InvalidArgumentError

_EIP155: Final = "eip155:[1-9][0-9]{0,18}"
# CAIP-30: a cluster is called by the first 32 characters of its genesis hash.
_SOLANA: Final = "solana:[1-9A-HJ-NP-Za-km-z]{32}"
_TRON: Final = "tron:[0-9a-zA-Z]{1,32}"
_OF_ETHEREUM: Final = """
    arbitrum avalanche base bsc eip155: ethereum hoodi linea optimism polygon robinhood sepolia
    tempo zksync
"""
# Which addresses a chain has, by how its id or its name begins.
_ADDRESS_CHECKS: Final[Mapping[str, Callable[..., str]]] = {
    **dict.fromkeys(_OF_ETHEREUM.split(), check_ethereum_address),
    "solana": check_solana_address,
    "tron": check_tron_address,
}
_LIKE_ETHEREUM: Final = "0x[0-9a-fA-F]{40}"
_LIKE_TRON: Final = "T[1-9A-HJ-NP-Za-km-z]{33}"


def check_ethereum_chain(caip2: object, *, argument: str = "caip2") -> str:
    """Return the id of an Ethereum chain if it is one: `eip155:` and a number.

    Raises:
        InvalidArgumentError: It is not.
    """
    if isinstance(caip2, str) and re.fullmatch(_EIP155, caip2):
        return caip2
    raise InvalidArgumentError(argument, "expected a chain such as eip155:1 (Ethereum mainnet)")


def check_solana_chain(caip2: object, *, argument: str = "caip2") -> str:
    """Return the id of a Solana cluster if it is one: `solana:` and its genesis hash, shortened.

    Raises:
        InvalidArgumentError: It is not.
    """
    if isinstance(caip2, str) and re.fullmatch(_SOLANA, caip2):
        return caip2
    raise InvalidArgumentError(
        argument,
        "expected solana: and 32 characters of the cluster's genesis hash, such as "
        "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp (mainnet) or "
        "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1 (devnet)",
    )


def check_tron_chain(caip2: object, *, argument: str = "caip2") -> str:
    """Return the id of a TRON network if it is one.

    Raises:
        InvalidArgumentError: It is not.
    """
    if isinstance(caip2, str) and re.fullmatch(_TRON, caip2):
        return caip2
    raise InvalidArgumentError(argument, "expected a network such as tron:0xcd8690dc")


def check_chain(caip2: Any, *, argument: str = "caip2") -> Any:
    """Return the id of a chain, checked if it is of Ethereum, Solana or TRON.

    Raises:
        InvalidArgumentError: It is malformed.
    """
    check = _CHAIN_CHECKS.get(caip2.partition(":")[0]) if isinstance(caip2, str) else None
    return check(caip2, argument=argument) if check else caip2


_CHAIN_CHECKS: Final[Mapping[str, Callable[..., str]]] = {
    "eip155": check_ethereum_chain,
    "solana": check_solana_chain,
    "tron": check_tron_chain,
}


def check_address(value: Any, *, argument: str, chain: object = None) -> Any:
    """Return an address if its chain can have it.

    Args:
        value: The address.
        argument: Its name.
        chain: A CAIP-2 id, or a name such as "base" or "solana_devnet". Where it is not given or
            not known here, what looks like an address of Ethereum or TRON is checked as one.

    Raises:
        InvalidArgumentError: The chain has no such address, or its checksum is wrong.
    """
    name = chain.lower() if isinstance(chain, str) else ""
    known = next(
        (check for start, check in _ADDRESS_CHECKS.items() if name.startswith(start)), None
    )
    if known is not None:
        return known(value, argument=argument)
    if isinstance(value, str) and re.fullmatch(_LIKE_ETHEREUM, value):
        return check_ethereum_address(value, argument=argument)
    if isinstance(value, str) and re.fullmatch(_LIKE_TRON, value):
        return check_tron_address(value, argument=argument)
    return value


AnyAddress: TypeAlias = Annotated[str, check_address]
"""The type of a field that holds an address of a chain told elsewhere, or a token's name."""
