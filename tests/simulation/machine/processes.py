"""The processes of the world: what runs in one of them stops at once when it crashes."""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

if TYPE_CHECKING:
    from simulation.ledger import Call
    from simulation.machine.clocks import SimulatedClock
    from simulation.machine.loop import SimulatedLoop

T = TypeVar("T")


@attrs.define(eq=False)
class Process:
    """Something with a memory and a clock of its own, which can crash.

    Everything that it starts inherits its context, by which all of it is found again.

    Attributes:
        name: Such as "web-1", the same over its restarts.
        alive: False once it has crashed: nothing of it runs any more, no `finally` either.
    """

    name: str
    loop: "SimulatedLoop" = attrs.field(repr=False)
    clock: "SimulatedClock" = attrs.field(repr=False)
    alive: bool = attrs.field(default=True, init=False)
    context: contextvars.Context = attrs.field(init=False, repr=False)
    tasks: dict[asyncio.Task[Any], None] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.context = contextvars.copy_context()
        self.context.run(PROCESS.set, self)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine in this process."""
        return self.loop.create_task(work, context=self.context.copy())

    def crash(self) -> None:
        """Stop everything that runs in it, in the middle of whatever it was doing."""
        self.alive = False
        self.loop.drop(self)

    def bury(self) -> None:
        """Let go of what a crash has left in our own memory, once nobody looks any more."""
        for task in self.tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine = task.get_coro()
            try:
                self.context.copy().run(coroutine.close)
            except Exception:
                pass  # What it wanted to do at its end, it can do no more.
        self.tasks.clear()


PROCESS: Final = contextvars.ContextVar["Process | None"]("process", default=None)
"""Whose code is running."""
CALL: Final[contextvars.ContextVar["Call | None"]] = contextvars.ContextVar("call", default=None)
"""On behalf of which call it is running."""
