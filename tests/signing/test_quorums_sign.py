"""Several who sign together: users, quorums, additional signers; and when requests expire."""

import time
from datetime import timedelta

import pytest
from sdk_helpers import Owner, RawServer, http_answer, new_owner

from privy_async import (
    AuthenticationError,
    AuthorizationContext,
    AuthorizationKey,
    BadRequestError,
    PrivyClient,
    SigningError,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
"""Owns the wallets of these tests."""


async def new_wallet(privy: PrivyClient, owner: str = KEY.public_key) -> str:
    """Make a wallet that an authorization key owns."""
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"public_key": owner})
    return wallet.id


async def test_two_users_sign_together(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Each token is exchanged for its user's key, and both keys sign."""
    bob, carol = await new_owner(sandbox, privy, "bob"), await new_owner(sandbox, privy, "carol")
    quorum = await privy.key_quorums.create(user_ids=[bob.user_id, carol.user_id])
    wallet = await privy.wallets.create(chain_type="ethereum", owner_id=quorum.id)
    context = AuthorizationContext(user_jwts=[bob.jwt, carol.jwt])
    await privy.wallets.ethereum.sign_message(wallet.id, "hello", authorization=context)
    assert sandbox.state.exchanges == 2


async def test_tokens_are_exchanged_side_by_side() -> None:
    """Two exchanges are on their way at the same time, over two connections."""
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        server.delay = 0.1
        context = AuthorizationContext(user_jwts=["a.a.a", "b.b.b"])
        with pytest.raises(SigningError):
            await privy.wallets.rpc("w", {"method": "x"}, authorization=context)
    assert server.most_open_connections == 2


async def test_a_quorum_of_a_key_and_a_user(privy: PrivyClient, alice: Owner) -> None:
    """Both together sign; either alone is one too few, both and a stranger one too many."""
    quorum = await privy.key_quorums.create(
        user_ids=[alice.user_id], public_keys=[KEY.public_key], authorization_threshold=2
    )
    wallet = await privy.wallets.create(chain_type="ethereum", owner_id=quorum.id)

    async def sign(*keys: AuthorizationKey, user_jwts: tuple[str, ...] = ()) -> None:
        context = AuthorizationContext(user_jwts=user_jwts, authorization_private_keys=keys)
        await privy.wallets.ethereum.sign_message(wallet.id, "hello", authorization=context)

    await sign(KEY, user_jwts=(alice.jwt,))
    for refused in (
        sign(KEY),
        sign(user_jwts=(alice.jwt,)),
        sign(KEY, AuthorizationKey.generate(), user_jwts=(alice.jwt,)),
    ):
        with pytest.raises(AuthenticationError):
            await refused


async def test_a_quorum_in_a_quorum(privy: PrivyClient, alice: Owner) -> None:
    """The nested quorum counts once its own members have signed."""
    second = AuthorizationKey.generate()
    board = await privy.key_quorums.create(public_keys=[KEY.public_key, second.public_key])
    quorum = await privy.key_quorums.create(
        user_ids=[alice.user_id], key_quorum_ids=[board.id], authorization_threshold=2
    )
    wallet = await privy.wallets.create(chain_type="ethereum", owner_id=quorum.id)
    context = AuthorizationContext(user_jwts=[alice.jwt], authorization_private_keys=[KEY, second])
    await privy.wallets.ethereum.sign_message(wallet.id, "hello", authorization=context)
    half = AuthorizationContext(user_jwts=[alice.jwt], authorization_private_keys=[KEY])
    with pytest.raises(AuthenticationError):
        await privy.wallets.ethereum.sign_message(wallet.id, "hello", authorization=half)


async def test_an_additional_signer_transacts_but_does_not_change(
    privy: PrivyClient, alice: Owner
) -> None:
    """His signature is good for the wallet's RPC and refused for its settings."""
    helper = await privy.key_quorums.create(public_keys=[KEY.public_key])
    await alice.privy.wallets.update(alice.wallet.id, additional_signers=[{"signer_id": helper.id}])
    context = AuthorizationContext(authorization_private_keys=[KEY])
    signing = privy.with_authorization(context)
    await signing.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    with pytest.raises(AuthenticationError):
        await signing.wallets.update(alice.wallet.id, display_name="mine")


# Expiry of requests


async def test_requests_expire_as_told(sandbox: Sandbox) -> None:
    """The client's span, the call's span, the call's time, or none: it is signed and sent."""
    now = int(time.time() * 1000)
    context = AuthorizationContext(authorization_private_keys=[KEY])
    async with (
        RawServer() as server,
        server.client(request_expiry=timedelta(minutes=1)) as base,
    ):
        privy = base.with_authorization(context)
        await privy.request("PATCH", "/v1/wallets/w", body={})
        await privy.request("PATCH", "/v1/wallets/w", body={}, request_expiry=timedelta(hours=1))
        await privy.request("PATCH", "/v1/wallets/w", body={}, request_expiry=now + 7_200_000)
        await privy.request("PATCH", "/v1/wallets/w", body={}, request_expiry=None)
        await privy.request("PATCH", "/v1/intents/wallets/w", body={})
    for request in server.requests[:-1]:
        request.check_signatures(KEY.public_key)
    minute, hour, absolute, none, intent = (
        request.header("privy-request-expiry") for request in server.requests
    )
    assert 60_000 <= int(str(minute)) - now < 3_600_000
    assert 3_600_000 <= int(str(hour)) - now < 7_200_000
    assert (int(str(absolute)), none) == (now + 7_200_000, None)
    assert int(str(intent)) - now >= 72 * 3_600_000


async def test_an_expired_request_is_refused() -> None:
    """The server's clock decides: an hour ahead, it refuses the default of 15 minutes."""
    async with Sandbox(clock=lambda: time.time() + 3600) as sandbox, sandbox.client() as privy:
        wallet_id = await new_wallet(privy)
        context = AuthorizationContext(authorization_private_keys=[KEY])
        with pytest.raises(BadRequestError) as caught:
            await privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)
    assert caught.value.code == "request_expired"
