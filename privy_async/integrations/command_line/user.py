"""A user's token, the key it is exchanged for, and a wallet that the key may sign for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from privy_async.client import PrivyClient
from privy_async.errors import (
    APIError,
    APIStatusError,
    BadRequestError,
    InvalidArgumentError,
    MfaRequiredError,
    NotFoundError,
    PermissionDeniedError,
    PrivyError,
)
from privy_async.integrations.command_line.findings import Finding, bad, good, skipped
from privy_async.resources.wallets.values import UserSigner, Wallet
from privy_async.user_keys.token_hint import plain_fault, read_claims, span

_SET_UP = (
    "In the Dashboard, under User management, Authentication, JWT-based auth: register the JWKS "
    "of your log-in, allow its audience, and let servers use it."
)


def check_token(user_jwt: str, app_id: str, now: float) -> Finding:
    """Return what the token says of itself, and whether something in it is plainly wrong."""
    says = _told(read_claims(user_jwt) or {}, now)
    fault = plain_fault(user_jwt, app_id, now)
    if fault:
        what, _, way_out = fault.partition(": ")
        way_out = way_out[:1].upper() + way_out[1:]
        way_out = way_out or "Send the token itself, as the log-in issues it."
        return bad("token", "bad-token", what.rstrip("."), way_out)
    return good("token", f"{says} (unverified)")


def _told(claims: Mapping[str, Any], now: float) -> str:
    expires = claims.get("exp")
    left = expires - now if isinstance(expires, int | float) else 0
    told = [f"{name} {claims[name]!r}"[:100] for name in ("iss", "aud", "sub") if name in claims]
    return ", ".join([*told, f"expires in {span(left)}"])


async def check_exchange(
    client: PrivyClient, user_jwt: str, now: float
) -> tuple[Finding, UserSigner | None]:
    """Exchange the token, and return until when its key lives."""
    try:
        signer = await client.wallets.generate_user_signer(user_jwt=user_jwt)
    except InvalidArgumentError:
        return skipped("exchange", "what was given is no token, so it was not sent"), None
    except PrivyError as error:
        return _refused_token(error), None
    until = datetime.fromtimestamp(signer.expires_at / 1000, UTC)
    left = span(signer.expires_at / 1000 - now)
    count = len(signer.wallets)
    says = f"its key lives until {until:%Y-%m-%d %H:%M:%S} UTC ({left}), for {count} wallet(s)"
    return good("exchange", says), signer


def _refused_token(error: PrivyError) -> Finding:
    said = error.message
    if isinstance(error, MfaRequiredError):
        way_out = f"{error.WAY_OUT}."
        return bad("exchange", "mfa-required", f"a second factor is missing: {said}", way_out)
    if isinstance(error, NotFoundError):
        way_out = (
            "Make the user: privy.users.create(linked_accounts=[{'type': 'custom_auth', "
            "'custom_user_id': SUB}]), where SUB is the token's sub."
        )
        return bad("exchange", "unknown-user", f"Privy has no such user: {said}", way_out)
    if isinstance(error, PermissionDeniedError):
        way_out = "If it is meant, privy.users.unfreeze(user_id) ends it."
        return bad("exchange", "frozen-user", f"the user may not: {said}", way_out)
    if isinstance(error, BadRequestError):
        return bad("exchange", "token-refused", f"Privy refuses it: {said}", _SET_UP)
    status = f"{error.status}: " if isinstance(error, APIStatusError) else ""
    request_id = getattr(error, "request_id", None) or "unknown"
    way_out = f"Try again; if it stays so, ask Privy's support (request id {request_id})."
    return bad("exchange", "refused", f"{status}{said}", way_out)


async def check_wallet(client: PrivyClient, wallet_id: str, signer: UserSigner | None) -> Finding:
    """Return whether the user's key may sign for the wallet."""
    try:
        wallet = await client.wallets.get(wallet_id)
        members = await _members(client, wallet)
    except NotFoundError:
        return bad(
            "wallet",
            "unknown-wallet",
            f"this app has no wallet {wallet_id}",
            "Give the wallet's id, not its address; is it one of another app?",
        )
    except (InvalidArgumentError, APIError) as error:
        way_out = "Give the id of one of this app's wallets."
        return bad("wallet", "refused", error.message, way_out)
    return _may_sign(wallet, members, signer)


def _may_sign(wallet: Wallet, members: str, signer: UserSigner | None) -> Finding:
    named = f"{wallet.chain_type} wallet {wallet.address}"
    if wallet.archived_at is not None:
        way_out = "Use another wallet: an archived one signs nothing."
        return bad("wallet", "archived-wallet", f"the {named} is archived", way_out)
    if wallet.owner_id is None:
        return good("wallet", f"the {named} has no owner: the app's secret alone signs for it")
    if signer is None:
        return skipped("wallet", f"the {named} is owned by {members}; no key to compare with")
    if wallet.id not in {each.id for each in signer.wallets}:
        return bad(
            "wallet",
            "wallet-of-another",
            f"the {named} is owned by {members}, and this token's key has no say in it",
            "Use the token of a user who owns it, or make this user one of its additional_signers.",
        )
    threshold = wallet.authorization_threshold or 1
    if threshold > 1:
        return bad(
            "wallet",
            "more-signatures",
            f"the key may sign for the {named}, whose owner asks for {threshold} signatures",
            "Give the others along: AuthorizationContext(user_jwts=[...], "
            "authorization_private_keys=[...]).",
        )
    return good("wallet", f"the key may sign for the {named}")


async def _members(client: PrivyClient, wallet: Wallet) -> str:
    """Return who owns a wallet, in words."""
    if wallet.owner_id is None:
        return "nobody"
    quorum = await client.key_quorums.get(wallet.owner_id)
    keys = len(quorum.authorization_keys or ())
    users = ", ".join(quorum.user_ids or ()) or "no user"
    return f"key quorum {quorum.id} ({users}" + (f", {keys} key(s))" if keys else ")")
