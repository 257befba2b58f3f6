"""A sandbox's event loop in a thread of its own, for those who use it in sync."""

import asyncio
import threading
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


class Done:
    """Something that is done already, for those who await it."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        # With a factory it leaves the event loop of this thread alone.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._run, name="privy-sandbox", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """End what is left on the loop, close it, and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        with self._runner:
            self._loop.run_forever()
