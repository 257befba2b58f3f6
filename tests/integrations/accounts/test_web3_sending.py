"""web3.py's middleware, async: what AsyncWeb3 sends from the address of a Privy wallet."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from account_helpers import CHAIN_ID, ERC20, RECEIVER, USDC
from sdk_helpers import logged, new_owner
from web3 import AsyncWeb3, Web3
from web3.middleware import Web3Middleware
from web3_program import Program, connected

from privy_async import Response
from privy_async.integrations.web3 import sign_with

pytestmark = pytest.mark.anyio


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

    async with (
        program.sandbox.client(on_response=lose) as app,
        connected(program.sandbox.evm_rpc_url(CHAIN_ID)) as w3,
    ):
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
