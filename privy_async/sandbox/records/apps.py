"""The rest of an app, besides users and wallets: an allowlist, accounts, organizations."""

import attrs

from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.wallets import Wallet


@attrs.frozen
class AllowlistEntry:
    """Somebody who may log in: `kind` is email, emailDomain, phone or wallet."""

    id: str
    kind: str
    value: str

    def to_json(self, app_id: str) -> Json:
        """The entry as Privy answers it."""
        return {
            "id": self.id,
            "type": self.kind,
            "value": self.value,
            "appId": app_id,
            "acceptedAt": None,
        }


@attrs.frozen
class DenylistEntry:
    """Somebody who may not log in: `kind` is as the request called it."""

    id: str
    kind: str
    value: str

    def to_json(self) -> Json:
        """The entry as Privy answers it."""
        return {"id": self.id, "rule_type": self.kind, "value": self.value}


@attrs.frozen
class DigitalAssetAccount:
    """A few wallets as one."""

    id: str
    display_name: str | None
    wallet_ids: tuple[str, ...]

    def to_json(self, wallets: list[Wallet]) -> Json:
        """The account as Privy answers it."""
        return {
            "id": self.id,
            "display_name": self.display_name,
            "wallets": [
                {"id": w.id, "chain_type": w.key.chain_type, "address": w.key.address}
                for w in wallets
            ],
        }


@attrs.frozen
class Organization:
    """A business whose wallets are owned by a key quorum. Times in ms."""

    id: str
    display_name: str
    default_key_quorum_id: str
    created_at: int
    updated_at: int

    def to_json(self) -> Json:
        """The organization as Privy answers it."""
        return attrs.asdict(self)


@attrs.frozen
class OrganizationSecret:
    """A secret of an organization, without itself: it opens nothing here. Times are ISO 8601."""

    id: str
    organization_id: str
    last_four: str
    created_at: str
    revoked_at: str | None = None
    signing_public_key: str | None = None

    def to_json(self) -> Json:
        """The secret as Privy lists it."""
        shown = attrs.asdict(self)
        del shown["organization_id"]
        return shown
