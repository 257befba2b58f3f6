"""An app's server that takes webhooks: what it got, and a way to wait for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from loopback import Loopback, loopback

from privy_async.sandbox import Sandbox
from privy_async.sandbox.webhooks import Delivery

WAIT = 20.0


def taken(request: object) -> web.Response:
    """The answer of a server that is content."""
    return web.Response(status=204)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for a bounded time."""
    ends_at = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < ends_at, "it has not come about"
        await asyncio.sleep(0.002)


class Receiver:
    """A server and the sandbox that tells it things."""

    def __init__(self, server: Loopback, sandbox: Sandbox) -> None:
        self.server = server
        self.sandbox = sandbox
        self.url = f"{server.url}/hooks"
        self.secret = sandbox.webhooks.add(self.url)

    @property
    def events(self) -> list[Any]:
        """The bodies so far."""
        return [request.json for request in self.server.requests]

    @property
    def types(self) -> list[str]:
        """The types of the events so far, in any order."""
        return sorted(event["type"] for event in self.events)

    async def event(self, type: str) -> Any:
        """The first event of a type, once it has come."""
        await until(lambda: type in self.types)
        return next(event for event in self.events if event["type"] == type)

    async def settled(self) -> tuple[Delivery, ...]:
        """The delivery log, once nothing is on its way."""
        log = self.sandbox.webhooks
        await until(lambda: all(each.status != "pending" for each in log.deliveries))
        return log.deliveries


@asynccontextmanager
async def receiving(sandbox: Sandbox) -> AsyncIterator[Receiver]:
    """Run a server that is told everything."""
    async with loopback(taken) as server:
        yield Receiver(server, sandbox)
