"""Bytes out, bytes in, over aiohttp.

A session belongs to the event loop that made it, so each running loop gets its own, and none
is ever closed from another loop.
"""

import asyncio
import os
import ssl as ssl_module
import sys
from collections.abc import AsyncGenerator, Awaitable, Mapping
from http.client import responses
from math import inf
from typing import Final

import aiohttp
import attrs
from yarl import URL

from privy_async.checks import check_own_loop
from privy_async.clock import Clock
from privy_async.sending.connections import FRESH, Connector, Opened, longest_idle
from privy_async.sending.messages import (
    ACCEPTED,
    Body,
    Request,
    Response,
    Unreadable,
    decompress,
)
from privy_async.sending.outcome import NoResponse, RawResponse
from privy_async.signing.secret import Secret, hide_frames
from privy_async.version import VERSION

# The headers of every request; no signature covers them.
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": ACCEPTED,
    "User-Agent": f"privy-async/{VERSION}",
    "privy-client": f"privy-async:{VERSION}",
}
# Seconds. Packets that are lost are sent again by then; what is not repeated must not fail sooner.
_LEAST_PATIENCE: Final = 5.0
_CLOSED: Final = "the client was closed"
_CONTENT_TYPE: Final = ("Content-Type",)
_NOT_CONNECTED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# It has answered to CONNECT, so that nothing went further than to it.
_NOT_SENT: Final = (*_NOT_CONNECTED, aiohttp.ClientHttpProxyError)


@attrs.define(eq=False, repr=False)
class _Session:
    http: aiohttp.ClientSession
    closer: AsyncGenerator[None]
    connector: Connector
    connecting: asyncio.Lock = attrs.field(factory=asyncio.Lock)
    pid: int = attrs.field(factory=os.getpid)


class _TimeLimit:
    """A limit of time as `asyncio.timeout` is one, without coroutines to enter and leave it.

    Raises:
        TimeoutError: The time was up before the block was left.
    """

    __slots__ = ("_before", "_expired", "_handle", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds, self._expired = seconds, False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        self._handle.cancel()
        # Whoever else cancelled the task meanwhile is heard.
        mine = self._expired and self._task.uncancel() <= self._before
        if mine and kind is asyncio.CancelledError:
            raise TimeoutError from error


@attrs.define(eq=False, repr=False)
class Transport:
    """Connections to Privy, one pool for each running event loop.

    Attributes:
        connect_timeout: Seconds to set up one connection; also those, but 5 at least, after which
            the other end is given up if it acknowledges nothing that was sent.
        max_connections: Connections of one pool; further requests wait for a free one.
        max_response_size: Bytes that one response may have, unpacked.
        proxy: The URL of an HTTP proxy, or None.
        ssl: A context of your own, or True for the system's trust store.
    """

    connect_timeout: float = attrs.field(kw_only=True)
    max_connections: int = attrs.field(kw_only=True)
    max_response_size: int = attrs.field(kw_only=True)
    proxy: str | None = attrs.field(kw_only=True, repr=False)
    ssl: ssl_module.SSLContext | bool = attrs.field(kw_only=True)
    clock: Clock = attrs.field(factory=Clock, kw_only=True, repr=False)
    _sessions: dict[asyncio.AbstractEventLoop, _Session] = attrs.field(
        factory=dict[asyncio.AbstractEventLoop, _Session], init=False, repr=False
    )

    async def send(
        self,
        method: str,
        url: str,
        headers: Secret[Mapping[str, str]],
        body: Secret[bytes] | None,
        *,
        timeout: float,
        may_be_lost: bool = False,
    ) -> RawResponse:
        """Send one request once.

        Args:
            method: The HTTP method.
            url: Percent-encoded; it goes out as it stands.
            headers: Go out as they stand, beside those that are the same for all requests.
            body: Goes out as it stands; None for no body and no Content-Type.
            timeout: Seconds for all of it, the response's body included.
            may_be_lost: Whether it is sent again if nothing comes back. Only then may it go out on
                a connection that was idle for long, and that may be dead.

        Raises:
            NoResponse: Nothing readable came back. `sent` is False only if Privy surely got
                no complete request, `closed` is True if the client was closed meanwhile.
            PrivyError: The running event loop was used before a fork.
        """
        session = self._session_here() or await self._open()
        data = None if body is None else Body(body.reveal())
        longest_idle.set(inf if may_be_lost else FRESH)
        handled = sys.exception()
        try:
            # The time for all of it is ours: aiohttp's does not bound what it began to read before.
            with _TimeLimit(timeout):
                response = await self._request(session, method, url, headers, data)
                return await self._read(response)
        except BaseException as error:
            failure = _failure(error, session, timeout)
            if failure is None:
                # Frames of aiohttp hold the headers.
                hide_frames(error, handled)
                raise
        if session.http.closed:
            failure = NoResponse(_CLOSED, sent=failure.sent, closed=True)
        elif not failure.sent:
            session.connector.clear_dns_cache()
        failure.sent = failure.sent and (data is None or data.started)
        raise failure

    async def connect(self, count: int, url: str) -> int:
        """Open connections to this address until so many are idle, as far as the pool has room.

        Returns:
            How many are idle.

        Raises:
            NoResponse: There is none.
            PrivyError: The running event loop was used before a fork.
        """
        session = self._session_here() or await self._open()
        connector = session.connector
        async with session.connecting:
            missing = range(min(count - connector.idle_count, connector.room))
            opened = await asyncio.gather(*(self._connect(session, url) for _ in missing))
        failures = [each for each in opened if each is not None]
        if session.http.closed:
            raise NoResponse(_CLOSED, sent=False, closed=True)
        if failures and not connector.idle_count:
            raise failures[0]
        return connector.idle_count

    async def _connect(self, session: _Session, url: str) -> NoResponse | None:
        """Open one connection, if there is room; return why there is none, if there is none."""
        if session.http.closed:
            return NoResponse(_CLOSED, sent=False, closed=True)
        if session.connector.room <= 0:
            return None
        longest_idle.set(-1.0)
        try:
            async with asyncio.timeout(self.connect_timeout):
                await self._request(session, "GET", url, Secret({}), None)
        except Opened:
            return None
        except asyncio.CancelledError:
            if not _was_closed(session):
                raise
            return NoResponse(_CLOSED, sent=False, closed=True)
        except (aiohttp.ClientError, OSError) as error:
            session.connector.clear_dns_cache()
            problem = _describe(error, self.connect_timeout)
            return NoResponse(problem, sent=False, timed_out=isinstance(error, TimeoutError))
        raise AssertionError("it was sent")

    def _request(
        self,
        session: _Session,
        method: str,
        url: str,
        headers: Secret[Mapping[str, str]],
        data: Body | None,
    ) -> Awaitable[aiohttp.ClientResponse]:
        """Send it, and wait for the head of the response."""
        return session.http.request(
            method,
            URL(url, encoded=True),
            headers=headers.reveal(),
            data=data,
            # A body-less POST or PATCH must not claim a Content-Type: Privy would then verify
            # another payload than the one signed.
            skip_auto_headers=_CONTENT_TYPE if data is None else None,
            # A redirect to another host would carry the signature and the body there.
            allow_redirects=False,
            proxy=self.proxy,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> RawResponse:
        """Read the body, but no more of it than is allowed.

        Raises:
            Unreadable: That of a success is larger, or not compressed as it claims to be.
        """
        assert isinstance(response, Response)
        limit, content = self.max_response_size, response.content
        parts: list[bytes] = []
        size = 0
        try:
            while not content.at_eof():
                part = await content.readany()
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise Unreadable(limit)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            encoding = response.headers.get("Content-Encoding")
            if encoding is not None:
                body = decompress(body, encoding, limit)
        except Unreadable:
            response.close()
            if 200 <= response.status < 300:
                raise
            # Of an error the status says what matters most.
            body = b""
        except BaseException:
            # What was read to its end has given its connection back; nothing else may be used.
            response.close()
            raise
        return RawResponse(response.status, response.headers, body, response.doubtful)

    def _session_here(self) -> _Session | None:
        """Return the session of the running loop, if this process has one."""
        session = self._sessions.get(asyncio.get_running_loop())
        return session if session is not None and session.pid == os.getpid() else None

    async def _open(self) -> _Session:
        """Make the session of the running loop, which closes with its loop at the latest."""
        loop = asyncio.get_running_loop()
        check_own_loop(loop)
        self._leave_others_alone()
        connector = Connector(
            limit=self.max_connections,
            ssl=self.ssl,
            clock=self.clock,
            patience=max(self.connect_timeout, _LEAST_PATIENCE),
        )
        http = aiohttp.ClientSession(
            connector=connector,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            request_class=Request,
            response_class=Response,
            # What is decompressed has a limit, which aiohttp does not know.
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.connect_timeout),
        )
        # aiohttp would send a PUT or DELETE a second time by itself when a kept connection turns
        # out to be dead. What is sent again is our decision alone; a test holds this.
        http._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        session = _Session(http, _close_with_loop(http), connector)
        self._sessions[loop] = session
        await _begin(session.closer, connector)
        return session

    def _leave_others_alone(self) -> None:
        """Forget sessions whose loop is closed; keep those of a parent process, but quietly."""
        for loop, session in list(self._sessions.items()):
            if session.pid != os.getpid():
                session.http.detach()
            elif loop.is_closed():
                self._sessions.pop(loop, None)
                session.connector.abandon()

    async def close(self) -> None:
        """Close the connections of the running loop; a later call would open new ones."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.closer.aclose()


def _failure(error: BaseException, session: _Session, timeout: float) -> NoResponse | None:
    """Return what an error says of an attempt; None if it is none that may end one."""
    if isinstance(error, asyncio.CancelledError) and _was_closed(session):
        return NoResponse(_CLOSED, sent=True, closed=True)
    if isinstance(error, (aiohttp.ClientError, OSError)):
        timed_out = isinstance(error, TimeoutError)
        sent = not isinstance(error, _NOT_SENT)
        return NoResponse(_describe(error, timeout), sent=sent, timed_out=timed_out)
    if isinstance(error, Unreadable):
        return NoResponse(str(error), sent=True, unreadable=True)
    return None


def _was_closed(session: _Session) -> bool:
    """True if that is why the running task is told that it was cancelled.

    Closing a session cancels those who wait for one of its connections, as if their own task had
    been cancelled.
    """
    task = asyncio.current_task()
    return task is not None and not task.cancelling() and session.http.closed


def _begin(closer: AsyncGenerator[None], connector: Connector) -> Awaitable[None]:
    """Start the generator. Where it is dropped, as with its client, the connections are closed.

    The loop's own way would be a task, which complains if the loop ends before it does.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(finalizer=connector.drop)
    try:
        return anext(closer)
    finally:
        sys.set_asyncgen_hooks(*hooks)


async def _close_with_loop(http: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Close the session when this generator is closed.

    asyncio.run and its likes close every started async generator before they close the loop
    (`loop.shutdown_asyncgens`), so a session nobody closed still ends on its own loop.
    """
    try:
        yield
    finally:
        await http.close()


def _system_text(error: OSError) -> str:
    """The operating system's text, which asyncio replaces by one without the cause.

    Errors of TLS have texts of OpenSSL's, and numbers that mean something else.
    """
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    if isinstance(inner, ssl_module.SSLCertVerificationError):
        return f"TLS: {inner.verify_message}"
    if isinstance(inner, ssl_module.SSLError):
        return f"TLS: {(inner.reason or 'failed').lower().replace('_', ' ')}"
    # Numbers of name resolution are negative, and have texts of their own.
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or ""


def _describe(error: Exception, timeout: float) -> str:
    """Return what happened, without a header: the operating system's text, or a name."""
    cause = (_system_text(error) if isinstance(error, OSError) else "") or type(error).__name__
    if isinstance(error, _NOT_CONNECTED):
        return f"cannot connect ({cause})"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {error.status} {responses.get(error.status, '')}".rstrip()
    if isinstance(error, aiohttp.ClientResponseError):
        # Up to the colon it is the parser's own words; what follows may be the server's.
        reason = error.message.strip().splitlines() or [cause]
        return f"what came back is no HTTP response: {reason[0].partition(':')[0]}"
    return f"the connection broke ({cause})"
