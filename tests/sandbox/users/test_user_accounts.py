"""Linking accounts to users and unlinking them, smart wallets, and searching."""

from typing import Any

import pytest
from api_client import ApiClient, Clock

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ALICE = {"type": "custom_auth", "custom_user_id": "alice"}
EMAIL = {"type": "email", "address": "Alice@example.org"}
FARCASTER = {"type": "farcaster", "fid": 7, "owner_address": "0xAb"}
GITHUB = {"type": "github_oauth", "subject": "1", "username": "octo", "name": "Octo Cat"}
PASSKEY = {
    "type": "passkey",
    "credential_id": "c",
    "credential_username": "u",
    "credential_public_key": "k",
    "credential_device_type": "singleDevice",
}
WALLET = {"type": "wallet", "address": "0xAB", "chain_type": "ethereum"}


async def unlink(api: ApiClient, user: dict[str, Any], kind: str, handle: str) -> Any:
    """Unlink an account of a user."""
    body = {"type": kind, "handle": handle}
    return await api.call("POST", f"/v1/users/{user['id']}/accounts/unlink", body)


def types(user: dict[str, Any]) -> list[str]:
    """What kinds of accounts a user has."""
    return [account["type"] for account in user["linked_accounts"]]


async def test_an_account_is_linked(api: ApiClient, clock: Clock) -> None:
    """A linked account comes back with the user, verified now, and finds the user."""
    user = await api.create_account_user(ALICE)
    clock.now += 60
    path = f"/v1/users/{user['id']}/accounts"
    linked = (await api.call("POST", path, EMAIL)).body
    assert types(linked) == ["custom_auth", "email"]
    assert linked["linked_accounts"][1]["first_verified_at"] == NOW + 60
    found = await api.call("POST", "/v1/users/email/address", {"address": "alice@example.org"})
    assert found.body == linked


async def test_linking_again_changes_what_is_known(api: ApiClient, clock: Clock) -> None:
    """The same account linked again has its new fields, and its first verification stays."""
    user = await api.create_account_user(GITHUB)
    clock.now += 60
    path = f"/v1/users/{user['id']}/accounts"
    body = {"type": "github_oauth", "subject": "1", "username": "cat"}
    (account,) = (await api.call("POST", path, body)).body["linked_accounts"]
    assert account == {
        **body,
        "verified_at": NOW + 60,
        "first_verified_at": NOW,
        "latest_verified_at": NOW + 60,
    }


async def test_an_account_of_another_user_cannot_be_linked(api: ApiClient) -> None:
    """Two users cannot share an account by linking either."""
    await api.create_account_user(EMAIL)
    other = await api.create_account_user(ALICE)
    path = f"/v1/users/{other['id']}/accounts"
    reply = await api.call("POST", path, {"type": "email", "address": "ALICE@example.org"})
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    assert (await api.call("GET", f"/v1/users/{other['id']}")).body == other


@pytest.mark.parametrize(
    ("account", "handle"),
    [
        (EMAIL, "alice@EXAMPLE.org"),
        (FARCASTER, "7"),
        (GITHUB, "1"),
        (WALLET, "0xab"),
        ({"type": "phone", "number": "+1"}, "+1"),
        ({"type": "telegram", "telegram_user_id": "5"}, "5"),
    ],
)
async def test_an_account_is_unlinked(api: ApiClient, account: dict[str, Any], handle: str) -> None:
    """An unlinked account is gone, and another user may have it."""
    user = await api.create_account_user(ALICE, account)
    reply = await unlink(api, user, account["type"], handle)
    assert (reply.status, types(reply.body)) == (200, ["custom_auth"])
    assert types(await api.create_account_user(account)) == [account["type"]]


async def test_the_last_log_in_stays(api: ApiClient) -> None:
    """The only account cannot be unlinked; wallets of the user's own do not count as one."""
    smart = [{"chain_type": "ethereum", "create_smart_wallet": True}]
    user = await api.create_account_user(ALICE, wallets=smart)
    reply = await unlink(api, user, "custom_auth", "alice")
    error = {"error": "Cannot unlink the only account of a user", "code": "invalid_data"}
    assert (reply.status, reply.body) == (400, error)
    smart_wallet = user["linked_accounts"][1]
    assert (await unlink(api, user, "smart_wallet", smart_wallet["address"])).status == 200


async def test_what_cannot_be_unlinked(api: ApiClient) -> None:
    """Passkeys and embedded wallets stay; an unknown account is 404, an unknown type 400."""
    user = await api.create_account_user(ALICE, PASSKEY, wallets=[{"chain_type": "solana"}])
    address = user["linked_accounts"][2]["address"]
    replies = [
        await unlink(api, user, kind, handle)
        for kind, handle in (
            ("passkey", "c"),
            ("wallet", address),
            ("email", "alice@example.org"),
            ("custom:mine", "1"),
            ("cross_app", "1"),
            ("nonsense", "1"),
        )
    ]
    assert [reply.status for reply in replies] == [400, 400, 404, 404, 404, 400]
    assert "Passkeys" in replies[0].body["error"]
    assert "Embedded wallets" in replies[1].body["error"]
    assert (await api.call("GET", f"/v1/users/{user['id']}")).body == user


@pytest.mark.parametrize("action", ["accounts", "accounts/unlink"])
async def test_accounts_of_nobody(api: ApiClient, action: str) -> None:
    """An unknown user is 404 before anything else."""
    reply = await api.call("POST", f"/v1/users/did:privy:nobody/{action}", EMAIL)
    assert (reply.status, reply.body["code"]) == (404, "not_found")


async def test_smart_wallets(api: ApiClient) -> None:
    """A smart wallet is an account with an address of its own, and finds the user."""
    smart = [{"chain_type": "ethereum", "create_smart_wallet": True}]
    user = await api.create_account_user(ALICE, wallets=smart)
    assert types(user) == ["custom_auth", "smart_wallet", "wallet"]
    smart_wallet, embedded = user["linked_accounts"][1:]
    assert smart_wallet["smart_wallet_type"] == "kernel"
    assert smart_wallet["address"] != embedded["address"]
    for address in (smart_wallet["address"], smart_wallet["address"].lower()):
        body = {"address": address}
        assert (await api.call("POST", "/v1/users/smart_wallet/address", body)).body == user
    missing = {"address": embedded["address"]}
    assert (await api.call("POST", "/v1/users/smart_wallet/address", missing)).status == 404
    more = await api.call("POST", f"/v1/users/{user['id']}/wallets", {"wallets": smart})
    assert types(more.body).count("smart_wallet") == 2


async def test_wallets_must_be_named(api: ApiClient) -> None:
    """Pre-generating wallets without saying which is refused."""
    user = await api.create_account_user(ALICE)
    reply = await api.call("POST", f"/v1/users/{user['id']}/wallets", {})
    assert reply.body["error"] == "[Input error] `wallets`: Required"


@pytest.mark.parametrize(
    "term", ["alice@", "EXAMPLE.ORG", "octo cat", "alice", "0xab", "+1555", "@tele"]
)
async def test_searching_by_a_term(api: ApiClient, term: str) -> None:
    """A term finds a user by part of any account, without case."""
    await api.create_account_user({"type": "custom_auth", "custom_user_id": "bob"})
    telegram = {"type": "telegram", "telegram_user_id": "5", "username": "@Tele"}
    phone = {"type": "phone", "number": "+15551234"}
    alice = await api.create_account_user(ALICE, EMAIL, GITHUB, WALLET, phone, telegram)
    reply = await api.call("POST", "/v1/users/search", {"searchTerm": term})
    assert reply.body == alice
    by_id = await api.call("POST", "/v1/users/search", {"searchTerm": alice["id"]})
    assert by_id.body == alice


@pytest.mark.parametrize(
    "listed",
    [
        {"emails": ["nobody@x.y", "alice@example.org"]},
        {"phoneNumbers": ["+15551234"]},
        {"walletAddresses": ["0xab"]},
    ],
)
async def test_searching_by_accounts(api: ApiClient, listed: dict[str, Any]) -> None:
    """Each of the lists finds the user who has one of its accounts."""
    await api.create_account_user({"type": "custom_auth", "custom_user_id": "bob"})
    alice = await api.create_account_user(EMAIL, WALLET, {"type": "phone", "number": "+15551234"})
    body = {"emails": [], "phoneNumbers": [], "walletAddresses": [], **listed}
    assert (await api.call("POST", "/v1/users/search", body)).body == alice


async def test_searching_by_an_embedded_wallet(api: ApiClient) -> None:
    """The owner of a wallet of Privy's is found by its address."""
    user = await api.create_account_user(ALICE, wallets=[{"chain_type": "solana"}])
    address = user["linked_accounts"][1]["address"]
    lists = {"emails": [], "phoneNumbers": [], "walletAddresses": [address]}
    for body in (lists, {"searchTerm": address}):
        assert (await api.call("POST", "/v1/users/search", body)).body == user


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"searchTerm": "nobody"}, 404),
        ({"emails": [], "phoneNumbers": [], "walletAddresses": []}, 404),
        ({"searchTerm": ""}, 400),
        ({"searchTerm": 1}, 400),
        ({"emails": ["a@b.c"]}, 400),
        ({"emails": "a@b.c", "phoneNumbers": [], "walletAddresses": []}, 400),
        ({}, 400),
    ],
)
async def test_searching_in_vain(api: ApiClient, body: dict[str, Any], status: int) -> None:
    """Nobody found is 404; a search that says nothing is 400."""
    await api.create_account_user(ALICE)
    assert (await api.call("POST", "/v1/users/search", body)).status == status
