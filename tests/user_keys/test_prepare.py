"""Keys that are asked for before a call needs them: `prepare`."""

import asyncio
from typing import Any

import pytest
from issuer import Issuer
from sdk_helpers import Owner, RawServer, http_answer, logged, new_owner
from users_who_sign import user

from privy_async import (
    APIConnectionError,
    AuthorizationContext,
    PrivyClient,
    SigningError,
)
from privy_async.sandbox import Sandbox
from privy_async.user_keys.cache import UserKeys

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

AUTHENTICATE = "/v1/wallets/authenticate"
JWT = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"


async def sign(owner: Owner) -> None:
    await owner.privy.wallets.ethereum.sign_message(owner.wallet.id, "hello")


async def settle(keys: UserKeys) -> None:
    """Wait for the exchanges that are on their way."""
    while keys._exchanges:
        await asyncio.wait(keys._exchanges.values())


def keys_of(privy: PrivyClient) -> UserKeys:
    keys = privy._requester.user_keys
    assert keys is not None
    return keys


async def test_the_key_is_there_when_it_is_needed(sandbox: Sandbox, alice: Owner) -> None:
    """The exchange happens before the first call, which then sends one request."""
    await alice.privy.prepare()
    assert sandbox.state.exchanges == 0
    await settle(keys_of(alice.privy))
    assert sandbox.state.exchanges == 1
    before = len(sandbox.log)
    await sign(alice)
    assert len(sandbox.log) == before + 1


async def test_a_call_joins_the_exchange_that_is_on_its_way(sandbox: Sandbox, alice: Owner) -> None:
    """However often it is prepared, and whoever calls meanwhile: there is one exchange."""
    for _ in range(5):
        await alice.privy.prepare()
    await asyncio.gather(*(sign(alice) for _ in range(5)), alice.privy.prepare())
    await alice.privy.prepare()
    assert (sandbox.state.exchanges, keys_of(alice.privy)._exchanges) == (1, {})


async def test_all_users_of_a_client_are_prepared(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Those of several tokens side by side; where no user signs there is nothing to do."""
    owners = [await new_owner(sandbox, privy, name) for name in ("alice", "bob")]
    both = AuthorizationContext(user_jwts=[owner.jwt for owner in owners])
    await privy.prepare()
    await privy.with_authorization(both).prepare()
    await settle(keys_of(privy))
    assert sandbox.state.exchanges == 2


async def test_nothing_is_sent_for_keys_that_would_not_be_kept(sandbox: Sandbox) -> None:
    """With `user_key_cache_size=0` the call would ask again."""
    async with sandbox.client(user_key_cache_size=0) as privy:
        alice = await new_owner(sandbox, privy)
        await alice.privy.prepare()
        await sign(alice)
    assert sandbox.state.exchanges == 1


async def test_what_fails_comes_at_the_first_call(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Nobody is told before, nothing is lost, and the loop complains of nothing."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    stranger = privy.for_user(sandbox.issue_user_jwt("alice", lifetime=-60.0))
    await stranger.prepare()
    await settle(keys_of(privy))
    with pytest.raises(SigningError, match="no key for this user's token"):
        await stranger.wallets.ethereum.sign_message("w", "hello")
    await stranger.prepare()
    with pytest.raises(SigningError, match="no key for this user's token"):
        await stranger.wallets.ethereum.sign_message("w", "hello")
    assert [record.status for record in logged(sandbox, "POST", AUTHENTICATE)] == [400] * 3
    assert complaints == []


async def test_a_failure_that_passed_is_no_error(sandbox: Sandbox, alice: Owner) -> None:
    """The first call asks anew, and signs."""
    sandbox.faults.add(path=AUTHENTICATE, status=500)
    privy = alice.privy.with_options(max_retries=0)
    await privy.prepare()
    await settle(keys_of(privy))
    await privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    assert [record.status for record in logged(sandbox, "POST", AUTHENTICATE)] == [500, 200]


async def test_closing_ends_what_nobody_waits_for() -> None:
    """Neither is it sent after all, nor is a connection left; a call that waits has its error."""
    async with RawServer(http_answer(status=500)) as server:
        server.delay = 30
        privy = server.client(max_retries=0)
        alice = privy.for_user(JWT)
        await alice.prepare()
        await privy.close()
        assert (server.connections, keys_of(privy)._exchanges) == (0, {})
        await alice.prepare()
        await server.arrived.wait()
        call = asyncio.create_task(alice.wallets.ethereum.sign_message("w", "hello"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await privy.close()
        with pytest.raises(APIConnectionError, match="the client was closed"):
            await call
        assert keys_of(privy)._ahead == set()


async def test_an_ageing_key_is_renewed_ahead() -> None:
    """A key that still signs is not asked for; one that is about to expire is."""
    issuer = Issuer(life=600.0)
    keys = issuer.keys()
    first = await keys.get(user("jwt"))
    keys.prepare([user("jwt")])
    assert keys._exchanges == {}
    issuer.now += 570.0
    keys.prepare([user("jwt")])
    await settle(keys)
    assert issuer.calls == {"jwt": 2}
    assert await keys.get(user("jwt")) is not first
