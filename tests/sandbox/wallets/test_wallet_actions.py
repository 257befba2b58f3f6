"""Actions of wallets: listed by wallet, and found again by the reference they were begun with."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from privy_async import BadRequestError, PrivyClient
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5A" * 20


@pytest.fixture
async def privy(anyio_backend: str) -> AsyncIterator[PrivyClient]:
    """The SDK's client of a sandbox."""
    async with Sandbox() as sandbox, sandbox.client() as client:
        yield client


async def pay(privy: PrivyClient, wallet_id: str, **more: Any) -> str:
    """Transfer something, and return the action's id."""
    action = await privy.wallets.transfer(
        wallet_id,
        source={"chain": "base", "asset": "eth"},
        destination={"address": RECEIVER},
        amount="0.001",
        **more,
    )
    return action.id


async def test_by_wallet(privy: PrivyClient) -> None:
    """Newest first, page by page, and each wallet's own alone."""
    wallets = [await privy.wallets.create(chain_type="ethereum") for _ in range(2)]
    made = [await pay(privy, wallets[0].id) for _ in range(3)]
    other = await pay(privy, wallets[1].id)
    for limit in (1, 2, None):
        pager = privy.wallets.actions.list(wallets[0].id, limit=limit)
        assert [each.id async for each in pager] == made[::-1]
    pager = privy.wallets.actions.list(wallets[1].id)
    assert [each.id async for each in pager] == [other]


async def test_by_kind(privy: PrivyClient) -> None:
    """The sandbox has transfers alone; what Privy does not know is no kind."""
    wallet = await privy.wallets.create(chain_type="ethereum")
    made = await pay(privy, wallet.id)
    kinds: Any = {"transfer": [made], "swap": []}
    for kind, expected in kinds.items():
        pager = privy.wallets.actions.list(wallet.id, type=kind)
        assert [each.id async for each in pager] == expected
    wrong: Any = "anything"
    with pytest.raises(BadRequestError, match="type"):
        [each async for each in privy.wallets.actions.list(wallet.id, type=wrong)]


async def test_by_reference(privy: PrivyClient) -> None:
    """So one learns what came of a call whose answer was lost: nothing, or this."""
    wallets = [await privy.wallets.create(chain_type="ethereum") for _ in range(2)]
    assert await privy.wallets.actions.get_by_reference_id("order-1") == ()
    made = [await pay(privy, wallet.id, reference_id="order-1") for wallet in wallets]
    await pay(privy, wallets[0].id, reference_id="order-2")
    await pay(privy, wallets[0].id)
    found = await privy.wallets.actions.get_by_reference_id("order-1")
    assert [each.id for each in found] == made
    with_steps = await privy.wallets.actions.get_by_reference_id("order-1", include="steps")
    assert all(each.steps for each in with_steps)
    for wrong in ("", "x" * 65):
        with pytest.raises(BadRequestError, match="reference_id"):
            await privy.wallets.actions.get_by_reference_id(wrong)


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("usd", {"USDC"}),
        ("USDC", {"USDC"}),
        ("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", {"USDC"}),
        ("sol", {"SOL"}),
        ("po", {"POL"}),
        ("doubloon", set()),
    ],
)
async def test_what_can_be_paid_in(privy: PrivyClient, query: str, symbols: set[str]) -> None:
    """By a part of the symbol or by an address, and every chain that is named is described."""
    found = await privy.wallets.deposit_accounts.crypto.search_config(query)
    assert {each.symbol for each in found.currencies} == symbols
    places = [place for each in found.currencies for place in each.chains]
    assert {place.caip2 for place in places} == {chain.caip2 for chain in found.chains.values()}
    if query.startswith("0x"):
        assert [place.caip2 for place in places] == ["eip155:8453"]
