"""Users' time-bound keys: opened, kept in memory, shared between processes, never used expired.

Rely on `privy_async.UserKeyStore`, and on `store.UserKeyCipher` for a store of your own.
"""
