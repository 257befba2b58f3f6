"""Key quorums: who has to sign."""

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from privy_async.sandbox.keys.p256 import parse_public_key, point_of
from privy_async.sandbox.records.json_types import Json


@attrs.frozen
class PublicKeyMember:
    """A member of a key quorum: the key's text as it was sent, and the key.

    Attributes:
        point: The uncompressed point, which tells whether two texts are the same key.
    """

    text: str = attrs.field(eq=False)
    key: EllipticCurvePublicKey = attrs.field(eq=False, repr=False)
    point: bytes = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PublicKeyMember":
        """Read a key quorum's or an owner's key; ValueError if it is none."""
        key = parse_public_key(text)
        return cls(text, key, point_of(key))


@attrs.frozen
class KeyQuorum:
    """The keys, users and quorums that may sign, and how many of them must."""

    id: str
    authorization_threshold: int
    public_keys: tuple[PublicKeyMember, ...] = ()
    user_ids: tuple[str, ...] = ()
    key_quorum_ids: tuple[str, ...] = ()
    display_name: str | None = None

    @property
    def member_count(self) -> int:
        """A nested quorum counts as one member."""
        return len(self.public_keys) + len(self.user_ids) + len(self.key_quorum_ids)

    def to_json(self) -> Json:
        """The quorum as Privy answers it."""
        nested = {"key_quorum_ids": list(self.key_quorum_ids)} if self.key_quorum_ids else {}
        return {
            "id": self.id,
            "display_name": self.display_name,
            "authorization_threshold": self.authorization_threshold,
            "authorization_keys": [
                {"public_key": member.text, "display_name": None} for member in self.public_keys
            ],
            "user_ids": list(self.user_ids) or None,
            **nested,
        }
