"""Posting signed events to endpoints, a few at a time to each."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import aiohttp
import attrs

from privy_async.sandbox.background_tasks import BackgroundTasks
from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.keys.webhook_signing import signed_headers
from privy_async.sandbox.records.webhooks import Attempt, Endpoint

_AT_ONCE: Final = 8

Work = Coroutine[Any, Any, None]


@attrs.frozen
class Message:
    """An event for one endpoint."""

    id: str
    endpoint: Endpoint
    body: bytes


class Sender:
    """Events on their way, on the event loop that was running when this was made."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._tasks = BackgroundTasks()
        self._gates = dict[str, asyncio.Semaphore]()
        self._stopped = False

    def begin(self, work: Work) -> None:
        """Run it on the loop; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._begin, work)

    def _begin(self, work: Work) -> None:
        if self._stopped:
            work.close()
            return
        self._tasks.start(work)

    async def post(self, message: Message, timeout: float) -> Attempt:
        """Try to deliver, within so many seconds.

        The signature's time is the receiver's, which knows nothing of how far the sandbox's was
        moved on.
        """
        gate = self._gates.setdefault(message.endpoint.url, asyncio.Semaphore(_AT_ONCE))
        async with gate:
            at = self._clock.source.now()
            try:
                return Attempt(at, await self._post(message, int(at), timeout))
            except TimeoutError:
                return Attempt(at, None, f"no answer within {timeout:g} s")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return Attempt(at, None, str(error) or type(error).__name__)

    async def _post(self, message: Message, at: int, timeout: float) -> int:
        signed = signed_headers(message.endpoint.secret, message.id, at, message.body)
        async with self._session.post(
            message.endpoint.url,
            data=message.body,
            headers={"Content-Type": "application/json", **signed},
            timeout=aiohttp.ClientTimeout(total=timeout),
            allow_redirects=False,
        ) as response:
            return response.status

    async def stop(self) -> None:
        """Give up what is on its way."""
        self._stopped = True
        await self._tasks.cancel()
        await self._session.close()
