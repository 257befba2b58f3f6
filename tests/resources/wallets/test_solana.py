"""What Solana wallets sign and send, read back with solders and cryptography."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sdk_helpers import Owner, new_owner
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction, VersionedTransaction

from privy_async import BadRequestError, InvalidArgumentError, PrivyClient
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
RECIPIENT = Pubkey.from_string("9NvE68JVWHHHGLp5NNELtM5fiBw6SXHrzqQJjUqaykC1")
BLOCKHASH = Hash(b"\x07" * 32)


@pytest.fixture
async def bob(sandbox: Sandbox, privy: PrivyClient) -> Owner:
    """A user with a Solana wallet."""
    return await new_owner(sandbox, privy, "bob", chain_type="solana")


def transfer_from(address: str, blockhash: Hash = BLOCKHASH, *, version: str) -> bytes:
    """A transaction for the wallet to sign, legacy or of version 0."""
    wallet = Pubkey.from_string(address)
    params = TransferParams(from_pubkey=wallet, to_pubkey=RECIPIENT, lamports=2**60)
    instructions = [transfer(params)]
    if version == "legacy":
        message = Message.new_with_blockhash(instructions, wallet, blockhash)
        return bytes(Transaction.new_unsigned(message))
    compiled = MessageV0.try_compile(wallet, instructions, [], blockhash)
    return bytes(VersionedTransaction.populate(compiled, [Signature.default()]))


@pytest.mark.parametrize(
    "message",
    ["hello", "aGVsbG8=", "", "grüße 🖖", b"", b"\x00\xff", b"aGVsbG8=", bytearray(b"x")],
)
async def test_text_is_text_and_bytes_are_bytes(bob: Owner, message: str | bytes) -> None:
    """A str signs its UTF-8, even if it looks like base64; bytes sign themselves."""
    signed = await bob.privy.wallets.solana.sign_message(bob.wallet.id, message)
    content = message.encode() if isinstance(message, str) else bytes(message)
    key = Ed25519PublicKey.from_public_bytes(bytes(Pubkey.from_string(bob.wallet.address)))
    key.verify(base64.b64decode(signed.signature), content)
    assert signed.encoding == "base64"


@pytest.mark.parametrize("version", ["legacy", "0"])
@pytest.mark.parametrize("as_text", [False, True])
async def test_a_transaction_is_signed(bob: Owner, version: str, as_text: bool) -> None:
    """Bytes and base64 of both versions come back with the wallet's signature in its place."""
    wire = transfer_from(bob.wallet.address, version=version)
    given = base64.b64encode(wire).decode() if as_text else wire
    signed = await bob.privy.wallets.solana.sign_transaction(bob.wallet.id, given)
    transaction = VersionedTransaction.from_bytes(base64.b64decode(signed.signed_transaction))
    assert transaction.message == VersionedTransaction.from_bytes(wire).message
    assert transaction.verify_with_results() == [True]


@pytest.mark.parametrize("version", ["legacy", "0"])
@pytest.mark.parametrize("blockhash", [BLOCKHASH, Hash.default()])
async def test_a_transaction_is_sent(
    sandbox: Sandbox, bob: Owner, version: str, blockhash: Hash
) -> None:
    """A blockhash of zeros is filled in; the hash is the signature, and the ledger has it."""
    sent = await bob.privy.wallets.solana.sign_and_send_transaction(
        bob.wallet.id,
        transfer_from(bob.wallet.address, blockhash, version=version),
        caip2=DEVNET,
        reference_id="order-1",
    )
    (entry,) = sandbox.state.transactions.values()
    assert (entry.id, entry.transaction_hash) == (sent.transaction_id, sent.hash)
    assert (sent.caip2, sent.reference_id) == (DEVNET, "order-1")
    assert sent.signed_transaction is not None
    transaction = VersionedTransaction.from_bytes(base64.b64decode(sent.signed_transaction))
    assert transaction.verify_with_results() == [True]
    assert str(transaction.signatures[0]) == sent.hash
    assert (transaction.message.recent_blockhash == blockhash) is (blockhash == BLOCKHASH)
    assert transaction.message.recent_blockhash != Hash.default()


async def test_the_signature_of_another_signer_is_kept(bob: Owner) -> None:
    """The wallet signs in its own place of a transaction that a fee payer has signed already."""
    payer, wallet = Keypair(), Pubkey.from_string(bob.wallet.address)
    params = TransferParams(from_pubkey=wallet, to_pubkey=RECIPIENT, lamports=1)
    message = MessageV0.try_compile(payer.pubkey(), [transfer(params)], [], BLOCKHASH)
    signatures = [payer.sign_message(to_bytes_versioned(message)), Signature.default()]
    wire = bytes(VersionedTransaction.populate(message, signatures))
    signed = await bob.privy.wallets.solana.sign_transaction(bob.wallet.id, wire)
    transaction = VersionedTransaction.from_bytes(base64.b64decode(signed.signed_transaction))
    assert transaction.signatures[0] == signatures[0]
    assert transaction.verify_with_results() == [True, True]


async def test_a_transaction_of_another_wallet(bob: Owner) -> None:
    """It comes back as it is, as the wallet need not sign it; to send it is refused."""
    wire = transfer_from(str(Keypair().pubkey()), version="0")
    solana = bob.privy.wallets.solana
    signed = await solana.sign_transaction(bob.wallet.id, wire)
    assert base64.b64decode(signed.signed_transaction) == wire
    with pytest.raises(BadRequestError, match="not among the required signers") as caught:
        await solana.sign_and_send_transaction(bob.wallet.id, wire, caip2=DEVNET)
    assert caught.value.may_have_happened is False


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda s: s.sign_message("w", 5), "message"),
        (lambda s: s.sign_message("w", None), "message"),
        (lambda s: s.sign_message("w", "\ud800"), "message"),
        (lambda s: s.sign_transaction("w", b""), "transaction"),
        (lambda s: s.sign_transaction("w", ""), "transaction"),
        (lambda s: s.sign_transaction("w", "not base64"), "transaction"),
        (lambda s: s.sign_transaction("w", "AAA"), "transaction"),
        (lambda s: s.sign_transaction("w", "ÄAAA"), "transaction"),
        (lambda s: s.sign_transaction("w", 5), "transaction"),
        (lambda s: s.sign_and_send_transaction("w", b"\x01", caip2="eip155:1"), "caip2"),
        (lambda s: s.sign_and_send_transaction("w", b"\x01", caip2="solana:"), "caip2"),
        (lambda s: s.sign_and_send_transaction("w", b"\x01", caip2=None), "caip2"),
        (lambda s: s.sign_and_send_transaction("w", b"", caip2=DEVNET), "transaction"),
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
        await call(privy.wallets.solana)
    assert caught.value.argument == argument
    assert len(sandbox.log) == 0
