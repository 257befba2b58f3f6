"""A real HTTP server on loopback that records what it gets and answers as a test says."""

import inspect
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
from aiohttp import web

from privy_async.client import PrivyClient
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.hpke import seal

APP_ID = "loopback-app"
APP_SECRET = "loopback-secret-6f1d"


@attrs.frozen
class Request:
    """What arrived: the path with its query as it stood on the wire, and the whole body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Handler = Callable[[Request], web.StreamResponse | Awaitable[web.StreamResponse]]


@attrs.define
class Loopback:
    """The server: assign `answer` to change what it answers; `requests` holds all it got."""

    answer: Handler
    url: str = ""
    requests: list[Request] = attrs.field(factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Request(request.method, request.raw_path, headers, await request.read())
        self.requests.append(got)
        answer = self.answer(got)
        return await answer if inspect.isawaitable(answer) else answer

    def client(self, **options: Any) -> PrivyClient:
        """A client of this server; one attempt a call unless told otherwise."""
        defaults = {"app_id": APP_ID, "app_secret": APP_SECRET, "max_retries": 0}
        return PrivyClient(base_url=self.url, **{**defaults, **options})


def ok(data: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.json_response(data, status=status, headers=headers)


WALLET = {
    "id": "w1",
    "address": "0x1",
    "chain_type": "ethereum",
    "created_at": 1,
    "policy_ids": [],
    "additional_signers": [],
    "owner_id": None,
}


def exchanged(request: Request, key: AuthorizationKey, **changes: Any) -> web.Response:
    """The answer to an exchange: the key, sealed for whoever asks, for an hour."""
    sealed = seal(key.to_base64().encode(), request.json["recipient_public_key"])
    answer = {
        "encrypted_authorization_key": {
            "encryption_type": "HPKE",
            "encapsulated_key": sealed.encapsulated_key,
            "ciphertext": sealed.ciphertext,
        },
        "expires_at": (time.time() + 3600) * 1000,
        "wallets": [WALLET],
    }
    return ok({**answer, **changes})


@asynccontextmanager
async def loopback(answer: Handler = lambda request: ok(WALLET)) -> AsyncIterator[Loopback]:
    """Run a server on a free port of 127.0.0.1."""
    server = Loopback(answer)
    runner = web.ServerRunner(web.Server(server.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
