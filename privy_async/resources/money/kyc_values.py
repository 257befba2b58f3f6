"""Verification of users (KYC) and organizations (KYB) for fiat: what comes back, what goes in.

Statuses, endorsements and kinds of documents are the provider's own words, passed through:
https://apidocs.bridge.xyz/platform/customers/customers/api
"""

from collections.abc import Sequence
from typing import Literal, NotRequired, Required, TypeAlias, TypedDict

from privy_async.values import Value

Provider: TypeAlias = Literal["bridge"]
Environment: TypeAlias = Literal["production", "sandbox"]


class Capabilities(Value):
    """Statuses that say if money may go in and out."""

    payin_crypto: str
    payin_fiat: str
    payout_crypto: str
    payout_fiat: str


class Endorsement(Value):
    """A service the provider grants, and the requirements it still misses."""

    name: str
    status: str
    missing: tuple[str, ...] | None = None


class TermsStatus(Value):
    """The state of the provider's terms, and the page on which to accept them."""

    status: str
    link: str | None = None


class VerificationStatus(Value):
    """The state of the verification, and the page on which to go on with it."""

    status: str
    link: str | None = None
    rejection_reasons: tuple[str, ...] | None = None


class VerificationData(Value):
    """The progress of a user (`kyc`) or an organization (`kyb`) at a provider."""

    status: str
    capabilities: Capabilities
    endorsements: tuple[Endorsement, ...]
    tos: TermsStatus
    kyc: VerificationStatus | None = None
    kyb: VerificationStatus | None = None


class ProviderStatus(VerificationData):
    """The progress at a provider, with its name and what it asks for yet."""

    provider: str
    environment: str
    requirements_due: tuple[str, ...]
    future_requirements_due: tuple[str, ...]


class TermsLink(Value):
    """The page on which the provider's terms are accepted."""

    provider: str
    environment: str
    status: str
    link: str


class StreetAddress(TypedDict):
    """An address; `country` is ISO 3166-1 alpha-3."""

    street_line_1: str
    street_line_2: NotRequired[str]
    city: str
    postal_code: NotRequired[str]
    country: str


class VerificationAddress(StreetAddress):
    """`subdivision` is ISO 3166-2 (needed in the US)."""

    subdivision: NotRequired[str]


class VerificationDocument(TypedDict):
    """An identifying document; images are base64, `issuing_country` ISO 3166-1 alpha-3."""

    type: str
    issuing_country: str
    number: NotRequired[str]
    description: NotRequired[str]
    expiration: NotRequired[str]
    image_front: NotRequired[str]
    image_back: NotRequired[str]


class SupportingDocument(TypedDict):
    """`file` is a data URI in base64; the purpose "other" needs a description."""

    file: str
    purposes: Sequence[str]
    description: NotRequired[str]


class PersonData(TypedDict, total=False):
    """About a person. Dates are YYYY-MM-DD, nationalities ISO 3166-1 alpha-3, phones E.164.

    Names and addresses beyond Latin-1 need their transliteration too.
    """

    first_name: str
    middle_name: str
    last_name: str
    transliterated_first_name: str
    transliterated_middle_name: str
    transliterated_last_name: str
    email: str
    phone: str
    residential_address: VerificationAddress
    transliterated_residential_address: VerificationAddress
    identifying_information: Sequence[VerificationDocument]


class KYCData(PersonData, total=False):
    """About a user."""

    date_of_birth: str
    nationalities: Sequence[str]
    nonresident_alien_attestation: bool


class PlaceOfBirth(TypedDict):
    country: str
    city: NotRequired[str]


class AssociatedPerson(PersonData, total=False):
    """An owner, control person or signer of a business; who has control needs a `title`."""

    date_of_birth: Required[str]
    place_of_birth: PlaceOfBirth
    nationalities: Sequence[str]
    documents: Sequence[SupportingDocument]
    title: str
    has_control: Required[bool]
    has_ownership: Required[bool]
    is_signer: Required[bool]
    is_director: bool
    ownership_percentage: float
    relationship_established_at: str


class StockListing(TypedDict):
    market_identifier_code: str
    stock_number: str
    ticker: str


class RegulatedActivity(TypedDict):
    license_number: str
    primary_regulatory_authority_country: str
    primary_regulatory_authority_name: str
    regulated_activities_description: str


class KYBData(TypedDict, total=False):
    """About a business. Dates are YYYY-MM-DD, phones E.164, industries NAICS codes of 2022.

    Names and addresses beyond Latin-1 need their transliteration too.
    """

    business_legal_name: str
    business_trade_name: str
    transliterated_business_legal_name: str
    transliterated_business_trade_name: str
    business_type: str
    business_description: str
    business_industry: Sequence[str]
    incorporation_date: str
    email: str
    phone: str
    primary_website: str
    other_websites: Sequence[str]
    registered_address: VerificationAddress
    physical_address: VerificationAddress
    transliterated_registered_address: VerificationAddress
    transliterated_physical_address: VerificationAddress
    identifying_information: Sequence[VerificationDocument]
    documents: Sequence[SupportingDocument]
    associated_persons: Sequence[AssociatedPerson]
    ownership_threshold: float
    has_material_intermediary_ownership: bool
    publicly_traded_listings: Sequence[StockListing]
    regulated_activity: RegulatedActivity
    account_purpose: str
    account_purpose_other: str
    source_of_funds: str
    source_of_funds_description: str
    estimated_annual_revenue_usd: str
    expected_monthly_payments_usd: float
    acting_as_intermediary: bool
    conducts_money_services: bool
    conducts_money_services_description: str
    conducts_money_services_using_bridge: bool
    compliance_screening_explanation: str
    high_risk_activities: Sequence[str]
    high_risk_activities_explanation: str
    operates_in_prohibited_countries: bool
    has_foreign_tax_registration: bool
    is_dao: bool
