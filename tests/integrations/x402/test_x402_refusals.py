"""x402: what is not paid. Nothing is signed, and nothing is handed over."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, MultipartWriter, web
from x402_shop import BASE, SELLER
from x402_stage import PRICE_UNITS, Gateway, Stage, asks, asks_for, requirements, watching

from privy_async import InvalidArgumentError, PaymentRefusedError, PrivyClient
from privy_async.integrations.x402 import PayingMiddleware, pay_with

pytestmark = pytest.mark.anyio

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answers(make: Callable[[], web.StreamResponse]) -> Handler:
    """A handler that answers all alike."""

    async def handler(request: web.Request) -> web.StreamResponse:
        await request.read()
        return make()

    return handler


@pytest.fixture
def pay(stage: Stage, alice: PrivyClient) -> PayingMiddleware:
    """A cent a request, on Base."""
    return pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])


async def refused(
    stage: Stage, pay: PayingMiddleware, url: str, method: str = "GET", **options: Any
) -> PaymentRefusedError:
    """The error of a request that is not paid for."""
    spent = pay.spent
    with stage.moving(0, signatures=0):
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(PaymentRefusedError) as caught:
                await session.request(method, url, **options)
    assert pay.spent == spent
    return caught.value


TERMS: dict[str, tuple[dict[str, Any], str]] = {
    "over the limit": ({"amount": str(PRICE_UNITS + 1)}, "amount"),
    "by far": ({"amount": "9" * 78}, "amount"),
    "another chain": ({"network": "eip155:84532"}, "network"),
    "another kind of chain": ({"network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"}, "network"),
    "a name that is no id": ({"network": "base"}, "network"),
    "another token": ({"asset": "0x" + "12" * 20}, "asset"),
    "no token": ({"asset": "USDC"}, "asset"),
    "another scheme": ({"scheme": "batch-settlement"}, "terms"),
    "a negative amount": ({"amount": "-1"}, "terms"),
    "a fraction": ({"amount": "0.01"}, "terms"),
    "digits of another script": ({"amount": "\u0661"}, "terms"),
    "no amount": ({"amount": ""}, "terms"),
    "no receiver": ({"payTo": "somebody"}, "terms"),
    "a receiver misspelt": ({"payTo": SELLER.swapcase().replace("0X", "0x")}, "terms"),
    "valid for years": ({"maxTimeoutSeconds": 10**8}, "terms"),
    "valid for no time": ({"maxTimeoutSeconds": 0}, "terms"),
    "another transfer": ({"extra": {"assetTransferMethod": "erc7710"}}, "terms"),
    "another flow": ({"extra": {"paymentFlow": "escrow"}}, "terms"),
    "upto for nobody": ({"scheme": "upto", "extra": {}}, "terms"),
}


@pytest.mark.parametrize("name", TERMS)
async def test_terms(stage: Stage, pay: PayingMiddleware, gateway: Gateway, name: str) -> None:
    """What is not within the limits, or not understood, is refused with its reason."""
    fields, reason = TERMS[name]
    gateway.handlers["/odd"] = answers(lambda: asks_for(requirements(**fields)))
    with watching(gateway, paid=0):
        error = await refused(stage, pay, f"{gateway.url}/odd")
    assert error.reason == reason
    assert len(gateway.requests) == 1


async def test_the_first_that_fits(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """Of several offers the first within the limits is taken."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if "PAYMENT-SIGNATURE" in request.headers:
            return web.Response(body=base64.b64decode(request.headers["PAYMENT-SIGNATURE"]))
        offers = [{"amount": str(10**9)}, {"network": "eip155:1"}, {"amount": "7"}, {"amount": "6"}]
        return asks_for(*(requirements(**each) for each in offers))

    gateway.handlers["/many"] = handler
    with stage.moving(0, signatures=1), watching(gateway, paid=1):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{gateway.url}/many") as response,
        ):
            payload = json.loads(await response.read())
    assert payload["accepted"]["amount"] == payload["payload"]["authorization"]["value"] == "7"


async def test_several_reasons(stage: Stage, pay: PayingMiddleware, gateway: Gateway) -> None:
    """The error says what is wrong with each, and has the reason of what came closest."""
    odd = [{"network": "eip155:1"}, {"amount": "20000"}, {"scheme": "x"}]
    gateway.handlers["/odd"] = answers(lambda: asks_for(*(requirements(**each) for each in odd)))
    error = await refused(stage, pay, f"{gateway.url}/odd")
    assert error.reason == "amount"
    assert "nothing is paid on 'eip155:1'" in error.message
    assert "over the limit of 0.01 US dollars for a request" in error.message


@pytest.mark.parametrize(
    "header",
    [
        "?", "e30=", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"accepts": 7}').decode(),
        base64.b64encode(b'{"x402Version": 3, "accepts": []}').decode(),
        base64.b64encode(b'{"x402Version": 2, "accepts": []}').decode(),
        base64.b64encode(b"[" * 3000).decode(),
    ],
)  # fmt: skip
async def test_what_cannot_be_read(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, header: str
) -> None:
    """A header that describes no payment is refused, however it is broken."""
    gateway.handlers["/odd"] = answers(
        lambda: web.Response(status=402, headers={"PAYMENT-REQUIRED": header})
    )
    assert (await refused(stage, pay, f"{gateway.url}/odd")).reason == "terms"


async def test_a_402_of_something_else(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway
) -> None:
    """It is handed on as it came."""
    gateway.handlers["/odd"] = answers(lambda: web.json_response({"error": "pay"}, status=402))
    with stage.moving(0, signatures=0):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{gateway.url}/odd") as response,
        ):
            assert (response.status, await response.json()) == (402, {"error": "pay"})


async def unread() -> AsyncIterator[bytes]:
    yield b"once"


def with_a_file() -> MultipartWriter:
    writer = MultipartWriter("form-data")
    writer.append(BytesIO(b"file"))
    return writer


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.parametrize(
    "make", [unread, lambda: BytesIO(b"file"), with_a_file], ids=["generator", "file", "part"]
)
async def test_bodies_that_are_sent_only_once(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, make: Callable[[], Any]
) -> None:
    """They are refused before anything is paid."""
    with watching(gateway, paid=0):
        error = await refused(stage, pay, f"{gateway.url}/paid", "POST", data=make())
    assert error.reason == "body"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirected_elsewhere(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, elsewhere: Gateway, status: int
) -> None:
    """Another origin is not paid, nor the first once the other has sent it back there."""

    def redirect(url: str) -> Handler:
        return answers(lambda: web.Response(status=status, headers={"Location": url}))

    gateway.handlers["/away"] = redirect(f"{elsewhere.url}/paid")
    gateway.handlers["/round"] = redirect(f"{elsewhere.url}/back")
    elsewhere.handlers["/back"] = redirect(f"{gateway.url}/paid")
    for path in ("away", "round"):
        with watching(gateway, paid=0), watching(elsewhere, paid=0):
            error = await refused(stage, pay, f"{gateway.url}/{path}")
        assert error.reason == "redirected"


async def test_redirected_on_the_same_origin(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway
) -> None:
    """There it is paid, once."""
    gateway.handlers["/moved"] = answers(
        lambda: web.Response(status=307, headers={"Location": "/paid"})
    )
    with stage.moving(PRICE_UNITS, signatures=1):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{gateway.url}/moved") as response,
        ):
            assert response.status == 200


async def test_a_redirect_that_is_not_followed(
    stage: Stage, pay: PayingMiddleware, gateway: Gateway, elsewhere: Gateway
) -> None:
    """Who goes to the other place by himself asks anew, and pays there."""
    target = f"{elsewhere.url}/paid"
    gateway.handlers["/away"] = answers(
        lambda: web.Response(status=302, headers={"Location": target})
    )
    with stage.moving(PRICE_UNITS, signatures=1):
        async with ClientSession(middlewares=[pay]) as session:
            async with session.get(f"{gateway.url}/away", allow_redirects=False) as response:
                assert response.status == 302
            async with session.get(target) as response:
                assert response.status == 200


async def test_declined(stage: Stage, alice: PrivyClient, gateway: Gateway) -> None:
    """The error has the payment; what the function raises comes out as it is."""
    pay = pay_with(alice, stage.wallet, max_amount=1, networks=[BASE], ask=lambda payment: False)
    error = await refused(stage, pay, f"{gateway.url}/paid")
    assert (error.reason, error.payment.amount) == ("declined", PRICE_UNITS)

    def fail(payment: object) -> bool:
        raise LookupError("no such budget")

    pay = pay_with(alice, stage.wallet, max_amount=1, networks=[BASE], ask=fail)
    with stage.moving(0, signatures=0):
        async with ClientSession(middlewares=[pay]) as session:
            with pytest.raises(LookupError, match="no such budget"):
                await session.get(f"{gateway.url}/paid")
    assert pay.spent == 0


async def test_the_limit_in_sum(stage: Stage, alice: PrivyClient, gateway: Gateway) -> None:
    """What was paid counts; the next that would exceed it is refused, a smaller one is not."""
    pay = pay_with(alice, stage.wallet, max_amount=1, max_total="0.015", networks=[BASE])

    async def little(request: web.Request) -> web.StreamResponse:
        return web.Response() if "PAYMENT-SIGNATURE" in request.headers else asks(5_000)

    gateway.handlers["/little"] = little
    async with ClientSession(middlewares=[pay]) as session:
        async with session.get(f"{gateway.url}/paid") as response:
            assert response.status == 200
        assert (await refused(stage, pay, f"{gateway.url}/paid")).reason == "total"
        async with session.get(f"{gateway.url}/little") as response:
            assert response.status == 200
        assert (await refused(stage, pay, f"{gateway.url}/little")).reason == "total"


ARGUMENTS: list[tuple[str, dict[str, Any]]] = [
    *(("max_amount", {"max_amount": each}) for each in (0, "-1", 0.1, True, "a", "NaN", None)),
    *(("max_total", {"max_total": each}) for each in (0, 0.1, "Infinity")),
    *(
        ("networks", {"networks": each})
        for each in ([], "eip155:8453", ["base"], ["eip155:*"], ["eip155:10"], [8453], None)
    ),
]


@pytest.mark.parametrize(("argument", "given"), ARGUMENTS)
def test_wrong_arguments(
    stage: Stage, alice: PrivyClient, argument: str, given: dict[str, Any]
) -> None:
    """They are refused at once, by name."""
    options: dict[str, Any] = {"max_amount": 1, "networks": [BASE], **given}
    with pytest.raises(InvalidArgumentError) as caught:
        pay_with(alice, stage.wallet, **options)
    assert caught.value.argument == argument


def test_another_client(stage: Stage, alice: PrivyClient) -> None:
    """It must be of this face."""
    client: Any = stage.sandbox.sync_client()
    with pytest.raises(InvalidArgumentError, match="privy: expected a client of privy_async"):
        pay_with(client, stage.wallet, max_amount=1, networks=[BASE])
