"""The chains that the sandbox's wallets send to: Ethereum's and Solana."""

from privy_async.sandbox.blockchains.blockchains import Blockchains

__all__ = ["Blockchains"]
