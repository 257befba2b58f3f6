"""For how long connections are kept, trusted and waited for: the numbers, one by one."""

import asyncio
import os
import socket
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest
from clocks import ReadClock
from loopback import loopback, ok

from privy_async.clock import Clock
from privy_async.sending.connections import (
    FRESH,
    KEPT,
    Connector,
    _close_socket,
    _give_up_after,
    _Handler,
    _Trust,
    longest_idle,
)
from privy_async.sending.messages import Body, Received
from privy_async.sending.transport import Transport

pytestmark = pytest.mark.anyio


def loop_at(moments: list[float]) -> Any:
    """A loop's time, which is the last of these."""
    return SimpleNamespace(time=lambda: moments[-1])


def test_trust_comes_back_after_a_minute() -> None:
    """Nothing is used twice until then."""
    moments = [5.0]
    trust = _Trust(loop_at(moments))
    assert not trust.is_lost()
    trust.lose()
    for moment, lost in ((5.0, True), (64.9, True), (65.0, False)):
        moments.append(moment)
        assert trust.is_lost() is lost
    trust.lose()
    assert trust.is_lost()


async def handler(clock: Clock) -> _Handler:
    """A connection of its own trust."""
    loop = asyncio.get_running_loop()
    return _Handler(loop, _Trust(loop), clock, 5.0)


async def test_how_long_a_connection_was_idle() -> None:
    """By the time that says more; what it was before it was idle does not count."""
    times = {"monotonic": 10.0, "now": 1000.0}
    clock: Any = SimpleNamespace(monotonic=lambda: times["monotonic"], now=lambda: times["now"])
    made = await handler(clock)
    assert made.idle is False
    assert made.end() is False
    assert made.idle is True
    assert made.has_been_idle() == 0
    times["now"] += 7
    assert made.has_been_idle() == 7
    times["monotonic"] += 9
    assert made.has_been_idle() == 9
    times["now"] -= 1000
    assert made.has_been_idle() == 9
    before = made.received
    assert made.has_company is False
    made.begin(True)
    assert (made.idle, made.headers, made.received is before) == (False, {}, False)
    assert made.has_company is True


async def test_bytes_beyond_an_answer_cost_trust() -> None:
    """The answer is doubtful, and for a minute each request has a connection of its own."""
    made = await handler(ReadClock(lambda: 0.0))
    made.headers = {"Content-Length": "0"}
    made.received.add(b"HTTP/1.1 200 OK\r\n\r\n")
    assert (made.end(), made.received.too_many) == (False, False)
    made.received.add(b"x")
    assert (made.end(), made.received.too_many) == (True, True)


async def test_a_connection_without_a_socket_is_not_quiet() -> None:
    """Nor untouched: it is not connected."""
    made = await handler(ReadClock(lambda: 0.0))
    assert made._find_socket() is None
    assert not made.is_quiet()
    assert not made.is_untouched()


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"\r\n\r\n", 4),
        (b"HTTP/1.1 200 OK\r\n\r\n", 19),
        (b"HTTP/1.1 200 OK\r\n\r\nbody\r\n\r\n", 19),
        (b"HTTP/1.1 200 OK\r\n", 3),
        (b"x", 3),
    ],
)
def test_where_a_head_ends(data: bytes, head: int) -> None:
    """In the first piece, or nobody knows where: then it is shorter than its own end."""
    received = Received()
    assert (received.count, received.head, received.end, received.too_many) == (0, 0, b"", False)
    received.add(data)
    received.add(b"more\r\n\r\nthan that")
    assert (received.head, received.count) == (head, len(data) + 17)
    assert received.end == b"that"[-5:] or received.end == b" that"
    assert len(received.end) == 5


@pytest.mark.parametrize(("seconds", "milliseconds"), [(5.0, 5000), (10.25, 10250)])
def test_when_the_system_gives_up(seconds: float, milliseconds: int) -> None:
    """In ms, where the system knows of it; a socket within the machine has no such thing."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    with socket.socket() as sock:
        _give_up_after(sock, seconds)
        if option is not None:
            assert sock.getsockopt(socket.IPPROTO_TCP, option) == milliseconds
    with socket.socket(socket.AF_UNIX) as sock:
        _give_up_after(sock, seconds)
    _give_up_after(None, seconds)


def transport(**options: Any) -> Transport:
    """A transport of the usual options."""
    usual = {"connect_timeout": 10.0, "max_connections": 7, "max_response_size": 100}
    return Transport(**{**usual, "proxy": None, "ssl": True, **options})


@pytest.mark.parametrize(("given", "patience"), [(10.0, 10.0), (5.0, 5.0), (4.9, 5.0), (0.1, 5.0)])
async def test_what_a_session_is_made_of(given: float, patience: float) -> None:
    """Connections are kept for two minutes, addresses for one; nothing is done behind our back."""
    made = transport(connect_timeout=given)
    session = await made._open()
    connector, http = session.connector, session.http
    assert made._sessions == {asyncio.get_running_loop(): session}
    assert connector._keepalive_timeout == KEPT == 120.0
    assert connector._cached_hosts._ttl == 60
    assert connector.limit == 7
    assert connector._factory.args[3] == patience
    assert http.headers["Accept"] == "application/json"
    assert http.headers["Accept-Encoding"] == "gzip, deflate"
    assert http.headers["User-Agent"].startswith("privy-async/")
    assert http.headers["privy-client"].startswith("privy-async:")
    assert len(http.headers) == 4
    assert (http.timeout.total, http.timeout.sock_connect) == (None, given)
    assert not http.auto_decompress
    assert http._retry_connection is False
    assert type(http.cookie_jar).__name__ == "DummyCookieJar"
    assert (session.pid, session.connecting.locked()) == (os.getpid(), False)
    assert (connector.room, connector.idle_count, connector.closed) == (7, 0, False)
    await made.close()
    assert (connector.closed, made._sessions) == (True, {})
    await made.close()


async def test_a_pool_that_was_dropped_is_closed() -> None:
    """From that moment, though its sockets close a little later."""
    made = transport()
    session = await made._open()
    session.connector.drop()
    assert session.connector.closed
    assert session.connector._leaving == []
    await asyncio.sleep(0)
    await made.close()


async def test_transports_that_have_left_are_forgotten() -> None:
    """One round of the loop after their sockets are closed."""
    async with loopback(lambda request: ok({})) as server, server.client() as privy:
        await privy.request("GET", "/v1/x")
        (session,) = privy._requester.transport._sessions.values()
        session.connector.drop()
        await asyncio.sleep(0)
        (left,) = session.connector._leaving
        assert left.is_closing()
        await asyncio.sleep(0)
        assert session.connector._leaving == []
        assert session.connector._conns == {}


def test_what_a_request_may_use_at_first() -> None:
    """Any connection, as long as nothing else is said; a fresh one was idle for 5 s at most."""
    assert (longest_idle.get(), FRESH) == (inf, 5.0)


async def test_a_body_knows_whether_it_was_sent() -> None:
    """It is not until it is."""
    body = Body(b"x")
    assert (body.started, body.size, body.content_type) == (False, 1, "application/json")
    assert [Body(b"x" * size).small for size in (60_000, 60_001)] == [True, False]


def test_sockets_of_other_loops_close_themselves() -> None:
    """What is no transport of asyncio's is left alone; a socket is closed once."""
    _close_socket(None)
    _close_socket(SimpleNamespace())
    near, far = socket.socketpair()
    with near, far:
        plain = SimpleNamespace(_sock=near)
        _close_socket(plain)
        assert plain._sock is None
        assert near.fileno() == -1
        inner = SimpleNamespace(_sock=far)
        outer = SimpleNamespace(_ssl_protocol=SimpleNamespace(_transport=inner), _closed=False)
        _close_socket(outer)
        assert (outer._closed, inner._sock, far.fileno()) == (True, None, -1)


async def test_a_pool_belongs_to_its_loop_and_process() -> None:
    """It knows both."""
    connector = Connector(limit=3, ssl=True, clock=Clock(), patience=5.0)
    assert connector._pid == os.getpid()
    assert connector._dropped is False
    assert connector.room == 3
    await connector.close()
    assert connector.closed
