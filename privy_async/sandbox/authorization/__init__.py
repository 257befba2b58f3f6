"""Checking that a request is signed by those who must, and finding out why it is not."""

from privy_async.sandbox.authorization.diagnose import diagnose
from privy_async.sandbox.authorization.known_keys import KnownKey, known_keys

__all__ = ["KnownKey", "diagnose", "known_keys"]
