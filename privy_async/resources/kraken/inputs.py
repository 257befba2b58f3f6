"""Inputs of Kraken Embed.

Amounts and prices are decimal strings; times are ISO 8601, dates YYYY-MM-DD, countries ISO 3166-1
alpha-2. Documents are given by addresses from which Kraken can fetch them.
"""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

QuoteType: TypeAlias = Literal["receive", "spend"]
PlatformStatus: TypeAlias = Literal[
    "deposit_only", "disabled", "enabled", "funding_temporarily_disabled", "withdrawal_only"
]


class AssetAmountInput(TypedDict):
    """So much of an asset."""

    asset: str
    amount: str
    asset_class: NotRequired[Literal["currency"]]


class AssetInput(TypedDict):
    """An asset by its name."""

    asset: str


class FullName(TypedDict):
    """The name of a person."""

    first_name: str
    middle_name: NotRequired[str]
    last_name: str


class Residence(TypedDict):
    """The address of a person."""

    line1: str
    line2: NotRequired[str]
    city: str
    postal_code: str
    province: NotRequired[str]
    country: str


class TaxId(TypedDict):
    """A tax number."""

    id: str
    issuing_country: str


class ClientIdentifier(TypedDict):
    """The id by which a regulator knows the user; `calculated_at` belongs to "concat"."""

    type: Literal["concat", "passport", "national_id", "tax_id", "lei", "unknown"]
    value: NotRequired[str]
    calculated_at: NotRequired[str]


class KrakenUserInput(TypedDict):
    """A user's details; an `occupation` is such as "student", "self_employed" or "other"."""

    email: str
    external_id: str
    tos_version_accepted: int
    full_name: FullName
    date_of_birth: str
    residence: Residence
    phone: str
    nationalities: Sequence[str]
    occupation: str
    employer_name: NotRequired[str]
    city_of_birth: NotRequired[str]
    country_of_birth: NotRequired[str]
    tax_ids: NotRequired[Sequence[TaxId]]
    client_identifier: NotRequired[ClientIdentifier | str]
    language: NotRequired[str]


class Identity(TypedDict, total=False):
    """The person whom a document names."""

    full_name: FullName
    date_of_birth: str


class WatchlistCheck(TypedDict):
    """The result of a check, by whom and when."""

    verifier: str
    verified_at: str
    status: Literal["Cleared", "Matched"]
    verifier_response: NotRequired[Any]
    external_verification_id: NotRequired[str]
    expiration_date: NotRequired[str]


class VerificationHints(TypedDict, total=False):
    """The expected content of a document: `identity` or `address`, by its type."""

    identity: Identity
    address: Residence
    document_type: str
    document_number: str
    issuing_country: str
    nationality: str
    expiration_date: str


class VerificationMetadata(VerificationHints, total=False):
    """A verification, by whom and when it was made; each type has fields of its own.

    All but "watchlists" need `verifier` and `verified_at`. "identity_document" needs `identity`,
    `document_type`, `document_number` and `issuing_country`; "residence_document" `address` and
    `document_type`; "tax_id_document" `tax_id_type`, `document_type` and `country`; "selfie"
    `selfie_type`; "watchlists" has the last three.
    """

    verifier: str
    verified_at: str
    verifier_response: Any
    external_verification_id: str
    tax_id_type: str
    country: str
    selfie_type: Literal["selfie", "selfie_capture_video"]
    sanctions: WatchlistCheck
    negative_news: WatchlistCheck
    pep: WatchlistCheck


class VerificationInput(TypedDict):
    """A verification of your own, and the document that its type needs."""

    type: Literal[
        "identity_document", "residence_document", "tax_id_document", "selfie", "watchlists"
    ]
    metadata: VerificationMetadata
    front_url: NotRequired[str]
    back_url: NotRequired[str]
    document_url: NotRequired[str]
    tax_id_url: NotRequired[str]
    selfie_url: NotRequired[str]
    verifier_response_url: NotRequired[str]
    sanctions_verifier_response_url: NotRequired[str]
    pep_verifier_response_url: NotRequired[str]
    negative_news_verifier_response_url: NotRequired[str]


class StartDebug(TypedDict, total=False):
    """Lets a verification fail, outside production."""

    outcome: Literal["failed"]


class StartVerificationInput(TypedDict):
    """A verification that Kraken is to make, by the pictures that its type needs.

    An identity needs `front_url`, an address `document_url`, liveness the last three.
    """

    type: Literal["proof_of_identity", "proof_of_address", "proof_of_liveness"]
    metadata: NotRequired[VerificationHints]
    debug: NotRequired[StartDebug]
    front_url: NotRequired[str]
    back_url: NotRequired[str]
    document_url: NotRequired[str]
    left_url: NotRequired[str]
    center_url: NotRequired[str]
    right_url: NotRequired[str]
