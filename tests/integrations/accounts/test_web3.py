"""web3.py's middleware, async: AsyncWeb3 works unchanged with the address of a Privy wallet."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs
import pytest
from account_helpers import CHAIN_ID, DENY_ALL, ERC20, RECEIVER, TYPED_DATA, USDC
from aiohttp import web
from aiohttp.test_utils import TestServer
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from sdk_helpers import Owner, logged, new_owner, nothing_sent
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3.exceptions import MethodNotSupported, Web3RPCError
from web3.middleware import Web3Middleware

from privy_async import (
    AuthenticationError,
    InvalidArgumentError,
    PolicyViolationError,
    PrivyClient,
    Response,
)
from privy_async.integrations.web3 import sign_with
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@attrs.frozen
class Program:
    """A program of a user's: his wallet and a web3 that signs with it."""

    sandbox: Sandbox
    app: PrivyClient
    alice: Owner
    w3: AsyncWeb3[AsyncHTTPProvider]

    @property
    def address(self) -> Any:
        return self.alice.wallet.address

    async def balance(self, address: str) -> int:
        return await self.w3.eth.get_balance(Web3.to_checksum_address(address))

    def signed(self) -> int:
        """How many signatures Privy was asked for."""
        return len(logged(self.sandbox, "POST", "/v1/wallets/*/rpc"))


@asynccontextmanager
async def connected(sandbox: Sandbox) -> AsyncIterator[AsyncWeb3[AsyncHTTPProvider]]:
    provider = AsyncHTTPProvider(sandbox.evm_rpc_url(CHAIN_ID))
    try:
        yield AsyncWeb3(provider)
    finally:
        await provider.disconnect()


@pytest.fixture
async def program(anyio_backend: str) -> AsyncIterator[Program]:
    async with Sandbox() as sandbox, sandbox.client() as app, connected(sandbox) as w3:
        alice = await new_owner(sandbox, app)
        await sandbox.fund(alice.wallet.address, 10, caip2=f"eip155:{CHAIN_ID}")
        w3.middleware_onion.inject(sign_with(alice.privy, alice.wallet), layer=0)
        yield Program(sandbox, app, alice, w3)


# --- sending


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"gasPrice": 10**10},
        {"type": 0},
        {"type": "0x1"},
        {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9},
        {"maxPriorityFeePerGas": 10**9},
        {"nonce": 0, "gas": 50_000, "chainId": CHAIN_ID, "data": b""},
    ],
)
async def test_send_transaction(program: Program, fields: Mapping[str, Any]) -> None:
    """What is left out is filled in by the node; the money moves once, and by one signature."""
    before = await program.balance(program.address)
    sent = await program.w3.eth.send_transaction(
        {"from": program.address, "to": RECEIVER, "value": 10**18, **fields}
    )
    receipt = await program.w3.eth.wait_for_transaction_receipt(sent)
    assert (receipt["status"], receipt["from"]) == (1, program.address)
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert await program.balance(RECEIVER) == 10**18
    assert await program.balance(program.address) == before - 10**18 - fee
    kind = {"gasPrice": 0}.get(next(iter(fields), ""), int(str(fields.get("type", 2)), 16))
    assert (await program.w3.eth.get_transaction(sent))["type"] == kind
    assert program.signed() == 1


async def test_the_default_account(program: Program) -> None:
    """web3.py's default account needs no `from`."""
    program.w3.eth.default_account = program.address
    await program.w3.eth.send_transaction({"to": RECEIVER, "value": 5})
    assert await program.balance(RECEIVER) == 5


async def test_contracts(program: Program) -> None:
    """Contracts are called, and made, as with any account; one that fails is not signed."""
    await program.sandbox.fund(program.address, 5, caip2=f"eip155:{CHAIN_ID}", asset="usdc")
    token = program.w3.eth.contract(address=USDC, abi=ERC20)
    before = await token.functions.balanceOf(program.address).call()
    sent = await token.functions.transfer(RECEIVER, 7).transact({"from": program.address})
    await program.w3.eth.wait_for_transaction_receipt(sent)
    assert await token.functions.balanceOf(RECEIVER).call() == 7
    assert await token.functions.balanceOf(program.address).call() == before - 7
    made = await program.w3.eth.send_transaction({"from": program.address, "data": "0x60006000f3"})
    receipt = await program.w3.eth.wait_for_transaction_receipt(made)
    assert receipt["contractAddress"] is not None
    with pytest.raises(Exception, match="revert"):
        await token.functions.transfer(RECEIVER, 2**255).transact({"from": program.address})
    assert program.signed() == 2


async def test_set_code(program: Program) -> None:
    """A transaction with an EIP-7702 authorization gives the wallet's address its code."""
    signed = await program.alice.privy.wallets.ethereum.sign_7702_authorization(
        program.alice.wallet.id, USDC, chain_id=CHAIN_ID, nonce=1, executor="self"
    )
    authorization = {
        "chainId": CHAIN_ID,
        "address": USDC,
        "nonce": 1,
        "yParity": signed.y_parity,
        "r": signed.r,
        "s": signed.s,
    }
    sent = await program.w3.eth.send_transaction(
        {
            "from": program.address,
            "to": RECEIVER,
            "gas": 100_000,
            "authorizationList": [authorization],
        }
    )
    assert (await program.w3.eth.wait_for_transaction_receipt(sent))["type"] == 4
    code = await program.w3.eth.get_code(program.address)
    assert code.to_0x_hex() == f"0xef0100{USDC[2:].lower()}"


async def test_a_chain_without_base_fee(program: Program) -> None:
    """On a chain from before EIP-1559 a transaction has a gas price."""

    class OldChain(Web3Middleware):
        async def async_response_processor(self, method: Any, response: Any) -> Any:
            if method == "eth_getBlockByNumber":
                del response["result"]["baseFeePerGas"]
            return response

    program.w3.middleware_onion.inject(OldChain, layer=0)
    sent = await program.w3.eth.send_transaction({"from": program.address, "to": RECEIVER})
    assert (await program.w3.eth.get_transaction(sent))["type"] == 0


async def test_several_at_once(program: Program) -> None:
    """Each gets the next nonce, and none is lost."""
    transaction = {"from": program.address, "to": RECEIVER, "value": 1}
    sent = await asyncio.gather(*[program.w3.eth.send_transaction(transaction) for _ in range(8)])
    found = [await program.w3.eth.get_transaction(each) for each in sent]
    assert sorted(each["nonce"] for each in found) == list(range(8))
    assert await program.balance(RECEIVER) == 8


async def test_two_wallets(program: Program) -> None:
    """Each signs for its own address."""
    bob = await new_owner(program.sandbox, program.app, "bob")
    program.w3.middleware_onion.inject(sign_with(bob.privy, bob.wallet), layer=0)
    assert await program.w3.eth.accounts == [program.address, bob.wallet.address]
    for address in (program.address, Web3.to_checksum_address(bob.wallet.address)):
        sent = await program.w3.eth.send_transaction({"from": address, "to": RECEIVER, "value": 1})
        assert (await program.w3.eth.get_transaction(sent))["from"] == address
    assert await program.balance(RECEIVER) == 2


# --- never twice


async def test_privys_lost_answer(program: Program) -> None:
    """The signature is asked for again with the same key, over the same nonce: one transaction."""
    program.sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    await program.w3.eth.send_transaction({"from": program.address, "to": RECEIVER, "value": 1})
    first, second = logged(program.sandbox, "POST", "/v1/wallets/*/rpc")
    assert first.idempotency_key == second.idempotency_key
    assert (first.executed, second.executed, second.replayed) == (True, False, True)
    assert await program.balance(RECEIVER) == 1


@asynccontextmanager
async def losing_answers(program: Program, times: int | None) -> AsyncIterator[AsyncWeb3[Any]]:
    """A web3 whose node's answers get lost once Privy has signed."""

    def lose(response: Response) -> None:
        if response.operation.endswith("/rpc"):
            program.sandbox.faults.add(path="/rpc/evm/*", drop="after", times=times)

    async with program.sandbox.client(on_response=lose) as app, connected(program.sandbox) as w3:
        alice = app.for_user(program.alice.jwt)
        w3.middleware_onion.inject(sign_with(alice, program.alice.wallet), layer=0)
        yield w3


async def test_the_nodes_lost_answer(program: Program) -> None:
    """web3.py sends it again, the node refuses that, and the hash of the first comes back."""
    async with losing_answers(program, 1) as w3:
        sent = await w3.eth.send_transaction({"from": program.address, "to": RECEIVER, "value": 1})
    assert (await program.w3.eth.get_transaction(sent))["nonce"] == 0
    assert await program.balance(RECEIVER) == 1
    assert program.signed() == 1


@pytest.mark.slow
async def test_a_node_that_is_gone(program: Program) -> None:
    """The error names the transaction, which may have been sent, and was."""
    async with losing_answers(program, None) as w3:
        with pytest.raises(aiohttp.ClientError) as caught:
            await w3.eth.send_transaction({"from": program.address, "to": RECEIVER, "value": 1})
    program.sandbox.faults.clear()
    (note,) = caught.value.__notes__
    (sent,) = [word for word in note.split() if word.startswith("0x")]
    assert note.startswith("It may have been sent")
    assert (await program.w3.eth.get_transaction(sent))["nonce"] == 0
    assert await program.balance(RECEIVER) == 1


# --- signing


async def test_accounts(program: Program) -> None:
    """The wallet's address is one of the accounts."""
    assert await program.w3.eth.accounts == [program.address]


async def test_sign_transaction(program: Program) -> None:
    """What is signed can be sent later, and reads as a node's own answer."""
    signed = await program.w3.eth.sign_transaction(
        {"from": program.address, "to": RECEIVER, "value": 3}
    )
    assert Account.recover_transaction(signed["raw"]) == program.address
    assert await program.balance(RECEIVER) == 0
    sent = await program.w3.eth.send_raw_transaction(signed["raw"])
    assert sent == signed["tx"]["hash"]
    found = await program.w3.eth.get_transaction(sent)
    same = ("to", "value", "nonce", "gas", "input", "type", "chainId", "maxFeePerGas", "hash")
    assert {name: signed["tx"][name] for name in same} == {name: found[name] for name in same}


async def test_sign(program: Program) -> None:
    """`eth_sign` and `personal_sign` sign a personal message."""
    signature = await program.w3.eth.sign(program.address, text="hello")
    message = encode_defunct(text="hello")
    assert Account.recover_message(message, signature=signature) == program.address
    params = ["0x68656c6c6f", program.address]
    assert await program.w3.manager.coro_request("personal_sign", params) == "0x" + signature.hex()


async def test_sign_typed_data(program: Program) -> None:
    """Typed data are signed as such. They are JSON: web3.py itself fails for mappings, if async."""
    message = encode_typed_data(full_message=TYPED_DATA)
    text: Any = json.dumps(TYPED_DATA)
    signature = await program.w3.eth.sign_typed_data(program.address, text)
    assert Account.recover_message(message, signature=signature) == program.address
    again = await program.w3.manager.coro_request("eth_signTypedData_v4", [program.address, text])
    assert again == "0x" + signature.hex()


# --- what is not the wallet's


async def test_other_addresses(program: Program) -> None:
    """What is asked of another address, or of none, is left to the node."""
    with pytest.raises(Web3RPCError, match="eth_sendTransaction"):
        await program.w3.eth.send_transaction({"from": RECEIVER, "to": RECEIVER})
    with pytest.raises(Web3RPCError, match="eth_sendTransaction"):
        await program.w3.eth.send_transaction({"to": RECEIVER})
    with pytest.raises(Web3RPCError, match="eth_signTransaction"):
        await program.w3.eth.sign_transaction({"from": RECEIVER, "to": RECEIVER})
    with pytest.raises(Web3RPCError, match="eth_sign"):
        await program.w3.eth.sign(RECEIVER, text="hello")
    assert program.signed() == 0


# --- errors


async def test_a_policy_denies(program: Program) -> None:
    """Privy's refusal is the SDK's error; nothing is sent to the chain."""
    policy = await program.app.policies.create(
        name="Deny all", version="1.0", chain_type="ethereum", rules=[DENY_ALL]
    )
    wallet_id = program.alice.wallet.id
    await program.alice.privy.wallets.update(wallet_id, policy_ids=[policy.id])
    with pytest.raises(PolicyViolationError):
        await program.w3.eth.send_transaction({"from": program.address, "to": RECEIVER})
    with pytest.raises(PolicyViolationError):
        await program.w3.eth.sign(program.address, text="hello")
    assert await program.w3.eth.get_transaction_count(program.address) == 0


async def test_a_stranger(program: Program) -> None:
    """Another user's client does not sign."""
    bob = await new_owner(program.sandbox, program.app, "bob")
    async with connected(program.sandbox) as w3:
        w3.middleware_onion.inject(sign_with(bob.privy, program.alice.wallet), layer=0)
        with pytest.raises(AuthenticationError):
            await w3.eth.send_transaction({"from": program.address, "to": RECEIVER})


async def test_too_little_money(program: Program) -> None:
    """What the node refuses is web3.py's error, from filling in or from sending."""
    much = {"from": program.address, "to": RECEIVER, "value": 10**30}
    with pytest.raises(Web3RPCError):
        await program.w3.eth.send_transaction(much)
    with pytest.raises(Web3RPCError, match="insufficient funds"):
        await program.w3.eth.send_transaction({**much, "gas": 21_000})
    assert await program.w3.eth.get_transaction_count(program.address) == 0


async def test_what_privy_cannot_sign(program: Program) -> None:
    """A field that Privy signs none of is named before anything is signed."""
    entry = {"address": RECEIVER, "storageKeys": []}
    with pytest.raises(InvalidArgumentError, match=r"^transaction\.accessList"):
        await program.w3.eth.send_transaction(
            {"from": program.address, "to": RECEIVER, "accessList": [entry]}
        )
    with pytest.raises(InvalidArgumentError, match=r"^eth_signTypedData"):
        await program.w3.eth.sign_typed_data(program.address, "no JSON")  # type: ignore[arg-type]
    assert program.signed() == 0


async def test_wrong_arguments(program: Program) -> None:
    """Another client, another wallet or a sync web3 is refused before anything is sent."""
    alice, solana = program.alice, await program.app.wallets.create(chain_type="solana")
    with nothing_sent(program.sandbox):
        with pytest.raises(InvalidArgumentError, match=r"^wallet: expected an Ethereum wallet"):
            sign_with(alice.privy, solana)
        with pytest.raises(InvalidArgumentError, match=r"^privy: expected a client of privy_async"):
            sign_with(program.sandbox.sync_client(), alice.wallet)  # type: ignore[arg-type]
        w3 = Web3(HTTPProvider(program.sandbox.evm_rpc_url(CHAIN_ID)))
        w3.middleware_onion.inject(sign_with(alice.privy, alice.wallet), layer=0)
        with pytest.raises(InvalidArgumentError, match=r"^w3: for Web3 use privy_sync"):
            _ = w3.eth.chain_id


# --- the event loop


async def test_the_loop_is_never_blocked(program: Program) -> None:
    """While Privy takes its time to sign, the loop does other things, web3's and Privy's too."""
    program.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.5)
    transaction = {"from": program.address, "to": RECEIVER, "value": 1}
    sending = asyncio.create_task(program.w3.eth.send_transaction(transaction))
    ticks = 0
    while not sending.done():
        await asyncio.sleep(0.005)
        ticks += 1
        if ticks == 5:
            assert (await program.app.wallets.get(program.alice.wallet.id)).address
            assert await program.w3.eth.chain_id == CHAIN_ID
            assert not sending.done()
    await sending
    assert ticks > 10
    assert await program.balance(RECEIVER) == 1


def test_one_middleware_in_several_loops() -> None:
    """A program may run one event loop after the other, and be busy in each."""
    with Sandbox() as sandbox:
        client = sandbox.client()

        async def run() -> int:
            async with client, connected(sandbox) as w3:
                w3.middleware_onion.inject(middleware, layer=0)
                transaction = {"from": owner.wallet.address, "to": RECEIVER, "value": 1}
                await asyncio.gather(*[w3.eth.send_transaction(transaction) for _ in range(3)])
                return await w3.eth.get_balance(Web3.to_checksum_address(RECEIVER))

        owner = asyncio.run(new_owner(sandbox, client))
        middleware = sign_with(owner.privy, owner.wallet)
        assert [asyncio.run(run()), asyncio.run(run())] == [3, 6]


# --- persistent connections


@asynccontextmanager
async def over_websocket(sandbox: Sandbox) -> AsyncIterator[AsyncWeb3[WebSocketProvider]]:
    """The sandbox's chain over a WebSocket, as nodes offer it."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with aiohttp.ClientSession() as session:
            async for message in socket:
                headers = {"Content-Type": "application/json"}
                url = sandbox.evm_rpc_url(CHAIN_ID)
                async with session.post(url, data=message.data, headers=headers) as answer:
                    await socket.send_str(await answer.text())
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server:
        provider = WebSocketProvider(str(server.make_url("/").with_scheme("ws")))
        async with AsyncWeb3(provider) as w3:
            yield w3


async def test_over_a_websocket(program: Program) -> None:
    """There transactions are sent too, and what cannot work says so."""
    async with over_websocket(program.sandbox) as w3:
        w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
        sent = await w3.eth.send_transaction({"from": program.address, "to": RECEIVER, "value": 1})
        assert (await w3.eth.get_transaction(sent))["from"] == program.address
        assert await program.balance(RECEIVER) == 1
        with pytest.raises(MethodNotSupported, match="eth_sign does not work"):
            await w3.eth.sign(program.address, text="hello")
        with pytest.raises(MethodNotSupported, match="eth_signTransaction does not work"):
            await w3.eth.sign_transaction({"from": program.address, "to": RECEIVER})
        with pytest.raises(Web3RPCError):
            await w3.eth.sign(RECEIVER, text="hello")
    assert program.signed() == 1
