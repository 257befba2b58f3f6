"""Digital asset accounts."""

from typing import Any

import pytest
from api_client import ApiClient

pytestmark = pytest.mark.anyio

BOTH = [{"chain_type": "ethereum"}, {"chain_type": "solana"}]


async def create(api: ApiClient, **fields: Any) -> dict[str, Any]:
    """Make an account."""
    reply = await api.call("POST", "/v1/accounts", fields)
    assert reply.status == 200, reply
    return dict(reply.body)


async def test_accounts_of_new_and_known_wallets(api: ApiClient) -> None:
    """The wallets are wallets like others; a change adds more of them, up to five."""
    known = await api.create_wallet(chain_type="solana")
    account = await create(api, wallets_configuration=BOTH, display_name="Till")
    assert [wallet["chain_type"] for wallet in account["wallets"]] == ["ethereum", "solana"]
    for wallet in account["wallets"]:
        shown = (await api.call("GET", f"/v1/wallets/{wallet['id']}")).body
        assert wallet == {name: shown[name] for name in ("id", "chain_type", "address")}
    path = f"/v1/accounts/{account['id']}"
    assert (await api.call("GET", path)).body == account
    more = (await api.call("PATCH", path, {"wallet_ids": [known["id"]]})).body
    assert more["wallets"][2]["address"] == known["address"]
    assert more["display_name"] == "Till"
    changed = await api.call("PATCH", path, {"display_name": "Safe", "wallets_configuration": BOTH})
    assert (changed.body["display_name"], len(changed.body["wallets"])) == ("Safe", 5)
    assert (await api.call("PATCH", path, {"wallets_configuration": BOTH[:1]})).status == 400
    assert len(api.sandbox.state.wallets) == 5


async def test_lists_and_search(api: ApiClient) -> None:
    """In pages, and found by a part of the name, of the id or of an address, in any case."""
    first = await create(api, wallets_configuration=BOTH, display_name="Till")
    second = await create(api, wallets_configuration=BOTH[:1])
    page = (await api.call("GET", "/v1/accounts?limit=1")).body
    assert page == {"data": [first], "next_cursor": first["id"]}
    address = second["wallets"][0]["address"][2:20].upper()
    for search, expected in (
        ("tILL", [first]),
        (second["id"], [second]),
        (address, [second]),
        ("nothing", []),
        ("", [first, second]),
    ):
        found = (await api.call("GET", f"/v1/accounts?search={search}")).body["data"]
        assert found == expected


async def test_an_account_is_created_once_for_a_key(api: ApiClient) -> None:
    """The idempotency key brings back the answer."""
    headers = {"privy-idempotency-key": "one"}
    body = {"wallets_configuration": BOTH}
    first, again = [await api.call("POST", "/v1/accounts", body, headers=headers) for _ in range(2)]
    assert first.body == again.body
    assert len(api.sandbox.state.accounts) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"wallets_configuration": []}, 400),
        ({"wallet_ids": []}, 400),
        ({"wallets_configuration": BOTH * 3}, 400),
        ({"wallets_configuration": [{"chain_type": "tron"}]}, 400),
        ({"wallets_configuration": [{}]}, 400),
        ({"wallets_configuration": [{**BOTH[0], "custody": {"provider": "bridge"}}]}, 501),
        ({"wallet_ids": ["nothing"]}, 404),
        ({"wallet_ids": ["nothing"], "wallets_configuration": BOTH}, 400),
        ({"wallets_configuration": BOTH, "display_name": "x" * 101}, 400),
    ],
)
async def test_refused_accounts(api: ApiClient, fields: dict[str, Any], status: int) -> None:
    """Wrong input makes neither an account nor wallets."""
    assert (await api.call("POST", "/v1/accounts", fields)).status == status
    assert not api.sandbox.state.accounts
    assert not api.sandbox.state.wallets


async def test_a_wallet_is_in_an_account_once(api: ApiClient) -> None:
    """It cannot be added again."""
    account = await create(api, wallets_configuration=BOTH)
    body = {"wallet_ids": [account["wallets"][0]["id"]]}
    assert (await api.call("PATCH", f"/v1/accounts/{account['id']}", body)).status == 400


async def test_an_unknown_account_is_404(api: ApiClient) -> None:
    """To read and to change."""
    assert (await api.call("GET", "/v1/accounts/nothing")).status == 404
    assert (await api.call("PATCH", "/v1/accounts/nothing", {})).status == 404
