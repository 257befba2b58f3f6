"""What an intent refuses, and what ends it."""

from typing import Any

import pytest
from api_client import ApiClient, Clock, new_key, spki
from intent_helpers import HELLO, HOURS_72, agree, fetch, now_ms, propose

pytestmark = pytest.mark.anyio

RULE = {"name": "yes", "method": "personal_sign", "conditions": [], "action": "ALLOW"}
NONE_VALID = (
    "No valid authorization signatures were provided. Your payload may be malformed or your "
    "signing keys may be incorrect or expired."
)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/wallets/{wallet}/rpc", {}, 400, "`method`: Required"),
        ("POST", "/wallets/{wallet}/rpc", {"method": "x"}, 400, "Unknown method 'x'"),
        ("POST", "/wallets/{wallet}/rpc", {"method": "getBalance"}, 501, "getBalance"),
        ("POST", "/wallets/{wallet}/rpc", [], 400, "Expected object"),
        ("POST", "/wallets/nothing/rpc", HELLO, 404, "Wallet not found"),
        ("POST", "/wallets/{ownerless}/rpc", HELLO, 400, "no owner"),
        ("POST", "/wallets/{wallet}/transfer", {}, 400, "`source`: Required"),
        ("PATCH", "/wallets/{wallet}", {"policy_ids": ["x"]}, 404, "Policy not found"),
        ("PATCH", "/wallets/{ownerless}", {}, 400, "no owner"),
        ("PATCH", "/policies/{policy}", {"rules": [{}]}, 400, "Required"),
        ("PATCH", "/policies/nothing", {}, 404, "Policy not found"),
        ("POST", "/policies/{policy}/rules", {}, 400, "Required"),
        ("PATCH", "/policies/{policy}/rules/nothing", RULE, 404, "Rule not found"),
        ("DELETE", "/policies/{policy}/rules/nothing", None, 404, "Rule not found"),
        ("PATCH", "/key_quorums/{quorum}", {"authorization_threshold": 9}, 400, "less than"),
        ("PATCH", "/key_quorums/nothing", {}, 404, "Key quorum not found"),
    ],
)
async def test_what_cannot_be_proposed(
    api: ApiClient, method: str, path: str, body: Any, status: int, error: str
) -> None:
    """What a direct request would refuse, and what nobody could authorize."""
    owner = {"public_key": spki(new_key())}
    policy = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": []}
    ids = {
        "wallet": (await api.create_wallet(owner=owner))["id"],
        "ownerless": (await api.create_wallet())["id"],
        "policy": (await api.call("POST", "/v1/policies", {**policy, "owner": owner})).body["id"],
        "quorum": await api.create_quorum(public_keys=[spki(new_key())]),
    }
    arguments = (method, "/v1/intents" + path.format_map(ids), *(() if body is None else (body,)))
    reply = await api.call(*arguments)
    assert reply.status == status
    assert error in reply.body["error"]
    assert not api.sandbox.state.intents


@pytest.mark.parametrize(
    ("expiry", "code"), [("1", "request_expired"), ("soon", "invalid_data"), ("", "invalid_data")]
)
async def test_an_expiry_that_cannot_be(api: ApiClient, expiry: str, code: str) -> None:
    """A proposal that has expired already, or never can, is refused."""
    wallet = await api.create_wallet(owner={"public_key": spki(new_key())})
    headers = {"privy-request-expiry": expiry}
    path = f"/v1/intents/wallets/{wallet['id']}/rpc"
    reply = await api.call("POST", path, HELLO, headers=headers)
    assert (reply.status, reply.body["code"]) == (400, code)


async def test_signatures_of_nobody(api: ApiClient) -> None:
    """A stranger's, and an owner's over anything but the proposed request, count for nothing."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    url = f"{api.url}/v1/intents/{intent['intent_id']}/authorize"
    replies = [
        await agree(api, intent, new_key()),
        await agree(api, intent, key, body={**HELLO, "method": "eth_sendTransaction"}),
        await agree(api, intent, key, url=url),
        await agree(api, intent, key, method="PATCH"),
        await agree(api, intent, key, headers={"privy-app-id": "other"}),
    ]
    assert [reply.status for reply in replies] == [401] * len(replies)
    assert {reply.body["error"] for reply in replies} == {NONE_VALID}
    expected = api.sandbox.log[-1].expected_payload
    assert expected is not None
    assert f'"url":"{api.url}/v1/wallets/{wallet["id"]}/rpc"' in expected
    assert (await fetch(api, intent))["status"] == "pending"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"signature": None}, "`signature`: Required"),
        ({"signature": 5}, "`signature`: Expected string"),
        ({"timestamp": None}, "`timestamp`: Required"),
        ({"timestamp": "now"}, "`timestamp`: Expected integer"),
        ({"timestamp": 1_800_000_000_000 + 300_001}, "five minutes"),
        ({"timestamp": 1_800_000_000_000 - 300_001}, "five minutes"),
    ],
)
async def test_malformed_authorizations(
    api: ApiClient, changes: dict[str, Any], problem: str
) -> None:
    """Signature and timestamp are needed, and the time must be about now."""
    wallet = await api.create_wallet(owner={"public_key": spki(new_key())})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    body = {"signature": "MEUC", "timestamp": now_ms(api), **changes}
    reply = await api.call("POST", f"/v1/intents/{intent['intent_id']}/authorize", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert problem in reply.body["error"]


@pytest.mark.parametrize("signature", ["", "no base64", "AAAA", "MEUC", "ä"])
async def test_signatures_that_are_none(api: ApiClient, signature: str) -> None:
    """Texts that are no signature count for nothing."""
    wallet = await api.create_wallet(owner={"public_key": spki(new_key())})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    body = {"signature": signature, "timestamp": now_ms(api)}
    reply = await api.call("POST", f"/v1/intents/{intent['intent_id']}/authorize", body)
    assert reply.status == 401


async def test_a_member_counts_once(api: ApiClient) -> None:
    """A key, and a user with whichever keys, cannot agree twice."""
    key = new_key()
    user_id = await api.create_user("alice")
    owner = await api.create_quorum(
        public_keys=[spki(key)], user_ids=[user_id], authorization_threshold=2
    )
    wallet = await api.create_wallet(owner_id=owner)
    for pair in ((key, key), (await api.exchange("alice"), await api.exchange("alice"))):
        intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
        assert (await agree(api, intent, pair[0])).body["status"] == "pending"
        again = await agree(api, intent, pair[1])
        assert (again.status, again.body["code"]) == (400, "invalid_data")
        assert "already authorized" in again.body["error"]


async def test_a_users_key_must_live_when_it_signs(api: ApiClient, clock: Clock) -> None:
    """A signature from before the key expired counts after it, a later one does not."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    key = await api.exchange("alice")
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    clock.now += 3600
    late = await agree(api, intent, key)
    assert (late.status, late.body["code"]) == (401, "user_session_keys_expired")
    assert (await agree(api, intent, key, timestamp=now_ms(api) - 1)).status == 200


async def test_an_intent_expires(api: ApiClient, clock: Clock) -> None:
    """After 72 hours it can neither be authorized nor rejected."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    clock.now += HOURS_72 / 1000 - 1
    assert (await fetch(api, intent))["status"] == "pending"
    clock.now += 1
    assert (await fetch(api, intent))["status"] == "expired"
    await refused_as(api, intent, key, "expired")


async def refused_as(api: ApiClient, intent: dict[str, Any], key: Any, status: str) -> None:
    """Neither authorizing nor rejecting changes the intent any more."""
    before = await fetch(api, intent)
    rejection = await api.call("POST", f"/v1/intents/{intent['intent_id']}/reject")
    for reply in (await agree(api, intent, key), rejection):
        assert (reply.status, reply.body["code"]) == (400, "invalid_data")
        assert reply.body["error"].endswith(f"this one is {status}")
    assert await fetch(api, intent) == before


async def test_a_rejected_intent_is_off(api: ApiClient) -> None:
    """The app's secret rejects what is pending, for good."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    rejected = (await api.call("POST", f"/v1/intents/{intent['intent_id']}/reject")).body
    assert (rejected["status"], rejected["rejected_at"]) == ("rejected", now_ms(api))
    await refused_as(api, intent, key, "rejected")


async def test_an_executed_intent_is_over(api: ApiClient) -> None:
    """It is neither executed again nor rejected."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    await agree(api, intent, key)
    await refused_as(api, intent, key, "executed")


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("PATCH", "/v1/wallets/{wallet}", {"display_name": "x"}, "The wallet was updated"),
        ("POST", "/v1/wallets/{wallet}/archive", {}, "The wallet was archived"),
        ("PATCH", "/v1/policies/{policy}", {"name": "x"}, "The policy was updated"),
        ("POST", "/v1/policies/{policy}/rules", RULE, "The policy was updated"),
        ("DELETE", "/v1/policies/{policy}", {}, "The policy was deleted"),
        ("PATCH", "/v1/key_quorums/{quorum}", {"display_name": "x"}, "The key quorum was updated"),
        ("DELETE", "/v1/key_quorums/{quorum}", {}, "The key quorum was deleted"),
    ],
)
async def test_a_change_of_the_resource_dismisses_its_intents(
    api: ApiClient, method: str, path: str, body: dict[str, Any], reason: str
) -> None:
    """What was proposed for the resource as it was is off; other resources' intents stay."""
    key = new_key()
    owner = {"public_key": spki(key)}
    policy = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [], "owner": owner}
    ids = {
        "wallet": (await api.create_wallet(owner=owner))["id"],
        "policy": (await api.call("POST", "/v1/policies", policy)).body["id"],
        "quorum": await api.create_quorum(public_keys=[spki(key)]),
    }
    intents = {
        "wallet": [
            await propose(api, f"/wallets/{ids['wallet']}/rpc"),
            await propose(api, f"/wallets/{ids['wallet']}", {}, method="PATCH"),
        ],
        "policy": [
            await propose(api, f"/policies/{ids['policy']}", {}, method="PATCH"),
            await propose(api, f"/policies/{ids['policy']}/rules", RULE),
        ],
        "quorum": [await propose(api, f"/key_quorums/{ids['quorum']}", {}, method="PATCH")],
    }
    assert (await api.call(method, path.format_map(ids), body, keys=[key])).status == 200
    changed = next(name for name in intents if f"{{{name}}}" in path)
    for name, proposed in intents.items():
        for intent in proposed:
            now = await fetch(api, intent)
            assert now["status"] == ("dismissed" if name == changed else "pending")
            if name == changed:
                assert (now["dismissed_at"], now["dismissal_reason"]) == (now_ms(api), reason)
                await refused_as(api, intent, key, "dismissed")


async def test_an_executed_change_dismisses_the_others(api: ApiClient) -> None:
    """The intent that changes the wallet is executed, what else was proposed for it is off."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    change = await propose(api, f"/wallets/{wallet['id']}", {"display_name": "x"}, method="PATCH")
    other = await propose(api, f"/wallets/{wallet['id']}/rpc")
    assert (await agree(api, change, key)).body["status"] == "executed"
    assert (await fetch(api, other))["status"] == "dismissed"


async def test_unknown_intents_are_404(api: ApiClient) -> None:
    """So it is with each operation."""
    calls = [("GET", ""), ("POST", "/authorize"), ("POST", "/reject")]
    replies = [await api.call(method, f"/v1/intents/nothing{path}") for method, path in calls]
    assert [reply.status for reply in replies] == [404] * 3
