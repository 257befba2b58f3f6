"""Kraken's brokerage, embedded: users' portfolios, quotes and orders.

Rely on `privy.kraken_embed` and on the values in `privy_async.types`; the modules may change.
"""
