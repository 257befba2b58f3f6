"""Wallets in batches, with recovery, and what stays of archived ones."""

from typing import Any

import pytest
from api_client import ApiClient, new_key, spki

pytestmark = pytest.mark.anyio


async def batch(api: ApiClient, *wallets: Any) -> list[dict[str, Any]]:
    """Create wallets and return the results."""
    reply = await api.call("POST", "/v1/wallets/batch", {"wallets": list(wallets)})
    assert reply.status == 200, reply
    return list(reply.body["results"])


async def test_each_item_by_itself(api: ApiClient) -> None:
    """Those that can be made are, and the others say why not, in the order of the request."""
    owner = {"public_key": spki(new_key())}
    results = await batch(
        api,
        {"chain_type": "ethereum", "external_id": "a", "owner": owner, "display_name": "x"},
        {"chain_type": "dogecoin"},
        {"chain_type": "solana", "external_id": "a"},
        {"chain_type": "ethereum", "policy_ids": ["nothing"]},
        {"chain_type": "ethereum", "colour": "red"},
        {"chain_type": "tron"},
    )
    assert [result["index"] for result in results] == list(range(6))
    codes = [None, "invalid_data", "resource_conflict", "not_found", "invalid_data", None]
    assert [result.get("code") for result in results] == codes
    assert [result["success"] for result in results] == [code is None for code in codes]
    assert results[1]["error"].startswith("[Input error] `wallets.1.chain_type`")
    assert "'colour'" in results[4]["error"]
    assert list(api.sandbox.state.wallets) == [
        results[0]["wallet"]["id"],
        results[5]["wallet"]["id"],
    ]
    shown = await api.call("GET", f"/v1/wallets/{results[0]['wallet']['id']}")
    assert shown.body == results[0]["wallet"]
    assert (shown.body["display_name"], shown.body["external_id"]) == ("x", "a")


async def test_a_hundred_at_most(api: ApiClient) -> None:
    """A batch has 1 to 100 items, each of them an object."""
    assert len(await batch(api, *[{"chain_type": "stellar"}] * 100)) == 100
    for wallets in ([], [{"chain_type": "stellar"}] * 101, ["stellar"], "stellar", None):
        reply = await api.call("POST", "/v1/wallets/batch", {"wallets": wallets})
        assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert len(api.sandbox.state.wallets) == 100


async def test_wallets_with_recovery(api: ApiClient) -> None:
    """Either user may use the wallets; the one who has such an account is that user."""
    alice = await api.create_user("alice")
    body = {
        "primary_signer": {"subject_id": "alice"},
        "recovery_user": {"linked_accounts": [{"type": "custom_auth", "custom_user_id": "bob"}]},
        "wallets": [{"chain_type": "ethereum"}, {"chain_type": "solana"}],
    }
    made = (await api.call("POST", "/v1/wallets_with_recovery", body)).body
    assert [wallet["chain_type"] for wallet in made["wallets"]] == ["ethereum", "solana"]
    owner = api.sandbox.state.key_quorums[made["wallets"][0]["owner_id"]]
    assert set(owner.user_ids) == {alice, made["recovery_user_id"]}
    for subject in ("alice", "bob"):
        key = await api.exchange(subject)
        assert (await api.personal_sign(made["wallets"][0]["id"], key)).status == 200
    again = (await api.call("POST", "/v1/wallets_with_recovery", body)).body
    assert again["recovery_user_id"] == made["recovery_user_id"]
    assert len(api.sandbox.state.users) == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"primary_signer": None}, 400),
        ({"primary_signer": {}}, 400),
        ({"recovery_user": {}}, 400),
        ({"recovery_user": {"linked_accounts": [{"type": "phone", "number": "+1"}]}}, 400),
        ({"wallets": []}, 400),
        ({"wallets": [{"chain_type": "dogecoin"}]}, 400),
    ],
)
async def test_recovery_is_refused(api: ApiClient, changes: dict[str, Any], status: int) -> None:
    """Wrong input makes neither wallets nor users."""
    body = {
        "primary_signer": {"subject_id": "alice"},
        "recovery_user": {"linked_accounts": [{"type": "email", "address": "a@b.c"}]},
        "wallets": [{"chain_type": "ethereum"}],
        **changes,
    }
    assert (await api.call("POST", "/v1/wallets_with_recovery", body)).status == status
    assert not api.sandbox.state.users
    assert not api.sandbox.state.wallets


async def test_recovery_accounts_of_two_users(api: ApiClient) -> None:
    """Accounts of different users are nobody's."""
    await api.create_user("alice")
    accounts = [
        {"type": "custom_auth", "custom_user_id": "alice"},
        {"type": "email", "address": "a@b.c"},
    ]
    body = {
        "primary_signer": {"subject_id": "carol"},
        "recovery_user": {"linked_accounts": accounts},
        "wallets": [{"chain_type": "ethereum"}],
    }
    reply = await api.call("POST", "/v1/wallets_with_recovery", body)
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    assert len(api.sandbox.state.users) == 1


async def test_an_external_id_is_set_once(api: ApiClient) -> None:
    """A wallet without one can get one later, and then never another."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}"
    assert (await api.call("PATCH", path, {"external_id": "a"})).body["external_id"] == "a"
    assert (await api.call("GET", "/v1/wallets/ext_wal_a")).body["id"] == wallet["id"]
    assert (await api.call("PATCH", path, {"external_id": "b"})).status == 400
    other = await api.create_wallet()
    reply = await api.call("PATCH", f"/v1/wallets/{other['id']}", {"external_id": "a"})
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")


async def test_archived_wallets_are_listed_on_request(api: ApiClient) -> None:
    """Lists and look-ups by address leave them out unless they are asked for."""
    kept, gone = await api.create_wallet(), await api.create_wallet()
    await api.call("POST", f"/v1/wallets/{gone['id']}/archive")
    for query, expected in (("", [kept]), ("?include_archived=true", [kept, gone])):
        listed = (await api.call("GET", f"/v1/wallets{query}")).body["data"]
        assert [each["id"] for each in listed] == [each["id"] for each in expected]
    for include, status in ((False, 404), (True, 200)):
        body = {"address": gone["address"], "include_archived": include}
        assert (await api.call("POST", "/v1/wallets/address", body)).status == status
    assert (await api.call("POST", f"/v1/wallets/{gone['id']}/archive")).status == 404
    assert (await api.personal_sign(gone["id"])).status == 404
