"""Users of the sandbox: their accounts, wallets, metadata and look-ups."""

import re
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
VERIFIED = {"verified_at": NOW, "first_verified_at": NOW, "latest_verified_at": NOW}


async def test_a_user_has_every_field_of_the_api(api: ApiClient) -> None:
    """A user is answered with a did and with times in seconds."""
    user = await api.create_account_user(
        {"type": "custom_auth", "custom_user_id": "alice"}, custom_metadata={"plan": "pro"}
    )
    assert re.fullmatch("did:privy:[a-z][a-z0-9]{23}", user.pop("id"))
    assert user == {
        "created_at": NOW,
        "linked_accounts": [{"type": "custom_auth", "custom_user_id": "alice", **VERIFIED}],
        "mfa_methods": [],
        "has_accepted_terms": False,
        "is_guest": False,
        "custom_metadata": {"plan": "pro"},
    }


@pytest.mark.parametrize(
    ("account", "besides"),
    [
        ({"type": "email", "address": "a@example.org"}, {}),
        ({"type": "phone", "number": "+15551234"}, {"phoneNumber": "+15551234"}),
        (
            {"type": "wallet", "address": "0xAb", "chain_type": "ethereum"},
            {"wallet_client": "unknown"},
        ),
        ({"type": "github_oauth", "subject": "1", "username": "octo", "name": "Octo"}, {}),
        ({"type": "farcaster", "fid": 7, "owner_address": "0xAb"}, {}),
        ({"type": "telegram", "telegram_user_id": "5", "username": "t"}, {}),
        (
            {
                "type": "passkey",
                "credential_id": "c",
                "credential_username": "u",
                "credential_public_key": "k",
                "credential_device_type": "singleDevice",
            },
            {"public_key": "k", "enrolled_in_mfa": False},
        ),
    ],
)
async def test_linked_accounts_are_answered_as_they_were_sent(
    api: ApiClient, account: dict[str, Any], besides: dict[str, Any]
) -> None:
    """Each kind of account comes back verified, with the fields only answers have."""
    user = await api.create_account_user({**account, "unknown_field": 1})
    assert user["linked_accounts"] == [{**account, **besides, **VERIFIED}]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "[Input error] `linked_accounts`: Required"),
        (
            {"linked_accounts": {}},
            "[Input error] `linked_accounts`: Expected array, received object",
        ),
        (
            {"linked_accounts": [1]},
            "[Input error] `linked_accounts.0`: Expected object, received number",
        ),
        ({"linked_accounts": [{}]}, "[Input error] `linked_accounts.0.type`: Required"),
        (
            {"linked_accounts": [{"type": "email", "address": "nobody"}]},
            "[Input error] `linked_accounts.0.address`: Invalid email address",
        ),
        (
            {"linked_accounts": [{"type": "custom_auth", "custom_user_id": ""}]},
            "[Input error] `linked_accounts.0.custom_user_id`: "
            "String must contain at least 1 character(s)",
        ),
        (
            {"linked_accounts": [{"type": "custom_auth", "custom_user_id": 5}]},
            "[Input error] `linked_accounts.0.custom_user_id`: Expected string, received number",
        ),
        (
            {"linked_accounts": [{"type": "farcaster", "owner_address": "0x"}]},
            "[Input error] `linked_accounts.0.fid`: Required",
        ),
        (
            {"linked_accounts": [{"type": "farcaster", "fid": True, "owner_address": "0x"}]},
            "[Input error] `linked_accounts.0.fid`: Expected integer, received boolean",
        ),
        (
            {"linked_accounts": [{"type": "github_oauth", "subject": "1"}]},
            "[Input error] `linked_accounts.0.username`: Required",
        ),
        (
            {"linked_accounts": [], "custom_metadata": {"a": [1]}},
            "[Input error] `custom_metadata.a`: Expected string, number or boolean",
        ),
        (
            {"linked_accounts": [], "wallets": [{"chain_type": "ethereum"}, {}]},
            "[Input error] `wallets.1.chain_type`: Required",
        ),
        (
            {"linked_accounts": [{"type": "custom_auth", "custom_user_id": "a"}] * 2},
            "[Input error] `linked_accounts`: Array must not contain an account twice",
        ),
        (
            {
                "linked_accounts": [],
                "wallets": [{"chain_type": "ethereum", "external_id": "a"}] * 2,
            },
            "[Input error] `wallets`: Two wallets cannot have one external_id",
        ),
        (
            {
                "linked_accounts": [],
                "wallets": [{"chain_type": "solana", "create_smart_wallet": True}],
            },
            "[Input error] `wallets.0.create_smart_wallet`: "
            "Smart wallets are made for wallets of ethereum alone",
        ),
    ],
)
async def test_a_wrong_user_is_refused_and_leaves_nothing(
    api: ApiClient, body: dict[str, Any], error: str
) -> None:
    """A field that is wrong is named in the 400, and neither user nor wallets are made."""
    reply = await api.call("POST", "/v1/users", body)
    assert (reply.status, reply.body) == (400, {"error": error, "code": "invalid_data"})
    state = api.sandbox.state
    assert (state.users, state.wallets, state.key_quorums) == ({}, {}, {})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"type": "custom_auth", "custom_user_id": "x"},) * 2,
        ({"type": "email", "address": "A@b.c"}, {"type": "email", "address": "a@B.c"}),
        (
            {"type": "wallet", "address": "0xAB", "chain_type": "ethereum"},
            {"type": "wallet", "address": "0xab", "chain_type": "ethereum"},
        ),
    ],
)
async def test_two_users_cannot_share_an_account(
    api: ApiClient, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """The second user with the same account is refused with 409."""
    await api.create_account_user(first)
    reply = await api.call("POST", "/v1/users", {"linked_accounts": [second]})
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    assert len(api.sandbox.state.users) == 1


async def test_pregenerated_wallets_belong_to_the_user(api: ApiClient) -> None:
    """`wallets` makes wallets that the user owns alone; they show as linked accounts."""
    wallets = [{"chain_type": "ethereum"}, {"chain_type": "solana"}]
    user = await api.create_account_user({"type": "email", "address": "a@b.c"}, wallets=wallets)
    embedded = user["linked_accounts"][1:]
    assert [account["chain_type"] for account in embedded] == ["ethereum", "solana"]
    assert {account["connector_type"] for account in embedded} == {"embedded"}
    owned = await api.call("GET", f"/v1/wallets?user_id={user['id']}")
    assert [w["id"] for w in owned.body["data"]] == [account["id"] for account in embedded]
    assert len({w["owner_id"] for w in owned.body["data"]}) == 1
    more = await api.call("POST", f"/v1/users/{user['id']}/wallets", {"wallets": wallets[:1]})
    assert len(more.body["linked_accounts"]) == 4


async def test_a_wallet_shared_with_others_is_no_linked_account(api: ApiClient) -> None:
    """Only a wallet the user owns alone is linked; one of a mixed quorum is not."""
    user_id = await api.create_user("alice")
    quorum = await api.create_quorum(user_ids=[user_id], public_keys=[spki(new_key())])
    await api.create_wallet(owner_id=quorum)
    user = (await api.call("GET", f"/v1/users/{user_id}")).body
    assert len(user["linked_accounts"]) == 1


async def test_deleting_a_user(api: ApiClient) -> None:
    """Deletion answers 204 without a body; the user is gone, the account free, the wallet kept."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    reply = await api.call("DELETE", f"/v1/users/{user_id}")
    assert (reply.status, reply.body) == (204, None)
    for method in ("GET", "DELETE"):
        gone = await api.call(method, f"/v1/users/{user_id}")
        assert (gone.status, gone.body) == (404, {"error": "User not found", "code": "not_found"})
    assert (await api.call("GET", f"/v1/wallets/{wallet['id']}")).status == 200
    assert await api.create_user("alice") != user_id


async def test_custom_metadata_is_replaced_or_merged(api: ApiClient) -> None:
    """POST replaces the metadata, PATCH changes single values."""
    path = f"/v1/users/{await api.create_user('alice')}/custom_metadata"
    replaced = await api.call("POST", path, {"custom_metadata": {"a": 1, "b": "x"}})
    assert replaced.body["custom_metadata"] == {"a": 1, "b": "x"}
    merged = await api.call("PATCH", path, {"custom_metadata": {"b": True}})
    assert merged.body["custom_metadata"] == {"a": 1, "b": True}
    assert (await api.call("POST", path, {})).status == 400


@pytest.mark.parametrize(
    ("account", "path", "body", "unknown"),
    [
        (
            {"type": "custom_auth", "custom_user_id": "alice"},
            "custom_auth/id",
            {"custom_user_id": "alice"},
            {"custom_user_id": "ALICE"},
        ),
        (
            {"type": "email", "address": "A@b.c"},
            "email/address",
            {"address": "a@B.C"},
            {"address": "other@b.c"},
        ),
        ({"type": "phone", "number": "+1"}, "phone/number", {"number": "+1"}, {"number": "+2"}),
        (
            {"type": "wallet", "address": "0xAB", "chain_type": "ethereum"},
            "wallet/address",
            {"address": "0xab"},
            {"address": "0xac"},
        ),
        (
            {"type": "farcaster", "fid": 7, "owner_address": "0xAb"},
            "farcaster/fid",
            {"fid": 7},
            {"fid": 8},
        ),
        (
            {"type": "twitter_oauth", "subject": "1", "name": "n", "username": "u"},
            "twitter/username",
            {"username": "u"},
            {"username": "v"},
        ),
        (
            {"type": "telegram", "telegram_user_id": "5", "username": "t"},
            "telegram/telegram_user_id",
            {"telegram_user_id": "5"},
            {"telegram_user_id": "6"},
        ),
    ],
)
async def test_look_ups(
    api: ApiClient,
    account: dict[str, Any],
    path: str,
    body: dict[str, Any],
    unknown: dict[str, Any],
) -> None:
    """Each look-up finds the user; without a match it is 404, without the field 400."""
    user = await api.create_account_user(account)
    assert (await api.call("POST", f"/v1/users/{path}", body)).body == user
    missing = await api.call("POST", f"/v1/users/{path}", unknown)
    assert (missing.status, missing.body["code"]) == (404, "not_found")
    assert (await api.call("POST", f"/v1/users/{path}", {})).status == 400


async def test_the_owner_of_a_wallet_is_found_by_its_address(api: ApiClient) -> None:
    """The look-up by wallet address finds owners of Privy's wallets too."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    body = {"address": wallet["address"].lower()}
    assert (await api.call("POST", "/v1/users/wallet/address", body)).body["id"] == user_id
    ownerless = await api.create_wallet()
    body = {"address": ownerless["address"]}
    assert (await api.call("POST", "/v1/users/wallet/address", body)).status == 404


async def test_users_are_paged(api: ApiClient) -> None:
    """`cursor` and `limit` walk through all users, oldest first, and end with null."""
    ids = [await api.create_user(f"user{number}") for number in range(5)]
    seen, cursor = [], ""
    for expected in (2, 2, 1):
        page = (await api.call("GET", f"/v1/users?limit=2{cursor}")).body
        assert len(page["data"]) == expected
        seen += [user["id"] for user in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids
    assert (await api.call("GET", "/v1/users?limit=5")).body["next_cursor"] is None
    assert page["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=-1", "cursor=nobody"])
async def test_a_wrong_page_is_refused(api: ApiClient, query: str) -> None:
    """A limit outside 1 to 100 and an unknown cursor are 400 and name the parameter."""
    reply = await api.call("GET", f"/v1/users?{query}")
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(f"[Input error] `{query.partition('=')[0]}`")
