"""Telling endpoints what happened: at once, and again where that failed, beside the API's work."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.keys.webhook_signing import new_secret
from privy_async.sandbox.records.webhooks import Delivery, Endpoint
from privy_async.sandbox.webhooks.sender import Message, Sender

LOG_LENGTH: Final = 1000

Event = Mapping[str, Any]


class Webhooks:
    """The endpoints, and what is on its way to them.

    Attributes:
        retry_delays: Seconds before each repetition of a delivery that failed. Privy's are
            5 s, 5 min, 30 min, 2 h and more.
        timeout: Seconds an endpoint has to answer.
    """

    def __init__(self, clock: SandboxClock, endpoints: Iterable[tuple[str, str]] = ()) -> None:
        self._clock = clock
        self.retry_delays: Sequence[float] = (0.1, 0.5, 2.0)
        self.timeout = 15.0
        self._endpoints = tuple(Endpoint(url, secret) for url, secret in endpoints)
        # By when they were begun.
        self._log: dict[int, Delivery] = {}
        self._numbers = count()
        self._sender: Sender | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints that events go to."""
        return self._endpoints

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last 1,000, oldest first."""
        return tuple(self._log.values())

    def add(
        self, url: str, events: Iterable[str] | None = None, *, secret: str | None = None
    ) -> str:
        """Tell an endpoint about what happens from now on. Returns its signing secret.

        Args:
            events: The types it wants, such as "transaction.*"; all if left out.
            secret: Such as "whsec_..."; a new one if left out.

        Raises:
            ValueError: The URL or the secret is none.
        """
        wanted = None if events is None else tuple(events)
        if secret is None:
            secret = new_secret(self._clock.random_bytes)
        endpoint = Endpoint(url, secret, wanted)
        self._endpoints = (*self._endpoints, endpoint)
        return endpoint.secret

    def remove(self, url: str) -> None:
        """Tell the endpoints at this URL nothing more but what is on its way."""
        self._endpoints = tuple(each for each in self._endpoints if each.url != url)

    def emit(self, type: str, fields: Event | Callable[[], Event]) -> None:
        """Send an event to all who want it, without waiting for them.

        Args:
            type: Such as "user.created"; it need not be one that the sandbox knows.
            fields: The others, or what makes them if anybody wants them.
        """
        endpoints = [each for each in self._endpoints if each.wants(type)]
        sender = self._sender
        if not endpoints or sender is None:
            return
        event = {"type": type, **(fields() if callable(fields) else fields)}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        message_id = f"msg_{self._clock.random_bytes(13).hex()}"
        for endpoint in endpoints:
            message = Message(message_id, endpoint, body)
            number, delivery = next(self._numbers), Delivery(message_id, endpoint.url, event)
            self._log[number] = delivery
            sender.begin(self._deliver(sender, message, delivery, number))
        while len(self._log) > LOG_LENGTH:
            del self._log[next(iter(self._log))]

    def start(self) -> None:
        """Deliver on the running event loop from now on."""
        self._sender = Sender(self._clock)

    async def stop(self) -> None:
        """Give up what is on its way."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.stop()
        for number, delivery in self._log.items():
            if delivery.status == "pending":
                self._log[number] = attrs.evolve(delivery, status="stopped")

    async def _deliver(
        self, sender: Sender, message: Message, delivery: Delivery, number: int
    ) -> None:
        for delay in (0, *self.retry_delays):
            await asyncio.sleep(delay)
            attempt = await sender.post(message, self.timeout)
            delivery = attrs.evolve(
                delivery,
                attempts=(*delivery.attempts, attempt),
                status="delivered" if attempt.accepted else "pending",
            )
            self._note(number, delivery)
            if attempt.accepted:
                return
        self._note(number, attrs.evolve(delivery, status="failed"))

    def _note(self, number: int, delivery: Delivery) -> None:
        # The log may have forgotten it by now.
        if number in self._log:
            self._log[number] = delivery
