"""A thread of its own for what would block the event loop, one job after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Worker:
    """Runs jobs in the order they are given. The thread starts with the first."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, job: Callable[[], Result]) -> Result:
        """Run a job and wait for it. A job that has begun ends, even if nobody waits for it."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="privy-sandbox-chains")
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    async def stop(self) -> None:
        """Wait for the jobs that were given, and end the thread. A new job starts a new one."""
        executor, self._executor = self._executor, None
        if executor is not None:
            await asyncio.to_thread(executor.shutdown)
