"""Paths, headers and tokens that no client sends: refused, and never a fault of the sandbox."""

import asyncio
import base64
import json
import random
import time
from collections import Counter
from typing import Any

import pytest
from api_client import ApiClient

pytestmark = pytest.mark.anyio

SEGMENTS = [
    *("v1", "api", "wallets", "users", "rpc", "evm", "solana", "policies", "intents", "apps"),
    *("transactions", "address", "import", "init", "batch", "balance", "transfer", "authorize"),
    *("..", ".", "%2e%2e", "%2F", "%00", "%ff", "%", "%zz", "%C3%A9", "%D9%A3", "%25", "Ã©", ""),
    *("*", "{wallet_id}", "a" * 300, ";x=1", "+", "~", "8453", "1", "0", "-1", "9" * 40, "Ù£"),
    *("\\", "|", "^", "[", "]", "'", '"', "<", ">", "`", "jwks.json", "sandbox-app"),
]
QUERIES = ["", "?", "?a", "?a=b&a=c", "?%ff=%00", "?cursor=%ff", "?limit=%C2%B2", "#x", "??"]
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "X"]
BODIES = [b"", b"{}", b"[]", b"null", b'"x"', b"{", b"\xff", b'{"a":1e999}', b'{"\\ud800":1}']
HEADERS = [
    *("authorization", "privy-app-id", "privy-authorization-signature", "privy-idempotency-key"),
    *("privy-request-expiry", "content-type", "content-encoding", "accept", "accept-encoding"),
    *("origin", "x-forwarded-for", "x-forwarded-host", "cookie", "range", "te", "if-match"),
    *("user-agent", "x-http-method-override", "max-forwards", "upgrade", "privy-client"),
]
VALUES = [
    *("", "x", "\xe9", "\t", "a" * 5000, ",,", "=;", "0", "-1", "\xb2", "1e5", "9" * 40, "NaN"),
    *("Basic", "Basic ", "Basic /zr+", "Basic YQ==", "Bearer x", "application/json", "text/plain"),
    *("application/json;charset=utf-16", "multipart/form-data", "gzip", "100-continue", "chunked"),
    *("4000000000000", "null", "\xf0\x9f\x8e\x89", "\xff\xfe", "websocket", "bytes=0-"),
]
SCALARS: list[Any] = [None, True, 0, -1, 1e308, 10**30, "", "x", "é", "\0", [], {}, [1], {"a": 1}]
ALGORITHMS = ["ES256", "none", "HS256", "RS256", "EdDSA"]


def encoded(part: Any) -> str:
    """A part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Hostile:
    """Requests at random; the same ones for the same seed."""

    def __init__(self, api: ApiClient, seed: int, paths: list[str]) -> None:
        self.api = api
        self.chance = random.Random(seed)
        self.paths = paths

    def path(self) -> str:
        """Any path, with any query."""
        segments = self.chance.choices(SEGMENTS, k=self.chance.randrange(7))
        return "/" + "/".join(segments) + self.chance.choice(QUERIES)

    def token(self) -> str:
        """Something like a token."""
        choice = self.chance.choice
        if self.chance.random() < 0.2:
            return "".join(self.chance.choices("abAZ09-_=. %\xe9", k=self.chance.randrange(40)))
        names = (
            "alg",
            "kid",
            "typ",
            "crit",
            "b64",
            "jwk",
            "exp",
            "nbf",
            "iat",
            "sub",
            "iss",
            "aud",
        )
        values = [*SCALARS, *ALGORITHMS, int(time.time()) + 1000, "privy.io"]
        chosen = self.chance.sample(names, self.chance.randrange(len(names)))
        fields = {name: choice(values) for name in chosen}
        bad = [encoded(choice(SCALARS)), encoded(b"\xff\xfe"), encoded(b"{"), "", "%%", "="]
        parts = [encoded({"alg": "ES256", **fields}), encoded(fields), encoded(b"x" * 64)]
        parts[self.chance.randrange(3)] = choice([*bad, parts[0]])
        return ".".join(parts[: choice((1, 2, 3, 3, 3))])

    def make(self) -> tuple[str, str, dict[str, str], bytes]:
        """Method, path, headers and body."""
        choice, headers = self.chance.choice, self.api.app_headers()
        headers["content-type"] = "application/json"
        kind = self.chance.randrange(3)
        if kind == 0:
            return choice(METHODS), self.path(), headers, choice(BODIES)
        if kind == 1:
            body = json.dumps({"user_jwt": self.token()}).encode()
            return "POST", "/v1/wallets/authenticate", headers, body
        for name in self.chance.sample(HEADERS, 3):
            headers[name] = choice([*VALUES, self.token()])
        body = b'{"method":"personal_sign","params":{"message":"a","encoding":"utf-8"}}'
        return choice(("POST", "PATCH", "GET")), choice(self.paths), headers, body

    async def status_of(self, request: tuple[str, str, dict[str, str], bytes]) -> int:
        """Send a request byte by byte as it is, on a connection of its own."""
        method, path, headers, body = request
        port = int(self.api.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
        lines += [f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        return int(answer.split(b" ", 2)[1])


async def statuses_of(api: ApiClient, seed: int, count: int) -> Counter[int]:
    """What so many requests are answered with."""
    user_id = await api.create_user("alice")
    open_wallet = await api.create_wallet()
    owned = await api.create_wallet(owner={"user_id": user_id})
    paths = [f"/v1/wallets/{each['id']}/rpc" for each in (open_wallet, owned)]
    paths += [f"/v1/wallets/{owned['id']}", f"/v1/users/{user_id}", "/v1/wallets", "/"]
    hostile, statuses = Hostile(api, seed, paths), Counter[int]()
    for _ in range(count):
        request = hostile.make()
        status = await hostile.status_of(request)
        assert status < 500 or status == 501, (status, request)
        statuses[status] += 1
    return statuses


async def test_400_requests(api: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    """None is answered with a 500, and the log stays empty; some even pass."""
    statuses = await statuses_of(api, seed=1, count=400)
    assert {200, 400, 401, 404, 405} <= set(statuses)
    assert not caplog.records


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(2, 6))
async def test_12_000_requests(api: ApiClient, caplog: pytest.LogCaptureFixture, seed: int) -> None:
    """Nor is one of many more."""
    await statuses_of(api, seed, count=3000)
    assert not caplog.records
