"""The request and the response on a connection: aiohttp's, with what a call must know of them.

Responses are unpacked as far as they are allowed to grow (RFC 9110, section 8.4). Private names of
aiohttp stand here and in `connections`; a test fails when they change.
"""

import asyncio
import zlib
from collections.abc import Coroutine, Mapping
from typing import Any, Final, cast

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_writer import StreamWriter

_END_OF_HEAD: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
# Bytes. Of more, aiohttp waits until the other end has taken some.
_SMALL: Final = 60_000
# aiohttp has the argument since 3.14, and needs it since then.
_HAS_WRITER: Final = "stream_writer" in aiohttp.ClientResponse.__init__.__code__.co_varnames
ACCEPTED: Final = "gzip, deflate"
"""The value of the header Accept-Encoding."""
_ZLIB_OR_GZIP: Final = zlib.MAX_WBITS | 32
_RAW: Final = -zlib.MAX_WBITS


class Body(aiohttp.BytesPayload):
    """A JSON body that knows whether any of it was handed to a connection."""

    started = False

    def __init__(self, value: bytes) -> None:
        # Not BytesPayload's own, which warns of more than 1 MiB: it was encoded and signed as a
        # whole, so that sending it as a whole holds the event loop up no longer than that did.
        super(aiohttp.BytesPayload, self).__init__(value, content_type="application/json")
        self._size = len(value)

    @property
    def small(self) -> bool:
        """True if a connection takes it at once."""
        return self.size is not None and self.size <= _SMALL

    def write_with_length(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> Coroutine[Any, Any, None]:
        """Write it, and remember that."""
        self.started = True
        return super().write_with_length(writer, content_length)


class Received:
    """The bytes that came since a request had its connection: how many, and where they end.

    They themselves are not kept: whoever reads the response has them.

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


class _Together(StreamWriter):
    """Writes a request when the event loop has done what it is at, if it is still wanted then.

    So those that are begun in one round go out together. Each by itself would wake up the other
    end, or what stands before it on this machine, once more.
    """

    def _writelines(self, chunks: Any) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")
        self.loop.call_soon(_write, transport, b"".join(chunks))


def _write(transport: asyncio.WriteTransport, data: bytes) -> None:
    if not transport.is_closing():
        transport.write(data)


class Request(aiohttp.ClientRequest):
    """aiohttp's request. A small body goes out with its head, without a task that writes it.

    aiohttp starts a task for each body, since the other end may take its time to take one.
    """

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        """Write it to a connection, and return the response that is to come."""
        body, protocol = self.body, conn.protocol
        if isinstance(body, Body) and body.small and not (self.proxy or protocol.writing_paused):
            writer = (_Together if protocol.has_company else StreamWriter)(protocol, self.loop)
            response = await self._send_whole(body, writer)
        else:
            response = await super().send(conn)
        assert isinstance(response, Response)
        response.received = protocol.received
        return response

    async def _send_whole(self, body: Body, writer: StreamWriter) -> aiohttp.ClientResponse:
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await body.write_with_length(writer, None)
        response = Response(
            self.method,
            self.original_url,
            writer=cast(Any, None),
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            **({"stream_writer": writer} if _HAS_WRITER else {}),
        )
        self.response = cast(Any, response)
        return response


class Response(aiohttp.ClientResponse):
    """aiohttp's response, which knows what else came with it.

    Attributes:
        received: The bytes that came since the request had its connection.
    """

    received: Received

    @property
    def doubtful(self) -> bool:
        """True if bytes came that are no part of it. It has been read or closed."""
        return self.received.too_many


class Unreadable(Exception):
    """A response that is too large, or not compressed as it says. Its text tells which."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(
            "the response is not compressed as it says"
            if limit is None
            else f"the response is larger than max_response_size, {limit} bytes"
        )


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the content of a body; one in an encoding that was not asked for stays as it is.

    Args:
        body: The bytes that were read.
        encoding: The value of the header Content-Encoding.
        limit: The most bytes that may come out.

    Raises:
        Unreadable: More would come out, or it is not compressed so.
    """
    name = encoding.strip().lower()
    if not body or name not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return _inflate(body, _ZLIB_OR_GZIP, limit)
    except zlib.error:
        if name != "deflate":
            raise Unreadable from None
    try:
        # Some servers send "deflate" without the frame that the RFC asks for.
        return _inflate(body, _RAW, limit)
    except zlib.error:
        raise Unreadable from None


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    content = b""
    while body:
        unpacker = zlib.decompressobj(window)
        content += unpacker.decompress(body, limit + 1 - len(content))
        if len(content) > limit or unpacker.unconsumed_tail:
            raise Unreadable(limit)
        if not unpacker.eof:
            raise Unreadable
        # A gzip stream may have several members, one after the other.
        body = unpacker.unused_data
    return content
