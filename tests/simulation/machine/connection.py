"""One connection in memory, with its two ends."""

import asyncio
import contextvars
import errno
import os
import re
import socket
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import attrs

from simulation.machine.faults import Carriage, carry
from simulation.machine.processes import CALL, Process

if TYPE_CHECKING:
    from simulation.ledger import Call
    from simulation.machine.network import Network

_REQUEST: Final = re.compile(rb"(?:GET|POST|PUT|PATCH|DELETE) [^\r\n]* HTTP/1\.1\r\n")
_ANSWER: Final = b"HTTP/1.1 "
_GIVEN_UP: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nx-stray: yes\r\n"
    b"Connection: close\r\n\r\n"
)
# Two messages never arrive at once: the first must come first.
_TICK: Final = 1e-6


@attrs.frozen
class Asked:
    """A request that was written to a connection.

    Attributes:
        call: The call that it is for; None for those before all calls.
        signed_at: When it was signed, by the clock of its process: Unix time in s.
        idle: For how many s nothing had come on the connection before, if ever something had.
    """

    call: "Call | None"
    name: str
    signed_at: float
    idle: float


class Descriptor:
    """A file that is readable while bytes wait, for those who ask the operating system itself."""

    family = socket.AF_UNIX

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._is_readable = False

    def fileno(self) -> int:
        """Return the number that `poll` takes; -1 once it is closed."""
        return self._reader

    def mark_readable(self) -> None:
        """Something waits to be read."""
        if not self._is_readable and self._reader >= 0:
            os.write(self._writer, b"!")
            self._is_readable = True

    def mark_read(self) -> None:
        """Nothing waits any more."""
        if self._is_readable and self._reader >= 0:
            os.read(self._reader, 1)
            self._is_readable = False

    def close(self) -> None:
        """Close it, once or again."""
        if self._reader >= 0:
            os.close(self._reader)
            os.close(self._writer)
            self._reader = self._writer = -1


class Connection:
    """What a client and the server say to each other.

    Attributes:
        asked: The requests that were written to it, in order.
        answers: How many answers the server has begun.
        handled: How many requests it has begun to handle.
        lost: Whether it is dead, and nobody was told.
        came_at: When something came to the client last, by the world's time in s.
    """

    def __init__(self, network: "Network", number: int) -> None:
        self.network, self.number = network, number
        self.client, self.server = End(self), End(self)
        self.client.peer, self.server.peer = self.server, self.client
        self.asked: list[Asked] = []
        self.answers = 0
        self.handled = 0
        self.lost = False
        self.came_at: float | None = None
        self._last_answer = b""
        self._written = 0

    @property
    def name(self) -> str:
        """The name of the request that was written last."""
        return self.asked[-1].name if self.asked else f"connection {self.number}"

    @property
    def is_idle(self) -> bool:
        """True if all that was asked is answered, and nothing is on its way."""
        ends = (self.client, self.server)
        return (
            len(self.asked) == self.answers
            and not self.lost
            and not any(end.is_closing() or end.incoming for end in ends)
        )

    def carry(self, sender: "End", data: bytes) -> None:
        """Take what one end writes to the other, or a part of it."""
        network, fate = self.network, self.network.fate
        if sender is self.client and _REQUEST.match(data):
            self._begin_request()
        elif sender is self.server and data.startswith(_ANSWER):
            self._begin_answer(data)
        self._written += 1
        if self.lost:
            return
        way = "to server" if sender is self.client else "to client"
        name = f"{self.name} {way} {self._written}"
        carriage = carry(fate, name, data)
        arrival = self._send(sender, carriage)
        self._end(sender, carriage, arrival)
        if sender is self.server and carriage.ending is None:
            self._plan_idleness(arrival)
        network.last_answer = self._last_answer or network.last_answer

    def _begin_request(self) -> None:
        call = CALL.get()
        idle = 0.0 if self.came_at is None else self.network.loop.time() - self.came_at
        if call is None:
            self.asked.append(Asked(None, f"connection {self.number}", 0.0, idle))
        else:
            self.asked.append(Asked(call, call.next_request(), call.announced_at, idle))
        self._written = 0

    def _begin_answer(self, data: bytes) -> None:
        self.answers += 1
        self._last_answer = data

    def _send(self, sender: "End", carriage: Carriage) -> float:
        """Send the parts on their way, and return when the last one arrives."""
        receiver, loop = sender.peer, self.network.loop
        leaving = max(loop.time(), self.network.clogged(sender.process, receiver.process))
        for part, delay in carriage.parts:
            leaving = receiver.expect(leaving + delay, receiver.take, part)
        return max(leaving, receiver.last_arrival)

    def _end(self, sender: "End", carriage: Carriage, arrival: float) -> None:
        match carriage.ending:
            case "lost":
                self.lost = True
            case "reset":
                for end in (self.client, self.server):
                    end.expect(arrival + _TICK, end.break_off)
            case "end":
                sender.peer.expect(arrival + _TICK, sender.peer.take_end)
            case None:
                pass

    # --- while nobody asks for anything

    def _plan_idleness(self, answered_at: float) -> None:
        fate, name = self.network.fate, self.name
        plans = (("stray", self._stray), ("idle end", self._idle_end), ("idle loss", self._lose))
        for kind, happen in plans:
            if not fate.strikes(kind, name):
                continue
            pause = fate.about(
                fate.pick((0.05, 1.0, 30.0), f"{kind} after {name}"), f"{kind} {name}"
            )
            self.network.loop.call_at(answered_at + pause, happen, context=contextvars.Context())

    def _stray(self) -> None:
        """Bring the client something that it did not ask for, while it has asked for nothing."""
        if not self.is_idle:
            return
        fate, name = self.network.fate, self.name
        kind = fate.pick(("again", "half", "another", "given up"), f"stray kind {name}")
        data = {
            "again": self._last_answer,
            "half": self._last_answer[: -len(self._last_answer) // 2],
            "another": self.network.last_answer,
            "given up": _GIVEN_UP,
        }[kind]
        self._note(f"a stray answer ({kind})")
        self.client.context.run(self.client.arrive, self.client.take, data)
        if kind == "given up":
            self.client.expect(0.0, self.client.take_end)

    def _idle_end(self) -> None:
        if self.is_idle:
            self._note("is closed while idle")
            self.client.expect(self.network.loop.time() + 0.01, self.client.take_end)

    def _lose(self) -> None:
        if self.is_idle:
            self._note("dies silently while idle")
            self.lost = True

    def _note(self, text: str) -> None:
        who = self.client.process
        self.network.history.add(who.name if who else "", f"connection {self.number}: {text}")

    def cut(self, process: Process, *, silently: bool) -> None:
        """One of the two processes is gone."""
        for end in (self.client, self.server):
            if end.is_of(process):
                end.vanish()
                if silently:
                    self.lost = True
                elif not self.lost:
                    end.peer.expect(self.network.loop.time() + 0.01, end.peer.break_off)
        self.forget_if_closed()

    def forget_if_closed(self) -> None:
        """Leave the network's list once both ends are closed."""
        if self.client.is_closing() and self.server.is_closing():
            self.network.forget(self)


class End(asyncio.Transport):
    """One end of a connection, as its protocol sees it.

    What arrives is first the operating system's, and the event loop reads it a moment later.

    Attributes:
        peer: The other end.
        process: Whose it is.
        incoming: How many parts are on their way here.
        last_arrival: When the last of them arrives.
    """

    peer: "End"
    protocol: asyncio.Protocol | asyncio.BufferedProtocol
    context: contextvars.Context

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.process: Process | None = None
        self.incoming = 0
        self.last_arrival = 0.0
        self._connection = connection
        self._loop = connection.network.loop
        self._file: Descriptor | None = None
        self._closed = True
        self._arrived: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._paused = False

    def open(
        self,
        protocol: asyncio.Protocol | asyncio.BufferedProtocol,
        process: Process | None,
        context: contextvars.Context,
        file: Descriptor | None = None,
    ) -> None:
        """Give it to a protocol."""
        self.protocol, self.process, self.context = protocol, process, context
        self._file = file
        self._closed = False
        self.context.run(protocol.connection_made, self)

    def is_of(self, process: Process) -> bool:
        """True if this process has it open."""
        return self.process is process and not self._closed

    # --- what arrives

    def expect(self, at: float, happen: Callable[..., None], *arguments: Any) -> float:
        """Have something arrive, not before what was sent earlier; return when it does."""
        self.last_arrival = max(at, self._loop.time(), self.last_arrival + _TICK)
        self.incoming += 1
        self._loop.call_at(self.last_arrival, self._come, happen, arguments, context=self.context)
        return self.last_arrival

    def _come(self, happen: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.incoming -= 1
        if not self._closed:
            self.arrive(happen, *arguments)
        elif happen == self.take and not self._connection.lost:
            # The operating system refuses what comes for a connection that is closed.
            self.peer.expect(self._loop.time() + 0.01, self.peer.break_off)

    def arrive(self, happen: Callable[..., None], *arguments: Any) -> None:
        """Something is here, and the event loop will see it in its next turn."""
        self._arrived.append((happen, arguments))
        if self._file is not None:
            self._file.mark_readable()
        self._loop.call_soon(self._read, context=self.context)

    def _read(self) -> None:
        while self._arrived and not self._paused and not self._closed:
            happen, arguments = self._arrived.popleft()
            if not self._arrived and self._file is not None:
                self._file.mark_read()
            happen(*arguments)

    def take(self, data: bytes) -> None:
        """Bytes have arrived."""
        if self is self._connection.client:
            self._connection.came_at = self._loop.time()
        if isinstance(self.protocol, asyncio.BufferedProtocol):
            self._fill(self.protocol, data)
        else:
            self.protocol.data_received(data)

    def _fill(self, protocol: asyncio.BufferedProtocol, data: bytes) -> None:
        """Hand them over as the event loop does: as much as there is room for at a time."""
        while data:
            room = memoryview(protocol.get_buffer(len(data)))
            taken, data = data[: len(room)], data[len(room) :]
            room[: len(taken)] = taken
            protocol.buffer_updated(len(taken))

    def take_end(self) -> None:
        """The other side says nothing more."""
        if not self.protocol.eof_received():
            self.close()

    def break_off(self) -> None:
        """The connection is reset."""
        error = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        self._close(error)

    def vanish(self) -> None:
        """The process is gone, so nothing of it runs any more."""
        self._closed = True
        self._close_file()

    # --- what its protocol wants

    def write(self, data: Any) -> None:
        if not self._closed and data:
            self._connection.carry(self, bytes(data))

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        if not self._closed:
            self._leave(self.peer.take_end)
            self._close(None)

    def abort(self) -> None:
        if not self._closed:
            self._leave(self.peer.break_off)
            self._close(None)

    def _leave(self, last_word: Callable[..., None]) -> None:
        if not self._connection.lost and not self.peer._closed:
            clogged = self._connection.network.clogged(self.process, self.peer.process)
            self.peer.expect(max(self._loop.time(), clogged) + 0.01, last_word)

    def _close(self, error: Exception | None) -> None:
        self._closed = True
        self._close_file()
        self._loop.call_soon(self.protocol.connection_lost, error, context=self.context)
        self._connection.forget_if_closed()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()

    def is_closing(self) -> bool:
        return self._closed

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._loop.call_soon(self._read, context=self.context)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return self._file
        return ("192.0.2.9", self._connection.number) if name == "peername" else default

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return False
