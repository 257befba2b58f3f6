"""The sandbox's clock: one for everything, and moved on by tests."""

import re
import time
from random import Random
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientSession
from api_client import ApiClient, new_key, spki

from privy_async.clock import Clock
from privy_async.sandbox import Sandbox
from privy_async.sandbox.clock import SandboxClock

pytestmark = pytest.mark.anyio

HOUR = 3600


@pytest.fixture
async def api(anyio_backend: str) -> Any:
    """A client of a sandbox with a clock of its own."""
    async with Sandbox() as sandbox, ClientSession() as session:
        yield ApiClient(sandbox, session)


def test_it_shows_this_machines_time() -> None:
    """Without further ado it is the time of the machine, in Unix seconds."""
    before = time.time()
    assert before <= Sandbox().clock.now() <= time.time()


def test_moving_on_adds_up() -> None:
    """What it was moved on by adds up, and the clock runs on from there."""
    clock = SandboxClock()
    clock.advance(HOUR)
    clock.advance(0.5)
    before = time.time() + HOUR + 0.5
    assert before <= clock.now() <= time.time() + HOUR + 0.5


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf")])
def test_time_does_not_run_backwards(seconds: float) -> None:
    """Negative seconds, and what is no number, are refused and change nothing."""
    clock = SandboxClock()
    with pytest.raises(ValueError, match="0 or more"):
        clock.advance(seconds)
    assert clock.now() <= time.time()


class SeededClock(Clock):
    """A clock whose time stands still, and whose chance is that of a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def now(self) -> float:
        return 5.0

    def monotonic(self) -> float:
        return 7.0

    def random(self) -> float:
        return self.chance.random()

    def random_bytes(self, count: int) -> bytes:
        return self.chance.randbytes(count)

    def uuid(self) -> str:
        return str(UUID(bytes=self.random_bytes(16), version=4))


@pytest.mark.parametrize("given", [SeededClock(1), lambda: 5.0])
def test_a_given_clock_is_moved_on_in_the_sandbox_alone(given: Any) -> None:
    """A clock, or a callable that returns the time, is what the sandbox's own one goes by."""
    sandbox = Sandbox(clock=given)
    assert sandbox.clock.now() == 5.0
    sandbox.clock.advance(1)
    assert sandbox.clock.now() == 6.0


def test_durations_are_moved_on_too() -> None:
    """The monotonic time goes on as the other does."""
    clock = SandboxClock(SeededClock(1))
    clock.advance(1)
    assert clock.monotonic() == 8.0


async def everything(clock: Clock) -> list[Any]:
    """Something of each kind that a sandbox makes by chance."""
    async with Sandbox(clock=clock) as sandbox, ClientSession() as session:
        api = ApiClient(sandbox, session)
        user_id = await api.create_user("alice")
        chains = ("ethereum", "solana", "starknet", "sui")
        owner = {"user_id": user_id}
        wallets = [await api.create_wallet(chain_type=each, owner=owner) for each in chains]
        key = await api.exchange("alice")
        sandbox.faults.add(status=500, rate=0.5, times=None)
        statuses = [(await api.call("GET", "/v1/wallets")).status for _ in range(20)]
        sandbox.faults.clear()
        transaction = {"to": "0x" + "11" * 20, "value": 1}
        body = {
            "method": "eth_sendTransaction",
            "caip2": "eip155:1",
            "params": {"transaction": transaction},
        }
        path = f"/v1/wallets/{wallets[0]['id']}/rpc"
        sent = (await api.call("POST", path, body, keys=[key])).body["data"]
        secret = sandbox.webhooks.add("http://127.0.0.1:9/")
        ids = [record.request_id for record in sandbox.log]
        made = [user_id, *wallets, statuses, sent, secret, ids, sandbox.jwks]
        return [*made, key.private_numbers().private_value]


async def test_all_chance_is_the_clocks(anyio_backend: str) -> None:
    """With the same chance a sandbox makes the same ids, keys, faults and transactions again."""
    first = await everything(SeededClock(1))
    assert await everything(SeededClock(1)) == first
    others = await everything(SeededClock(2))
    assert all(one != other for one, other in zip(first, others, strict=True))


def test_an_id_is_a_letter_and_more() -> None:
    """An id looks like a cuid2, and makes use of all its characters."""
    ids = [SandboxClock(SeededClock(seed)).cuid() for seed in range(300)]
    assert all(re.fullmatch("[a-z][a-z0-9]{23}", each) for each in ids)
    assert len({each[0] for each in ids}) == 26
    assert len(set("".join(ids))) == 36


def test_two_sandboxes_may_share_a_clock() -> None:
    """A sandbox's clock can be another one's too, and is moved on for both."""
    first = Sandbox()
    second = Sandbox(clock=first.clock)
    first.clock.advance(HOUR)
    assert second.clock.now() > time.time() + HOUR - 1
    assert second.clock is first.clock


async def test_users_keys_expire(api: ApiClient) -> None:
    """A user's key signs until its hour is over."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    key = await api.exchange("alice")
    api.sandbox.clock.advance(HOUR - 60)
    assert (await api.personal_sign(wallet["id"], key)).status == 200
    api.sandbox.clock.advance(61)
    refused = await api.personal_sign(wallet["id"], key)
    assert (refused.status, refused.body["code"]) == (401, "user_session_keys_expired")


async def test_tokens_expire(api: ApiClient) -> None:
    """A token that was good is refused once its time is over."""
    user_id = await api.create_user("alice")
    await api.create_wallet(owner={"user_id": user_id})
    body = {"user_jwt": api.sandbox.issue_user_jwt("alice")}
    assert (await api.call("POST", "/v1/wallets/authenticate", body)).status == 200
    api.sandbox.clock.advance(HOUR + 1)
    assert (await api.call("POST", "/v1/wallets/authenticate", body)).status == 400


async def test_requests_expire(api: ApiClient) -> None:
    """`privy-request-expiry` is compared with the sandbox's time."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    headers = {"privy-request-expiry": str(int((time.time() + 60) * 1000))}
    assert (await api.personal_sign(wallet["id"], key, headers=headers)).status == 200
    api.sandbox.clock.advance(61)
    refused = await api.personal_sign(wallet["id"], key, headers=headers)
    assert (refused.status, refused.body["code"]) == (400, "request_expired")


async def test_idempotency_keys_expire(api: ApiClient) -> None:
    """A key is remembered for a day; after that it is a new one."""
    body, headers = {"chain_type": "ethereum"}, {"privy-idempotency-key": "once"}
    first = await api.call("POST", "/v1/wallets", body, headers=headers)
    api.sandbox.clock.advance(23 * HOUR)
    again = await api.call("POST", "/v1/wallets", body, headers=headers)
    assert again.body == first.body
    api.sandbox.clock.advance(2 * HOUR)
    later = await api.call("POST", "/v1/wallets", body, headers=headers)
    assert later.body["id"] != first.body["id"]


async def test_policies_see_it(api: ApiClient) -> None:
    """A rule that allows until a time denies afterwards."""
    until = {
        "field_source": "system",
        "field": "current_unix_timestamp",
        "operator": "lt",
        "value": str(int(time.time()) + HOUR),
    }
    rule = {"name": "r", "method": "personal_sign", "conditions": [until], "action": "ALLOW"}
    policy = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [rule]}
    created = await api.call("POST", "/v1/policies", policy)
    wallet = await api.create_wallet(policy_ids=[created.body["id"]])
    assert (await api.personal_sign(wallet["id"])).status == 200
    api.sandbox.clock.advance(2 * HOUR)
    assert (await api.personal_sign(wallet["id"])).body["code"] == "policy_violation"


async def test_transactions_are_confirmed(anyio_backend: str) -> None:
    """A transaction is confirmed after a block's time and final after two."""
    async with Sandbox(block_time=HOUR) as sandbox, ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        transaction = {"to": "0x" + "11" * 20, "value": 1}
        body = {
            "method": "eth_sendTransaction",
            "caip2": "eip155:1",
            "params": {"transaction": transaction},
        }
        sent = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
        path = f"/v1/transactions/{sent.body['data']['transaction_id']}"
        seen = []
        for _ in range(3):
            seen.append((await api.call("GET", path)).body["status"])
            sandbox.clock.advance(HOUR + 1)
        assert seen == ["broadcasted", "confirmed", "finalized"]
