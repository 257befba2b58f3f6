"""The app itself, its organizations and its devices.

Rely on the methods that a client reaches and on the values in `privy_async.types`.
"""
