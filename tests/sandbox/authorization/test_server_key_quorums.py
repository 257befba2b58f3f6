"""Key quorums of the sandbox: who can be in one, and who may change it."""

import base64
from typing import Any

import pytest
from api_client import ApiClient, new_key, pem, spki
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

pytestmark = pytest.mark.anyio


async def test_a_quorum_has_every_field_of_the_api(api: ApiClient) -> None:
    """A quorum is answered with its keys as sent, and null or nothing for other members."""
    key = new_key()
    reply = await api.call("POST", "/v1/key_quorums", {"public_keys": [spki(key)]})
    quorum = dict(reply.body)
    assert len(quorum.pop("id")) == 24
    assert quorum == {
        "display_name": None,
        "authorization_threshold": 1,
        "authorization_keys": [{"public_key": spki(key), "display_name": None}],
        "user_ids": None,
    }
    assert (await api.call("GET", f"/v1/key_quorums/{reply.body['id']}")).body == reply.body


async def test_the_threshold_defaults_to_all_members(api: ApiClient) -> None:
    """Without a threshold all members must sign; a nested quorum is one member."""
    nested = await api.create_quorum(public_keys=[spki(new_key()), spki(new_key())])
    body = {
        "public_keys": [spki(new_key())],
        "user_ids": [await api.create_user("alice")],
        "key_quorum_ids": [nested],
        "display_name": "Board",
    }
    quorum = (await api.call("POST", "/v1/key_quorums", body)).body
    assert quorum["authorization_threshold"] == 3
    assert quorum["user_ids"] == body["user_ids"]
    assert quorum["key_quorum_ids"] == [nested]
    assert quorum["display_name"] == "Board"


async def test_the_known_forms_of_public_keys(api: ApiClient) -> None:
    """Base64 with line breaks and PEM are good keys, and are answered as sent."""
    first, second = new_key(), new_key()
    text = spki(first)
    keys = [f"{text[:64]}\n{text[64:]}", pem(second)]
    reply = await api.call("POST", "/v1/key_quorums", {"public_keys": keys})
    assert [key["public_key"] for key in reply.body["authorization_keys"]] == keys
    wallet = await api.create_wallet(owner_id=reply.body["id"])
    assert (await api.personal_sign(wallet["id"], first, second)).status == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {},
            "[Input error] ``: "
            "Must provide at least one of user_ids, public_keys, or key_quorum_ids",
        ),
        (
            {"public_keys": []},
            "[Input error] ``: "
            "Must provide at least one of user_ids, public_keys, or key_quorum_ids",
        ),
        (
            {"authorization_keys": []},
            "[Input error] ``: Unrecognized key(s) in object: 'authorization_keys'",
        ),
        (
            {"public_keys": ["KEY", "KEY"]},
            "[Input error] `public_keys`: Array must not contain an element twice",
        ),
        (
            {"public_keys": ["KEY", "KEY\n"]},
            "[Input error] `public_keys`: Array must not contain a key twice",
        ),
        (
            {"public_keys": ["KEY"], "authorization_threshold": 2},
            "[Input error] `authorization_threshold`: "
            "Must be less than or equal to the number of members",
        ),
        (
            {"public_keys": ["KEY"], "authorization_threshold": 0},
            "[Input error] `authorization_threshold`: Number must be greater than or equal to 1",
        ),
        (
            {"public_keys": ["KEY"], "authorization_threshold": 1.5},
            "[Input error] `authorization_threshold`: Expected integer, received number",
        ),
        (
            {"public_keys": ["KEY"], "display_name": "x" * 51},
            "[Input error] `display_name`: String must contain at most 50 characters",
        ),
        (
            {"key_quorum_ids": ["a", "b", "c", "d", "e", "f"]},
            "[Input error] `key_quorum_ids`: Array must contain at most 5 element(s)",
        ),
        (
            {"public_keys": "KEY"},
            "[Input error] `public_keys`: Expected array, received string",
        ),
        (
            {"public_keys": [1]},
            "[Input error] `public_keys.0`: Expected string, received number",
        ),
    ],
)
async def test_a_wrong_quorum_is_refused(api: ApiClient, body: dict[str, Any], error: str) -> None:
    """What is wrong is named in the 400; Privy reads this body strictly."""
    key = spki(new_key())
    keys = body.get("public_keys")
    if isinstance(keys, list) and keys and isinstance(keys[0], str):
        body = {**body, "public_keys": [text.replace("KEY", key) for text in keys]}
    reply = await api.call("POST", "/v1/key_quorums", body)
    assert (reply.status, reply.body) == (400, {"error": error, "code": "invalid_data"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64",
        base64.b64encode(b"no key").decode(),
        spki(new_key())[:-4],
        pem(generate_private_key(SECP384R1())),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ],
)
async def test_what_is_no_p256_key_is_refused(api: ApiClient, text: str) -> None:
    """Only P-256 public keys can be members; the refusal names the element."""
    body = {"public_keys": [spki(new_key()), text]}
    reply = await api.call("POST", "/v1/key_quorums", body)
    assert reply.status == 400
    assert reply.body["error"].startswith("[Input error] `public_keys.1`: Not a P-256 public key")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"user_ids": ["did:privy:nobody"]}, "User not found"),
        ({"key_quorum_ids": ["tb54eps4z44ed0jepousxi4n"]}, "Key quorum not found"),
    ],
)
async def test_members_must_exist(api: ApiClient, body: dict[str, Any], error: str) -> None:
    """An unknown user or quorum as a member is 404."""
    reply = await api.call("POST", "/v1/key_quorums", body)
    assert (reply.status, reply.body) == (404, {"error": error, "code": "not_found"})


async def test_quorums_nest_one_level(api: ApiClient) -> None:
    """Neither creating nor changing a quorum can nest two levels deep, or in itself."""
    key = new_key()
    inner = await api.create_quorum(public_keys=[spki(key)])
    outer = await api.create_quorum(key_quorum_ids=[inner], public_keys=[spki(key)])
    error = "[Input error] `key_quorum_ids`: Key quorums can only be nested 1 level deep"
    deeper = await api.call("POST", "/v1/key_quorums", {"key_quorum_ids": [outer]})
    assert (deeper.status, deeper.body["error"]) == (400, error)
    other = await api.create_quorum(public_keys=[spki(new_key())])
    for nested in (other, inner):
        body = {"key_quorum_ids": [nested]}
        reply = await api.call("PATCH", f"/v1/key_quorums/{inner}", body, keys=[key])
        assert (reply.status, reply.body["error"]) == (400, error)
    alone = await api.create_quorum(public_keys=[spki(key)])
    body = {"key_quorum_ids": [alone]}
    reply = await api.call("PATCH", f"/v1/key_quorums/{alone}", body, keys=[key])
    assert (reply.status, reply.body["error"]) == (400, error)


async def test_a_quorum_is_changed_by_itself_alone(api: ApiClient) -> None:
    """PATCH needs the signatures of the quorum as it was before."""
    first, second = new_key(), new_key()
    path = f"/v1/key_quorums/{await api.create_quorum(public_keys=[spki(first)])}"
    body = {"public_keys": [spki(second)], "display_name": "New"}
    unsigned = await api.call("PATCH", path, body)
    assert unsigned.status == 401
    assert (await api.call("PATCH", path, body, keys=[second])).status == 401
    changed = await api.call("PATCH", path, body, keys=[first])
    assert changed.status == 200
    assert changed.body["authorization_keys"] == [
        {"public_key": spki(second), "display_name": None}
    ]
    assert changed.body["display_name"] == "New"
    assert (await api.call("PATCH", path, body, keys=[first])).status == 401


async def test_the_threshold_stays_below_the_members(api: ApiClient) -> None:
    """Taking members away cannot leave a threshold nobody can reach."""
    keys = [new_key(), new_key()]
    path = f"/v1/key_quorums/{await api.create_quorum(public_keys=[spki(key) for key in keys])}"
    fewer = {"public_keys": [spki(keys[0])]}
    assert (await api.call("PATCH", path, fewer, keys=keys)).status == 400
    lowered = {**fewer, "authorization_threshold": 1}
    assert (await api.call("PATCH", path, lowered, keys=keys)).status == 200


async def test_deleting_a_quorum(api: ApiClient) -> None:
    """A quorum deletes itself with its signatures, unless a wallet or a quorum needs it."""
    key = new_key()
    quorum = await api.create_quorum(public_keys=[spki(key)])
    path = f"/v1/key_quorums/{quorum}"
    wallet = await api.create_wallet(additional_signers=[{"signer_id": quorum}])
    assert (await api.call("DELETE", path)).status == 401
    in_use = await api.call("DELETE", path, keys=[key])
    expected = {"error": "Key quorum is in use", "code": "resource_conflict"}
    assert (in_use.status, in_use.body) == (409, expected)
    await api.call("PATCH", f"/v1/wallets/{wallet['id']}", {"additional_signers": []})
    outer_key = new_key()
    outer = await api.create_quorum(key_quorum_ids=[quorum], public_keys=[spki(outer_key)])
    assert (await api.call("DELETE", path, keys=[key])).status == 409
    outer_path = f"/v1/key_quorums/{outer}"
    assert (await api.call("DELETE", outer_path, keys=[key, outer_key])).status == 200
    deleted = await api.call("DELETE", path, keys=[key])
    assert (deleted.status, deleted.body) == (200, {"success": True})
    gone = await api.call("GET", path)
    assert (gone.status, gone.body["error"]) == (404, "Key quorum not found")


async def test_an_owners_quorum_that_changed_is_not_given_to_new_wallets(api: ApiClient) -> None:
    """Once an owner's quorum has other members, that owner's next wallet gets a new one."""
    first, second = new_key(), new_key()
    owner = {"public_key": spki(first)}
    before = await api.create_wallet(owner=owner)
    path = f"/v1/key_quorums/{before['owner_id']}"
    await api.call("PATCH", path, {"public_keys": [spki(second)]}, keys=[first])
    after = await api.create_wallet(owner=owner)
    assert after["owner_id"] != before["owner_id"]
    assert (await api.personal_sign(after["id"], first)).status == 200
    assert (await api.personal_sign(before["id"], first)).status == 401
