"""A deadline bounds a whole call: keys, signers, attempts, and the pauses between them."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from clocks import ReadClock
from sdk_helpers import Owner, RawServer

from privy_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthorizationContext,
    InvalidArgumentError,
    PrivyClient,
)
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio
pytest_plugins = ("fixtures_sdk",)

AUTHENTICATE = "/v1/wallets/authenticate"
RPC = "/v1/wallets/*/rpc"
TO = "0x" + "11" * 20


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes much longer; these machines are slow at times."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 3


async def send(owner: Owner, **options: object) -> None:
    await owner.privy.wallets.ethereum.send_transaction(
        owner.wallet.id,
        {"to": TO, "value": 1},
        caip2="eip155:8453",
        **options,  # type: ignore[arg-type]
    )


async def test_retries_and_their_pauses(sandbox: Sandbox, alice: Owner) -> None:
    """No pause outlasts the deadline: the last failure is told at once."""
    sandbox.faults.add(path=RPC, status=503, times=None, headers={"Retry-After": "30"})
    with within(0.5), pytest.raises(APIStatusError) as caught:
        await send(alice, deadline=0.5)
    assert caught.value.status == 503
    assert caught.value.may_have_happened
    assert caught.value.idempotency_key


async def test_an_attempt(sandbox: Sandbox, alice: Owner) -> None:
    """An answer that does not come: it may have happened, and the key is there to ask again."""
    sandbox.faults.add(path=RPC, delay=60)
    with within(0.5), pytest.raises(APITimeoutError, match=r"the deadline of 0\.5 s") as caught:
        await send(alice, deadline=0.5, idempotency_key="k-1")
    assert caught.value.may_have_happened
    assert caught.value.idempotency_key == "k-1"


async def test_an_attempt_that_ends_before_the_deadline(sandbox: Sandbox, alice: Owner) -> None:
    """Its own time is named then; the deadline is no more to blame than for a broken line."""
    sandbox.faults.add(path=RPC, delay=60, times=None)
    with pytest.raises(APITimeoutError, match=r"no answer within 0\.05 s"):
        await send(alice, timeout=0.05, deadline=0.3)
    now = 1e6
    async with RawServer(None) as server, server.client(clock=ReadClock(lambda: now)) as privy:
        server.delay = 0.1
        call = asyncio.create_task(privy.users.create(linked_accounts=[], deadline=5))
        await server.arrived.wait()
        now += 10
        with pytest.raises(APIConnectionError, match="the connection broke"):
            await call


async def test_a_request_in_flight(sandbox: Sandbox, alice: Owner) -> None:
    """Asking whether an earlier attempt is done goes on no longer than that."""
    sandbox.faults.add(
        path=RPC,
        status=409,
        times=None,
        body={"error": "Previous request with matching idempotency key is still in progress"},
    )
    with within(1), pytest.raises(APIStatusError) as caught:
        await send(alice, deadline=1)
    assert caught.value.may_have_happened


async def test_the_exchange(sandbox: Sandbox, alice: Owner) -> None:
    """What was never sent has not happened; the key is there all the same."""
    sandbox.faults.add(path=AUTHENTICATE, delay=60, times=None)
    with within(0.3), pytest.raises(APITimeoutError, match="before it was signed") as caught:
        await send(alice, deadline=0.3, idempotency_key="k-2")
    assert not caught.value.may_have_happened
    assert caught.value.idempotency_key == "k-2"


async def test_a_signer(alice: Owner) -> None:
    """An async signer that hangs is not waited for."""

    async def hang(payload: bytes) -> str:
        await asyncio.sleep(60)
        return ""

    context = AuthorizationContext(signers=[hang])
    with within(0.3), pytest.raises(APITimeoutError) as caught:
        await send(alice, deadline=0.3, authorization=context)
    assert not caught.value.may_have_happened


async def test_a_client_has_one_for_all_its_calls(sandbox: Sandbox, alice: Owner) -> None:
    """The client's option holds for each call; a call's own is stronger, None turns it off."""
    sandbox.faults.add(path=RPC, delay=1.5, times=2)
    impatient = alice.privy.with_options(deadline=0.3)
    with pytest.raises(APITimeoutError):
        await impatient.wallets.ethereum.sign_message(alice.wallet.id, "x")
    await impatient.wallets.ethereum.sign_message(alice.wallet.id, "x", deadline=None)


async def test_repeating_with_the_key_tells_the_outcome(sandbox: Sandbox, alice: Owner) -> None:
    """The way back: the same call with the error's key executes nothing twice."""
    sandbox.faults.add(path=RPC, drop="after", times=1)
    with pytest.raises(APIConnectionError) as caught:
        await send(alice, deadline=0.1)
    await send(alice, idempotency_key=caught.value.idempotency_key)
    executed = [
        record
        for record in sandbox.log
        if record.path.endswith("/rpc") and record.executed  # type: ignore[attr-defined]
    ]
    assert len(executed) == 1


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf"), 10**400, "1", True])
def test_what_is_no_deadline(deadline: object) -> None:
    """It is refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", deadline=deadline)  # type: ignore[arg-type]
    assert caught.value.argument == "deadline"
