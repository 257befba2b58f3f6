"""Organizations, their wallets and their secrets."""

from typing import Any

import pytest
from api_client import ApiClient, Clock, new_key, spki
from intent_helpers import fetch, propose

pytestmark = pytest.mark.anyio


async def create(api: ApiClient, **fields: Any) -> dict[str, Any]:
    """Make an organization with a quorum of its own, unless another is given."""
    if "default_key_quorum_id" not in fields:
        quorum = await api.create_quorum(public_keys=[spki(new_key())])
        fields = {"default_key_quorum_id": quorum, **fields}
    reply = await api.call("POST", "/v1/organizations", {"display_name": "Acme", **fields})
    assert reply.status == 200, reply
    return dict(reply.body)


async def test_the_life_of_an_organization(api: ApiClient, clock: Clock) -> None:
    """Made, found, listed in pages, changed, deleted."""
    first, second = await create(api), await create(api, display_name="Bits")
    now = api.sandbox.state.now
    assert (first["display_name"], first["created_at"], first["updated_at"]) == ("Acme", now, now)
    path = f"/v1/organizations/{first['id']}"
    assert (await api.call("GET", path)).body == first
    page = (await api.call("GET", "/v1/organizations?limit=1")).body
    assert page == {"data": [first], "next_cursor": first["id"]}
    rest = (await api.call("GET", f"/v1/organizations?cursor={page['next_cursor']}")).body
    assert rest == {"data": [second], "next_cursor": None}
    clock.now += 1
    changed = (await api.call("PATCH", path, {"display_name": "New"})).body
    assert changed == {**first, "display_name": "New", "updated_at": now + 1000}
    assert (await api.call("GET", f"{path}/kyb")).body == {"kyb_statuses": [], "next_cursor": None}
    assert (await api.call("DELETE", path)).status == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await api.call(method, path)).status == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"display_name": ""}, 400),
        ({"display_name": "x" * 101}, 400),
        ({"display_name": None}, 400),
        ({"default_key_quorum_id": None}, 400),
        ({"default_key_quorum_id": "nothing"}, 404),
    ],
)
async def test_refused_organizations(api: ApiClient, fields: dict[str, Any], status: int) -> None:
    """A name of 1 to 100 characters and a key quorum that is there."""
    quorum = await api.create_quorum(public_keys=[spki(new_key())])
    body = {"display_name": "Acme", "default_key_quorum_id": quorum, **fields}
    assert (await api.call("POST", "/v1/organizations", body)).status == status


async def test_the_default_quorum_owns_new_wallets(api: ApiClient) -> None:
    """A wallet of the organization is its quorum's; the quorum cannot be deleted meanwhile."""
    key = new_key()
    quorum = await api.create_quorum(public_keys=[spki(key)])
    organization = await create(api, default_key_quorum_id=quorum)
    entity = {"id": organization["id"], "type": "organization"}
    wallet = await api.create_wallet(entity=entity)
    assert (wallet["owner_id"], wallet["entity"]) == (quorum, entity)
    assert (await api.personal_sign(wallet["id"])).status == 401
    assert (await api.personal_sign(wallet["id"], key)).status == 200
    listed = (await api.call("GET", f"/v1/wallets?entity_id={organization['id']}")).body["data"]
    assert listed == [wallet]
    free = await create(api)
    path = f"/v1/key_quorums/{quorum}"
    await api.call("PATCH", f"/v1/wallets/{wallet['id']}", {"owner": None}, keys=[key])
    assert (await api.call("DELETE", path, {}, keys=[key])).status == 409
    body = {"default_key_quorum_id": free["default_key_quorum_id"]}
    await api.call("PATCH", f"/v1/organizations/{organization['id']}", body)
    assert (await api.call("DELETE", path, {}, keys=[key])).status == 200


async def test_an_entity_is_assigned_once(api: ApiClient) -> None:
    """To a user or an organization; the owner stays, and so does the entity."""
    key, user_id = new_key(), await api.create_user("alice")
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/v1/wallets/{wallet['id']}"
    entity = {"id": user_id, "type": "user"}
    for body, status in (
        ({"id": user_id}, 400),
        ({"id": user_id, "type": "pet"}, 400),
        ({"id": "nothing", "type": "user"}, 404),
        ({"id": "nothing", "type": "organization"}, 404),
    ):
        assert (await api.call("POST", f"{path}/entity", body)).status == status
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    made = (await api.call("POST", f"{path}/entity", entity)).body
    assert (made["wallet_id"], made["entity"]) == (wallet["id"], entity)
    again = await api.call("POST", f"{path}/entity", entity)
    assert (again.status, again.body["code"]) == (409, "resource_conflict")
    assert (await api.call("GET", path)).body == {**wallet, "entity": entity}
    assert (await fetch(api, intent))["status"] == "dismissed"


async def test_150_wallets_at_most(api: ApiClient) -> None:
    """The documented limit of wallets for one organization."""
    organization = await create(api)
    item = {
        "chain_type": "stellar",
        "entity": {"id": organization["id"], "type": "organization"},
    }
    for count in (100, 50):
        body = {"wallets": [item] * count}
        results = (await api.call("POST", "/v1/wallets/batch", body)).body["results"]
        assert all(result["success"] for result in results)
    reply = await api.call("POST", "/v1/wallets", item)
    assert (reply.status, "150" in reply.body["error"]) == (400, True)


async def test_secrets(api: ApiClient) -> None:
    """Shown once, listed by their last four characters, revoked for good."""
    path = f"/v1/organizations/{(await create(api))['id']}/secrets"
    made = (await api.call("POST", path)).body
    text = made.pop("organization_secret")
    assert text.endswith(made["last_four"])
    assert (made["revoked_at"], made["signing_public_key"]) == (None, None)
    assert (await api.call("GET", path)).body == {"data": [made]}
    key = spki(new_key())
    body = {"secret_id": made["id"]}
    done = {"success": True}
    assert (await api.call("PATCH", path, {**body, "signing_public_key": key})).body == done
    assert (await api.call("GET", path)).body["data"][0]["signing_public_key"] == key
    assert (await api.call("PATCH", path, {**body, "signing_public_key": None})).body == done
    assert (await api.call("DELETE", path, body)).body == done
    [revoked] = (await api.call("GET", path)).body["data"]
    assert (revoked["signing_public_key"], revoked["revoked_at"] is None) == (None, False)
    assert (await api.call("DELETE", path, body)).status == 400


async def test_refused_secrets(api: ApiClient) -> None:
    """Secrets that are not there or another's, and keys that are none."""
    first, second = await create(api), await create(api)
    paths = [f"/v1/organizations/{each['id']}/secrets" for each in (first, second)]
    made = (await api.call("POST", paths[0])).body
    body = {"secret_id": made["id"]}
    for path, changes, status in (
        (paths[1], {"signing_public_key": None}, 404),
        (paths[0], {"secret_id": "nothing", "signing_public_key": None}, 404),
        (paths[0], {"secret_id": None}, 400),
        (paths[0], {}, 400),
        (paths[0], {"signing_public_key": "no key"}, 400),
    ):
        assert (await api.call("PATCH", path, {**body, **changes})).status == status
    assert (await api.call("DELETE", paths[1], body)).status == 404
    assert (await api.call("POST", "/v1/organizations/nothing/secrets")).status == 404
