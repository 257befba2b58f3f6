"""The chapters about x402 and hyperliquid are true: their blocks run, or stand in a program."""

import ast
import asyncio
import inspect
import re
import threading
from typing import Any

import pytest
from aiohttp import ClientSession, web
from places import ROOT
from x402_shop import BASE
from x402_stage import PRICE_UNITS, Gateway, Stage

from privy_async import PolicyViolationError, PrivyClient
from privy_async.integrations.x402 import pay_with

pytestmark = pytest.mark.anyio

README = (ROOT / "privy_async" / "integrations" / "LIBRARIES.md").read_text()
CHAPTER = README.split("## Paying for HTTP: x402")[1].split("\n## ")[0]
HYPERLIQUID = README.split("## Hyperliquid under a policy")[1]
PAY, ASK_AGAIN, POLICY, SYNC = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)


@pytest.fixture
def names(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a reader has."""
    monkeypatch.setenv("PRIVY_APP_ID", stage.sandbox.app_id)
    monkeypatch.setenv("PRIVY_APP_SECRET", stage.sandbox.app_secret)
    monkeypatch.setenv("PRIVY_API_BASE_URL", stage.sandbox.base_url)
    return {
        "user_jwt": stage.jwt,
        "wallet_id": stage.wallet.id,
        "paid_url": f"{stage.shop.url}/paid",
    }


def run(block: str, names: dict[str, Any]) -> None:
    """Run a block in a thread, as a reader would at an async prompt."""
    code = compile(block, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            if code.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(code, names))
            else:
                exec(code, names)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    for failure in failures:
        raise failure


@pytest.mark.parametrize("block", [PAY, SYNC], ids=["async", "sync"])
def test_a_reader_pays(stage: Stage, names: dict[str, Any], block: str) -> None:
    """Once, in either face."""
    with stage.moving(PRICE_UNITS, signatures=1):
        run(block, names)


@pytest.mark.parametrize("after", [False, True])
async def test_a_reader_asks_again(
    stage: Stage, names: dict[str, Any], gateway: Gateway, after: bool
) -> None:
    """He has paid once, whether the first payment arrived or not."""

    async def lose(request: web.Request) -> web.StreamResponse:
        answer = None
        if len(gateway.requests) != 2 or after:
            answer = await gateway.hand_on(request)
        if len(gateway.requests) == 2 and request.transport is not None:
            request.transport.abort()
        return answer or web.Response()

    gateway.handlers["/paid"] = lose
    names["losing_url"] = f"{gateway.url}/paid"
    with stage.moving(PRICE_UNITS, signatures=1):
        await asyncio.to_thread(run, ASK_AGAIN, names)
    assert names["response"].status == (402 if after else 200)


async def test_a_policy_keeps_the_limit(stage: Stage, names: dict[str, Any]) -> None:
    """A wallet under it pays the cent that the shop asks for, and no 20 cents."""
    async with stage.sandbox.client() as app:
        user = await app.users.get_by_custom_auth_id("alice")
        wallet = await app.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        await asyncio.to_thread(stage.sandbox.fund, wallet.address, 1, caip2=BASE, asset="usdc")
        await asyncio.to_thread(run, POLICY, {**names, "wallet_id": wallet.id})
        await pays_a_cent_and_no_more(stage, app.for_user(stage.jwt), wallet)


async def pays_a_cent_and_no_more(stage: Stage, alice: PrivyClient, wallet: Any) -> None:
    pay = pay_with(alice, wallet, max_amount=1, networks=[BASE])
    async with ClientSession(middlewares=[pay]) as session:
        async with session.get(f"{stage.shop.url}/paid") as response:
            assert response.status == 200
        with pytest.raises(PolicyViolationError):
            await session.get(f"{stage.shop.url}/dear")


def test_the_recipe_for_hyperliquid() -> None:
    """Its lines stand in the program that is run with hyperliquid's SDK."""
    ((source, recipe),) = re.findall(r"```python\n# from (\S+)\n(.*?)```", HYPERLIQUID, re.DOTALL)
    lines = iter((ROOT / source).read_text().splitlines())
    assert [line for line in recipe.splitlines() if line and line not in lines] == []
