"""The kinds of accounts a user may have, and how each is stored and found."""

from collections.abc import Mapping
from typing import Final

import attrs

from privy_async.sandbox.keys.addresses import checksum_address, keccak256
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.state import AccountKey


@attrs.frozen
class AccountType:
    """A kind of account.

    Attributes:
        identity: The field that tells two accounts apart.
        required: The other fields that must be sent, all of them strings.
        optional: The fields that may be sent, all of them strings.
    """

    identity: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


ACCOUNT_TYPES: Final[Mapping[str, AccountType]] = {
    "email": AccountType("address"),
    "phone": AccountType("number"),
    "wallet": AccountType("address", ("chain_type",)),
    "custom_auth": AccountType("custom_user_id"),
    "google_oauth": AccountType("subject", ("email", "name")),
    "twitter_oauth": AccountType("subject", ("name", "username"), ("profile_picture_url",)),
    "discord_oauth": AccountType("subject", ("username",), ("email",)),
    "github_oauth": AccountType("subject", ("username",), ("name", "email")),
    "spotify_oauth": AccountType("subject", (), ("name", "email")),
    "instagram_oauth": AccountType("subject", ("username",)),
    "tiktok_oauth": AccountType("subject", ("username",), ("name",)),
    "line_oauth": AccountType("subject", (), ("email", "name", "profile_picture_url")),
    "twitch_oauth": AccountType("subject", (), ("username",)),
    "apple_oauth": AccountType("subject", (), ("email",)),
    "linkedin_oauth": AccountType("subject", (), ("name", "email", "vanityName")),
    "farcaster": AccountType(
        "fid",
        ("owner_address",),
        ("username", "display_name", "bio", "profile_picture_url", "homepage_url"),
    ),
    "telegram": AccountType(
        "telegram_user_id", (), ("first_name", "last_name", "username", "photo_url")
    ),
    "passkey": AccountType(
        "credential_id",
        ("credential_username", "credential_public_key", "credential_device_type"),
    ),
}
IDENTITIES: Final[Mapping[str, str]] = {
    **{kind: account_type.identity for kind, account_type in ACCOUNT_TYPES.items()},
    "smart_wallet": "address",
}
"""The field that tells two accounts of a type apart. The types are those a user may be given, and
one that the sandbox alone makes."""
_WALLETS: Final = ("wallet", "smart_wallet")


def read_account(fields: Fields, verified_at: int) -> Json:
    """The account as Privy answers it, verified at this Unix time in seconds."""
    kind = fields.choice("type", tuple(ACCOUNT_TYPES))
    account_type = ACCOUNT_TYPES[kind]
    identity = _identity(fields, kind, account_type.identity)
    required = {name: fields.string(name) for name in account_type.required}
    optional = {name: fields.optional_string(name) for name in account_type.optional}
    return {
        "type": kind,
        account_type.identity: identity,
        **required,
        **{name: value for name, value in optional.items() if value is not None},
        **_answered_besides(kind, identity, required),
        **_verified(verified_at),
    }


def account_key(kind: str, identity: str | int) -> AccountKey:
    """The identity that no two users may share; e-mail and hexadecimal addresses have no case."""
    without_case = kind == "email" or (kind in _WALLETS and str(identity).startswith("0x"))
    return (kind, str(identity).lower() if without_case else identity)


def key_of_account(account: Json) -> AccountKey:
    """The key of one of a user's stored accounts."""
    kind = account["type"]
    return account_key(kind, account[IDENTITIES[kind]])


def smart_wallet_account(owner: str, verified_at: int) -> Json:
    """The smart wallet of an Ethereum wallet: an address of its own, with no contract at it."""
    account = keccak256(b"sandbox smart wallet" + bytes.fromhex(owner[2:]))[-20:]
    return {
        "type": "smart_wallet",
        "address": checksum_address(account),
        "smart_wallet_type": "kernel",
        **_verified(verified_at),
    }


def verified_again(account: Json, before: Json) -> Json:
    """An account that was linked `before`, and now anew."""
    return {**account, "first_verified_at": before["first_verified_at"]}


def _verified(at: int) -> Json:
    return {"verified_at": at, "first_verified_at": at, "latest_verified_at": at}


def _identity(fields: Fields, kind: str, name: str) -> str | int:
    if kind == "farcaster":
        fid = fields.optional_integer(name, minimum=0)
        if fid is None:
            raise input_error(fields.at(name), "Required")
        return fid
    value = fields.string(name)
    if not value:
        raise input_error(fields.at(name), "String must contain at least 1 character(s)")
    if kind == "email" and "@" not in value:
        raise input_error(fields.at(name), "Invalid email address")
    return value


def _answered_besides(kind: str, identity: object, required: Mapping[str, str]) -> Json:
    """The fields that an answer holds and a request does not."""
    if kind == "phone":
        return {"phoneNumber": identity}
    if kind == "wallet":
        return {"wallet_client": "unknown"}
    if kind == "passkey":
        return {"public_key": required["credential_public_key"], "enrolled_in_mfa": False}
    return {}
