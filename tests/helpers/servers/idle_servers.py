"""Servers that end idle connections, in good order or without a word."""

import asyncio
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from sdk_helpers import http_answer

from privy_async import PrivyClient


class IdleServer:
    """Executes each request that it gets whole, and tells by the last part of its path which.

    Args:
        closes_after: Seconds without a request after which it closes a connection.

    Attributes:
        executed: How often each request was executed.
        connections: How many it accepted.
        writers: Their ends.
    """

    def __init__(self, closes_after: float | None = None) -> None:
        self.executed: Counter[str] = Counter()
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._closes_after = closes_after
        self._dead: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def go_silent(self) -> None:
        """Answer nothing more on any connection that there is, and close none.

        So it is behind a router that has forgotten them. New ones work.
        """
        self._dead = set(range(1, self.connections + 1))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def client(self, **options: Any) -> PrivyClient:
        """A client of it."""
        url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return PrivyClient(**{"app_id": "app", "app_secret": "s", "base_url": url, **options})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.writers.append(writer)
        number = self.connections
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
            while True:
                async with asyncio.timeout(self._closes_after):
                    head = await reader.readuntil(b"\r\n\r\n")
                if number in self._dead:
                    await asyncio.Event().wait()
                await reader.readexactly(_length(head))
                name = head.split()[1].decode().rpartition("/")[2]
                self.executed[name] += 1
                writer.write(http_answer({"id": name}))
                await writer.drain()
        self._tasks.discard(task)
        writer.close()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
