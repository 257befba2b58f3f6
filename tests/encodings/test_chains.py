"""Chains by id and by name, and which addresses they have."""

from collections.abc import Callable

import pytest

from privy_async import InvalidArgumentError
from privy_async.encodings.chains import (
    check_address,
    check_chain,
    check_ethereum_chain,
    check_solana_chain,
    check_tron_chain,
)

ETHEREUM = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
MISTYPED = "0x742d35CC6634C0532925a3B844Bc9E7595F2bD18"
SOLANA = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
MISTYPED_TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"
CLUSTER = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
Check = Callable[..., str]


@pytest.mark.parametrize(
    ("check", "caip2"),
    [
        (check_ethereum_chain, "eip155:1"),
        (check_ethereum_chain, "eip155:8453"),
        (check_ethereum_chain, "eip155:11155420"),
        (check_solana_chain, f"solana:{CLUSTER}"),
        (check_solana_chain, "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"),
        (check_solana_chain, "solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z"),
        (check_tron_chain, "tron:0xcd8690dc"),
        (check_tron_chain, "tron:20191129"),
    ],
)
def test_chains(check: Check, caip2: str) -> None:
    """A chain's id is returned as it is."""
    assert check(caip2) == caip2
    assert check_chain(caip2) == caip2


@pytest.mark.parametrize("check", [check_ethereum_chain, check_solana_chain, check_tron_chain])
@pytest.mark.parametrize(
    "caip2",
    [
        None, 1, b"eip155:1", "", "1", "mainnet", "eip155", "eip155:", "eip155:0", "eip155:01",
        "eip155:-1", "eip155:+1", "eip155:1.0", "eip155:0x1", "eip155:1 ", "eip155:1\n",
        " eip155:1", "EIP155:1", "eip155:\u0661", "eip155:\uff11", "eip155:\u00b2", "eip155:1_0",
        "eip155:" + "1" * 20, "solana:", "solana:mainnet", "solana:devnet", "solana:x",
        f"solana:{CLUSTER[:-1]}", f"solana:{CLUSTER}x", f"solana:{CLUSTER[:-1]}0",
        f"solana:{CLUSTER}\n", f"solana:{CLUSTER[:-1]}\u00e9", f"Solana:{CLUSTER}",
        "tron:", "tron:0x-1", "tron:1\n", "tron:\u0661", "bip122:1",
    ],
)  # fmt: skip
def test_what_is_no_chain(check: Check, caip2: object) -> None:
    """Anything else is refused, and the error names the argument."""
    with pytest.raises(InvalidArgumentError, match=r"^caip2: expected "):
        check(caip2)


@pytest.mark.parametrize("caip2", [None, 5, "*", "bip122:mainnet", "sui:mainnet"])
def test_other_chains_stay_as_they_are(caip2: object) -> None:
    """Of a chain that is not known here, nothing is asked."""
    assert check_chain(caip2) is caip2


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        *[(chain, ETHEREUM) for chain in ("base", "base_sepolia", "Ethereum", "eip155:8453")],
        *[(chain, ETHEREUM.lower()) for chain in ("zksync_era", "bsc_testnet", "tempo_testnet")],
        *[(chain, SOLANA) for chain in ("solana", "solana_devnet", f"solana:{CLUSTER}")],
        *[(chain, TRON) for chain in ("tron", "tron_nile", "tron:0xcd8690dc")],
        *[("sui", address) for address in ("0x" + "ab" * 32, "anything", "", None, 5)],
        *[(None, address) for address in (ETHEREUM, SOLANA, TRON, "usdc")],
    ],
)
def test_addresses_of_chains(chain: object, address: object) -> None:
    """Each chain has addresses of its own; what another has is not asked."""
    assert check_address(address, chain=chain, argument="to") == address


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        *[(chain, MISTYPED) for chain in ("base", "eip155:1", "a_new_chain", None, 5)],
        *[("base", address) for address in (SOLANA, TRON, ETHEREUM[:-1], "vitalik.eth", "", None)],
        *[("solana", address) for address in (ETHEREUM, TRON, SOLANA[:-2], "", None)],
        *[("tron", address) for address in (ETHEREUM, SOLANA, MISTYPED_TRON, "", None)],
        *[(chain, MISTYPED_TRON) for chain in ("a_new_chain", None)],
    ],
)
def test_addresses_of_other_chains(chain: object, address: object) -> None:
    """Another chain's address, a mistyped one and none at all are refused."""
    with pytest.raises(InvalidArgumentError, match=r"^destination.address: "):
        check_address(address, chain=chain, argument="destination.address")
