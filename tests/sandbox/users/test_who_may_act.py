"""Users who are kept out, users who come by the batch, and those for whom there is a key."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from mfa_helpers import Acting
from sdk_helpers import new_owner

from privy_async import BadRequestError, PermissionDeniedError, PrivyClient, SigningError
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

EMAIL, CODE = "ann@example.com", "123456"


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox with a test account, on this machine's time as the SDK is."""
    async with Sandbox(test_accounts={EMAIL: CODE}) as sandbox:
        yield sandbox


@pytest.fixture
async def privy(sandbox: Sandbox) -> AsyncIterator[PrivyClient]:
    """The SDK's client of the sandbox."""
    async with sandbox.client() as client:
        yield client


async def log_in(api: ApiClient) -> int:
    """The status of a log-in with the test account."""
    headers = {"privy-app-id": api.sandbox.app_id, "Content-Type": "application/json"}
    body = f'{{"email":"{EMAIL}","code":"{CODE}"}}'.encode()
    return (await api.send("POST", "/v1/passwordless/authenticate", body, headers)).status


async def test_a_frozen_user(api: ApiClient, privy: PrivyClient) -> None:
    """No token is exchanged, no second factor verified, no session begun, until the freeze ends."""
    alice = await Acting.made(api)
    await api.create_wallet(owner={"user_id": alice.user_id})
    assert (await privy.users.get(alice.user_id)).frozen_at is None
    await privy.users.freeze(alice.user_id)
    frozen_at = (await privy.users.get(alice.user_id)).frozen_at
    assert frozen_at == pytest.approx(api.sandbox.clock.now(), abs=10)
    api.sandbox.clock.advance(60)
    await privy.users.freeze(alice.user_id)
    assert (await privy.users.get(alice.user_id)).frozen_at == frozen_at
    for reply in (await alice.exchange(), await alice.step("totp/enrollment/init")):
        assert (reply.status, reply.body["error"]) == (403, "The user is frozen")
    await privy.users.unfreeze(alice.user_id)
    assert (await privy.users.get(alice.user_id)).frozen_at is None
    assert (await alice.exchange()).status == 200


async def test_a_frozen_user_does_not_log_in(api: ApiClient, privy: PrivyClient) -> None:
    """The right code is of no use meanwhile."""
    assert await log_in(api) == 200
    user_id = next(iter(api.sandbox.state.users))
    await privy.users.freeze(user_id)
    assert await log_in(api) == 403
    await privy.users.unfreeze(user_id)
    assert await log_in(api) == 200


async def test_the_sdk_tells_of_a_freeze(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The exchange fails, and with it what was to be signed; a valid token says nothing of it."""
    alice = await new_owner(sandbox, privy)
    await privy.users.freeze(alice.user_id)
    with pytest.raises(SigningError, match="frozen") as caught:
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    assert isinstance(caught.value.__cause__, PermissionDeniedError)


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "Ann@Example.com"), ("emailDomain", "example.com")]
)
async def test_the_denylist(api: ApiClient, privy: PrivyClient, kind: Any, value: str) -> None:
    """Who is on it does not log in, and becomes no user."""
    entry = await privy.apps.denylist.create(type=kind, value=value)
    assert entry.rule_type == kind
    assert (await privy.apps.denylist.create(type=kind, value=value)).id == entry.id
    assert await log_in(api) == 403
    assert len(api.sandbox.state.users) == 0


async def test_others_may_log_in(api: ApiClient, privy: PrivyClient) -> None:
    """An entry is for one address or domain; a part of one is another one."""
    await privy.apps.denylist.create(type="email", value="bob@example.com")
    await privy.apps.denylist.create(type="emailDomain", value="ample.com")
    await privy.apps.denylist.create(type="phoneNumber", value="+15555550100")
    assert await log_in(api) == 200


async def test_a_denylist_of_nothing(api: ApiClient) -> None:
    """An entry needs a kind and a value."""
    path = f"/api/v1/apps/{api.sandbox.app_id}/denylist"
    for body in ({}, {"type": "nobody", "value": "x"}, {"type": "email", "value": ""}):
        assert (await api.call("POST", path, body)).status == 400
    other = await api.call(
        "POST", "/v1/apps/another/denylist", {"type": "phoneNumber", "value": "+1"}
    )
    assert other.status == 404


async def test_a_batch(privy: PrivyClient) -> None:
    """Each user is made or not by itself, and the results say which and why."""

    def person(address: str) -> Any:
        return {"linked_accounts": [{"type": "email", "address": address}]}

    known = await privy.users.create(**person("bob@example.com"))
    results = await privy.users.create_batch(
        [person("a@example.com"), person("bob@example.com"), person("none"), person("c@x.org")]
    )
    assert [(each.index, each.success) for each in results] == [
        (0, True),
        (1, False),
        (2, False),
        (3, True),
    ]
    assert results[1].cause == known.id
    assert all(each.error for each in results[1:3])
    users = {user.id async for user in privy.users.list()}
    assert users == {known.id, results[0].id, results[3].id}


async def test_how_large_a_batch_is(privy: PrivyClient) -> None:
    """There are 1 to 20 users in one."""
    person: Any = {"linked_accounts": []}
    assert len(await privy.users.create_batch([person] * 20)) == 20
    for number in (0, 21):
        with pytest.raises(BadRequestError, match="1 to 20"):
            await privy.users.create_batch([person] * number)


@pytest.mark.parametrize("nested", [False, True])
async def test_a_member_of_a_quorum_gets_a_key(api: ApiClient, nested: bool) -> None:
    """Without any wallet, as it may sign for whatever the quorum owns; a stranger gets none."""
    alice, bob = await Acting.made(api), await Acting.made(api, "bob")
    quorum = await api.create_quorum(
        user_ids=[alice.user_id], public_keys=[spki(new_key())], authorization_threshold=1
    )
    if nested:
        await api.create_quorum(key_quorum_ids=[quorum])
    reply = await alice.exchange()
    assert (reply.status, reply.body["wallets"]) == (200, [])
    assert (await bob.exchange()).status == 400
    body = {"display_name": "ours"}
    path = f"/v1/key_quorums/{quorum}"
    assert (await api.call("PATCH", path, body, keys=[await alice.key()])).status == 200
