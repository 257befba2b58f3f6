"""What several resources answer: the plain yes."""

from privy_async.values import Value


class Success(Value):
    """Whether it was done."""

    success: bool
