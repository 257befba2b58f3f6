"""Several users' tokens: exchanged side by side; a refused one ends the wait for the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from loopback import Loopback, Request, exchanged, loopback, ok

from privy_async import APITimeoutError, AuthorizationContext, PrivyClient, SigningError
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.side_by_side import call_for_all

pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
ALICE, BOB, CAROL = "a.b.alice", "a.b.bob", "a.b.carol"


@attrs.define
class Privy:
    """A server that refuses carol, and keeps the others waiting until it is told to go on."""

    free: asyncio.Event = attrs.field(factory=asyncio.Event)
    asked: list[str] = attrs.field(factory=list)
    signatures: int = 0

    async def answer(self, request: Request) -> Any:
        """Do it."""
        if request.path != "/v1/wallets/authenticate":
            self.signatures += len(request.headers["privy-authorization-signature"].split(","))
            return ok({"method": "personal_sign", "data": {"signature": "0x1", "encoding": "hex"}})
        self.asked.append(request.json["user_jwt"])
        if self.asked[-1] == CAROL:
            return ok({"error": "Invalid JWT"}, status=401)
        await self.free.wait()
        return exchanged(request, KEY)


@pytest.fixture
def privy() -> Privy:
    """The server's mind."""
    return Privy()


@pytest.fixture
async def server(privy: Privy) -> AsyncIterator[Loopback]:
    """The server."""
    async with loopback(privy.answer) as server:
        yield server


async def sign(client: PrivyClient, *user_jwts: str) -> str:
    """Have a message signed by these users together."""
    together = AuthorizationContext(user_jwts=user_jwts)
    return (
        await client.wallets.ethereum.sign_message("w1", "hello", authorization=together)
    ).signature


def names(tasks: set["asyncio.Task[Any]"]) -> list[str]:
    """The coroutines that these tasks run, without the server's."""
    running = [str(getattr(task.get_coro(), "__qualname__", "")) for task in tasks]
    return [name for name in running if not name.startswith("RequestHandler.")]


async def test_a_refused_one_ends_the_wait(privy: Privy, server: Loopback) -> None:
    """The call ends bare and at once; what others have asked for goes on, and serves them."""
    before = asyncio.all_tasks()
    async with server.client() as client:
        async with asyncio.timeout(20):
            with pytest.raises(SigningError, match="no key for this user's token") as caught:
                await sign(client, ALICE, BOB, CAROL)
        assert not isinstance(caught.value, BaseExceptionGroup)
        assert caught.value.__cause__ is not None
        # Nothing of the call waits any more; the two exchanges are on their way.
        assert names(asyncio.all_tasks() - before) == ["UserKeys._exchange"] * 2
        privy.free.set()
        assert await sign(client, ALICE, BOB) == "0x1"
    assert sorted(privy.asked) == [ALICE, BOB, CAROL]


async def test_all_are_asked_for_at_once(privy: Privy, server: Loopback) -> None:
    """Both exchanges are on their way before one of them is answered."""
    async with server.client() as client:
        call = asyncio.create_task(sign(client, ALICE, BOB))
        async with asyncio.timeout(20):
            while len(privy.asked) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        privy.free.set()
        assert await call == "0x1"
    assert privy.signatures == 2


@pytest.mark.parametrize("users", [(ALICE,), (ALICE, BOB)], ids=["one", "two"])
async def test_a_wait_that_is_too_long(
    privy: Privy, server: Loopback, users: tuple[str, ...]
) -> None:
    """A token that is not answered in time is named as the reason, and nothing is cancelled."""
    async with server.client(timeout=0.2) as client:
        with pytest.raises(APITimeoutError, match=r"no key for this user's token within 0\.2 s"):
            await sign(client, *users)
        current = asyncio.current_task()
        assert current is not None
        assert current.cancelling() == 0


@pytest.mark.parametrize("users", [(ALICE,), (ALICE, BOB)], ids=["one", "two"])
async def test_a_caller_that_is_cancelled(
    privy: Privy, server: Loopback, users: tuple[str, ...]
) -> None:
    """It ends as cancelled, and the exchanges go on for whoever needs them."""
    async with server.client() as client:
        call = asyncio.create_task(sign(client, *users))
        async with asyncio.timeout(20):
            while len(privy.asked) < len(users):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        privy.free.set()
        assert await sign(client, *users) == "0x1"
    assert sorted(privy.asked) == [*users]


async def test_results_are_in_order() -> None:
    """Whichever call ends first."""

    async def late(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number))
        return number

    assert await call_for_all(late, [0, 1, 2]) == [0, 1, 2]
