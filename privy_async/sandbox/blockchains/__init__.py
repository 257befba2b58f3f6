"""The chains that the sandbox's wallets send to: Ethereum's in py-evm, Solana in LiteSVM."""

from privy_async.sandbox.blockchains.blockchains import Blockchains

__all__ = ["Blockchains"]
