"""Organizations: customers of the app that are businesses and own wallets.

https://docs.privy.io/organizations/overview
"""

from typing import TYPE_CHECKING, Final, Unpack

import attrs

from privy_async.page import Pager
from privy_async.resources.resource import Resource, cached_property
from privy_async.resources.shared import Success
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.values import Value

if TYPE_CHECKING:
    from privy_async.resources.money.fiat_accounts import OrganizationFiatAccounts
    from privy_async.resources.money.kyc import KYB

_ORGANIZATION: Final = "/v1/organizations/{organization_id}"
_SECRETS: Final = "/v1/organizations/{account_id}/secrets"


class Organization(Value):
    """A business. Times are Unix times, whose unit Privy does not say."""

    id: str
    display_name: str | None = None
    default_key_quorum_id: str | None = None
    created_at: int | None = None
    updated_at: int | None = None


class OrganizationSecret(Value):
    """A secret without itself; `signing_public_key` is PEM. Times are ISO 8601."""

    id: str
    last_four: str | None = None
    created_at: str | None = None
    revoked_at: str | None = None
    signing_public_key: str | None = None


class NewOrganizationSecret(OrganizationSecret):
    """A secret that was just made: Privy shows `organization_secret` only this once."""

    organization_secret: str = attrs.field(repr=False)


class Organizations(Resource):
    """Reached as `privy.organizations`."""

    @cached_property
    def external_fiat_accounts(self) -> "OrganizationFiatAccounts":
        """Bank accounts of organizations."""
        from privy_async.resources.money.fiat_accounts import OrganizationFiatAccounts

        return OrganizationFiatAccounts(self._requester)

    @cached_property
    def kyb(self) -> "KYB":
        """Verifying organizations, for fiat."""
        from privy_async.resources.money.kyc import KYB

        return KYB(self._requester)

    @cached_property
    def secrets(self) -> "OrganizationSecrets":
        """The secrets of organizations at the dashboard."""
        return OrganizationSecrets(self._requester)

    async def create(
        self, *, display_name: str, default_key_quorum_id: str, **options: Unpack[CallOptions]
    ) -> Organization:
        """Create an organization; the key quorum will own its wallets.

        `display_name` has at most 100 characters.

        Source: https://docs.privy.io/api-reference/organizations/create
        """
        return await self._request(Organization, "POST /v1/organizations", locals())

    async def get(self, organization_id: str, **options: Unpack[CallOptions]) -> Organization:
        """Return an organization by its id."""
        return await self._request(Organization, f"GET {_ORGANIZATION}", locals())

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[Organization]:
        """List the organizations of the app. A page holds `limit`, at most 100."""
        return self._list(Organization, "GET /v1/organizations", locals())

    async def update(
        self,
        organization_id: str,
        *,
        display_name: str | Omit = OMIT,
        default_key_quorum_id: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> Organization:
        """Change the fields given; wallets that exist keep their owner."""
        return await self._request(Organization, f"PATCH {_ORGANIZATION}", locals())

    async def delete(self, organization_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an organization for good."""
        await self._do(f"DELETE {_ORGANIZATION}", locals())


class OrganizationSecrets(Resource):
    """Reached as `privy.organizations.secrets`. Privy means these calls for dashboard admins."""

    async def create(
        self, account_id: str, **options: Unpack[CallOptions]
    ) -> NewOrganizationSecret:
        """Make a secret of an account."""
        return await self._request(NewOrganizationSecret, f"POST {_SECRETS}", locals())

    def list(self, account_id: str, **options: Unpack[CallOptions]) -> Pager[OrganizationSecret]:
        """List the secrets of an account, without themselves."""
        return self._list(OrganizationSecret, f"GET {_SECRETS}", locals())

    async def update_signing_key(
        self,
        account_id: str,
        *,
        secret_id: str,
        signing_public_key: str | None,
        **options: Unpack[CallOptions],
    ) -> Success:
        """Set the P-256 key (PEM) that signs requests made with a secret; None takes it away."""
        return await self._request(Success, f"PATCH {_SECRETS}", locals())

    async def revoke(
        self, account_id: str, *, secret_id: str, **options: Unpack[CallOptions]
    ) -> Success:
        """Make a secret invalid for good."""
        return await self._request(Success, f"DELETE {_SECRETS}", locals())
