"""Bank accounts of users and organizations, which payouts go to.

https://docs.privy.io/financial-flows/transfers/fiat-payouts/register-bank-account
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, NotRequired, TypeAlias, TypedDict, Unpack

import attrs

from privy_async.call import OMIT, CallOptions, Omit, given
from privy_async.page import Pager
from privy_async.resources.kyc_values import Environment, Provider
from privy_async.resources.resource import Resource
from privy_async.values import Value


@attrs.frozen(kw_only=True)
class ExternalFiatAccount(Value):
    """A bank account of a user or an organization. `created_at` is ISO 8601."""

    id: str
    provider: str
    environment: str
    account_type: str
    account_owner_name: str
    currency: str
    created_at: str
    user_id: str | None = None
    organization_id: str | None = None
    bank_name: str | None = None
    last_4: str | None = None


@attrs.frozen(kw_only=True)
class _Wrapped(Value):
    external_fiat_account: ExternalFiatAccount


SwiftCategory: TypeAlias = Literal["client", "parent_company", "subsidiary", "supplier"]
SwiftPurpose: TypeAlias = Literal["intra_group_transfer", "invoice_for_goods_and_services"]


class UsAccountInput(TypedDict):
    type: Literal["us"]
    account_number: str
    routing_number: str
    checking_or_savings: NotRequired[str]


class GbAccountInput(TypedDict):
    type: Literal["gb"]
    account_number: str
    sort_code: str


class IbanAccountInput(TypedDict):
    """An account with an IBAN; `country` is ISO 3166-1 alpha-3."""

    type: Literal["iban"]
    account_number: str
    bic: str
    country: str


class PixAccountInput(TypedDict):
    """An account in Brazil: a Pix key or a BR code; `document_number` is a CPF or CNPJ."""

    type: Literal["pix"]
    pix_key: NotRequired[str]
    br_code: NotRequired[str]
    document_number: NotRequired[str]


class SwiftAccountInput(TypedDict):
    """An account reached over SWIFT; `country` is ISO 3166-1 alpha-3."""

    type: Literal["swift"]
    account_number: str
    bic: str
    country: NotRequired[str]
    category: SwiftCategory
    purpose_of_funds: Sequence[SwiftPurpose]
    short_business_description: str


FiatAccountInput: TypeAlias = (
    UsAccountInput | GbAccountInput | IbanAccountInput | PixAccountInput | SwiftAccountInput
)


class AccountAddressInput(TypedDict):
    """The address of an account's owner; `country` is ISO 3166-1 alpha-3."""

    street_line_1: str
    street_line_2: NotRequired[str]
    city: str
    state: NotRequired[str]
    postal_code: NotRequired[str]
    country: str


class ExternalFiatAccounts(Resource):
    """The bank accounts of users, or those of organizations: `owner_id` is whose they are."""

    _accounts: ClassVar[str]
    _account: ClassVar[str]

    async def create(
        self,
        owner_id: str,
        *,
        provider: Provider,
        account: FiatAccountInput,
        account_owner_name: str,
        currency: str,
        bank_name: str | Omit = OMIT,
        address: AccountAddressInput | Omit = OMIT,
        environment: Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> ExternalFiatAccount:
        """Register a bank account; its details can not be changed later.

        An account in the US or over SWIFT needs `address`. `environment` is production if left out.
        """
        body = given(
            provider=provider,
            account=account,
            account_owner_name=account_owner_name,
            currency=currency,
            bank_name=bank_name,
            address=address,
            environment=environment,
        )
        answer = await self._request(
            _Wrapped, "POST", self._accounts, owner_id=owner_id, body=body, options=options
        )
        return answer.external_fiat_account

    async def get(
        self, account_id: str, *, owner_id: str, **options: Unpack[CallOptions]
    ) -> ExternalFiatAccount:
        """Return a bank account by its id."""
        answer = await self._request(
            _Wrapped,
            "GET",
            self._account,
            owner_id=owner_id,
            account_id=account_id,
            options=options,
        )
        return answer.external_fiat_account

    def list(
        self,
        owner_id: str,
        *,
        provider: Provider,
        environment: Environment | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[ExternalFiatAccount]:
        """List the bank accounts at a provider."""
        return self._list(
            ExternalFiatAccount,
            self._accounts,
            items="external_fiat_accounts",
            owner_id=owner_id,
            query={"provider": provider, "environment": environment},
            cursor=cursor,
            options=options,
        )

    async def delete(
        self, account_id: str, *, owner_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Remove a bank account."""
        await self._delete(self._account, owner_id=owner_id, account_id=account_id, options=options)


class UserFiatAccounts(ExternalFiatAccounts):
    """Reached as `privy.users.external_fiat_accounts`; `owner_id` is a user's id."""

    _accounts = "/v1/users/{owner_id}/external_fiat_accounts"
    _account = "/v1/users/{owner_id}/external_fiat_accounts/{account_id}"


class OrganizationFiatAccounts(ExternalFiatAccounts):
    """Reached as `privy.organizations.external_fiat_accounts`; `owner_id` is an organization's."""

    _accounts = "/v1/organizations/{owner_id}/external_fiat_accounts"
    _account = "/v1/organizations/{owner_id}/external_fiat_accounts/{account_id}"
