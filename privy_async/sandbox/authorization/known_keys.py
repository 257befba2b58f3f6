"""The keys that a refused signature may have been made with, the likeliest first."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, Literal

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from privy_async.sandbox.records.key_quorums import KeyQuorum
from privy_async.sandbox.records.users import UserKey
from privy_async.sandbox.state import State

Standing = Literal["signer", "expired", "bound", "other"]

# Of each user, who may have a key for each token.
_NEWEST: Final = 10


@attrs.frozen
class KnownKey:
    """A key that the sandbox has heard of.

    Attributes:
        holder: Whose it is, for people.
        standing: What it may do for the request: sign; nothing, since it has "expired" or is
            "bound" to intents; nothing, since it is an "other" owner's.
    """

    key: EllipticCurvePublicKey = attrs.field(repr=False)
    holder: str
    standing: Standing


def known_keys(state: State, quorum_ids: Sequence[str]) -> Iterator[KnownKey]:
    """The keys of those who may authorize a request, then all others."""
    wanted = {part.id: part for each in quorum_ids for part in state.with_nested(each)}
    users = {user_id: None for quorum in wanted.values() for user_id in quorum.user_ids}
    for quorum in wanted.values():
        yield from _members(quorum, "signer")
    for user_id in users:
        for key in islice(state.user_keys.get(user_id, ()), _NEWEST):
            yield _of_user(key, _standing(key, state.now))
    for quorum in state.key_quorums.values():
        if quorum.id not in wanted:
            yield from _members(quorum, "other")
    for user_id, keys in state.user_keys.items():
        if user_id not in users:
            yield from (_of_user(key, "other") for key in islice(keys, _NEWEST))


def name_of(quorum: KeyQuorum) -> str:
    """A key quorum's name."""
    name = f" “{quorum.display_name}”" if quorum.display_name else ""
    return f"key quorum{name} {quorum.id}"


def _members(quorum: KeyQuorum, standing: Standing) -> Iterator[KnownKey]:
    for member in quorum.public_keys:
        yield KnownKey(member.key, name_of(quorum), standing)


def _of_user(key: UserKey, standing: Standing) -> KnownKey:
    return KnownKey(key.public_key, f"user {key.user_id}", standing)


def _standing(key: UserKey, now: int) -> Standing:
    if key.expires_at <= now:
        return "expired"
    return "bound" if key.intent_ids else "signer"
