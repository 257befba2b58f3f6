"""Wallets of the sandbox: creating, finding, changing and archiving them."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from api_client import ApiClient, Clock, new_key, spki

from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES

pytestmark = pytest.mark.anyio

NOW_MS = 1_800_000_000_000
UNKNOWN_ID = "tb54eps4z44ed0jepousxi4n"
PUBLIC_KEY = spki(new_key())


async def test_a_wallet_has_every_field_of_the_api(api: ApiClient) -> None:
    """A new wallet has a 24-character id, times in milliseconds and null where nothing is set."""
    wallet = await api.create_wallet()
    assert re.fullmatch("[a-z][a-z0-9]{23}", wallet.pop("id"))
    assert re.fullmatch("0x[0-9a-fA-F]{40}", wallet.pop("address"))
    assert wallet.pop("public_key")
    assert wallet == {
        "chain_type": "ethereum",
        "created_at": NOW_MS,
        "policy_ids": [],
        "additional_signers": [],
        "owner_id": None,
        "authorization_threshold": None,
        "display_name": None,
        "external_id": None,
        "entity": None,
        "custody": None,
        "exported_at": None,
        "imported_at": None,
        "archived_at": None,
    }


@pytest.mark.parametrize("chain_type", CHAIN_TYPES)
async def test_every_chain_has_wallets(api: ApiClient, chain_type: str) -> None:
    """A wallet of each chain type can be made, and found by its address."""
    wallet = await api.create_wallet(chain_type=chain_type)
    found = await api.call("POST", "/v1/wallets/address", {"address": wallet["address"]})
    assert found.body == wallet


async def test_settings_given_at_creation(api: ApiClient) -> None:
    """Owner, signers, names and entity are kept; unknown fields are ignored."""
    owner, signer = new_key(), new_key()
    owner_id = await api.create_quorum(
        public_keys=[spki(owner), spki(signer)], authorization_threshold=2
    )
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(
        owner_id=owner_id,
        additional_signers=[{"signer_id": signer_id, "override_policy_ids": []}],
        policy_ids=[],
        display_name="Treasury",
        external_id="order-1",
        entity={"type": "user", "id": user_id},
        no_such_field=1,
    )
    assert wallet["owner_id"] == owner_id
    assert wallet["authorization_threshold"] == 2
    assert wallet["additional_signers"] == [{"signer_id": signer_id, "override_policy_ids": []}]
    assert (wallet["display_name"], wallet["external_id"]) == ("Treasury", "order-1")
    assert wallet["entity"] == {"type": "user", "id": user_id}
    assert "no_such_field" not in wallet


async def test_an_owner_gets_a_quorum(api: ApiClient) -> None:
    """A user or a public key as owner makes a 1-of-1 quorum, one for all wallets of that owner."""
    user_id, key = await api.create_user("alice"), new_key()
    by_user = [await api.create_wallet(owner={"user_id": user_id}) for _ in range(2)]
    by_key = [await api.create_wallet(owner={"public_key": spki(key)}) for _ in range(2)]
    for wallets, member in ((by_user, "user_ids"), (by_key, "authorization_keys")):
        owner_id = wallets[0]["owner_id"]
        assert wallets[1]["owner_id"] == owner_id
        quorum = (await api.call("GET", f"/v1/key_quorums/{owner_id}")).body
        assert (quorum["authorization_threshold"], len(quorum[member])) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"chain_type": None}, 400, "[Input error] `chain_type`: Required"),
        ({"chain_type": 1}, 400, "[Input error] `chain_type`: Expected string, received number"),
        ({"owner": "alice"}, 400, "[Input error] `owner`: Expected object, received string"),
        ({"owner": {}}, 400, "[Input error] `owner`: Expected either `user_id` or `public_key`"),
        (
            {"owner": {"user_id": "u", "public_key": "k"}},
            400,
            "[Input error] `owner`: Expected either `user_id` or `public_key`",
        ),
        ({"owner": {"user_id": "did:privy:no"}}, 404, "User not found"),
        (
            {"owner": {"public_key": "AAAA"}},
            400,
            "[Input error] `owner.public_key`: Not a P-256 public key: base64 of SPKI DER, or PEM",
        ),
        ({"owner_id": UNKNOWN_ID}, 404, "Key quorum not found"),
        (
            {"owner": {"public_key": PUBLIC_KEY}, "owner_id": UNKNOWN_ID},
            400,
            "[Input error] `owner`: Cannot be used together with `owner_id`",
        ),
        ({"additional_signers": [{"signer_id": UNKNOWN_ID}]}, 404, "Key quorum not found"),
        (
            {"additional_signers": [{}]},
            400,
            "[Input error] `additional_signers.0.signer_id`: Required",
        ),
        ({"policy_ids": [UNKNOWN_ID]}, 404, "Policy not found"),
        (
            {"policy_ids": ["a", "b"]},
            400,
            "[Input error] `policy_ids`: Array must contain at most 1 element(s)",
        ),
        (
            {"additional_signers": [{"signer_id": "s", "override_policy_ids": [UNKNOWN_ID]}]},
            404,
            "Key quorum not found",
        ),
        (
            {"display_name": "x" * 101},
            400,
            "[Input error] `display_name`: String must contain at most 100 characters",
        ),
        ({"external_id": "no spaces"}, 400, "[Input error] `external_id`: Invalid"),
        ({"external_id": "x" * 65}, 400, "[Input error] `external_id`: Invalid"),
        ({"external_id": ""}, 400, "[Input error] `external_id`: Invalid"),
        (
            {"entity": {"type": "organization", "id": "o"}},
            404,
            "Organization not found",
        ),
        ({"entity": {"type": "user", "id": "did:privy:no"}}, 404, "User not found"),
    ],
)
async def test_a_wrong_wallet_is_refused_and_leaves_nothing(
    api: ApiClient, fields: dict[str, Any], status: int, error: str
) -> None:
    """What is wrong is named, and neither a wallet nor an owner's quorum is made."""
    reply = await api.call("POST", "/v1/wallets", {"chain_type": "ethereum", **fields})
    assert (reply.status, reply.body["error"]) == (status, error)
    assert (api.sandbox.state.wallets, api.sandbox.state.key_quorums) == ({}, {})


async def test_an_unknown_chain_type_lists_the_known_ones(api: ApiClient) -> None:
    """An unknown chain type is refused with what may be sent."""
    reply = await api.call("POST", "/v1/wallets", {"chain_type": "dogecoin"})
    assert reply.status == 400
    assert "'ethereum' | " in reply.body["error"]
    assert reply.body["error"].endswith("received 'dogecoin'")


async def test_an_external_id_is_unique_and_never_changes(api: ApiClient) -> None:
    """A used external id is 409; it can stand for the id, but cannot be changed."""
    wallet = await api.create_wallet(external_id="order-1")
    again = {"chain_type": "solana", "external_id": "order-1"}
    reply = await api.call("POST", "/v1/wallets", again)
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    assert (await api.call("GET", "/v1/wallets/ext_wal_order-1")).body == wallet
    changed = await api.call("PATCH", f"/v1/wallets/{wallet['id']}", {"external_id": "order-2"})
    assert (changed.status, changed.body["error"]) == (
        400,
        "[Input error] `external_id`: Cannot be changed once it is set",
    )


async def test_an_unknown_wallet_is_404(api: ApiClient) -> None:
    """Every operation on a wallet that is not there is 404, before any signature."""
    calls = [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/archive"),
        ("POST", "/rpc"),
        ("POST", "/raw_sign"),
        ("POST", "/export"),
    ]
    for method, operation in calls:
        body = {} if method != "GET" else None
        reply = await api.call(method, f"/v1/wallets/{UNKNOWN_ID}{operation}", body)
        expected = (404, {"error": "Wallet not found", "code": "not_found"})
        assert (reply.status, reply.body) == expected


async def test_changing_a_wallet(api: ApiClient) -> None:
    """PATCH changes what is sent, keeps what is not, and clears what is null."""
    key, signer = new_key(), new_key()
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    wallet = await api.create_wallet(
        owner={"public_key": spki(key)},
        display_name="old",
        additional_signers=[{"signer_id": signer_id}],
    )
    path = f"/v1/wallets/{wallet['id']}"
    named = await api.call("PATCH", path, {"display_name": "new"}, keys=[key])
    assert named.body == {**wallet, "display_name": "new"}
    cleared = {"display_name": None, "additional_signers": []}
    reply = await api.call("PATCH", path, cleared, keys=[key])
    assert reply.body == {**wallet, **cleared}
    new_owner = {"owner": {"public_key": spki(signer)}}
    assert (await api.call("PATCH", path, new_owner, keys=[key])).status == 200
    assert (await api.call("PATCH", path, {"owner": None}, keys=[key])).status == 401
    ownerless = await api.call("PATCH", path, {"owner": None}, keys=[signer])
    assert (ownerless.body["owner_id"], ownerless.body["authorization_threshold"]) == (None, None)
    assert (await api.call("PATCH", path, {"display_name": "free"})).status == 200


@pytest.mark.parametrize("field", ["owner", "owner_id"])
async def test_null_removes_the_owner_either_way(api: ApiClient, field: str) -> None:
    """`owner: null` and `owner_id: null` both clear the owner."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/v1/wallets/{wallet['id']}"
    reply = await api.call("PATCH", path, {field: None}, keys=[key])
    assert (reply.status, reply.body["owner_id"]) == (200, None)


async def test_archiving(api: ApiClient) -> None:
    """An archived wallet is hidden from reading and blocked from use; the app's secret does it."""
    wallet = await api.create_wallet(owner={"public_key": spki(new_key())})
    path = f"/v1/wallets/{wallet['id']}"
    archived = await api.call("POST", f"{path}/archive")
    assert archived.body == {**wallet, "archived_at": NOW_MS}
    for method, operation in (("POST", "/archive"), ("POST", "/rpc"), ("PATCH", ""), ("GET", "")):
        body = {} if method == "PATCH" else None
        assert (await api.call(method, path + operation, body)).status == 404
    by_address = {"address": wallet["address"]}
    assert (await api.call("GET", "/v1/wallets")).body["data"] == []
    assert (await api.call("POST", "/v1/wallets/address", by_address)).status == 404
    included = await api.call("GET", f"{path}?include_archived=true")
    assert included.body == archived.body
    listed = await api.call("GET", "/v1/wallets?include_archived=true")
    assert listed.body["data"] == [archived.body]
    found = await api.call("POST", "/v1/wallets/address", {**by_address, "include_archived": True})
    assert found.body == archived.body


async def test_the_list_filters(api: ApiClient) -> None:
    """Each filter of GET /v1/wallets finds the wallets it should, and no others."""
    user_id, key = await api.create_user("alice"), new_key()
    of_user = await api.create_wallet(owner={"user_id": user_id}, external_id="e1")
    of_key = await api.create_wallet(owner={"public_key": spki(key)}, chain_type="solana")
    nested = await api.create_quorum(
        key_quorum_ids=[await api.create_quorum(public_keys=[spki(key)])]
    )
    of_nested = await api.create_wallet(owner_id=nested)
    of_entity = await api.create_wallet(entity={"type": "user", "id": user_id})
    expected = {
        "": [of_user, of_key, of_nested, of_entity],
        f"user_id={user_id}": [of_user],
        "user_id=did:privy:no": [],
        f"authorization_key={quote(spki(key), safe='')}": [of_key, of_nested],
        f"authorization_key={quote(spki(new_key()), safe='')}": [],
        "chain_type=solana": [of_key],
        "external_id=e1": [of_user],
        "external_id=e2": [],
        f"address={of_key['address']}": [of_key],
        f"entity_id={user_id}": [of_entity],
        f"chain_type=ethereum&user_id={user_id}": [of_user],
    }
    for query, wallets in expected.items():
        assert (await api.call("GET", f"/v1/wallets?{query}")).body["data"] == wallets, query


@pytest.mark.parametrize(
    "query", ["chain_type=dogecoin", "authorization_key=AAAA", "user_id=a&authorization_key=b"]
)
async def test_a_wrong_filter_is_refused(api: ApiClient, query: str) -> None:
    """Filters that mean nothing, or exclude each other, are 400."""
    await api.create_wallet(owner={"public_key": spki(new_key())})
    reply = await api.call("GET", f"/v1/wallets?{query}")
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")


async def test_wallets_are_paged(api: ApiClient, clock: Clock) -> None:
    """A cursor stays good while wallets are added behind it."""
    first = [await api.create_wallet() for _ in range(3)]
    page = (await api.call("GET", "/v1/wallets?limit=2")).body
    clock.now += 1
    added = await api.create_wallet()
    rest = (await api.call("GET", f"/v1/wallets?cursor={page['next_cursor']}")).body
    assert page["data"] + rest["data"] == [*first, added]
    assert rest["next_cursor"] is None
    assert added["created_at"] == NOW_MS + 1000
