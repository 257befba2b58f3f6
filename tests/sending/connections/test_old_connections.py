"""Connections that were idle for long: kept for what can be repeated, and for nothing else."""

import asyncio
import ctypes
import socket
import struct
import sys
from contextlib import suppress

import pytest
from idle_servers import IdleServer

from privy_async import APIConnectionError, APITimeoutError, PrivyClient, PrivyError
from privy_async.clock import Clock
from privy_async.sending.connections import FRESH, KEPT, Connector

pytestmark = pytest.mark.anyio


class SetClock(Clock):
    """The system's clock, but both of its times can be put forward by some seconds."""

    def __init__(self) -> None:
        self.monotonic_ahead = self.unix_ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.monotonic_ahead

    def now(self) -> float:
        return super().now() + self.unix_ahead

    def pass_by(self, seconds: float) -> None:
        """Let some time pass."""
        self.monotonic_ahead += seconds
        self.unix_ahead += seconds


async def create(privy: PrivyClient, name: str, **options: float) -> None:
    """A call that cannot be repeated."""
    got = await privy.request("POST", f"/v1/x/{name}", body={"n": 1}, **options)
    assert got == {"id": name}


async def read(privy: PrivyClient, name: str, **options: float) -> None:
    """A call that changes nothing."""
    assert await privy.request("GET", f"/v1/x/{name}", **options) == {"id": name}


async def pay(privy: PrivyClient, name: str, **options: float) -> None:
    """A call that changes something, and can be repeated with its key."""
    path = f"/v1/wallets/{name}/rpc"
    got = await privy.request("POST", path, body={"n": 1}, idempotency_key=name, **options)
    assert got == {"id": "rpc"}


def connector_of(privy: PrivyClient) -> Connector:
    return next(iter(privy._requester.transport._sessions.values())).connector


async def test_what_cannot_be_repeated_takes_a_fresh_connection() -> None:
    """After 5 s of silence it opens one; what can be repeated uses the old one for 2 minutes."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock) as privy:
        await create(privy, "1")
        clock.pass_by(FRESH - 1)
        await create(privy, "2")
        assert server.connections == 1
        clock.pass_by(FRESH + 1)
        await read(privy, "3")
        assert server.connections == 1
        clock.pass_by(FRESH + 1)
        await pay(privy, "4")
        assert server.connections == 1
        clock.pass_by(FRESH + 1)
        await create(privy, "5")
        assert server.connections == 2
        # The one that was used last is as good as new.
        await create(privy, "6")
        await read(privy, "7")
        assert server.connections == 2
        assert connector_of(privy).idle_count == 2


@pytest.mark.parametrize(
    ("monotonic", "unix", "connections"),
    [(0.0, 600.0, 2), (600.0, -3600.0, 2), (0.0, -3600.0, 1), (1.0, 1.0, 1)],
    ids=["the machine slept", "the clock was set back", "set back at once", "neither"],
)
async def test_time_that_one_of_the_clocks_missed(
    monotonic: float, unix: float, connections: int
) -> None:
    """A machine that slept shows it in the Unix time alone; setting that back hides nothing."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock) as privy:
        await create(privy, "1")
        clock.monotonic_ahead, clock.unix_ahead = monotonic, unix
        await create(privy, "2")
        assert server.connections == connections


async def test_without_retries_nothing_can_be_repeated() -> None:
    """A lost answer would be an error, so every call takes a fresh connection."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock, max_retries=0) as privy:
        await read(privy, "1")
        clock.pass_by(FRESH + 1)
        await read(privy, "2")
        assert server.connections == 2


async def test_the_pool_keeps_its_bound() -> None:
    """A new connection takes the place of the oldest idle one where there is no room for both."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock, max_connections=3) as privy:
        await asyncio.gather(*(create(privy, f"a{number}") for number in range(3)))
        clock.pass_by(FRESH + 1)
        await asyncio.gather(*(create(privy, f"b{number}") for number in range(9)))
        assert server.connections == 6
        assert (connector_of(privy).idle_count, connector_of(privy).room) == (3, 0)
        assert server.executed.total() == 12


async def test_a_peer_that_went_away_without_a_word() -> None:
    """Nothing is lost or done twice, and one dead connection costs a call one repetition."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock) as privy:
        await asyncio.gather(*(read(privy, "warm") for _ in range(8)))
        assert server.connections == 8
        server.go_silent()
        clock.pass_by(FRESH + 1)
        creating = [create(privy, f"create-{number}", timeout=2.0) for number in range(4)]
        await asyncio.gather(*creating)
        assert server.connections == 12
        server.go_silent()
        clock.pass_by(FRESH + 1)
        reading = [read(privy, f"read-{number}", timeout=0.3) for number in range(12)]
        await asyncio.gather(*reading)
        del server.executed["warm"]
        assert set(server.executed.values()) == {1}
        assert len(server.executed) == 16


async def test_a_fresh_connection_that_died_is_told() -> None:
    """What cannot be repeated and got no answer says so; it is not sent again."""
    async with IdleServer() as server, server.client() as privy:
        await read(privy, "warm")
        server.go_silent()
        with pytest.raises(APITimeoutError) as caught:
            await create(privy, "lost", timeout=0.3)
        assert caught.value.may_have_happened
        assert server.executed["lost"] == 0


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such option")
@pytest.mark.parametrize(("seconds", "milliseconds"), [(7, 7000), (0.5, 5000)])
async def test_the_system_gives_up_who_acknowledges_nothing(
    seconds: float, milliseconds: int
) -> None:
    """TCP_USER_TIMEOUT is the client's `connect_timeout`, but 5 s at least, in ms."""
    async with IdleServer() as server, server.client(connect_timeout=seconds) as privy:
        await read(privy, "1")
        ((handler, _),) = next(iter(connector_of(privy)._conns.values()))
        assert handler.transport is not None
        sock = handler.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == milliseconds


def drop_all(sock: socket.socket) -> None:
    """Let nothing through to a socket any more: its end acknowledges nothing, and does not say so.

    The filter has one instruction, which returns 0 (Linux, socket(7), SO_ATTACH_FILTER).
    """
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(instruction))
    sock.setsockopt(socket.SOL_SOCKET, 26, program)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="others have no such filter")
async def test_a_machine_that_is_gone_costs_no_more_than_connecting() -> None:
    """What is sent there is sent again, long before the attempt's own timeout."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock, connect_timeout=0.5) as privy:
        await read(privy, "1")
        for writer in server.writers:
            drop_all(writer.get_extra_info("socket"))
        clock.pass_by(FRESH + 1)
        async with asyncio.timeout(20):
            await pay(privy, "2", timeout=60.0)
        assert (server.connections, server.executed["rpc"]) == (2, 1)


async def test_fifty_posts_in_a_row_use_one_connection() -> None:
    """Also where a server answers before it has read the request's body."""
    answered = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                answered += 1
                await reader.readexactly(length)
        writer.close()

    connections: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with PrivyClient(app_id="a", app_secret="b", base_url=url) as privy:
        for size in [10] * 25 + [100_000] * 25:
            assert await privy.request("POST", "/v1/x", body={"text": "m" * size}) == {}
        assert (len(connections), answered) == (1, 50)
    server.close()


# --- real seconds


async def outcome(call: object) -> str:
    """How a call ended: "done", "maybe" or "not"."""
    try:
        await call  # type: ignore[misc]
    except APIConnectionError as error:
        return "maybe" if error.may_have_happened else "not"
    return "done"


async def closes_what_is_idle(seconds: int) -> None:
    """Calls of both kinds around that moment: none executed twice, none lost, reads succeed."""

    async def one(server: IdleServer, number: int, pause: float) -> None:
        async with server.client() as privy:
            await read(privy, "warm")
            await asyncio.sleep(pause)
            names = f"read-{number}", f"create-{number}"
            # Each alternates with the other in being the one that meets the old connection.
            calls = [read(privy, names[0]), create(privy, names[1])]
            for call in calls if number % 2 else reversed(calls):
                ended[names[call is calls[1]]] = await outcome(call)

    ended: dict[str, str] = {}
    async with IdleServer(closes_after=seconds) as server:
        pauses = [seconds - 0.05 + 0.1 * number / 60 for number in range(60)]
        await asyncio.gather(*(one(server, *each) for each in enumerate(pauses)))
        del server.executed["warm"]
    assert max(server.executed.values()) == 1
    assert {how for name, how in ended.items() if name.startswith("read")} == {"done"}
    for name, how in ended.items():
        assert how in ("done", "maybe") or server.executed[name] == 0
        assert how != "done" or server.executed[name] == 1
    if seconds > FRESH:
        assert set(ended.values()) == {"done"}


async def outlives_silence() -> None:
    """What can be repeated needs no new connection after 50 s; after 2 minutes there is none."""
    async with IdleServer() as server, server.client() as privy:
        await read(privy, "1")
        assert connector_of(privy)._keepalive_timeout == KEPT
        await asyncio.sleep(50)
        await pay(privy, "2")
        assert server.connections == 1


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_silence_of_real_seconds() -> None:
    """Servers that close what was idle for 1, 10 and 60 s, and one that keeps it for longer."""
    await asyncio.gather(*(closes_what_is_idle(each) for each in (1, 10, 60)), outlives_silence())


async def test_no_error_of_the_pool_is_foreign() -> None:
    """A server that is gone after the silence: an error that says that nothing was sent."""
    clock = SetClock()
    async with IdleServer() as server, server.client(clock=clock, max_retries=1) as privy:
        await read(privy, "1")
        clock.pass_by(FRESH + 1)
        server._server.close()
        for call in (create(privy, "2"), read(privy.with_options(max_retries=0), "3")):
            with pytest.raises(PrivyError) as caught:
                await call
            assert isinstance(caught.value, APIConnectionError)
            assert not caught.value.may_have_happened
