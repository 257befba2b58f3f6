"""What several resources answer: the plain yes, and money."""

from privy_async.values import Value


class Success(Value):
    """Whether it was done."""

    success: bool | None = None


class CurrencyAmount(Value):
    """An amount of money as a decimal, in `currency` ("usd")."""

    value: str
    currency: str
