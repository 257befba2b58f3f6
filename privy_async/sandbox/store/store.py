"""The store of a sandbox's state, as the sandbox uses it."""

from typing import Protocol


class Store(Protocol):
    """Keeps the state beyond the process, or does not."""

    def open(self) -> None:
        """Fill the state with what was kept.

        Raises:
            OSError: It cannot be read or written, or another sandbox uses it.
            ValueError: It holds something else than the state of this app.
        """
        ...

    def save(self) -> None:
        """Keep what has changed since the last call; it is safe once this returns.

        Raises:
            OSError: It cannot be written. The next call tries again.
        """
        ...

    def close(self) -> None:
        """Save for the last time, and let go of it; OSError like `save`."""
        ...


class MemoryStore:
    """Keeps nothing."""

    def open(self) -> None:
        """Do nothing."""

    def save(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
