"""The whole flow on an embedded sandbox, told step by step: `make demo`.

Each step shows the lines of code that did it. What the wallets sign is checked with eth-account
and solders, which know nothing of this SDK.
"""

import argparse
import ast
import asyncio
import inspect
import socket
import sys
import textwrap
import time
from base64 import b64decode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
from privy_async.sandbox.first_user import make_user, to_paste

USUAL_PORT: Final = 8787
TYPED_DATA: Final = {
    "domain": {"name": "Demo", "version": "1", "chainId": 1},
    "types": {"Order": [{"name": "item", "type": "string"}, {"name": "amount", "type": "uint256"}]},
    "primary_type": "Order",
    "message": {"item": "bread", "amount": 2**70},
}
NEXT: Final = """
What next?
    privy-sandbox --user alice    a sandbox to write your own program against: it prints a token,
                                  wallets, and what to export, so that PrivyClient() finds it
    make demo KEEP=1              this demo again; its sandbox and its page stay open
    README.md                     the quickstart; privy_async/sandbox/README.md has the sandbox
    privy-async doctor            once you have credentials of Privy's: is everything set up?
The commands are in {commands}."""


# --- how it is told


def say(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def step(title: str, *shown: Callable[..., object]) -> Generator[None]:
    """Print the title and the code of the functions, then how long the step took."""
    started = time.perf_counter()
    say(f"\n{title}")
    for function in shown:
        say(textwrap.indent(code_of(function), "    | "))
    yield
    say(f"    ({(time.perf_counter() - started) * 1000:.0f} ms)")


def code_of(function: Callable[..., object]) -> str:
    """Return the lines of a function, without its head, its docstring and its `return`."""
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    lines = source.splitlines()
    shown = [
        "\n".join(lines[each.lineno - 1 : each.end_lineno])
        for each in definition.body[1:]
        if not isinstance(each, ast.Return)
    ]
    return textwrap.dedent("\n".join(shown))


def require(fact: bool, what: str) -> None:
    """Say that a fact was checked, or end the demo."""
    if not fact:
        raise SystemExit(f"NOT PROVEN: {what}")
    say(f"    checked: {what}")


# --- what a user of the SDK writes; these lines are shown


@attrs.frozen
class Person:
    """A user with a token and two wallets, and a client that signs for that user."""

    name: str
    privy: PrivyClient
    user_jwt: str = attrs.field(repr=False)
    ethereum: Wallet
    solana: Wallet


async def join(privy: PrivyClient, sandbox: Sandbox, name: str) -> Person:
    """Make a user, a token of the sandbox's own issuer, and a wallet on each chain."""
    user = await privy.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": name}]
    )
    ethereum = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    solana = await privy.wallets.create(chain_type="solana", owner={"user_id": user.id})
    user_jwt = sandbox.issue_user_jwt(name)  # your own log-in does this
    alice = privy.for_user(user_jwt)  # a client that signs as this user
    return Person(name, alice, user_jwt, ethereum, solana)


async def sign_at_once(people: list[Person]) -> None:
    """Sign for all of them, in no order."""
    await asyncio.gather(
        *(each.privy.wallets.ethereum.sign_message(each.ethereum.id, "hello") for each in people)
    )


async def sign_message(alice: PrivyClient, wallet: Wallet) -> str:
    """Sign a text."""
    signed = await alice.wallets.ethereum.sign_message(wallet.id, "I am here")
    return signed.signature


async def sign_typed_data(alice: PrivyClient, wallet: Wallet) -> str:
    """Sign EIP-712 data."""
    signed = await alice.wallets.ethereum.sign_typed_data(wallet.id, TYPED_DATA)
    return signed.signature


async def sign_transaction(alice: PrivyClient, wallet: Wallet) -> str:
    """Sign a transaction, and send it nowhere."""
    transaction: EthereumTransaction = {
        "to": wallet.address,
        "value": 10**18,  # wei
        "chain_id": 1,
        "nonce": 0,
        "gas_limit": 21000,
        "max_fee_per_gas": 10**9,
        "max_priority_fee_per_gas": 10**9,
    }
    signed = await alice.wallets.ethereum.sign_transaction(wallet.id, transaction)
    return signed.signed_transaction


async def sign_solana_message(alice: PrivyClient, wallet: Wallet) -> str:
    """Sign bytes."""
    signed = await alice.wallets.solana.sign_message(wallet.id, "good morning")
    return signed.signature


async def sign_solana_transaction(alice: PrivyClient, wallet: Wallet, unsigned: bytes) -> str:
    """Sign a transaction that solders has made."""
    answer = await alice.wallets.solana.sign_transaction(wallet.id, unsigned)
    return answer.signed_transaction


async def sign_for_somebody_else(bob: Person, alices_wallet: Wallet) -> None:
    """Bob's key on Alice's wallet."""
    await bob.privy.wallets.ethereum.sign_message(alices_wallet.id, "I am Alice")


async def lose_an_answer(sandbox: Sandbox, alice: Person) -> str:
    """The connection breaks after the transaction was executed; the SDK asks again."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    sent = await alice.privy.wallets.ethereum.send_transaction(
        alice.ethereum.id, {"to": alice.ethereum.address, "value": 1}, caip2="eip155:1"
    )
    return sent.hash


def sign_in_sync(sandbox: Sandbox, user_jwt: str, wallet: Wallet) -> str:
    """Calls without await, as a Django view or a worker makes them."""
    with sandbox.sync_client() as privy:
        signer = privy.wallets.generate_user_signer(user_jwt=user_jwt)
        privy.update_authorization_key(signer.authorization_key)
        signed = privy.wallets.ethereum.sign_message(wallet.id, "in sync")
    return signed.signature


# --- the story


async def check_ethereum(person: Person) -> None:
    """eth-account recovers the signer."""
    wallet, name = person.ethereum, person.name
    signature = await sign_message(person.privy, wallet)
    recovered = Account.recover_message(encode_defunct(text="I am here"), signature=signature)
    require(recovered == wallet.address, f"{name} signed a message (eth-account)")

    signature = await sign_typed_data(person.privy, wallet)
    typed = {**TYPED_DATA, "primaryType": "Order"}
    del typed["primary_type"]
    message = encode_typed_data(full_message=typed)
    recovered = Account.recover_message(message, signature=signature)
    require(recovered == wallet.address, f"{name} signed typed data (eth-account)")

    raw = await sign_transaction(person.privy, wallet)
    recovered = Account.recover_transaction(raw)
    require(recovered == wallet.address, f"{name} signed a transaction (eth-account)")


async def check_solana(person: Person) -> None:
    """solders verifies the signatures."""
    wallet, name = person.solana, person.name
    key = Pubkey.from_string(wallet.address)
    signature = Signature.from_bytes(b64decode(await sign_solana_message(person.privy, wallet)))
    require(signature.verify(key, b"good morning"), f"{name} signed a Solana message (solders)")

    move = transfer(TransferParams(from_pubkey=key, to_pubkey=Pubkey.default(), lamports=1))
    message = MessageV0.try_compile(key, [move], [], Hash.new_unique())
    unsigned = bytes(VersionedTransaction(message, [NullSigner(key)]))
    signed = b64decode(await sign_solana_transaction(person.privy, wallet, unsigned))
    first = VersionedTransaction.from_bytes(signed).signatures[0]
    valid = first.verify(key, to_bytes_versioned(message))
    require(valid, f"{name} signed a Solana transaction (solders)")


async def check_refusal(sandbox: Sandbox, alice: Person, bob: Person) -> None:
    """Show what Bob gets to see, and what the sandbox knows of it."""
    try:
        await sign_for_somebody_else(bob, alice.ethereum)
    except AuthenticationError as error:
        say(f"    AuthenticationError {error.status}: {error.message.partition('. ')[0]}.")
        diagnosis = sandbox.log[-1].diagnosis
        say(f"    the sandbox's page adds: {diagnosis.explanation if diagnosis else '?'}")
        require(error.status == 401, "Bob's key was refused on Alice's wallet")
        return
    raise SystemExit("NOT PROVEN: Bob's key must be refused on Alice's wallet")


async def check_sent_once(sandbox: Sandbox, alice: Person) -> None:
    """The ledger shows one transaction for two requests."""
    before = len(sandbox.state.transactions)
    hash = await lose_an_answer(sandbox, alice)
    attempts = [record for record in sandbox.log if record.path.endswith("/rpc")][-2:]
    same = attempts[0].idempotency_key == attempts[1].idempotency_key
    require(same, "the answer was lost, and asked for again with the same idempotency key")
    executed = len(sandbox.state.transactions) - before
    require(executed == 1, f"the ledger shows one transaction, {hash[:18]}...")


async def check_sync(sandbox: Sandbox, alice: Person) -> None:
    """eth-account recovers the signer of what another thread signed."""
    signature = await asyncio.to_thread(sign_in_sync, sandbox, alice.user_jwt, alice.ethereum)
    recovered = Account.recover_message(encode_defunct(text="in sync"), signature=signature)
    require(recovered == alice.ethereum.address, "the sync face signed (eth-account)")


async def tell(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Everything that happens while the sandbox is up."""
    with step("2. Two users with tokens, an Ethereum and a Solana wallet each", join):
        alice, bob = [await join(privy, sandbox, name) for name in ("alice", "bob")]
        for each in (alice, bob):
            say(f"    {each.name}: {each.ethereum.address}, {each.solana.address}")
    with step("3. Their time-bound keys are asked for once each; 100 calls each", sign_at_once):
        await sign_at_once([alice, bob] * 100)
        require(sandbox.state.exchanges == 2, "200 signed calls at once, two keys asked for")
    ethereum = (sign_message, sign_typed_data, sign_transaction)
    with step("4. Ethereum: a message, typed data, a transaction", *ethereum):
        for each in (alice, bob):
            await check_ethereum(each)
    solana = (sign_solana_message, sign_solana_transaction)
    with step("5. Solana: a message, a transaction", *solana):
        for each in (alice, bob):
            await check_solana(each)
    with step("6. Bob tries Alice's wallet", sign_for_somebody_else):
        await check_refusal(sandbox, alice, bob)
    with step("7. An answer gets lost after the transaction was executed", lose_an_answer):
        await check_sent_once(sandbox, alice)
    with step("8. The same in sync: privy_sync, without await", sign_in_sync):
        await check_sync(sandbox, alice)


async def main(*, keep: bool) -> None:
    """Run all steps; if asked to, leave the sandbox open until Ctrl-C."""
    begun = time.perf_counter()
    with step("1. A sandbox: Privy's API on this machine, with nobody's account and no network"):
        sandbox = Sandbox(port=free_port() if keep else 0)
        await sandbox.start()
        say(f"    {sandbox.base_url}")
    try:
        async with sandbox.client() as privy:
            await tell(sandbox, privy)
        say(
            "\nProven: users' tokens became users' keys, the keys signed what other libraries "
            "verify, a stranger's key\nwas refused, and a lost answer moved no money twice. "
            f"All on this machine, in {time.perf_counter() - begun:.1f} s."
        )
        if keep:
            await stay(sandbox)
    finally:
        await sandbox.stop()


def free_port() -> int:
    """Return the port that documentation names, or 0 (any) if it is taken."""
    with socket.socket() as probe:
        return USUAL_PORT if probe.connect_ex(("127.0.0.1", USUAL_PORT)) else 0


async def stay(sandbox: Sandbox) -> None:
    """Say how to use the sandbox, and wait until somebody ends it."""
    say(f"\n{to_paste(sandbox, [await make_user(sandbox, 'alice')])}")
    say("\nThe sandbox stays open until Ctrl-C.")
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The whole flow on an embedded sandbox.")
    parser.add_argument("--keep", action="store_true", help="leave the sandbox open at the end")
    options = parser.parse_args()
    try:
        asyncio.run(main(keep=options.keep))
    except KeyboardInterrupt:
        pass
    say(NEXT.format(commands=Path(sys.executable).parent))
