"""web3.py's middleware, async: on several loops, over a WebSocket, and on other chains."""

import asyncio
import json
from typing import Any

import pytest
from account_helpers import CHAIN_ID, RECEIVER, TYPED_DATA
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from sdk_helpers import new_owner
from web3 import Web3
from web3.exceptions import ExtraDataLengthError, Web3RPCError
from web3.middleware import ExtraDataToPOAMiddleware
from web3_program import Program, connected, like_polygon, node_front, over_websocket, signing

from privy_async import InvalidArgumentError
from privy_async.integrations.web3 import sign_with
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


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
            async with client, connected(sandbox.evm_rpc_url(CHAIN_ID)) as w3:
                w3.middleware_onion.inject(middleware, layer=0)
                transaction = {"from": owner.wallet.address, "to": RECEIVER, "value": 1}
                await asyncio.gather(*[w3.eth.send_transaction(transaction) for _ in range(3)])
                return await w3.eth.get_balance(Web3.to_checksum_address(RECEIVER))

        owner = asyncio.run(new_owner(sandbox, client))
        middleware = sign_with(owner.privy, owner.wallet)
        assert [asyncio.run(run()), asyncio.run(run())] == [3, 6]


# --- persistent connections


async def test_over_a_websocket(program: Program) -> None:
    """There transactions are sent, each with the next nonce, and messages signed."""
    async with over_websocket(program.sandbox) as w3:
        w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
        payment: Any = {"from": program.address, "to": RECEIVER, "value": 1}
        sent = await asyncio.gather(*[w3.eth.send_transaction(payment) for _ in range(3)])
        found = [await w3.eth.get_transaction(each) for each in sent]
        assert sorted(each["nonce"] for each in found) == [0, 1, 2]
        assert {each["from"] for each in found} == {program.address}
        assert await program.balance(RECEIVER) == 3
        signature = await w3.eth.sign(program.address, text="hello")
        message = encode_defunct(text="hello")
        assert Account.recover_message(message, signature=signature) == program.address
        signed = await w3.eth.sign_transaction(payment)
        assert Account.recover_transaction(signed["raw"]) == program.address
        typed: Any = json.dumps(TYPED_DATA)
        signature = await w3.eth.sign_typed_data(program.address, typed)
        message = encode_typed_data(full_message=TYPED_DATA)
        assert Account.recover_message(message, signature=signature) == program.address
        assert await w3.eth.accounts == [program.address]
        with pytest.raises(Web3RPCError):
            await w3.eth.sign(RECEIVER, text="hello")
    assert program.signed() == 6


async def test_errors_over_a_websocket(program: Program) -> None:
    """Privy's are the SDK's, the node's are web3.py's, and the connection goes on."""
    async with over_websocket(program.sandbox) as w3:
        w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
        payment: Any = {"from": program.address, "to": RECEIVER, "gas": 21_000}
        with pytest.raises(Web3RPCError, match="insufficient funds"):
            await w3.eth.send_transaction({**payment, "value": 10**30})
        with pytest.raises(InvalidArgumentError, match=r"^transaction\.valu:"):
            await w3.eth.send_transaction({**payment, "valu": 1})
        await w3.eth.send_transaction({**payment, "value": 1})
    assert await program.balance(RECEIVER) == 1


# --- chains


async def test_a_chain_with_proof_of_authority(program: Program) -> None:
    """Blocks with a long `extraData` are read, and what is left out is filled in by them."""
    with node_front(program.sandbox.evm_rpc_url(CHAIN_ID), like_polygon) as front:
        async with connected(front.url) as plain:
            with pytest.raises(ExtraDataLengthError):
                await plain.eth.get_block("latest")
        async with signing(program, front.url) as w3:
            payment: Any = {"from": program.address, "to": RECEIVER, "value": 1}
            receipt = await w3.eth.wait_for_transaction_receipt(
                await w3.eth.send_transaction(payment)
            )
            block: Any = await w3.eth.get_block("latest")
            assert (receipt["status"], receipt["type"]) == (1, 2)
            assert len(block["proofOfAuthorityData"]) == 517
            assert (await w3.eth.get_block(block["hash"])) == block


@pytest.mark.parametrize("below", [True, False])
async def test_beside_web3s_own_middleware(program: Program, below: bool) -> None:
    """Whoever has web3.py's own for such chains may keep it, below or above."""
    ours = sign_with(program.alice.privy, program.alice.wallet)
    layers = [ours, ExtraDataToPOAMiddleware] if below else [ExtraDataToPOAMiddleware, ours]
    with node_front(program.sandbox.evm_rpc_url(CHAIN_ID), like_polygon) as front:
        async with connected(front.url) as w3:
            for layer in layers:
                w3.middleware_onion.inject(layer, layer=0)
            await w3.eth.send_transaction({"from": program.address, "to": RECEIVER, "value": 1})
            block: Any = await w3.eth.get_block("latest")
    assert len(block["proofOfAuthorityData"]) == 517
    assert await program.balance(RECEIVER) == 1


async def test_a_batch_of_blocks(program: Program) -> None:
    """They are read in a batch as well."""
    with node_front(program.sandbox.evm_rpc_url(CHAIN_ID), like_polygon) as front:
        async with signing(program, front.url) as w3, w3.batch_requests() as batch:
            batch.add(w3.eth.get_block("latest"))
            (block,) = await batch.async_execute()
    assert len(block["proofOfAuthorityData"]) == 517
