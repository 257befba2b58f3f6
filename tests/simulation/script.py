"""What happens in a world, step by step, drawn from its seed."""

from typing import Final

import attrs

from simulation.kinds import KINDS, WEIGHTS
from simulation.machine.fate import Fate

APPLICATIONS: Final = ("web-1", "web-2", "jobs")
USERS: Final = 2
_LARGE: Final = (
    "crash",
    "close",
    "server crash",
    "server stop",
    "partition",
    "keys refused",
    "log out",
)


@attrs.frozen
class Step:
    """One thing that happens.

    Attributes:
        name: Its own name, which it keeps when others are taken away.
        at: The world's time in s.
        action: What happens.
        application: To which application.
        user: Which user it is about.
        kind: The kind of call.
        orders: How many orders it places.
    """

    name: str
    at: float
    action: str
    application: str
    user: int
    kind: str
    orders: int = 0


def write_script(seed: str, rates: dict[str, float], orders: int) -> tuple[Step, ...]:
    """Return the steps of a world in which so many orders are placed."""
    fate = Fate(f"script of {seed}", rates)
    steps: list[Step] = []
    at, placed = 0.0, 0
    while placed < orders:
        step = _step(fate, f"s{len(steps)}", at)
        steps.append(step)
        placed += step.orders
        at = step.at
    return tuple(steps)


def _step(fate: Fate, name: str, after: float) -> Step:
    pause = fate.about(fate.pick((0.001, 0.2, 1.0), f"pace {name}"), f"pause {name}")
    if fate.strikes("wait", name):
        pause += fate.about(fate.pick((60.0, 4000.0, 60_000.0), f"long {name}"), f"wait {name}")
    action, orders = _action(fate, name)
    return Step(
        name=name,
        at=after + pause,
        action=action,
        application=fate.pick(APPLICATIONS, f"application {name}"),
        user=fate.whole(0, USERS - 1, f"user {name}"),
        kind=fate.weighted(WEIGHTS, f"kind {name}"),
        orders=orders,
    )


def _action(fate: Fate, name: str) -> tuple[str, int]:
    for action in (*_LARGE, "clock jump"):
        if fate.strikes(action, name):
            return action, 0
    action = fate.weighted({"order": 16.0, "herd": 1.0, "batch": 1.5}, f"action {name}")
    if action == "order":
        return action, 1
    return action, fate.whole(2, 8, f"orders {name}")


def is_keyed(step: Step) -> bool:
    """True if the step's calls have idempotency keys."""
    return KINDS[step.kind].is_keyed
