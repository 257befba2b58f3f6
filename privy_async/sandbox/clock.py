"""The sandbox's time, which tests can move on."""

import math
import time
from collections.abc import Callable


class Clock:
    """A clock: calling it gives Unix time in seconds.

    Attributes:
        ahead: Seconds by which it was moved on.

    Args:
        source: Another clock to show the time of, which cannot be moved on from here. Without,
            it is this machine's time and what it was moved on by.
    """

    def __init__(self, source: Callable[[], float] | None = None) -> None:
        self._source = source
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead if self._source is None else self._source()

    def advance(self, seconds: float) -> None:
        """Move it on, for everything in the sandbox: keys, tokens, policies, transactions.

        Raises:
            RuntimeError: If it shows the time of another clock.
            ValueError: If `seconds` is negative: time does not run backwards.
        """
        if self._source is not None:
            raise RuntimeError("the sandbox shows the time of the clock given as clock=: move that")
        if not 0 <= seconds < math.inf:
            raise ValueError("seconds must be a number, 0 or more")
        self.ahead += seconds
