"""What comes back over the connection: JSON in every encoding, and everything else."""

import gzip

import pytest
from sdk_helpers import RawServer, http_answer

from privy_async import APIConnectionError, APIResponseError, APIStatusError

pytestmark = pytest.mark.anyio


async def test_a_header_that_is_too_long_is_said() -> None:
    """The error tells why the response cannot be read, and nothing of what the server sent."""
    answer = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000 + b"\r\nContent-Length: 2\r\n\r\n{}"
    async with RawServer(answer) as server, server.client(max_retries=0) as privy:
        with pytest.raises(APIConnectionError, match="more than 8190 bytes") as caught:
            await privy.wallets.get("w")
    assert "aaa" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            http_answer(raw=gzip.compress(b'{"a":1}'), headers={"Content-Encoding": "gzip"}),
            id="gzip",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
            id="chunked",
        ),
        pytest.param(
            http_answer({"a": 1}, headers={"Content-Type": "text/plain"}), id="another type"
        ),
        pytest.param(b'HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', id="HTTP/1.0"),
    ],
)
async def test_answers_are_read_in_every_encoding(answer: bytes) -> None:
    """What counts is the JSON, however it is wrapped."""
    async with RawServer(answer) as server, server.client() as privy:
        assert await privy.request("GET", "/v1/x") == {"a": 1}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"hello\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 2000 OK\r\n\r\n", id="status of four digits"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", id="header without a colon"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", id="endless header"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            id="chunk without a size",
        ),
        pytest.param(http_answer(raw=b"{}", headers={"Content-Encoding": "gzip"}), id="no gzip"),
    ],
)
async def test_what_is_no_answer_is_an_error_of_ours(answer: bytes) -> None:
    """Whatever comes back over the connection, no exception of the HTTP client gets out."""
    async with RawServer(answer) as server, server.client() as privy:
        with pytest.raises((APIConnectionError, APIResponseError)) as caught:
            await privy.users.create(linked_accounts=[])
    assert caught.value.may_have_happened is True
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", [b"hello", b"{", b"\xff", b"[" * 500, b"1" * 5000])
@pytest.mark.parametrize("status", [200, 400])
async def test_what_is_no_json_is_an_error_of_ours(content: bytes, status: int) -> None:
    """A success that cannot be read may have happened; a refusal stays one."""
    answer = http_answer(status=status, raw=content)
    async with RawServer(answer) as server, server.client() as privy:
        with pytest.raises(APIResponseError if status == 200 else APIStatusError) as caught:
            await privy.users.create(linked_accounts=[])
    assert caught.value.may_have_happened is (status == 200)
