"""A dict that notes which of its entries change, so that only those are saved."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Table(dict[Key, Value]):
    """A dict whose changes can be taken. Its values must be replaced, never changed in place."""

    def __init__(self, entries: Iterable[tuple[Key, Value]] = ()) -> None:
        super().__init__(entries)
        # Dicts as ordered sets: what is new is saved in the order in which it came.
        self._removed: dict[Key, None] = {}
        self._changed: dict[Key, None] = {}

    @property
    def has_changed(self) -> bool:
        """True if anything changed since the last `forget_changes`."""
        return bool(self._changed or self._removed)

    @property
    def removed(self) -> Collection[Key]:
        """The keys removed since then. Some may have been set again."""
        return self._removed.keys()

    @property
    def changed(self) -> Iterable[tuple[Key, Value]]:
        """The entries set since then, in the order in which new ones came."""
        return ((key, self[key]) for key in self._changed)

    def forget_changes(self) -> None:
        """Call nothing so far a change."""
        self._removed, self._changed = {}, {}

    def load(self, entries: Iterable[tuple[Key, Value]]) -> None:
        """Replace everything, and call nothing of it a change."""
        super().clear()
        super().update(entries)
        self.forget_changes()

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        self._changed[key] = None

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self._changed.pop(key, None)
        self._removed[key] = None

    # The rest of a dict's changes by way of these two, which dict itself would pass by.

    def pop(self, key: Key, *default: Any) -> Any:
        if default and key not in self:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[Key, Value]:
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        for key in list(self):
            del self[key]

    def setdefault(self, key: Key, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *entries: Any, **named: Any) -> None:
        added: dict[Any, Any] = dict(*entries, **named)
        for key, value in added.items():
            self[key] = value

    def __ior__(self, entries: Any) -> "Table[Key, Value]":  # type: ignore[override,misc]
        self.update(entries)
        return self
