"""A second server that differs on purpose: a sandbox behind a small proxy that alters answers."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import aiohttp
import attrs
from aiohttp import web
from yarl import URL

Change: TypeAlias = "Callable[[Exchange], None]"


@attrs.define
class Exchange:
    """A request and the sandbox's answer to it, which a change may alter."""

    method: str
    path: str
    sent: Any
    status: int
    body: Any
    headers: dict[str, str]

    def refused(self, status: int, text: str = "") -> bool:
        """True if it was refused so; the text is in the refusal's."""
        said = self.body.get("error", "") if isinstance(self.body, dict) else ""
        return self.status == status and text in said


@asynccontextmanager
async def altered(base_url: str, change: Change) -> AsyncIterator[str]:
    """Serve a sandbox's API at another address, altered."""
    async with aiohttp.ClientSession() as session:

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await _forward(session, base_url, request, change)

        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


async def _forward(
    session: aiohttp.ClientSession, base_url: str, request: web.BaseRequest, change: Change
) -> web.StreamResponse:
    data = await request.read()
    # The Host header goes along: what is signed names the address that the client has used.
    async with session.request(
        request.method,
        URL(base_url + request.raw_path, encoded=True),
        data=data or None,
        headers=request.headers,
        skip_auto_headers=("Content-Type", "User-Agent", "Accept", "Accept-Encoding"),
        allow_redirects=False,
    ) as response:
        exchange = Exchange(
            request.method,
            request.path,
            _json(data),
            response.status,
            _json(await response.read()),
            _kept(response.headers),
        )
    change(exchange)
    body = None if exchange.body is None else json.dumps(exchange.body).encode()
    return web.Response(status=exchange.status, body=body, headers=exchange.headers)


def _json(data: bytes) -> Any:
    return json.loads(data) if data else None


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are not about this connection."""
    gone = ("content-length", "transfer-encoding", "connection", "server")
    return {name: value for name, value in headers.items() if name.lower() not in gone}
