"""Verifying users (KYC) and organizations (KYB) at a fiat provider.

https://docs.privy.io/kyc-kyb/kyb
"""

from collections.abc import Sequence
from typing import ClassVar, Unpack

from privy_async.page import Pager
from privy_async.resources.money import kyc_values as values
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit


class Verification(Resource):
    """Verifying users, or organizations: `owner_id` is whom."""

    _path: ClassVar[str]
    _statuses: ClassVar[str]

    def list(
        self,
        owner_id: str,
        *,
        provider: values.Provider | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[values.ProviderStatus]:
        """List how far it has come, at each provider where it was begun."""
        return self._list(
            values.ProviderStatus, f"GET {self._path}", locals(), within=self._statuses
        )

    async def initiate_tos(
        self,
        owner_id: str,
        *,
        provider: values.Provider,
        email: str | Omit = OMIT,
        business_name: str | Omit = OMIT,
        environment: values.Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> values.TermsLink:
        """Make a link where the provider's terms are accepted."""
        return await self._request(values.TermsLink, f"POST {self._path}/tos", locals())

    async def initiate_links(
        self,
        owner_id: str,
        *,
        provider: values.Provider,
        email: str | Omit = OMIT,
        business_name: str | Omit = OMIT,
        endorsements: Sequence[str] | Omit = OMIT,
        client_agreement_id: str | Omit = OMIT,
        redirect_uri: str | Omit = OMIT,
        environment: values.Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> values.ProviderStatus:
        """Make a link where the provider verifies, and return how far it has come."""
        return await self._request(values.ProviderStatus, f"POST {self._path}/links", locals())

    async def submit(
        self,
        owner_id: str,
        *,
        provider: values.Provider,
        data: values.KYCData | values.KYBData,
        endorsements: Sequence[str] | Omit = OMIT,
        client_agreement_id: str | Omit = OMIT,
        environment: values.Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> values.ProviderStatus:
        """Hand in data; a later call adds to it or changes it.

        About a user, the first must hold name, date of birth, residential address and a document.
        """
        return await self._request(values.ProviderStatus, f"POST {self._path}/submit", locals())


class KYC(Verification):
    """Reached as `privy.users.kyc`. `owner_id` is a user, who has no `business_name`."""

    _path = "/v1/users/{owner_id}/kyc"
    _statuses = "kyc_statuses"


class KYB(Verification):
    """Reached as `privy.organizations.kyb`. `owner_id` is an organization; `email` is needed."""

    _path = "/v1/organizations/{owner_id}/kyb"
    _statuses = "kyb_statuses"
