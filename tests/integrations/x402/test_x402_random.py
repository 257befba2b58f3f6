"""x402 against servers that do anything: nothing is paid twice, above the limits or elsewhere."""

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

import anyio.to_thread
import attrs
import pytest
import requests
from aiohttp import ClientError, ClientSession, web
from x402_shop import BASE
from x402_stage import Gateway, Stage, asks_for, requirements

from privy_async import PaymentRefusedError, PaymentUnsettledError, PrivyClient
from privy_async.integrations.x402 import pay_with
from privy_sync.integrations.x402 import pay_with as sync_pay_with

pytestmark = pytest.mark.anyio

LIMIT, TOTAL = 10_000, 200_000
REQUESTS = 150


@attrs.define
class AnyServer:
    """Two origins that answer from one script, and all payments that they were given."""

    random: Random
    urls: list[str]
    script: list[Callable[[web.Request], web.StreamResponse]] = attrs.field(factory=list)
    paid: list[tuple[str, str, int]] = attrs.field(factory=list)

    def new_script(self) -> None:
        steps = [self.ask, self.ask, self.redirect, self.redirect, self.drop, self.busy]
        self.script = self.random.choices(steps, k=self.random.randrange(6))
        self.paid = []

    def told(self, error: Exception) -> None:
        """An error that speaks of a payment tells of the one that the server was given."""
        payment = getattr(error, "payment", None)
        if payment is not None:
            assert [payment.nonce] == [nonce for _, nonce, _ in self.paid]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        header = request.headers.get("PAYMENT-SIGNATURE")
        if header is not None:
            signed = json.loads(base64.b64decode(header))["payload"]["authorization"]
            self.paid.append((str(request.url.origin()), signed["nonce"], int(signed["value"])))
        return self.script.pop(0)(request) if self.script else web.Response()

    def ask(self, request: web.Request) -> web.StreamResponse:
        prices = self.random.choices([1, 4_000, LIMIT, LIMIT + 1, 10**12], k=2)
        networks = self.random.choices([BASE, BASE, "eip155:1"], k=2)
        offers = zip(prices, networks, strict=True)
        return asks_for(
            *(requirements(amount=str(price), network=network) for price, network in offers)
        )

    def redirect(self, request: web.Request) -> web.StreamResponse:
        url = f"{self.random.choice(self.urls)}/any"
        return web.Response(status=self.random.choice([302, 303, 307]), headers={"Location": url})

    def drop(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def busy(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)


@pytest.fixture
def server(gateway: Gateway, elsewhere: Gateway, seed: int) -> AnyServer:
    """The same for the same seed."""
    server = AnyServer(Random(seed), [gateway.url, elsewhere.url])
    gateway.handlers["/any"] = elsewhere.handlers["/any"] = server.handle
    return server


EXPECTED = PaymentRefusedError, PaymentUnsettledError


@pytest.mark.parametrize("seed", range(3))
async def test_on_aiohttp(stage: Stage, alice: PrivyClient, server: AnyServer) -> None:
    """The middleware keeps the limits, and aiohttp's own repetitions do not matter."""
    pay = pay_with(alice, stage.wallet, max_amount="0.01", max_total="0.20", networks=[BASE])
    total = 0
    async with ClientSession(middlewares=[pay]) as session:
        for _ in range(REQUESTS):
            server.new_script()
            try:
                method = server.random.choice(["GET", "POST", "PUT"])
                async with session.request(method, f"{server.urls[0]}/any") as response:
                    await response.read()
            except (*EXPECTED, ClientError) as error:
                server.told(error)
            total += checked(server)
    assert 0 < total <= TOTAL
    assert pay.spent * 10**6 == total


@pytest.mark.parametrize("seed", range(3, 5))
async def test_with_requests(stage: Stage, server: AnyServer) -> None:
    """So does the adapter."""
    total = 0

    def get(pay: Any, method: str) -> None:
        with requests.Session() as session:
            session.mount("http://", pay)
            session.request(method, f"{server.urls[0]}/any", timeout=20)

    with stage.sandbox.sync_client() as app:
        pay = sync_pay_with(
            app.for_user(stage.jwt),
            stage.wallet,
            max_amount="0.01",
            max_total="0.20",
            networks=[BASE],
        )
        for _ in range(REQUESTS):
            server.new_script()
            try:
                await anyio.to_thread.run_sync(get, pay, server.random.choice(["GET", "POST"]))
            except (*EXPECTED, requests.RequestException) as error:
                server.told(error)
            total += checked(server)
    assert 0 < total <= TOTAL
    assert pay.spent * 10**6 == total


def checked(server: AnyServer) -> int:
    """What one request has paid: once at most, within the limit, to the first origin alone."""
    assert len(server.paid) <= 1
    assert all(origin == server.urls[0] for origin, _, _ in server.paid)
    assert all(value <= LIMIT for _, _, value in server.paid)
    return sum(value for _, _, value in server.paid)
