"""What several resources answer: the plain yes."""

import attrs

from privy_async.values import Value


@attrs.frozen(kw_only=True)
class Success(Value):
    """Whether it was done."""

    success: bool
