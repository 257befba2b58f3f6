"""Tasks that go on beside the requests: none is lost, and none fails unseen."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_LOGGER: Final = logging.getLogger("privy_async.sandbox")

Result = TypeVar("Result")


class BackgroundTasks:
    """The running tasks of one part of the sandbox. What one of them raises is logged."""

    def __init__(self) -> None:
        # asyncio itself holds its tasks only weakly.
        self._running = set[asyncio.Task[Any]]()

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run a coroutine on the running event loop."""
        task = asyncio.get_running_loop().create_task(work)
        self.add(task)
        return task

    def add(self, task: asyncio.Task[Any]) -> None:
        """Look after a task that was started elsewhere; one that is known already is one."""
        if task not in self._running:
            self._running.add(task)
            task.add_done_callback(self._end)

    async def wait(self) -> None:
        """Wait for all tasks to end."""
        while self._running:
            await asyncio.wait(self._running)

    async def cancel(self) -> None:
        """Cancel all tasks and wait for them to end."""
        for task in self._running:
            task.cancel()
        await self.wait()

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("%s failed", task.get_coro(), exc_info=error)
