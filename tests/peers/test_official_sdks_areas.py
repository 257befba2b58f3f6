"""The official Python and Node SDKs, unmodified, area by area and for each kind of owner."""

from typing import Any

import pytest
from official_sdk import RECEIVER, TEST_ACCOUNTS, Run, signer_of

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(120)]

OWNED = ("user", "key", "quorum")
ALL = (*OWNED, "ownerless")
DENIED = {
    "error": "RPC request denied due to policy violation",
    "code": "policy_violation",
}


@pytest.mark.parametrize("kind", ALL)
def test_policies(areas: Run, kind: str) -> None:
    """A policy and its rules live and die by their owner's signature, and bind a wallet."""
    scene = areas.scene("policies")[kind]
    assert signer_of("hello", scene["allowed"]["signature"]) == scene["wallet"]["address"]
    assert scene["denied"] == {"class": "BadRequestError", "status": 400, "body": DENIED}
    assert scene["changed"]["action"] == "DENY"
    assert (scene["updated"]["name"], scene["updated"]["rules"]) == ("second", [])
    assert scene["deleted"] == {"success": True}
    assert scene["gone"]["class"] == "NotFoundError"
    if kind == "ownerless":
        assert scene["unsigned"] is None
    else:
        assert scene["unsigned"]["status"] == 401


@pytest.mark.parametrize("kind", OWNED)
def test_intents(areas: Run, kind: str) -> None:
    """Proposed, authorized over the payload of the SDK's own helpers, executed; or rejected."""
    scene = areas.scene("intents")[kind]
    assert (scene["proposed"]["status"], scene["proposed"]["custom_expiry"]) == ("pending", True)
    [details] = scene["rpc"]["authorization_details"]
    signed = [member for member in details["members"] if member["signed_at"] is not None]
    assert len(signed) == details["threshold"]
    result = scene["rpc"]["action_result"]
    signature = result["response_body"]["data"]["signature"]
    assert signer_of("by intent", signature) == scene["wallet"]["address"]
    assert scene["statuses"] == ["executed", "rejected", "executed"]
    assert scene["wallet"]["display_name"] == "ours"
    assert scene["fetched"]["action_result"]["prior_state"]["display_name"] is None
    assert scene["late"]["code"] == "invalid_data"


def test_policy_and_quorum_intents(areas: Run) -> None:
    """Rules, a policy and a key quorum change by intents."""
    scene = areas.scene("policy_intents")
    assert {intent["status"] for intent in scene.values()} == {"executed"}
    rule = scene["created"]["action_result"]["response_body"]
    assert scene["updated"]["action_result"]["prior_state"] == rule
    assert scene["deleted"]["policy"]["rules"] == []
    assert scene["renamed"]["current_resource_data"]["name"] == "second"
    assert scene["quorum"]["current_resource_data"]["display_name"] == "board"
    kinds = [intent["intent_type"] for intent in scene.values()]
    assert kinds == ["RULE", "RULE", "RULE", "POLICY", "KEY_QUORUM"]


def test_batches(areas: Run) -> None:
    """Each wallet of a batch is made or refused by itself."""
    scene = areas.scene("batches")
    results = scene["results"]
    assert [result["success"] for result in results] == [True, False, False, True]
    assert [result.get("code") for result in results[1:3]] == ["resource_conflict", "not_found"]
    made = results[0]["wallet"]["id"]
    assert scene["by_external_id"] == scene["of_entity"] == [made]
    assert scene["assigned"]["wallet_id"] == made
    assert (scene["again"]["class"], scene["again"]["status"]) == ("ConflictError", 409)


def test_organizations_and_recovery(areas: Run) -> None:
    """An organization's quorum owns its wallets; a recovery user stands beside the first."""
    scene = areas.scene("batches")
    assert scene["theirs"]["owner_id"] == scene["quorum"]
    [organization] = scene["organizations"]
    assert scene["theirs"]["entity"] == {"id": organization["id"], "type": "organization"}
    assert (organization["display_name"], scene["renamed"]["display_name"]) == ("Acme", "Bits")
    [wallet] = scene["recovered"]["wallets"]
    owner = areas.sandbox.state.key_quorums[wallet["owner_id"]]
    assert scene["recovered"]["recovery_user_id"] in owner.user_ids
    assert (len(owner.user_ids), owner.authorization_threshold) == (2, 1)


@pytest.mark.parametrize("kind", ALL)
def test_money(areas: Run, kind: str) -> None:
    """An ether leaves the wallet: transaction, balance and history agree."""
    scene = areas.scene("money")[kind]
    transaction, [balance], [moved] = (
        scene["transaction"],
        scene["balances"],
        scene["transactions"],
    )
    assert transaction["transaction_hash"] == moved["transaction_hash"] == scene["sent"]["hash"]
    assert moved["privy_transaction_id"] == scene["sent"]["transaction_id"]
    assert moved["details"]["recipient"].lower() == RECEIVER.lower()
    assert int(moved["details"]["raw_value"]) == 10**18
    spent = 100 * 10**18 - int(balance["raw_value"])
    assert 0 < spent - 10**18 < 10**15


@pytest.mark.parametrize("kind", ALL)
def test_transfers(node_areas: Run, kind: str) -> None:
    """The Node SDK's transfer moves a token; the Python SDK has none."""
    scene = node_areas.scene("transfers")[kind]
    assert scene["made"]["source_amount"] == "2.5"
    assert [each["raw_value"] for each in scene["balances"]] == ["97500000"]
    [step] = scene["action"]["steps"]
    sent = node_areas.sandbox.state.transfers[scene["made"]["id"]]
    assert sent.transaction_id is not None
    ledger = node_areas.sandbox.state.transactions[sent.transaction_id]
    assert step["transaction_hash"] == ledger.transaction_hash


def test_apps(areas: Run) -> None:
    """Settings, allowlist, test accounts and gas."""
    scene: dict[str, Any] = areas.scene("apps")
    assert scene["settings"]["id"] == areas.sandbox.app_id
    assert scene["allowlist"] == [scene["invited"]]
    assert scene["invited"]["value"] == "invited@example.com"
    assert (scene["removed"]["message"], scene["emptied"]) == (
        "Successfully deleted from allowlist",
        [],
    )
    [account] = scene["test_accounts"]
    assert {account["email"]: account["otp_code"]} == TEST_ACCOUNTS
    assert scene["gas"] == {"value": "0", "currency": "usd"}


def test_logging_in_as_the_test_account(node_areas: Run) -> None:
    """The Node SDK gets an access token for the test account, and accepts it."""
    claims = node_areas.scene("apps")["claims"]
    assert claims["user_id"] in node_areas.sandbox.state.users


def test_what_is_not_imitated_is_asked_for_once(areas: Run) -> None:
    """501 has `x-should-retry: false`, which both SDKs obey."""
    refusal = areas.scene("not_imitated")
    assert (refusal["class"], refusal["status"]) == ("InternalServerError", 501)
    assert [each.status for each in areas.sandbox.log].count(501) == 1


def test_the_sandbox_never_failed(areas: Run) -> None:
    """Nothing but the 501 was answered with 5xx."""
    statuses = [each.status for each in areas.sandbox.log if each.status is not None]
    assert {status for status in statuses if status >= 500} == {501}
