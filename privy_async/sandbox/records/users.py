"""Users, and the keys that are given out to sign for them."""

from collections.abc import Mapping

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from privy_async.sandbox.records.json_types import Json


@attrs.frozen
class User:
    """A user without the wallets owned by the user, which are found through their owner.

    Attributes:
        linked_accounts: As they are answered.
        created_at: Unix time in seconds, as Privy keeps it for users alone.
    """

    id: str
    linked_accounts: tuple[Json, ...]
    custom_metadata: Mapping[str, str | int | float | bool]
    created_at: int


@attrs.frozen
class UserKey:
    """A key that signs for a user, given out for one of the user's tokens.

    Attributes:
        expires_at: Unix time in ms; from then on it signs no more.
        intent_ids: The intents it may authorize, and nothing else; none if it may do all.
    """

    user_id: str
    expires_at: int
    public_key: EllipticCurvePublicKey = attrs.field(eq=False, repr=False)
    point: bytes = attrs.field(repr=False)
    intent_ids: tuple[str, ...] = ()
