"""The async account: sync code signs in a thread, each signature is made in the caller's loop."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import anyio
import attrs
import pytest
from account_helpers import CHAIN_ID, RECEIVER, TYPED_DATA
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.base import BaseAccount
from sdk_helpers import Owner, nothing_sent

import privy_sync.integrations.eth_account as sync_face
from privy_async import AuthorizationContext, InvalidArgumentError, PrivyError, SigningError
from privy_async.integrations.eth_account import PrivyAccount
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

HELLO = encode_defunct(text="hello")
TRANSACTION = {
    "nonce": 7, "gas": 90_000, "gasPrice": 10**9, "chainId": CHAIN_ID, "to": RECEIVER, "value": 1
}  # fmt: skip


@pytest.fixture
def account(alice: Owner) -> PrivyAccount:
    """Alice's wallet as an account."""
    return PrivyAccount(alice.privy, alice.wallet)


async def test_it_signs_all_that_the_sync_one_signs(account: PrivyAccount, alice: Owner) -> None:
    """Messages, typed data, transactions, authorizations and hashes: as with the key itself."""
    key = await alice.privy.wallets.export_private_key(alice.wallet.id)
    local = Account.from_key(key)

    def sign(signer: BaseAccount | Any) -> list[object]:
        return [
            signer.sign_message(HELLO).signature,
            signer.sign_typed_data(full_message=TYPED_DATA).signature,
            signer.sign_transaction(TRANSACTION).hash,
            signer.sign_authorization({"chainId": 1, "address": RECEIVER, "nonce": 1}).signature,
            signer.unsafe_sign_hash(b"\x07" * 32).signature,
        ]

    assert await account.run(sign, account) == sign(local)
    assert account.address == local.address


async def test_the_function_runs_in_a_thread(account: PrivyAccount) -> None:
    """It may block; it sees the caller's context, and what it signs is signed in the loop."""
    variable = ContextVar("variable", default="")
    variable.set("the caller's")
    free = threading.Event()
    threads: list[threading.Thread] = []

    def work(first: int, *, second: int) -> tuple[str, int]:
        assert free.wait(20), "the loop was blocked"
        threads.append(threading.current_thread())
        account.sign_message(HELLO)
        return variable.get(), first + second

    from functools import partial

    asyncio.get_running_loop().call_later(0.01, free.set)
    assert await account.run(partial(work, second=2), 1) == ("the caller's", 3)
    assert threads != [threading.main_thread()]


async def test_many_at_once(account: PrivyAccount, sandbox: Sandbox) -> None:
    """Each function has its signatures."""

    def sign(number: int) -> bytes:
        return bytes(account.sign_message(encode_defunct(text=str(number))).signature)

    signatures = await asyncio.gather(*(account.run(sign, number) for number in range(20)))
    assert len(set(signatures)) == 20


async def test_errors_come_out_as_they_are(account: PrivyAccount, sandbox: Sandbox) -> None:
    """Those of the SDK, which the function may catch, and its own."""
    caught: list[Exception] = []

    def sign_badly() -> None:
        try:
            account.sign_transaction({**TRANSACTION, "to": "nowhere"})
        except InvalidArgumentError as error:
            caught.append(error)
            raise LookupError("gave up") from error

    with nothing_sent(sandbox), pytest.raises(LookupError, match="gave up"):
        await account.run(sign_badly)
    assert len(caught) == 1


async def test_where_it_cannot_sign(account: PrivyAccount, sandbox: Sandbox) -> None:
    """In the loop itself, and in threads that nobody waits for, the error says what to do."""
    with nothing_sent(sandbox):
        with pytest.raises(PrivyError, match=r"await account\.run\(function, \.\.\.\)"):
            account.sign_message(HELLO)
        with pytest.raises(PrivyError, match=r"await account\.run"):
            await asyncio.to_thread(account.sign_message, HELLO)


@attrs.define
class Slow:
    """A signer that is told when to go on, and a function that asks it twice."""

    account: PrivyAccount
    asked: asyncio.Event = attrs.field(factory=asyncio.Event)
    free: asyncio.Event = attrs.field(factory=asyncio.Event)
    signed: int = 0
    errors: list[BaseException] = attrs.field(factory=list)
    ended: threading.Event = attrs.field(factory=threading.Event)

    async def sign(self, payload: bytes) -> str:
        """Wait."""
        self.asked.set()
        await self.free.wait()
        raise SigningError("too late")

    def work(self) -> None:
        """Ask for signatures, whatever comes of them."""
        try:
            for _ in range(2):
                try:
                    self.account.sign_message(HELLO)
                    self.signed += 1
                except Exception as error:
                    self.errors.append(error)
        finally:
            self.ended.set()


@pytest.fixture
async def slow(alice: Owner) -> AsyncIterator[Slow]:
    """An account whose signer waits."""
    slow: Slow

    async def sign(payload: bytes) -> str:
        return await slow.sign(payload)

    signing = alice.privy.with_authorization(AuthorizationContext(signers=[sign]))
    slow = Slow(PrivyAccount(signing, alice.wallet))
    yield slow
    slow.free.set()
    await asyncio.to_thread(slow.ended.wait, 20)


async def test_a_cancelled_caller(slow: Slow, sandbox: Sandbox) -> None:
    """It waits no longer, and nothing is signed for its function any more."""
    with nothing_sent(sandbox):
        call = asyncio.create_task(slow.account.run(slow.work))
        await slow.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        slow.free.set()
        assert await asyncio.to_thread(slow.ended.wait, 20)
    assert slow.signed == 0
    assert all("nothing is signed any more" in str(error) for error in slow.errors)
    assert len(slow.errors) == 2


async def test_a_time_limit(slow: Slow, sandbox: Sandbox) -> None:
    """An anyio scope ends the signature that is on its way, and so the function."""
    with nothing_sent(sandbox):
        with anyio.move_on_after(0.05) as scope:
            await slow.account.run(slow.work)
        assert scope.cancelled_caught
    assert slow.signed == 0


def test_it_is_another_client(alice: Owner) -> None:
    """The account of either face takes the client of its own face only."""
    client: Any = object()
    with pytest.raises(InvalidArgumentError, match="privy: expected a client of privy_async"):
        PrivyAccount(client, alice.wallet)
    privy: Any = alice.privy
    with pytest.raises(InvalidArgumentError, match="privy: expected a client of privy_sync"):
        sync_face.PrivyAccount(privy, alice.wallet)


def test_both_faces_sign_alike() -> None:
    """What the two accounts have in common is one code."""
    for name in ("sign_message", "sign_typed_data", "sign_transaction", "sign_authorization"):
        ours = inspect.getattr_static(PrivyAccount, name)
        assert ours is inspect.getattr_static(sync_face.PrivyAccount, name)
