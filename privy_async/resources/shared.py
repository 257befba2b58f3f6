"""Values that several resources answer: the plain yes, and money."""

from privy_async.values import Value


class Success(Value):
    """Tells that it was done; None if Privy does not say so in words."""

    success: bool | None = None


class CurrencyAmount(Value):
    """An amount of money as a decimal, in `currency` ("usd")."""

    value: str
    currency: str
