"""Compressed responses, unpacked as far as they are allowed to grow (RFC 9110, section 8.4)."""

import zlib
from typing import Final

ACCEPTED: Final = "gzip, deflate"
"""The value of the header Accept-Encoding."""
_ZLIB_OR_GZIP: Final = zlib.MAX_WBITS | 32
_RAW: Final = -zlib.MAX_WBITS


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
