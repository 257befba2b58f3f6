"""Requests that Privy's schema rules out are refused, though one could guess what is meant."""

from typing import Any

import pytest
from api_client import ApiClient
from chain_helpers import rpc

pytestmark = pytest.mark.anyio

SIGNING = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


@pytest.mark.parametrize(
    "query",
    [
        "limit=2.0",
        "limit=1e1",
        "limit=+2",
        "limit=",
        "limit=%D9%A3",
        "limit=0x2",
        "limit=2&limit=x",
        "include_archived=yes",
        "include_archived=",
        "include_archived=1",
        "chain_type=Ethereum",
    ],
)
async def test_values_in_a_query(api: ApiClient, query: str) -> None:
    """A number is digits, a flag is true or false, and the parameter at fault is named."""
    reply = await api.call("GET", f"/v1/wallets?{query}")
    name = query.partition("=")[0]
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(f"[Input error] `{name}`")


async def test_the_wallet_of_an_rpc(api: ApiClient) -> None:
    """`address` and `wallet_id` in the body may name the wallet in the path, and no other."""
    wallet, other = await api.create_wallet(), await api.create_wallet()
    for own in (
        {"address": wallet["address"]},
        {"address": wallet["address"].lower()},
        {"wallet_id": wallet["id"]},
        {"address": None, "wallet_id": None},
    ):
        assert (await rpc(api, wallet, {**SIGNING, **own})).status == 200
    for name, value in (
        ("address", other["address"]),
        ("address", ""),
        ("address", 5),
        ("wallet_id", other["id"]),
    ):
        reply = await rpc(api, wallet, {**SIGNING, name: value})
        assert (reply.status, reply.body["code"]) == (400, "invalid_data")
        assert f"`{name}`" in reply.body["error"]


@pytest.mark.parametrize("method", ["exportPrivateKey", "exportSeedPhrase"])
async def test_the_wallet_of_an_export(api: ApiClient, method: str) -> None:
    """An export by RPC for another wallet's address gives no key away."""
    wallet, other = await api.create_wallet(), await api.create_wallet()
    params: dict[str, Any] = {"encryption_type": "HPKE", "recipient_public_key": "x"}
    body = {"method": method, "address": other["address"], "params": params}
    reply = await rpc(api, wallet, body)
    assert (
        reply.body["error"] == "[Input error] `address`: Not the address of the wallet in the path"
    )
