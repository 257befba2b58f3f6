"""The whole flow on an embedded sandbox, told step by step: `make demo`.

What the wallets sign is checked with eth-account and solders, which know nothing of this SDK.
"""

import asyncio
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Generator
from contextlib import contextmanager

import attrs
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from solders.hash import Hash
from solders.message import MessageV0, to_bytes_versioned
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from privy_async import AuthenticationError, PrivyClient
from privy_async.resources.wallets.ethereum_formats import EthereumTransaction
from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import Sandbox

DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
TYPED_DATA = {
    "domain": {"name": "Demo", "version": "1", "chainId": 1},
    "types": {"Order": [{"name": "item", "type": "string"}, {"name": "amount", "type": "uint256"}]},
    "primary_type": "Order",
    "message": {"item": "bread", "amount": 2**70},
}


@attrs.frozen
class Person:
    """A user with a token and two wallets, and a client that signs for that user."""

    name: str
    privy: PrivyClient
    user_jwt: str = attrs.field(repr=False)
    ethereum: Wallet
    solana: Wallet


def say(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Generator[None]:
    """Print the title, then how long the step took."""
    started = time.perf_counter()
    say(f"\n{title}")
    yield
    say(f"    ({(time.perf_counter() - started) * 1000:.0f} ms)")


def require(fact: bool, what: str) -> None:
    """Say that a fact was checked, or end the demo."""
    if not fact:
        raise SystemExit(f"NOT PROVEN: {what}")
    say(f"    checked: {what}")


async def join(sandbox: Sandbox, privy: PrivyClient, name: str) -> Person:
    """Make a user, a token of the sandbox's own issuer, and a wallet on each chain."""
    user = await privy.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": name}]
    )
    ethereum = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    solana = await privy.wallets.create(chain_type="solana", owner={"user_id": user.id})
    user_jwt = sandbox.issue_user_jwt(name)
    say(f"    {name}: {user.id}, {ethereum.address}, {solana.address}")
    return Person(name, privy.for_user(user_jwt), user_jwt, ethereum, solana)


async def sign_on_ethereum(person: Person) -> None:
    """Sign a message, typed data and a transaction; eth-account recovers the signer."""
    wallet, ethereum = person.ethereum, person.privy.wallets.ethereum
    signed = await ethereum.sign_message(wallet.id, f"I am {person.name}")
    recovered = Account.recover_message(
        encode_defunct(text=f"I am {person.name}"), signature=signed.signature
    )
    require(recovered == wallet.address, f"{person.name} signed a message (eth-account)")

    signed = await ethereum.sign_typed_data(wallet.id, TYPED_DATA)
    typed = {**TYPED_DATA, "primaryType": "Order"}
    del typed["primary_type"]
    recovered = Account.recover_message(
        encode_typed_data(full_message=typed), signature=signed.signature
    )
    require(recovered == wallet.address, f"{person.name} signed typed data (eth-account)")

    transaction: EthereumTransaction = {
        "to": wallet.address,
        "value": 10**18,
        "chain_id": 1,
        "nonce": 0,
        "gas_limit": 21000,
        "max_fee_per_gas": 10**9,
        "max_priority_fee_per_gas": 10**9,
    }
    raw = await ethereum.sign_transaction(wallet.id, transaction)
    recovered = Account.recover_transaction(raw.signed_transaction)
    require(recovered == wallet.address, f"{person.name} signed a transaction (eth-account)")


async def sign_on_solana(person: Person) -> None:
    """Sign a message and a versioned transaction; solders verifies the signatures."""
    wallet, solana = person.solana, person.privy.wallets.solana
    key = Pubkey.from_string(wallet.address)
    signed = await solana.sign_message(wallet.id, "good morning")
    signature = Signature.from_bytes(b64decode(signed.signature))
    require(
        signature.verify(key, b"good morning"), f"{person.name} signed a Solana message (solders)"
    )

    move = transfer(TransferParams(from_pubkey=key, to_pubkey=Pubkey.default(), lamports=1))
    message = MessageV0.try_compile(key, [move], [], Hash.new_unique())
    unsigned = VersionedTransaction(message, [NullSigner(key)])
    answer = await solana.sign_transaction(wallet.id, bytes(unsigned))
    transaction = VersionedTransaction.from_bytes(b64decode(answer.signed_transaction))
    valid = transaction.signatures[0].verify(key, to_bytes_versioned(message))
    require(valid, f"{person.name} signed a Solana transaction (solders)")


async def be_refused(alice: Person, bob: Person) -> None:
    """Bob's key on Alice's wallet."""
    try:
        await bob.privy.wallets.ethereum.sign_message(alice.ethereum.id, "I am Alice")
    except AuthenticationError as error:
        say(f"    AuthenticationError: {error}")
        require(error.status == 401, "Bob's key was refused on Alice's wallet")
        return
    raise SystemExit("NOT PROVEN: Bob's key must be refused on Alice's wallet")


async def send_once(sandbox: Sandbox, person: Person) -> None:
    """The answer is lost after the transaction was executed; the SDK asks again."""
    before = len(sandbox.state.transactions)
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    transaction: EthereumTransaction = {"to": person.ethereum.address, "value": 1}
    sent = await person.privy.wallets.ethereum.send_transaction(
        person.ethereum.id, transaction, caip2="eip155:1"
    )
    attempts = [record for record in sandbox.log if record.path.endswith("/rpc")][-2:]
    same = attempts[0].idempotency_key == attempts[1].idempotency_key
    require(same, "the answer was lost, and asked for again with the same idempotency key")
    executed = len(sandbox.state.transactions) - before
    require(executed == 1, f"the ledger shows one transaction, {sent.hash[:18]}...")


def sign_in_sync(sandbox: Sandbox, person: Person) -> Callable[[], None]:
    """Calls without await, as a Django view or a worker makes them."""

    def work() -> None:
        with sandbox.sync_client() as privy:
            signer = privy.wallets.generate_user_signer(user_jwt=person.user_jwt)
            privy.update_authorization_key(signer.authorization_key)
            signed = privy.wallets.ethereum.sign_message(person.ethereum.id, "in sync")
        recovered = Account.recover_message(
            encode_defunct(text="in sync"), signature=signed.signature
        )
        require(recovered == person.ethereum.address, "the sync face signed (eth-account)")

    return work


async def main() -> None:
    """Run all steps."""
    with step("1. A sandbox: Privy's API on this machine, with nobody's account and no network"):
        sandbox = Sandbox()
        await sandbox.start()
        say(f"    {sandbox.base_url}")
    try:
        async with sandbox.client() as privy:
            await tell(sandbox, privy)
    finally:
        await sandbox.stop()


async def tell(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Everything that happens while the sandbox is up."""
    with step("2. Two users with tokens, an Ethereum and a Solana wallet each"):
        alice = await join(sandbox, privy, "alice")
        bob = await join(sandbox, privy, "bob")
    with step("3. Their time-bound keys are asked for, sealed, opened and kept; 100 calls each"):
        people = [alice, bob] * 100
        await asyncio.gather(
            *(one.privy.wallets.ethereum.sign_message(one.ethereum.id, "hello") for one in people)
        )
        require(sandbox.state.exchanges == 2, "200 signed calls at once, two keys asked for")
    with step("4. Ethereum: a message, typed data, a transaction"):
        await sign_on_ethereum(alice)
        await sign_on_ethereum(bob)
    with step("5. Solana: a message, a transaction"):
        await sign_on_solana(alice)
        await sign_on_solana(bob)
    with step("6. Bob tries Alice's wallet"):
        await be_refused(alice, bob)
    with step("7. An answer gets lost after the transaction was executed"):
        await send_once(sandbox, alice)
    with step("8. The same in sync: privy_sync, without await"):
        await asyncio.to_thread(sign_in_sync(sandbox, alice))


if __name__ == "__main__":
    begun = time.perf_counter()
    asyncio.run(main())
    say(
        "\nProven: users' tokens became users' keys, the keys signed what other libraries verify, "
        "a stranger's key\nwas refused, and a lost answer moved no money twice. "
        f"All on this machine, in {time.perf_counter() - begun:.1f} s."
    )
