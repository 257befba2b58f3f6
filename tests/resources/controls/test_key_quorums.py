"""Key quorums: made of keys, users and quorums, changed and deleted by their members."""

import pytest
from sdk_helpers import Owner, logged, new_user

from privy_async import (
    AuthenticationError,
    AuthorizationContext,
    AuthorizationKey,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PrivyClient,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

FIRST, SECOND = AuthorizationKey.generate(), AuthorizationKey.generate()


def signed_by(*keys: AuthorizationKey) -> AuthorizationContext:
    """All these keys."""
    return AuthorizationContext(authorization_private_keys=keys)


async def test_a_quorum_is_made_of_keys_users_and_quorums(privy: PrivyClient) -> None:
    """Every kind of member comes back, and the same when it is fetched."""
    user_id = await new_user(privy, "alice")
    board = await privy.key_quorums.create(public_keys=[FIRST.public_key, SECOND.public_key])
    assert board.authorization_threshold == 2
    quorum = await privy.key_quorums.create(
        public_keys=[FIRST.public_key],
        user_ids=[user_id],
        key_quorum_ids=[board.id],
        authorization_threshold=2,
        display_name="treasury",
    )
    assert [key.public_key for key in quorum.authorization_keys] == [FIRST.public_key]
    assert (quorum.user_ids, quorum.key_quorum_ids) == ((user_id,), (board.id,))
    assert (quorum.authorization_threshold, quorum.display_name) == (2, "treasury")
    assert await privy.key_quorums.get(quorum.id) == quorum
    assert quorum.extra == {}


async def test_the_members_change_a_quorum(privy: PrivyClient) -> None:
    """As many as its threshold sign; what is not given stays, a list given is the whole list."""
    quorum = await privy.key_quorums.create(
        public_keys=[FIRST.public_key, SECOND.public_key], display_name="ours"
    )
    with pytest.raises(AuthenticationError):
        await privy.key_quorums.update(
            quorum.id, authorization_threshold=1, authorization=signed_by(FIRST)
        )
    changed = await privy.key_quorums.update(
        quorum.id, authorization_threshold=1, authorization=signed_by(FIRST, SECOND)
    )
    assert (changed.authorization_threshold, changed.display_name) == (1, "ours")
    assert len(changed.authorization_keys) == 2
    alone = await privy.key_quorums.update(
        quorum.id, public_keys=[SECOND.public_key], authorization=signed_by(FIRST)
    )
    assert [key.public_key for key in alone.authorization_keys] == [SECOND.public_key]


async def test_a_member_deletes_a_quorum(sandbox: Sandbox, privy: PrivyClient) -> None:
    """A DELETE without a body is signed over the empty string, as the server sees it."""
    quorum = await privy.key_quorums.create(public_keys=[FIRST.public_key])
    with pytest.raises(AuthenticationError):
        await privy.key_quorums.delete(quorum.id)
    await privy.key_quorums.delete(quorum.id, authorization=signed_by(FIRST))
    assert logged(sandbox, "DELETE", "/v1/key_quorums/*")[-1].body_form == "empty string"
    with pytest.raises(NotFoundError):
        await privy.key_quorums.get(quorum.id)


async def test_a_user_deletes_his_quorum(privy: PrivyClient, alice: Owner) -> None:
    """With his own time-bound key."""
    quorum = await privy.key_quorums.create(user_ids=[alice.user_id])
    await alice.privy.key_quorums.delete(quorum.id)
    with pytest.raises(NotFoundError):
        await privy.key_quorums.get(quorum.id)


async def test_a_quorum_in_use_stays(privy: PrivyClient) -> None:
    """Privy's 409 is a clash, not a request in progress: it is not repeated."""
    quorum = await privy.key_quorums.create(public_keys=[FIRST.public_key])
    await privy.wallets.create(chain_type="tron", owner_id=quorum.id)
    with pytest.raises(ConflictError, match="in use") as caught:
        await privy.key_quorums.delete(quorum.id, authorization=signed_by(FIRST))
    assert caught.value.may_have_happened is False


async def test_a_quorum_without_members_is_refused(privy: PrivyClient) -> None:
    """In Privy's words."""
    with pytest.raises(BadRequestError, match="at least one of user_ids"):
        await privy.key_quorums.create()
