"""Limits of what may be paid: for a request, and in sum."""

from decimal import Context, Decimal, InvalidOperation
from threading import Lock
from typing import Final

from privy_async.errors import InvalidArgumentError

EXACT: Final = Context(prec=200)
"""Rounds no sum of tokens' amounts, whatever the caller's own context does."""


class Limits:
    """The limits for one request and for all together, in US dollars.

    A payment counts from when it is reserved; it is given back only where nothing was handed over.
    """

    def __init__(self, max_amount: object, max_total: object | None) -> None:
        self.max_amount = _read_dollars(max_amount, "max_amount")
        self.max_total = None if max_total is None else _read_dollars(max_total, "max_total")
        self._spent = Decimal(0)
        self._lock = Lock()

    @property
    def spent(self) -> Decimal:
        """Return the sum of what is reserved and spent by now."""
        return self._spent

    def reserve(self, dollars: Decimal) -> bool:
        """Count a payment; False, and nothing is counted, if the sum would be over its limit."""
        with self._lock:
            spent = EXACT.add(self._spent, dollars)
            if self.max_total is not None and spent > self.max_total:
                return False
            self._spent = spent
            return True

    def give_back(self, dollars: Decimal) -> None:
        """Count a payment no more, which was not handed over."""
        with self._lock:
            self._spent = EXACT.subtract(self._spent, dollars)


def _read_dollars(value: object, argument: str) -> Decimal:
    problem = "expected US dollars above 0 as a str, int or Decimal, such as '0.10'"
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise InvalidArgumentError(argument, problem)
    try:
        dollars = Decimal(value)
    except InvalidOperation:
        raise InvalidArgumentError(argument, problem) from None
    if not dollars.is_finite() or dollars <= 0:
        raise InvalidArgumentError(argument, problem)
    return dollars
