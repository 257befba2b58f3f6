"""A proxy between clients and a server that makes a network long, and counts round trips.

    python -m benchmarks.networks.proxy 8443 0.08

It hands all bytes on to the server's port, each half a round trip (in s) later. What a client sends
on a new connection waits for a whole one more, as it would for the handshake of TCP. Bandwidth,
loss, and TCP's slow start are not imitated.

Two lines are understood. "listen 8" has it listen at 8 more ports of its own, and prints them as
JSON. "flights" prints what it has seen since the last such line, `[[time, port, connection], ...]`:
one for each time at which a client sent something that takes a round trip more: it opened a
connection, or sent the first bytes since something came. Times are those of `time.monotonic`.
"""

import asyncio
import json
import selectors
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Final

_NUMBERS: Final = count()


class Flights:
    """When clients sent something, at which port, and on which connection."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int, int]] = []

    def add(self, port: int, connection: int) -> None:
        """Something leaves a client."""
        self.seen.append((time.monotonic(), port, connection))

    def take(self) -> list[tuple[float, int, int]]:
        """Return all since the last time."""
        taken, self.seen = self.seen, []
        return taken


class Line:
    """One direction of a connection: what goes in comes out later, in the same order."""

    def __init__(self, delay: float, *, not_before: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._delay = delay
        self._last = not_before
        self._waiting: list[tuple[float, Callable[[asyncio.Transport], None]]] = []
        self._end: asyncio.Transport | None = None

    def open(self, end: asyncio.Transport) -> None:
        """Let out what is waiting; what is due comes at once."""
        self._end = end
        for due, act in self._waiting:
            self._loop.call_at(due, act, end)

    def put(self, act: Callable[[asyncio.Transport], None]) -> None:
        """Do something at the other end, a while from now."""
        # Two timers of one time might change places.
        self._last = max(self._loop.time() + self._delay, self._last + 1e-7)
        if self._end is None:
            self._waiting.append((self._last, act))
        else:
            self._loop.call_at(self._last, act, self._end)


class Client(asyncio.Protocol):
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(self, port: int, round_trip: float, flights: Flights) -> None:
        loop = asyncio.get_running_loop()
        self._port, self._own_port = port, 0
        self._flights = flights
        self._number = next(_NUMBERS)
        self._answered = True
        self._up = Line(round_trip / 2, not_before=loop.time() + 1.5 * round_trip)
        self.down = Line(round_trip / 2, not_before=loop.time())
        self._opening: asyncio.Task[object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the handshake, and open the other connection."""
        assert isinstance(transport, asyncio.Transport)
        self._own_port = transport.get_extra_info("sockname")[1]
        self._flights.add(self._own_port, self._number)
        self.down.open(transport)
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(lambda: _Server(self), "127.0.0.1", self._port)
        self._opening = loop.create_task(opening)

    def opened(self, server: asyncio.Transport) -> None:
        """Let through what the client has sent."""
        self._up.open(server)

    def answered(self) -> None:
        """Something reaches the client, which can now send what depends on it."""
        self._answered = True

    def data_received(self, data: bytes) -> None:
        """Send it on."""
        if self._answered:
            self._answered = False
            self._flights.add(self._own_port, self._number)
        self._up.put(lambda end: end.write(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other one."""
        self._up.put(_close)


class _Server(asyncio.Protocol):
    """The connection to the server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._client.opened(transport)

    def data_received(self, data: bytes) -> None:
        def deliver(end: asyncio.Transport) -> None:
            self._client.answered()
            end.write(data)

        self._client.down.put(deliver)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.down.put(_close)


def _close(end: asyncio.Transport) -> None:
    end.close()


async def main(port: int, round_trip: float) -> None:
    """Serve until the process is ended."""
    loop, flights = asyncio.get_running_loop(), Flights()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, _, number = line.partition(" ")
        if word == "listen":
            print(json.dumps([await listen(port, round_trip, flights) for _ in range(int(number))]))
        else:
            print(json.dumps(flights.take()))
        sys.stdout.flush()


async def listen(port: int, round_trip: float, flights: Flights) -> int:
    """Listen at one port more, and return it."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Client(port, round_trip, flights), "127.0.0.1", 0, backlog=128
    )
    own_port: int = server.sockets[0].getsockname()[1]
    return own_port


if __name__ == "__main__":
    # The timers of epoll are rounded up to whole milliseconds, those of select are not.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(main(int(sys.argv[1]), float(sys.argv[2])))
