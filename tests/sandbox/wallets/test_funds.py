"""What the wallets of a sandbox have at first, what they are given, and that they spend no more."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from api_client import ApiClient, Clock
from chain_helpers import (
    BASE_USDC,
    ether,
    evm,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana_sending,
    solana_usdc,
    usdc,
)
from solders.keypair import Keypair

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio
RECEIVER = "0x" + "5a" * 20
INSUFFICIENT = {
    "error": "Wallet has insufficient funds for this transaction",
    "code": "insufficient_funds",
}


@pytest.fixture
async def poor(anyio_backend: str, clock: Clock) -> AsyncIterator[ApiClient]:
    """A sandbox whose wallets get nothing."""
    async with (
        Sandbox(clock=clock, initial_balance=0) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield ApiClient(sandbox, session)


async def test_wallets_begin_with_money(api: ApiClient) -> None:
    """100 coins and 100 USDC on each chain, as soon as the wallet looks there."""
    ethereum = await api.create_wallet()
    solana_wallet = await api.create_wallet(chain_type="solana")
    assert await ether(api, ethereum["address"]) == 100 * 10**18
    assert await ether(api, ethereum["address"], chain_id=1) == 100 * 10**18
    assert await usdc(api, ethereum["address"]) == 100 * 10**6
    assert await lamports(api, solana_wallet["address"]) == 100 * 10**9
    assert await solana_usdc(api, solana_wallet["address"]) == 100 * 10**6
    later = await api.create_wallet()
    assert await ether(api, later["address"]) == 100 * 10**18


async def test_funding(poor: ApiClient) -> None:
    """`fund` adds to what is there, coins and tokens, and nothing else changes."""
    address = (await poor.create_wallet())["address"]
    assert await ether(poor, address) == 0
    for _ in range(2):
        await poor.sandbox.fund(address, "1.5", caip2="eip155:8453")
    await poor.sandbox.fund(address, 7, caip2="eip155:8453", asset="usdc")
    assert await ether(poor, address) == 3 * 10**18
    assert await usdc(poor, address) == 7 * 10**6
    assert await ether(poor, address, chain_id=1) == 0
    supply = await evm(poor, "eth_call", {"to": BASE_USDC, "data": "0x18160ddd"}, "latest")
    assert int(supply, 16) == 7 * 10**6
    owner = str(Keypair().pubkey())
    caip2 = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
    await poor.sandbox.fund(owner, "0.5", caip2=caip2)
    assert await lamports(poor, owner) == 500_000_000


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"amount": "x", "caip2": "eip155:1"}, ValueError),
        ({"amount": 0, "caip2": "eip155:1"}, ValueError),
        ({"amount": "0.0000001", "caip2": "eip155:1", "asset": "usdc"}, ValueError),
        ({"amount": 1, "caip2": "cosmos:hub"}, ValueError),
        ({"amount": 1, "caip2": "eip155:1", "asset": "0x" + "11" * 20}, ValueError),
        ({"amount": 1, "caip2": "solana:devnet"}, ValueError),
    ],
)
async def test_wrong_funding(poor: ApiClient, arguments: Any, error: type[Exception]) -> None:
    """An amount, chain, asset or address that is none is refused."""
    with pytest.raises(error):
        await poor.sandbox.fund(RECEIVER, **arguments)


def test_funding_without_asyncio() -> None:
    """Under `with`, `fund` has done its work when it returns."""
    with Sandbox(initial_balance=0) as sandbox:
        sandbox.fund(RECEIVER, 1, caip2="eip155:1")
        with sandbox.sync_client() as privy:
            wallet = privy.wallets.create(chain_type="ethereum")
            sandbox.fund(wallet.address, 1, caip2="eip155:1")
            sent = privy.wallets.ethereum.send_transaction(
                wallet.id, {"to": RECEIVER, "value": 5}, caip2="eip155:1"
            )
    assert len(sent.hash) == 66


async def test_ether_that_is_not_there(poor: ApiClient) -> None:
    """Neither for the value nor for the gas alone; the ledger stays empty."""
    wallet = await poor.create_wallet()
    nothing = await rpc(poor, wallet, sending(to=RECEIVER))
    assert (nothing.status, nothing.body) == (400, INSUFFICIENT)
    await poor.sandbox.fund(wallet["address"], 1, caip2="eip155:8453")
    for transaction in (
        {"value": hex(10**18)},
        {"value": hex(2 * 10**18), "gas_limit": 21000},
    ):
        refused = await rpc(poor, wallet, sending(to=RECEIVER, **transaction))
        assert (refused.status, refused.body) == (400, INSUFFICIENT)
    assert len(poor.sandbox.state.transactions) == 0
    assert await ether(poor, wallet["address"]) == 10**18


@pytest.mark.parametrize("funded", [False, True])
async def test_sol_that_is_not_there(poor: ApiClient, funded: bool) -> None:
    """A transfer of more than there is is refused, and costs nothing."""
    wallet = await poor.create_wallet(chain_type="solana")
    address = wallet["address"]
    if funded:
        await poor.sandbox.fund(address, 1, caip2="solana:x")
    transfer = sol_transfer(address, Keypair().pubkey(), 2 * 10**9)
    refused = await rpc(poor, wallet, solana_sending(address, [transfer]))
    assert (refused.status, refused.body) == (400, INSUFFICIENT)
    assert await lamports(poor, address) == (10**9 if funded else 0)
    assert len(poor.sandbox.state.transactions) == 0


@pytest.mark.parametrize("amount", [-1, "NaN", "Infinity"])
def test_no_initial_balance(amount: Any) -> None:
    """A wallet begins with nothing or with something."""
    with pytest.raises(ValueError, match="initial_balance"):
        Sandbox(initial_balance=amount)
