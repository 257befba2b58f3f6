"""Chance by name: what befalls a request depends on its name alone, not on what else happens.

A history from which calls are taken away still has the other calls' faults, so that it can be made
shorter and shorter; and a single fault can be muted.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import log
from typing import TypeVar

T = TypeVar("T")

_UNIT = 2.0**64


class Fate:
    """The chances of one world.

    Attributes:
        rates: How often each kind of fault strikes, from 0 to 1; a kind that is missing never does.
        struck: The faults that have struck, each by its name, in order.
        calm: Set at the end, when no fault strikes any more.
        on_strike: Is told of each fault that strikes.
    """

    def __init__(
        self, seed: str, rates: Mapping[str, float], muted: frozenset[str] = frozenset()
    ) -> None:
        self.rates = rates
        self.struck: dict[str, None] = {}
        self.calm = False
        self.on_strike: Callable[[str], object] = lambda name: None
        self._muted = muted
        self._key = blake2b(seed.encode(), digest_size=32).digest()

    def unit(self, name: str) -> float:
        """Return this name's number from 0 to 1, 1 excluded."""
        return int.from_bytes(self.digest(name, 8)) / _UNIT

    def digest(self, name: str, size: int) -> bytes:
        """Return this name's bytes, at most 64."""
        return blake2b(name.encode(), digest_size=size, key=self._key).digest()

    def strikes(self, kind: str, name: str) -> bool:
        """True if a fault of this kind strikes whatever has this name."""
        rate = self.rates.get(kind, 0.0)
        if rate <= 0.0 or self.calm:
            return False
        full = f"{kind} {name}"
        if full in self._muted or self.unit(full) >= rate:
            return False
        self.struck[full] = None
        self.on_strike(full)
        return True

    def between(self, low: float, high: float, name: str) -> float:
        """Return a number from `low` to `high`."""
        return low + (high - low) * self.unit(name)

    def whole(self, low: int, high: int, name: str) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.unit(name))

    def about(self, mean: float, name: str) -> float:
        """Return a number of 0 or more that is `mean` on average: mostly small, seldom large."""
        return -mean * log(1.0 - self.unit(name))

    def pick(self, choices: Sequence[T], name: str) -> T:
        """Return one of several."""
        return choices[int(len(choices) * self.unit(name))]

    def weighted(self, choices: Mapping[T, float], name: str) -> T:
        """Return one of several, each as often as its weight says."""
        left = sum(choices.values()) * self.unit(name)
        for choice, weight in choices.items():
            left -= weight
            if left < 0:
                return choice
        return next(iter(choices))
