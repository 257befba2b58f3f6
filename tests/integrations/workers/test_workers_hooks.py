"""The hooks that give arq's jobs and taskiq's tasks their client."""

import asyncio
from functools import partial
from typing import Any

import pytest

from privy_async import InvalidArgumentError, PrivyClient
from privy_async.integrations.arq import close_privy, open_privy
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio


def options(sandbox: Sandbox) -> dict[str, Any]:
    """What connects a client to the sandbox."""
    return {
        "app_id": sandbox.app_id,
        "app_secret": sandbox.app_secret,
        "base_url": sandbox.base_url,
    }


async def test_arq_jobs_have_a_client(sandbox: Sandbox) -> None:
    """It is in the context from the worker's start on, and leaves nothing open at its end."""
    ctx: dict[Any, Any] = {}
    await partial(open_privy, **options(sandbox))(ctx)
    assert (await ctx["privy"].wallets.create(chain_type="ethereum")).id in sandbox.state.wallets
    await close_privy(ctx)


async def test_an_arq_worker_without_settings_does_not_start() -> None:
    """What is missing is named at once, not by the first job."""
    with pytest.raises(InvalidArgumentError, match="app_id"):
        await open_privy({}, app_id="")


async def test_taskiq_tasks_have_a_client(sandbox: Sandbox) -> None:
    """All tasks of a worker share one, given as a parameter of the type Privy."""
    taskiq = pytest.importorskip("taskiq")
    from privy_async.integrations.taskiq import Privy, add_privy

    broker = taskiq.InMemoryBroker()
    add_privy(broker, **options(sandbox))
    clients: list[PrivyClient] = []

    @broker.task("create")
    async def create(chain_type: Any, privy: Privy) -> str:
        clients.append(privy)
        return (await privy.wallets.create(chain_type=chain_type)).id

    broker.is_worker_process = True
    await broker.startup()
    tasks = [await create.kiq(chain_type) for chain_type in ("ethereum", "solana")]
    results = await asyncio.gather(*(task.wait_result(timeout=10) for task in tasks))
    assert {result.return_value for result in results} == set(sandbox.state.wallets)
    assert clients[0] is clients[1]
    await broker.shutdown()
