"""Keeps a block of code from doing what could not be done again safely."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from privy_async.errors import InvalidArgumentError
from privy_async.sending.operations import Operation

_keyed_writes_only: Final = ContextVar("privy_keyed_writes_only", default=False)


@contextmanager
def keyed_writes_only(only: bool = True) -> Generator[None]:
    """Refuse, inside the block, each new thing that no idempotency key keeps from being made twice.

    Args:
        only: False to refuse nothing, whatever is around it.
    """
    token = _keyed_writes_only.set(only)
    try:
        yield
    finally:
        _keyed_writes_only.reset(token)


def check_repeatable(operation: Operation) -> None:
    """Refuse an operation that is refused where this runs.

    Raises:
        InvalidArgumentError: It is a POST that takes no idempotency key, in a journal's bulk run.
    """
    accepts = operation.accepts
    if operation.method != "POST" or accepts.safe or accepts.idempotency:
        return
    if _keyed_writes_only.get():
        raise InvalidArgumentError(
            "claim",
            f"{operation.name} takes no idempotency key, so that a bulk run that is started again "
            "could do it twice: give claim=True, which lets one run ask for each item, once",
        )
