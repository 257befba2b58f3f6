"""Users and their accounts. https://docs.privy.io/api-reference/users"""

import time
from typing import Any

from contract.scene import Scene
from contract.statement import states, status_and_code, told


async def _alice(scene: Scene) -> dict[str, Any]:
    user: dict[str, Any] = await scene.kept("alice", scene.user)
    return user


@states("did:privy:")
async def user_ids(scene: Scene) -> str:
    """A user's id begins with did:privy:."""
    return str((await _alice(scene))["id"])[:10]


@states("s")
async def user_times(scene: Scene) -> str:
    """`created_at` of a user is a Unix time in seconds."""
    made = (await _alice(scene))["created_at"]
    return "s" if abs(made - time.time()) < 86_400 else str(made)


@states("custom_auth, with the custom_user_id")
async def accounts_of_a_user(scene: Scene) -> str:
    """A user of the app's own log-in has an account of the type custom_auth."""
    (account,) = (await _alice(scene))["linked_accounts"]
    return f"{account['type']}, with the {'custom_user_id' if 'custom_user_id' in account else '?'}"


@states("200, the same user")
async def user_by_custom_auth_id(scene: Scene) -> str:
    """POST /v1/users/custom_auth/id finds a user by the id in the app's own log-in."""
    user = await _alice(scene)
    body = {"custom_user_id": user["linked_accounts"][0]["custom_user_id"]}
    reply = await scene.call("POST", "/v1/users/custom_auth/id", body)
    same = reply.status == 200 and reply.body["id"] == user["id"]
    return "200, the same user" if same else told(reply, "id")


@states("404 not_found")
async def nobody_by_custom_auth_id(scene: Scene) -> str:
    """Nobody is found with 404."""
    reply = await scene.call("POST", "/v1/users/custom_auth/id", {"custom_user_id": scene.name()})
    return status_and_code(reply)


@states("404 not_found")
async def unknown_user(scene: Scene) -> str:
    """A user that there is not is 404."""
    return status_and_code(await scene.call("GET", "/v1/users/did:privy:aaaaaaaaaaaaaaaaaaaaaaaa"))


@states("400 invalid_data")
async def user_without_accounts(scene: Scene) -> str:
    """A user without the field linked_accounts is refused."""
    return status_and_code(await scene.create("/v1/users", {}))


@states("400 invalid_data")
async def unknown_account_type(scene: Scene) -> str:
    """An account of a type that there is not is refused."""
    body = {"linked_accounts": [{"type": "privy_contract", "address": "x"}]}
    return status_and_code(await scene.create("/v1/users", body))


@states("204; then 404 not_found")
async def deleted_user(scene: Scene) -> str:
    """A user is deleted with 204, and is gone."""
    path = f"/v1/users/{(await scene.user())['id']}"
    deleted = await scene.call("DELETE", path)
    return f"{deleted.status}; then {status_and_code(await scene.call('GET', path))}"


@states("200, custom_metadata {'team': 'blue'}")
async def custom_metadata(scene: Scene) -> str:
    """POST /v1/users/{id}/custom_metadata sets what the app wants to remember of a user."""
    path = f"/v1/users/{(await scene.user())['id']}/custom_metadata"
    body = {"custom_metadata": {"team": "blue"}}
    return told(await scene.call("POST", path, body), "custom_metadata")


@states("200, owned by the user's quorum")
async def wallet_of_a_user(scene: Scene) -> str:
    """A wallet made with a user as its owner belongs to a key quorum of that user alone."""
    user = await _alice(scene)
    wallet = await scene.wallet(owner={"user_id": user["id"]})
    reply = await scene.call("GET", f"/v1/key_quorums/{wallet['owner_id']}")
    sole = reply.status == 200 and reply.body["user_ids"] == [user["id"]]
    return "200, owned by the user's quorum" if sole else told(reply, "user_ids")


@states("200, that wallet")
async def wallets_of_a_user(scene: Scene) -> str:
    """`user_id` in a list's query finds a user's wallets."""
    user = await scene.user()
    wallet = await scene.wallet(owner={"user_id": user["id"]})
    reply = await scene.call("GET", f"/v1/wallets?user_id={user['id']}")
    ids = [each["id"] for each in (reply.body or {}).get("data", [])]
    return f"{reply.status}, that wallet" if ids == [wallet["id"]] else f"{reply.status}, {ids}"
