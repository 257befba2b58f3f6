"""The sandbox's records and the JSON Privy shows of each."""

from collections.abc import Mapping
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)

from privy_async.sandbox.keys.public_keys import parse_public_key, point_of
from privy_async.sandbox.keys.wallet_keys import WalletKey

Json = dict[str, Any]


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
    """Who may sign, and how many of them must."""

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


@attrs.frozen
class Wallet:
    """A wallet. Times are Unix times in milliseconds.

    Attributes:
        additional_signers: Ids of the key quorums that may use but not change the wallet.
        policy_ids: The wallet's policy, if it has one.
        override_policy_ids: By signer, the policy that applies to that signer alone.
        entity: `{"id": ..., "type": "user"}`, where one was given.
    """

    id: str
    key: WalletKey
    created_at: int
    owner_id: str | None = None
    additional_signers: tuple[str, ...] = ()
    policy_ids: tuple[str, ...] = ()
    override_policy_ids: Mapping[str, str] = attrs.field(factory=dict[str, str])
    display_name: str | None = None
    external_id: str | None = None
    entity: Mapping[str, str] | None = None
    imported_at: int | None = None
    exported_at: int | None = None
    archived_at: int | None = None

    def to_json(self, authorization_threshold: int | None) -> Json:
        """The wallet as Privy answers it, with its owner's threshold."""
        return {
            "id": self.id,
            "address": self.key.address,
            "chain_type": self.key.chain_type,
            "public_key": self.key.public_key,
            "created_at": self.created_at,
            "policy_ids": list(self.policy_ids),
            "additional_signers": [
                {"signer_id": signer_id, "override_policy_ids": self._override(signer_id)}
                for signer_id in self.additional_signers
            ],
            "owner_id": self.owner_id,
            "authorization_threshold": authorization_threshold,
            "display_name": self.display_name,
            "external_id": self.external_id,
            "entity": self.entity,
            "custody": None,
            "exported_at": self.exported_at,
            "imported_at": self.imported_at,
            "archived_at": self.archived_at,
        }

    def _override(self, signer_id: str) -> list[str]:
        policy_id = self.override_policy_ids.get(signer_id)
        return [] if policy_id is None else [policy_id]

    def to_linked_account(self) -> Json:
        """The wallet as it shows among the linked accounts of the user who owns it."""
        verified_at = self.created_at // 1000
        ethereum = self.key.chain_type == "ethereum"
        return {
            "type": "wallet",
            "id": self.id,
            "address": self.key.address,
            # Ethereum's accounts alone have none: the address says it all.
            **({} if ethereum else {"public_key": self.key.public_key}),
            "chain_type": self.key.chain_type,
            "chain_id": "eip155:1" if ethereum else self.key.chain_type,
            "wallet_index": 0,
            "wallet_client": "privy",
            "wallet_client_type": "privy",
            "connector_type": "embedded",
            "recovery_method": "privy-v2",
            "imported": self.imported_at is not None,
            "delegated": bool(self.additional_signers),
            "verified_at": verified_at,
            "first_verified_at": verified_at,
            "latest_verified_at": verified_at,
        }


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


@attrs.frozen
class Transaction:
    """An entry of the ledger: a transaction that a wallet sent. Time in ms.

    Attributes:
        content: What was sent, decoded.
        sponsored: Whether the app paid for it.
    """

    id: str
    wallet_id: str
    caip2: str
    transaction_hash: str | None
    reference_id: str | None
    created_at: int
    content: Mapping[str, object]
    status: str = "broadcasted"
    sponsored: bool = False

    def to_json(self) -> Json:
        """The transaction as Privy answers it."""
        return {
            "id": self.id,
            "wallet_id": self.wallet_id,
            "caip2": self.caip2,
            "transaction_hash": self.transaction_hash,
            "user_operation_hash": None,
            "status": self.status,
            "sponsored": self.sponsored,
            "reference_id": self.reference_id,
            "created_at": self.created_at,
        }


@attrs.frozen
class ChainInput:
    """Something done to a chain, which can be done again to a new one.

    Attributes:
        at: Unix time in seconds.
        name: What was done, in the chain's own words.
    """

    at: float
    name: str
    arguments: tuple[bytes | int, ...]


@attrs.frozen
class PendingImport:
    """What an import was announced as, and the key its entropy is to be sealed for."""

    chain_type: str
    address: str
    entropy_type: str
    index: int | None
    private_key: EllipticCurvePrivateKey = attrs.field(eq=False, repr=False)
