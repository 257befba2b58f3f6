"""Condition sets, their items, and the rules that use them.

https://docs.privy.io/api-reference/condition-sets/create and the pages beside it.
"""

from typing import Any

import attrs
import pytest
from api_client import ApiClient, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from policy_engine import OTHER, USDC, Engine, condition, rule, send

from privy_async.sandbox.records.policies import ConditionSet, ConditionSetItem

pytestmark = pytest.mark.anyio

ITEMS = "condition_set_items"


async def create(api: ApiClient, owner: EllipticCurvePrivateKey) -> dict[str, Any]:
    """Make a condition set owned by a key."""
    body = {"name": "Recipients", "owner": {"public_key": spki(owner)}}
    reply = await api.call("POST", "/v1/condition_sets", body)
    assert reply.status == 200, reply
    return dict(reply.body)


def values(*texts: str) -> list[dict[str, str]]:
    """The body that adds these values."""
    return [{"value": text} for text in texts]


async def test_the_life_of_a_condition_set(api: ApiClient) -> None:
    """A set is made with an owner, who alone renames and deletes it."""
    owner = new_key()
    made = await create(api, owner)
    assert made == {
        "id": made["id"],
        "name": "Recipients",
        "owner_id": made["owner_id"],
        "created_at": 1_800_000_000_000,
    }
    path = f"/v1/condition_sets/{made['id']}"
    assert (await api.call("PATCH", path, {"name": "Friends"})).status == 401
    renamed = await api.call("PATCH", path, {"name": "Friends"}, keys=[owner])
    assert renamed.body == {**made, "name": "Friends"}
    assert (await api.call("GET", path)).body == renamed.body
    assert (await api.call("DELETE", path)).status == 401
    assert (await api.call("DELETE", path, keys=[owner])).body == {"success": True}
    assert (await api.call("GET", path)).status == 404


async def test_the_owner_of_a_set_can_leave(api: ApiClient) -> None:
    """Once the owner is cleared the app's secret is enough."""
    owner = new_key()
    path = f"/v1/condition_sets/{(await create(api, owner))['id']}"
    cleared = await api.call("PATCH", path, {"owner_id": None}, keys=[owner])
    assert cleared.body["owner_id"] is None
    assert (await api.call("POST", f"{path}/{ITEMS}", values("a"))).status == 200


async def test_items_are_added_and_replaced(api: ApiClient) -> None:
    """POST adds and answers the new items, PUT replaces all, DELETE removes one."""
    owner = new_key()
    condition_set_id = (await create(api, owner))["id"]
    path = f"/v1/condition_sets/{condition_set_id}/{ITEMS}"
    assert (await api.call("POST", path, values("a"))).status == 401
    first = (await api.call("POST", path, values("a", "b"), keys=[owner])).body
    assert first[0] == {
        "id": first[0]["id"],
        "condition_set_id": condition_set_id,
        "value": "a",
        "created_at": 1_800_000_000_000,
    }
    second = (await api.call("POST", path, values("c"), keys=[owner])).body
    assert (await api.call("GET", path)).body["items"] == [*first, *second]
    one = f"{path}/{first[1]['id']}"
    assert (await api.call("GET", one)).body == first[1]
    assert (await api.call("DELETE", one)).status == 401
    assert (await api.call("DELETE", one, keys=[owner])).body == {"success": True}
    assert (await api.call("GET", one)).status == 404
    assert (await api.call("GET", path)).body["items"] == [first[0], *second]
    replaced = (await api.call("PUT", path, values("x"), keys=[owner])).body
    assert [item["value"] for item in replaced] == ["x"]
    assert (await api.call("GET", path)).body == {"items": replaced, "next_cursor": None}


async def test_items_are_paged_and_searched(api: ApiClient) -> None:
    """Cursor and limit walk through all items; `query` finds by a part of the value."""
    owner = new_key()
    path = f"/v1/condition_sets/{(await create(api, owner))['id']}/{ITEMS}"
    await api.call("POST", path, values(*(f"item {n}" for n in range(5))), keys=[owner])
    seen = list[str]()
    cursor = ""
    for _ in range(3):
        page = (await api.call("GET", f"{path}?limit=2{cursor}")).body
        seen += [item["value"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"item {n}" for n in range(5)]
    assert page["next_cursor"] is None
    found = (await api.call("GET", f"{path}?query=3")).body["items"]
    assert [item["value"] for item in found] == ["item 3"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner_id": "q"}, "name"),
        ({"name": "", "owner_id": "q"}, "name"),
        ({"name": "x" * 101, "owner_id": "q"}, "name"),
        ({"name": "Recipients"}, "owner"),
        ({"name": "Recipients", "owner": None}, "owner"),
        ({"name": "Recipients", "owner": {}, "owner_id": "q"}, "owner"),
    ],
)
async def test_what_a_condition_set_may_not_be(
    api: ApiClient, body: dict[str, Any], field: str
) -> None:
    """Wrong input is refused by name, and a set needs an owner."""
    reply = await api.call("POST", "/v1/condition_sets", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(f"[Input error] `{field}`: ")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"value": "a"}, "Expected an array"),
        ([], "Array must contain 1 to 100"),
        (values(*(str(n) for n in range(101))), "Array must contain 1 to 100"),
        (["a"], "`0`: "),
        ([{"value": "a"}, {}], "`1.value`: "),
        ([{"value": ""}], "`0.value`: "),
        ([{"value": 1}], "`0.value`: "),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_what_items_may_not_be(api: ApiClient, method: str, body: Any, error: str) -> None:
    """One to a hundred objects with a value, all or none of them stored."""
    owner = new_key()
    path = f"/v1/condition_sets/{(await create(api, owner))['id']}/{ITEMS}"
    reply = await api.call(method, path, body, keys=[owner])
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert error in reply.body["error"]
    assert (await api.call("GET", path)).body["items"] == []


async def test_an_update_needs_a_field(api: ApiClient) -> None:
    """An empty PATCH is refused."""
    owner = new_key()
    path = f"/v1/condition_sets/{(await create(api, owner))['id']}"
    assert (await api.call("PATCH", path, {"other": 1}, keys=[owner])).status == 400


@pytest.mark.parametrize(
    ("action", "to", "allowed"),
    [("ALLOW", USDC, True), ("ALLOW", OTHER, False), ("DENY", USDC, False), ("DENY", OTHER, True)],
)
async def test_rules_compare_with_the_set_as_it_is(action: str, to: str, allowed: bool) -> None:
    """`in_condition_set` holds for the values the set has when it is asked."""
    engine = Engine()
    item = ConditionSetItem("item", "set", USDC, 0)
    engine.state.condition_sets["set"] = ConditionSet("set", "Recipients", 0)
    compared = condition("ethereum_transaction", "to", "in_condition_set", "set")
    rules = [rule("eth_sendTransaction", compared, action=action)]
    if action == "DENY":
        rules.append(rule("eth_sendTransaction"))
    assert engine.allows(*rules, asked=send(to=to)) == (action == "DENY")
    engine.state.condition_sets["set"] = ConditionSet("set", "Recipients", 0, items=(item,))
    assert engine.allows(*rules, asked=send(to=to)) == allowed


async def test_a_set_that_is_gone_denies() -> None:
    """Without its set no rule can be decided, not even one that would only deny."""
    engine = Engine()
    engine.state.condition_sets["set"] = ConditionSet("set", "Recipients", 0)
    compared = condition("ethereum_transaction", "to", "in_condition_set", "set")
    policy = engine.policy(
        rule("eth_sendTransaction"), rule("eth_sendTransaction", compared, action="DENY")
    )
    wallet = attrs.evolve(engine.wallet, policy_ids=(policy.id,))
    assert engine.lets(wallet, send())
    del engine.state.condition_sets["set"]
    assert not engine.lets(wallet, send())
