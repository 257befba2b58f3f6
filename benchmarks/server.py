"""A server with canned answers, so that what is measured is the client.

It reads no more of a request than where it ends, and answers by its path: a signature for an RPC
request, a sealed key for an exchange, a wallet or a page of them otherwise.

Run alone it prints its port: python -m benchmarks.server [certificate and key, for TLS]
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Final

from benchmarks import samples
from benchmarks.networks.certificates import server_context

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_END_OF_HEAD: Final = b"\r\n\r\n"


class Server(asyncio.Protocol):
    """One connection, kept open."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._needed = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._received += data
        # A large body comes in many pieces; its head is looked at only once.
        while len(self._received) >= self._needed:
            request = self._next()
            if request is None:
                return
            if self._transport is not None:
                self._transport.write(answer(*request))

    def _next(self) -> tuple[bytes, bytes] | None:
        """Take the next whole request: its first line and its body."""
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return None
        head = bytes(self._received[:end])
        declared = _LENGTH.search(head)
        start = end + len(_END_OF_HEAD)
        self._needed = start + (int(declared[1]) if declared else 0)
        if len(self._received) < self._needed:
            return None
        body = bytes(self._received[start : self._needed])
        del self._received[: self._needed]
        self._needed = 0
        return head.partition(b"\r\n")[0], body


def answer(line: bytes, body: bytes) -> bytes:
    """The bytes of the answer to a request."""
    if b"/wallets/authenticate" in line:
        return _http(samples.exchange_answer(json.loads(body)["recipient_public_key"]))
    if b"/rpc" in line:
        return SIGNATURE
    return PAGE if line.startswith(b"GET /v1/wallets?") else WALLET


def _http(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"x-request-id: 7f1c8fd289cc943e\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )


SIGNATURE: Final = _http(samples.SIGNATURE)
WALLET: Final = _http(samples.WALLET)
PAGE: Final = _http(samples.page())


async def main(certificate: str | None) -> None:
    """Serve until the process is ended; with a certificate over TLS 1.3."""
    loop = asyncio.get_running_loop()
    context = None if certificate is None else server_context(Path(certificate))
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=2048, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or [None]))
