"""Time and chance: the one object through which a client, a journal or a sandbox reads them.

Nothing else in these packages reads the system's clock or its random numbers, so that a test or a
simulation can give its own.
"""

import os
import random
import time


class Clock:
    """The system's time and random numbers. Derive from it to give others."""

    def now(self) -> float:
        """Return the Unix time in s, which the system may set back or forward."""
        return time.time()

    def monotonic(self) -> float:
        """Return a time in s that only ever goes forward, for durations."""
        return time.monotonic()

    def random(self) -> float:
        """Return a number from 0 to 1, 1 excluded, that is good enough to spread load with."""
        return random.random()

    def random_bytes(self, count: int) -> bytes:
        """Return so many bytes that nobody can guess."""
        return os.urandom(count)

    def uuid(self) -> str:
        """Return a new UUIDv4 as text (RFC 9562, section 5.4)."""
        # As uuid.uuid4 does it, in a third of the time: each call that moves money takes one.
        digits = self.random_bytes(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )
