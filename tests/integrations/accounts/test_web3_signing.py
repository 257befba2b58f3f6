"""web3.py's middleware, async: what is signed, what is the node's, and what is refused."""

import json
from typing import Any

import pytest
from account_helpers import CHAIN_ID, DENY_ALL, RECEIVER, TYPED_DATA
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from sdk_helpers import new_owner, nothing_sent
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError
from web3_program import Program, connected

from privy_async import AuthenticationError, InvalidArgumentError, PolicyViolationError
from privy_async.integrations.web3 import sign_with

pytestmark = pytest.mark.anyio


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
    async with connected(program.sandbox.evm_rpc_url(CHAIN_ID)) as w3:
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
