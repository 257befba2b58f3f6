"""A user's token for that user's time-bound key, sealed on its way.

https://docs.privy.io/api-reference/wallets/authenticate
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import attrs

from privy_async.authorization import check_user_jwt
from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.hpke import Sealed, open_sealed
from privy_async.json_types import is_array
from privy_async.p256 import AuthorizationKey
from privy_async.requester import Requester

PATH = "/v1/wallets/authenticate"


@attrs.frozen
class Exchanged:
    """What the token was exchanged for. `expires_at` is as Privy sent it."""

    key: AuthorizationKey
    expires_at: float
    wallets: Any


async def exchange(
    requester: Requester,
    user_jwt: str,
    options: Mapping[str, Any],
    *,
    read_wallets: Callable[[Any], Any],
) -> Exchanged:
    """Exchange a user's token; `read_wallets` makes what it likes of the wallets' JSON.

    Raises:
        APIError: Privy gives no key for it.
        DecryptionError: What came back is not sealed for us.
    """
    # A recipient key that lives for one exchange can leak no other one.
    recipient = AuthorizationKey.generate()
    return await requester.request(
        "POST",
        PATH,
        {},
        body={
            "user_jwt": check_user_jwt(user_jwt),
            "encryption_type": "HPKE",
            "recipient_public_key": recipient.public_key,
        },
        options=options,
        read=lambda data: _read(data, recipient, read_wallets),
    )


def _read(data: Any, recipient: AuthorizationKey, read_wallets: Callable[[Any], Any]) -> Exchanged:
    try:
        sealed = data["encrypted_authorization_key"]
        if sealed["encryption_type"] != "HPKE":
            raise ValueError(sealed["encryption_type"])
        sealed = Sealed(sealed["encapsulated_key"], sealed["ciphertext"])
        expires_at = float(data["expires_at"])
        if not (isfinite(expires_at) and is_array(data["wallets"])):
            raise ValueError(expires_at)
    except (KeyError, TypeError, ValueError):
        raise APIResponseError("the answer holds no sealed user key", path="") from None
    plaintext = open_sealed(sealed, recipient.private_key)
    try:
        key = AuthorizationKey.parse(plaintext)
    except InvalidArgumentError:
        raise APIResponseError("what the answer seals is no P-256 private key") from None
    return Exchanged(key, expires_at, read_wallets(data["wallets"]))
