"""solders' transactions signed by a Privy wallet, alone or with others, and executed on chain."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import pytest
import requests
from account_helpers import DENY_ALL, Person, deny_all, person
from sdk_helpers import Owner, logged, new_owner, nothing_sent
from solana.rpc.async_api import AsyncClient
from solana.rpc.core import RPCException
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction, VersionedTransaction

import privy_sync.integrations.solders as sync_solders
from privy_async import (
    APIResponseError,
    AuthenticationError,
    InvalidArgumentError,
    PolicyViolationError,
    PrivyClient,
    PrivyError,
)
from privy_async.integrations.solders import PrivySigner
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
SOL = 10**9
RECEIVER = Pubkey.from_string("5oNDL3swdJJF1g9DzJiZ4ynHXgszjAEpUkxVYejchzrY")
FEE = 5000
BLOCKHASH = Hash(b"\x07" * 32)


@attrs.frozen
class Program:
    """A program of a user's: his wallet, and a client of the chain."""

    sandbox: Sandbox
    app: PrivyClient
    alice: Owner
    signer: PrivySigner
    chain: AsyncClient

    async def blockhash(self) -> Hash:
        return (await self.chain.get_latest_blockhash()).value.blockhash

    async def balance(self, pubkey: Pubkey) -> int:
        return (await self.chain.get_balance(pubkey)).value


@pytest.fixture
async def program(anyio_backend: str) -> AsyncIterator[Program]:
    async with (
        Sandbox() as sandbox,
        sandbox.client() as app,
        AsyncClient(sandbox.solana_rpc_url) as chain,
    ):
        alice = await new_owner(sandbox, app, chain_type="solana")
        signer = PrivySigner(alice.privy, alice.wallet)
        await sandbox.fund(alice.wallet.address, 2, caip2=SOLANA)
        yield Program(sandbox, app, alice, signer, chain)


def pay(payer: Pubkey, lamports: int = SOL) -> Instruction:
    return transfer(TransferParams(from_pubkey=payer, to_pubkey=RECEIVER, lamports=lamports))


def unsigned(
    kind: type, instructions: list[Instruction], payer: Pubkey, blockhash: Hash = BLOCKHASH
) -> Any:
    """A transaction of this kind, with a default signature for each of its signers."""
    if kind is Transaction:
        message = Message.new_with_blockhash(instructions, payer, blockhash)
        return Transaction.new_unsigned(message)
    versioned = MessageV0.try_compile(payer, instructions, [], blockhash)
    signers = versioned.account_keys[: versioned.header.num_required_signatures]
    return VersionedTransaction(versioned, [NullSigner(key) for key in signers])


def signed_by(transaction: Any, key: Keypair) -> Any:
    """The transaction with a local key's signature in its place."""
    signers = list(transaction.message.account_keys)
    signatures = transaction.signatures
    message = to_bytes_versioned(transaction.message)
    signatures[signers.index(key.pubkey())] = key.sign_message(message)
    return type(transaction).populate(transaction.message, signatures)


def verified(transaction: Any) -> list[bool]:
    return list(transaction.verify_with_results())


KINDS = [Transaction, VersionedTransaction]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_transaction_is_executed(program: Program, kind: type) -> None:
    """Legacy and versioned transactions are signed by Privy and sent by solana-py: once."""
    wallet = program.signer.pubkey()
    before = await program.balance(wallet)
    transaction = unsigned(kind, [pay(wallet)], wallet, await program.blockhash())
    signed = await program.signer.sign_transaction(transaction)
    assert type(signed) is kind
    assert verified(signed) == [True]
    sent = await program.chain.send_transaction(signed)
    assert sent.value == signed.signatures[0]
    assert await program.balance(RECEIVER) == SOL
    assert await program.balance(wallet) == before - SOL - FEE
    with pytest.raises(RPCException, match="already been processed"):
        await program.chain.send_transaction(signed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wallet_pays", [True, False])
@pytest.mark.parametrize("wallet_is_first", [True, False])
async def test_several_signers(
    program: Program, kind: type, wallet_pays: bool, wallet_is_first: bool
) -> None:
    """The wallet fills its own place and keeps the others', whoever pays and signs first."""
    other = Keypair()
    await program.sandbox.fund(str(other.pubkey()), 2, caip2=SOLANA)
    wallet = program.signer.pubkey()
    payer = wallet if wallet_pays else other.pubkey()
    instructions = [pay(wallet, SOL), pay(other.pubkey(), SOL + 1)]
    transaction = unsigned(kind, instructions, payer, await program.blockhash())
    if wallet_is_first:
        partly = await program.signer.sign_transaction(transaction)
        assert sorted(verified(partly)) == [False, True]
        complete = signed_by(partly, other)
    else:
        complete = await program.signer.sign_transaction(signed_by(transaction, other))
    assert verified(complete) == [True, True]
    await program.chain.send_transaction(complete)
    assert await program.balance(RECEIVER) == 2 * SOL + 1


async def test_two_wallets(program: Program) -> None:
    """Two users sign the same transaction, one after the other."""
    bob = await new_owner(program.sandbox, program.app, "bob", chain_type="solana")
    second = PrivySigner(bob.privy, bob.wallet)
    await program.sandbox.fund(bob.wallet.address, 2, caip2=SOLANA)
    wallet = program.signer.pubkey()
    instructions = [pay(wallet), pay(second.pubkey())]
    transaction = unsigned(Transaction, instructions, wallet, await program.blockhash())
    partly = await second.sign_transaction(transaction)
    complete = await program.signer.sign_transaction(partly)
    await program.chain.send_transaction(complete)
    assert await program.balance(RECEIVER) == 2 * SOL


async def test_the_argument_stays_as_it_is(program: Program) -> None:
    """What comes back is another transaction."""
    wallet = program.signer.pubkey()
    transaction = unsigned(Transaction, [pay(wallet)], wallet)
    before = bytes(transaction)
    assert bytes(await program.signer.sign_transaction(transaction)) != before
    assert bytes(transaction) == before


@pytest.mark.parametrize("message", [b"hello", b"\x00\xff" * 50])
async def test_messages(program: Program, message: bytes) -> None:
    """Bytes are signed as they are."""
    signature = await program.signer.sign_message(message)
    assert signature.verify(program.signer.pubkey(), message)


async def test_it_shows_its_address(program: Program) -> None:
    """And no secret."""
    assert str(program.signer.pubkey()) == program.alice.wallet.address
    assert repr(program.signer) == f"PrivySigner(pubkey={program.alice.wallet.address})"


async def test_wrong_arguments(program: Program) -> None:
    """What the wallet cannot sign is refused before anything is sent."""
    other = Keypair().pubkey()
    ethereum = await program.app.wallets.create(chain_type="ethereum")
    with nothing_sent(program.sandbox):
        with pytest.raises(InvalidArgumentError, match="is none of its signers"):
            await program.signer.sign_transaction(unsigned(Transaction, [pay(other)], other))
        with pytest.raises(InvalidArgumentError, match="expected a transaction of solders"):
            await program.signer.sign_transaction(b"\x01")  # type: ignore[type-var]
        with pytest.raises(InvalidArgumentError, match="expected bytes"):
            await program.signer.sign_message("hello")  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match=r"^wallet: expected a Solana wallet"):
            PrivySigner(program.alice.privy, ethereum)
        with pytest.raises(InvalidArgumentError, match=r"^privy: expected a client of privy_async"):
            PrivySigner(program.sandbox.sync_client(), program.alice.wallet)  # type: ignore[arg-type]


async def test_what_callers_expect(program: Program) -> None:
    """It tells its address as solders' signers do, and as x402's."""
    assert str(program.signer.pubkey()) == program.signer.address == program.alice.wallet.address
    assert program.signer.keypair.pubkey() == program.signer.pubkey()
    assert repr(program.signer.keypair) == f"KeylessKeypair(pubkey={program.signer.address})"


TRANSACTIONS_ONLY = {
    "name": "Transactions only", "method": "signTransaction", "conditions": [], "action": "ALLOW"
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_sync_code_with_a_keypair(program: Program, kind: type) -> None:
    """In a thread it signs messages and transactions; policies see transactions as such."""
    wallet, keypair = program.signer.pubkey(), program.signer.keypair
    message = to_bytes_versioned(unsigned(kind, [pay(wallet)], wallet).message)
    for data in (b"hello", message):
        assert (await program.signer.run(keypair.sign_message, data)).verify(wallet, data)
    policy = await program.app.policies.create(
        name="Transactions", version="1.0", chain_type="solana", rules=[TRANSACTIONS_ONLY]
    )
    wallet_id = program.alice.wallet.id
    await program.alice.privy.wallets.update(wallet_id, policy_ids=[policy.id])
    assert (await program.signer.run(keypair.sign_message, message)).verify(wallet, message)
    other = Keypair().pubkey()
    others = bytes(unsigned(Transaction, [pay(other)], other).message)
    for data in (b"hello", others, message + b"\0", b"", b"\x80", b"\0" * 100):
        with pytest.raises(PolicyViolationError):
            await program.signer.run(keypair.sign_message, data)
    wrong: Any = "text"
    with pytest.raises(InvalidArgumentError, match="message: expected bytes"):
        keypair.sign_message(wrong)


async def test_sync_code_that_nobody_waits_for(program: Program) -> None:
    """In the loop itself the error says what to do."""
    asked = pytest.raises(PrivyError, match=r"await signer\.run\(function, \.\.\.\)")
    with nothing_sent(program.sandbox), asked:
        program.signer.keypair.sign_message(b"hello")


async def test_solders_takes_no_other_signers(program: Program) -> None:
    """Its transactions are signed by its own kinds alone, so a NullSigner holds the place."""
    wallet = program.signer.pubkey()
    message = unsigned(VersionedTransaction, [pay(wallet)], wallet).message
    signers: Any = [program.signer.keypair]
    with pytest.raises(TypeError):
        VersionedTransaction(message, signers)


async def test_refusals(program: Program) -> None:
    """A stranger's client and a policy are refused with the SDK's errors."""
    bob = await new_owner(program.sandbox, program.app, "bob", chain_type="solana")
    stranger = PrivySigner(bob.privy, program.alice.wallet)
    transaction = unsigned(VersionedTransaction, [pay(stranger.pubkey())], stranger.pubkey())
    with pytest.raises(AuthenticationError):
        await stranger.sign_transaction(transaction)
    policy = await program.app.policies.create(
        name="Deny all", version="1.0", chain_type="solana", rules=[DENY_ALL]
    )
    wallet_id = program.alice.wallet.id
    await program.alice.privy.wallets.update(wallet_id, policy_ids=[policy.id])
    with pytest.raises(PolicyViolationError):
        await program.signer.sign_transaction(transaction)
    with pytest.raises(PolicyViolationError):
        await program.signer.sign_message(b"hello")


async def test_what_was_not_asked_for(program: Program) -> None:
    """A signature of something else is an error, and is not handed on."""
    wallet = program.signer.pubkey()
    asked = unsigned(Transaction, [pay(wallet)], wallet)
    await program.signer.sign_message(b"so that no fault strikes the exchange")
    other = await program.signer.sign_transaction(unsigned(Transaction, [pay(wallet, 1)], wallet))
    wrong = [bytes(other), bytes(asked), b"", b"\x00" * 64]
    for answer in [*(base64.b64encode(each).decode() for each in wrong), "?"]:
        data = {"signed_transaction": answer, "signature": answer, "encoding": "base64"}
        body = {"method": "any", "data": data}
        for call in (program.signer.sign_transaction(asked), program.signer.sign_message(b"hi")):
            program.sandbox.faults.add(path="/v1/wallets/*/rpc", status=200, body=body)
            with pytest.raises(APIResponseError, match="did not sign what it was asked"):
                await call


async def test_a_lost_answer(program: Program) -> None:
    """It is asked for again with the same key, and nothing is signed a second time."""
    wallet = program.signer.pubkey()
    program.sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    await program.signer.sign_transaction(unsigned(Transaction, [pay(wallet)], wallet))
    first, second = logged(program.sandbox, "POST", "/v1/wallets/*/rpc")
    assert first.idempotency_key == second.idempotency_key
    assert (first.executed, second.replayed) == (True, True)


async def test_the_loop_is_never_blocked(program: Program) -> None:
    """While Privy takes its time to sign, the loop does other things."""
    program.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.3)
    wallet = program.signer.pubkey()
    transaction = unsigned(Transaction, [pay(wallet)], wallet)
    signing = asyncio.create_task(program.signer.sign_transaction(transaction))
    ticks = 0
    while not signing.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert verified(await signing) == [True]
    assert ticks > 10


# --- the sync face


@pytest.fixture
def owner() -> Iterator[Person]:
    with person("solana") as owner:
        owner.sandbox.fund(owner.wallet.address, 2, caip2=SOLANA)
        yield owner


@pytest.mark.parametrize("kind", KINDS)
def test_a_transaction_is_executed_in_sync(owner: Person, kind: type) -> None:
    """In the same words without `await`; any client of a node sends its bytes."""
    signer = sync_solders.PrivySigner(owner.privy, owner.wallet)
    address = str(signer.pubkey())
    before = node(owner, "getBalance", address)["value"]
    blockhash = Hash.from_string(node(owner, "getLatestBlockhash")["value"]["blockhash"])
    signed = signer.sign_transaction(
        unsigned(kind, [pay(signer.pubkey())], signer.pubkey(), blockhash)
    )
    assert type(signed) is kind
    wire = base64.b64encode(bytes(signed)).decode()
    assert node(owner, "sendTransaction", wire, {"encoding": "base64"}) == str(signed.signatures[0])
    assert node(owner, "getBalance", str(RECEIVER))["value"] == SOL
    assert node(owner, "getBalance", address)["value"] == before - SOL - FEE


def node(owner: Person, method: str, *params: Any) -> Any:
    """The result of a call of the chain."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return requests.post(owner.sandbox.solana_rpc_url, json=body).json()["result"]


def test_a_keypair_in_sync(owner: Person) -> None:
    """It signs at once, and a transaction as such."""
    signer = sync_solders.PrivySigner(owner.privy, owner.wallet)
    assert signer.address == str(signer.pubkey()) == owner.wallet.address
    message = bytes(unsigned(Transaction, [pay(signer.pubkey())], signer.pubkey()).message)
    for data in (b"hello", message):
        assert signer.keypair.sign_message(data).verify(signer.pubkey(), data)


def test_messages_in_sync(owner: Person) -> None:
    """Bytes are signed as they are; a policy's refusal is the SDK's error."""
    signer = sync_solders.PrivySigner(owner.privy, owner.wallet)
    assert signer.sign_message(b"hello").verify(signer.pubkey(), b"hello")
    assert repr(signer) == f"PrivySigner(pubkey={owner.wallet.address})"
    deny_all(owner)
    with pytest.raises(PolicyViolationError):
        signer.sign_message(b"hello")


def test_wrong_arguments_in_sync(owner: Person) -> None:
    """What cannot be signed is refused before anything is sent."""
    signer = sync_solders.PrivySigner(owner.privy, owner.wallet)
    with nothing_sent(owner.sandbox):
        with pytest.raises(InvalidArgumentError, match="expected bytes"):
            signer.sign_message("hello")  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match="expected a transaction of solders"):
            signer.sign_transaction(None)  # type: ignore[type-var]
        with pytest.raises(InvalidArgumentError, match=r"^privy: expected a client of privy_sync"):
            sync_solders.PrivySigner(owner.sandbox.client(), owner.wallet)  # type: ignore[arg-type]
