"""The log of what happened in one world: its hash tells whether two runs were the same."""

from hashlib import sha256
from typing import Protocol

import attrs


class _Timed(Protocol):
    def time(self) -> float: ...


@attrs.frozen
class Event:
    """Something that happened.

    Attributes:
        at: The world's time in s.
        who: The process or the server to which it happened.
        text: What it was, without anything that differs between two runs of one seed.
    """

    at: float
    who: str
    text: str

    def __str__(self) -> str:
        return f"{self.at:16.6f}  {self.who:9} {self.text}"


class History:
    """The events of one world, in order."""

    def __init__(self, loop: _Timed) -> None:
        self.events: list[Event] = []
        self._loop = loop
        self._sum = sha256()

    def add(self, who: str, text: str) -> None:
        """Enter what happened just now."""
        event = Event(self._loop.time(), who, text)
        self.events.append(event)
        self._sum.update(f"{event}\n".encode())

    @property
    def hash(self) -> str:
        """The SHA-256 of all events, as hex."""
        return self._sum.hexdigest()

    def timeline(self) -> str:
        """The events, one a line."""
        return "\n".join(map(str, self.events))
