"""Money moves once: every fault against every kind of operation.

Each cell runs against a sandbox of its own and tells three things: what the caller gets, how many
requests arrived, and how often the sandbox executed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import pytest
from sdk_helpers import Owner, RawServer, logged, new_owner

from privy_async import (
    APIError,
    AuthorizationContext,
    AuthorizationKey,
    PrivyClient,
)
from privy_async.resources.wallets.ethereum import SentEthereumTransaction
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

RECIPIENT = "0x000000000000000000000000000000000000dEaD"
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
IN_PROGRESS = {"error": "Previous request with matching idempotency key is still in progress"}
TIMEOUT = 1.0
SLOW = 1.2
"""Longer than the timeout, and shorter than it and the wait before the next attempt."""


@attrs.frozen
class Setting:
    """What every operation is tried on: a user with a wallet, and a key quorum of one key."""

    sandbox: Sandbox
    alice: Owner
    quorum_id: str
    quorum_key: AuthorizationKey


@attrs.frozen
class Operation:
    """One call of the SDK.

    Attributes:
        call: Does it, with this client.
        method, path: Where its requests arrive.
        effect: How often it has taken effect in the sandbox's state; None for reads.
    """

    call: Callable[[PrivyClient, Setting], Awaitable[object]]
    method: str
    path: str
    effect: Callable[[Setting], int] | None = None


async def send(privy: PrivyClient, alice: Owner, **options: Any) -> SentEthereumTransaction:
    """Send one wei from the wallet."""
    return await privy.wallets.ethereum.send_transaction(
        alice.wallet.id, {"to": RECIPIENT, "value": 1}, caip2="eip155:8453", **options
    )


READS = {
    "GET": Operation(lambda privy, s: privy.wallets.get(s.alice.wallet.id), "GET", "/v1/wallets/*"),
    "POST look-up": Operation(
        lambda privy, s: privy.wallets.get_by_address(s.alice.wallet.address),
        "POST",
        "/v1/wallets/address",
    ),
}
KEYED = {
    "create wallet": Operation(
        lambda privy, s: privy.wallets.create(chain_type="tron", display_name="new"),
        "POST",
        "/v1/wallets",
        lambda s: sum(w.display_name == "new" for w in s.sandbox.state.wallets.values()),
    ),
    "send transaction": Operation(
        lambda privy, s: send(privy.for_user(s.alice.jwt), s.alice),
        "POST",
        "/v1/wallets/*/rpc",
        lambda s: len(s.sandbox.state.transactions),
    ),
}
UNKEYED = {
    "PATCH wallet": Operation(
        lambda privy, s: privy.for_user(s.alice.jwt).wallets.update(
            s.alice.wallet.id, display_name="changed"
        ),
        "PATCH",
        "/v1/wallets/*",
        lambda s: sum(w.display_name == "changed" for w in s.sandbox.state.wallets.values()),
    ),
    "create user": Operation(
        lambda privy, s: privy.users.create(
            linked_accounts=[{"type": "email", "address": "bob@example.com"}]
        ),
        "POST",
        "/v1/users",
        lambda s: len(s.sandbox.state.users) - 1,
    ),
    "create key quorum": Operation(
        lambda privy, s: privy.key_quorums.create(
            public_keys=[AuthorizationKey.generate().public_key], display_name="new"
        ),
        "POST",
        "/v1/key_quorums",
        lambda s: sum(q.display_name == "new" for q in s.sandbox.state.key_quorums.values()),
    ),
    "DELETE key quorum": Operation(
        lambda privy, s: privy.key_quorums.delete(
            s.quorum_id,
            authorization=AuthorizationContext(authorization_private_keys=[s.quorum_key]),
        ),
        "DELETE",
        "/v1/key_quorums/*",
        lambda s: int(s.quorum_id not in s.sandbox.state.key_quorums),
    ),
}
OPERATIONS = {"reads": READS, "writes with a key": KEYED, "writes without": UNKEYED}


@attrs.frozen
class Cell:
    """What came of one operation under one fault.

    Attributes:
        got: "value", or the name of the error's class.
        requests: How many requests arrived.
        effects: How often it took effect; always 0 for reads.
        may_have_happened: What the error says; None for a value.
        key_told: Whether the error names the idempotency key that all requests carried; None
            for a value.
    """

    got: str
    requests: int
    effects: int = 0
    may_have_happened: bool | None = None
    key_told: bool | None = None


def value(requests: int, effects: int) -> Cell:
    """The call ended well."""
    return Cell("value", requests, effects)


def unsure(error: str, effects: int, *, key: bool = False, requests: int = 1) -> Cell:
    """The call ended in an error that says that it may have been executed."""
    return Cell(error, requests, effects, may_have_happened=True, key_told=key)


def surely_not(error: str, *, key: bool = False, requests: int = 1) -> Cell:
    """The call ended in an error that says that it was not executed, or that it is a read."""
    return Cell(error, requests, 0, may_have_happened=False, key_told=key)


async def settle(sandbox: Sandbox, requests: int, operation: Operation) -> None:
    """Wait until the sandbox has dealt with what was sent, even where nobody waits for it."""
    while len(logged(sandbox, operation.method, operation.path)) < requests:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def try_out(
    operation: Operation, fault: Mapping[str, Any], expected: Cell, *, max_retries: int
) -> Cell:
    """Do one operation under one fault in a sandbox of its own."""
    # A real chain takes its time, and longer on a busy machine.
    async with Sandbox(real_chains=False) as sandbox, sandbox.client() as app:
        alice = await new_owner(sandbox, app)
        # This caches the user's key, so that it does not delay.
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "warm-up")
        key = AuthorizationKey.generate()
        quorum = await app.key_quorums.create(public_keys=[key.public_key])
        setting = Setting(sandbox, alice, quorum.id, key)
        before = len(logged(sandbox, operation.method, operation.path))
        sandbox.faults.add(method=operation.method, path=operation.path, **fault)
        patience = TIMEOUT if "delay" in fault else 30.0
        privy = app.with_options(max_retries=max_retries, timeout=patience)
        error: APIError | None = None
        try:
            await operation.call(privy, setting)
        except APIError as caught:
            error = caught
        await asyncio.wait_for(settle(sandbox, before + expected.requests, operation), 5)
        requests = logged(sandbox, operation.method, operation.path)[before:]
        (idempotency_key,) = {request.idempotency_key for request in requests}
        assert error is None or error.idempotency_key == idempotency_key
        return Cell(
            type(error).__name__ if error else "value",
            len(requests),
            operation.effect(setting) if operation.effect else 0,
            error.may_have_happened if error else None,
            idempotency_key is not None if error else None,
        )


async def check_row(
    fault: Mapping[str, Any], expected: tuple[Cell, Cell, Cell], *, max_retries: int
) -> None:
    """Do all operations at once, and compare each with what its kind must bring."""
    expectations = {
        name: (operation, cell)
        for operations, cell in zip(OPERATIONS.values(), expected, strict=True)
        for name, operation in operations.items()
    }
    cells = await asyncio.gather(
        *(
            try_out(operation, fault, cell, max_retries=max_retries)
            for operation, cell in expectations.values()
        )
    )
    found = dict(zip(expectations, cells, strict=True))
    assert found == {name: cell for name, (_, cell) in expectations.items()}


DISCONNECTED, BROKE, CONFLICT = "APIConnectionError", "InternalServerError", "ConflictError"
TIMED_OUT, UNREADABLE, LIMITED = "APITimeoutError", "APIResponseError", "RateLimitError"


@pytest.mark.parametrize(
    ("fault", "reads", "keyed", "unkeyed"),
    [
        # What comes of the reads, of the writes with a key, and of the writes without.
        pytest.param(
            {"drop": "before"}, value(2, 0), value(2, 1), unsure(DISCONNECTED, 0),
            id="answer lost before it executed",
        ),
        pytest.param(
            {"drop": "after"}, value(2, 0), value(2, 1), unsure(DISCONNECTED, 1),
            id="answer lost after it executed",
        ),
        pytest.param({"status": 500}, value(2, 0), value(2, 1), unsure(BROKE, 0), id="500"),
        pytest.param(
            {"status": 500, "after": True}, value(2, 0), value(2, 1), unsure(BROKE, 1),
            id="500 after it executed",
        ),
        pytest.param(
            {"status": 502, "body": HTML}, value(2, 0), value(2, 1), unsure(BROKE, 0),
            id="502 with HTML",
        ),
        pytest.param(
            {"status": 429, "headers": {"Retry-After": "0.1"}},
            value(2, 0), value(2, 1), value(2, 1),
            id="429 with Retry-After",
        ),
        pytest.param(
            {"status": 409, "body": IN_PROGRESS}, value(2, 0), value(2, 1), unsure(CONFLICT, 0),
            id="409 still in progress",
        ),
        pytest.param(
            {"truncate": True}, value(2, 0), value(2, 1), unsure(DISCONNECTED, 1),
            id="connection reset in the body",
        ),
        pytest.param(
            {"malformed": True},
            surely_not(UNREADABLE), unsure(UNREADABLE, 1, key=True), unsure(UNREADABLE, 1),
            id="invalid JSON",
        ),
        pytest.param(
            {"delay": SLOW}, value(2, 0), value(2, 1), unsure(TIMED_OUT, 1),
            id="slower than the timeout",
        ),
    ],
)  # fmt: skip
async def test_a_fault_that_passes(
    fault: dict[str, Any], reads: Cell, keyed: Cell, unkeyed: Cell
) -> None:
    """What can be repeated safely is repeated and executed once; the rest is never repeated."""
    await check_row(fault, (reads, keyed, unkeyed), max_retries=2)


@pytest.mark.parametrize(
    ("fault", "reads", "keyed", "unkeyed"),
    [
        pytest.param(
            {"drop": "before"},
            surely_not(DISCONNECTED), unsure(DISCONNECTED, 0, key=True), unsure(DISCONNECTED, 0),
            id="answer lost before it executed",
        ),
        pytest.param(
            {"drop": "after"},
            surely_not(DISCONNECTED), unsure(DISCONNECTED, 1, key=True), unsure(DISCONNECTED, 1),
            id="answer lost after it executed",
        ),
        pytest.param(
            {"status": 500, "after": True},
            surely_not(BROKE), unsure(BROKE, 1, key=True), unsure(BROKE, 1),
            id="500 after it executed",
        ),
        pytest.param(
            {"status": 502, "body": HTML},
            surely_not(BROKE), unsure(BROKE, 0, key=True), unsure(BROKE, 0),
            id="502 with HTML",
        ),
        pytest.param(
            {"status": 429, "headers": {"Retry-After": "7"}},
            surely_not(LIMITED), surely_not(LIMITED, key=True), surely_not(LIMITED),
            id="429 with Retry-After",
        ),
        pytest.param(
            {"status": 409, "body": IN_PROGRESS},
            surely_not(CONFLICT), unsure(CONFLICT, 0, key=True), unsure(CONFLICT, 0),
            id="409 still in progress",
        ),
        pytest.param(
            {"truncate": True},
            surely_not(DISCONNECTED), unsure(DISCONNECTED, 1, key=True), unsure(DISCONNECTED, 1),
            id="connection reset in the body",
        ),
        pytest.param(
            {"delay": SLOW},
            surely_not(TIMED_OUT), unsure(TIMED_OUT, 1, key=True), unsure(TIMED_OUT, 1),
            id="slower than the timeout",
        ),
    ],
)  # fmt: skip
async def test_a_fault_that_stays(
    fault: dict[str, Any], reads: Cell, keyed: Cell, unkeyed: Cell
) -> None:
    """Without retries left, the error says whether it may have happened, and with which key."""
    await check_row({**fault, "times": None}, (reads, keyed, unkeyed), max_retries=0)


async def test_a_redirect_elsewhere_executes_nothing() -> None:
    """The other host sees nothing of any operation, and the caller learns where it points."""
    async with RawServer() as other:
        refused = surely_not("APIStatusError")
        fault = {"redirect": f"{other.url}/v1/elsewhere"}
        with_key = surely_not("APIStatusError", key=True)
        await check_row(fault, (refused, with_key, refused), max_retries=2)
        assert other.connections == 0
