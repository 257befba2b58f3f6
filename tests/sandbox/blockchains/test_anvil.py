"""Ethereum's chains in anvil: they do what those in py-evm do, and come back as those do."""

import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from aiohttp import ClientSession
from anvil_helpers import anvils, needs_anvil
from api_client import ApiClient, Clock
from chain_helpers import (
    BASE_USDC,
    call,
    ether,
    evm,
    rpc,
    sending,
    usdc,
    usdc_transfer,
)
from eth_account import Account

from privy_async.clock import Clock as SeededClock
from privy_async.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, needs_anvil, pytest.mark.usefixtures("own_folder")]

Engine = Literal["anvil", "py-evm"]
ENGINES: Sequence[Engine] = ("anvil", "py-evm")
RECEIVER = "0x" + "5a" * 20
CALLS = [{"to": RECEIVER, "value": "0x5"}, {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 7)}]
# SHA-256 and the pairing check on BN254 and a point of BLS12-381 (EIP-2537, new with Prague).
PRECOMPILES = {2: "0x616263", 8: "0x", 11: "0x" + "00" * 256, 5: "0x" + "00" * 96}


class Seeded(SeededClock):
    """A clock that stands still, with the same keys each time."""

    def __init__(self) -> None:
        self.drawn = 0

    def now(self) -> float:
        return 1_800_000_000.0

    def random_bytes(self, count: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(count)


@pytest.fixture
async def session(anyio_backend: str) -> AsyncIterator[ClientSession]:
    """A session of aiohttp."""
    async with ClientSession() as session:
        yield session


async def everything(api: ApiClient) -> list[Any]:
    """Send transactions of all kinds; the answers."""
    wallet = await api.create_wallet()
    batch = {"method": "wallet_sendCalls", "caip2": "eip155:8453", "params": {"calls": CALLS}}
    bodies: list[dict[str, Any]] = [
        sending(to=RECEIVER, value="0x5"),
        sending(to=RECEIVER, value="0x5", type=0),
        # What an engine estimates is its own.
        sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 3), gas_limit=90_000),
        sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 2**255), gas_limit=90_000),
        batch,
        batch,
        {**sending(to=RECEIVER, value="0x7"), "sponsor": True},
        sending(to=RECEIVER, value=hex(10**21)),
        sending(to=RECEIVER, nonce=99),
    ]
    answers: list[Any] = []
    for body in bodies:
        reply = await rpc(api, wallet, body)
        answers.append(
            (reply.status, reply.body.get("code"), (reply.body.get("data") or {}).get("hash"))
        )
        api.sandbox.clock.advance(3)
    await api.sandbox.fund(RECEIVER, 3, caip2="eip155:8453")
    await evm(api, "evm_increaseTime", 60)
    await evm(api, "evm_mine")
    return answers


async def chain_of(api: ApiClient) -> list[Any]:
    """All that there is of a chain but for hashes of blocks, which hold how the engine began."""
    blocks: list[Any] = []
    for number in range(int(await evm(api, "eth_blockNumber"), 16) + 1):
        block = await evm(api, "eth_getBlockByNumber", hex(number), True)
        names = ("number", "timestamp", "baseFeePerGas", "gasUsed", "gasLimit", "miner")
        hashes = [each["hash"] for each in block["transactions"]]
        receipts = [await evm(api, "eth_getTransactionReceipt", each) for each in hashes]
        kept = ("transactionHash", "status", "gasUsed", "effectiveGasPrice", "from", "to", "type")
        blocks.append(
            {
                **{name: block[name] for name in names},
                "sent": [{name: receipt[name] for name in kept} for receipt in receipts],
                "logs": [
                    [(log["address"], log["topics"], log["data"]) for log in receipt["logs"]]
                    for receipt in receipts
                ],
            }
        )
    accounts = [RECEIVER, *(each.key.address for each in api.sandbox.state.wallets.values())]
    held = [(await ether(api, each), await usdc(api, each)) for each in accounts]
    codes = [await evm(api, "eth_getCode", each, "latest") for each in accounts]
    return [blocks, held, codes]


async def test_both_engines_do_the_same(session: ClientSession) -> None:
    """Blocks, fees, gas, events, delegations, balances and refusals are those of py-evm."""
    seen: dict[str, Any] = {}
    for engine in ENGINES:
        async with Sandbox(evm=engine, clock=Seeded()) as sandbox:
            api = ApiClient(sandbox, session)
            answers = await everything(api)
            seen[engine] = [answers, await chain_of(api)]
            assert bool(anvils()) is (engine == "anvil")
    assert seen["anvil"] == seen["py-evm"]
    (answers, (blocks, *_)) = seen["anvil"]
    assert [status for status, *_ in answers] == [200] * 7 + [400] * 2
    assert {each["type"] for block in blocks for each in block["sent"]} == {"0x0", "0x2", "0x4"}


@pytest.mark.parametrize("there", ENGINES)
@pytest.mark.parametrize("here", ENGINES)
async def test_a_state_file_from_the_other_engine(
    session: ClientSession, tmp_path: Path, there: Engine, here: Engine
) -> None:
    """What one has written the other reads, as if it had written it itself."""
    path = tmp_path / "state"
    async with Sandbox(evm=there, state_file=path, clock=Seeded()) as sandbox:
        api = ApiClient(sandbox, session)
        number = await evm(api, "evm_snapshot")
        await everything(api)
        await evm(api, "evm_revert", number)
        await everything(api)
        before = await chain_of(api)
    assert not anvils()
    async with Sandbox(evm=here, state_file=path, clock=Seeded()) as sandbox:
        api = ApiClient(sandbox, session)
        assert await chain_of(api) == before
        wallet = await api.create_wallet()
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200


@pytest.mark.parametrize("engine", ENGINES)
async def test_precompiles_and_blobs(session: ClientSession, engine: Engine) -> None:
    """Precompiled contracts answer, Prague's too; there are no transactions with blobs."""
    answers: list[str] = []
    async with Sandbox(evm=engine) as sandbox:
        api = ApiClient(sandbox, session)
        for number, data in PRECOMPILES.items():
            to = f"0x{number:040x}"
            answers.append(await evm(api, "eth_call", {"to": to, "data": data}, "latest"))
        for raw in ("0x03c0", "0x03", "0x", "0x02c0"):
            answer = await call(api, "/rpc/evm/8453", "eth_sendRawTransaction", raw)
            assert "error" in answer
            if raw.startswith("0x03"):
                assert answer["error"]["message"] == "transaction type not supported"
        assert await evm(api, "eth_accounts") == []
        account = Account.create()
        assert await ether(api, account.address) == 0
    assert answers == [
        "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        f"0x{1:064x}",
        "0x" + "00" * 128,
        "0x",
    ]


async def test_a_transaction_that_comes_early_is_forgotten(session: ClientSession) -> None:
    """It is refused, and not sent by itself once those before it were."""
    async with Sandbox(evm="anvil") as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        early = await rpc(api, wallet, sending(to=RECEIVER, value="0x64", nonce=1))
        assert "nonce too high: next nonce 0, tx nonce 1" in early.body["error"]
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200
        await evm(api, "evm_mine")
        assert await ether(api, RECEIVER) == 1
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x2"))).status == 200
        assert await ether(api, RECEIVER) == 3


# --- going back, and coming back


async def test_snapshots_in_any_order(session: ClientSession) -> None:
    """Anvil's snapshots end when it goes back behind them; the sandbox's do not."""
    async with Sandbox(evm="anvil", clock=Clock()) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        taken: list[tuple[Any, Any]] = []
        for wei in (1, 2, 4):
            await rpc(api, wallet, sending(to=RECEIVER, value=hex(wei)))
            number = await evm(api, "evm_snapshot")
            taken.append((await sandbox.snapshot(), number))
        seen = [await chain_of(api)]
        for index in (0, 2, 1, 2, 2, 0, 1):
            snapshot, number = taken[index]
            await sandbox.revert(snapshot)
            assert await ether(api, RECEIVER) == (1, 3, 7)[index]
            await rpc(api, wallet, sending(to=RECEIVER, value="0x64"))
            assert await evm(api, "evm_revert", number) is True
            assert await ether(api, RECEIVER) == (1, 3, 7)[index]
            assert await evm(api, "evm_revert", number) is False
            if index == 2:
                seen.append(await chain_of(api))
    assert seen[1:] == [seen[0]] * 3


async def test_it_outlives_a_stop(session: ClientSession) -> None:
    """The process ends with the sandbox; a new start has the chain as it was, and its snapshots."""
    sandbox = Sandbox(evm="anvil", clock=Clock())
    async with sandbox:
        api = ApiClient(sandbox, session)
        await everything(api)
        snapshot, before = await sandbox.snapshot(), await chain_of(api)
        await everything(api)
        after = await chain_of(api)
        assert len(anvils()) >= 1
    assert not anvils()
    late = await sandbox.snapshot()
    assert not anvils()
    async with sandbox:
        api = ApiClient(sandbox, session)
        assert await chain_of(api) == after
        await sandbox.revert(snapshot)
        assert await chain_of(api) == before
        await sandbox.revert(late)
        assert await chain_of(api) == after
    await sandbox.revert(snapshot)
    async with sandbox:
        assert await chain_of(ApiClient(sandbox, session)) == before


async def test_an_anvil_that_was_killed(session: ClientSession) -> None:
    """One request is refused with what happened; the next finds the chain as it was."""
    async with Sandbox(evm="anvil", clock=Clock()) as sandbox:
        api = ApiClient(sandbox, session)
        await everything(api)
        before = await chain_of(api)
        wallet = next(iter(sandbox.state.wallets))
        kill_all()
        reply = await rpc(api, {"id": wallet}, sending(to=RECEIVER, value="0x1"))
        assert (reply.status, reply.body["code"]) == (400, "transaction_broadcast_failure")
        assert "anvil has ended or does not answer" in reply.body["error"]
        assert await chain_of(api) == before
        assert (await rpc(api, {"id": wallet}, sending(to=RECEIVER, value="0x1"))).status == 200


HOSTILE: list[Any] = [10**300, -(10**30), 1e308, [[]], {"a": [{}]}, "\0" * 9, "é\n"]


async def test_what_anvil_cannot_read(session: ClientSession) -> None:
    """Each answer is that of its own request, also after one that is no JSON to anvil."""
    deep: Any = []
    for _ in range(150):
        deep = [deep]
    async with Sandbox(evm="anvil") as sandbox:
        api = ApiClient(sandbox, session)
        await sandbox.fund(RECEIVER, 3, caip2="eip155:8453")
        for value in (*HOSTILE, deep):
            for params in ([value], [RECEIVER, value], [{"to": RECEIVER, "data": value}, value]):
                for method in ("eth_getBalance", "eth_call", "eth_getLogs"):
                    answer = await call(api, "/rpc/evm/8453", method, *params)
                    assert ("result" in answer) != ("error" in answer)
                assert await ether(api, RECEIVER) == 3 * 10**18
                assert await evm(api, "eth_chainId") == "0x2105"


async def test_snapshots_of_an_anvil_that_was_killed(session: ClientSession) -> None:
    """One can be taken, and gone back to, as if nothing had happened."""
    async with Sandbox(evm="anvil", clock=Clock()) as sandbox:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))
        first, seen = await sandbox.snapshot(), await chain_of(api)
        await rpc(api, wallet, sending(to=RECEIVER, value="0x2"))
        kill_all()
        second = await sandbox.snapshot()
        kill_all()
        await sandbox.revert(first)
        assert await chain_of(api) == seen
        kill_all()
        await sandbox.revert(second)
        assert await ether(api, RECEIVER) == 3


def kill_all() -> None:
    for process in anvils():
        os.kill(process, signal.SIGKILL)
