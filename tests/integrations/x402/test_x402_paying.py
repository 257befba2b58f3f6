"""x402 on aiohttp: a shop of the library's own is paid on the sandbox's chain."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from x402_shop import BASE, SELLER, VALIDITY
from x402_stage import PRICE_UNITS, USDC, Gateway, Stage, install_permit2

from privy_async import PrivyClient
from privy_async.integrations.x402 import Payment, pay_with

pytestmark = pytest.mark.anyio


async def test_a_request_is_paid(stage: Stage, alice: PrivyClient) -> None:
    """It is answered as if nothing had been asked for, and the chain has the transaction."""
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(PRICE_UNITS, signatures=1):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.post(f"{stage.shop.url}/paid?secret=s3cret", json={"a": 1}) as response,
        ):
            assert (response.status, await response.json()) == (200, {"echo": '{"a": 1}'})
            payment = pay.payment_of(response)
    assert payment is not None
    assert (payment.scheme, payment.network, payment.asset) == ("exact", BASE, USDC)
    assert (payment.amount, payment.dollars) == (PRICE_UNITS, Decimal("0.01"))
    assert (payment.pay_to, payment.url) == (SELLER, f"{stage.shop.url}/paid")
    assert payment.valid_until is not None
    assert 0 < payment.valid_until - time.time() <= VALIDITY + 1
    receipt = await asyncio.to_thread(stage.rpc, "eth_getTransactionReceipt", payment.transaction)
    assert receipt["status"] == "0x1"
    assert pay.spent == Decimal("0.01")
    assert "s3cret" not in str(payment)
    assert not any(value in repr(payment) for value in payment.headers.values())


async def test_what_is_free(stage: Stage, alice: PrivyClient) -> None:
    """Nothing is signed for it."""
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(0, signatures=0):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.get(f"{stage.shop.url}/free") as response,
        ):
            assert response.status == 200
            assert pay.payment_of(response) is None


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"\x00bytes"},
        {"data": "text"},
        {"json": {"a": [1]}},
        {"data": {"form": "field"}},
        {"data": FormData({"a": "b"}, default_to_multipart=True)},
    ],
    ids=["bytes", "text", "json", "form", "multipart"],
)
async def test_bodies_are_sent_again(
    stage: Stage, alice: PrivyClient, gateway: Gateway, body: dict[str, Any]
) -> None:
    """The paid request has the same body as the first."""
    bodies: list[bytes] = []

    async def record(request: Any) -> Any:
        bodies.append(await request.read())
        return await gateway.hand_on(request)

    gateway.handlers["/paid"] = record
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    with stage.moving(PRICE_UNITS, signatures=1):
        async with (
            ClientSession(middlewares=[pay]) as session,
            session.put(f"{gateway.url}/paid", **body) as response,
        ):
            assert response.status == 200
    first, second = bodies
    assert first == second != b""


async def test_permit2_and_upto(stage: Stage, alice: PrivyClient) -> None:
    """By Permit2 the price moves; of `upto` the server takes less, and all of it counts."""
    pytest.importorskip("vyper")
    await asyncio.to_thread(install_permit2, stage)
    for path, taken in (("permit2", PRICE_UNITS), ("upto", 4000)):
        pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
        with stage.moving(taken, signatures=1):
            async with (
                ClientSession(middlewares=[pay]) as session,
                session.get(f"{stage.shop.url}/{path}") as response,
            ):
                assert response.status == 200, await response.text()
                payment = pay.payment_of(response)
        assert payment is not None
        assert payment.scheme == ("upto" if path == "upto" else "exact")
        assert payment.transaction is not None
        assert pay.spent == Decimal("0.01")


async def test_asking_first(stage: Stage, alice: PrivyClient) -> None:
    """A function is told each payment before it is signed; it may be async or not."""
    asked: list[Payment] = []

    async def slowly(payment: Payment) -> bool:
        await asyncio.sleep(0)
        return at_once(payment)

    def at_once(payment: Payment) -> bool:
        asked.append(payment)
        assert payment.nonce is None
        assert payment.headers == {}
        return True

    for ask in (slowly, at_once):
        pay = pay_with(alice, stage.wallet, max_amount=1, networks=[BASE], ask=ask)
        with stage.moving(PRICE_UNITS, signatures=1):
            async with (
                ClientSession(middlewares=[pay]) as session,
                session.get(f"{stage.shop.url}/paid") as response,
            ):
                assert response.status == 200
    assert [payment.amount for payment in asked] == [PRICE_UNITS] * 2


async def test_many_at_once(stage: Stage, alice: PrivyClient) -> None:
    """Each request pays for itself, and together they keep to the limit in sum."""
    pay = pay_with(alice, stage.wallet, max_amount="0.01", max_total="0.03", networks=[BASE])

    async def ask(session: ClientSession) -> int:
        async with session.get(f"{stage.shop.url}/paid") as response:
            return response.status

    with stage.moving(3 * PRICE_UNITS, signatures=3):
        async with ClientSession(middlewares=[pay]) as session:
            outcomes = await asyncio.gather(
                *(ask(session) for _ in range(8)), return_exceptions=True
            )
    assert outcomes.count(200) == 3
    assert {getattr(each, "reason", None) for each in outcomes if each != 200} == {"total"}
    assert pay.spent == Decimal("0.03")


async def test_the_loop_goes_on(stage: Stage, alice: PrivyClient) -> None:
    """While Privy takes its time to sign, the loop does other things."""
    pay = pay_with(alice, stage.wallet, max_amount="0.01", networks=[BASE])
    async with ClientSession(middlewares=[pay]) as session:
        async with session.get(f"{stage.shop.url}/paid") as response:
            assert response.status == 200
        stage.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.5)

        async def get() -> int:
            async with session.get(f"{stage.shop.url}/paid") as response:
                return response.status

        paying = asyncio.create_task(get())
        ticks = 0
        while not paying.done():
            await asyncio.sleep(0.005)
            ticks += 1
        assert await paying == 200
    assert ticks > 10


def test_the_source_of_the_contracts_is_there() -> None:
    """They are compiled when they are needed."""
    folder = Path(__file__).parent / "contracts"
    assert len(list(folder.glob("*.vy"))) == 3
