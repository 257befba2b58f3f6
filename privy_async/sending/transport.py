"""Bytes out, bytes in, over aiohttp: the only file that knows an HTTP client.

A session belongs to the event loop that made it, so each running loop gets its own, and none
is ever closed from another loop.
"""

import asyncio
import os
import ssl as ssl_module
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, Final

import aiohttp
import attrs
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from privy_async.sending.answer import Answer, NoAnswer

_CLOSED: Final = "the client was closed"
_CONTENT_TYPE: Final = ("Content-Type",)
_NOT_CONNECTED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class _Body(aiohttp.BytesPayload):
    """A body that knows whether any of it was handed to a connection."""

    started = False

    def write_with_length(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> Coroutine[Any, Any, None]:
        self.started = True
        return super().write_with_length(writer, content_length)


class _Connector(aiohttp.TCPConnector):
    """A pool that a forked child neither uses nor closes: it is its parent's."""

    def __init__(self, *, limit: int, ssl: ssl_module.SSLContext | bool) -> None:
        super().__init__(limit=limit, ssl=ssl)  # pyright: ignore[reportUnknownMemberType]
        self._pid = os.getpid()

    def __del__(self, *arguments: Any) -> None:
        # At its exit a child drops what it inherited. Closing it, or a warning that it was not
        # closed, would be wrong there.
        if self._pid == os.getpid():
            super().__del__(*arguments)


@attrs.define(eq=False)
class _Session:
    http: aiohttp.ClientSession
    closer: AsyncGenerator[None]
    connector: _Connector
    pid: int = attrs.field(factory=os.getpid)


@attrs.define(eq=False)
class Transport:
    """Connections to Privy, one pool for each running event loop.

    Attributes:
        connect_timeout: Seconds to set up one connection.
        max_connections: Connections of one pool; further requests wait for a free one.
        proxy: The URL of an HTTP proxy, or None.
        ssl: A context of your own, or True for the system's trust store.
    """

    connect_timeout: float = attrs.field(kw_only=True)
    max_connections: int = attrs.field(kw_only=True)
    proxy: str | None = attrs.field(kw_only=True, repr=False)
    ssl: ssl_module.SSLContext | bool = attrs.field(kw_only=True)
    _sessions: dict[asyncio.AbstractEventLoop, _Session] = attrs.field(
        factory=dict[asyncio.AbstractEventLoop, _Session], init=False, repr=False
    )
    _last_timeout: aiohttp.ClientTimeout = attrs.field(
        factory=aiohttp.ClientTimeout, init=False, repr=False
    )

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout: float,
    ) -> Answer:
        """Send one request once.

        Args:
            method: The HTTP method.
            url: Percent-encoded; it goes out as it stands.
            headers: Go out as they stand.
            body: Goes out as it stands; None for no body and no Content-Type.
            timeout: Seconds for all of it, the answer's body included.

        Raises:
            NoAnswer: Nothing readable came back. `sent` is False only if Privy surely got
                no complete request, `closed` is True if the client was closed meanwhile.
        """
        session = self._sessions.get(asyncio.get_running_loop()) or await self._open()
        data = None if body is None else _Body(body, content_type="application/json")
        # A body-less POST or PATCH must not claim a Content-Type: Privy would then verify another
        # payload than the one signed.
        skipped = _CONTENT_TYPE if data is None else None
        try:
            response = await session.http.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=data,
                skip_auto_headers=skipped,
                # A redirect to another host would carry the signature and the body there.
                allow_redirects=False,
                proxy=self.proxy,
                timeout=self._timeout(timeout),
            )
            # Reading to the end gives the connection back; anything that stops it closes it.
            return Answer(response.status, response.headers, await response.read())
        except asyncio.CancelledError:
            # Closing a session cancels those who wait for one of its connections, as if their own
            # task had been cancelled.
            task = asyncio.current_task()
            if task is None or task.cancelling() or not session.http.closed:
                raise
            problem, timed_out, sent = _CLOSED, False, True
        except (aiohttp.ClientError, OSError) as error:
            problem, timed_out = _describe(error, timeout), isinstance(error, TimeoutError)
            sent = not isinstance(error, _NOT_CONNECTED)
        closed = session.http.closed
        raise NoAnswer(
            _CLOSED if closed else problem,
            sent=sent and (data is None or data.started),
            timed_out=timed_out and not closed,
            closed=closed,
        )

    def _timeout(self, total: float) -> aiohttp.ClientTimeout:
        # Most calls have the same timeout, so the last one is kept.
        timeout = self._last_timeout
        if timeout.total != total:
            timeout = aiohttp.ClientTimeout(total=total, sock_connect=self.connect_timeout)
            self._last_timeout = timeout
        return timeout

    async def _open(self) -> _Session:
        """Make the session of the running loop, which closes with its loop at the latest."""
        loop = asyncio.get_running_loop()
        self._leave_others_alone()
        connector = _Connector(limit=self.max_connections, ssl=self.ssl)
        http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # aiohttp would send a PUT or DELETE a second time by itself when a kept connection turns
        # out to be dead. What is sent again is our decision alone; a test holds this.
        http._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        session = _Session(http, _close_with_loop(http), connector)
        self._sessions[loop] = session
        await anext(session.closer)
        return session

    def _leave_others_alone(self) -> None:
        """Forget sessions whose loop is closed; keep those of a parent process, but quietly."""
        for loop, session in list(self._sessions.items()):
            if session.pid != os.getpid():
                session.http.detach()
            elif loop.is_closed():
                self._sessions.pop(loop, None)

    async def close(self) -> None:
        """Close the connections of the running loop; a later call would open new ones."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.closer.aclose()


async def _close_with_loop(http: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Close the session when this generator is closed.

    asyncio.run and its likes close every started async generator before they close the loop
    (`loop.shutdown_asyncgens`), so a session nobody closed still ends on its own loop.
    """
    try:
        yield
    finally:
        await http.close()


def _describe(error: Exception, timeout: float) -> str:
    """What happened, without a header: no more than the operating system's text, or a name."""
    system = error.strerror if isinstance(error, OSError) else None
    cause = system or type(error).__name__
    if isinstance(error, _NOT_CONNECTED):
        return f"cannot connect ({cause})"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    return f"the connection broke ({cause})"
