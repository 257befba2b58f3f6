"""The watch over transactions that were sent: what goes wrong once does not end it."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from api_client import ApiClient
from chain_helpers import BASE, rpc, sending
from loopback import Loopback, Request, loopback
from webhook_receiver import receiving, until

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

SOMEBODY = "0x" + "5a" * 20


class BreakingClock:
    """A clock of a test's own that raises for the next so many times."""

    failures = 0

    def __call__(self) -> float:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the clock stopped")
        return time.time()


async def test_a_failure_is_logged_and_the_watch_goes_on(
    anyio_backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody expected is in the log, and the next looks find the transaction."""
    clock = BreakingClock()
    async with (
        Sandbox(clock=clock, block_time=0.05) as sandbox,
        sandbox.client() as privy,
        receiving(sandbox) as receiver,
    ):
        wallet = await privy.wallets.create(chain_type="ethereum")
        sent = await privy.wallets.ethereum.send_transaction(
            wallet.id, {"to": SOMEBODY, "value": 1}, caip2=BASE
        )
        with caplog.at_level(logging.ERROR, logger="privy_async.sandbox"):
            clock.failures = 2
            await until(lambda: clock.failures == 0)
            confirmed = await receiver.event("transaction.confirmed")
        assert confirmed["transaction_id"] == sent.transaction_id
        assert [str(sent.transaction_id) in each.getMessage() for each in caplog.records] == [
            True,
            True,
        ]
        assert all(record.exc_info for record in caplog.records)


@asynccontextmanager
async def strange_node(api: ApiClient, receipts: list[object]) -> AsyncIterator[Loopback]:
    """A node that answers these receipts first, and then what the chain of `api` says."""

    async def forward(request: Request) -> web.Response:
        call = request.json
        if call["method"] == "eth_getTransactionReceipt" and receipts:
            return web.json_response({"id": call["id"], "result": receipts.pop(0)})
        async with api.session.post(api.sandbox.evm_rpc_url(8453), json=call) as response:
            return web.json_response(await response.json())

    async with loopback(forward) as node:
        yield node


@pytest.mark.parametrize("receipt", ["no receipt", {}, [], 7, {"status": None}, {"status": []}])
async def test_a_node_that_talks_nonsense_is_asked_again(api: ApiClient, receipt: object) -> None:
    """A receipt that is none says nothing about the transaction."""
    async with (
        strange_node(api, [receipt]) as node,
        Sandbox(evm_rpc=node.url, block_time=0.01) as near,
        receiving(near) as receiver,
    ):
        client = ApiClient(near, api.session)
        wallet = await client.create_wallet()
        sent = await rpc(client, wallet, sending(BASE, to=SOMEBODY, value=1))
        confirmed = await receiver.event("transaction.confirmed")
        assert confirmed["transaction_id"] == sent.body["data"]["transaction_id"]
        assert "transaction.execution_reverted" not in receiver.types


async def test_it_begins_again_after_a_stop(anyio_backend: str) -> None:
    """A sandbox that was stopped in the middle of a look looks again after its next start."""
    sandbox = Sandbox(block_time=0.05)
    async with receiving(sandbox) as receiver:
        for number in (1, 2):
            async with sandbox, sandbox.client() as privy:
                wallet = await privy.wallets.create(chain_type="ethereum")
                await privy.wallets.ethereum.send_transaction(
                    wallet.id, {"to": SOMEBODY, "value": number}, caip2=BASE
                )
                if number == 2:
                    await receiver.event("transaction.confirmed")
