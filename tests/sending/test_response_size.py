"""No response is read beyond `max_response_size`, compressed or not, in one piece or in chunks."""

import gzip
import json
import zlib

import pytest
from python_processes import outcome, start
from sdk_helpers import RawServer, chunked_answer, http_answer

from privy_async import APIResponseError, APIStatusError, InvalidArgumentError, PrivyClient
from privy_async.sending.messages import Unreadable, decompress

pytestmark = pytest.mark.anyio

SMALL = 10_000


def padded(size: int) -> bytes:
    """Return JSON of that many bytes."""
    return json.dumps({"id": "x" * (size - len('{"id": ""}'))}).encode()


def chunks(body: bytes) -> bytes:
    return chunked_answer(body, 1000)


def packed(body: bytes, encoding: str) -> bytes:
    raw = zlib.compressobj(wbits=-15)
    pack = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw deflate": lambda data: raw.compress(data) + raw.flush(),
    }[encoding]
    name = encoding.rpartition(" ")[2]
    return http_answer(raw=pack(body), headers={"Content-Encoding": name})


SHAPES = [
    pytest.param(lambda body: http_answer(raw=body), id="plain"),
    pytest.param(chunks, id="chunked"),
    pytest.param(lambda body: packed(body, "gzip"), id="gzip"),
    pytest.param(lambda body: packed(body, "deflate"), id="deflate"),
    pytest.param(lambda body: packed(body, "raw deflate"), id="raw deflate"),
]


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_limit_is_exact(shape: "type[object]") -> None:
    """A response of that size is read; one byte more is an error that names the option."""
    fits, exceeds = shape(padded(SMALL)), shape(padded(SMALL + 1))  # type: ignore[call-arg]
    async with RawServer(fits, exceeds) as server, server.client(max_response_size=SMALL) as privy:
        assert len((await privy.request("POST", "/v1/x", body={}))["id"]) == SMALL - 10
        with pytest.raises(APIResponseError, match="max_response_size, 10000 bytes") as caught:
            await privy.request("POST", "/v1/x", body={})
    assert caught.value.may_have_happened


async def test_a_refusal_stays_one() -> None:
    """Of an error that is too large the status says what matters: nothing was executed."""
    answer = http_answer(raw=padded(SMALL + 1), status=400)
    async with RawServer(answer) as server, server.client(max_response_size=SMALL) as privy:
        with pytest.raises(APIStatusError) as caught:
            await privy.request("POST", "/v1/x", body={})
    assert (caught.value.status, caught.value.may_have_happened) == (400, False)


@pytest.mark.parametrize("status", ["000", "100", "199", "300", "304", "600", "999"])
async def test_only_200_to_299_is_a_success(status: str) -> None:
    """A status that means nothing of the kind is never taken for a success."""
    answer = b"HTTP/1.1 %b Odd\r\nContent-Length: 2\r\n\r\n{}" % status.encode()
    async with RawServer(answer) as server, server.client(timeout=0.5) as privy:
        with pytest.raises(Exception) as caught:
            await privy.users.delete("u")
    assert getattr(caught.value, "may_have_happened", None) is True


async def test_an_errors_text_is_cut_and_harmless() -> None:
    """Nobody's terminal or log acts on what a server says, nor is it filled by it."""
    said = "no\r\n\x1b[2Jway\u202e" + "x" * 5000
    answer = http_answer({"error": said, "code": "a\x00b"}, status=400)
    async with RawServer(answer) as server, server.client() as privy:
        with pytest.raises(APIStatusError) as caught:
            await privy.request("POST", "/v1/x", body={})
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 2200
    assert caught.value.body == {"error": said, "code": "a\x00b"}


def test_a_bomb_is_unpacked_only_so_far() -> None:
    """A gigabyte of nothing, packed into a megabyte, is refused at the limit."""
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(Unreadable):
        decompress(bomb, "gzip", 1000)
    with pytest.raises(Unreadable):
        decompress(gzip.compress(b"{}")[:-3], "gzip", 1000)
    assert decompress(gzip.compress(b"[1") + gzip.compress(b",2]"), "gzip", 5) == b"[1,2]"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["chunked", "length", "endless", "bomb", "headers", "header"])
def test_hostile_responses_cost_little_memory(kind: str) -> None:
    """However much a server sends, the process grows by less than 100 MB."""
    code, stdout, stderr = outcome(start("hostile_response.py", kind, flags=("-W", "error")))
    assert (code, stderr) == (0, "")
    length, megabytes = map(int, stdout.split())
    assert length < 3000
    assert megabytes < 100


@pytest.mark.parametrize("size", [0, -1, 1.5, "2", None, True])
def test_what_is_no_size(size: object) -> None:
    """It is refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", max_response_size=size)  # type: ignore[arg-type]
    assert caught.value.argument == "max_response_size"
