"""The sandbox's rate limits: what passes, what is refused, and what is no limit."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from api_client import ApiClient, Clock

from privy_async.sandbox import Sandbox
from privy_async.sandbox.__main__ import _parser

pytestmark = pytest.mark.anyio

USERS = "POST /v1/users"


@pytest.fixture
def options(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """The sandbox's; three users a second by default."""
    return getattr(request, "param", {"rate_limits": {USERS: 3}})


@pytest.fixture
async def sandbox(
    anyio_backend: str, clock: Clock, options: Mapping[str, Any]
) -> AsyncIterator[Sandbox]:
    """A sandbox with limits, whose clock stands still."""
    async with Sandbox(clock=clock, real_chains=False, **options) as sandbox:
        yield sandbox


async def create_users(api: ApiClient, count: int) -> list[int]:
    """Ask for so many users, and return the statuses."""
    statuses = []
    for _ in range(count):
        accounts = [{"type": "email", "address": f"{len(api.sandbox.log)}@example.org"}]
        reply = await api.call("POST", "/v1/users", {"linked_accounts": accounts})
        statuses.append(reply.status)
    return statuses


async def test_so_many_in_any_second(api: ApiClient, clock: Clock) -> None:
    """Not in each second of a clock, but in any: two seconds' worth never come at once."""
    assert (await create_users(api, 5))[3:] == [429, 429]
    clock.now += 0.5
    assert await create_users(api, 1) == [429]
    clock.now += 0.5
    assert 429 not in await create_users(api, 3)
    assert await create_users(api, 1) == [429]


@pytest.mark.parametrize("options", [{"rate_limits": {USERS: "3/minute"}}], indirect=True)
async def test_so_many_in_any_minute(api: ApiClient, clock: Clock) -> None:
    """The documented limit of 240 new users is one by the minute."""
    assert (await create_users(api, 4))[3] == 429
    clock.now += 59
    assert await create_users(api, 1) == [429]
    clock.now += 1
    assert 429 not in await create_users(api, 3)


async def test_only_the_operation_that_is_limited(api: ApiClient) -> None:
    """The same path with another method has no limit of another's."""
    await create_users(api, 4)
    assert (await api.call("GET", "/v1/users")).status == 200


async def test_an_answer_as_privy_gives_it(api: ApiClient) -> None:
    """An error's usual form, and no header that Privy does not document."""
    await create_users(api, 3)
    refused = await api.call("POST", "/v1/users", {"linked_accounts": []})
    assert refused.status == 429
    assert refused.body == {"error": "Too many requests"}
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize(
    "options", [{"rate_limits": {USERS: "1/minute"}, "retry_after": True}], indirect=True
)
async def test_retry_after(api: ApiClient, clock: Clock) -> None:
    """On wish it says when to ask again, in whole seconds, never too early."""
    await create_users(api, 1)
    clock.now += 10.5
    refused = await api.call("POST", "/v1/users", {"linked_accounts": []})
    assert refused.headers["Retry-After"] == "50"


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "", "20/day", "x/minute", "/minute", None])
def test_what_is_no_limit(limit: Any) -> None:
    """It is refused at the start."""
    with pytest.raises(ValueError, match="rate_limits"):
        Sandbox(rate_limits={USERS: limit})


def test_what_is_no_operation() -> None:
    """A name that is nearly right would limit nothing."""
    with pytest.raises(ValueError, match="no operation 'POST /v1/user'"):
        Sandbox(rate_limits={"POST /v1/user": 1})


def test_on_the_command_line() -> None:
    """Limits can be given to the sandbox as a process."""
    options = _parser().parse_args(
        ["--rate-limit", f"{USERS}=240/minute", "--rate-limit", "POST /v1/wallets=5"]
    )
    assert dict(options.rate_limit) == {USERS: "240/minute", "POST /v1/wallets": "5"}
