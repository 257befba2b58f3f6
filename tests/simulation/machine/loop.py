"""An event loop whose time is a number: it jumps to the next timer, so that days take seconds."""

import asyncio
import contextvars
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from simulation.machine.processes import PROCESS, Process

if TYPE_CHECKING:
    from simulation.machine.network import Network

_RESOLUTION: Final = 1e-7
_MOMENT: Final = 1e-8
_DISK_DELAY: Final = 0.001
"""Seconds that work in a thread takes: here that is only ever the disk's."""


class NothingWillHappenError(Exception):
    """Somebody waits, and there is no timer and no message left that could end it."""


class _NoSelector:
    """Waits for no file: it moves the time on to the next timer instead."""

    def __init__(self, loop: "SimulatedLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> tuple[()]:
        if timeout is None:
            raise NothingWillHappenError
        if timeout > 0:
            self._loop.jump()
        else:
            self._loop.creep()
        return ()


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop in which time passes only while everybody waits.

    What would go to a thread runs in this one, and time stands still for it. Connections are the
    network's, which must be set before anything connects.
    """

    network: "Network"
    # asyncio's own; its type stubs keep them to themselves.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = _RESOLUTION
        self._selector = _NoSelector(self)
        self.problems: list[dict[str, Any]] = []
        self.set_task_factory(_new_task)  # type: ignore[arg-type]
        self.set_exception_handler(lambda loop, context: self.problems.append(context))

    def time(self) -> float:
        """Seconds since the world began."""
        return self._now

    def jump(self) -> None:
        """Move the time on to the next timer."""
        self._now = max(self._now, self._scheduled[0].when())

    def creep(self) -> None:
        """Let a moment pass, as work takes: who waits for less than a timer can tell would spin."""
        self._now += _MOMENT

    def drop(self, process: Process) -> None:
        """Forget everything that this process was about to do."""
        for handle in (*self._ready, *self._scheduled):
            if _owner(handle) is process:
                handle.cancel()

    def timers_of(self, process: Process) -> list[asyncio.TimerHandle]:
        """The timers that this process has set and not cancelled."""
        return [
            each for each in self._scheduled if _owner(each) is process and not each.cancelled()
        ]

    def _process_events(self, events: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    # --- what would be threads

    def run_in_executor(  # type: ignore[override]
        self, executor: object, function: Callable[..., Any], *arguments: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()

        def work() -> None:
            # A thread goes on though nobody waits for it any more.
            try:
                result, problem = function(*arguments), None
            except Exception as error:
                result, problem = None, error
            if future.cancelled():
                return
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)

        self.call_later(_DISK_DELAY, work)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        pass

    # --- what would be sockets

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> list[Any]:
        address = await self.network.resolve(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        await self.network.reach(sock, address)

    async def create_connection(  # type: ignore[override]
        self, factory: Callable[[], asyncio.Protocol], *, sock: socket.socket, **options: Any
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        return await self.network.connect(factory, sock)

    async def create_server(  # type: ignore[override]
        self, factory: Callable[[], asyncio.Protocol], host: Any, port: Any, **options: Any
    ) -> asyncio.AbstractServer:
        return self.network.listen(factory, host, port)


def _owner(handle: asyncio.Handle) -> Process | None:
    return handle._context.get(PROCESS)  # type: ignore[attr-defined,no-any-return]


def _new_task(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any],
    context: contextvars.Context | None = None,
) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, context=context)
    process = PROCESS.get() if context is None else context.get(PROCESS)
    if process is not None:
        process.tasks[task] = None
        task.add_done_callback(process.tasks.pop)
    return task
