"""What TRON wallets sign and send, read back with eth-keys."""

import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import base58
import pytest
from eth_keys.datatypes import Signature
from sdk_helpers import Owner, new_owner

from privy_async import BadRequestError, InvalidArgumentError, PrivyClient
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

MAINNET, NILE = "tron:0x2b6653dc", "tron:0xcd8690dc"
RECIPIENT = "41" + "00" * 20
BLOCK = {
    "ref_block_bytes": "1a2b",
    "ref_block_hash": "abc1234567890def",
    "expiration": 1_800_000_060_000,
    "timestamp": 1_800_000_000_000,
}


@pytest.fixture
async def bob(sandbox: Sandbox, privy: PrivyClient) -> Owner:
    """A user with a TRON wallet."""
    return await new_owner(sandbox, privy, "bob", chain_type="tron")


def owner_address(bob: Owner) -> str:
    """The wallet's address in the hex that transactions hold."""
    return base58.b58decode_check(bob.wallet.address).hex()


def transfer_of(bob: Owner, amount: int = 1) -> dict[str, Any]:
    """A TRX transfer from the wallet; `amount` is in sun."""
    return {
        "type": "TransferContract",
        "owner_address": owner_address(bob),
        "to_address": RECIPIENT,
        "amount": amount,
    }


def call_of(bob: Owner) -> dict[str, Any]:
    """A call of a contract from the wallet."""
    return {
        "type": "TriggerSmartContract",
        "owner_address": owner_address(bob),
        "contract_address": RECIPIENT,
        "data": "a9059cbb",
        "call_value": 5,
    }


def check_signed(bob: Owner, signed_transaction: str) -> bytes:
    """Recover the signer, who must be the wallet, and return the raw data's bytes."""
    everything = bytes.fromhex(signed_transaction)
    raw_data, signature = everything[:-65], everything[-65:]
    recoverable = Signature(signature[:64] + bytes([signature[64] % 27]))
    key = recoverable.recover_public_key_from_msg_hash(sha256(raw_data).digest())
    assert "41" + key.to_canonical_address().hex() == owner_address(bob)
    return raw_data


@pytest.mark.parametrize("contract", [transfer_of, call_of])
async def test_a_transaction_is_signed(
    bob: Owner, contract: Callable[[Owner], dict[str, Any]]
) -> None:
    """A transfer and a contract call come back as raw data with the wallet's signature."""
    raw_data = {"contract": [contract(bob)], "fee_limit": 10**7, **BLOCK}
    signed = await bob.privy.wallets.tron.sign_transaction(bob.wallet.id, raw_data)
    assert signed.encoding == "hex"
    signed_data = check_signed(bob, signed.signed_transaction)
    for part in ("1a2b", "abc1234567890def", owner_address(bob), RECIPIENT):
        assert bytes.fromhex(part) in signed_data


@pytest.mark.parametrize(("options", "caip2"), [({}, MAINNET), ({"caip2": NILE}, NILE)])
async def test_a_transaction_is_sent(
    sandbox: Sandbox, bob: Owner, options: dict[str, Any], caip2: str
) -> None:
    """The block reference is filled in, mainnet is the default, and the ledger has it."""
    sent = await bob.privy.wallets.tron.send_transaction(
        bob.wallet.id, {"contract": [transfer_of(bob)]}, reference_id="order-1", **options
    )
    (entry,) = sandbox.state.transactions.values()
    assert (entry.id, entry.transaction_hash) == (sent.transaction_id, sent.hash)
    assert (sent.caip2, sent.reference_id) == (caip2, "order-1")
    raw_data = check_signed(bob, str(entry.content["signed_transaction"]))
    assert sha256(raw_data).hexdigest() == sent.hash


async def test_an_expiration_of_ones_own_is_kept(bob: Owner, sandbox: Sandbox) -> None:
    """Only what is left out is filled in."""
    expiration = int(time.time() * 1000) + 600_000
    raw_data = {"contract": [transfer_of(bob)], "expiration": expiration}
    await bob.privy.wallets.tron.send_transaction(bob.wallet.id, raw_data)
    (entry,) = sandbox.state.transactions.values()
    sent: Any = entry.content["raw_data"]
    assert sent["expiration"] == expiration


async def test_a_transfer_of_another_wallet(bob: Owner) -> None:
    """It is signed, and not sent: the owner's address is named, and nothing happened."""
    raw_data = {"contract": [{**transfer_of(bob), "owner_address": RECIPIENT}], **BLOCK}
    tron = bob.privy.wallets.tron
    assert (await tron.sign_transaction(bob.wallet.id, raw_data)).signed_transaction
    with pytest.raises(BadRequestError, match="Not the wallet's address") as caught:
        await tron.send_transaction(bob.wallet.id, raw_data)
    assert caught.value.may_have_happened is False


CONTRACT = {"type": "TransferContract", "owner_address": RECIPIENT, "to_address": RECIPIENT}


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        *(
            (
                lambda t, field=field: t.sign_transaction(
                    "w",
                    {
                        "contract": [CONTRACT],
                        **{name: value for name, value in BLOCK.items() if name != field},
                    },
                ),
                f"raw_data.{field}",
            )
            for field in ("ref_block_bytes", "ref_block_hash", "expiration")
        ),
        (lambda t: t.sign_transaction("w", BLOCK), "raw_data.contract"),
        (lambda t: t.sign_transaction("w", {**BLOCK, "contract": []}), "raw_data.contract"),
        (lambda t: t.send_transaction("w", {}), "raw_data.contract"),
        (lambda t: t.sign_transaction("w", None), "raw_data"),
        (lambda t: t.send_transaction("w", None), "raw_data"),
        (lambda t: t.send_transaction("w", [CONTRACT]), "raw_data"),
        (
            lambda t: t.send_transaction("w", {"contract": [CONTRACT]}, caip2="eip155:1"),
            "caip2",
        ),
        (
            lambda t: t.send_transaction("w", {"contract": [{**CONTRACT, "amount": 2**53}]}),
            "raw_data.contract[0].amount",
        ),
    ],
)
async def test_wrong_arguments_are_named_before_anything_is_sent(
    sandbox: Sandbox,
    privy: PrivyClient,
    call: Callable[[Any], Awaitable[object]],
    argument: str,
) -> None:
    """Nothing reaches the network."""
    with pytest.raises(InvalidArgumentError) as caught:
        await call(privy.wallets.tron)
    assert caught.value.argument == argument
    assert len(sandbox.log) == 0
