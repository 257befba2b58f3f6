"""Wallets, and the imports that are announced."""

from collections.abc import Mapping

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.records.json_types import Json


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
class PendingImport:
    """An import as it was announced, with the key its entropy is to be sealed for."""

    chain_type: str
    address: str
    entropy_type: str
    index: int | None
    private_key: EllipticCurvePrivateKey = attrs.field(eq=False, repr=False)
