"""The first generation of Privy's fiat calls, which its newer SDKs have left out.

https://docs.privy.io/api-reference/fiat/accounts/create
"""

from collections.abc import Sequence
from typing import Final, Literal, NotRequired, Required, TypeAlias, TypedDict, Unpack

from privy_async.encodings.chains import AnyAddress
from privy_async.page import Pager
from privy_async.resources.money import fiat_accounts
from privy_async.resources.money.fiat_accounts import AccountAddressInput, FiatAccount, IbanInput
from privy_async.resources.money.kyc_values import PersonData, SupportingDocument
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.values import Value

_FIAT: Final = "/v1/users/{user_id}/fiat"

FiatProvider: TypeAlias = Literal["bridge", "bridge-sandbox"]
FiatCurrency: TypeAlias = Literal["eur", "usd"]
PaymentRail: TypeAlias = Literal["ach_push", "sepa", "wire", "fednow", "faster_payments"]
RampChain: TypeAlias = Literal["arbitrum", "base", "ethereum", "optimism", "polygon"]


class FiatTerms(Value):
    """The state of the provider's terms; `url` is the page to accept them on until they are."""

    status: str
    url: str | None = None


class FiatKyc(Value):
    """The progress of a user at the provider."""

    user_id: str
    status: str
    provider_user_id: str | None = None


class KycRejection(Value):
    """Why the provider refused: `reason` is for the user. `created_at` is ISO 8601."""

    reason: str
    developer_reason: str
    created_at: str


class KycLink(Value):
    """The page on which a user is verified, and its state. `created_at` is ISO 8601."""

    id: str
    customer_id: str | None = None
    full_name: str | None = None
    email: str | None = None
    kyc_link: str
    kyc_status: str | None = None
    rejection_reasons: tuple[KycRejection, ...] | None = None
    tos_link: str | None = None
    tos_status: str | None = None
    created_at: str | None = None
    persona_inquiry_type: str | None = None


class DepositInstructions(fiat_accounts.BankInstructions):
    """The details to send money to: a bank (an onramp) or an address on a chain (an offramp)."""

    amount: str
    currency: str
    payment_rail: str | None = None
    chain: str | None = None
    from_address: str | None = None
    to_address: str | None = None


class RampTransfer(Value):
    """An onramp or an offramp that was begun."""

    id: str
    status: str | None = None
    deposit_instructions: DepositInstructions | None = None


class RampDestination(Value):
    """An address on a chain (an onramp) or a bank account (an offramp)."""

    currency: str
    chain: str | None = None
    address: str | None = None
    privy_user_id: str | None = None
    payment_rail: str | None = None
    external_account_id: str | None = None


class RampReceipt(Value):
    """The amount that arrived in the end."""

    final_amount: str
    transaction_hash: str | None = None


class FiatTransaction(RampTransfer):
    """An onramp or an offramp: `type` says which. `created_at` is ISO 8601."""

    type: str | None = None
    created_at: str | None = None
    destination: RampDestination | None = None
    is_sandbox: bool | None = None
    receipt: RampReceipt | None = None


class FiatTransactions(Value):
    """A transaction of a user's through the provider."""

    transactions: tuple[FiatTransaction, ...]


class Screening(TypedDict):
    """A check that the user passed; `screened_at` is YYYY-MM-DD."""

    screened_at: str
    result: Literal["passed"]


class FiatKycData(PersonData, total=False):
    """About a user; name, email, address and a document are needed too."""

    type: Required[Literal["individual"]]
    birth_date: Required[str]
    nationality: str
    documents: Sequence[SupportingDocument]
    ofac_screen: Screening
    kyc_screen: Screening
    verified_selfie_at: str
    completed_customer_safety_check_at: str
    signed_agreement_id: str
    has_signed_terms_of_service: bool
    has_accepted_terms_of_service: bool
    endorsements: Sequence[str]
    account_purpose: str
    account_purpose_other: str
    source_of_funds: str
    employment_status: str
    most_recent_occupation: str
    expected_monthly_payments_usd: str
    acting_as_intermediary: str


class UsInput(TypedDict):
    account_number: str
    routing_number: str
    checking_or_savings: NotRequired[Literal["checking", "savings"]]


class SwiftInput(fiat_accounts.SwiftReason):
    """An account reached over SWIFT, and what the money is for."""

    account: IbanInput
    address: AccountAddressInput


class OnrampSource(TypedDict):
    payment_rail: PaymentRail
    currency: FiatCurrency


class OnrampDestination(TypedDict):
    chain: RampChain
    currency: Literal["usdc"]
    to_address: AnyAddress


class OfframpSource(TypedDict):
    chain: RampChain
    currency: Literal["usdc"]
    from_address: AnyAddress


class OfframpDestination(OnrampSource):
    external_account_id: str


class UserFiat(Resource):
    """Reached as `privy.users.fiat`. Amounts are decimals, such as "100.00".

    An onramp's answer says where the user is to pay, an offramp's where the crypto is to go.
    """

    async def create_tos(
        self, user_id: str, *, provider: FiatProvider, **options: Unpack[CallOptions]
    ) -> FiatTerms:
        """Make a link where the user accepts the terms. Superseded by `users.kyc.initiate_tos`."""
        return await self._request(FiatTerms, f"POST {_FIAT}/tos", locals())

    async def initiate_kyc(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        data: FiatKycData,
        **options: Unpack[CallOptions],
    ) -> FiatKyc:
        """Hand in data about the user. Superseded by `users.kyc.submit`."""
        return await self._request(FiatKyc, f"POST {_FIAT}/kyc", locals())

    async def get_kyc_status(
        self, user_id: str, *, provider: FiatProvider, **options: Unpack[CallOptions]
    ) -> FiatKyc:
        """Return how far the user has come. Superseded by `users.kyc.list`."""
        return await self._request(FiatKyc, f"GET {_FIAT}/kyc", locals())

    async def update_kyc(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        data: FiatKycData,
        **options: Unpack[CallOptions],
    ) -> FiatKyc:
        """Change the data about the user. Superseded by `users.kyc.submit`."""
        return await self._request(FiatKyc, f"PATCH {_FIAT}/kyc", locals())

    async def get_kyc_link(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        email: str,
        full_name: str | Omit = OMIT,
        type: Literal["business", "individual"] | Omit = OMIT,
        endorsements: Sequence[Literal["sepa"]] | Omit = OMIT,
        redirect_uri: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> KycLink:
        """Make a link where the user is verified. Superseded by `users.kyc.initiate_links`."""
        return await self._request(KycLink, f"POST {_FIAT}/kyc_link", locals())

    def list_accounts(
        self, user_id: str, *, provider: FiatProvider, **options: Unpack[CallOptions]
    ) -> Pager[FiatAccount]:
        """List a user's bank accounts. Superseded by `users.external_fiat_accounts.list`."""
        return self._list(FiatAccount, f"GET {_FIAT}/accounts", locals(), within="accounts")

    async def create_account(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        account_owner_name: str,
        currency: FiatCurrency,
        account: UsInput | Omit = OMIT,
        iban: IbanInput | Omit = OMIT,
        swift: SwiftInput | Omit = OMIT,
        address: AccountAddressInput | Omit = OMIT,
        bank_name: str | Omit = OMIT,
        first_name: str | Omit = OMIT,
        last_name: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> FiatAccount:
        """Register a bank account, after KYC. See `users.external_fiat_accounts.create`."""
        return await self._request(FiatAccount, f"POST {_FIAT}/accounts", locals())

    async def initiate_onramp(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        amount: str,
        source: OnrampSource,
        destination: OnrampDestination,
        **options: Unpack[CallOptions],
    ) -> RampTransfer:
        """Begin to buy crypto for `amount`. Superseded by `wallets.deposit_accounts.fiat`."""
        return await self._request(RampTransfer, f"POST {_FIAT}/onramp", locals())

    async def initiate_offramp(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        amount: str,
        source: OfframpSource,
        destination: OfframpDestination,
        **options: Unpack[CallOptions],
    ) -> RampTransfer:
        """Begin to sell `amount` of crypto. Superseded by `wallets.payout.fiat`."""
        return await self._request(RampTransfer, f"POST {_FIAT}/offramp", locals())

    async def get_status(
        self,
        user_id: str,
        *,
        provider: FiatProvider,
        tx_hash: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> FiatTransactions:
        """Return the user's transfers. Superseded by `wallets.actions`."""
        return await self._request(FiatTransactions, f"POST {_FIAT}/status", locals())
