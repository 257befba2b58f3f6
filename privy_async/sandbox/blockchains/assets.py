"""Privy's names for chains and assets, and the addresses of the test token USDC.

Names: https://docs.privy.io/wallets/actions/transfer. The token stands at Circle's own addresses
(https://developers.circle.com/stablecoins/usdc-contract-addresses), so that what is written for
the real chains finds it.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

import attrs

SOLANA_MAINNET: Final = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
USDC: Final = "usdc"
USDC_DECIMALS: Final = 6
# Where USDC stands on chains for which there is no address below: Ethereum's.
_OTHER_USDC: Final = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
_AMOUNT: Final = re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?")


@attrs.frozen
class NamedChain:
    """A chain that has a name in Privy's API.

    Attributes:
        native: The name of its own coin.
        usdc: The address of USDC there.
        usdc_name: What that token calls itself, which what it takes signed is signed for (EIP-712).
    """

    caip2: str
    native: str
    usdc: str
    usdc_name: str = "USD Coin"

    @property
    def is_solana(self) -> bool:
        """True if it is one of Solana's clusters."""
        return self.caip2.startswith("solana:")

    @property
    def native_decimals(self) -> int:
        """The number of decimals of its own coin."""
        return 9 if self.is_solana else 18


def _evm(chain_id: int, usdc: str, native: str = "eth", **more: str) -> NamedChain:
    return NamedChain(f"eip155:{chain_id}", native, usdc, **more)


CHAINS: Final[Mapping[str, NamedChain]] = {
    "ethereum": _evm(1, _OTHER_USDC),
    "sepolia": _evm(11155111, "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238"),
    "base": _evm(8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
    "base_sepolia": _evm(84532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", usdc_name="USDC"),
    "arbitrum": _evm(42161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"),
    "arbitrum_sepolia": _evm(421614, "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d"),
    "optimism": _evm(10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85"),
    "optimism_sepolia": _evm(11155420, "0x5fd84259d66Cd46123540766Be93DFE6D43130D7"),
    "polygon": _evm(137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "pol"),
    "polygon_amoy": _evm(80002, "0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582", "pol"),
    "avalanche": _evm(43114, "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "avax"),
    "avalanche_fuji": _evm(43113, "0x5425890298aed601595a70AB815c96711a31Bc65", "avax"),
    "linea": _evm(59144, "0x176211869cA2b568f2A7D4EE941E073a821EE1ff"),
    "linea_testnet": _evm(59141, "0xFEce4462D57bD51A6A552365A011b95f0E16d9B7"),
    "zksync_era": _evm(324, "0x1d17CBcF0D6D143135aE902365D2E5e2A16538D4"),
    "solana": NamedChain(SOLANA_MAINNET, "sol", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"),
    "solana_devnet": NamedChain(
        "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "sol",
        "4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU",
    ),
    "solana_testnet": NamedChain(
        "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z",
        "sol",
        "4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU",
    ),
}
_BY_CAIP2: Final = {chain.caip2: chain for chain in CHAINS.values()}
_NAMES: Final = {chain.caip2: name for name, chain in CHAINS.items()}


def chain_of(caip2: str) -> NamedChain:
    """The chain, with the usual coin and addresses if Privy has no name for it."""
    if caip2.startswith("solana:"):
        mainnet = CHAINS["solana"]
        return _BY_CAIP2.get(caip2, attrs.evolve(mainnet, caip2=caip2))
    return _BY_CAIP2.get(caip2, NamedChain(caip2, "eth", _OTHER_USDC))


def name_of(caip2: str) -> str:
    """Privy's name for a chain, or its CAIP-2 id if it has none."""
    return _NAMES.get(caip2, caip2)


def usdc_addresses(chain: NamedChain) -> set[str]:
    """The addresses of USDC; Solana's clusters are one chain here, with the USDC of each."""
    if chain.is_solana:
        return {each.usdc for each in CHAINS.values() if each.is_solana}
    return {chain.usdc}


def to_units(amount: str | int | Decimal, decimals: int) -> int:
    """An amount such as "1.5" in smallest units.

    Raises:
        ValueError: It is not a positive number, or has more decimals than the asset.
    """
    try:
        number = Decimal(str(amount)) if _AMOUNT.fullmatch(f"{amount!s}") else None
    except InvalidOperation:
        number = None
    if number is None or number <= 0:
        raise ValueError("Expected a positive decimal number")
    whole, _, fraction = f"{number:f}".partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"Expected at most {decimals} decimals")
    return int(whole + fraction.ljust(decimals, "0"))


def to_decimal(units: int, decimals: int) -> str:
    """Smallest units as a decimal string, such as "1.5", without zeros at the end."""
    digits = str(units).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return f"{whole}.{fraction}".rstrip("0").rstrip(".") if decimals else digits
