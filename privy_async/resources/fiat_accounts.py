"""Bank accounts of users and organizations, which payouts go to.

https://docs.privy.io/financial-flows/transfers/fiat-payouts/register-bank-account
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.call import OMIT, CallOptions, Omit
from privy_async.page import Pager
from privy_async.resources.kyc_values import Environment, Provider
from privy_async.resources.resource import Resource
from privy_async.values import Value


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

    _path: ClassVar[str]

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
        return await self._request(
            ExternalFiatAccount, f"POST {self._path}", locals(), within="external_fiat_account"
        )

    async def get(
        self, account_id: str, *, owner_id: str, **options: Unpack[CallOptions]
    ) -> ExternalFiatAccount:
        """Return a bank account by its id."""
        return await self._request(
            ExternalFiatAccount,
            f"GET {self._path}/{{account_id}}",
            locals(),
            within="external_fiat_account",
        )

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
            ExternalFiatAccount, f"GET {self._path}", locals(), within="external_fiat_accounts"
        )

    async def delete(
        self, account_id: str, *, owner_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Remove a bank account."""
        await self._do(f"DELETE {self._path}/{{account_id}}", locals())


class UserFiatAccounts(ExternalFiatAccounts):
    """Reached as `privy.users.external_fiat_accounts`; `owner_id` is a user's id."""

    _path = "/v1/users/{owner_id}/external_fiat_accounts"


class OrganizationFiatAccounts(ExternalFiatAccounts):
    """Reached as `privy.organizations.external_fiat_accounts`; `owner_id` is an organization's."""

    _path = "/v1/organizations/{owner_id}/external_fiat_accounts"
