"""Checks of the tokens that Privy issues to users: who sends this request to your server?

https://docs.privy.io/authentication/user-authentication/access-tokens
https://docs.privy.io/user-management/users/identity-tokens
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from privy_async.errors import APIResponseError, InvalidArgumentError, InvalidTokenError
from privy_async.json_types import is_array, is_object
from privy_async.resources.resource import Resource
from privy_async.resources.users.values import User
from privy_async.sending.requester import Requester
from privy_async.values import decode
from privy_async.verification.token_keys import Keys, TokenKeys, read_keys

ISSUER: Final = "privy.io"
KEYS_PATH: Final = "/v1/apps/{app_id}/jwks.json"

TokenRefusal: TypeAlias = Literal[
    "malformed",
    "wrong_type",
    "wrong_algorithm",
    "unknown_key",
    "wrong_signature",
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "wrong_claim",
]
_MESSAGES: Final[Mapping[TokenRefusal, str]] = {
    "malformed": "the token is no JWT that can be read",
    "wrong_type": "the token's header has not the typ JWT",
    "wrong_algorithm": "the token's header names another algorithm than ES256",
    "unknown_key": "the token's key id is not one of this app's keys: is it another app's token?",
    "wrong_signature": "the token's signature is wrong",
    "expired": "the token has expired: the user's client must get a new one",
    "not_yet_valid": "the token is not valid yet: check this server's clock",
    "wrong_issuer": f"the token was not issued by {ISSUER}",
    "wrong_audience": "the token was issued for another app",
    "wrong_claim": "the token's claim {claim} is missing or cannot be read: is it {other}?",
}
_BY_ERROR: Final[Mapping[type[Exception], TokenRefusal]] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not_yet_valid",
    jwt.InvalidIssuerError: "wrong_issuer",
    jwt.InvalidAudienceError: "wrong_audience",
    jwt.InvalidSignatureError: "wrong_signature",
}


@attrs.frozen(kw_only=True)
class AccessToken:
    """What a valid access token says. Times are Unix seconds."""

    app_id: str
    issuer: str
    issued_at: int
    expiration: int
    session_id: str
    user_id: str


class Tokens(Resource):
    """Reached as `privy.tokens`. The keys it fetches serve derived clients too."""

    def __init__(self, requester: Requester, keys: TokenKeys) -> None:
        super().__init__(requester)
        self._keys = keys

    async def verify_access_token(
        self, token: str, *, leeway: float = 0, verification_key: str | bytes | None = None
    ) -> AccessToken:
        """Check an access token, and return whose it is.

        Privy is not asked about the user, so this does not see a freeze (`users.freeze`): tokens
        from before pass until they expire. Where that matters, look at `User.frozen_at`.

        Args:
            token: From the header `Authorization` (with or without "Bearer ") or the cookie
                `privy-token`.
            leeway: Seconds that this server's clock may be wrong.
            verification_key: The app's key from Privy's dashboard, as PEM, so that nothing is
                fetched; but a new key then needs a new configuration.

        Raises:
            InvalidTokenError: The token is refused.
            APIError: Privy's keys cannot be fetched, so nothing is known about the token.
        """
        claims = await self._verify(token, leeway, verification_key, other="an identity token")
        return AccessToken(
            app_id=self._requester.settings.app_id,
            issuer=ISSUER,
            issued_at=claims.time("iat"),
            expiration=claims.time("exp"),
            session_id=claims.text("sid"),
            user_id=claims.text("sub"),
        )

    async def verify_identity_token(
        self, token: str, *, leeway: float = 0, verification_key: str | bytes | None = None
    ) -> User:
        """Check an identity token, and return the user it describes; nobody else is asked.

        It leaves out much of the user: what its accounts do not tell is None, `mfa_methods` is
        empty, `has_accepted_terms` False, and `created_at` 0 where it is missing. The arguments
        and errors are those of `verify_access_token`.
        """
        claims = await self._verify(token, leeway, verification_key, other="an access token")
        created_at = claims.values.get("cr", 0)
        if not str(created_at).isdecimal():
            raise claims.refuse("cr")
        user = {
            "id": claims.text("sub"),
            "created_at": int(created_at),
            "is_guest": claims.values.get("guest") == "t",
            "linked_accounts": [_read_account(account) for account in claims.accounts()],
            "custom_metadata": claims.metadata(),
        }
        try:
            return decode(User, user)
        except APIResponseError as error:
            raise claims.refuse(error.path) from None

    async def _verify(
        self, token: str, leeway: float, verification_key: str | bytes | None, *, other: str
    ) -> "_Claims":
        if not (isinstance(leeway, int | float) and 0 <= leeway < math.inf):
            raise InvalidArgumentError("leeway", "expected a number of seconds, 0 or more")
        token = _without_scheme(token)
        key_id = _read_header(token)
        if verification_key is not None:
            key: EllipticCurvePublicKey | None = _read_pem(verification_key)
        else:
            key = await self._keys.find(key_id, self._fetch)
        if key is None:
            raise _refusal("unknown_key")
        app_id = self._requester.settings.app_id
        return _Claims(_read_claims(token, key, app_id, leeway), other)

    async def _fetch(self) -> Keys:
        arguments: dict[str, Any] = {"app_id": self._requester.settings.app_id, "options": {}}
        return await self._send(f"GET {KEYS_PATH}", arguments, read_keys)


@attrs.frozen
class _Claims:
    """The claims of a token whose signature is right; `other` is what else it may be."""

    values: Mapping[str, Any] = attrs.field(repr=False)
    other: str

    def refuse(self, claim: str) -> InvalidTokenError:
        return _refusal("wrong_claim", claim=claim, other=self.other)

    def text(self, claim: str) -> str:
        value = self.values.get(claim)
        if isinstance(value, str) and value:
            return value
        raise self.refuse(claim)

    def time(self, claim: str) -> int:
        value = self.values.get(claim)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return int(value)
        raise self.refuse(claim)

    def accounts(self) -> list[Mapping[str, Any]]:
        accounts = self._json("linked_accounts")
        if is_array(accounts) and all(map(is_object, accounts)):
            return list(accounts)
        raise self.refuse("linked_accounts")

    def metadata(self) -> Mapping[str, Any] | None:
        metadata = self._json("custom_metadata")
        if metadata is None or is_object(metadata):
            return metadata
        raise self.refuse("custom_metadata")

    def _json(self, claim: str) -> object:
        """A claim that is JSON within the JSON of the token."""
        value = self.values.get(claim)
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            raise self.refuse(claim) from None


def _refusal(reason: TokenRefusal, **details: str) -> InvalidTokenError:
    return InvalidTokenError(_MESSAGES[reason].format(**details), reason=reason)


def _without_scheme(token: object) -> str:
    if not isinstance(token, str):
        raise InvalidArgumentError("token", "expected a str")
    scheme, _, rest = token.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else token.strip()


def _read_header(token: str) -> str | None:
    """The key id of a token that names the one type and algorithm, before any key is chosen."""
    if token.count(".") != 2:
        # Before version 2.14, PyJWT takes further parts for ones of the signature.
        raise _refusal("malformed")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _refusal("malformed") from None
    if "crit" in header:
        # These name extensions that must be understood, and there are none (RFC 7515 4.1.11).
        raise _refusal("malformed")
    if str(header.get("typ")).upper() != "JWT":
        raise _refusal("wrong_type")
    if header.get("alg") != "ES256":
        raise _refusal("wrong_algorithm")
    return header.get("kid")


def _read_claims(
    token: str, key: EllipticCurvePublicKey, app_id: str, leeway: float
) -> Mapping[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=["ES256"],
            audience=app_id,
            issuer=ISSUER,
            leeway=leeway,
            # What is not checked is read later. A clock that lags by a second must not refuse a
            # token that was issued just now, so nothing is asked of `iat`.
            options={
                "require": ["exp", "iss", "aud"],
                "verify_iat": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.MissingRequiredClaimError as error:
        raise _refusal("wrong_claim", claim=error.claim, other="another issuer's token") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _refusal(_BY_ERROR.get(type(error), "malformed")) from None


def _read_pem(pem: str | bytes) -> EllipticCurvePublicKey:
    try:
        # Keys kept in environment variables often come with their line breaks written as \n.
        text = pem.replace("\\n", "\n").encode() if isinstance(pem, str) else pem
        key = load_pem_public_key(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise InvalidArgumentError("verification_key", "expected the PEM of a P-256 public key")


# Identity tokens go into cookies, so their accounts have short names, and lack the obvious.
_LONG_NAMES: Final = {
    "lv": "verified_at",
    "oa": "owner_address",
    "pfp": "profile_picture_url",
    "phone_number": "phoneNumber",
}
_EMBEDDED: Final = {"wallet_client": "privy", "connector_type": "embedded"}


def _read_account(compact: Mapping[str, Any]) -> dict[str, Any]:
    """A linked account of an identity token as the API has it."""
    account = {_LONG_NAMES.get(name, name): value for name, value in compact.items()}
    account["latest_verified_at"] = account.get("verified_at")
    kind = account.get("type")
    if kind == "wallet" and account.get("wallet_client_type") == "privy":
        recovery_method = "privy-v2" if account.get("id") else "privy"
        return {**_EMBEDDED, "recovery_method": recovery_method, **account}
    if kind == "wallet":
        return {"wallet_client": "unknown", **account}
    if kind == "passkey":
        return {"enrolled_in_mfa": False, **account}
    if kind == "twitter_oauth":
        account["profile_picture_url"] = _picture_url(account.get("profile_picture_url"))
    return account


def _picture_url(picture: object) -> str | None:
    """The address of a Twitter picture, of which the token may hold but the end."""
    if not isinstance(picture, str) or not picture:
        return None
    if picture.startswith("default"):
        return f"https://abs.twimg.com/sticky/default_profile_images/{picture}"
    if picture.startswith("https://"):
        return picture
    return f"https://pbs.twimg.com/profile_images/{picture}"
