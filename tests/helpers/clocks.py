"""Clocks that tests set."""

from collections.abc import Callable

from privy_async.clock import Clock


class ReadClock(Clock):
    """A clock that shows what a function says, in s, as both kinds of time."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read

    def now(self) -> float:
        return self._read()

    def monotonic(self) -> float:
        return self._read()
