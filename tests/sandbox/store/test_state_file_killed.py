"""A sandbox that is killed in the middle of its work, several times, loses nothing it answered."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from api_client import ApiClient, Reply
from chain_helpers import (
    BASE_USDC,
    ether,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana_sending,
    usdc,
    usdc_transfer,
)
from places import ROOT
from sandbox_command import COMMAND
from solders.pubkey import Pubkey

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]

RECEIVER = "0x" + "5a" * 20
SOL_RECEIVER = Pubkey.from_bytes(b"\x5a" * 32)
LAMPORTS = 1_000_000
KILLS = 4
SENDERS = 4


@attrs.frozen
class Remote:
    """What an ApiClient needs to know of a sandbox in another process."""

    base_url: str
    app_id: str = "sandbox-app"
    app_secret: str = "sandbox-secret"


@attrs.define
class Process:
    """A sandbox as a process, and a client of it."""

    process: asyncio.subprocess.Process
    api: ApiClient


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[Process]:
    """Start the sandbox on the file; it is killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--port", "0", "--state", str(path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).split()[4].decode()
        async with aiohttp.ClientSession() as session:
            yield Process(process, ApiClient(Remote(url), session))  # type: ignore[arg-type]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@attrs.define
class Record:
    """What was asked for, and what was answered before the kills.

    Attributes:
        wallets: The answers to what made them, by id.
        users: The ids of users.
        bodies: Everything that was to be sent: wallet and body, by idempotency key.
        answers: What was answered, by idempotency key.
    """

    wallets: dict[str, Any] = attrs.field(factory=dict)
    users: list[str] = attrs.field(factory=list)
    bodies: dict[str, tuple[Any, Any]] = attrs.field(factory=dict)
    answers: dict[str, Reply] = attrs.field(factory=dict)


def bodies_of(wallet: dict[str, Any]) -> list[Any]:
    """What a wallet sends, time and again."""
    if wallet["chain_type"] == "solana":
        return [
            solana_sending(
                wallet["address"], [sol_transfer(wallet["address"], SOL_RECEIVER, LAMPORTS)]
            )
        ]
    token = usdc_transfer(RECEIVER, 1)
    return [sending(to=RECEIVER, value="0x1"), sending(to=BASE_USDC, data=token)]


async def send_all_the_time(api: ApiClient, record: Record, wallet: dict[str, Any]) -> None:
    """Send with a new idempotency key each time, until the sandbox is gone."""
    while True:
        key = f"key {len(record.bodies)}"
        record.bodies[key] = wallet, random.choice(bodies_of(wallet))
        record.answers[key] = await send(api, record, key)
        assert record.answers[key].status == 200, record.answers[key]


async def send(api: ApiClient, record: Record, key: str) -> Reply:
    """Send what belongs to a key."""
    wallet, body = record.bodies[key]
    return await rpc(api, wallet, body, headers={"privy-idempotency-key": key})


async def create_all_the_time(api: ApiClient, record: Record) -> None:
    """Make users and wallets of theirs until the sandbox is gone."""
    while True:
        user_id = await api.create_user(f"user {random.random()}")
        record.users.append(user_id)
        wallet = await api.create_wallet(chain_type="sui", owner={"user_id": user_id})
        record.wallets[wallet["id"]] = wallet


async def work_until_killed(path: Path, record: Record, senders: list[dict[str, Any]]) -> None:
    """Load it from all sides, and kill it in the middle of that."""
    async with running(path) as sandbox:
        if not senders:
            chain_types = ["ethereum", "solana"] * (SENDERS // 2)
            senders += [await sandbox.api.create_wallet(chain_type=each) for each in chain_types]
            record.wallets.update((wallet["id"], wallet) for wallet in senders)
        work = [send_all_the_time(sandbox.api, record, wallet) for wallet in senders]
        work += [create_all_the_time(sandbox.api, record) for _ in range(2)]
        tasks = [asyncio.create_task(each) for each in work]
        enough = len(record.answers) + 40
        while len(record.answers) < enough and not any(map(asyncio.Task.done, tasks)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(random.random() / 10)
        sandbox.process.kill()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, aiohttp.ClientError) for result in results), results


async def check(api: ApiClient, record: Record) -> None:
    """All that was answered is there; a repetition of anything happens once at most."""
    for wallet_id, wallet in record.wallets.items():
        assert (await api.call("GET", f"/v1/wallets/{wallet_id}")).body == wallet
    for user_id in record.users:
        assert (await api.call("GET", f"/v1/users/{user_id}")).status == 200
    for key in record.bodies:
        reply = await send(api, record, key)
        assert reply.status == 200, reply
        known = record.answers.setdefault(key, reply)
        assert reply.body == known.body
        transaction_id = reply.body["data"]["transaction_id"]
        ledger = await api.call("GET", f"/v1/transactions/{transaction_id}")
        assert ledger.body["transaction_hash"] == reply.body["data"]["hash"]
    await check_balances(api, record)


async def check_balances(api: ApiClient, record: Record) -> None:
    """The receivers have exactly what the keys stand for, each of them once."""
    sent = [body for _, body in record.bodies.values()]
    ethereum = [b["params"]["transaction"] for b in sent if b["method"] == "eth_sendTransaction"]
    tokens = sum("data" in transaction for transaction in ethereum)
    assert await usdc(api, RECEIVER) == tokens
    assert await ether(api, RECEIVER) == len(ethereum) - tokens
    assert await lamports(api, str(SOL_RECEIVER)) == LAMPORTS * (len(sent) - len(ethereum))


async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """Killed four times in the middle of creates and sends, on one file."""
    path, record, senders = tmp_path / "state.db", Record(), list[dict[str, Any]]()
    for _ in range(KILLS):
        await work_until_killed(path, record, senders)
    async with running(path) as sandbox:
        await check(sandbox.api, record)
