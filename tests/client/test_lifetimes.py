"""Objects that are copied, dropped or never closed, and loops that end early: nothing is left."""

import ast
import asyncio
import copy
import os
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from places import TESTS
from python_processes import outcome, start

import privy_sync
from privy_async import AuthorizationKey, PrivyClient
from privy_async.sandbox import Sandbox

SCRIPT = TESTS / "processes" / "lifetimes.py"
WAYS = [
    node.name
    for node in ast.parse(SCRIPT.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
]
OPTIONS: dict[str, Any] = {"app_id": "a", "app_secret": "b", "base_url": "http://127.0.0.1:1"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(real_chains=False) as sandbox, sandbox.sync_client() as privy:
        for _ in range(3):
            privy.wallets.create(chain_type="ethereum")
        yield sandbox


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_printed(sandbox: Sandbox, way: str) -> None:
    """Not a warning, in Python's development mode with every warning on."""
    assert outcome(start("lifetimes.py", sandbox.base_url, way)) == (0, "done", "")


def test_loops_that_end_early_leave_no_socket(sandbox: Sandbox) -> None:
    """One client on a hundred loops, none of which is shut down, has the sockets of the last."""
    privy = sandbox.client()

    def sockets() -> int:
        links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
        return sum(os.path.islink(link) and "socket" in os.readlink(link) for link in links)

    async def use() -> None:
        await privy.wallets.list(limit=1)

    before = sockets()
    for _ in range(100):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
        loop.close()
    # The sandbox runs in this process, and has the other ends.
    assert sockets() - before < 10


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", [PrivyClient, privy_sync.PrivyClient])
def test_a_copy_is_a_client_of_its_own(kind: Any, make: Any) -> None:
    """Who signs with the copy is not who signs with the original."""
    first, second = AuthorizationKey.generate(), AuthorizationKey.generate()
    privy = kind(**OPTIONS, authorization_key=first)
    other = make(privy)
    assert repr(other) == repr(privy)
    other.update_authorization_key(second)
    assert repr(kind(**OPTIONS, authorization_key=first)) == repr(privy)
    signs = [getattr(each, "_async_privyclient", each)._requester for each in (privy, other)]
    keys = [each.authorization.authorization_private_keys[0].public_key for each in signs]
    assert keys == [first.public_key, second.public_key]


@pytest.mark.parametrize("kind", [PrivyClient, privy_sync.PrivyClient])
def test_a_client_does_not_pickle(kind: Any) -> None:
    """The error says what to do instead, and shows no secret."""
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(kind(**OPTIONS))
