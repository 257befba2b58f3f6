"""x402 in sync programs: an adapter for `requests` that pays as the middleware for aiohttp does."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import BytesIO
from typing import Any

import anyio.to_thread
import pytest
import requests
from aiohttp import web
from x402 import x402ClientSync
from x402.http.clients.requests import x402_requests
from x402.mechanisms.evm.exact import register_exact_evm_client
from x402_shop import BASE
from x402_stage import PRICE_UNITS, Gateway, Stage, asks, watching

from privy_async import InvalidArgumentError, PaymentRefusedError, PaymentUnsettledError
from privy_sync import PrivyClient
from privy_sync.integrations.eth_account import PrivyAccount
from privy_sync.integrations.x402 import PayingAdapter, pay_with

pytestmark = pytest.mark.anyio


@pytest.fixture
def bob(stage: Stage) -> Iterator[PrivyClient]:
    """The sync client that signs as the buyer."""
    with stage.sandbox.sync_client() as app:
        yield app.for_user(stage.jwt)


def session_with(pay: PayingAdapter) -> requests.Session:
    session = requests.Session()
    session.mount("http://", pay)
    return session


def cents(stage: Stage, bob: PrivyClient, **options: Any) -> PayingAdapter:
    """One cent a request."""
    return pay_with(bob, stage.wallet, max_amount="0.01", networks=[BASE], **options)


def test_a_request_is_paid(stage: Stage, bob: PrivyClient) -> None:
    """With each kind of body, which is sent twice; the response does not show the payment."""
    pay = cents(stage, bob)
    with session_with(pay) as session, stage.moving(3 * PRICE_UNITS, signatures=3):
        for body in ({"json": {"a": 1}}, {"data": b"bytes"}, {"files": {"a": b"b"}}):
            response = session.post(f"{stage.shop.url}/paid?secret=s3cret", **body)
            assert (response.status_code, bool(response.json()["echo"])) == (200, True)
            payment = pay.payment_of(response)
            assert payment is not None
            assert payment.url == f"{stage.shop.url}/paid"
            assert payment.transaction is not None
            assert not set(payment.headers) & set(response.request.headers)
    assert pay.spent == Decimal("0.03")


def test_threads(stage: Stage, bob: PrivyClient) -> None:
    """They share the limit in sum."""
    pay = cents(stage, bob, max_total="0.03")
    start = threading.Barrier(6)

    def get() -> object:
        with session_with(pay) as session:
            start.wait(20)
            try:
                return session.get(f"{stage.shop.url}/paid").status_code
            except PaymentRefusedError as error:
                return error.reason
            finally:
                session.adapters.clear()  # The adapter is not the session's alone.

    with stage.moving(3 * PRICE_UNITS, signatures=3), ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: get(), range(6)))
    assert sorted(map(str, outcomes)) == ["200"] * 3 + ["total"] * 3


def test_asking_first(stage: Stage, bob: PrivyClient) -> None:
    """A function says whether to pay."""
    asked: list[Any] = []
    pay = cents(stage, bob, ask=asked.append)
    with (
        session_with(pay) as session,
        stage.moving(0, signatures=0),
        pytest.raises(PaymentRefusedError) as caught,
    ):
        session.get(f"{stage.shop.url}/paid")
    assert caught.value.reason == "declined"
    assert asked == [caught.value.payment]
    assert pay.spent == 0


def unread() -> Iterator[bytes]:
    yield b"once"


@pytest.mark.parametrize("make", [unread, lambda: BytesIO(b"file")], ids=["generator", "file"])
def test_bodies_that_are_sent_only_once(
    stage: Stage, bob: PrivyClient, make: Callable[[], Any]
) -> None:
    """They are refused before anything is paid."""
    with (
        session_with(cents(stage, bob)) as session,
        stage.moving(0, signatures=0),
        pytest.raises(PaymentRefusedError) as caught,
    ):
        session.post(f"{stage.shop.url}/paid", data=make())
    assert caught.value.reason == "body"


def test_what_is_free_and_what_is_paid_already(stage: Stage, bob: PrivyClient) -> None:
    """Nothing is signed; the answer to a payment of the caller's own is handed on."""
    with session_with(cents(stage, bob)) as session, stage.moving(0, signatures=0):
        assert session.get(f"{stage.shop.url}/free").status_code == 200
        headers = {"PAYMENT-SIGNATURE": "e30="}
        assert session.get(f"{stage.shop.url}/paid", headers=headers).status_code in (400, 402)


def test_another_client(stage: Stage, bob: PrivyClient) -> None:
    """It must be of this face."""
    client: Any = stage.sandbox.client()
    with pytest.raises(InvalidArgumentError, match="privy: expected a client of privy_sync"):
        pay_with(client, stage.wallet, max_amount=1, networks=[BASE])


def test_the_account_alone(stage: Stage, bob: PrivyClient) -> None:
    """x402's own session takes the account as it is, with x402's limits."""
    client = x402ClientSync()
    register_exact_evm_client(client, PrivyAccount(bob, stage.wallet), BASE)
    with x402_requests(client) as session, stage.moving(PRICE_UNITS, signatures=1):
        assert session.get(f"{stage.shop.url}/paid").status_code == 200


# --- servers that fail, which run in the loop while the session has a thread


async def fetch(pay: PayingAdapter, url: str, **options: Any) -> requests.Response:
    def get() -> requests.Response:
        with session_with(pay) as session:
            return session.get(url, timeout=20, **options)

    return await anyio.to_thread.run_sync(get)


def is_paid(request: web.Request) -> bool:
    return "PAYMENT-SIGNATURE" in request.headers


async def test_lost_answers(stage: Stage, bob: PrivyClient, gateway: Gateway) -> None:
    """Before and within the answer: an error with the payment, which is not taken a second time."""

    async def before(request: web.Request) -> web.StreamResponse:
        answer = await gateway.hand_on(request)
        if is_paid(request) and request.transport is not None:
            request.transport.abort()
        return answer

    async def within(request: web.Request) -> web.StreamResponse:
        if not is_paid(request):
            return await gateway.hand_on(request)
        await gateway.hand_on(request)
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return answer

    for handler in (before, within):
        gateway.handlers["/paid"] = handler
        with (
            stage.moving(PRICE_UNITS, signatures=1),
            watching(gateway, paid=1),
            pytest.raises(PaymentUnsettledError) as caught,
        ):
            await fetch(cents(stage, bob), f"{gateway.url}/paid")
        payment = caught.value.payment
        del gateway.handlers["/paid"]
        with stage.moving(0, signatures=0):
            again = await fetch(cents(stage, bob), f"{gateway.url}/paid", headers=payment.headers)
        assert again.status_code == 402


async def test_it_asks_again(stage: Stage, bob: PrivyClient, gateway: Gateway) -> None:
    """With whatever price: one payment, of what was asked for first."""
    prices = [600, 500]

    async def ask(request: web.Request) -> web.StreamResponse:
        return asks(prices.pop())

    gateway.handlers["/paid"] = ask
    with (
        stage.moving(0, signatures=1),
        watching(gateway, paid=1),
        pytest.raises(PaymentUnsettledError, match="asks for payment again") as caught,
    ):
        await fetch(cents(stage, bob), f"{gateway.url}/paid")
    assert caught.value.payment.amount == 500


@pytest.mark.parametrize("round_trip", [False, True])
async def test_redirected_elsewhere(
    stage: Stage, bob: PrivyClient, gateway: Gateway, elsewhere: Gateway, round_trip: bool
) -> None:
    """Another origin is not paid, nor the first once the other has sent it back there."""
    target = "back" if round_trip else "paid"
    gateway.handlers["/away"] = redirect(f"{elsewhere.url}/{target}")
    elsewhere.handlers["/back"] = redirect(f"{gateway.url}/paid")
    with stage.moving(0, signatures=0), pytest.raises(PaymentRefusedError) as caught:
        await fetch(cents(stage, bob), f"{gateway.url}/away")
    assert caught.value.reason == "redirected"


def redirect(url: str) -> Any:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": url})

    return handler


async def test_redirected_after_it_was_paid(
    stage: Stage, bob: PrivyClient, gateway: Gateway, elsewhere: Gateway
) -> None:
    """The payment goes to nobody else, and a second one is not made."""

    async def sell(request: web.Request) -> web.StreamResponse:
        answer = await gateway.hand_on(request)
        if answer.status != 200:
            return answer
        return web.Response(status=302, headers={"Location": f"{elsewhere.url}/paid"})

    gateway.handlers["/paid"] = sell
    with (
        stage.moving(PRICE_UNITS, signatures=1),
        watching(elsewhere, paid=0),
        pytest.raises(PaymentRefusedError) as caught,
    ):
        await fetch(cents(stage, bob), f"{gateway.url}/paid")
    assert caught.value.reason == "repeated"


async def test_a_request_that_is_sent_twice(
    stage: Stage, bob: PrivyClient, gateway: Gateway
) -> None:
    """A prepared request that the caller sends a second time is another request, and pays."""

    def twice() -> list[int]:
        with session_with(cents(stage, bob)) as session:
            prepared = session.prepare_request(requests.Request("GET", f"{gateway.url}/paid"))
            return [session.send(prepared).status_code for _ in range(2)]

    with stage.moving(2 * PRICE_UNITS, signatures=2), watching(gateway, paid=2):
        assert await anyio.to_thread.run_sync(twice) == [200, 200]


async def test_a_402_of_something_else(stage: Stage, bob: PrivyClient, gateway: Gateway) -> None:
    """It is handed on as it came."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": "pay"}, status=402)

    gateway.handlers["/odd"] = handler
    response = await fetch(cents(stage, bob), f"{gateway.url}/odd")
    assert (response.status_code, response.json()) == (402, {"error": "pay"})
