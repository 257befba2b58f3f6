"""After a lost answer: what the caller can do next, and what the SDK does by itself."""

import asyncio
from typing import Any

import pytest
from sdk_helpers import Owner, logged

from privy_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthorizationContext,
    AuthorizationKey,
    BadRequestError,
    PrivyClient,
    RateLimitError,
    record_responses,
)
from privy_async.resources.wallets.ethereum import SentEthereumTransaction
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

RECIPIENT = "0x000000000000000000000000000000000000dEaD"


async def send(privy: PrivyClient, alice: Owner, **options: Any) -> SentEthereumTransaction:
    """Send one wei from the wallet."""
    return await privy.wallets.ethereum.send_transaction(
        alice.wallet.id, {"to": RECIPIENT, "value": 1}, caip2="eip155:8453", **options
    )


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_asking_again_with_the_key_of_the_error_is_safe(
    sandbox: Sandbox, alice: Owner, drop: str
) -> None:
    """It brings the outcome, and one transaction, whether the first request executed or not."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop=drop)
    with pytest.raises(APIConnectionError) as lost:
        await send(alice.privy.with_options(max_retries=0), alice)
    sent = await send(alice.privy, alice, idempotency_key=str(lost.value.idempotency_key))
    assert [sent.transaction_id] == list(sandbox.state.transactions)


async def test_the_key_of_a_call_that_was_left_is_on_record(sandbox: Sandbox, alice: Owner) -> None:
    """Who gives up waiting gets no error of ours, but can still ask what became of it."""
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "warm-up")
    sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.4)
    with record_responses() as attempts, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await send(alice.privy, alice)
    assert [attempt.status for attempt in attempts] == [None]
    sent = await send(alice.privy, alice, idempotency_key=str(attempts[0].idempotency_key))
    assert [sent.transaction_id] == list(sandbox.state.transactions)


async def test_a_key_of_ones_own_makes_a_job_safe_to_repeat(sandbox: Sandbox, alice: Owner) -> None:
    """The same order sent twice is one transaction; the other order is another."""
    first = await send(alice.privy, alice, idempotency_key="order-1")
    again = await send(alice.privy, alice, idempotency_key="order-1")
    other = await send(alice.privy, alice, idempotency_key="order-2")
    assert first == again != other
    assert list(sandbox.state.transactions) == [first.transaction_id, other.transaction_id]


async def test_a_key_cannot_be_used_for_something_else(sandbox: Sandbox, alice: Owner) -> None:
    """Another body under a used key is refused and executes nothing."""
    await send(alice.privy, alice, idempotency_key="order-1")
    with pytest.raises(BadRequestError) as caught:
        await send(alice.privy, alice, idempotency_key="order-1", reference_id="other")
    assert caught.value.may_have_happened is False
    assert len(sandbox.state.transactions) == 1


async def test_while_the_first_request_still_runs_its_outcome_is_waited_for(
    sandbox: Sandbox, alice: Owner
) -> None:
    """Two tasks with one order: one executes, the other is told 409 and waits for its outcome."""
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "warm-up")
    sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.2)
    sends = (send(alice.privy, alice, idempotency_key="order-1") for _ in range(2))
    first, second = await asyncio.gather(*sends)
    assert first == second
    assert [first.transaction_id] == list(sandbox.state.transactions)
    assert 409 in [record.status for record in logged(sandbox, "POST", "/v1/wallets/*/rpc")]


@pytest.mark.parametrize(
    ("then", "error"), [({"status": 429}, RateLimitError), ({"status": 403}, APIStatusError)]
)
async def test_an_answer_does_not_excuse_a_lost_one(
    sandbox: Sandbox, alice: Owner, then: dict[str, Any], error: type[APIStatusError]
) -> None:
    """After a lost answer the call may have happened, even if its repetition was refused."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    sandbox.faults.add(path="/v1/wallets/*/rpc", **then)
    with pytest.raises(error) as caught:
        await send(alice.privy.with_options(max_retries=1), alice)
    assert caught.value.may_have_happened is True
    assert len(sandbox.state.transactions) == 1


async def test_a_signer_that_fails_does_not_hide_a_lost_answer(
    sandbox: Sandbox, privy: PrivyClient
) -> None:
    """A SigningError would say that nothing was sent, but the first attempt was."""
    key = AuthorizationKey.generate()
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"public_key": key.public_key})
    signatures = 0

    def sign(payload: bytes) -> str:
        nonlocal signatures
        signatures += 1
        if signatures > 1:
            raise OSError("the KMS is down")
        return key.sign(payload)

    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    with pytest.raises(APIError) as caught:
        await privy.wallets.ethereum.send_transaction(
            wallet.id,
            {"to": RECIPIENT, "value": 1},
            caip2="eip155:8453",
            authorization=AuthorizationContext(signers=[sign]),
        )
    assert len(sandbox.state.transactions) == 1
    assert caught.value.may_have_happened is True
    assert caught.value.idempotency_key is not None


@pytest.mark.parametrize(
    ("header", "advice", "requests"),
    [("0.01", 0.01, 2), ("61", 61.0, 1), ("Fri, 31 Dec 1999 23:59:59 GMT", None, 2)],
)
async def test_advice_to_wait_is_followed_up_to_a_minute(
    sandbox: Sandbox, privy: PrivyClient, header: str, advice: float | None, requests: int
) -> None:
    """A longer wait is left to the caller, who reads it in `retry_after`; so is the last one."""
    sandbox.faults.add(path="/v1/users", status=429, headers={"Retry-After": header}, times=None)
    with pytest.raises(RateLimitError) as caught:
        await privy.with_options(max_retries=1).users.create(linked_accounts=[])
    assert caught.value.retry_after == advice
    assert len(sandbox.log) == requests
