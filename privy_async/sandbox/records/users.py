"""Users, and the keys that are given out to sign for them."""

from collections.abc import Mapping

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.second_factors import SecondFactor


@attrs.frozen
class User:
    """A user without the wallets owned by the user, which are found through their owner.

    Attributes:
        linked_accounts: As they are answered.
        created_at: Unix time in seconds, as Privy keeps it for users alone.
        second_factors: Those the user has enrolled in.
        frozen_at: Unix time in seconds; None for a user who is not frozen.
    """

    id: str
    linked_accounts: tuple[Json, ...]
    custom_metadata: Mapping[str, str | int | float | bool]
    created_at: int
    second_factors: tuple[SecondFactor, ...] = ()
    frozen_at: int | None = None

    @property
    def mfa_methods(self) -> list[Json]:
        """The kinds of second factors, each with the newest time it was enrolled at."""
        newest = {factor.kind: factor.verified_at for factor in self.second_factors}
        return [{"type": kind, "verified_at": at} for kind, at in newest.items()]


@attrs.frozen
class UserKey:
    """A key that signs for a user, given out for one of the user's tokens.

    Attributes:
        expires_at: Unix time in ms; from then on it signs no more.
        intent_ids: The intents it may authorize, and nothing else; none if it may do all.
        mfa_until: Until when it counts as given out after MFA, in Unix ms; 0 for never.
    """

    user_id: str
    expires_at: int
    public_key: EllipticCurvePublicKey = attrs.field(eq=False, repr=False)
    point: bytes = attrs.field(repr=False)
    intent_ids: tuple[str, ...] = ()
    mfa_until: int = 0
