"""Keeping a sandbox's state in a file."""

from privy_async.sandbox.store.sqlite import StateFile
from privy_async.sandbox.store.store import MemoryStore, Store

__all__ = ["MemoryStore", "StateFile", "Store"]
