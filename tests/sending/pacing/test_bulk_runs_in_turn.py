"""Bulk runs where Privy lets through fewer than are asked for: none fails, and few are refused."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import Any

import anyio
import pytest

import privy_sync
from privy_async import PrivyClient
from privy_async.bulk import BulkResult, call_each
from privy_async.sandbox import Sandbox
from privy_sync.bulk import call_each as call_each_in_threads

USERS = "POST /v1/users"


def account(name: str) -> Any:
    """The one account of a user."""
    return {"type": "custom_auth", "custom_user_id": name}


async def create_users(privy: PrivyClient, count: int) -> tuple[BulkResult[str, str], ...]:
    """Create so many users, 32 at once."""

    async def create(name: str, key: str) -> str:
        return (await privy.users.create(linked_accounts=[account(name)])).id

    return await call_each([f"u{number}" for number in range(count)], create, run_id="users")


def create_users_in_threads(
    privy: privy_sync.PrivyClient, count: int
) -> tuple[BulkResult[str, str], ...]:
    """The same with the sync face."""

    def create(name: str, key: str) -> str:
        return privy.users.create(linked_accounts=[account(name)]).id

    names = [f"u{number}" for number in range(count)]
    return call_each_in_threads(names, create, run_id="users")


def check(results: tuple[BulkResult[str, str], ...], sandbox: Sandbox, count: int) -> None:
    """None has failed, each user is there once, and at most 30 requests were refused."""
    assert [result.error for result in results if result.error is not None] == []
    assert len({result.value for result in results}) == len(sandbox.state.users) == count
    assert [record.status for record in sandbox.log].count(429) <= 30


LIMITS = ((300, 20), (60, 4), (60, "240/minute"))


async def create_within(count: int, limit: int | str, *, retry_after: bool) -> None:
    """Create so many users where so many are let through."""
    async with (
        Sandbox(rate_limits={USERS: limit}, retry_after=retry_after) as sandbox,
        sandbox.client() as privy,
    ):
        check(await create_users(privy, count), sandbox, count)


# Each takes 15 s, most of which it waits: all of them at once take little more.


@pytest.mark.anyio
@pytest.mark.slow
async def test_more_than_are_let_through() -> None:
    """The default concurrency of 32 costs a few refusals at the beginning, and no item."""
    async with anyio.create_task_group() as runs:
        for (count, limit), retry_after in product(LIMITS, (True, False)):
            run = partial(create_within, count, limit, retry_after=retry_after)
            runs.start_soon(run, name=f"{count} at {limit}, Retry-After: {retry_after}")


@pytest.mark.slow
def test_in_threads() -> None:
    """The sync face waits as the async one does."""

    def create_all(retry_after: bool) -> None:
        with (
            Sandbox(rate_limits={USERS: 20}, retry_after=retry_after) as sandbox,
            sandbox.sync_client() as privy,
        ):
            check(create_users_in_threads(privy, 300), sandbox, 300)

    with ThreadPoolExecutor() as pool:
        list(pool.map(create_all, (True, False)))


@pytest.mark.anyio
async def test_a_run_that_is_refused_in_vain_goes_on() -> None:
    """In a bulk run no retry is used up where nobody is let through for a while."""
    async with Sandbox(real_chains=False) as sandbox, sandbox.client(max_retries=1) as privy:
        sandbox.faults.add(path="/v1/users", status=429, times=3, headers={"Retry-After": "0.1"})
        check(await create_users(privy, 1), sandbox, 1)
