"""Bytes out, bytes in, over aiohttp: the only file that knows an HTTP client.

A session belongs to the event loop that made it, so each running loop gets its own, and none
is ever closed from another loop.
"""

import asyncio
import ssl as ssl_module
from collections.abc import AsyncGenerator, Mapping

import aiohttp
import attrs
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from privy_async.answer import Answer, NoAnswer


class _Body(aiohttp.BytesPayload):
    """A body that knows whether any of it was handed to a connection."""

    started = False

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        self.started = True
        await super().write_with_length(writer, content_length)


@attrs.define(eq=False)
class _Session:
    http: aiohttp.ClientSession
    closer: AsyncGenerator[None]


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
                no complete request.
        """
        session = self._sessions.get(asyncio.get_running_loop()) or await self._open()
        data = None if body is None else _Body(body, content_type="application/json")
        try:
            async with session.http.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=data,
                # A redirect to another host would carry the signature and the body there.
                allow_redirects=False,
                proxy=self.proxy,
                timeout=self._timeout(timeout),
            ) as response:
                return Answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            timed_out = isinstance(error, TimeoutError)
            problem = "timed out connecting" if timed_out else "cannot connect"
            failure = NoAnswer(f"{problem} ({_cause(error)})", sent=False, timed_out=timed_out)
        except TimeoutError:
            sent = data is None or data.started
            failure = NoAnswer(f"no answer within {timeout:g} s", sent=sent, timed_out=True)
        except (aiohttp.ClientError, OSError) as error:
            sent = data is None or data.started
            failure = NoAnswer(
                f"the connection broke ({_cause(error)})", sent=sent, timed_out=False
            )
        raise failure

    def _timeout(self, total: float) -> aiohttp.ClientTimeout:
        # Most calls have the same timeout, so the last one is kept.
        if self._last_timeout.total != total:
            self._last_timeout = aiohttp.ClientTimeout(
                total=total, sock_connect=self.connect_timeout
            )
        return self._last_timeout

    async def _open(self) -> _Session:
        """Make the session of the running loop, which closes with its loop at the latest."""
        loop = asyncio.get_running_loop()
        for other in [other for other in self._sessions if other.is_closed()]:
            self._sessions.pop(other, None)
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.max_connections, ssl=self.ssl),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A body-less POST or PATCH must not claim a Content-Type: Privy would then verify
            # another payload than the one signed.
            skip_auto_headers=("Content-Type",),
        )
        # aiohttp would send a PUT or DELETE a second time by itself when a kept connection turns
        # out to be dead. What is sent again is our decision alone; a test holds this.
        http._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        session = _Session(http, _close_with_loop(http))
        self._sessions[loop] = session
        await anext(session.closer)
        return session

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


def _cause(error: BaseException) -> str:
    """A short cause that shows no header: the operating system's text, or the kind of error."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
