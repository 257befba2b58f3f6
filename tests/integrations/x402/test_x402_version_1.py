"""x402 of version 1, which older servers speak: the terms are in the body, by old names."""

import asyncio
import base64
import json
from typing import Any

import pytest
from aiohttp import ClientSession, web
from x402.http.utils import decode_payment_signature_header, encode_payment_response_header
from x402.schemas.v1 import PaymentRequirementsV1
from x402_shop import BASE, SELLER, VALIDITY
from x402_stage import PRICE_UNITS, USDC, Gateway, Stage, watching

from privy_async import PaymentRefusedError, PrivyClient
from privy_async.integrations.x402 import pay_with

pytestmark = pytest.mark.anyio


def requirements(**fields: Any) -> dict[str, Any]:
    return {
        "scheme": "exact", "network": "base", "maxAmountRequired": str(PRICE_UNITS),
        "resource": "https://example.com/paid", "description": "", "mimeType": "",
        "payTo": SELLER, "maxTimeoutSeconds": VALIDITY, "asset": USDC,
        "extra": {"name": "USD Coin", "version": "2"}, **fields,
    }  # fmt: skip


def asks(**fields: Any) -> web.Response:
    body = {"x402Version": 1, "error": "X-PAYMENT is missing", "accepts": [requirements(**fields)]}
    return web.json_response(body, status=402)


async def test_it_is_paid(stage: Stage, alice: PrivyClient, gateway: Gateway) -> None:
    """x402's facilitator takes the payment on the chain."""

    async def sell(request: web.Request) -> web.StreamResponse:
        header = request.headers.get("X-PAYMENT")
        if header is None:
            return asks()
        settled = await asyncio.to_thread(
            stage.shop.facilitator.take,
            decode_payment_signature_header(header),
            PaymentRequirementsV1.model_validate(requirements()),
        )
        return web.Response(
            status=200 if settled.success else 500,
            headers={"X-PAYMENT-RESPONSE": encode_payment_response_header(settled)},
        )

    gateway.handlers["/old"] = sell
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(PRICE_UNITS, signatures=1), watching(gateway, paid=1):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{gateway.url}/old") as response,
        ):
            assert response.status == 200
            payment = pay.payment_of(response)
    assert payment is not None
    assert (payment.network, payment.amount) == (BASE, PRICE_UNITS)
    assert payment.transaction is not None
    assert json.loads(base64.b64decode(payment.headers["X-PAYMENT"]))["x402Version"] == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"maxAmountRequired": str(PRICE_UNITS + 1)}, "amount"),
        ({"network": "base-sepolia"}, "network"),
        ({"network": "somewhere"}, "network"),
        ({"scheme": "upto"}, "terms"),
        ({"maxTimeoutSeconds": 10**8}, "terms"),
        ({"asset": "0x" + "12" * 20}, "asset"),
    ],
)
async def test_what_is_refused(
    stage: Stage, alice: PrivyClient, gateway: Gateway, fields: dict[str, Any], reason: str
) -> None:
    """The limits are the same."""

    async def ask(request: web.Request) -> web.StreamResponse:
        return asks(**fields)

    gateway.handlers["/old"] = ask
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(0, signatures=0), watching(gateway, paid=0):
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(PaymentRefusedError) as caught:
                await session.get(f"{gateway.url}/old")
    assert caught.value.reason == reason


async def test_a_long_body_is_not_read(stage: Stage, alice: PrivyClient, gateway: Gateway) -> None:
    """A 402 that goes on for ever, or for long, is handed on."""

    async def long(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=402)
        await answer.prepare(request)
        await answer.write(b'{"x402Version": 1')
        await asyncio.sleep(20)
        return answer

    gateway.handlers["/old"] = long
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(0, signatures=0):
        async with (
            ClientSession(middlewares=[pay]) as session,
            asyncio.timeout(5),
            session.get(f"{gateway.url}/old") as response,
        ):
            assert response.status == 402
