"""eth-account's account whose signatures a smart contract account verifies (ERC-1271)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from account_helpers import CHAIN_ID, RECEIVER
from eth_account.messages import encode_defunct, encode_intended_validator
from hexbytes import HexBytes
from loopback import Loopback, loopback, ok

from privy_async import InvalidArgumentError
from privy_async.integrations.eth_account import PrivyAccount
from privy_async.resources.wallets.values import Wallet
from privy_async.values import decode

pytestmark = pytest.mark.anyio

WALLET = {"id": "w1", "address": RECEIVER, "chain_type": "ethereum", "created_at": 1.0}
CONTRACT: Any = {"type": "erc1271"}
SIGNATURE = "0x" + "ab" * 130
DOMAIN = {"name": "Shop", "chainId": CHAIN_ID}
TYPES = {"Order": [{"name": "total", "type": "uint256"}]}


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Loopback]:
    """A server that answers with a contract's signature: longer than a key's."""
    async with loopback() as server:
        server.answer = lambda request: ok(
            {"method": "x", "data": {"signature": SIGNATURE, "encoding": "hex"}}
        )
        yield server


async def test_messages_and_typed_data(server: Loopback) -> None:
    """The request says who verifies, and on which chain; typed data's own chain comes first."""
    async with server.client() as privy:
        wallet = decode(Wallet, WALLET)
        account = PrivyAccount(privy, wallet, signature_options=CONTRACT, chain_id=1)
        message = await account.run(account.sign_message, encode_defunct(text="hello"))
        typed = await account.run(account.sign_typed_data, DOMAIN, TYPES, {"total": 5})
    assert message.signature == typed.signature == HexBytes(SIGNATURE)
    assert (message.r, message.s, message.v) == (0, 0, 0)
    assert [request.json["signature_options"] for request in server.requests] == [CONTRACT] * 2
    assert [request.json["caip2"] for request in server.requests] == [
        "eip155:1",
        f"eip155:{CHAIN_ID}",
    ]


async def test_what_needs_more(server: Loopback) -> None:
    """No chain, a bare hash, and options of another kind are refused before anything is sent."""
    async with server.client() as privy:
        wallet = decode(Wallet, WALLET)
        account = PrivyAccount(privy, wallet, signature_options=CONTRACT)
        with pytest.raises(InvalidArgumentError, match="chain_id: is missing"):
            await account.run(account.sign_message, encode_defunct(text="hello"))
        with pytest.raises(InvalidArgumentError, match="signature_options: a contract"):
            await account.run(account.unsafe_sign_hash, b"\1" * 32)
        validator = encode_intended_validator(validator_address=RECEIVER, text="hello")
        with pytest.raises(InvalidArgumentError, match="signature_options: a contract"):
            await account.run(account.sign_message, validator)
        wrong: Any = {"type": "ERC1271"}
        with pytest.raises(InvalidArgumentError, match="signature_options: expected"):
            PrivyAccount(privy, wallet, signature_options=wrong)
        with pytest.raises(InvalidArgumentError, match="chain_id"):
            PrivyAccount(privy, wallet, signature_options=CONTRACT, chain_id=0)
    assert server.requests == []
