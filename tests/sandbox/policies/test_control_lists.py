"""Lists of what controls wallets: policies, key quorums and condition sets, read by the SDK."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from privy_async import AuthorizationKey, PrivyClient
from privy_async.resources.controls.policy_values import PolicySummary
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def privy(anyio_backend: str) -> AsyncIterator[PrivyClient]:
    """The SDK's client of a sandbox."""
    async with Sandbox() as sandbox, sandbox.client() as client:
        yield client


async def listed(pager: Any) -> list[Any]:
    """Everything on every page."""
    return [item async for item in pager]


async def test_policies(privy: PrivyClient) -> None:
    """Page by page, oldest first, and without their rules."""
    rule: Any = {"name": "r", "method": "*", "conditions": [], "action": "ALLOW"}
    made = [
        await privy.policies.create(name=name, chain_type="ethereum", rules=[rule])
        for name in "abcde"
    ]
    for limit in (1, 2, 100):
        found = await listed(privy.policies.list(limit=limit))
        assert [each.id for each in found] == [each.id for each in made]
    assert all(type(each) is PolicySummary and each.extra == {} for each in found)
    assert found[0] == PolicySummary(
        id=made[0].id,
        version="1.0",
        name="a",
        chain_type="ethereum",
        created_at=made[0].created_at,
        owner_id=None,
    )


async def test_key_quorums(privy: PrivyClient) -> None:
    """With the members of each; those that stand for a single owner are among them."""
    owner: Any = {"public_key": AuthorizationKey.generate().public_key}
    wallet = await privy.wallets.create(chain_type="ethereum", owner=owner)
    made = [await privy.key_quorums.create(public_keys=[owner["public_key"]]) for _ in range(3)]
    found = await listed(privy.key_quorums.list(limit=2))
    assert [each.id for each in found] == [wallet.owner_id, *(each.id for each in made)]
    assert found[1:] == made


async def test_condition_sets(privy: PrivyClient) -> None:
    """Each as it was made, without its items."""
    owner: Any = {"public_key": AuthorizationKey.generate().public_key}
    made = [await privy.condition_sets.create(name=name, owner=owner) for name in "abc"]
    assert await listed(privy.condition_sets.list(limit=1)) == made


async def test_nothing_yet(privy: PrivyClient) -> None:
    """An app without any has empty lists."""
    for pager in (privy.policies.list(), privy.key_quorums.list(), privy.condition_sets.list()):
        assert await listed(pager) == []
