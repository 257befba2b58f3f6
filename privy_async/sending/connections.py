"""Pooled connections that take no bytes for an answer which nobody has asked for yet.

aiohttp hands a pooled connection out again as soon as it is open. What arrived on it meanwhile it
would take for the answer to the next request: a late `400` for a payment that is executed, or the
answer to each request for that to the one after it. RFC 9112, section 9.2, has a client close such
a connection. Private names of aiohttp stand here and in `messages`; a test fails when they
change.
"""

import asyncio
import os
import select
import socket
import ssl as ssl_module
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from functools import partial
from math import inf
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from privy_async.clock import Clock
from privy_async.sending.messages import Received

# Seconds for which no connection is used twice after stray bytes.
_DISTRUST: Final = 60.0
# Bytes that a connection takes from the system in one piece.
_READ_AT_ONCE: Final = 65_536
KEPT: Final = 120.0
"""Seconds for which an idle connection is kept.

Servers and load balancers close theirs sooner or later (AWS's balancers after 60 s, nginx after 75,
Google's after 600), and the loop sees that. What matters are those on the way that forget a
connection and tell nobody: the soonest that is known are Azure's, after 240 s. Half of that leaves
room. https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset
"""
FRESH: Final = 5.0
"""Seconds for which an idle connection is as good as a new one: servers keep it for so long."""
longest_idle: Final = ContextVar("privy_longest_idle", default=inf)
"""Seconds for which the connection of the next request may have been idle.

Below 0 it must be a new one, which is kept idle: then the request is not sent, and ends in Opened.
"""
# Seconds for which the addresses of a name are kept: aiohttp's own 10 would have most connections
# that are opened after silence wait for them. Where one cannot be reached all are forgotten.
_ADDRESSES_KEPT: Final = 60


class Opened(Exception):
    """There is one idle connection more."""


class _Trust:
    """Trust in connections that are used again: for a while none, after stray bytes of a server.

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


class _Handler(ResponseHandler, asyncio.BufferedProtocol):
    """aiohttp's protocol; bytes that come while no request is outstanding close it.

    It has the loop read into a buffer of its own. Otherwise asyncio makes a new one of 256 KiB for
    whatever comes, which costs a response three system calls.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, trust: _Trust, clock: Clock, patience: float
    ) -> None:
        super().__init__(loop)
        self._trust, self._clock, self._patience = trust, clock, patience
        self._idle_since = 0.0, 0.0
        self._has_bytes: Callable[[], object] | None = None
        self._arriving = memoryview(bytearray(_READ_AT_ONCE))
        self.idle = self.has_company = False
        self.received = Received()
        self.headers: Mapping[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        _give_up_after(transport.get_extra_info("socket"), self._patience)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._arriving

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._arriving[:nbytes]))

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
        self.idle, self._idle_since = True, (self._clock.monotonic(), self._clock.now())
        if self.received.has_more_than(self.headers):
            self.received.too_many = True
            self._trust.lose()
        return self._trust.is_lost()

    def begin(self, others: bool) -> None:
        """Be the connection of one more request, beside others that are on their way or not."""
        self.idle, self.received, self.headers, self.has_company = False, Received(), {}, others

    def has_been_idle(self) -> float:
        """Return for how long, in s.

        While a machine sleeps, or a container is frozen, only the Unix time may go on; where the
        system sets that back, the other time has gone on. The greater of the two is believed.
        """
        monotonic, now = self._idle_since
        return max(self._clock.monotonic() - monotonic, self._clock.now() - now)

    def is_quiet(self) -> bool:
        """True if nothing has arrived, neither bytes nor the end, that the loop has yet to see."""
        has_bytes = self._has_bytes or self._find_socket()
        return not (has_bytes is None or has_bytes() or self._trust.is_lost())

    def is_untouched(self) -> bool:
        """True if nothing has come of the other end's own accord since it was opened.

        What waits in the system is TLS's own where there is TLS, such as its session tickets.
        """
        if self.received.count or self.transport is None or not self.is_connected():
            return False
        has_bytes = self._find_socket()
        is_plain = self.transport.get_extra_info("ssl_object") is None
        return not (is_plain and has_bytes is not None and has_bytes())

    def _find_socket(self) -> Callable[[], object] | None:
        """Return what tells whether anything waits in the system; None where there is no socket."""
        sock = None if self.transport is None else self.transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            self._has_bytes = _watch(sock.fileno())
        return self._has_bytes


def _give_up_after(sock: Any, seconds: float) -> None:
    """Have the system give a connection up once the other end is silent so long (RFC 5482).

    That is when it does not even acknowledge what was sent, as a machine that is gone. Linux alone
    knows this of Python's systems; elsewhere the timeout of the attempt ends it.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and sock is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def _watch(descriptor: int) -> Callable[[], object]:
    """Return what is true if there is anything to read, as long as the descriptor is open."""
    if not hasattr(select, "poll"):  # Windows has none.
        return lambda: select.select([descriptor], [], [], 0)[0]
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return partial(poll.poll, 0)


class Connector(aiohttp.TCPConnector):
    """A pool whose connections are silent when they are handed out, and as fresh as they must be.

    A forked child neither uses nor closes it: it is its parent's.

    Args:
        limit: How many connections there may be, idle ones included.
        ssl: A context, or True for the system's trust store.
        clock: Tells for how long connections were idle.
        patience: Seconds after which the other end is given up if it acknowledges nothing.
    """

    def __init__(
        self, *, limit: int, ssl: ssl_module.SSLContext | bool, clock: Clock, patience: float
    ) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=limit, ssl=ssl, keepalive_timeout=KEPT, ttl_dns_cache=_ADDRESSES_KEPT
        )
        self._pid = os.getpid()
        self._leaving: list[Any] = []
        self._dropped = False
        loop = asyncio.get_running_loop()
        self._factory: Any = partial(_Handler, loop, _Trust(loop), clock, patience)

    def connect(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, req: Any, traces: Any, timeout: Any
    ) -> Coroutine[Any, Any, Any]:
        """Return a connection on which nothing is waiting to be read.

        Raises:
            Opened: One was opened and is kept, as `longest_idle` asked.
        """
        connecting = super().connect(req, traces, timeout)
        return self._keep_idle(connecting) if longest_idle.get() < 0 else connecting

    async def _keep_idle(self, connecting: Coroutine[Any, Any, Any]) -> Any:
        (await connecting).release()
        raise Opened

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        handler: Any = await super()._create_connection(req, traces, timeout)
        if not handler.is_untouched():
            handler.close()
            raise aiohttp.ClientConnectionError("it was ended or spoken on before it was used")
        handler.begin(len(self._acquired) > 1)
        return handler

    @property
    def idle_count(self) -> int:
        """Return the number of connections that wait for a request."""
        return sum(each.is_connected() for pool in self._conns.values() for each, _ in pool)

    @property
    def room(self) -> int:
        """Return the number of connections that there may be yet."""
        return self.limit - len(self._acquired) - sum(map(len, self._conns.values()))

    async def _get(self, key: Any, traces: Any) -> Any:
        """Return the idle connection that was used last, if it is quiet and not too old.

        The others grow old and are closed, or serve what can be repeated.
        """
        while True:
            idle: Any = self._conns.get(key)
            while idle and not idle[-1][0].is_connected():
                idle.pop()
            if not idle:
                return await super()._get(key, traces)
            longest = longest_idle.get()
            if longest < inf and idle[-1][0].has_been_idle() > longest:
                if self.room <= 0:
                    idle.popleft()[0].close()
                return None
            # aiohttp takes the first one.
            idle.rotate(1)
            connection: Any = await super()._get(key, traces)
            if connection is None:
                return None
            handler: _Handler = connection.protocol
            if handler.is_quiet() or await _is_silent(connection):
                handler.begin(len(self._acquired) > 1)
                return connection
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


async def _is_silent(connection: Any) -> bool:
    """True if what waits on an idle connection is TLS's own."""
    try:
        # The loop reads it, and closes the connection if it is more.
        await asyncio.sleep(0)
    except BaseException:
        connection.close()
        raise
    handler: _Handler = connection.protocol
    return handler.is_connected() and handler.is_quiet()


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
