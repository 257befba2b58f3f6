"""Money that moves: transfers, swaps, yield, deposits, payouts, and what became of each.

Rely on the methods that a client reaches and on the values in `privy_async.types`.
"""
