"""A sandbox with a state file starts again with what it had acknowledged."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from api_client import ApiClient, Clock, new_key, spki
from chain_helpers import (
    BASE,
    BASE_USDC,
    ether,
    evm,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana,
    solana_sending,
    solana_usdc,
    spl_transfer,
    usdc,
    usdc_transfer,
)
from intent_helpers import agree, propose
from policy_engine import condition, rule
from solders.pubkey import Pubkey
from state_file_helpers import as_if_killed, started

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5a" * 20
SOL_RECEIVER = Pubkey.from_bytes(b"\x5a" * 32)
KEYED = {"privy-idempotency-key": "once"}
SIGNING = "eth_signTransaction"
SUM = {
    "name": "Volume",
    "method": SIGNING,
    "metric": {"field": "value", "field_source": "ethereum_transaction", "function": "sum"},
    "window": {"type": "rolling", "seconds": 3600},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the state is kept."""
    return tmp_path / "state.db"


async def policy_with_a_sum(api: ApiClient) -> str:
    """A policy that lets a wallet sign for 5 wei an hour, and sign any message."""
    aggregation = (await api.call("POST", "/v1/aggregations", SUM)).body
    limit = condition("reference", f"aggregation.{aggregation['id']}", "lte", "5")
    rules = [rule(SIGNING, limit), rule("personal_sign")]
    described = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": rules}
    reply = await api.call("POST", "/v1/policies", described)
    assert reply.status == 200, reply
    return str(reply.body["id"])


async def sign_for(api: ApiClient, wallet: dict[str, Any], key: Any, value: int) -> int:
    """Have a transaction of this value signed; the status."""
    transaction = {"to": RECEIVER, "value": value, "chain_id": 1, "nonce": 0, "gas_limit": 21000}
    body = {"method": SIGNING, "params": {"transaction": transaction}}
    return (await rpc(api, wallet, body, keys=[key])).status


async def read_all(api: ApiClient, wallet: dict[str, Any]) -> list[Any]:
    """What several reads answer."""
    paths = (
        "/v1/users",
        "/v1/wallets",
        f"/v1/key_quorums/{wallet['owner_id']}",
        f"/v1/policies/{wallet['policy_ids'][0]}",
        "/v1/intents",
    )
    replies = [await api.call("GET", each) for each in paths]
    assert {reply.status for reply in replies} == {200}
    return [reply.body for reply in replies]


async def test_everything_is_there_again(path: Path) -> None:
    """Users, wallets with their keys, owners, policies, sums, keys given out, tokens."""
    async with started(path) as api:
        user_id = await api.create_user("alice")
        policy_id = await policy_with_a_sum(api)
        wallet = await api.create_wallet(owner={"user_id": user_id}, policy_ids=[policy_id])
        key = await api.exchange("alice")
        token, jwks = api.sandbox.issue_user_jwt("alice"), api.sandbox.jwks
        signed = await api.personal_sign(wallet["id"], key)
        assert (await sign_for(api, wallet, key, 3), signed.status) == (200, 200)
        before = await read_all(api, wallet)
    async with started(path) as api:
        assert await read_all(api, wallet) == before
        assert api.sandbox.jwks == jwks
        # The key given out still signs, with the same private key of the wallet.
        assert (await api.personal_sign(wallet["id"], key)).body == signed.body
        # The sum goes on: 3 of 5 are used up.
        assert await sign_for(api, wallet, key, 3) == 400
        reply = await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": token})
        assert (reply.status, api.sandbox.state.exchanges) == (200, 2)


async def test_what_was_deleted_stays_deleted(path: Path) -> None:
    """And the others keep their order, also one that was changed last."""
    async with started(path) as api:
        ids = [await api.create_user(name) for name in "abcd"]
        await api.call("DELETE", f"/v1/users/{ids[1]}")
        metadata = {"custom_metadata": {"$odd": 1, "plain": True}}
        await api.call("POST", f"/v1/users/{ids[0]}/custom_metadata", metadata)
    async with started(path) as api:
        assert list(api.sandbox.state.users) == [ids[0], ids[2], ids[3]]
        user = (await api.call("GET", f"/v1/users/{ids[0]}")).body
        assert user["custom_metadata"] == {"$odd": 1, "plain": True}
        await api.create_user("b")  # the account is free again


async def money(api: ApiClient, wallet: dict[str, Any], sol: dict[str, Any]) -> list[Any]:
    """Balances, the nonce and the newest blocks."""
    return [
        await ether(api, RECEIVER),
        await usdc(api, RECEIVER),
        await lamports(api, str(SOL_RECEIVER)),
        await solana_usdc(api, str(SOL_RECEIVER)),
        await ether(api, wallet["address"]),
        await lamports(api, sol["address"]),
        await evm(api, "eth_getTransactionCount", wallet["address"], "latest"),
        await evm(api, "eth_getBlockByNumber", "latest", True),
        await solana(api, "getLatestBlockhash"),
    ]


async def test_money_is_where_it_was(path: Path) -> None:
    """Ether, SOL, tokens, nonces and blocks; the next transaction goes through."""
    async with started(path) as api:
        wallet, sol = await api.create_wallet(), await api.create_wallet(chain_type="solana")
        await api.sandbox.fund(RECEIVER, 7, caip2=BASE)
        token = usdc_transfer(RECEIVER, 9)
        for body in (sending(to=RECEIVER, value="0x5"), sending(to=BASE_USDC, data=token)):
            assert (await rpc(api, wallet, body)).status == 200
        lamport = [sol_transfer(sol["address"], SOL_RECEIVER, 10**9)]
        for move in (lamport, spl_transfer(sol["address"], SOL_RECEIVER, 11)):
            assert (await rpc(api, sol, solana_sending(sol["address"], move))).status == 200
        before = await money(api, wallet, sol)
        assert before[:4] == [7 * 10**18 + 5, 9, 10**9, 11]
    async with started(path) as api:
        assert await money(api, wallet, sol) == before
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x5"))).status == 200
        assert await ether(api, RECEIVER) == before[0] + 5
        # A wallet gets its first money once, and new ones get it too.
        new = await api.create_wallet()
        assert await ether(api, new["address"]) == 100 * 10**18
        assert await lamports(api, sol["address"]) == before[5]


async def test_blocks_keep_their_times(path: Path) -> None:
    """They have the times of the sandbox's clock, then and when they are made again."""
    clock = Clock()
    clock.now = 1_000_000_000.0
    async with started(path, clock=clock) as api:
        await api.sandbox.fund(RECEIVER, 7, caip2=BASE)
        block = await evm(api, "eth_getBlockByNumber", "latest", False)
        assert int(block["timestamp"], 16) - clock.now in (1, 2, 3)
    clock.now += 1000
    async with started(path, clock=clock) as api:
        assert await evm(api, "eth_getBlockByNumber", "latest", False) == block
        await evm(api, "evm_mine")
        mined = await evm(api, "eth_getBlockByNumber", "latest", False)
        assert int(mined["timestamp"], 16) == clock.now


async def test_funding_is_kept_without_any_request(path: Path) -> None:
    """`sandbox.fund` is saved when it is done."""
    async with started(path) as api:
        await api.sandbox.fund(RECEIVER, 7, caip2=BASE)
        killed = as_if_killed(path)
    async with started(killed) as api:
        assert await ether(api, RECEIVER) == 7 * 10**18


async def test_a_key_used_before_is_not_executed_again(path: Path) -> None:
    """A repetition after the restart gets the stored answer; another body is refused."""
    body = sending(to=RECEIVER, value="0x5")
    async with started(path) as api:
        wallet = await api.create_wallet()
        first = await rpc(api, wallet, body, headers=KEYED)
    async with started(path) as api:
        again = await rpc(api, wallet, body, headers=KEYED)
        assert (again.status, again.body) == (200, first.body)
        assert await ether(api, RECEIVER) == 5
        other = await rpc(api, wallet, sending(to=RECEIVER, value="0x6"), headers=KEYED)
        assert other.status == 400
        (record, *_) = api.sandbox.log
        assert (record.replayed, record.executed) == (True, False)


async def test_a_request_that_was_cut_off_never_began(path: Path) -> None:
    """Its idempotency key is free after a kill, and the repetition is executed."""
    async with started(path) as api:
        wallet = await api.create_wallet()
        api.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=30)
        body = sending(to=RECEIVER, value="0x5")
        running = asyncio.create_task(rpc(api, wallet, body, headers=KEYED))
        while not api.sandbox.state.idempotent_uses:  # noqa: ASYNC110 - it is told to nobody
            await asyncio.sleep(0.001)
        await api.create_user("alice")
        killed = as_if_killed(path)
        running.cancel()
    async with started(killed) as api:
        assert (await rpc(api, wallet, body, headers=KEYED)).status == 200
        assert await ether(api, RECEIVER) == 5


async def test_an_intent_that_was_cut_off_waits_again(path: Path) -> None:
    """Killed while it was executed, it is pending again, for the last agreement to be repeated."""
    key = new_key()
    async with started(path) as api:
        wallet = await api.create_wallet(owner={"public_key": spki(key)})
        intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
        assert (await agree(api, intent, key)).body["status"] == "executed"
        intents = api.sandbox.state.intents
        executed = intents[intent["intent_id"]]
        intents[executed.id] = attrs.evolve(executed, status="processing", result=None)
        await api.create_user("alice")
        killed = as_if_killed(path)
    async with started(killed) as api:
        # The same request as before: its URL has the port of before.
        known = await api.call("GET", f"/v1/intents/{intent['intent_id']}")
        assert known.body["status"] == "pending"
        assert (await agree(api, known.body, key)).body["status"] == "executed"


async def test_an_import_goes_on_after_a_restart(path: Path) -> None:
    """The key that the first step gave out is there for the second."""
    address = "0x" + "77" * 20
    described = {
        "address": address,
        "chain_type": "ethereum",
        "entropy_type": "private-key",
        "encryption_type": "HPKE",
    }
    async with started(path) as api:
        announced = await api.call("POST", "/v1/wallets/import/init", described)
        point = base64.b64decode(announced.body["encryption_public_key"])
    async with started(path) as api:
        (pending,) = api.sandbox.state.pending_imports.values()
        assert (pending.address, pending.chain_type) == (address, "ethereum")
        numbers = pending.private_key.public_key().public_numbers()
        assert point == b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


async def test_time_that_was_moved_on_stays_so(path: Path) -> None:
    """Otherwise what happened since would be in the future."""
    async with started(path) as api:
        api.sandbox.clock.advance(86_400)
        await api.create_user("alice")
        now = api.sandbox.clock.now()
    async with started(path) as api:
        assert now <= api.sandbox.clock.now() < now + 60
        await api.create_user("bob")
    async with started(path, clock=Clock()) as api:
        assert api.sandbox.clock.now() == Clock().now + 86_400


async def test_the_same_sandbox_stopped_and_started(path: Path) -> None:
    """One object on one file, several times; and the file is free while it is stopped."""
    sandbox = Sandbox(state_file=str(path))
    wallet: dict[str, Any] = {}
    for value in (1, 2, 3):
        async with sandbox, aiohttp.ClientSession() as session:
            api = ApiClient(sandbox, session)
            wallet = wallet or await api.create_wallet()
            assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200
            assert await ether(api, RECEIVER) == value
    async with started(path) as api:
        assert await ether(api, RECEIVER) == 3


@pytest.mark.parametrize("as_text", [True, False])
def test_in_a_thread(path: Path, as_text: bool) -> None:
    """`with Sandbox` keeps its state too; the path is a text or a Path."""
    for users in (1, 2):
        with Sandbox(state_file=str(path) if as_text else path) as sandbox:
            with sandbox.sync_client() as privy:
                name = f"user {users}"
                privy.users.create(
                    linked_accounts=[{"type": "custom_auth", "custom_user_id": name}]
                )
            assert len(sandbox.state.users) == users


async def test_without_a_file_nothing_is_noted() -> None:
    """The chains' inputs are not collected, and the state's dicts are plain ones."""
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200
        assert not sandbox.state.chain_inputs
        assert {type(sandbox.state.users), type(sandbox.state.chain_inputs)} == {dict}
