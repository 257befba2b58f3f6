"""A shop that is paid by x402: the library's own server and facilitator, on loopback.

The facilitator takes payments on the sandbox's chain. Both run in threads, as they block.
"""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import attrs
import httpx
import uvicorn
from eth_account import Account
from fastapi import FastAPI, Request, Response
from x402 import x402FacilitatorSync, x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware, set_settlement_overrides
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.exact import ExactEvmServerScheme, register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.mechanisms.evm.upto import UptoEvmFacilitatorScheme, UptoEvmServerScheme
from x402.schemas import PaymentPayload, PaymentRequirements
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequirementsV1

BASE = "eip155:8453"
SELLER = "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A"
PRICE = "$0.01"
# In s; each block of the sandbox is a second later, so many payments get ahead of the time.
VALIDITY = 600
FACILITATOR = Account.from_key("0x" + "fa" * 32)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Run an app in a thread; its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", loop="asyncio", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@attrs.define
class Facilitator:
    """x402's facilitator over HTTP.

    Attributes:
        settled: The outcome of each settlement.
    """

    facilitator: x402FacilitatorSync
    settled: list[Any] = attrs.field(factory=list)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.get("/supported")(self.supported)
        app.post("/verify")(self.verify)
        app.post("/settle")(self.settle)
        return app

    def supported(self) -> Any:
        return _json(self.facilitator.get_supported())

    def verify(self, body: dict[str, Any]) -> Any:
        return _json(self.facilitator.verify(*_read(body)))

    def settle(self, body: dict[str, Any]) -> Any:
        return _json(self.take(*_read(body)))

    def take(self, payload: Any, requirements: Any) -> Any:
        """Settle a payment, one after the other: the sandbox's chain takes no nonce ahead."""
        with self.lock:
            outcome = self.facilitator.settle(payload, requirements)
        self.settled.append(outcome)
        return outcome


def _json(value: Any) -> Any:
    return value.model_dump(by_alias=True, exclude_none=True)


def _read(body: dict[str, Any]) -> tuple[Any, Any]:
    payload, requirements = body["paymentPayload"], body["paymentRequirements"]
    if payload.get("x402Version") == 1:
        return (
            PaymentPayloadV1.model_validate(payload),
            PaymentRequirementsV1.model_validate(requirements),
        )
    return PaymentPayload.model_validate(payload), PaymentRequirements.model_validate(requirements)


@attrs.frozen
class Shop:
    """The paid server.

    Attributes:
        url: Its address; `/paid`, `/permit2` and `/upto` cost `PRICE`, `/dear` more,
            `/free` nothing.
        served: The bodies of the paid requests that it has dealt with.
    """

    url: str
    facilitator: Facilitator
    served: list[bytes]


@contextmanager
def shop(rpc_url: str) -> Iterator[Shop]:
    """Open a shop that is paid on the chain behind this JSON-RPC."""
    signer = FacilitatorWeb3Signer(FACILITATOR.key.hex(), rpc_url, 10)
    inner = x402FacilitatorSync()
    register_exact_evm_facilitator(inner, signer, BASE, simulate_in_settle=True)
    inner.register([BASE], UptoEvmFacilitatorScheme(signer))
    facilitator = Facilitator(inner)
    served: list[bytes] = []
    with serving(facilitator.app()) as facilitator_url:
        app = _paid_app(facilitator_url, served)
        with serving(app) as url:
            yield Shop(url, facilitator, served)


def _paid_app(facilitator_url: str, served: list[bytes]) -> FastAPI:
    client = httpx.AsyncClient()

    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    config = FacilitatorConfig(url=facilitator_url, http_client=client)
    server = x402ResourceServer(HTTPFacilitatorClient(config))
    server.register(BASE, ExactEvmServerScheme())
    server.register(BASE, UptoEvmServerScheme())
    permit2 = {"assetTransferMethod": "permit2", "name": "USD Coin", "version": "2"}
    routes = {
        "/paid": RouteConfig(PaymentOption("exact", SELLER, PRICE, BASE, VALIDITY)),
        "/dear": RouteConfig(PaymentOption("exact", SELLER, "$0.20", BASE, VALIDITY)),
        "/permit2": RouteConfig(PaymentOption("exact", SELLER, PRICE, BASE, VALIDITY, permit2)),
        "/upto": RouteConfig(PaymentOption("upto", SELLER, PRICE, BASE, VALIDITY)),
    }
    app = FastAPI(lifespan=closing)
    app.middleware("http")(payment_middleware(routes, server))

    async def answer(request: Request, response: Response) -> dict[str, str]:
        body = await request.body()
        served.append(body)
        if request.url.path == "/upto":
            set_settlement_overrides(response, {"amount": "4000"})
        return {"echo": body.decode()}

    for path in (*routes, "/free"):
        app.api_route(path, methods=["GET", "POST", "PUT"])(answer)
    return app
