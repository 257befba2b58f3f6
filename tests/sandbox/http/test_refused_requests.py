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
        "limit=2.5",
        "limit=0.0",
        "limit=.0",
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


@pytest.mark.parametrize("limit", ["1.0", "1.", "1.000", "01"])
async def test_a_limit_is_a_number(api: ApiClient, limit: str) -> None:
    """A whole number with a point counts, as clients send it whose numbers are floats."""
    for _ in range(2):
        await api.create_wallet()
    reply = await api.call("GET", f"/v1/wallets?limit={limit}")
    assert (reply.status, len(reply.body["data"])) == (200, 1)


async def test_the_wallet_of_an_rpc(api: ApiClient) -> None:
    """`wallet_id` in the body names the wallet in the path, and no other; `address` is ignored."""
    wallet, other = await api.create_wallet(), await api.create_wallet()
    for own in (
        {"address": wallet["address"]},
        {"address": other["address"], "chain_type": "ethereum"},
        {"wallet_id": wallet["id"]},
        {"address": None, "wallet_id": None},
    ):
        assert (await rpc(api, wallet, {**SIGNING, **own})).status == 200
    for name, value in (("wallet_id", other["id"]), ("wallet_id", 5)):
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
