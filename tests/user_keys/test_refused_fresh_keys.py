"""A key that was issued a moment ago may be unknown to some servers: a pause, then once more."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from clocks import ReadClock
from sdk_helpers import Owner, logged, new_owner

from privy_async import AuthenticationError, AuthorizationContext, PrivyClient
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RPC = "/v1/wallets/*/rpc"
PAUSE = 0.5


@attrs.define
class Place:
    """A sandbox and a client whose time can be put forward."""

    sandbox: Sandbox
    privy: PrivyClient
    alice: Owner
    time: "Time"

    async def sign(self, *jwts: str, **options: Any) -> None:
        context = AuthorizationContext(user_jwts=jwts)
        await self.privy.wallets.ethereum.sign_message(
            self.alice.wallet.id, "hello", authorization=context, **options
        )


class Time:
    """The clock of both, in Unix seconds, which goes on by itself and may be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = Time()
    options: dict[str, Any] = {"max_retries": 0, "clock": ReadClock(clock)}
    async with Sandbox(clock=clock) as sandbox, sandbox.client(**options) as privy:
        yield Place(sandbox, privy, await new_owner(sandbox, privy), clock)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each sleep of half a second, which passes as ever."""
    seen: list[float] = []
    sleep = asyncio.sleep

    async def watched(delay: float, *result: Any) -> Any:
        if delay == PAUSE:
            seen.append(delay)
        return await sleep(delay, *result)

    monkeypatch.setattr(asyncio, "sleep", watched)
    return seen


async def test_a_fresh_key_has_its_pause(place: Place, pauses: list[float]) -> None:
    """Refused at once, it is given half a second; the key after it is exchanged anew."""
    place.sandbox.faults.add(path=RPC, status=401)
    await place.sign(place.alice.jwt)
    assert pauses == [PAUSE]
    assert [record.status for record in logged(place.sandbox, "POST", RPC)] == [401, 200]


async def test_an_old_key_has_none(place: Place, pauses: list[float]) -> None:
    """A key that has signed for longer was not refused for being new."""
    await place.sign(place.alice.jwt)
    place.time.ahead = 30
    place.sandbox.faults.add(path=RPC, status=401)
    await place.sign(place.alice.jwt)
    assert pauses == []


async def test_one_fresh_key_among_old_ones_is_enough(place: Place, pauses: list[float]) -> None:
    """Whichever of several users' keys is new, its servers are waited for."""
    await place.sign(place.alice.jwt)
    place.time.ahead = 30
    another = place.sandbox.issue_user_jwt("alice", lifetime=7200)
    place.sandbox.faults.add(path=RPC, status=401)
    await place.sign(place.alice.jwt, another)
    assert pauses == [PAUSE]


async def test_a_deadline_within_the_pause_ends_the_call(place: Place, pauses: list[float]) -> None:
    """What could only be sent too late is not waited for: the refusal is told at once."""
    place.sandbox.faults.add(path=RPC, status=401, body={"error": "Not you"})
    with pytest.raises(AuthenticationError, match="Not you"):
        await place.sign(place.alice.jwt, deadline=0.45)
    assert pauses == []
    assert len(logged(place.sandbox, "POST", RPC)) == 1
