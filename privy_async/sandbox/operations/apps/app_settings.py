"""An app's settings, as a new app has them."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from privy_async.sandbox.app import App
from privy_async.sandbox.records.json_types import Json

_OFF: Final = (
    "sms_auth",
    "whatsapp_enabled",
    "wallet_auth",
    "solana_wallet_auth",
    "farcaster_auth",
    "telegram_auth",
    "guest_auth",
    "passkey_auth",
    "passkeys_for_signup_enabled",
    "apple_oauth",
    "discord_oauth",
    "github_oauth",
    "google_oauth",
    "instagram_oauth",
    "line_oauth",
    "linkedin_oauth",
    "spotify_oauth",
    "telegram_oauth",
    "tiktok_oauth",
    "twitch_oauth",
    "twitter_oauth",
    "twitter_oauth_on_mobile_enabled",
    "disable_plus_emails",
    "require_users_accept_terms",
    "captcha_enabled",
    "enforce_wallet_uis",
    "legacy_wallet_ui_config",
    "show_wallet_login_first",
    "farcaster_link_wallets_enabled",
    "external_wallets_for_signup_enabled",
    "merge_accounts_by_email",
    "fiat_on_ramp_enabled",
)
_NONE: Final = (
    "logo_url",
    "icon_url",
    "accent_color",
    "terms_and_conditions_url",
    "privacy_policy_url",
    "custom_api_url",
    "captcha_site_key",
    "wallet_connect_cloud_project_id",
    "max_linked_wallets_per_user",
)
_NO_WALLETS_ON_LOGIN: Final = {"create_on_login": "off"}


def settings(app: App) -> Json:
    """The settings: e-mail for the test accounts and the app's own login, all else is off."""
    return {
        "id": app.app_id,
        "name": app.app_id,
        "verification_key": _verification_key(app),
        "data_classification": "public",
        "theme": "light",
        "email_auth": bool(app.test_accounts),
        "custom_jwt_auth": True,
        "allowlist_enabled": bool(app.state.allowlist),
        "allowlist_config": {},
        "allowed_domains": [],
        "allowed_native_app_ids": [],
        "allowed_native_app_url_schemes": [],
        "custom_oauth_providers": [],
        "mfa_methods": [],
        "smart_wallet_config": {"enabled": False},
        "embedded_wallet_config": {
            "mode": "user-controlled-server-wallets-only",
            **_NO_WALLETS_ON_LOGIN,
            "ethereum": _NO_WALLETS_ON_LOGIN,
            "solana": _NO_WALLETS_ON_LOGIN,
            "user_owned_recovery_options": [],
        },
        **dict.fromkeys(_OFF, False),
        **dict.fromkeys(_NONE),
    }


def _verification_key(app: App) -> str:
    """The PEM key that access tokens are verified with."""
    key = ECAlgorithm.from_jwk(app.issuer.jwks["keys"][0])
    assert isinstance(key, EllipticCurvePublicKey), "the issuer shows no private key"
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
