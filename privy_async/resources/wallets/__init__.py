"""Wallets: made, found, exported, and what they sign and send on each chain.

Rely on `privy.wallets` and on the values in `privy_async.types`; the modules may change.
"""
