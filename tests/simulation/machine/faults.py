"""What may go wrong with a message on its way, and how often in which world."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

from simulation.machine.fate import Fate

Ending: TypeAlias = Literal["lost", "reset", "end"] | None

TYPICAL: Final[Mapping[str, float]] = {
    # On the way between client and server.
    "slow": 0.04,  # A message takes seconds or minutes.
    "split": 0.15,  # A message comes in two parts.
    "lost": 0.02,  # From some byte on, the connection is dead and nobody is told.
    "reset": 0.02,  # From some byte on, the connection is reset.
    "end": 0.02,  # From some byte on, the receiver is told that nothing more comes.
    "stray": 0.04,  # An idle connection brings bytes that nobody asked for.
    "idle end": 0.05,  # An idle connection is closed by the server's side.
    "idle loss": 0.02,  # An idle connection dies silently.
    "refused": 0.02,
    "unreachable": 0.01,
    "connect hangs": 0.02,
    "no name": 0.01,  # The server's name is not found.
    # At the server.
    "server fault": 0.12,  # One of those that the sandbox offers.
    # Of those who call.
    "cancelled": 0.06,
    "impatient": 0.08,  # A short timeout is given.
    # Of what processes share: users' keys, and journals.
    "store down": 0.05,
    "store slow": 0.05,
    "redis gone": 0.1,
    # Of the world at large, for each step of its script.
    "crash": 0.02,
    "crash in a bulk run": 0.4,
    "close": 0.015,
    "server crash": 0.015,
    "server stop": 0.01,
    "partition": 0.015,
    "keys refused": 0.02,
    "log out": 0.02,
    "clock jump": 0.02,
    "wait": 0.03,
}
_HIGHEST: Final = 0.5


def draw_rates(seed: str) -> dict[str, float]:
    """Return how often each fault strikes in the world of this seed.

    Each world has some kinds of faults and not others, seldom or often: many faults at once hide
    each other's consequences.
    """
    fate = Fate(f"rates of {seed}", {})
    quiet = fate.unit("quiet") < 0.1
    return {
        kind: min(_HIGHEST, typical * 5 ** fate.between(-1, 1, kind))
        for kind, typical in TYPICAL.items()
        if not quiet and fate.unit(f"{kind}?") < 0.6
    }


@attrs.frozen
class Carriage:
    """A message on its way: its parts, each with its delay after the one before, and the ending."""

    parts: tuple[tuple[bytes, float], ...]
    ending: Ending = None


def carry(fate: Fate, name: str, data: bytes) -> Carriage:
    """Decide how a message fares."""
    delay = 0.001 + fate.about(0.02, f"delay {name}")
    if fate.strikes("slow", name):
        delay += fate.pick((1.0, 5.0, 20.0, 70.0, 200.0), f"slowness {name}") * fate.between(
            0.5, 1.5, f"slower {name}"
        )
    ending: Ending = None
    for kind in ("lost", "reset", "end"):
        if fate.strikes(kind, name):
            ending = kind
            data = data[: _place(fate, f"{kind} at {name}", data)]
            break
    if not data:
        return Carriage((), ending)
    if not fate.strikes("split", name):
        return Carriage(((data, delay),), ending)
    place = _place(fate, f"split at {name}", data)
    gap = fate.about(fate.pick((0.01, 0.5, 20.0), f"gap {name}"), f"pause {name}")
    parts = ((data[:place], delay), (data[place:], gap))
    return Carriage(tuple(part for part in parts if part[0]), ending)


def _place(fate: Fate, name: str, data: bytes) -> int:
    """A place in a message.

    It is drawn in two steps, so that a signature that is a byte longer in another run moves no
    place from the head to the body.
    """
    head = data.find(b"\r\n\r\n") + 4
    if head < 4:
        return int(fate.between(0, len(data) + 1, name))
    part = fate.pick(("start", "head", "border", "body", "end"), f"part {name}")
    match part:
        case "start":
            return 0
        case "head":
            return fate.whole(1, head - 1, name)
        case "border":
            return head
        case "body" if len(data) > head + 1:
            return fate.whole(head + 1, len(data) - 1, name)
        case _:
            return len(data)
