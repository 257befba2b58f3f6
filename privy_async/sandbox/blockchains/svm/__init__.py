"""Solana's chain, in LiteSVM."""
