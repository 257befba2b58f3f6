"""Pooled connections that take no bytes for an answer which nobody has asked for yet.

aiohttp hands a pooled connection out again as soon as it is open. What arrived on it meanwhile it
would take for the answer to the next request: a late `400` for a payment that is executed, or the
answer to each request for that to the one after it. RFC 9112, section 9.2, has a client close such
a connection. All that is used of aiohttp's private names stands in this file; a test fails when
they change.
"""

import asyncio
import os
import select
import ssl as ssl_module
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler

_END_OF_HEAD: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
# Seconds for which no connection is used twice after stray bytes.
_DISTRUST: Final = 60.0


class Body(aiohttp.BytesPayload):
    """A body that knows whether any of it was handed to a connection."""

    started = False

    def write_with_length(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> Coroutine[Any, Any, None]:
        """Write it, and remember that."""
        self.started = True
        return super().write_with_length(writer, content_length)


class Received:
    """The bytes that came since a request had its connection: how many, and where they end.

    They themselves are not kept: asyncio's buffers are large, and quick to make only if the one
    before has been given back.

    Attributes:
        count: How many came.
        head: How many of them are the head; 0 if it came in pieces.
        end: The last ones of the last piece.
        too_many: True if there are more than the response has; known at its end.
    """

    __slots__ = ("count", "end", "head", "too_many")

    def __init__(self) -> None:
        self.count = self.head = 0
        self.end = b""
        self.too_many = False

    def add(self, data: bytes) -> None:
        """Count the next piece."""
        if not self.count:
            self.head = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        self.count += len(data)
        self.end = data[-len(_LAST_CHUNK) :]

    def has_more_than(self, headers: Mapping[str, str]) -> bool:
        """True if bytes came that are no part of the response with these headers."""
        length = headers.get("Content-Length")
        if length is not None and length.isdecimal():
            return self.head >= len(_END_OF_HEAD) and self.count > self.head + int(length)
        chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        # A piece may be shorter than the end.
        return chunked and not _LAST_CHUNK.endswith(self.end)


class _Trust:
    """Whether connections are used again: for a while not, once a server has sent stray bytes.

    What it sends a moment later, when the next request is on its way, looks like an answer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lost_until = 0.0

    def lose(self) -> None:
        """Use no connection twice for a while."""
        self._lost_until = self._loop.time() + _DISTRUST

    def is_lost(self) -> bool:
        """True if each request needs a connection of its own."""
        return self._lost_until > 0.0 and self._loop.time() < self._lost_until


class _Handler(ResponseHandler):
    """aiohttp's protocol; bytes that come while no request is outstanding close it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, trust: _Trust) -> None:
        super().__init__(loop)
        self._trust = trust
        self._has_bytes: Callable[[], bool] | None = None
        self.idle = False
        self.received = Received()
        self.headers: Mapping[str, str] = {}

    def data_received(self, data: bytes) -> None:
        # aiohttp also calls this with no data, to go on after a pause.
        if data:
            if self.idle:
                # Nothing of it reaches a parser. The pool hands out open connections alone.
                self._trust.lose()
                self.close()
                return
            self.received.add(data)
        super().data_received(data)

    def feed_data(self, data: Any, size: int = 0) -> None:
        self.headers = data[0].headers
        super().feed_data(data, size)

    def end(self) -> bool:
        """Be idle from now on. Return True if no other request may have this connection."""
        self.idle = True
        if self.received.has_more_than(self.headers):
            self.received.too_many = True
            self._trust.lose()
        return self._trust.is_lost()

    def begin(self) -> None:
        """Be the connection of one more request."""
        self.idle, self.received, self.headers = False, Received(), {}

    def is_quiet(self) -> bool:
        """True if nothing has arrived, neither bytes nor the end, that the loop has yet to see."""
        if self._trust.is_lost():
            return False
        if self._has_bytes is None:
            socket = None if self.transport is None else self.transport.get_extra_info("socket")
            if socket is None or socket.fileno() < 0:
                return False
            self._has_bytes = _watch(socket.fileno())
        return not self._has_bytes()


def _watch(descriptor: int) -> Callable[[], bool]:
    """Return what tells whether there is anything to read, as long as it is open."""
    if not hasattr(select, "poll"):  # Windows has none.
        return lambda: bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return lambda: bool(poll.poll(0))


class Response(aiohttp.ClientResponse):
    """aiohttp's response, which knows what else came with it."""

    _received: Received

    def start(self, connection: Any) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        """Wait for the head."""
        self._received = connection.protocol.received
        return super().start(connection)

    @property
    def doubtful(self) -> bool:
        """True if bytes came that are no part of it. It has been read or closed."""
        return self._received.too_many


class Connector(aiohttp.TCPConnector):
    """A pool whose connections are silent when they are handed out.

    A forked child neither uses nor closes it: it is its parent's.
    """

    def __init__(self, *, limit: int, ssl: ssl_module.SSLContext | bool) -> None:
        super().__init__(limit=limit, ssl=ssl)  # pyright: ignore[reportUnknownMemberType]
        self._pid = os.getpid()
        self._leaving: list[Any] = []
        self._dropped = False
        loop = asyncio.get_running_loop()
        self._factory: Any = partial(_Handler, loop, _Trust(loop))

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        """Return a connection on which nothing is waiting to be read."""
        while True:
            connection: Any = await super().connect(req, traces, timeout)
            handler: _Handler = connection.protocol
            if not handler.idle or handler.is_quiet():
                handler.begin()
                return connection
            try:
                # What is there may be TLS's own: the loop reads it, and closes this if it is more.
                await asyncio.sleep(0)
                if handler.is_connected() and handler.is_quiet():
                    handler.begin()
                    return connection
            except BaseException:
                connection.close()
                raise
            connection.close()

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        should_close = protocol.end() or should_close
        super()._release(key, protocol, should_close=should_close)

    @property
    def closed(self) -> bool:
        """True if nothing is sent any more, also where it was dropped or its loop is closed."""
        return self._closed or self._dropped or self._loop.is_closed()

    def abandon(self) -> None:
        """Close the sockets after the event loop was closed, which then cannot do it any more.

        `loop.close` without `loop.shutdown_asyncgens` leaves them open.
        """
        for transport in [*self._leaving, *self._give_up()]:
            _close_socket(transport)

    def drop(self, _: object = None) -> None:
        """Close the connections without waiting, as of a client that nobody has any more.

        Any thread may do it: the garbage collector runs in any.
        """
        self._dropped = True
        if self._pid == os.getpid() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._leaving = self._give_up()
        for transport in self._leaving:
            if transport is not None:
                transport.close()
        # The sockets are closed in the loop's next round. If there is none, `abandon` does it.
        self._loop.call_soon(self._have_left)

    def _have_left(self) -> None:
        self._leaving = []

    def _give_up(self) -> list[Any]:
        """Return the transports of all connections, and forget them."""
        handlers = [*self._acquired, *(each for pool in self._conns.values() for each, _ in pool)]
        self._conns.clear()
        self._acquired.clear()
        self._closed = True
        return [handler.transport for handler in handlers]

    def __del__(self, *arguments: Any) -> None:
        # At its exit a child drops what it inherited. Closing it, or a warning that it was not
        # closed, would be wrong there. One that failed to begin, or a copy, has nothing.
        if vars(self).get("_pid") != os.getpid():
            return
        if self._loop.is_closed():
            self.abandon()
        super().__del__(*arguments)


def _close_socket(transport: Any) -> None:
    """Close the socket of a transport of asyncio's, behind its back. Others close their own."""
    ssl_protocol = getattr(transport, "_ssl_protocol", None)
    if ssl_protocol is not None:
        transport._closed = True
        transport = ssl_protocol._transport
    sock = getattr(transport, "_sock", None)
    if sock is not None:
        transport._sock = None
        sock.close()
