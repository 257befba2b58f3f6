"""A user's token for that user's time-bound key, sealed on its way.

https://docs.privy.io/api-reference/wallets/authenticate
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any, Final

import attrs

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.json_types import is_array, is_object
from privy_async.sending.requester import Requester
from privy_async.sending.settings import Settings
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import Exchange, UserKey, expiry_seconds

PATH: Final = "/v1/wallets/authenticate"
# Privy's pages say that the MFA token goes along with the user's, and its newest SDK does it, but
# nobody here has seen the field's name: it is assumed. If Privy calls it otherwise, change it here.
MFA_TOKEN_FIELD: Final = "mfa_token"


@attrs.frozen(eq=False, repr=False)
class Exchanged:
    """The key that a token was exchanged for. `expires_at` is as Privy sent it.

    `intent_ids` are the intents to which the key is bound, if it is.
    """

    key: AuthorizationKey
    expires_at: float
    wallets: Any
    intent_ids: tuple[str, ...]


async def exchange(
    requester: Requester,
    user: UserAuth,
    options: Mapping[str, Any],
    *,
    read_wallets: Callable[[Any], Any],
    intent_ids: Sequence[str] = (),
) -> Exchanged:
    """Exchange a user's token.

    Args:
        requester: What it is sent through.
        user: The user's token, and maybe an MFA token.
        options: Those of the call.
        read_wallets: Makes what it likes of the wallets' JSON.
        intent_ids: If there are any, the key can authorize these intents and nothing else.

    Raises:
        APIError: Privy gives no key for it; MfaRequiredError if the MFA token is too old.
        DecryptionError: What came back is not sealed for us.
    """
    # A recipient key that lives for one exchange can leak no other one.
    recipient = AuthorizationKey.generate()
    return await requester.request(
        f"POST {PATH}/intents" if intent_ids else f"POST {PATH}",
        {},
        # No local variable holds it: it has the tokens.
        body={**exchange_body(user, recipient.public_key), **_bindings(intent_ids)},
        options=options,
        read=lambda data: _read(data, recipient, read_wallets),
    )


def exchange_body(user: UserAuth, recipient_public_key: str) -> dict[str, Any]:
    """Return the body of an exchange: the user's tokens, and the key to seal the user's key for."""
    body = {
        "user_jwt": user.user_jwt,
        "encryption_type": "HPKE",
        "recipient_public_key": recipient_public_key,
    }
    return body if user.mfa_token is None else {**body, MFA_TOKEN_FIELD: user.mfa_token}


def _bindings(intent_ids: Sequence[str]) -> dict[str, Any]:
    bindings = [{"type": "intent", "intentId": each} for each in intent_ids]
    return {"bindings": bindings} if bindings else {}


def _read(data: Any, recipient: AuthorizationKey, read_wallets: Callable[[Any], Any]) -> Exchanged:
    # Loaded here, since an app that signs with its own keys alone does not need it.
    from privy_async.user_keys.hpke import Sealed, open_sealed

    try:
        sealed = data["encrypted_authorization_key"]
        if sealed["encryption_type"] != "HPKE":
            raise ValueError(sealed["encryption_type"])
        sealed = Sealed(sealed["encapsulated_key"], sealed["ciphertext"])
        expires_at = float(data["expires_at"])
        if not (isfinite(expires_at) and is_array(data["wallets"])):
            raise ValueError(expires_at)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise APIResponseError("the answer holds no sealed user key", path="") from None
    plaintext = open_sealed(sealed, recipient.private_key)
    try:
        key = AuthorizationKey.parse(plaintext)
    except InvalidArgumentError:
        raise APIResponseError("what the answer seals is no P-256 private key") from None
    return Exchanged(key, expires_at, read_wallets(data["wallets"]), _bound_intents(data))


def _bound_intents(data: Mapping[str, Any]) -> tuple[str, ...]:
    bindings: object = data.get("bindings")
    ids = (
        [each.get("intentId") for each in bindings if is_object(each)] if is_array(bindings) else []
    )
    return tuple(intent_id for intent_id in ids if isinstance(intent_id, str))


def exchange_with(settings: Settings, transport: Transport) -> Exchange:
    """Return what asks for users' keys. It holds no client, so one that is dropped goes at once."""
    return partial(_exchange_user_key, settings, transport)


async def _exchange_user_key(settings: Settings, transport: Transport, user: UserAuth) -> UserKey:
    requester = Requester(settings, transport, None)
    exchanged = await exchange(requester, user, {}, read_wallets=lambda wallets: None)
    return UserKey(
        key=exchanged.key,
        issued_at=settings.clock.now(),
        expires_at=expiry_seconds(exchanged.expires_at),
    )
