"""Time, ids and chance: the one object through which a sandbox reads them."""

import math
import string
from collections.abc import Callable
from random import Random

from privy_async.clock import Clock


class SandboxClock(Clock):
    """A clock that can be moved on, over another one.

    Attributes:
        source: The clock below it, by which the world outside goes.
        ahead: Seconds by which it was moved on.

    Args:
        given: The clock below it, this machine's if left out; or a callable that returns Unix time
            in seconds, by which this clock alone goes.
    """

    def __init__(self, given: Clock | Callable[[], float] | None = None) -> None:
        self.source = given if isinstance(given, Clock) else Clock()
        self.ahead = 0.0
        self._undone = 0.0
        self._now = self.source.now if given is None or isinstance(given, Clock) else given

    def advance(self, seconds: float) -> None:
        """Move it on, for everything in the sandbox: keys, tokens, policies, transactions.

        Raises:
            ValueError: If `seconds` is negative: time does not run backwards.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError("seconds must be a number, 0 or more")
        self.ahead += seconds

    def move_to(self, ahead: float) -> None:
        """Have it so many seconds ahead, as it was before; `monotonic` goes on all the same."""
        self._undone += max(0.0, self.ahead - ahead)
        self.ahead = ahead

    def now(self) -> float:
        return self._now() + self.ahead

    def monotonic(self) -> float:
        return self.source.monotonic() + self.ahead + self._undone

    def random(self) -> float:
        return self.source.random()

    def random_bytes(self, count: int) -> bytes:
        return self.source.random_bytes(count)

    def uuid(self) -> str:
        return self.source.uuid()

    def cuid(self) -> str:
        """Return a new id: a letter, then 23 lower-case letters and digits, as a cuid2 is."""
        letters, more = string.ascii_lowercase, string.ascii_lowercase + string.digits
        first, *rest = self.random_bytes(24)
        return letters[first % 26] + "".join(more[each % 36] for each in rest)

    def chances(self, seed: int | None) -> Callable[[], float]:
        """Return a source of numbers from 0 to 1, 1 excluded, the same ones for a seed."""
        return self.random if seed is None else Random(seed).random
