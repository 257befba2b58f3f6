"""The calls on users, organizations, accounts and apps, and what must arrive of each."""

from typing import Any

import attrs
from loopback import APP_ID

from privy_async.resources import shared
from privy_async.resources.apps import apps
from privy_async.resources.apps.organizations import (
    NewOrganizationSecret,
    Organization,
    OrganizationSecret,
)
from privy_async.resources.money.fiat_accounts import ExternalFiatAccount
from privy_async.resources.money.kyc_values import ProviderStatus, TermsLink
from privy_async.resources.shared import Success
from privy_async.resources.users.fiat import (
    FiatAccount,
    FiatKyc,
    FiatTerms,
    FiatTransactions,
    KycLink,
    RampTransfer,
)
from privy_async.resources.users.values import User, UserBatchResult
from privy_async.resources.wallets.accounts import Account, AccountBalance
from privy_async.signing.p256 import AuthorizationKey

KEY = AuthorizationKey.generate()
ID, PATH = "a b/ü", "a%20b%2F%C3%BC"
NONE = type(None)
EMAIL = {"type": "email", "address": "a@b.c"}
BRIDGE: Any = {"provider": "bridge"}
USER = {"id": "u1", "created_at": 1731974895, "linked_accounts": []}
STATUS = {
    **BRIDGE,
    "environment": "sandbox",
    "status": "pending",
    "capabilities": {
        "payin_crypto": "active",
        "payin_fiat": "active",
        "payout_crypto": "active",
        "payout_fiat": "pending",
    },
    "endorsements": [],
    "requirements_due": ["external_account"],
    "future_requirements_due": [],
    "tos": {"status": "pending"},
}
TERMS = {**BRIDGE, "environment": "sandbox", "status": "pending", "link": "https://b"}
ORGANIZATION = {
    "id": "o1",
    "display_name": "O",
    "default_key_quorum_id": "q1",
    "created_at": 1,
    "updated_at": 2,
}
SECRET = {"id": "s1", "last_four": "abcd", "created_at": "2026-01-01T00:00:00Z"}
ACCOUNT = {"id": "a1", "wallets": [{"id": "w1", "chain_type": "solana", "address": "x"}]}
BALANCE = {"total": {"value": "0", "currency": "usd"}, "assets": []}
ENTRY = {"id": "e1", "type": "email", "value": "a@b.c", "appId": APP_ID, "acceptedAt": None}
FIAT_ACCOUNT = {
    "id": "f1",
    **BRIDGE,
    "environment": "sandbox",
    "account_type": "gb",
    "account_owner_name": "A",
    "currency": "gbp",
    "created_at": "2026-01-01T00:00:00Z",
}
KYC_LINK = {
    "id": "k1",
    "customer_id": "c1",
    "full_name": "A",
    "email": "a@b.c",
    "kyc_link": "https://k",
    "kyc_status": "not_started",
    "rejection_reasons": [],
    "tos_link": "https://t",
    "tos_status": "pending",
    "created_at": "2026-01-01T00:00:00Z",
}
US = {"id": "b1", "currency": "usd", "account_type": "us", "last_4": "7899"}
RAMP = {
    "id": "r1",
    "status": "awaiting_funds",
    "deposit_instructions": {"amount": "100.0", "currency": "usd"},
}
ANSWERS: dict[type[object], Any] = {
    Account: ACCOUNT,
    AccountBalance: {"total": {"value": "0", "currency": "usd"}, "assets": []},
    ExternalFiatAccount: FIAT_ACCOUNT,
    FiatAccount: {"id": "b1", "currency": "usd", "account_type": "us", "last_4": "7899"},
    FiatKyc: {"user_id": "u1", "status": "active"},
    FiatTerms: {"status": "completed"},
    FiatTransactions: {"transactions": []},
    KycLink: KYC_LINK,
    NONE: {"message": "done"},
    NewOrganizationSecret: {**SECRET, "organization_secret": "hush"},
    Organization: ORGANIZATION,
    OrganizationSecret: SECRET,
    ProviderStatus: STATUS,
    RampTransfer: RAMP,
    Success: {"success": True},
    TermsLink: TERMS,
    User: USER,
    UserBatchResult: {"index": 0, "success": True, "id": "u1"},
    apps.AllowlistEntry: ENTRY,
    apps.AppTestCredentials: {"data": []},
    apps.DenylistEntry: {"id": "d1", "rule_type": "email", "value": "a@b.c"},
    shared.CurrencyAmount: {"value": "12.345678", "currency": "usd"},
}


@attrs.frozen
class Row:
    """A call, and what must arrive of it. `returns` is the class of what it gives back."""

    name: str
    request: str
    returns: type[object]
    answer: object
    arguments: tuple[object, ...]
    fields: dict[str, Any]
    body: object


def row(
    name: str,
    request: str,
    returns: type[object],
    *arguments: object,
    under: str | None = None,
    listed: bool = False,
    body: object = NONE,
    **fields: object,
) -> Row:
    """A row whose body is the fields given, unless it is a GET or told otherwise.

    The answer is the class's own, `under` a name if it stands there, in a list if it is `listed`.
    """
    request = request.replace("USER", f"/v1/users/{PATH}").replace("APP", f"/v1/apps/{APP_ID}")
    request = request.replace("ORGANIZATION", f"/v1/organizations/{PATH}")
    answer = [ANSWERS[returns]] if listed else ANSWERS[returns]
    answer = answer if under is None else {under: answer, "next_cursor": None}
    by_fields = fields if fields and not request.startswith("GET") else None
    body = by_fields if body is NONE else body
    return Row(name, request, returns, answer, arguments, fields, body)


def in_list(
    name: str,
    request: str,
    returns: type[object],
    *arguments: object,
    under: str | None = "data",
    **fields: object,
) -> Row:
    """A row that answers a list."""
    return row(name, request, returns, *arguments, under=under, listed=True, **fields)


LOOK_UPS = [
    row(f"users.get_by_{name}", f"POST /v1/users/{path}", User, **{field: value})
    for name, path, field, value in [
        ("custom_auth_id", "custom_auth/id", "custom_user_id", "x y"),
        ("discord_username", "discord/username", "username", "x"),
        ("email_address", "email/address", "address", "a@b.c"),
        ("farcaster_id", "farcaster/fid", "fid", 4423),
        ("github_username", "github/username", "username", "x"),
        ("instagram_username", "instagram/username", "username", "x"),
        ("phone_number", "phone/number", "number", "+1"),
        ("smart_wallet_address", "smart_wallet/address", "address", "0x1"),
        ("spotify_subject", "spotify/subject", "subject", "7"),
        ("telegram_user_id", "telegram/telegram_user_id", "telegram_user_id", "7"),
        ("telegram_username", "telegram/username", "username", "x"),
        ("twitch_username", "twitch/username", "username", "x"),
        ("twitter_subject", "twitter/subject", "subject", "7"),
        ("twitter_username", "twitter/username", "username", "x"),
        ("wallet_address", "wallet/address", "address", "0x1"),
    ]
]

BY_TERM = {"search_term": "a", "body": {"searchTerm": "a"}}
LISTED = {"emails": [], "phoneNumbers": ["+1"], "walletAddresses": [], "cursor": "c1"}
BY_LIST = {"phone_numbers": ["+1"], "cursor": "c1", "body": LISTED}
METADATA: Any = {"custom_metadata": {"vip": True}}
ON_USERS = [
    in_list(
        "users.create_batch",
        "POST /api/v1/users/batch",
        UserBatchResult,
        under="results",
        users=[{"linked_accounts": [EMAIL]}],
    ),
    row("users.create", "POST /v1/users", User, linked_accounts=[EMAIL], **METADATA),
    in_list("users.list", "GET /v1/users?limit=2", User, limit=2),
    row("users.search", "POST /v1/users/search", User, **BY_TERM),
    in_list("users.search", "POST /v1/users/search", User, **BY_LIST),
    row("users.get", "GET USER", User, ID),
    row("users.delete", "DELETE USER", NONE, ID),
    row("users.freeze", "POST USER/freeze", NONE, ID),
    row("users.unfreeze", "DELETE USER/freeze", NONE, ID),
    row(
        "users.create_linked_account",
        "POST USER/accounts",
        User,
        ID,
        linked_account=EMAIL,
        body=EMAIL,
    ),
    row(
        "users.unlink_linked_account",
        "POST USER/accounts/unlink",
        User,
        ID,
        type="phone",
        handle="+1",
    ),
    row("users.set_custom_metadata", "POST USER/custom_metadata", User, ID, **METADATA),
    row("users.patch_custom_metadata", "PATCH USER/custom_metadata", User, ID, **METADATA),
    row(
        "users.pregenerate_wallets", "POST USER/wallets", User, ID, wallets=[{"chain_type": "tron"}]
    ),
]

COMPANY: Any = {**BRIDGE, "email": "a@b.c", "business_name": "O"}
VERIFICATION = [
    in_list(
        "users.kyc.list",
        "GET USER/kyc?provider=bridge",
        ProviderStatus,
        ID,
        under="kyc_statuses",
        **BRIDGE,
    ),
    row("users.kyc.initiate_tos", "POST USER/kyc/tos", TermsLink, ID, **BRIDGE),
    row("users.kyc.initiate_links", "POST USER/kyc/links", ProviderStatus, ID, **BRIDGE),
    row(
        "users.kyc.submit",
        "POST USER/kyc/submit",
        ProviderStatus,
        ID,
        data={"phone": "+1"},
        **BRIDGE,
    ),
    in_list(
        "organizations.kyb.list", "GET ORGANIZATION/kyb", ProviderStatus, ID, under="kyb_statuses"
    ),
    row("organizations.kyb.initiate_tos", "POST ORGANIZATION/kyb/tos", TermsLink, ID, **COMPANY),
    row(
        "organizations.kyb.initiate_links",
        "POST ORGANIZATION/kyb/links",
        ProviderStatus,
        ID,
        **COMPANY,
    ),
    row(
        "organizations.kyb.submit",
        "POST ORGANIZATION/kyb/submit",
        ProviderStatus,
        ID,
        data={},
        **BRIDGE,
    ),
]

GB: Any = {"account": {"type": "gb", "account_number": "1", "sort_code": "2"}, "currency": "gbp"}


def bank_accounts(owners: str, owner: str) -> list[Row]:
    """The calls about bank accounts, which are the same for users and organizations."""
    name, path, kind = (
        "external_fiat_accounts",
        f"{owner}/external_fiat_accounts",
        ExternalFiatAccount,
    )
    name, one = f"{owners}.{name}", "external_fiat_account"
    ids: Any = {"owner_id": ID, "body": None}
    return [
        row(
            f"{name}.create",
            f"POST {path}",
            kind,
            ID,
            under=one,
            account_owner_name="A",
            **BRIDGE,
            **GB,
        ),
        in_list(f"{name}.list", f"GET {path}?provider=bridge", kind, ID, under=f"{one}s", **BRIDGE),
        row(f"{name}.get", f"GET {path}/f%3F1", kind, "f?1", under=one, **ids),
        row(f"{name}.delete", f"DELETE {path}/f%3F1", NONE, "f?1", **ids),
    ]


BANK, CHAIN = {"payment_rail": "wire", "currency": "usd"}, {"chain": "base", "currency": "usdc"}
PERSON: Any = {**BRIDGE, "data": {"type": "individual", "birth_date": "1990-01-31"}}
OWNED: Any = {**BRIDGE, "account_owner_name": "Ann", "currency": "usd"}
ONRAMP: Any = {**BRIDGE, "amount": "1", "source": BANK, "destination": CHAIN}
OFFRAMP: Any = {**BRIDGE, "amount": "1", "source": CHAIN, "destination": BANK}
ON_FIAT = [
    row("users.fiat.create_tos", "POST USER/fiat/tos", FiatTerms, ID, **BRIDGE),
    row("users.fiat.initiate_kyc", "POST USER/fiat/kyc", FiatKyc, ID, **PERSON),
    row("users.fiat.get_kyc_status", "GET USER/fiat/kyc?provider=bridge", FiatKyc, ID, **BRIDGE),
    row("users.fiat.update_kyc", "PATCH USER/fiat/kyc", FiatKyc, ID, **PERSON),
    row("users.fiat.get_kyc_link", "POST USER/fiat/kyc_link", KycLink, ID, email="a@b.c", **BRIDGE),
    in_list(
        "users.fiat.list_accounts",
        "GET USER/fiat/accounts?provider=bridge",
        FiatAccount,
        ID,
        under="accounts",
        **BRIDGE,
    ),
    row("users.fiat.create_account", "POST USER/fiat/accounts", FiatAccount, ID, **OWNED),
    row("users.fiat.initiate_onramp", "POST USER/fiat/onramp", RampTransfer, ID, **ONRAMP),
    row("users.fiat.initiate_offramp", "POST USER/fiat/offramp", RampTransfer, ID, **OFFRAMP),
    row(
        "users.fiat.get_status",
        "POST USER/fiat/status",
        FiatTransactions,
        ID,
        tx_hash="0x1",
        **BRIDGE,
    ),
    row("apps.configure_fiat", "POST APP/fiat", Success, api_key="k", **BRIDGE),
]

NAMED: Any = {"display_name": "O", "default_key_quorum_id": "q1"}
SIGNING_KEY: Any = {"secret_id": "s1", "signing_public_key": None}
ON_ORGANIZATIONS = [
    row("organizations.create", "POST /v1/organizations", Organization, **NAMED),
    in_list("organizations.list", "GET /v1/organizations?limit=1", Organization, limit=1),
    row("organizations.get", "GET ORGANIZATION", Organization, ID),
    row("organizations.update", "PATCH ORGANIZATION", Organization, ID, display_name="P"),
    row("organizations.delete", "DELETE ORGANIZATION", NONE, ID),
    row("organizations.secrets.create", "POST ORGANIZATION/secrets", NewOrganizationSecret, ID),
    in_list("organizations.secrets.list", "GET ORGANIZATION/secrets", OrganizationSecret, ID),
    row(
        "organizations.secrets.update_signing_key",
        "PATCH ORGANIZATION/secrets",
        Success,
        ID,
        **SIGNING_KEY,
    ),
    row("organizations.secrets.revoke", "DELETE ORGANIZATION/secrets", Success, ID, secret_id="s1"),
]

MADE: Any = {"wallets_configuration": [{"chain_type": "solana"}]}
TESTNETS = f"GET /v1/accounts/{PATH}/balance?testnet_mode=true"
ON_ACCOUNTS = [
    row("accounts.create", "POST /v1/accounts", Account, wallet_ids=["w1"]),
    in_list(
        "accounts.list", "GET /v1/accounts?search=a%26b&limit=3", Account, search="a&b", limit=3
    ),
    row("accounts.get", f"GET /v1/accounts/{PATH}", Account, ID),
    row("accounts.update", f"PATCH /v1/accounts/{PATH}", Account, ID, **MADE),
    row("accounts.get_balance", TESTNETS, AccountBalance, ID, testnet_mode=True),
]

GAS_SPEND = "GET /v1/apps/gas_spend?wallet_ids=w1&wallet_ids=w2&start_timestamp=1&end_timestamp=2"
SPAN: Any = {"start_timestamp": 1, "end_timestamp": 2}
WHO: Any = {"type": "email", "value": "a@b.c"}
CODE: Any = {"user_code": "AB-12", "action": "deny"}
ENTRIES = apps.AllowlistEntry
ON_APPS = [
    row("apps.get_gas_spend", GAS_SPEND, shared.CurrencyAmount, wallet_ids=["w1", "w2"], **SPAN),
    row("apps.get_test_credentials", "GET APP/test_credentials", apps.AppTestCredentials),
    in_list("apps.allowlist.list", "GET APP/allowlist", ENTRIES, under=None),
    row("apps.allowlist.create", f"POST /v1/apps/{PATH}/allowlist", ENTRIES, ID, **WHO),
    row("apps.allowlist.delete", "DELETE APP/allowlist", NONE, **WHO),
    row("apps.denylist.create", f"POST /api/v1/apps/{APP_ID}/denylist", apps.DenylistEntry, **WHO),
    row("device_verification.verify", "POST /api/oauth/v2/device_verify", Success, **CODE),
]

ROWS = [
    *LOOK_UPS,
    *ON_USERS,
    *VERIFICATION,
    *bank_accounts("users", "USER"),
    *bank_accounts("organizations", "ORGANIZATION"),
    *ON_FIAT,
    *ON_ORGANIZATIONS,
    *ON_ACCOUNTS,
    *ON_APPS,
]
IDEMPOTENT = {"POST /v1/accounts"}
