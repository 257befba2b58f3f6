"""Chains that go on from others, and anvil elsewhere: tried on an anvil of its own."""

import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from anvil_helpers import anvil_alone, commands, needs_anvil
from api_client import ApiClient
from chain_helpers import BASE_USDC, call, ether, evm, rpc, sending, usdc, usdc_transfer
from eth_account import Account
from loopback import Request, loopback

from privy_async.sandbox import Sandbox
from privy_async.sandbox.blockchains.evm.chain import contract_code

pytestmark = [pytest.mark.anyio, needs_anvil, pytest.mark.usefixtures("own_folder")]

RECEIVER = "0x" + "5a" * 20
HOLDER = "0x" + "7c" * 20
CHAIN = "eip155:8453"


@pytest.fixture
def live() -> Iterator[str]:
    """The address of a chain with a history: three blocks, a holder of ether, and a token."""
    with anvil_alone(8453, "--timestamp", "1700000000") as url:
        ask(url, "anvil_setBalance", HOLDER, hex(10**18))
        ask(url, "anvil_setCode", BASE_USDC, contract_code("usdc"))
        ask(url, "anvil_mine", "0x3")
        yield url


@pytest.fixture
async def session(anyio_backend: str) -> AsyncIterator[ClientSession]:
    """A session of aiohttp."""
    async with ClientSession() as session:
        yield session


def ask(url: str, method: str, *params: Any) -> Any:
    """The result of a JSON-RPC call."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(url, json.dumps(call).encode(), headers)
    ) as response:
        return json.load(response)["result"]


async def test_a_chain_goes_on_from_another(session: ClientSession, live: str) -> None:
    """It has the other's blocks, balances and contracts, and what happens on it stays there."""
    async with Sandbox(forks={CHAIN: live}) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        assert await ether(api, HOLDER) == 10**18
        block = await evm(api, "eth_getBlockByNumber", "0x2", False)
        assert block["hash"] == ask(live, "eth_getBlockByNumber", "0x2", False)["hash"]
        assert await ether(api, wallet["address"]) == 100 * 10**18
        sent = await rpc(api, wallet, sending(to=HOLDER, value="0x5"))
        assert sent.status == 200
        moved = sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 7))
        assert (await rpc(api, wallet, moved)).status == 200
        assert (await ether(api, HOLDER), await usdc(api, RECEIVER)) == (10**18 + 5, 7)
        receipt = await evm(api, "eth_getTransactionReceipt", sent.body["data"]["hash"])
        assert int(receipt["blockNumber"], 16) > 3
        path = f"/v1/wallets/{wallet['id']}/transactions?chain=base&asset=eth"
        assert len((await api.call("GET", path)).body["transactions"]) == 1
        other = await rpc(api, wallet, sending("eip155:10", to=HOLDER, value="0x5"))
        assert other.status == 200
        assert await ether(api, HOLDER, chain_id=10) == 5
    assert ask(live, "eth_getBalance", HOLDER, "latest") == hex(10**18)
    assert ask(live, "eth_blockNumber") == "0x3"


async def test_tokens_of_others(session: ClientSession, live: str) -> None:
    """Wallets get USDC that is not the sandbox's own, `fund` gives more, and it comes back."""
    ask(live, "anvil_setCode", BASE_USDC, contract_code("usdc") + "00")
    ask(live, "anvil_mine", "0x1")
    async with Sandbox(forks={CHAIN: live}) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        moved = sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 7))
        assert (await rpc(api, wallet, moved)).status == 200
        first = await sandbox.snapshot()
        await sandbox.fund(RECEIVER, 2, caip2=CHAIN, asset="usdc")
        second = await sandbox.snapshot()
        for snapshot, more in ((first, 0), (second, 2_000_000), (first, 0)):
            await sandbox.revert(snapshot)
            assert await usdc(api, RECEIVER) == 7 + more
        assert await usdc(api, wallet["address"]) == 100_000_000 - 7
        with pytest.raises(ValueError, match="There is no"):
            await sandbox.fund(RECEIVER, 2, caip2=CHAIN, asset=HOLDER)


async def test_a_fork_at_a_block(session: ClientSession, live: str) -> None:
    """It begins there, whatever came after on the other chain."""
    ask(live, "anvil_setBalance", HOLDER, "0x1")
    ask(live, "anvil_mine", "0x1")
    async with Sandbox(forks={CHAIN: f"{live}@2"}, initial_balance=0) as sandbox:
        api = ApiClient(sandbox, session)
        assert await evm(api, "eth_blockNumber") == "0x2"
        assert await ether(api, HOLDER) == 10**18


async def test_a_fork_goes_back_and_comes_back(session: ClientSession, live: str) -> None:
    """By snapshots in any order, and after a stop: from the block it began at, not a later one."""
    sandbox = Sandbox(forks={CHAIN: live})
    async with sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        await rpc(api, wallet, sending(to=HOLDER, value="0x1"))
        first = await sandbox.snapshot()
        await rpc(api, wallet, sending(to=HOLDER, value="0x2"))
        second = await sandbox.snapshot()
        await rpc(api, wallet, sending(to=HOLDER, value="0x4"))
        for snapshot, paid in ((first, 1), (second, 3), (first, 1), (second, 3), (second, 3)):
            await sandbox.revert(snapshot)
            assert await ether(api, HOLDER) == 10**18 + paid
        head = await evm(api, "eth_getBlockByNumber", "latest", False)
    # Anvil writes into its latest block.
    ask(live, "anvil_mine", "0x1")
    ask(live, "anvil_setBalance", HOLDER, "0x1")
    ask(live, "anvil_mine", "0x5")
    async with sandbox:
        api = ApiClient(sandbox, session)
        assert await ether(api, HOLDER) == 10**18 + 3
        assert await evm(api, "eth_getBlockByNumber", "latest", False) == head


async def test_what_cannot_be_forked(session: ClientSession, live: str) -> None:
    """Another chain's address, a block that is not there yet, and nobody's address are refused."""
    for caip2, address, problem in (
        ("eip155:1", live, "what is to be forked is not the chain eip155:1"),
        (CHAIN, f"{live}@99", "the chain that is to be forked has no such block"),
        ("eip155:10", "http://127.0.0.1:9/secret", "the chain's address gave no answer"),
    ):
        async with Sandbox(forks={caip2: address}) as sandbox:
            with pytest.raises(RuntimeError, match=problem) as caught:
                await sandbox.fund(RECEIVER, 1, caip2=caip2)
            assert "secret" not in str(caught.value)
            assert "secret" not in repr(sandbox)


async def test_the_address_is_a_secret(session: ClientSession, live: str) -> None:
    """It is in no command line, nor in what is said of a chain that is there no more."""
    gone = False

    async def forward(request: Request) -> web.Response:
        if gone:
            return web.Response(status=404)
        async with session.post(live, json=request.json) as response:
            return web.json_response(await response.json())

    async with (
        loopback(forward) as server,
        Sandbox(forks={CHAIN: f"{server.url}/secret-key"}, initial_balance=0) as sandbox,
    ):
        api = ApiClient(sandbox, session)
        assert await ether(api, HOLDER) == 10**18
        assert commands()
        assert not any("secret-key" in command for command in commands())
        gone = True
        answer = await call(api, "/rpc/evm/8453", "eth_getBalance", "0x" + "77" * 20, "latest")
        assert "404" in answer["error"]["message"]
        assert "secret-key" not in str(answer)


# --- an anvil elsewhere


async def test_an_anvil_elsewhere(session: ClientSession, live: str) -> None:
    """`evm_rpc` names one: its snapshots are good for many times, and never lose its blocks."""
    ask(live, "evm_setAutomine", True)
    async with Sandbox(evm_rpc=live) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200
        first = await sandbox.snapshot()
        await rpc(api, wallet, sending(to=RECEIVER, value="0x2"))
        second = await sandbox.snapshot()
        for _ in range(2):
            await sandbox.revert(second)
            assert await ether(api, RECEIVER) == 3
        for _ in range(2):
            await sandbox.revert(first)
            assert await ether(api, RECEIVER) == 1
        with pytest.raises(RuntimeError, match="has the snapshot no more"):
            await sandbox.revert(second)
        assert await ether(api, RECEIVER) == 1
        assert await evm(api, "eth_getBlockByNumber", "latest", False) is not None


async def test_too_little_elsewhere(session: ClientSession, live: str) -> None:
    """A wallet that cannot pay is told so, in whatever words the node says it."""
    async with Sandbox(evm_rpc=live, initial_balance=0) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        body = sending(to=RECEIVER, value="0x1", gas_limit=21_000)
        reply = await rpc(api, wallet, body)
        assert (reply.status, reply.body["code"]) == (400, "insufficient_funds")
        account = Account.from_key("0x" + "11" * 32)
        fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1, "gas": 21_000, "type": 2}
        poor = {"to": account.address, "value": 1, "nonce": 0, "chainId": 8453, **fees}
        raw = account.sign_transaction(poor).raw_transaction.to_0x_hex()
        said = (await call(api, "/rpc/evm/8453", "eth_sendRawTransaction", raw))["error"]["message"]
        assert "insufficient funds" in said.lower()
