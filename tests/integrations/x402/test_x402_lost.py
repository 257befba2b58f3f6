"""x402: what may go wrong once a payment is handed over. It is never paid a second time."""

import asyncio
import gc
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientConnectorError, ClientSession, ClientTimeout, TCPConnector, web
from x402_shop import BASE
from x402_stage import PRICE_UNITS, Gateway, Stage, asks, asks_for, requirements, watching

from privy_async import (
    APIStatusError,
    PaymentRefusedError,
    PaymentUnsettledError,
    PolicyViolationError,
    PrivyClient,
)
from privy_async.integrations.x402 import PayingMiddleware, pay_with

pytestmark = pytest.mark.anyio


@pytest.fixture
def pay(stage: Stage, alice: PrivyClient) -> PayingMiddleware:
    return pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])


def is_paid(request: web.Request) -> bool:
    return "PAYMENT-SIGNATURE" in request.headers


def drop(request: web.Request) -> web.Response:
    """Break the connection off."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("after", [True, False])
async def test_a_lost_answer(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, method: str, after: bool
) -> None:
    """It is an error that has the payment, although aiohttp repeats GET and PUT by itself.

    Asked again with the same payment, the shop takes it if it has not; it never takes it twice.
    """

    async def lose(request: web.Request) -> web.StreamResponse:
        if not is_paid(request) or len(gateway.requests) > 2:
            return await gateway.hand_on(request)
        if after:
            await gateway.hand_on(request)
        return drop(request)

    gateway.handlers["/paid"] = lose
    with stage.moving(PRICE_UNITS, signatures=1):
        async with ClientSession(middlewares=[pay]) as session:
            with watching(gateway, paid=1), pytest.raises(PaymentUnsettledError) as caught:
                await session.request(method, f"{gateway.url}/paid")
            assert len(gateway.requests) == 2
            payment = caught.value.payment
            assert payment.nonce is not None
            assert not any(text in str(caught.value) for text in payment.headers.values())
            async with session.request(
                method, f"{gateway.url}/paid", headers=payment.headers
            ) as response:
                assert response.status == (402 if after else 200)
    assert pay.spent == payment.dollars


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_lost_answer_on_an_old_connection(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, method: str
) -> None:
    """The connection that the first request went over breaks under the second."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return drop(request) if is_paid(request) else asks()

    gateway.handlers["/paid"] = handler
    connector = TCPConnector(limit=1)
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with ClientSession(middlewares=[pay], connector=connector) as session:
            async with session.get(f"{gateway.url}/free") as response:
                await response.read()
            with pytest.raises(PaymentUnsettledError):
                await session.request(method, f"{gateway.url}/paid")


async def test_a_time_limit(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """aiohttp's own limits end in the same error, of whichever kind they are."""

    async def hang(request: web.Request) -> web.StreamResponse:
        if is_paid(request):
            await asyncio.sleep(30)
        return asks()

    gateway.handlers["/paid"] = hang
    async with ClientSession(middlewares=[pay]) as session:
        async with session.get(f"{gateway.url}/free") as response:
            await response.read()
        for timeout in (ClientTimeout(total=3), ClientTimeout(total=None, sock_read=0.5)):
            with stage.moving(0, signatures=1), watching(gateway, paid=1):
                with pytest.raises(PaymentUnsettledError, match="Timeout"):
                    await session.get(f"{gateway.url}/paid", timeout=timeout)
                task = asyncio.current_task()
                assert task is not None
                assert task.cancelling() == 0


async def test_a_cancelled_task(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """It is cancelled; what was handed over stands in a note, and in the log."""
    arrived = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        if is_paid(request):
            arrived.set()
            await asyncio.sleep(30)
        return asks()

    gateway.handlers["/paid"] = hang
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with ClientSession(middlewares=[pay]) as session:
            with caplog.at_level(logging.WARNING, "privy_async.integrations"):
                task = asyncio.ensure_future(session.get(f"{gateway.url}/paid"))
                await arrived.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError) as caught:
                    await task
    assert "a payment was handed over" in caught.value.__notes__[0]
    assert "a paid request was cancelled" in caplog.text
    assert pay.spent > 0


async def test_cancelled_while_it_is_signed(
    stage: Stage, alice: PrivyClient, gateway: Gateway
) -> None:
    """Nothing is handed over, and nothing counts."""
    asked = asyncio.Event()

    def ask(payment: object) -> bool:
        asked.set()
        return True

    pay = pay_with(alice, stage.wallet, max_amount=1, networks=[BASE], ask=ask)
    stage.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.5)
    with watching(gateway, paid=0):
        async with ClientSession(middlewares=[pay]) as session:
            task = asyncio.ensure_future(session.get(f"{gateway.url}/paid"))
            await asked.wait()
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await asyncio.sleep(0.6)
    assert pay.spent == 0


async def test_it_asks_again(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """A server that asks for ever gets one payment, and the error tells what it says."""

    async def ask(request: web.Request) -> web.StreamResponse:
        return asks_for(requirements(), error="insufficient_funds" if is_paid(request) else None)

    gateway.handlers["/paid"] = ask
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(PaymentUnsettledError, match="'insufficient_funds'"):
                await session.get(f"{gateway.url}/paid")
    assert len(gateway.requests) == 2


async def test_the_price_changes(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """What was asked for first is signed, and no more, lower or higher."""

    prices = [400, 600, 10**9]

    async def ask(request: web.Request) -> web.StreamResponse:
        return asks(prices.pop() if is_paid(request) else 500)

    gateway.handlers["/paid"] = ask
    while prices:
        with stage.moving(0, signatures=1), watching(gateway, paid=1):
            async with ClientSession(middlewares=[pay]) as session:
                with pytest.raises(PaymentUnsettledError) as caught:
                    await session.get(f"{gateway.url}/paid")
        assert caught.value.payment.amount == 500


@pytest.mark.parametrize("other", [False, True])
async def test_redirected_after_it_was_paid(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, elsewhere: Gateway, other: bool
) -> None:
    """The payment goes to nobody else, and a second one is not made."""
    target = elsewhere if other else gateway

    async def sell(request: web.Request) -> web.StreamResponse:
        answer = await gateway.hand_on(request)
        if answer.status == 200:
            return web.Response(status=302, headers={"Location": f"{target.url}/next"})
        return answer

    async def ask(request: web.Request) -> web.StreamResponse:
        return asks()

    gateway.handlers["/paid"] = sell
    target.handlers["/next"] = ask
    payments = watching(gateway, paid=1), watching(elsewhere, paid=0)
    with stage.moving(PRICE_UNITS, signatures=1), payments[0], payments[1]:
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(PaymentRefusedError) as caught:
                await session.get(f"{gateway.url}/paid")
    assert caught.value.reason == "repeated"
    assert caught.value.payment.amount == PRICE_UNITS
    assert target.requests[-1] == ("GET", "/next", False)


async def test_a_download_after_it_was_paid(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, elsewhere: Gateway
) -> None:
    """Where the shop sends the buyer on to what he has bought, no payment goes there."""

    async def sell(request: web.Request) -> web.StreamResponse:
        answer = await gateway.hand_on(request)
        if answer.status != 200:
            return answer
        return web.Response(status=303, headers={"Location": f"{elsewhere.url}/free"})

    gateway.handlers["/paid"] = sell
    with stage.moving(PRICE_UNITS, signatures=1), watching(elsewhere, paid=0):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{gateway.url}/paid") as response,
        ):
            assert response.status == 200
            assert pay.payment_of(response) is None
            assert pay.payment_of(response.history[0]) is not None


@pytest.mark.parametrize("apart", [False, True])
async def test_another_middleware_repeats(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, apart: bool
) -> None:
    """One around it that repeats requests does not make it pay again, in other tasks neither."""

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if is_paid(request) else asks()

    async def repeat(request: Any, handler: Callable[[Any], Any]) -> Any:
        for _ in range(3):
            asked = asyncio.ensure_future(handler(request)) if apart else handler(request)
            response = await asked
            if response.status != 503:
                break
        return response

    gateway.handlers["/paid"] = busy
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with ClientSession(middlewares=[repeat, pay]) as session:
            with pytest.raises(PaymentRefusedError) as caught:
                await session.get(f"{gateway.url}/paid")
    assert caught.value.reason == "repeated"


async def test_another_middleware_repeats_what_was_lost(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway
) -> None:
    """It is not paid for again, although nothing but the request is left of the first time."""

    async def lose(request: web.Request) -> web.StreamResponse:
        return drop(request) if is_paid(request) else asks()

    async def repeat(request: Any, handler: Callable[[Any], Any]) -> Any:
        with suppress(PaymentUnsettledError):
            return await handler(request)
        gc.collect()
        return await handler(request)

    gateway.handlers["/paid"] = lose
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with ClientSession(middlewares=[repeat, pay]) as session:
            with pytest.raises(PaymentRefusedError) as caught:
                await session.get(f"{gateway.url}/paid")
    assert caught.value.reason == "repeated"


async def test_another_middleware_sends_twice_at_a_time(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway
) -> None:
    """One of the two is paid for."""

    async def hedge(request: Any, handler: Callable[[Any], Any]) -> Any:
        answers = await asyncio.gather(handler(request), handler(request), return_exceptions=True)
        errors = [answer for answer in answers if isinstance(answer, PaymentRefusedError)]
        assert [error.reason for error in errors] == ["repeated"]
        return next(answer for answer in answers if answer not in errors)

    with stage.moving(PRICE_UNITS, signatures=1), watching(gateway, paid=1):
        async with (
            ClientSession(middlewares=[hedge, pay]) as session,
            session.get(f"{gateway.url}/paid") as response,
        ):
            assert response.status == 200


async def test_a_refused_signature_may_be_asked_for_again(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway
) -> None:
    """Where nothing was handed over, a repetition of another middleware's may still pay."""

    async def repeat(request: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return await handler(request)
        except APIStatusError:
            return await handler(request)

    stage.sandbox.faults.add(path="/v1/wallets/*/rpc", status=403)
    with stage.moving(PRICE_UNITS, signatures=2), watching(gateway, paid=1):
        async with (
            ClientSession(middlewares=[repeat, pay]) as session,
            session.get(f"{gateway.url}/paid") as response,
        ):
            assert response.status == 200


async def test_nobody_is_there(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """Without an answer to the first request it is aiohttp's own error."""
    async with ClientSession(middlewares=[pay]) as session:
        with pytest.raises(ClientConnectorError):
            await session.get("http://127.0.0.1:9/paid")
    assert pay.spent == 0


async def test_privy_refuses(stage: Stage, alice: PrivyClient, gateway: Gateway) -> None:
    """Its error comes out as it is; nothing is handed over, and nothing counts."""
    async with stage.sandbox.client() as app:
        policy = await app.policies.create(
            name="Deny all", version="1.0", chain_type="ethereum",
            rules=[{"name": "Deny", "method": "*", "conditions": [], "action": "DENY"}],
        )  # fmt: skip
        user = await app.users.get_by_custom_auth_id("alice")
        wallet = await app.wallets.create(
            chain_type="ethereum", owner={"user_id": user.id}, policy_ids=[policy.id]
        )
    pay = pay_with(alice, wallet, max_amount=1, networks=[BASE])
    with watching(gateway, paid=0):
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(PolicyViolationError):
                await session.get(f"{gateway.url}/paid")
    assert pay.spent == 0
