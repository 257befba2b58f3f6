"""The values of people and apps: their unions, and what they do not show."""

from typing import Any

import attrs
import pytest

from privy_async.resources.apps import apps
from privy_async.resources.apps.organizations import NewOrganizationSecret
from privy_async.resources.money.kyc_values import ProviderStatus
from privy_async.resources.users.fiat import FiatTransactions
from privy_async.resources.users.values import (
    CrossAppAccount,
    FarcasterAccount,
    LinkedAccount,
    OAuthAccount,
    PhoneAccount,
    User,
    WalletAccount,
)
from privy_async.values import decode

USER = {"id": "u1", "created_at": 1731974895}
VERIFIED = {"verified_at": 1, "first_verified_at": 1, "latest_verified_at": 2}
EMBEDDED = {
    "type": "wallet",
    "id": None,
    "address": "bc1",
    "chain_id": "bitcoin",
    "chain_type": "bitcoin-segwit",
    "wallet_client": "privy",
    "wallet_client_type": "privy",
    "connector_type": "embedded",
    "wallet_index": 0,
    "imported": False,
    "delegated": False,
    "public_key": "02",
    "recovery_method": "privy-v2",
    "user_can_sign": True,
}
OAUTH = {"subject": "7", "name": "A", "email": "a@b.c", "vanity_name": "v"}
FARCASTER = {"type": "farcaster", "fid": 4423, "owner_address": "0x1", "profile_picture": "p"}
CROSS_APP = {
    "type": "cross_app",
    "subject": "did:privy:x",
    "provider_app_id": "other",
    "embedded_wallets": [{"address": "0x1"}],
    "smart_wallets": [],
}


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        (EMBEDDED, WalletAccount),
        ({"type": "linkedin_oauth", **OAUTH}, OAuthAccount),
        ({"type": "phone", "phoneNumber": "+1", "number": "+1"}, PhoneAccount),
        (FARCASTER, FarcasterAccount),
        (CROSS_APP, CrossAppAccount),
        ({"type": "custom:acme", "subject": "7", "email": "a@b.c"}, LinkedAccount),
        ({"type": "hologram"}, LinkedAccount),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_linked_account(account: dict[str, Any], kind: type[LinkedAccount]) -> None:
    """A linked account decodes by its type, none of its fields is unknown, and it goes back."""
    user = decode(User, {**USER, "linked_accounts": [{**account, **VERIFIED}]})
    (linked,) = user.linked_accounts
    assert type(linked) is kind
    assert linked.latest_verified_at == 2
    assert not linked.extra
    given = {name: value for name, value in account.items() if value is not None}
    assert linked.to_json() == {**given, **VERIFIED}


def test_an_account_that_is_not_whole() -> None:
    """A wallet without its address does not lose the user, nor the other accounts."""
    user = decode(User, {**USER, "linked_accounts": [{"type": "wallet"}, EMBEDDED]})
    odd, embedded = user.linked_accounts
    assert (type(odd), odd.type, odd.extra) == (LinkedAccount, "wallet", {"type": "wallet"})
    assert isinstance(embedded, WalletAccount)


def test_verification_of_users_and_organizations() -> None:
    """One value serves both: only what it is about is there."""
    capabilities = ("payin_crypto", "payin_fiat", "payout_crypto", "payout_fiat")
    status = decode(
        ProviderStatus,
        {
            **dict.fromkeys(("provider", "environment", "status"), "x"),
            "capabilities": dict.fromkeys(capabilities, "pending"),
            "endorsements": [{"name": "base", "status": "incomplete", "missing": ["tax_id"]}],
            "requirements_due": ["external_account"],
            "future_requirements_due": [],
            "tos": {"status": "pending", "link": "https://b"},
            "kyc": {"status": "rejected", "rejection_reasons": ["blurred"]},
        },
    )
    assert status.kyb is None
    assert status.kyc is not None
    assert status.kyc.rejection_reasons == ("blurred",)
    assert status.endorsements[0].missing == ("tax_id",)
    assert not status.extra


@pytest.mark.parametrize(
    "answer",
    [
        (
            NewOrganizationSecret,
            {
                "id": "s",
                "last_four": "last",
                "created_at": "2026",
                "organization_secret": "hush",
            },
        ),
        (
            apps.AppTestAccount,
            {
                **dict.fromkeys(("id", "email", "phone_number", "created_at", "updated_at"), "x"),
                "otp_code": "hush",
            },
        ),
    ],
)
def test_secrets_are_not_shown(answer: tuple[Any, dict[str, Any]]) -> None:
    """What lets somebody in is in the value, and not in its repr."""
    value = decode(*answer)
    assert "hush" not in repr(value)
    assert "hush" in value.to_json().values()


def test_ramps_of_both_directions() -> None:
    """Onramps and offramps are one class: a bank's fields or a chain's are None."""
    bank, chain = {"payment_rail": "wire", "currency": "usd"}, {"chain": "base", "currency": "usdc"}
    transfer = {"id": "r1", "status": "awaiting_funds", "created_at": "2026", "is_sandbox": True}
    onramp = {
        **transfer,
        "type": "onramp",
        "deposit_instructions": {**bank, "amount": "100.0", "deposit_message": "m"},
        "destination": {**chain, "address": "0x1"},
        "receipt": {"final_amount": "99.0", "transaction_hash": "0x1"},
    }
    offramp = {
        **transfer,
        "type": "offramp",
        "deposit_instructions": {**chain, "amount": "100.0", "to_address": "0x2"},
        "destination": {**bank, "external_account_id": "b1"},
    }
    bought, sold = decode(FiatTransactions, {"transactions": [onramp, offramp]}).transactions
    assert (bought.destination.address, sold.destination.address) == ("0x1", None)
    assert (bought.deposit_instructions.to_address, sold.deposit_instructions.to_address) == (
        None,
        "0x2",
    )
    assert bought.receipt is not None
    assert bought.receipt.final_amount == "99.0"
    assert not any(value.extra for value in (sold, sold.deposit_instructions, sold.destination))


def test_app_settings() -> None:
    """An app's settings decode from what Privy documents, and `extra` keeps what is new."""
    flags = {
        field.name: True
        for field in attrs.fields(apps.App)
        if field.type is bool and field.default is attrs.NOTHING
    }
    answer = {
        **flags,
        **dict.fromkeys(("id", "name", "verification_key", "data_classification", "theme"), "x"),
        "allowed_domains": ["y"],
        "allowed_native_app_ids": [],
        "mfa_methods": ["sms"],
        "allowed_native_app_url_schemes": [],
        "allowlist_config": {"error_title": None, "error_detail": "no"},
        "custom_oauth_providers": [],
        "embedded_wallet_config": {
            "mode": "user-controlled-server-wallets-only",
            "create_on_login": "off",
            "ethereum": {"create_on_login": "all-users"},
            "solana": {"create_on_login": "off"},
            "user_owned_recovery_options": ["icloud"],
        },
        "smart_wallet_config": {
            "enabled": True,
            "smart_wallet_type": "safe",
            "configured_networks": [
                {
                    "chain_id": "eip155:1",
                    "bundler_url": "b",
                    "paymaster_context": {"policy_id": "p"},
                }
            ],
        },
        "hologram_auth": True,
    }
    app = decode(apps.App, answer)
    assert app.embedded_wallet_config.ethereum.create_on_login == "all-users"
    assert app.smart_wallet_config.configured_networks is not None
    context = app.smart_wallet_config.configured_networks[0].paymaster_context
    assert context == apps.PaymasterContext(policy_id="p")
    assert app.extra == {"hologram_auth": True}
