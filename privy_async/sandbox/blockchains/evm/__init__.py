"""Ethereum's chains, in py-evm or at a node of yours."""
