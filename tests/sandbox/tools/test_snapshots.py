"""A sandbox goes back to a snapshot: state, ledger, idempotency, clock, faults, log and chains."""

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from aiohttp import ClientSession
from api_client import ApiClient, Clock
from chain_helpers import (
    SOLANA,
    ether,
    evm,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana,
    solana_sending,
)
from solders.pubkey import Pubkey

from privy_async.sandbox import Sandbox
from privy_async.sandbox.state import State

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5a" * 20
PAYEE = Pubkey(b"\x07" * 32)
HISTORIES = int(os.environ.get("HISTORIES", "1000"))


async def pay(api: ApiClient, wallet: dict[str, Any], wei: int, **options: Any) -> Any:
    """Send wei to the receiver; the answer."""
    return await rpc(api, wallet, sending(to=RECEIVER, value=hex(wei)), **options)


async def pay_on_solana(api: ApiClient, wallet: dict[str, Any], units: int) -> None:
    """Send lamports to the payee."""
    body = solana_sending(wallet["address"], [sol_transfer(wallet["address"], PAYEE, units)])
    assert (await rpc(api, wallet, body)).status == 200


async def test_there_and_back(api: ApiClient) -> None:
    """What happened after the snapshot never was; what was before it still is."""
    sandbox = api.sandbox
    wallet = await api.create_wallet()
    assert (await pay(api, wallet, 5)).status == 200
    snapshot = await sandbox.snapshot()
    wallets, sent = dict(sandbox.state.wallets), dict(sandbox.state.transactions)
    for _ in range(2):
        await api.create_wallet()
        assert (await pay(api, wallet, 7)).status == 200
        sandbox.clock.advance(3600)
        sandbox.faults.add(status=500)
        await sandbox.fund(RECEIVER, 1, caip2="eip155:10")
        await sandbox.revert(snapshot)
        assert (sandbox.state.wallets, sandbox.state.transactions) == (wallets, sent)
        assert (sandbox.clock.ahead, len(sandbox.faults)) == (0, 0)
        assert await ether(api, RECEIVER) == 5
        assert await ether(api, RECEIVER, chain_id=10) == 0


async def test_it_goes_on_from_there(api: ApiClient) -> None:
    """Transactions have the nonces of the chain as it is again, and wallets get their money."""
    wallet = await api.create_wallet()
    await pay(api, wallet, 1)
    snapshot = await api.sandbox.snapshot()
    hashes: list[str] = []
    for _ in range(3):
        other = await api.create_wallet()
        for sender in (wallet, other):
            assert (await pay(api, sender, 2)).status == 200
        assert await ether(api, RECEIVER) == 5
        hashes.append((await pay(api, wallet, 3)).body["data"]["hash"])
        await api.sandbox.revert(snapshot)
    # The same transaction on the same chain, signed without chance (RFC 6979).
    assert len({*hashes}) == 1
    assert await evm(api, "eth_getTransactionByHash", hashes[0]) is None


async def test_idempotency_keys(api: ApiClient) -> None:
    """One used before the snapshot repeats its answer; one used after it is free again."""
    wallet = await api.create_wallet()
    before, after = ({"privy-idempotency-key": key} for key in ("before", "after"))
    first = await pay(api, wallet, 1, headers=before)
    snapshot = await api.sandbox.snapshot()
    await pay(api, wallet, 2, headers=after)
    await api.sandbox.revert(snapshot)
    again = await pay(api, wallet, 1, headers=before)
    assert again.body == first.body
    assert await ether(api, RECEIVER) == 1
    assert (await pay(api, wallet, 3, headers=after)).status == 200
    assert await ether(api, RECEIVER) == 4


async def test_solana(api: ApiClient) -> None:
    """It comes back as it was, its slot and blockhash too, after whatever happened."""
    wallet = await api.create_wallet(chain_type="solana")
    await pay_on_solana(api, wallet, 1_000_000)
    slot, blockhash = await solana(api, "getSlot"), await solana(api, "getLatestBlockhash")
    first = await api.sandbox.snapshot()
    await pay_on_solana(api, wallet, 2_000_000)
    second = await api.sandbox.snapshot()
    await pay_on_solana(api, wallet, 3_000_000)
    for snapshot, paid in ((first, 1), (second, 3), (first, 1), (first, 1)):
        await api.sandbox.revert(snapshot)
        assert await lamports(api, str(PAYEE)) == paid * 1_000_000
    assert await solana(api, "getSlot") == slot
    assert await solana(api, "getLatestBlockhash") == blockhash
    await pay_on_solana(api, wallet, 4_000_000)
    await api.sandbox.revert(second)
    assert await lamports(api, str(PAYEE)) == 3_000_000


def test_in_sync() -> None:
    """Under `with Sandbox` nothing is awaited."""
    with Sandbox(real_chains=False) as sandbox, sandbox.sync_client() as privy:
        snapshot = sandbox.snapshot()
        privy.wallets.create(chain_type="ethereum")
        sandbox.revert(snapshot)
        assert not sandbox.state.wallets
        assert not sandbox.log


async def test_snapshots_that_are_none(sandbox: Sandbox) -> None:
    """One of another sandbox, and one that nobody has awaited, are refused."""
    with pytest.raises(ValueError, match="another sandbox's"):
        await sandbox.revert(await Sandbox().snapshot())
    with pytest.raises(ValueError, match="not taken yet: await it"):
        await sandbox.revert(sandbox.snapshot())


async def test_a_state_file(tmp_path: Path) -> None:
    """What was reverted is not in it either; the chains come back from it as they were."""
    path = tmp_path / "state"
    async with Sandbox(state_file=path) as sandbox, ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        await pay(api, wallet, 5)
        snapshot = await sandbox.snapshot()
        await pay(api, wallet, 7)
        await api.create_wallet()
        sandbox.clock.advance(60)
        await sandbox.revert(snapshot)
        records = copied(sandbox.state)
    async with Sandbox(state_file=path) as sandbox, ClientSession() as session:
        assert copied(sandbox.state) == records
        assert sandbox.clock.ahead == 0
        api = ApiClient(sandbox, session)
        assert await ether(api, RECEIVER) == 5
        assert (await pay(api, wallet, 1)).status == 200


async def test_a_chain_elsewhere(api: ApiClient) -> None:
    """It takes the snapshot itself, and goes back as often as it is asked to."""
    async with Sandbox(evm_rpc=api.sandbox.evm_rpc_url(8453)) as near:
        near_api = ApiClient(near, api.session)
        wallet = await near_api.create_wallet()
        await pay(near_api, wallet, 5)
        snapshot = await near.snapshot()
        for _ in range(3):
            await pay(near_api, wallet, 7)
            assert await ether(api, RECEIVER) == 12
            await near.revert(snapshot)
            assert await ether(api, RECEIVER) == 5
        assert await evm(api, "evm_revert", "0x1") is False
        # Somebody else took the chain back behind the snapshot.
        number = await evm(api, "evm_snapshot")
        for taken in range(1, int(number, 16)):
            await evm(api, "evm_revert", hex(taken))
        with pytest.raises(RuntimeError, match="has the snapshot no more"):
            await near.revert(snapshot)


async def test_who_waits_for_transactions(api: ApiClient, clock: Clock, receiver: Any) -> None:
    """Webhooks tell of those that are in the ledger again, and of no others."""
    wallet = await api.create_wallet()
    snapshot = await api.sandbox.snapshot()
    await pay(api, wallet, 1)
    await api.sandbox.revert(snapshot)
    assert not api.sandbox.state.transactions
    clock.now += 1
    assert (await pay(api, wallet, 2)).status == 200


# --- over JSON-RPC


async def test_a_chain_alone(api: ApiClient) -> None:
    """`evm_snapshot` and `evm_revert` are about one chain, each number good for once."""
    sender = await api.create_wallet()
    await pay(api, sender, 1)
    first = await evm(api, "evm_snapshot")
    await pay(api, sender, 2)
    second = await evm(api, "evm_snapshot")
    await pay(api, sender, 4)
    assert (first, second) == ("0x1", "0x2")
    assert await evm(api, "evm_revert", second) is True
    assert await ether(api, RECEIVER) == 3
    assert await evm(api, "evm_revert", second) is False
    assert await evm(api, "evm_snapshot") == "0x3"
    assert await evm(api, "evm_revert", first) is True
    assert await ether(api, RECEIVER) == 1
    assert await evm(api, "evm_revert", "0x3") is False
    assert await evm(api, "evm_revert", "0x63") is False
    assert len(api.sandbox.state.transactions) == 3


async def test_time_of_a_chain(api: ApiClient, clock: Clock) -> None:
    """`evm_increaseTime` moves on the blocks to come, of this chain alone, until a revert."""

    async def time_of_next_block() -> int:
        await evm(api, "evm_mine")
        return int((await evm(api, "eth_getBlockByNumber", "latest", False))["timestamp"], 16)

    snapshot = await evm(api, "evm_snapshot")
    assert await evm(api, "evm_increaseTime", 3600) == 3600
    assert await evm(api, "evm_increaseTime", "0xa") == 3610
    assert await time_of_next_block() == int(clock.now) + 3610
    assert api.sandbox.clock.ahead == 0
    await evm(api, "evm_revert", snapshot)
    assert await time_of_next_block() < int(clock.now) + 10


async def test_a_state_file_replays_them(tmp_path: Path) -> None:
    """A chain that was taken back by JSON-RPC comes back so from its file."""
    path = tmp_path / "state"
    clock = Clock()
    async with Sandbox(state_file=path, clock=clock) as sandbox, ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        number = await evm(api, "evm_snapshot")
        await pay(api, wallet, 5)
        await evm(api, "evm_revert", number)
        await evm(api, "evm_increaseTime", 100)
        await pay(api, wallet, 7)
        block = await evm(api, "eth_getBlockByNumber", "latest", False)
    async with Sandbox(state_file=path, clock=clock) as sandbox, ClientSession() as session:
        api = ApiClient(sandbox, session)
        assert await evm(api, "eth_getBlockByNumber", "latest", False) == block
        assert await ether(api, RECEIVER) == 7


# --- histories


def copied(state: State) -> Mapping[str, object]:
    """All that a state holds, in its order."""
    values = {field.name: getattr(state, field.name) for field in attrs.fields(State)}
    del values["clock"]
    values["issuer"] = state.issuer.key_id
    return {
        name: list(value.items()) if isinstance(value, dict) else value
        for name, value in values.items()
    }


class History:
    """Things that happen to a sandbox, drawn from a seed."""

    def __init__(self, api: ApiClient, clock: Clock, wallets: list[Any], seed: int) -> None:
        self._api, self._clock, self._wallets = api, clock, wallets
        self._random = Random(seed)

    async def go_on(self) -> None:
        """Let a few things happen."""
        works = (
            self._pay, self._pay, self._pay_on_solana, self._create, self._fund, self._rename,
            self._order, self._wait, self._take_chain_back, self._exchange, self._look,
        )  # fmt: skip
        for _ in range(self._random.randint(1, 4)):
            await self._random.choice(works)()

    async def _pay(self) -> None:
        key = {"privy-idempotency-key": str(self._random.randint(1, 9))}
        await pay(self._api, self._wallets[0], self._random.randint(1, 99), headers=key)

    async def _pay_on_solana(self) -> None:
        body = solana_sending(
            self._wallets[1]["address"],
            [sol_transfer(self._wallets[1]["address"], PAYEE, self._random.randint(10**6, 10**7))],
        )
        await rpc(self._api, self._wallets[1], body)

    async def _create(self) -> None:
        await self._api.create_wallet(chain_type=self._random.choice(("ethereum", "solana")))

    async def _fund(self) -> None:
        caip2 = self._random.choice(("eip155:8453", SOLANA))
        address = RECEIVER if caip2 != SOLANA else str(PAYEE)
        await self._api.sandbox.fund(address, self._random.randint(1, 9), caip2=caip2)

    async def _rename(self) -> None:
        body = {"display_name": f"{self._random.random()}"}
        await self._api.call("PATCH", f"/v1/wallets/{self._wallets[0]['id']}", body)

    async def _order(self) -> None:
        self._api.sandbox.faults.add(path="/v1/nothing", status=500)

    async def _wait(self) -> None:
        self._api.sandbox.clock.advance(self._random.choice((1, 90_000)))

    async def _take_chain_back(self) -> None:
        method = self._random.choice(("evm_snapshot", "evm_mine"))
        number = await evm(self._api, method)
        if method == "evm_snapshot" and self._random.random() < 0.5:
            await evm(self._api, "evm_increaseTime", 60)
            await evm(self._api, "evm_revert", number)

    async def _exchange(self) -> None:
        await self._api.exchange("alice")

    async def _look(self) -> None:
        await self._api.call("GET", "/v1/wallets")


async def seen(api: ApiClient) -> list[object]:
    """What there is to see on the chains, which looking may change."""
    block = await evm(api, "eth_getBlockByNumber", "latest", False)
    moved = await ether(api, RECEIVER), await lamports(api, str(PAYEE))
    return [block, *moved, await solana(api, "getSlot"), await solana(api, "getLatestBlockhash")]


def whole(sandbox: Sandbox) -> list[object]:
    """What a sandbox holds, save for its chains."""
    return [copied(sandbox.state), sandbox.clock.ahead, sandbox.faults.saved(), sandbox.log]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_random_histories(api: ApiClient, clock: Clock) -> None:
    """After each, any of the last snapshots is what it was. HISTORIES=10000 plays more of them."""
    await api.create_wallet(owner={"user_id": await api.create_user("alice")})
    wallets = [await api.create_wallet(chain_type=each) for each in ("ethereum", "solana")]
    await pay(api, wallets[0], 1)
    await pay_on_solana(api, wallets[1], 1_000_000)
    snapshots: list[tuple[Any, list[object], list[object]]] = []
    chance = Random(1)
    for number in range(HISTORIES):
        await History(api, clock, wallets, number).go_on()
        if chance.random() < 0.4:
            held, snapshot = whole(api.sandbox), await api.sandbox.snapshot()
            chains = await seen(api)
            snapshots = [*snapshots[-4:], (snapshot, held, chains)]
        if snapshots:
            snapshot, held, chains = chance.choice(snapshots)
            await api.sandbox.revert(snapshot)
            assert whole(api.sandbox) == held
            assert await seen(api) == chains
            await api.sandbox.revert(snapshot)
