"""A stop ends all that the sandbox began, and says nothing."""

import asyncio
import subprocess
import sys
import threading
from textwrap import dedent

import aiohttp
import pytest
from api_client import ApiClient

from privy_async.sandbox import Sandbox

# What each of these leaves unfinished when the sandbox stops.
UNFINISHED = {
    "a delay whose client is gone": """
        sandbox.faults.add(delay=3.0)
        give_up(lambda: privy.wallets.get("x", timeout=0.2))
    """,
    "a delay before a lost answer": """
        sandbox.faults.add(delay=3.0, drop="after")
        give_up(lambda: privy.wallets.create(chain_type="ethereum", timeout=0.2))
    """,
    "a delay before half an answer": """
        sandbox.faults.add(delay=3.0, truncate=True)
        give_up(lambda: privy.wallets.list(timeout=0.2).first_page())
    """,
    "connections that were dropped": """
        sandbox.faults.add(drop="before", times=5)
        for _ in range(5):
            give_up(lambda: privy.wallets.get("x"))
    """,
    "a transaction that is being executed": """
        wallet = privy.wallets.create(chain_type="ethereum")
        send = lambda: privy.wallets.ethereum.send_transaction(
            wallet.id, {"to": wallet.address, "value": 1}, caip2="eip155:1", timeout=0.05
        )
        give_up(send)
    """,
    "a webhook nobody takes and a transaction in no block": """
        sandbox.webhooks.add("http://127.0.0.1:9/")
        wallet = privy.wallets.create(chain_type="solana")
        wallet = privy.wallets.create(chain_type="ethereum")
        privy.wallets.ethereum.send_transaction(
            wallet.id, {"to": wallet.address, "value": 1}, caip2="eip155:1"
        )
    """,
    "a request that is only half sent": """
        import socket
        address = ("127.0.0.1", int(sandbox.base_url.rpartition(":")[2]))
        half, nothing = socket.create_connection(address), socket.create_connection(address)
        half.sendall(b"POST /v1/wallets HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10\\r\\n\\r\\n{")
        privy.apps.get()
        half.close(), nothing.close()
    """,
    "a request that is sent to the end": """
        privy.apps.get()
    """,
}
SCRIPT = """
from privy_async import PrivyError
from privy_async.sandbox import Sandbox

def give_up(call):
    try:
        call()
    except PrivyError:
        pass

with Sandbox(block_time=60.0) as sandbox, sandbox.sync_client(max_retries=0) as privy:
"""


@pytest.mark.parametrize("unfinished", UNFINISHED.values(), ids=UNFINISHED)
def test_a_stop_is_quiet(unfinished: str) -> None:
    """A process whose sandbox stops in the middle of something ends at once, with no word."""
    indented = dedent(unfinished).replace("\n", "\n    ")
    script = [sys.executable, "-W", "error", "-c", SCRIPT + indented]
    run = subprocess.run(script, capture_output=True, text=True, timeout=50, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.anyio
async def test_what_was_cut_off_never_happens(anyio_backend: str) -> None:
    """A delayed request whose client is gone ends with the sandbox, and leaves no task behind."""
    before = asyncio.all_tasks()
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        sandbox.faults.add(delay=0.3)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await api.create_wallet()
    assert asyncio.all_tasks() == before
    await asyncio.sleep(0.4)
    assert sandbox.state.wallets == {}


@pytest.mark.anyio
async def test_without_chains_there_is_no_thread(anyio_backend: str) -> None:
    """`Sandbox(real_chains=False)` serves on the event loop alone."""
    before = threading.enumerate()
    async with Sandbox(real_chains=False) as sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        sandbox.webhooks.add("http://127.0.0.1:9/")
        wallet = await api.create_wallet()
        transaction = {"to": wallet["address"], "value": 1}
        body = {
            "method": "eth_sendTransaction",
            "caip2": "eip155:1",
            "params": {"transaction": transaction},
        }
        sent = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
        assert sent.status == 200
        await session.get(sandbox.base_url)
        assert threading.enumerate() == before
    assert threading.enumerate() == before
