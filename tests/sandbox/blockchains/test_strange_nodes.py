"""A chain elsewhere whose node answers something else than it should."""

import json
import random
from typing import Any

import pytest
from aiohttp import web
from api_client import ApiClient
from chain_helpers import BASE, rpc, sending
from loopback import Request, loopback

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5a" * 20
SCALARS: list[Any] = [None, True, 0, -1, 2**300, 1.5, "", "0x", "0x1", "0x0", "x", "0xzz", "é"]
NAMES = ("hash", "number", "timestamp", "baseFeePerGas", "status", "logs", "transactions", "from")
NONSENSE: list[Any] = [
    *(*SCALARS, [], [[]], {}, [{}], {"status": None}, {"transactions": [{}]}, {"logs": {}}),
    *({"topics": [1]}, "0x" + "11" * 32, "0x" + "11" * 500, dict.fromkeys(NAMES, "0x1")),
]
RAW = [b"", b"null", b"[]", b"{", b"\xff", b'{"result": NaN}', b'{"result": "\\ud800"}']
RAW += [b'{"error": null}', b'{"error": {}}', b'{"error": {"code": "x", "message": {}}}', b"7"]


async def all_of(api: ApiClient, wallet: dict[str, Any]) -> list[tuple[int, Any]]:
    """What everything that asks the chain is answered with."""
    path = f"/v1/wallets/{wallet['id']}"
    asset = {"asset": "usdc", "amount": "1", "chain": "base"}
    transfer = {"source": asset, "destination": {"address": RECEIVER}}
    calls = {"calls": [{"to": RECEIVER, "value": "0x1"}] * 2}
    batch = {"method": "wallet_sendCalls", "caip2": BASE, "params": calls}
    replies = [
        await rpc(api, wallet, sending(to=RECEIVER, value="0x1")),
        await rpc(api, wallet, {**sending(to=RECEIVER, value="0x1"), "sponsor": True}),
        await rpc(api, wallet, batch),
        await api.call("POST", f"{path}/transfer", transfer),
        await api.call("GET", f"{path}/balance?asset=usdc&chain=base"),
        await api.call("GET", f"{path}/transactions?chain=base&asset=eth"),
        await api.call("POST", "/rpc/evm/8453", {"method": "eth_gasPrice"}),
    ]
    for transaction_id in tuple(api.sandbox.state.transactions):
        api.sandbox.clock.advance(1)
        replies.append(await api.call("GET", f"/v1/transactions/{transaction_id}"))
    async with api.session.get(api.url, headers={"Accept": "text/html"}) as page:
        replies.append(page)
    return [(reply.status, reply) for reply in replies]


async def test_nonsense_is_a_broadcast_failure(
    api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a node answers, wrongly half of the time, no request gets a 500 or a traceback."""
    chance = random.Random(1)

    async def answer(request: Request) -> web.Response:
        call = request.json
        if call["method"] != "eth_chainId" and chance.random() < 0.3:
            if chance.random() < 0.2:
                return web.Response(body=chance.choice(RAW))
            return web.Response(text=json.dumps({"result": chance.choice(NONSENSE)}))
        url = api.sandbox.evm_rpc_url(8453)
        async with api.session.post(url, json={"params": [], **call}) as response:
            return web.json_response(await response.json())

    async with loopback(answer) as node, Sandbox(evm_rpc=node.url) as near:
        client = ApiClient(near, api.session)
        for _ in range(25):
            wallet = await client.create_wallet()
            for status, reply in await all_of(client, wallet):
                assert status < 500 or status == 501, reply
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("chain_id", [None, "", "x", {}, 1, "0x"])
async def test_a_node_without_a_chain_id(api: ApiClient, chain_id: object) -> None:
    """It stands for no chain, and nothing is sent to it."""

    async def answer(request: Request) -> web.Response:
        return web.Response(text=json.dumps({"result": chain_id}))

    async with loopback(answer) as node, Sandbox(evm_rpc=node.url) as near:
        client = ApiClient(near, api.session)
        wallet = await client.create_wallet()
        reply = await rpc(client, wallet, sending(to=RECEIVER, value="0x1"))
        assert reply.status == (200 if chain_id == 1 else 400), reply
        assert {request.json["method"] for request in node.requests} == {"eth_chainId"}
