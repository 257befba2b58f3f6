"""Transactions whose gas the app pays for: the wallet gives its value and not a wei more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import base58
import pytest
from aiohttp import web
from api_client import ApiClient
from chain_helpers import (
    BASE,
    BASE_USDC,
    ether,
    evm,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana_sending,
    usdc,
    usdc_transfer,
)
from solders.pubkey import Pubkey

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "11" * 20
SOLANA_RECEIVER = Pubkey(b"\x11" * 32)
CALLS = [{"to": RECEIVER, "value": "0x5"}, {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 7)}]


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[ApiClient]:
    """A sandbox whose wallets begin with nothing."""
    async with Sandbox(initial_balance=0) as sandbox, aiohttp.ClientSession() as session:
        yield ApiClient(sandbox, session)


async def record(api: ApiClient, reply: Any) -> Any:
    """The ledger's entry of what was sent."""
    path = f"/v1/transactions/{reply.body['data']['transaction_id']}"
    return (await api.call("GET", path)).body


async def test_a_wallet_without_ether_sends_a_token(api: ApiClient) -> None:
    """Sponsored, a wallet with USDC alone can send it; without, it cannot."""
    wallet = await api.create_wallet()
    await api.sandbox.fund(wallet["address"], 1, caip2=BASE, asset="usdc")
    body = sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 400_000))
    refused = await rpc(api, wallet, body)
    assert (refused.status, refused.body["code"]) == (400, "insufficient_funds")
    sent = await rpc(api, wallet, {**body, "sponsor": True})
    assert sent.status == 200
    assert (await usdc(api, RECEIVER), await usdc(api, wallet["address"])) == (400_000, 600_000)
    assert await ether(api, wallet["address"]) == 0
    assert (await record(api, sent))["sponsored"] is True


@pytest.mark.parametrize("fees", [{}, {"gas_limit": 90_000}, {"type": 0}, {"gas_price": 10**10}])
async def test_a_wallet_gives_the_value_alone(api: ApiClient, fees: dict[str, Any]) -> None:
    """However the gas is described, exactly the value leaves the wallet."""
    wallet = await api.create_wallet()
    await api.sandbox.fund(wallet["address"], "0.000001", caip2=BASE)
    held = await ether(api, wallet["address"])
    sent = await rpc(api, wallet, {**sending(to=RECEIVER, value=5, **fees), "sponsor": True})
    assert sent.status == 200, sent
    assert await ether(api, wallet["address"]) == held - 5
    assert await ether(api, RECEIVER) == 5


async def test_all_of_it_can_be_sent_and_not_more(api: ApiClient) -> None:
    """A wallet can send all it has; more is refused, and no loan stays behind."""
    wallet = await api.create_wallet()
    await api.sandbox.fund(wallet["address"], 1, caip2=BASE)
    for fees in ({}, {"gas_limit": 21_000}):
        more = sending(to=RECEIVER, value=hex(10**18 + 1), **fees)
        refused = await rpc(api, wallet, {**more, "sponsor": True})
        assert (refused.status, refused.body["code"]) == (400, "insufficient_funds")
    assert await ether(api, wallet["address"]) == 10**18
    everything = sending(to=RECEIVER, value=hex(10**18))
    assert (await rpc(api, wallet, {**everything, "sponsor": True})).status == 200
    assert await ether(api, wallet["address"]) == 0


async def test_what_the_chain_refuses_costs_nothing(api: ApiClient) -> None:
    """A transaction that is refused leaves the wallet with what it had."""
    wallet = await api.create_wallet()
    body = {**sending(to=RECEIVER, value=0, nonce=7), "sponsor": True}
    refused = await rpc(api, wallet, body)
    assert (refused.status, refused.body["code"]) == (400, "transaction_broadcast_failure")
    assert await ether(api, wallet["address"]) == 0


async def test_calls(api: ApiClient) -> None:
    """A batch of calls is sponsored too."""
    wallet = await api.create_wallet()
    await api.sandbox.fund(wallet["address"], "0.5", caip2=BASE)
    await api.sandbox.fund(wallet["address"], 1, caip2=BASE, asset="usdc")
    body = {
        "method": "wallet_sendCalls",
        "caip2": BASE,
        "params": {"calls": CALLS},
        "sponsor": True,
    }
    sent = await rpc(api, wallet, body)
    assert sent.status == 200, sent
    assert (await ether(api, RECEIVER), await usdc(api, RECEIVER)) == (5, 7)
    assert await ether(api, wallet["address"]) == 5 * 10**17 - 5
    assert (await record(api, sent))["sponsored"] is True


async def test_solana(api: ApiClient) -> None:
    """On Solana the fee is not the wallet's either, and all of a wallet can be sent."""
    wallet = await api.create_wallet(chain_type="solana")
    await api.sandbox.fund(wallet["address"], "0.01", caip2="solana:any")
    transfer = sol_transfer(wallet["address"], SOLANA_RECEIVER, 10**7)
    body = solana_sending(wallet["address"], [transfer])
    refused = await rpc(api, wallet, body)
    assert (refused.status, refused.body["code"]) == (400, "insufficient_funds")
    sent = await rpc(api, wallet, {**body, "sponsor": True})
    assert sent.status == 200, sent
    assert await lamports(api, wallet["address"]) == 0
    assert await lamports(api, str(SOLANA_RECEIVER)) == 10**7
    assert (await record(api, sent))["sponsored"] is True


async def test_what_solana_refuses_costs_nothing(api: ApiClient) -> None:
    """A transfer of more than there is leaves the wallet with what it had."""
    wallet = await api.create_wallet(chain_type="solana")
    await api.sandbox.fund(wallet["address"], "0.01", caip2="solana:any")
    transfer = sol_transfer(wallet["address"], SOLANA_RECEIVER, 10**7 + 1)
    body = {**solana_sending(wallet["address"], [transfer]), "sponsor": True}
    refused = await rpc(api, wallet, body)
    assert (refused.status, refused.body["code"]) == (400, "insufficient_funds")
    assert await lamports(api, wallet["address"]) == 10**7


async def test_through_the_sdk() -> None:
    """`sponsor=True` of the SDK does the same; unsponsored the wallet pays."""
    async with Sandbox() as sandbox, sandbox.client() as privy, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await privy.wallets.create(chain_type="ethereum")
        held = await ether(api, wallet.address)
        for sponsor in (True, False):
            sent = await privy.wallets.ethereum.send_transaction(
                wallet.id, {"to": RECEIVER, "value": 5}, caip2=BASE, sponsor=sponsor
            )
            assert sent.transaction_id is not None
            entry = await privy.transactions.get(sent.transaction_id)
            assert entry.sponsored is sponsor
            held -= 5
            assert (await ether(api, wallet.address) == held) is sponsor


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"sponsor": "yes"}, 400, "[Input error] `sponsor`: Expected boolean, received string"),
        ({"sponsor": True, "sponsor_options": {"asset": "usdc"}}, 501, "sponsor_options"),
    ],
)
async def test_what_is_not_sponsored(
    api: ApiClient, fields: dict[str, Any], status: int, error: str
) -> None:
    """What is no yes or no is refused, and paying with a token is not imitated."""
    wallet = await api.create_wallet()
    for body in (
        sending(to=RECEIVER),
        {"method": "wallet_sendCalls", "caip2": BASE, "params": {"calls": CALLS}},
    ):
        reply = await rpc(api, wallet, {**body, **fields})
        assert (reply.status, error in reply.body["error"]) == (status, True)


async def test_tron_is_not_sponsored(api: ApiClient) -> None:
    """Tron answers 501, and says so, instead of letting the wallet pay."""
    wallet = await api.create_wallet(chain_type="tron")
    owner = base58.b58decode_check(wallet["address"]).hex()
    contract = {"type": "TransferContract", "owner_address": owner, "to_address": owner}
    params = {"raw_data": {"contract": [{**contract, "amount": 1}]}}
    body = {"method": "tron_sendTransaction", "params": params}
    assert (await rpc(api, wallet, body)).status == 200
    refused = await rpc(api, wallet, {**body, "sponsor": True})
    assert (refused.status, "Tron" in refused.body["error"]) == (501, True)


@asynccontextmanager
async def chain_not_for_tests(api: ApiClient) -> AsyncIterator[str]:
    """The address of a chain that gives nobody money."""

    async def forward(request: web.BaseRequest) -> web.Response:
        body = await request.json()
        if body["method"].startswith("anvil_"):
            error = {"code": -32601, "message": "Method not found"}
            return web.json_response({"jsonrpc": "2.0", "id": body["id"], "error": error})
        async with api.session.post(api.sandbox.evm_rpc_url(8453), json=body) as response:
            return web.json_response(await response.json())

    runner = web.ServerRunner(web.Server(forward))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_chain_elsewhere(api: ApiClient) -> None:
    """A chain elsewhere lends as well, if it is one for tests; else the answer is 501."""
    body = {**sending(to=RECEIVER), "sponsor": True}
    async with (
        chain_not_for_tests(api) as strict_url,
        Sandbox(evm_rpc=api.sandbox.evm_rpc_url(8453), initial_balance=0) as near,
        Sandbox(evm_rpc=strict_url, initial_balance=0) as strict,
    ):
        near_api, strict_api = ApiClient(near, api.session), ApiClient(strict, api.session)
        wallet = await near_api.create_wallet()
        assert (await rpc(near_api, wallet, body)).status == 200
        assert int(await evm(api, "eth_getBalance", wallet["address"], "latest"), 16) == 0
        refused = await rpc(strict_api, await strict_api.create_wallet(), body)
        assert (refused.status, refused.body["code"]) == (501, "not_implemented")
