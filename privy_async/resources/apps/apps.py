"""The app itself: its settings, who may log in, test accounts and gas.

https://docs.privy.io/api-reference/apps/list-allowlist
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, Unpack

import attrs

from privy_async.page import Pager
from privy_async.resources.resource import Resource, cached_property
from privy_async.resources.shared import CurrencyAmount, Success
from privy_async.sending.call import CallOptions
from privy_async.signing.secret import hides_arguments
from privy_async.values import Value

InviteType: TypeAlias = Literal["email", "emailDomain", "phone", "wallet"]
DenialType: TypeAlias = Literal[
    "email", "emailDomain", "phoneNumber", "ethereumAddress", "solanaAddress"
]


class AllowlistTexts(Value):
    """The page for people who are not on the allowlist."""

    error_title: str | None = None
    error_detail: str | None = None
    cta_text: str | None = None
    cta_link: str | None = None


class CustomOAuthProvider(Value):
    """An OAuth provider of the app's own; `provider` begins with "custom:"."""

    provider: str
    provider_display_name: str
    provider_icon_url: str
    enabled: bool


class ChainWalletSettings(Value):
    """For whom wallets of one chain are made at login: all-users, users-without-wallets, off."""

    create_on_login: str


class EmbeddedWalletSettings(Value):
    """Settings by which embedded wallets are made and recovered."""

    mode: str
    create_on_login: str
    ethereum: ChainWalletSettings
    solana: ChainWalletSettings
    user_owned_recovery_options: tuple[str, ...]
    require_user_owned_recovery_on_create: bool | None = None
    require_user_password_on_create: bool | None = None


class PaymasterContext(Value):
    """Settings of Alchemy's paymaster."""

    policy_id: str


class SmartWalletNetwork(Value):
    """A network of smart wallets; `chain_id` is CAIP-2 (`eip155:1`)."""

    chain_id: str
    bundler_url: str
    chain_name: str | None = None
    rpc_url: str | None = None
    paymaster_url: str | None = None
    paymaster_context: PaymasterContext | None = None


class SmartWalletSettings(Value):
    """Smart wallets; only if they are enabled is there more to say."""

    enabled: bool
    smart_wallet_type: str | None = None
    smart_wallet_version: str | None = None
    configured_networks: tuple[SmartWalletNetwork, ...] | None = None


class FundingCurrency(Value):
    """A currency: its chain as CAIP-2, and "native-currency" or "USDC"."""

    chain: str
    asset: str | None = None


class FundingOption(Value):
    """A way to pay, and who offers it."""

    method: str
    provider: str


class FundingSettings(Value):
    """Settings by which users fund their wallets; the amount is a decimal."""

    default_recommended_currency: FundingCurrency
    default_recommended_amount: str
    methods: tuple[str, ...]
    options: tuple[FundingOption, ...]
    prompt_funding_on_wallet_creation: bool
    cross_chain_bridging_enabled: bool


class TelegramSettings(Value):
    """Settings of the log-in with Telegram."""

    bot_id: str
    bot_name: str
    link_enabled: bool
    seamless_auth_enabled: bool


class App(Value):
    """An app's settings. `verification_key` is the PEM key that its access tokens verify with."""

    id: str
    name: str | None = None
    verification_key: str
    data_classification: str | None = None
    theme: str | None = None
    accent_color: str | None = None
    logo_url: str | None = None
    icon_url: str | None = None
    legal_name: str | None = None
    terms_and_conditions_url: str | None = None
    privacy_policy_url: str | None = None
    require_users_accept_terms: bool | None = None
    custom_api_url: str | None = None
    allowed_domains: tuple[str, ...] | None = None
    allowed_native_app_ids: tuple[str, ...] | None = None
    allowed_native_app_url_schemes: tuple[str, ...] | None = None
    allowlist_enabled: bool | None = None
    allowlist_config: AllowlistTexts | None = None
    mfa_methods: tuple[str, ...] | None = None
    email_auth: bool | None = None
    sms_auth: bool | None = None
    whatsapp_enabled: bool | None = None
    wallet_auth: bool | None = None
    solana_wallet_auth: bool | None = None
    farcaster_auth: bool | None = None
    telegram_auth: bool | None = None
    guest_auth: bool | None = None
    custom_jwt_auth: bool | None = None
    passkey_auth: bool | None = None
    passkeys_for_signup_enabled: bool | None = None
    external_wallets_for_signup_enabled: bool | None = None
    apple_oauth: bool | None = None
    discord_oauth: bool | None = None
    github_oauth: bool | None = None
    google_oauth: bool | None = None
    instagram_oauth: bool | None = None
    line_oauth: bool | None = None
    linkedin_oauth: bool | None = None
    spotify_oauth: bool | None = None
    telegram_oauth: bool | None = None
    tiktok_oauth: bool | None = None
    twitch_oauth: bool | None = None
    twitter_oauth: bool | None = None
    twitter_oauth_on_mobile_enabled: bool | None = None
    custom_oauth_providers: tuple[CustomOAuthProvider, ...] | None = None
    telegram_auth_config: TelegramSettings | None = None
    telegram_seamless_auth_enabled: bool | None = None
    disable_plus_emails: bool | None = None
    merge_accounts_by_email: bool | None = None
    captcha_enabled: bool | None = None
    enabled_captcha_provider: str | None = None
    captcha_site_key: str | None = None
    embedded_wallet_config: EmbeddedWalletSettings | None = None
    smart_wallet_config: SmartWalletSettings | None = None
    enforce_wallet_uis: bool | None = None
    legacy_wallet_ui_config: bool | None = None
    show_wallet_login_first: bool | None = None
    farcaster_link_wallets_enabled: bool | None = None
    max_linked_wallets_per_user: int | None = None
    wallet_connect_cloud_project_id: str | None = None
    fiat_on_ramp_enabled: bool | None = None
    funding_config: FundingSettings | None = None


class AllowlistEntry(Value):
    """Somebody who may log in: `type` is email, emailDomain, phone or wallet."""

    id: str
    type: str | None = None
    value: str | None = None
    appId: str | None = None  # noqa: N815
    acceptedAt: int | None = None  # noqa: N815


class DenylistEntry(Value):
    """Somebody who may not log in; `rule_type` is as `type` was given."""

    id: str
    value: str
    rule_type: str | None = None


class AppTestAccount(Value):
    """An account to test logging in with; its one-time code never changes. Times are ISO 8601."""

    id: str
    email: str
    phone_number: str
    otp_code: str = attrs.field(repr=False)
    created_at: str
    updated_at: str
    name: str | None = None


class AppTestCredentials(Value):
    """The test accounts of an app."""

    data: tuple[AppTestAccount, ...]


class Apps(Resource):
    """Reached as `privy.apps`. An `app_id` that is left out is the client's own."""

    @cached_property
    def allowlist(self) -> "Allowlist":
        """The allowlist: who may log in."""
        return Allowlist(self._requester)

    @cached_property
    def denylist(self) -> "Denylist":
        """The denylist: who may not log in."""
        return Denylist(self._requester)

    async def get(self, app_id: str | None = None, **options: Unpack[CallOptions]) -> App:
        """Return the settings of an app."""
        return await self._request(
            App,
            "GET /v1/apps/{app_id}",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )

    async def get_gas_spend(
        self,
        *,
        wallet_ids: Sequence[str],
        start_timestamp: int,
        end_timestamp: int,
        **options: Unpack[CallOptions],
    ) -> CurrencyAmount:
        """Return the gas credits charged for at most 100 wallets within at most 30 days.

        Times are Unix ms; the end is exclusive.

        Source: https://docs.privy.io/wallets/gas-and-asset-management/gas/gas-spend
        """
        return await self._request(CurrencyAmount, "GET /v1/apps/gas_spend", locals())

    async def get_test_credentials(
        self, app_id: str | None = None, **options: Unpack[CallOptions]
    ) -> AppTestCredentials:
        """Return the test accounts of an app."""
        return await self._request(
            AppTestCredentials,
            "GET /v1/apps/{app_id}/test_credentials",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )

    @hides_arguments
    async def configure_fiat(
        self,
        app_id: str | None = None,
        *,
        provider: Literal["bridge", "bridge-sandbox"],
        api_key: str,
        **options: Unpack[CallOptions],
    ) -> Success:
        """Give Privy the app's API key at a fiat provider.

        Source: https://docs.privy.io/kyc-kyb/setup
        """
        return await self._request(
            Success,
            "POST /v1/apps/{app_id}/fiat",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )


class Allowlist(Resource):
    """Reached as `privy.apps.allowlist`. An `app_id` that is left out is the client's own.

    https://docs.privy.io/user-management/users/managing-users/allowlist
    """

    def list(
        self, app_id: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[AllowlistEntry]:
        """List who may log in; it comes as one page."""
        return self._list(
            AllowlistEntry,
            "GET /v1/apps/{app_id}/allowlist",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
            within="",
        )

    async def create(
        self,
        app_id: str | None = None,
        *,
        type: InviteType,
        value: str,
        **options: Unpack[CallOptions],
    ) -> AllowlistEntry:
        """Let somebody log in: an email, a domain of emails, a phone number or a wallet."""
        return await self._request(
            AllowlistEntry,
            "POST /v1/apps/{app_id}/allowlist",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )

    async def delete(
        self,
        app_id: str | None = None,
        *,
        type: InviteType,
        value: str,
        **options: Unpack[CallOptions],
    ) -> None:
        """Take somebody off the allowlist."""
        await self._do(
            "DELETE /v1/apps/{app_id}/allowlist",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )


class Denylist(Resource):
    """Reached as `privy.apps.denylist`. An `app_id` that is left out is the client's own.

    https://docs.privy.io/user-management/users/managing-users/denylist
    """

    async def create(
        self,
        app_id: str | None = None,
        *,
        type: DenialType,
        value: str,
        **options: Unpack[CallOptions],
    ) -> DenylistEntry:
        """Keep somebody from logging in: an email, a domain of emails, a phone number, an address.

        The app's denylist must be on. It ends no session: `users.freeze` does. Privy's page gives
        this the host auth.privy.io, which may be a client's `base_url`.
        """
        return await self._request(
            DenylistEntry,
            "POST /api/v1/apps/{app_id}/denylist",
            {**locals(), "app_id": app_id or self._requester.settings.app_id},
        )
