"""Users as values: the accounts linked to them, and the shapes that go in."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypeAlias, TypedDict

from privy_async.encodings.chains import AnyAddress
from privy_async.resources.wallets.values import AnyWalletInput
from privy_async.values import Value, variant

_OAUTH_PROVIDERS = """
    apple discord github google instagram line linkedin spotify tiktok twitch twitter
"""
CustomMetadata: TypeAlias = Mapping[str, str | int | float | bool]


class LinkedAccount(Value):
    """A way a user can be known: an email, a wallet, an account elsewhere. Times are Unix seconds.

    `type` says which. The known types have classes of their own, below; an account of your own
    OAuth provider (`custom:...`), or of a type that is new, comes as this class itself.
    """

    # Pyright dislikes that some classes below require what is optional here. It is sound, as
    # values are made by keyword.

    type: str = ""
    address: str | None = None
    custom_user_id: str | None = None
    email: str | None = None
    name: str | None = None
    number: str | None = None
    profile_picture_url: str | None = None
    subject: str | None = None
    username: str | None = None
    verified_at: int | None = None
    first_verified_at: int | None = None
    latest_verified_at: int | None = None


@variant(LinkedAccount, "type", "wallet")
class WalletAccount(LinkedAccount):
    """A wallet: embedded where `connector_type` is "embedded", else one the user brought.

    Only embedded wallets have the fields from `id` on. An `id` is the wallet's at `privy.wallets`.
    """

    address: str  # pyright: ignore[reportGeneralTypeIssues]
    chain_type: str | None = None
    wallet_client: str | None = None
    wallet_client_type: str | None = None
    connector_type: str | None = None
    chain_id: str | None = None
    id: str | None = None
    public_key: str | None = None
    wallet_index: int | None = None
    imported: bool | None = None
    delegated: bool | None = None
    recovery_method: str | None = None
    user_can_sign: bool | None = None


@variant(LinkedAccount, "type", "smart_wallet")
class SmartWalletAccount(LinkedAccount):
    """A smart contract wallet."""

    address: str  # pyright: ignore[reportGeneralTypeIssues]
    smart_wallet_type: str | None = None
    smart_wallet_version: str | None = None


@variant(LinkedAccount, "type", "email")
class EmailAccount(LinkedAccount):
    """An email address."""

    address: str  # pyright: ignore[reportGeneralTypeIssues]


@variant(LinkedAccount, "type", "phone")
class PhoneAccount(LinkedAccount):
    """A phone number, which comes under two names; only `phoneNumber` is always there."""

    phoneNumber: str  # noqa: N815


@variant(LinkedAccount, "type", *[f"{name}_oauth" for name in _OAUTH_PROVIDERS.split()])
class OAuthAccount(LinkedAccount):
    """An account at an OAuth provider, whose id for the user is `subject`."""

    subject: str  # pyright: ignore[reportGeneralTypeIssues]
    vanity_name: str | None = None


@variant(LinkedAccount, "type", "custom_auth")
class CustomAuthAccount(LinkedAccount):
    """The user's id in the tokens of your own issuer."""

    custom_user_id: str  # pyright: ignore[reportGeneralTypeIssues]


@variant(LinkedAccount, "type", "farcaster")
class FarcasterAccount(LinkedAccount):
    """A Farcaster account."""

    fid: int
    owner_address: str | None = None
    display_name: str | None = None
    bio: str | None = None
    profile_picture: str | None = None
    homepage_url: str | None = None
    signer_public_key: str | None = None


@variant(LinkedAccount, "type", "telegram")
class TelegramAccount(LinkedAccount):
    """A Telegram account."""

    telegram_user_id: str
    first_name: str | None = None
    last_name: str | None = None
    photo_url: str | None = None


@variant(LinkedAccount, "type", "passkey")
class PasskeyAccount(LinkedAccount):
    """A passkey."""

    credential_id: str
    enrolled_in_mfa: bool | None = None
    public_key: str | None = None
    authenticator_name: str | None = None
    created_with_browser: str | None = None
    created_with_os: str | None = None
    created_with_device: str | None = None


class CrossAppWallet(Value):
    """A wallet that another app made for the user."""

    address: str


@variant(LinkedAccount, "type", "cross_app")
class CrossAppAccount(LinkedAccount):
    """The user's account at another app, and the wallets it brings."""

    subject: str  # pyright: ignore[reportGeneralTypeIssues]
    provider_app_id: str | None = None
    embedded_wallets: tuple[CrossAppWallet, ...] | None = None
    smart_wallets: tuple[CrossAppWallet, ...] | None = None


@variant(LinkedAccount, "type", "authorization_key")
class AuthorizationKeyAccount(LinkedAccount):
    """An authorization key of the user."""

    public_key: str


class MfaMethod(Value):
    """A second factor: `type` is sms, totp, passkey or email. `verified_at` is in Unix seconds."""

    type: str = ""
    verified_at: int | None = None


class User(Value):
    """A user of the app. `created_at` and `frozen_at` are in Unix seconds.

    `frozen_at` is None unless the user is frozen: blocked from logging in (`users.freeze`).
    """

    id: str
    created_at: int | None = None
    linked_accounts: tuple[LinkedAccount, ...]
    mfa_methods: tuple[MfaMethod, ...] = ()
    has_accepted_terms: bool = False
    is_guest: bool = False
    custom_metadata: CustomMetadata | None = None
    frozen_at: int | None = None


class UserBatchResult(Value):
    """The result for one user of a batch: the user's `id`, or why there is none.

    `index` is its place in the batch. `cause` is the id of the user who has an account already
    that this one was to have; `code` is a number.
    """

    index: int
    success: bool
    action: str | None = None
    id: str | None = None
    error: str | None = None
    code: int | None = None
    cause: str | None = None


class WalletAccountInput(TypedDict):
    type: Literal["wallet"]
    address: AnyAddress
    chain_type: Literal["ethereum", "solana"]


class EmailAccountInput(TypedDict):
    type: Literal["email"]
    address: str


class PhoneAccountInput(TypedDict):
    type: Literal["phone"]
    number: str


class CustomAuthAccountInput(TypedDict):
    """The user's id in the tokens of your own issuer, at most 256 characters."""

    type: Literal["custom_auth"]
    custom_user_id: str


class OAuthAccountInput(TypedDict):
    """An account at a provider that needs no username. Google needs `email` and `name`."""

    type: Literal[
        "apple_oauth",
        "google_oauth",
        "line_oauth",
        "linkedin_oauth",
        "spotify_oauth",
        "twitch_oauth",
    ]
    subject: str
    email: NotRequired[str]
    name: NotRequired[str]
    username: NotRequired[str]
    profile_picture_url: NotRequired[str]
    vanityName: NotRequired[str]


class NamedOAuthAccountInput(TypedDict):
    """An account at a provider that needs a username. Twitter and TikTok need `name` too."""

    type: Literal[
        "discord_oauth", "github_oauth", "instagram_oauth", "tiktok_oauth", "twitter_oauth"
    ]
    subject: str
    username: str
    name: NotRequired[str | None]
    email: NotRequired[str]
    profile_picture_url: NotRequired[str]


class FarcasterAccountInput(TypedDict):
    type: Literal["farcaster"]
    fid: int
    owner_address: AnyAddress
    username: NotRequired[str]
    display_name: NotRequired[str]
    bio: NotRequired[str]
    profile_picture_url: NotRequired[str]
    homepage_url: NotRequired[str]


class TelegramAccountInput(TypedDict):
    type: Literal["telegram"]
    telegram_user_id: str
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    username: NotRequired[str]
    photo_url: NotRequired[str]


class PasskeyAccountInput(TypedDict):
    type: Literal["passkey"]
    credential_id: str
    credential_username: str
    credential_public_key: str
    credential_device_type: Literal["multiDevice", "singleDevice"]


LinkedAccountInput: TypeAlias = (
    WalletAccountInput
    | EmailAccountInput
    | PhoneAccountInput
    | CustomAuthAccountInput
    | OAuthAccountInput
    | NamedOAuthAccountInput
    | FarcasterAccountInput
    | TelegramAccountInput
    | PasskeyAccountInput
)


class UserWalletInput(AnyWalletInput):
    """A wallet to make for a user, with at most one policy; a smart wallet only on Ethereum."""

    create_smart_wallet: NotRequired[bool]


class UserInput(TypedDict):
    """A user to create; each field as in `users.create`."""

    linked_accounts: Sequence[LinkedAccountInput]
    wallets: NotRequired[Sequence[UserWalletInput]]
    custom_metadata: NotRequired[CustomMetadata]
