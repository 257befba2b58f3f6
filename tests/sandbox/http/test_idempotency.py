"""Idempotency keys: nothing happens twice, and the same key gets the same answer."""

import asyncio
from typing import Any

import aiohttp
import pytest
from api_client import ApiClient, Clock, new_key, spki, until_faults_struck

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

OTHER_BODY = {
    "error": "Idempotency key was reused for a request with a new body. "
    "Please create a new idempotency key for the request.",
    "code": "invalid_data",
}
IN_PROGRESS = {"error": "Previous request with matching idempotency key is still in progress"}
KEY = {"privy-idempotency-key": "key-1"}
SEND = {
    "method": "eth_sendTransaction",
    "caip2": "eip155:1",
    "params": {"transaction": {"to": "0x" + "11" * 20, "value": "0x1"}},
}


async def create(api: ApiClient, headers: dict[str, str] = KEY, **fields: Any) -> Any:
    """Ask for a wallet."""
    return await api.call(
        "POST", "/v1/wallets", {"chain_type": "ethereum", **fields}, headers=headers
    )


async def test_the_same_key_and_body_replays(api: ApiClient) -> None:
    """The second answer is the first one, byte for byte, and nothing is made."""
    first, second = await create(api), await create(api)
    assert (second.status, second.body) == (200, first.body)
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(api.sandbox.state.wallets) == 1
    assert [(r.executed, r.replayed, r.idempotency_key) for r in api.sandbox.log] == [
        (True, False, "key-1"),
        (False, True, "key-1"),
    ]


async def test_money_moves_once(api: ApiClient) -> None:
    """A transaction sent five times with one key is sent once."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/rpc"
    replies = [await api.call("POST", path, SEND, headers=KEY) for _ in range(5)]
    assert len({reply.body["data"]["transaction_id"] for reply in replies}) == 1
    assert len(api.sandbox.state.transactions) == 1
    await api.call("POST", path, SEND)
    assert len(api.sandbox.state.transactions) == 2


async def test_another_body_is_refused(api: ApiClient) -> None:
    """A key that was used with another body is 400, and stays good for the first body."""
    first = await create(api)
    other = await create(api, display_name="x")
    assert (other.status, other.body) == (400, OTHER_BODY)
    assert (await create(api)).body == first.body
    assert len(api.sandbox.state.wallets) == 1


async def test_bodies_compare_as_json(api: ApiClient) -> None:
    """The order of fields and the writing of numbers make no other body."""
    headers = {**api.app_headers(), **KEY, "Content-Type": "application/json"}
    bodies = [b'{"chain_type":"solana","x":1}', b'{ "x": 1.0, "chain_type": "solana" }']
    replies = [await api.send("POST", "/v1/wallets", body, headers) for body in bodies]
    assert replies[0].body == replies[1].body
    assert len(api.sandbox.state.wallets) == 1


async def test_a_key_belongs_to_one_operation(api: ApiClient) -> None:
    """The same key for another path is another use."""
    one, two = await api.create_wallet(), await api.create_wallet()
    for wallet in (one, two):
        reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", SEND, headers=KEY)
        assert reply.status == 200
    assert len(api.sandbox.state.transactions) == 2


async def test_the_path_families_share_their_keys(api: ApiClient) -> None:
    """`/api/v1/wallets` and `/v1/wallets` are one operation."""
    first = await create(api)
    second = await api.call("POST", "/api/v1/wallets", {"chain_type": "ethereum"}, headers=KEY)
    assert second.body == first.body


async def test_without_a_key_everything_happens(api: ApiClient) -> None:
    """Requests without a key are never replayed."""
    replies = [await create(api, {}) for _ in range(2)]
    assert replies[0].body["id"] != replies[1].body["id"]


async def test_operations_that_take_no_key_ignore_it(api: ApiClient) -> None:
    """Where Privy's API takes no key, sending one changes nothing."""
    body = {"public_keys": [spki(new_key())]}
    replies = [await api.call("POST", "/v1/key_quorums", body, headers=KEY) for _ in range(2)]
    assert replies[0].body["id"] != replies[1].body["id"]


@pytest.mark.parametrize(("length", "status"), [(1, 200), (256, 200), (257, 400), (0, 400)])
async def test_the_length_of_a_key(api: ApiClient, length: int, status: int) -> None:
    """A key has 1 to 256 characters."""
    reply = await create(api, {"privy-idempotency-key": "k" * length})
    assert reply.status == status
    if status == 400:
        assert reply.body == {
            "error": "`privy-idempotency-key` must be 1 to 256 characters long",
            "code": "invalid_data",
        }


async def test_a_key_is_kept_for_24_hours(api: ApiClient, clock: Clock) -> None:
    """Just before 24 hours the answer is replayed; then the key is as good as new."""
    first = await create(api)
    clock.now += 24 * 60 * 60 - 0.001
    assert (await create(api)).body == first.body
    clock.now += 0.001
    fresh = await create(api, display_name="other body")
    assert (fresh.status, fresh.body["id"] != first.body["id"]) == (200, True)


async def test_old_keys_are_dropped_one_by_one(api: ApiClient, clock: Clock) -> None:
    """A key that expires takes no younger one with it."""
    await create(api, {"privy-idempotency-key": "old"})
    clock.now += 60 * 60
    young = await create(api)
    clock.now += 23 * 60 * 60
    assert (await create(api, {"privy-idempotency-key": "old"})).status == 200
    assert (await create(api)).body == young.body
    assert len(api.sandbox.state.wallets) == 3


async def test_a_refusal_by_the_operation_is_replayed(api: ApiClient) -> None:
    """A 4xx that came from executing is stored like a success."""
    await api.create_wallet(external_id="taken")
    first = await create(api, external_id="taken")
    assert first.status == 409
    second = await create(api, external_id="taken")
    assert (second.status, second.body) == (409, first.body)
    assert [record.replayed for record in api.sandbox.log] == [False, False, True]


async def test_a_refused_signature_leaves_the_key_free(api: ApiClient) -> None:
    """A request that was not authorized is not stored; signed right, the same key works."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/v1/wallets/{wallet['id']}/rpc"
    for keys, status in (([new_key()], 401), ([], 401), ([key], 200), ([key], 200)):
        assert (await api.call("POST", path, SEND, keys=keys, headers=KEY)).status == status
    assert len(api.sandbox.state.transactions) == 1


async def test_a_replay_must_be_signed_too(api: ApiClient) -> None:
    """The stored answer is only for who may ask; a fresh expiry makes no other request."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    first = await api.personal_sign(wallet["id"], key, headers=KEY)
    assert (await api.personal_sign(wallet["id"], headers=KEY)).status == 401
    assert (await api.personal_sign(wallet["id"], new_key(), headers=KEY)).status == 401
    later = {**KEY, "privy-request-expiry": "1800000900000"}
    again = await api.personal_sign(wallet["id"], key, headers=later)
    assert (again.status, again.body) == (200, first.body)
    past = {**KEY, "privy-request-expiry": "1799999999999"}
    expired = await api.personal_sign(wallet["id"], key, headers=past)
    assert (expired.status, expired.body["code"]) == (400, "request_expired")


async def test_wrong_app_credentials_leave_the_key_free(api: ApiClient) -> None:
    """A request by a stranger is not stored."""
    body = b'{"chain_type":"ethereum"}'
    stranger = await api.send("POST", "/v1/wallets", body, KEY)
    assert stranger.status == 401
    assert (await create(api)).status == 200


@pytest.mark.parametrize("status", [500, 429])
async def test_an_answer_instead_of_executing_leaves_the_key_free(
    api: ApiClient, status: int
) -> None:
    """After an error that came from elsewhere the same key still executes."""
    api.sandbox.faults.add(status=status)
    assert (await create(api)).status == status
    assert (await create(api)).status == 200
    assert len(api.sandbox.state.wallets) == 1


async def test_a_method_the_sandbox_lacks_leaves_the_key_free(api: ApiClient) -> None:
    """A 5xx is not stored: the key is free for another body."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/rpc"
    missing = await api.call("POST", path, {"method": "near_signTransaction"}, headers=KEY)
    assert missing.status == 501
    assert (await api.call("POST", path, SEND, headers=KEY)).status == 200


async def test_a_key_in_use(api: ApiClient) -> None:
    """While the first request runs, the same body is 409 and another body 400."""
    api.sandbox.faults.add(delay=0.1)
    first = asyncio.create_task(create(api))
    await until_faults_struck(api.sandbox)
    same = await create(api)
    assert (same.status, same.body) == (409, IN_PROGRESS)
    other = await create(api, display_name="x")
    assert (other.status, other.body) == (400, OTHER_BODY)
    done = await first
    assert done.status == 200
    assert (await create(api)).body == done.body
    assert len(api.sandbox.state.wallets) == 1


async def test_many_at_once_make_one(api: ApiClient) -> None:
    """Of twenty simultaneous requests with one key one is executed, the others wait or replay."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/rpc"
    api.sandbox.faults.add(path="*/rpc", delay=0.01, times=3)
    replies = await asyncio.gather(*(api.call("POST", path, SEND, headers=KEY) for _ in range(20)))
    assert {reply.status for reply in replies} <= {200, 409}
    assert len(api.sandbox.state.transactions) == 1


async def test_a_request_cut_off_by_a_stop_leaves_the_key_free(clock: Clock) -> None:
    """What was cancelled before it was executed can be asked for again."""
    sandbox = Sandbox(clock=clock)
    async with aiohttp.ClientSession() as session:
        async with sandbox:
            api = ApiClient(sandbox, session)
            sandbox.faults.add(delay=3600)
            request = asyncio.create_task(create(api))
            await until_faults_struck(sandbox)
        with pytest.raises(aiohttp.ClientConnectionError):
            await request
        async with sandbox:
            assert (await create(ApiClient(sandbox, session))).status == 200
