"""Listing intents: filters, order and pages."""

from typing import Any

import pytest
from api_client import ApiClient, Clock, new_key, spki
from intent_helpers import agree, propose

pytestmark = pytest.mark.anyio


async def listed(api: ApiClient, **query: str) -> list[str]:
    """The ids of the intents that pass the filters."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    reply = await api.call("GET", f"/v1/intents?{text}")
    assert reply.status == 200, reply
    return [intent["intent_id"] for intent in reply.body["data"]]


async def test_the_newest_come_first_in_pages(api: ApiClient) -> None:
    """Every intent comes once, even if all are of the same millisecond."""
    wallet = await api.create_wallet(owner={"public_key": spki(new_key())})
    path = f"/wallets/{wallet['id']}/rpc"
    made = [(await propose(api, path))["intent_id"] for _ in range(5)]
    found, cursor = list[str](), ""
    for size in (2, 2, 1):
        page = (await api.call("GET", f"/v1/intents?limit=2{cursor}")).body
        assert len(page["data"]) == size
        found += [intent["intent_id"] for intent in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert found == made[::-1]


async def test_orders(api: ApiClient, clock: Clock) -> None:
    """By creation, by the last change, or by what expires first."""
    keys = [new_key(), new_key()]
    owner = await api.create_quorum(public_keys=[spki(key) for key in keys])
    path = f"/wallets/{(await api.create_wallet(owner_id=owner))['id']}/rpc"
    first = await propose(api, path)
    clock.now += 1
    headers = {"privy-request-expiry": str(first["expires_at"] - 1)}
    second = await propose(api, path, headers=headers)
    clock.now += 1
    await agree(api, first, keys[0])
    old, new = first["intent_id"], second["intent_id"]
    assert await listed(api) == await listed(api, sort_by="created_at_desc") == [new, old]
    assert await listed(api, sort_by="updated_at_desc") == [old, new]
    assert await listed(api, sort_by="expires_at_asc") == [new, old]


async def prepared(api: ApiClient) -> dict[str, Any]:
    """Intents of two kinds, of three statuses, and who is to agree."""
    key, user_id = new_key(), await api.create_user("alice")
    nested = await api.create_quorum(public_keys=[spki(new_key())])
    board = await api.create_quorum(user_ids=[user_id], key_quorum_ids=[nested])
    wallet = await api.create_wallet(owner_id=board)
    other = await api.create_wallet(owner={"public_key": spki(key)})
    waiting = await propose(api, f"/wallets/{wallet['id']}/rpc")
    agreed = await propose(api, f"/wallets/{wallet['id']}/rpc")
    assert (await agree(api, agreed, await api.exchange("alice"))).status == 200
    done = await propose(api, f"/wallets/{other['id']}", {}, method="PATCH")
    assert (await agree(api, done, key)).body["status"] == "executed"
    gone = await propose(api, f"/wallets/{other['id']}/rpc")
    assert (await api.call("POST", f"/v1/intents/{gone['intent_id']}/reject")).status == 200
    names = {"waiting": waiting, "agreed": agreed, "done": done, "gone": gone}
    ids = {name: intent["intent_id"] for name, intent in names.items()}
    return {**ids, "user": user_id, "board": board, "nested": nested, "wallet": wallet["id"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "pending"}, {"waiting", "agreed"}),
        ({"status": "executed"}, {"done"}),
        ({"status": "rejected"}, {"gone"}),
        ({"status": "expired"}, set()),
        ({"intent_type": "RPC"}, {"waiting", "agreed", "gone"}),
        ({"intent_type": "WALLET", "status": "executed"}, {"done"}),
        ({"intent_type": "WALLET", "status": "pending"}, set()),
        ({"resource_id": "{wallet}"}, {"waiting", "agreed"}),
        ({"resource_id": "nothing"}, set()),
        ({"pending_member_id": "{user}"}, {"waiting"}),
        ({"pending_member_id": "{nested}"}, {"waiting", "agreed"}),
        ({"pending_member_id": "{board}"}, {"waiting", "agreed"}),
        ({"pending_member_id": "nobody"}, set()),
        ({"created_by_id": "{user}"}, set()),
        ({"current_user_has_signed": "true"}, set()),
        ({"current_user_has_signed": "false"}, {"waiting", "agreed", "done", "gone"}),
        ({}, {"waiting", "agreed", "done", "gone"}),
    ],
)
async def test_filters(api: ApiClient, query: dict[str, str], expected: set[str]) -> None:
    """An intent is listed if it passes every filter."""
    ids = await prepared(api)
    found = await listed(api, **{name: text.format_map(ids) for name, text in query.items()})
    assert set(found) == {ids[name] for name in expected}


async def test_what_has_expired_is_no_longer_pending(api: ApiClient, clock: Clock) -> None:
    """Time alone moves an intent from one filter to the other."""
    ids = await prepared(api)
    clock.now += 72 * 60 * 60
    assert await listed(api, status="pending") == []
    assert await listed(api, pending_member_id=ids["user"]) == []
    assert set(await listed(api, status="expired")) == {ids["waiting"], ids["agreed"]}


@pytest.mark.parametrize(
    "query",
    [
        "status=granted",
        "intent_type=rpc",
        "sort_by=id",
        "current_user_has_signed=yes",
        "limit=0",
        "limit=101",
        "cursor=nothing",
    ],
)
async def test_unknown_filters_are_refused(api: ApiClient, query: str) -> None:
    """What is not among the values of a filter is 400, not an empty list."""
    reply = await api.call("GET", f"/v1/intents?{query}")
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
