"""Wallets that share the seed phrase of another one."""

from typing import Any

import pytest
from api_client import ApiClient
from eth_account import Account

from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES

pytestmark = pytest.mark.anyio

Account.enable_unaudited_hdwallet_features()


async def phrase(api: ApiClient, wallet: dict[str, Any]) -> str:
    """The seed phrase that the sandbox keeps for a wallet."""
    return str(api.sandbox.state.wallets[wallet["id"]].key.mnemonic)


async def test_the_next_addresses(api: ApiClient) -> None:
    """They are those at the indices behind the first wallet's, as eth-account derives them."""
    first = await api.create_wallet()
    more = [await api.create_wallet(derivation={"wallet_id": first["id"]}) for _ in range(3)]
    expected = [
        Account.from_mnemonic(await phrase(api, first), account_path=f"m/44'/60'/0'/0/{index}")
        for index in range(4)
    ]
    assert [each["address"] for each in (first, *more)] == [each.address for each in expected]
    assert {await phrase(api, each) for each in more} == {await phrase(api, first)}


async def test_another_chain(api: ApiClient) -> None:
    """The first address of another chain belongs to the same seed phrase."""
    first = await api.create_wallet()
    derived = {"wallet_id": first["id"]}
    wallet = await api.create_wallet(chain_type="solana", derivation=derived)
    again = await api.create_wallet(chain_type="solana", derivation=derived)
    assert wallet["address"] != again["address"]
    assert await phrase(api, wallet) == await phrase(api, first)


async def test_in_a_batch(api: ApiClient) -> None:
    """A batch makes them too, and without the field each wallet is apart."""
    first = await api.create_wallet()
    items = [{"chain_type": "ethereum", "derivation": {"wallet_id": first["id"]}}] * 2
    body = {"wallets": [*items, {"chain_type": "ethereum", "derivation": None}]}
    reply = await api.call("POST", "/v1/wallets/batch", body)
    made = [each["wallet"] for each in reply.body["results"]]
    assert [await phrase(api, each) == await phrase(api, first) for each in made] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("chain_type", CHAIN_TYPES)
async def test_every_chain_has_an_answer(api: ApiClient, chain_type: str) -> None:
    """A wallet, or a refusal that names what has no seed phrase."""
    first = await api.create_wallet()
    body = {"chain_type": chain_type, "derivation": {"wallet_id": first["id"]}}
    reply = await api.call("POST", "/v1/wallets", body)
    assert reply.status == 200 or (
        (reply.status, reply.body["code"]) == (400, "invalid_data")
        and "seed phrase" in reply.body["error"]
    )


async def test_what_it_cannot_be_derived_from(api: ApiClient) -> None:
    """A wallet that does not exist, none at all."""
    for derivation, status in (({"wallet_id": "tb54eps4z44ed0jepousxi4n"}, 404), ({}, 400)):
        body = {"chain_type": "ethereum", "derivation": derivation}
        assert (await api.call("POST", "/v1/wallets", body)).status == status
