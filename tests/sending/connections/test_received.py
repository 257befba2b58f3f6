"""How many bytes came with an answer, by the headers that the answer has."""

import pytest

from privy_async.sending.messages import Received

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def received(*parts: bytes) -> Received:
    """What has counted these."""
    made = Received()
    for part in parts:
        made.add(part)
    return made


@pytest.mark.parametrize(
    ("parts", "length", "more"),
    [
        ([HEAD + b"{}"], "2", False),
        ([HEAD + b"{"], "2", False),
        ([HEAD, b"{", b"}"], "2", False),
        ([HEAD + b"{}x"], "2", True),
        ([HEAD, b"{}", b"x"], "2", True),
        ([HEAD + b"x"], "0", True),
        ([HEAD], "0", False),
        # Where the head came in pieces, how long it is is not known.
        ([HEAD[:10], HEAD[10:] + b"{}x"], "2", False),
        ([HEAD[:10], HEAD[10:], b"{}x"], "2", False),
        ([HEAD + b"{}x"], "no number", False),
        ([HEAD + b"{}x"], "-1", False),
        ([HEAD + b"{}x"], "", False),
    ],
)
def test_a_length_that_is_told(parts: list[bytes], length: str, more: bool) -> None:
    """More than the head and the body are bytes of no answer."""
    assert received(*parts).has_more_than({"Content-Length": length}) is more


@pytest.mark.parametrize(
    ("last", "more"),
    [
        (b"2\r\n{}\r\n0\r\n\r\n", False),
        (b"\r\n", False),
        (b"\n", False),
        (b"0\r\n\r\nHTTP/1.1 200 OK", True),
        (b"0\r\n\r\n\n", True),
    ],
)
def test_pieces(last: bytes, more: bool) -> None:
    """What is not told ends with the last piece, which may come in parts itself."""
    for name in ("chunked", "Chunked"):
        found = received(HEAD, last).has_more_than({"Transfer-Encoding": name})
        assert found is more
