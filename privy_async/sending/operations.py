"""Which Privy headers each operation takes, and which writes are safe to repeat: the one table.

Taken from Privy's OpenAPI document (June 2026), the newer official SDKs and its pages (November
2026); an operation that is absent takes none of the headers.
"""

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple


class Accepts(NamedTuple):
    """The headers that an operation takes besides its own parameters.

    Attributes:
        signature: The header `privy-authorization-signature`.
        idempotency: The header `privy-idempotency-key`.
        expiry: The header `privy-request-expiry`.
        user_token: The header `privy-user-token`, which no signature covers.
        safe: It changes nothing, whatever its method (RFC 9110, section 9.2.1).
    """

    signature: bool = False
    idempotency: bool = False
    expiry: bool = False
    user_token: bool = False
    safe: bool = False


class Operation(NamedTuple):
    """An operation of the API.

    Attributes:
        name: Its method and path, such as "POST /v1/wallets/{wallet_id}/rpc".
        method: The HTTP method.
        path: The path's template; of a path given by hand, the path itself.
        parameters: The names in the template.
        accepts: What it takes besides its own parameters.
    """

    name: str
    method: str
    path: str
    parameters: tuple[str, ...]
    accepts: Accepts


_NOTHING: Final = Accepts()
_READ: Final = Accepts(safe=True)

_TABLE: Final[dict[Accepts, tuple[str, ...]]] = {
    Accepts(signature=True, idempotency=True, expiry=True): (
        "POST /v1/wallets/{wallet_id}/rpc",
        "POST /v1/wallets/{wallet_id}/raw_sign",
        "POST /v1/wallets/{wallet_id}/transfer",
        "POST /v1/wallets/{wallet_id}/swap",
        "POST /v1/wallets/{wallet_id}/payout/fiat",
        "POST /v1/wallets/{wallet_id}/deposit_accounts/crypto",
        "POST /v1/wallets/{wallet_id}/earn/ethereum/deposit",
        "POST /v1/wallets/{wallet_id}/earn/ethereum/withdraw",
        "POST /v1/wallets/{wallet_id}/earn/ethereum/incentive/claim",
        "POST /v1/wallets/{wallet_id}/ethereum_yield_deposit",
        "POST /v1/wallets/{wallet_id}/ethereum_yield_withdraw",
        "POST /v1/wallets/{wallet_id}/ethereum_yield_claim",
    ),
    Accepts(signature=True, expiry=True): (
        "PATCH /v1/wallets/{wallet_id}",
        "POST /v1/wallets/{wallet_id}/export",
        "POST /v1/wallets/{wallet_id}/automations/attach",
        "POST /v1/wallets/{wallet_id}/automations/detach",
        "PATCH /v1/policies/{policy_id}",
        "DELETE /v1/policies/{policy_id}",
        "POST /v1/policies/{policy_id}/rules",
        "PATCH /v1/policies/{policy_id}/rules/{rule_id}",
        "DELETE /v1/policies/{policy_id}/rules/{rule_id}",
        "PATCH /v1/condition_sets/{condition_set_id}",
        "DELETE /v1/condition_sets/{condition_set_id}",
        "POST /v1/condition_sets/{condition_set_id}/condition_set_items",
        "PUT /v1/condition_sets/{condition_set_id}/condition_set_items",
        "DELETE /v1/condition_sets/{condition_set_id}/condition_set_items/{condition_set_item_id}",
        "PATCH /v1/key_quorums/{key_quorum_id}",
        "DELETE /v1/key_quorums/{key_quorum_id}",
    ),
    Accepts(signature=True, expiry=True, safe=True): (
        "POST /v1/wallets/{wallet_id}/transfer/quote",
        "POST /v1/wallets/{wallet_id}/swap/quote",
    ),
    Accepts(idempotency=True): (
        "POST /v1/wallets",
        "POST /v1/custodial_wallets",
        "POST /v1/policies",
        "POST /v1/aggregations",
        "POST /v1/accounts",
    ),
    Accepts(expiry=True): (
        "PATCH /v1/intents/wallets/{wallet_id}",
        "POST /v1/intents/wallets/{wallet_id}/rpc",
        "POST /v1/intents/wallets/{wallet_id}/transfer",
        "PATCH /v1/intents/policies/{policy_id}",
        "POST /v1/intents/policies/{policy_id}/rules",
        "PATCH /v1/intents/policies/{policy_id}/rules/{rule_id}",
        "DELETE /v1/intents/policies/{policy_id}/rules/{rule_id}",
        "PATCH /v1/intents/key_quorums/{key_quorum_id}",
    ),
    Accepts(user_token=True): (
        "POST /v1/users/{user_id}/mfa/passkey/enrollment/init",
        "POST /v1/users/{user_id}/mfa/passkey/enrollment/verify",
        "POST /v1/users/{user_id}/mfa/passkey/verification/init",
        "POST /v1/users/{user_id}/mfa/passkey/verification/verify",
        "POST /v1/users/{user_id}/mfa/sms/enrollment/init",
        "POST /v1/users/{user_id}/mfa/sms/enrollment/verify",
        "POST /v1/users/{user_id}/mfa/sms/verification/init",
        "POST /v1/users/{user_id}/mfa/sms/verification/verify",
        "POST /v1/users/{user_id}/mfa/totp/enrollment/init",
        "POST /v1/users/{user_id}/mfa/totp/enrollment/verify",
        "POST /v1/users/{user_id}/mfa/totp/verification/verify",
    ),
    _READ: (
        "POST /v1/wallets/address",
        "POST /v1/wallets/authenticate",
        "POST /v1/wallets/authenticate/intents",
        "POST /v1/wallets/import/init",
        "POST /v1/users/custom_auth/id",
        "POST /v1/users/discord/username",
        "POST /v1/users/email/address",
        "POST /v1/users/farcaster/fid",
        "POST /v1/users/github/username",
        "POST /v1/users/instagram/username",
        "POST /v1/users/phone/number",
        "POST /v1/users/search",
        "POST /v1/users/smart_wallet/address",
        "POST /v1/users/spotify/subject",
        "POST /v1/users/telegram/telegram_user_id",
        "POST /v1/users/telegram/username",
        "POST /v1/users/twitch/username",
        "POST /v1/users/twitter/subject",
        "POST /v1/users/twitter/username",
        "POST /v1/users/wallet/address",
        "POST /v1/deposit_accounts/crypto/quote",
        "POST /v1/kraken_embed/quotes",
    ),
}

_BY_TEMPLATE: Final = {key: accepts for accepts, keys in _TABLE.items() for key in keys}


@cache
def find_operation(name: str) -> Operation:
    """The operation of that name, such as "POST /v1/wallets/{wallet_id}/rpc"."""
    method, template = name.split()
    accepts = _READ if method == "GET" else _BY_TEMPLATE.get(name, _NOTHING)
    return Operation(name, method, template, tuple(re.findall(r"\{(\w+)\}", template)), accepts)


@lru_cache(maxsize=1024)
def accepted_by_path(method: str, path: str) -> Accepts:
    """Return what the operation takes, given a concrete path (`/v1/wallets/abc/rpc`)."""
    if method == "GET":
        return _READ
    exact = _BY_TEMPLATE.get(f"{method} {path}")
    if exact is not None:
        return exact
    segments = f"{method} {path}".split("/")
    matching = (accepts for key, accepts in _BY_TEMPLATE.items() if _matches(key, segments))
    return next(matching, _NOTHING)


def _matches(template: str, segments: list[str]) -> bool:
    wanted = template.split("/")
    return len(wanted) == len(segments) and all(
        want == have or want.startswith("{") for want, have in zip(wanted, segments, strict=True)
    )
