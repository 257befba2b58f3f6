"""Owners of wallets, policies and condition sets: a key quorum, a user or a public key."""

from collections.abc import Sequence

from privy_async.sandbox.operations.controls.key_quorums import public_key_member
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.state import State


def owner_of(state: State, fields: Fields, current: str | None) -> str | None:
    """The owner's key quorum as `owner` or `owner_id` say; `current` if neither was sent.

    Null beside the other one says nothing; alone it says that there is no owner.

    An owner given as a user or a public key gets a 1-of-1 key quorum: call this last, so that a
    refused request leaves none behind.
    """
    if fields.has("owner") and fields.has("owner_id"):
        raise input_error(fields.at("owner"), "Cannot be used together with `owner_id`")
    if fields.has("owner_id"):
        return state.key_quorum(fields.string("owner_id")).id
    if fields.has("owner"):
        return _described_owner(state, fields.object("owner"))
    return None if fields.clears("owner") or fields.clears("owner_id") else current


def signers_of(owner_id: str | None) -> Sequence[str]:
    """Whose signature a change needs: the owner's, if there is one."""
    return () if owner_id is None else (owner_id,)


def _described_owner(state: State, owner: Fields) -> str:
    user_id = owner.optional_string("user_id")
    public_key = owner.optional_string("public_key")
    if (user_id is None) == (public_key is None):
        raise input_error(owner.path, "Expected either `user_id` or `public_key`")
    if user_id is not None:
        return state.owner_quorum(user_id=state.user(user_id).id, public_key=None).id
    member = public_key_member(str(public_key), owner.at("public_key"))
    return state.owner_quorum(user_id=None, public_key=member).id
