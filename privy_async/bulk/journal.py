"""The journal of a bulk run: it notes what is begun and done, safely, and says so."""

from typing import Final, Protocol, TypeAlias

import attrs

NOT_KEPT: Final = object()
"""Stands for the value of an item that is done, where the value was not JSON."""


@attrs.frozen
class Begun:
    """An item that may have been executed.

    Attributes:
        at: When it was first asked for: Unix time in s.
        alone: False if another run has asked for it too, or an earlier one did.
    """

    at: float
    alone: bool


@attrs.frozen
class Done:
    """An item that is done.

    Attributes:
        value: What came of it, or NOT_KEPT.
    """

    value: object


@attrs.frozen
class Refused:
    """An item that was certainly not executed, by any run."""


Standing: TypeAlias = Begun | Done | Refused


@attrs.define(eq=False)
class Note:
    """A note that a run has given to its journal, and what the journal says of the item.

    Attributes:
        standing: How the item stands; None until that is known.
        is_synced: True once that is known, and would survive a crash.
    """

    standing: Standing | None = None
    is_synced: bool = False


class RunJournal(Protocol):
    """One run's journal, open. Several threads may use it.

    Nothing but `sync` waits for anything. What it raises ends the run.
    """

    def begin(self, key: str) -> Note:
        """Note that an item is asked for, unless it is done or noted already."""
        ...

    def finish(self, key: str, value: object) -> Note:
        """Note that an item is done, and its value if it is JSON."""
        ...

    def refuse(self, key: str) -> Note:
        """Note that an item was not executed by this run; Refused if by no other run either."""
        ...

    def sync(self) -> float:
        """Bring what is noted to safety, and find out how its items stand.

        Returns:
            0, or the seconds after which to try again.

        Raises:
            InvalidArgumentError: The journal is not fit for its work.
            PrivyError: It cannot be written.
        """
        ...

    def close(self) -> None:
        """Close it; items whose notes are not synced may count as begun for ever."""
        ...


class Journal(Protocol):
    """Keeps what bulk runs have begun and done, such as `privy_async.bulk.redis.RedisJournal`."""

    def open(self, run_id: str, *, claim: bool) -> RunJournal:
        """Return the journal of a run; nothing is waited for.

        Args:
            run_id: Which run it is.
            claim: True if the run asks for no item that another run has begun.
        """
        ...
