"""Nothing that comes over the wire breaks the sandbox."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest
from api_client import ApiClient
from request_maker import RequestMaker

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TIMEOUT = aiohttp.ClientTimeout(total=20)
ACCOUNT = {"a@b.c": "123456"}


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[ApiClient]:
    """A client of a sandbox that waits 20 s for an answer, no longer."""
    async with (
        Sandbox(test_accounts=ACCOUNT) as sandbox,
        aiohttp.ClientSession(timeout=TIMEOUT) as session,
    ):
        yield ApiClient(sandbox, session)


async def statuses_of(api: ApiClient, seed: int, count: int) -> Counter[int]:
    """What many requests that are nearly right are answered with."""
    maker = RequestMaker(api, seed)
    statuses = Counter[int]()
    for number in range(count):
        if number % 250 == 0:
            await maker.begin()
        request = maker.make()
        reply = await maker.send(request)
        assert reply.status < 500 or reply.status == 501, (reply, request)
        statuses[reply.status] += 1
    async with api.session.get(api.url, headers={"Accept": "text/html"}) as page:
        assert page.status == 200
    return statuses


async def test_500_requests(api: ApiClient) -> None:
    """Requests to every operation, signed and nearly right, never get a 500."""
    statuses = await statuses_of(api, seed=1, count=500)
    assert {200, 400, 404} <= set(statuses)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(2, 7))
async def test_10_000_requests(api: ApiClient, seed: int) -> None:
    """Nor do ten thousand, of which many succeed."""
    statuses = await statuses_of(api, seed, count=2000)
    assert statuses[200] > 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Basic é"}, 401),
        ({"Authorization": "Basic " + "A" * 4000}, 401),
        (
            {"Authorization": "Basic \udcff".encode("utf-8", "surrogateescape").decode("latin-1")},
            401,
        ),
        ({"Authorization": ""}, 401),
        ({"privy-app-id": "é"}, 401),
        ({"privy-authorization-signature": "é,====,,\t"}, 401),
        ({"privy-request-expiry": "²"}, 400),
        ({"privy-idempotency-key": "é"}, 200),
        ({"Content-Type": "application/json; charset=é"}, 200),
        ({"Content-Type": "é"}, 400),
        ({"Content-Encoding": "gzip"}, 200),
        ({"Host": "é"}, 421),
    ],
)
async def test_headers_of_any_bytes(api: ApiClient, headers: dict[str, str], status: int) -> None:
    """A header that no client sends is refused, or does no harm."""
    own = {**api.app_headers(), "Content-Type": "application/json"}
    body = b'{"chain_type":"solana"}'
    if "privy-authorization-signature" in headers or "privy-request-expiry" in headers:
        wallet = await api.create_wallet(owner={"user_id": await api.create_user("alice")})
        path, body = f"/v1/wallets/{wallet['id']}", b'{"display_name":"x"}'
        reply = await api.send("PATCH", path, body, {**own, **headers})
    else:
        reply = await api.send("POST", "/v1/wallets", body, {**own, **headers})
    assert reply.status == status


REQUEST = b"POST /v1/wallets HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
MALFORMED = [
    b"",
    b"\r\n" * 1000,
    b"\x00" * 5000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n",
    b"GET //// HTTP/1.1\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/users HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /v1/users HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    b"GET /v1/users HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /v1/users HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /v1/users HTTP/1.1\r\nExpect: x\r\n\r\n",
    b"POST /v1/users HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/users HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"POST /v1/users HTTP/1.1\r\nTransfer-Encoding: x, chunked\r\nContent-Length: 1\r\n\r\n",
    b"POST /v1/users HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/users HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    REQUEST % 1000 + b"half",
    REQUEST % 10**18 + b"{",
    REQUEST % 0 + REQUEST[:30],
]


async def send_bytes(api: ApiClient, data: bytes) -> None:
    """Send bytes on a connection of their own, and leave soon, whatever is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    try:
        writer.write(data)
        async with asyncio.timeout(0.05):
            while await reader.read(65_536):
                pass
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()


async def is_serving(api: ApiClient) -> bool:
    """Whether a proper request is answered."""
    return (await api.call("GET", "/v1/users")).status == 200


@pytest.mark.parametrize("data", MALFORMED, ids=[repr(data[:30]) for data in MALFORMED])
async def test_malformed_http(
    api: ApiClient, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What is no HTTP, or half of it, leaves the sandbox serving, and its log empty."""
    await asyncio.gather(*(send_bytes(api, data) for _ in range(5)))
    assert await is_serving(api)
    assert not caplog.records


async def test_random_bytes(api: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    """Noise, and requests with noise in them, leave the sandbox serving."""
    noise = random.Random(1)
    good = b"POST /v1/wallets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    for _ in range(20):
        await asyncio.gather(
            *(send_bytes(api, noise.randbytes(noise.randrange(2000))) for _ in range(10)),
            *(send_bytes(api, _with_noise(good, noise)) for _ in range(10)),
        )
    assert await is_serving(api)
    assert not caplog.records


def _with_noise(request: bytes, noise: random.Random) -> bytes:
    damaged = bytearray(request * 3)
    for _ in range(noise.randrange(1, 6)):
        damaged[noise.randrange(len(damaged))] = noise.randrange(256)
    return bytes(damaged)


async def test_clients_that_never_finish(api: ApiClient) -> None:
    """Two hundred requests that never end hold up nobody, nor the end of the sandbox."""
    port = int(api.url.rpartition(":")[2])
    halves = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in halves:
        writer.write(REQUEST % 1000 + b"{")
    assert await is_serving(api)
    async with asyncio.timeout(5):
        await api.sandbox.stop()
    for _, writer in halves:
        writer.close()
