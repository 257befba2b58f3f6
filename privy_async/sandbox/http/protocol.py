"""aiohttp's HTTP server as the sandbox runs it: what is no HTTP is answered, and no traceback."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_LOGGER: Final = logging.getLogger("privy_async.sandbox.http")
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SHUTDOWN_TIMEOUT: Final = 0.05
_OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,
    "auto_decompress": False,
    "logger": _LOGGER,
}

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def served(handler: Handler, host: str, port: int) -> web.ServerRunner:
    """Serve there, or raise OSError. What still runs when that is cleaned up is cut off."""
    runner = web.ServerRunner(_ProtocolServer(handler), shutdown_timeout=_SHUTDOWN_TIMEOUT)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


class _ProtocolServer(web.Server):
    """Makes the protocol of each connection."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler)

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=asyncio.get_running_loop(), **_OPTIONS)


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except ValueError:
            # Before 3.14.1 aiohttp lets a target such as `http://[` through to asyncio.
            if self.transport is not None:
                self.transport.write(_BAD_REQUEST)
                self.transport.close()


def _is_no_malformed_request(record: logging.LogRecord) -> bool:
    # aiohttp answers a malformed request with 400, and logs a traceback of its parser besides.
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


_LOGGER.addFilter(_is_no_malformed_request)
