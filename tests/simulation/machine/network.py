"""Connections in memory, between processes, on which everything may go wrong."""

import asyncio
import contextvars
import errno
import os
import socket
from collections.abc import Callable
from typing import Any, Final

from simulation.machine.connection import Asked, Connection, Descriptor
from simulation.machine.fate import Fate
from simulation.machine.history import History
from simulation.machine.loop import SimulatedLoop
from simulation.machine.processes import CALL, PROCESS, Process

HOST: Final = "api.privy.test"
_ADDRESS: Final = "192.0.2.1"


class Network:
    """All connections of the world, and what may happen to them.

    Attributes:
        open: The connections of which one side at least is open.
    """

    def __init__(self, loop: SimulatedLoop, fate: Fate, history: History) -> None:
        self.loop, self.fate, self.history = loop, fate, history
        self.open: dict[Connection, None] = {}
        self.last_answer = b""
        self._listener: _Listener | None = None
        self._clogged: dict[str, float] = {}
        self._sockets: dict[socket.socket, Process | None] = {}
        self._count = 0
        self._by_protocol: dict[object, Connection] = {}
        loop.network = self

    # --- before there is a connection

    async def resolve(self, host: str) -> str:
        """Return the address of a host."""
        name = _named("name")
        await asyncio.sleep(self.fate.about(0.01, name))
        if self.fate.strikes("no name", name):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if host not in (HOST, _ADDRESS):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return _ADDRESS

    async def reach(self, sock: socket.socket, address: Any) -> None:
        """Knock at the server's door."""
        name, process = _named("connect"), PROCESS.get()
        self._sockets[sock] = process
        await asyncio.sleep(0.001 + self.fate.about(0.02, name))
        if process is not None and (clogged := self.clogged(process, process)) > self.loop.time():
            await asyncio.sleep(clogged - self.loop.time())
        if self.fate.strikes("connect hangs", name):
            await self.loop.create_future()
        if self.fate.strikes("unreachable", name):
            raise _os_error(errno.EHOSTUNREACH)
        if self.fate.strikes("refused", name) or self._listener is None:
            raise _os_error(errno.ECONNREFUSED)

    async def connect(
        self, factory: Callable[[], asyncio.Protocol], sock: socket.socket
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Connect the running process with the server."""
        listener, process = self._listener, PROCESS.get()
        if listener is None:
            raise _os_error(errno.ECONNREFUSED)
        # It was needed to knock with; no byte ever goes through it.
        self._sockets.pop(sock, None)
        sock.close()
        self._count += 1
        connection = Connection(self, self._count)
        protocol = factory()
        client = connection.client
        client.open(protocol, process, contextvars.copy_context(), Descriptor())
        server_protocol: asyncio.Protocol = listener.context.run(listener.factory)
        connection.server.open(server_protocol, listener.process, listener.context.copy())
        self.open[connection] = None
        self._by_protocol[server_protocol] = connection
        ready = self.loop.create_future()
        self.loop.call_soon(_set_ready, ready)
        try:
            await ready
        except BaseException:
            client.close()
            raise
        return client, protocol

    def listen(self, factory: Callable[[], asyncio.Protocol], host: str, port: int) -> "_Listener":
        """Let connections in from now on."""
        process = PROCESS.get()
        assert process is not None
        self._listener = _Listener(self, factory, process, (host, port))
        return self._listener

    def close_door(self, listener: "_Listener") -> None:
        """Let no more connections in."""
        if self._listener is listener:
            self._listener = None

    # --- what happens to processes

    def clog(self, process: str, until: float) -> None:
        """Keep all messages from and to a process back until then."""
        self._clogged[process] = until

    def clogged(self, sender: Process | None, receiver: Process | None) -> float:
        """Return until when messages between these two are kept back; the past if they are not."""
        names = [each.name for each in (sender, receiver) if each is not None]
        return max((self._clogged.get(name, 0.0) for name in names), default=0.0)

    def cut(self, process: Process, *, silently: bool) -> None:
        """Take the connections from a process that is gone.

        Args:
            silently: Whether the other sides are not told, as when the machine lost its power.
        """
        if self._listener is not None and self._listener.process is process:
            self._listener = None
        for connection in list(self.open):
            connection.cut(process, silently=silently)
        for sock, owner in list(self._sockets.items()):
            if owner is process:
                sock.close()
                del self._sockets[sock]

    def asked(self, protocol: object) -> Asked:
        """Return the request that a protocol of the server handles next."""
        connection = self._by_protocol[protocol]
        connection.handled += 1
        return connection.asked[connection.handled - 1]

    def left_open(self, process: Process) -> list[Connection]:
        """The connections that this process has not closed."""
        return [each for each in self.open if each.client.is_of(process)]

    def sockets_of(self, process: Process) -> list[socket.socket]:
        """The sockets that this process has not closed, and has not connected."""
        return [
            sock
            for sock, owner in self._sockets.items()
            if owner is process and sock.fileno() != -1
        ]

    def forget(self, connection: Connection) -> None:
        """Both sides are closed."""
        self.open.pop(connection, None)


class _Listener(asyncio.AbstractServer):
    """What lets connections in."""

    def __init__(
        self,
        network: Network,
        factory: Callable[[], asyncio.Protocol],
        process: Process,
        name: tuple[str, int],
    ) -> None:
        self.factory, self.process = factory, process
        self.context = contextvars.copy_context()
        self.sockets = [self]
        self._network = network
        self._name = name

    def getsockname(self) -> tuple[str, int]:
        return self._name

    def close(self) -> None:
        self._network.close_door(self)

    async def wait_closed(self) -> None:
        pass

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop

    async def start_serving(self) -> None:
        pass

    async def serve_forever(self) -> None:
        raise NotImplementedError

    def is_serving(self) -> bool:
        return True


def _named(what: str) -> str:
    """Name what the running call does now, so that chance can be asked for it."""
    call = CALL.get()
    return what if call is None else call.next_name(what)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _set_ready(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
