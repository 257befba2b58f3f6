"""The call written by hand, sent over bare connections: what is left if aiohttp is taken away.

No one should use it so: it knows no TLS, no proxy, no bound of connections, no answer but one with
a Content-Length, and does not notice that a connection is dead.
"""

import asyncio
import re

from benchmarks import samples
from benchmarks.contenders.by_hand import Signature, preparing, read
from benchmarks.contenders.protocol import race, start

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
TIMEOUT = 60


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to send."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """End the request when its answer is whole."""
        self._received += data
        head, _, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length is not None and self._answer is not None and len(body) == int(length[1]):
            self._received = b""
            self._answer.set_result((int(head[9:12]), body))

    async def post(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return the status and body of its answer."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[int, bytes]] = loop.create_future()
        self._answer = answer
        timeout = loop.call_later(TIMEOUT, answer.cancel)
        self._transport.write(request)
        try:
            return await answer
        finally:
            timeout.cancel()


async def main(base_url: str, key: str) -> None:
    prepare, loop = preparing(base_url, key), asyncio.get_running_loop()
    host, _, port = base_url.removeprefix("http://").partition(":")
    free: list[Connection] = []

    async def sign_message(wallet_id: str, message: str) -> Signature:
        address, headers, body = prepare(wallet_id, message)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {address[len(base_url) :]} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Length: {len(body)}\r\n{lines}\r\n"
        )
        if free:
            connection = free.pop()
        else:
            _, connection = await loop.create_connection(Connection, host, int(port))
        status, answer = await connection.post(head.encode() + body)
        free.append(connection)
        return read(status, answer)

    await race(samples.signing(sign_message))


if __name__ == "__main__":
    start(main)
