"""Users of the app: their accounts, look-ups and fiat money.

Rely on `privy.users` and on the values in `privy_async.types`; the modules may change.
"""
