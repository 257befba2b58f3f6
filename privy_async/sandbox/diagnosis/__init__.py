"""Why signatures were refused, as far as it can be told from what arrived."""

from privy_async.sandbox.diagnosis.diagnose import Cause, Diagnosis, diagnose
from privy_async.sandbox.diagnosis.known_keys import KnownKey, known_keys

__all__ = ["Cause", "Diagnosis", "KnownKey", "diagnose", "known_keys"]
