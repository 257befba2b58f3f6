"""What the HTTP server logs: failures of the sandbox, not of its clients."""

import logging
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError

HTTP_LOGGER: Final = logging.getLogger("privy_async.sandbox.http")


def _is_no_malformed_request(record: logging.LogRecord) -> bool:
    # aiohttp answers a malformed request with 400, and logs a traceback of its parser besides.
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


HTTP_LOGGER.addFilter(_is_no_malformed_request)
