"""Bank accounts of users and organizations, which payouts go to.

https://docs.privy.io/financial-flows/transfers/fiat-payouts/register-bank-account
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.page import Pager
from privy_async.resources.money.kyc_values import Environment, Provider, StreetAddress
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.values import Value


class FiatAccount(Value):
    """A bank account."""

    id: str
    currency: str | None = None
    account_type: str | None = None
    bank_name: str | None = None
    last_4: str | None = None


class ExternalFiatAccount(FiatAccount):
    """A bank account of a user or an organization. `created_at` is ISO 8601."""

    provider: str | None = None
    environment: str | None = None
    account_owner_name: str | None = None
    created_at: str | None = None
    user_id: str | None = None
    organization_id: str | None = None


class BankInstructions(Value):
    """A bank's details to send money to; the currency decides which fields there are."""

    account_holder_name: str | None = None
    bank_account_number: str | None = None
    bank_address: str | None = None
    bank_beneficiary_address: str | None = None
    bank_beneficiary_name: str | None = None
    bank_name: str | None = None
    bank_routing_number: str | None = None
    bic: str | None = None
    deposit_message: str | None = None
    iban: str | None = None


class UsAccountInput(TypedDict):
    type: Literal["us"]
    account_number: str
    routing_number: str
    checking_or_savings: NotRequired[str]


class GbAccountInput(TypedDict):
    type: Literal["gb"]
    account_number: str
    sort_code: str


class IbanInput(TypedDict):
    """An account with an IBAN; `country` is ISO 3166-1 alpha-3."""

    account_number: str
    bic: str
    country: str


class IbanAccountInput(IbanInput):
    type: Literal["iban"]


class PixAccountInput(TypedDict):
    """An account in Brazil: a Pix key or a BR code; `document_number` is a CPF or CNPJ."""

    type: Literal["pix"]
    pix_key: NotRequired[str]
    br_code: NotRequired[str]
    document_number: NotRequired[str]


class SwiftReason(TypedDict):
    """The receiver of a payment over SWIFT, and its purpose."""

    category: Literal["client", "parent_company", "subsidiary", "supplier"]
    purpose_of_funds: Sequence[Literal["intra_group_transfer", "invoice_for_goods_and_services"]]
    short_business_description: str


class SwiftAccountInput(SwiftReason):
    """An account reached over SWIFT; `country` is ISO 3166-1 alpha-3."""

    type: Literal["swift"]
    account_number: str
    bic: str
    country: NotRequired[str]


FiatAccountInput: TypeAlias = (
    UsAccountInput | GbAccountInput | IbanAccountInput | PixAccountInput | SwiftAccountInput
)


class IndividualOwnerInput(TypedDict):
    type: Literal["individual"]
    first_name: str
    last_name: str


class BusinessOwnerInput(TypedDict):
    type: Literal["business"]
    business_name: str


class AccountAddressInput(StreetAddress):
    """The address of an account's owner."""

    state: NotRequired[str]


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
        account_owner: IndividualOwnerInput | BusinessOwnerInput | Omit = OMIT,
        bank_name: str | Omit = OMIT,
        address: AccountAddressInput | Omit = OMIT,
        environment: Environment | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> ExternalFiatAccount:
        """Register a bank account; its details can not be changed later.

        An account in the US or over SWIFT needs `address`; one with an IBAN, in Great Britain or
        over SWIFT needs `account_owner`. `environment` is production if left out.
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
