"""The program that the tests of AsyncWeb3 run in."""

from collections.abc import AsyncIterator

import pytest
from account_helpers import CHAIN_ID
from sdk_helpers import new_owner
from web3_program import Program, connected

from privy_async.integrations.web3 import sign_with
from privy_async.sandbox import Sandbox


@pytest.fixture
async def program(anyio_backend: str) -> AsyncIterator[Program]:
    async with (
        Sandbox() as sandbox,
        sandbox.client() as app,
        connected(sandbox.evm_rpc_url(CHAIN_ID)) as w3,
    ):
        alice = await new_owner(sandbox, app)
        await sandbox.fund(alice.wallet.address, 10, caip2=f"eip155:{CHAIN_ID}")
        w3.middleware_onion.inject(sign_with(alice.privy, alice.wallet), layer=0)
        yield Program(sandbox, app, alice, w3)
