"""Intents: proposed with the app's secret, executed once the threshold is reached."""

import asyncio
from typing import Any

import pytest
from api_client import ApiClient, Clock, new_key, sign, spki
from chain_helpers import ether
from eth_account import Account
from eth_account.messages import encode_defunct
from intent_helpers import HELLO, HOURS_72, agree, fetch, now_ms, payload_of, propose

pytestmark = pytest.mark.anyio

RECEIVER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DENY = {"name": "no", "method": "personal_sign", "conditions": [], "action": "DENY"}
ALLOW = {"name": "yes", "method": "personal_sign", "conditions": [], "action": "ALLOW"}


async def create_policy(api: ApiClient, **fields: Any) -> dict[str, Any]:
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [ALLOW], **fields}
    reply = await api.call("POST", "/v1/policies", body)
    assert reply.status == 200, reply
    return dict(reply.body)


async def test_a_proposal_waits_and_says_for_whom(api: ApiClient) -> None:
    """It is pending for 72 hours, with the request, the wallet, and the members who may agree."""
    key = new_key()
    user_id = await api.create_user("alice")
    nested = await api.create_quorum(public_keys=[spki(key)], display_name="inner")
    owner = await api.create_quorum(user_ids=[user_id], key_quorum_ids=[nested])
    wallet = await api.create_wallet(owner_id=owner)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    assert intent == {
        "intent_id": intent["intent_id"],
        "intent_type": "RPC",
        "status": "pending",
        "created_by_display_name": "App secret",
        "created_at": now_ms(api),
        "expires_at": now_ms(api) + HOURS_72,
        "custom_expiry": False,
        "resource_id": wallet["id"],
        "request_details": {
            "method": "POST",
            "url": f"{api.url}/v1/wallets/{wallet['id']}/rpc",
            "body": HELLO,
        },
        "authorization_details": [
            {
                "threshold": 2,
                "members": [
                    {"type": "user", "user_id": user_id, "signed_at": None},
                    {
                        "type": "key_quorum",
                        "key_quorum_id": nested,
                        "display_name": "inner",
                        "threshold": 1,
                        "threshold_met": False,
                        "members": [{"type": "key", "public_key": spki(key), "signed_at": None}],
                    },
                ],
            }
        ],
        "current_resource_data": wallet,
    }
    assert await fetch(api, intent) == intent


async def test_the_threshold_executes(api: ApiClient) -> None:
    """With one of two it waits and says who agreed; with the second the wallet signs, once."""
    keys = [new_key(), new_key(), new_key()]
    owner = await api.create_quorum(
        public_keys=[spki(key) for key in keys], authorization_threshold=2, display_name="board"
    )
    wallet = await api.create_wallet(owner_id=owner)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    first = (await agree(api, intent, keys[2])).body
    assert first["status"] == "pending"
    [details] = first["authorization_details"]
    assert [each["signed_at"] for each in details["members"]] == [None, None, now_ms(api)]
    second = (await agree(api, intent, keys[0])).body
    assert second["status"] == "executed"
    result = second["action_result"]
    signature = result["response_body"]["data"]["signature"]
    recovered = Account.recover_message(encode_defunct(text="hello"), signature=signature)
    assert recovered == wallet["address"]
    assert result == {
        "status_code": 200,
        "executed_at": now_ms(api),
        "authorized_by_id": owner,
        "authorized_by_display_name": "board",
        "response_body": {
            "method": "personal_sign",
            "data": {"signature": signature, "encoding": "hex"},
        },
    }
    assert await fetch(api, intent) == second


async def test_a_nested_quorum_counts_once(api: ApiClient) -> None:
    """Two agreements within a nested quorum are one; the threshold of two needs another."""
    inner, outer = [new_key(), new_key()], new_key()
    nested = await api.create_quorum(
        public_keys=[spki(key) for key in inner], authorization_threshold=1
    )
    owner = await api.create_quorum(public_keys=[spki(outer)], key_quorum_ids=[nested])
    wallet = await api.create_wallet(owner_id=owner)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    for key in inner:
        reply = (await agree(api, intent, key)).body
        assert reply["status"] == "pending"
    assert reply["authorization_details"][0]["members"][1]["threshold_met"] is True
    assert (await agree(api, intent, outer)).body["status"] == "executed"


async def test_an_additional_signer_authorizes_use_but_not_change(api: ApiClient) -> None:
    """An RPC intent may be a signer's, a change of the wallet only its owner's."""
    owner, signer = new_key(), new_key()
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    wallet = await api.create_wallet(
        owner={"public_key": spki(owner)}, additional_signers=[{"signer_id": signer_id}]
    )
    path = f"/wallets/{wallet['id']}"
    use = await propose(api, f"{path}/rpc")
    assert len(use["authorization_details"]) == 2
    change = await propose(api, path, {"display_name": "x"}, method="PATCH")
    assert len(change["authorization_details"]) == 1
    executed = (await agree(api, use, signer)).body
    assert executed["action_result"]["authorized_by_id"] == signer_id
    assert (await agree(api, change, signer)).status == 401
    assert (await agree(api, change, owner)).body["status"] == "executed"


async def test_a_wallet_intent_changes_the_wallet(api: ApiClient) -> None:
    """The result holds the wallet before and after; the intent shows it as it is now."""
    key, next_key = new_key(), new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)}, external_id="w-1")
    body = {"owner": {"public_key": spki(next_key)}, "display_name": "theirs"}
    intent = await propose(api, "/wallets/ext_wal_w-1", body, method="PATCH")
    assert intent["request_details"]["url"] == f"{api.url}/v1/wallets/{wallet['id']}"
    done = (await agree(api, intent, key)).body
    after = (await api.call("GET", f"/v1/wallets/{wallet['id']}")).body
    assert after["display_name"] == "theirs"
    assert done["action_result"]["prior_state"] == wallet
    assert done["action_result"]["response_body"] == done["current_resource_data"] == after
    assert (await api.personal_sign(wallet["id"], key)).status == 401
    assert (await api.personal_sign(wallet["id"], next_key)).status == 200


async def test_a_policy_intent_changes_the_policy(api: ApiClient) -> None:
    """Its rules are replaced, as with a direct change."""
    key = new_key()
    policy = await create_policy(api, owner={"public_key": spki(key)})
    intent = await propose(
        api, f"/policies/{policy['id']}", {"name": "q", "rules": [DENY]}, method="PATCH"
    )
    assert intent["current_resource_data"] == policy
    done = (await agree(api, intent, key)).body
    assert (done["intent_type"], done["status"]) == ("POLICY", "executed")
    assert done["action_result"]["prior_state"] == policy
    after = (await api.call("GET", f"/v1/policies/{policy['id']}")).body
    assert (after["name"], [rule["action"] for rule in after["rules"]]) == ("q", ["DENY"])


async def test_rule_intents(api: ApiClient) -> None:
    """A rule is made, changed and deleted by intents that show it and the policy around it."""
    key = new_key()
    policy = await create_policy(api, owner={"public_key": spki(key)}, rules=[])
    rules = f"/policies/{policy['id']}/rules"
    creation = await propose(api, rules, ALLOW)
    assert creation["policy"] == policy
    assert "current_resource_data" not in creation
    made = (await agree(api, creation, key)).body["action_result"]
    rule = made["response_body"]
    assert "prior_state" not in made
    change = await propose(api, f"{rules}/{rule['id']}", DENY, method="PATCH")
    assert change["current_resource_data"] == rule
    changed = (await agree(api, change, key)).body["action_result"]
    assert changed["prior_state"] == rule
    assert changed["response_body"]["action"] == "DENY"
    deletion = await propose(api, f"{rules}/{rule['id']}", None, method="DELETE")
    assert deletion["request_details"]["body"] == {}
    deleted = (await agree(api, deletion, key)).body
    assert {creation["intent_type"], change["intent_type"], deleted["intent_type"]} == {"RULE"}
    assert deleted["action_result"]["response_body"] == {"success": True}
    assert deleted["action_result"]["prior_state"] == changed["response_body"]
    assert deleted["policy"]["rules"] == []
    assert "current_resource_data" not in deleted


async def test_a_key_quorum_intent_changes_the_quorum(api: ApiClient) -> None:
    """Its members agree to be replaced."""
    keys, next_key = [new_key(), new_key()], new_key()
    quorum = await api.create_quorum(public_keys=[spki(key) for key in keys])
    body = {"public_keys": [spki(next_key)], "authorization_threshold": 1}
    intent = await propose(api, f"/key_quorums/{quorum}", body, method="PATCH")
    assert (await agree(api, intent, keys[0])).body["status"] == "pending"
    done = (await agree(api, intent, keys[1])).body
    assert (done["intent_type"], done["status"]) == ("KEY_QUORUM", "executed")
    [member] = done["current_resource_data"]["authorization_keys"]
    assert member["public_key"] == spki(next_key)
    assert len(done["action_result"]["prior_state"]["authorization_keys"]) == 2


async def test_a_sent_transaction_moves_money_once(api: ApiClient) -> None:
    """The chain has the transaction whose hash stands in the result."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    before = await ether(api, RECEIVER)
    body = {
        "method": "eth_sendTransaction",
        "caip2": "eip155:8453",
        "params": {"transaction": {"to": RECEIVER, "value": 10**15}},
    }
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc", body)
    assert await ether(api, RECEIVER) == before
    done = (await agree(api, intent, key)).body
    assert done["status"] == "executed"
    data = done["action_result"]["response_body"]["data"]
    transaction = api.sandbox.state.transactions[data["transaction_id"]]
    assert transaction.transaction_hash == data["hash"]
    assert (await agree(api, intent, key)).status == 400
    assert await ether(api, RECEIVER) == before + 10**15


async def test_two_who_agree_at_once_execute_once(api: ApiClient) -> None:
    """While the request runs nobody else can authorize it."""
    keys = [new_key(), new_key()]
    owner = await api.create_quorum(
        public_keys=[spki(key) for key in keys], authorization_threshold=1
    )
    wallet = await api.create_wallet(owner_id=owner)
    body = {
        "method": "eth_sendTransaction",
        "caip2": "eip155:8453",
        "params": {"transaction": {"to": RECEIVER, "value": 1}},
    }
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc", body)
    replies = await asyncio.gather(*(agree(api, intent, key) for key in keys))
    assert sorted(reply.status for reply in replies) == [200, 400]
    refusal = next(reply for reply in replies if reply.status == 400)
    assert refusal.body["error"].endswith("this one is processing")
    assert len(api.sandbox.state.transactions) == 1


async def test_a_transfer_intent(api: ApiClient) -> None:
    """The result is the wallet action, which can be asked for."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    body = {
        "source": {"chain": "base", "asset": "eth"},
        "amount": "0.5",
        "destination": {"address": RECEIVER},
    }
    before = await ether(api, RECEIVER)
    intent = await propose(api, f"/wallets/{wallet['id']}/transfer", body)
    done = (await agree(api, intent, key)).body
    assert (done["intent_type"], done["status"]) == ("TRANSFER", "executed")
    action = done["action_result"]["response_body"]
    path = f"/v1/wallets/{wallet['id']}/actions/{action['id']}"
    assert (await api.call("GET", path)).body["source_amount"] == "0.5"
    assert await ether(api, RECEIVER) == before + 5 * 10**17


async def test_policies_apply(api: ApiClient) -> None:
    """What the policy denies fails, with the refusal as the result; nothing is signed."""
    key = new_key()
    policy = await create_policy(api, rules=[DENY])
    wallet = await api.create_wallet(owner={"public_key": spki(key)}, policy_ids=[policy["id"]])
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    reply = await agree(api, intent, key)
    assert (reply.status, reply.body["status"]) == (200, "failed")
    result = reply.body["action_result"]
    assert result["status_code"] == 400
    assert result["response_body"] == {
        "error": "RPC request denied due to policy violation",
        "code": "policy_violation",
    }
    assert (await agree(api, intent, key)).status == 400


async def test_an_override_policy_decides_for_its_signer(api: ApiClient) -> None:
    """The quorum that agreed counts as who asks: the signer's own policy allows or denies."""
    owner, signer = new_key(), new_key()
    deny = await create_policy(api, rules=[DENY])
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    wallet = await api.create_wallet(
        owner={"public_key": spki(owner)},
        additional_signers=[{"signer_id": signer_id, "override_policy_ids": [deny["id"]]}],
    )
    for key, status in ((signer, "failed"), (owner, "executed")):
        intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
        assert (await agree(api, intent, key)).body["status"] == status


async def test_a_user_agrees_with_the_key_of_the_token(api: ApiClient) -> None:
    """Any of the user's keys agrees for the user, who counts once."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    done = (await agree(api, intent, await api.exchange("alice"))).body
    assert done["status"] == "executed"
    [member] = done["authorization_details"][0]["members"]
    assert member == {"type": "user", "user_id": user_id, "signed_at": now_ms(api)}


async def test_the_proposers_expiry_is_signed_too(api: ApiClient, clock: Clock) -> None:
    """`privy-request-expiry` ends the intent, and stands in the signed headers."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    expiry = now_ms(api) + 60_000
    headers = {"privy-request-expiry": str(expiry)}
    path = f"/wallets/{wallet['id']}/rpc"
    intent = await propose(api, path, headers=headers)
    assert (intent["expires_at"], intent["custom_expiry"]) == (expiry, True)
    without = {"privy-app-id": api.sandbox.app_id}
    assert (await agree(api, intent, key, headers=without)).status == 401
    assert (await agree(api, intent, key)).body["status"] == "executed"
    late = await propose(api, path, headers=headers)
    clock.now += 60
    assert (await fetch(api, late))["status"] == "expired"


async def test_the_id_and_time_may_be_signed_with_the_request(api: ApiClient) -> None:
    """The other form in use adds the intent's id and the timestamp, which then must be right."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/wallets/{wallet['id']}/rpc"
    intent, other = await propose(api, path), await propose(api, path)
    at = now_ms(api)
    more = {"intent_id": intent["intent_id"], "timestamp": at}
    payload = {**payload_of(api, intent), **more}
    for intent_id, timestamp, status in (
        (other["intent_id"], at, 401),
        (intent["intent_id"], at + 1, 401),
        (intent["intent_id"], at, 200),
    ):
        body = {"signature": sign(key, payload), "timestamp": timestamp}
        reply = await api.call("POST", f"/v1/intents/{intent_id}/authorize", body)
        assert reply.status == status
