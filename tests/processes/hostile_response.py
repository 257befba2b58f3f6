"""A client of a server that sends far too much; prints the error's length and the memory used.

Argument: the kind of response. The second number is by how many MB the process has grown.
"""

import asyncio
import resource
import sys
import zlib
from collections.abc import Iterator

from privy_async import PrivyClient, PrivyError

MEGABYTE = b" " * 0x100000
TIMES = 400


def chunked() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(TIMES):
        yield b"100000\r\n" + MEGABYTE + b"\r\n"


def length() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n"
    yield from [MEGABYTE] * TIMES


def endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 400 No\r\n\r\n"
    yield from [MEGABYTE] * TIMES


def bomb() -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(MEGABYTE) for _ in range(1000)) + packer.flush()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    yield head % len(packed) + packed


def headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(TIMES * 1000):
        yield b"x-%d: " % number + b"y" * 1000 + b"\r\n"


def header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nx: "
    yield from [b"y" * 0x100000] * TIMES


KINDS = {kind.__name__: kind for kind in (chunked, length, endless, bomb, headers, header)}


class Hostile(asyncio.Protocol):
    """Sends what there is to send, as fast as it is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.parts = KINDS[sys.argv[1]]()
        self.writing = True

    def data_received(self, data: bytes) -> None:
        self.write()

    def write(self) -> None:
        while self.writing and not self.transport.is_closing():
            part = next(self.parts, None)
            if part is None:
                self.transport.close()
                return
            self.transport.write(part)

    def pause_writing(self) -> None:
        self.writing = False

    def resume_writing(self) -> None:
        self.writing = True
        self.write()


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Hostile, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with PrivyClient(app_id="a", app_secret="b", base_url=url, max_retries=0) as privy:
        before = memory()
        try:
            await privy.wallets.get("w")
        except PrivyError as error:
            print(len(str(error)))
    server.close()
    await asyncio.sleep(0.2)
    print(memory() - before)


asyncio.run(main())
