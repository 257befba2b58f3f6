"""Balances of wallets on the chains that have been started: looking starts none."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.blockchains.assets import USDC_DECIMALS, chain_of, name_of, to_decimal
from privy_async.sandbox.blockchains.blockchains import Blockchain
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.refusal import Refusal

# Asking a chain takes about a millisecond for each.
MAX_BALANCES: Final = 20
_PATIENCE: Final = 2.0

Balances = dict[str, list[tuple[str, str]]]
"""By wallet id: names of chains, and what is held there, such as "1.5 eth, 20 usdc"."""


async def balances_of(blockchains: Blockchains, wallets: Sequence[Wallet]) -> Balances:
    """The wallets' balances; without the chains that do not answer within 2 seconds."""
    found: Balances = {wallet.id: [] for wallet in wallets}
    for caip2 in blockchains.started:
        chain_type = "solana" if caip2.startswith("solana:") else "ethereum"
        asked = [wallet for wallet in wallets if wallet.key.chain_type == chain_type]
        try:
            async with asyncio.timeout(_PATIENCE):
                held = await blockchains.ask(caip2, _question(caip2, asked))
        except (Refusal, TimeoutError):
            continue
        for wallet, text in zip(asked, held, strict=True):
            found[wallet.id].append((name_of(caip2), text))
    return found


def _question(caip2: str, wallets: Sequence[Wallet]) -> Callable[[Blockchain], list[str]]:
    named = chain_of(caip2)

    def held(chain: Blockchain) -> list[str]:
        return [
            f"{to_decimal(chain.balance(address), named.native_decimals)} {named.native}, "
            f"{to_decimal(chain.balance(address, named.usdc), USDC_DECIMALS)} usdc"
            for address in (wallet.key.address for wallet in wallets)
        ]

    return held
