"""Checks of the tokens that Privy issues to users: who sends this request to your server?

https://docs.privy.io/authentication/user-authentication/access-tokens
https://docs.privy.io/user-management/users/identity-tokens
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from privy_async.errors import InvalidArgumentError, InvalidTokenError
from privy_async.json_types import is_array, is_object, parse_json
from privy_async.resources.resource import Resource
from privy_async.resources.users.values import User
from privy_async.sending.requester import Requester
from privy_async.signing.secret import hides_arguments
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
_LONGEST_TOKEN: Final = 65_536
_PARTS: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_LONGEST_LEEWAY: Final = 86_400 * 366
_YEAR_10000: Final = 253_402_300_800  # Beyond it no date can be written.
_signatures: Final = jwt.PyJWS(algorithms=["ES256"])


@attrs.frozen(kw_only=True)
class AccessToken:
    """The claims of a valid access token. Times are Unix seconds."""

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

    @hides_arguments
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

    @hides_arguments
    async def verify_identity_token(
        self, token: str, *, leeway: float = 0, verification_key: str | bytes | None = None
    ) -> User:
        """Check an identity token, and return the user it describes; nobody else is asked.

        It leaves out much of the user: what it and its accounts do not tell is None,
        `mfa_methods` is empty, and `has_accepted_terms` False. The arguments and errors are those
        of `verify_access_token`.
        """
        claims = await self._verify(token, leeway, verification_key, other="an access token")
        user = {
            "id": claims.text("sub"),
            "is_guest": claims.values.get("guest") == "t",
            "linked_accounts": [_read_account(account) for account in claims.accounts()],
            "custom_metadata": claims.metadata(),
            "created_at": claims.created_at(),
        }
        return decode(User, user)

    async def _verify(
        self, token: str, leeway: float, verification_key: str | bytes | None, *, other: str
    ) -> "_Claims":
        if not (isinstance(leeway, int | float) and 0 <= leeway <= _LONGEST_LEEWAY):
            raise InvalidArgumentError("leeway", "expected seconds, from 0 to a year")
        token = _without_scheme(token)
        key_id = _read_header(token)
        if verification_key is not None:
            key: EllipticCurvePublicKey | None = _read_pem(verification_key)
        else:
            key = await self._keys.find(key_id, self._fetch)
        if key is None:
            raise _refusal("unknown_key")
        claims = _Claims(_read_claims(token, key), other)
        claims.check(self._requester.settings.app_id, self._keys.clock.now(), leeway)
        return claims

    async def _fetch(self) -> Keys:
        arguments: dict[str, Any] = {"app_id": self._requester.settings.app_id, "options": {}}
        return await self._send(f"GET {KEYS_PATH}", arguments, read_keys)


@attrs.frozen
class _Claims:
    """The claims of a token whose signature is right; `other` is what else it may be."""

    values: Mapping[str, Any] = attrs.field(repr=False)
    other: str

    def check(self, app_id: str, now: float, leeway: float) -> None:
        """Refuse a token that is not for this app, or not now."""
        for claim in ("exp", "iss", "aud"):
            if self.values.get(claim) is None:
                raise _refusal("wrong_claim", claim=claim, other="another issuer's token")
        if self.time("exp") <= now - leeway:
            raise _refusal("expired")
        if "nbf" in self.values and self.time("nbf") > now + leeway:
            raise _refusal("not_yet_valid")
        if "iat" in self.values:
            # A clock that lags by a second must not refuse a token that was issued just now.
            self.time("iat")
        if self.values["iss"] != ISSUER:
            raise _refusal("wrong_issuer")
        audience: object = self.values["aud"]
        if app_id not in (audience if is_array(audience) else (audience,)):
            raise _refusal("wrong_audience")

    def refuse(self, claim: str) -> InvalidTokenError:
        return _refusal("wrong_claim", claim=claim, other=self.other)

    def text(self, claim: str) -> str:
        value = self.values.get(claim)
        if isinstance(value, str) and value:
            return value
        raise self.refuse(claim)

    def time(self, claim: str) -> int:
        value = self.values.get(claim)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(claim)
        if 0 <= value < _YEAR_10000:
            return int(value)
        raise self.refuse(claim)

    def created_at(self) -> int | None:
        value = self.values.get("cr")
        if value is None:
            return None
        digits = str(value)
        if isinstance(value, str | int) and digits.isdecimal() and len(digits) <= 12:
            return int(digits)
        raise self.refuse("cr")

    def accounts(self) -> list[Any]:
        accounts = self._json("linked_accounts")
        if is_array(accounts):
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
            return parse_json(value) if isinstance(value, str) else value
        except ValueError:
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
    if len(token) > _LONGEST_TOKEN or not _PARTS.fullmatch(token):
        raise _refusal("malformed")
    encoded = token.partition(".")[0]
    try:
        header = parse_json(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        raise _refusal("malformed") from None
    if not (is_object(header) and isinstance(header.get("kid"), str | None)):
        raise _refusal("malformed")
    if "crit" in header:
        # These name extensions that must be understood, and there are none (RFC 7515 4.1.11).
        raise _refusal("malformed")
    if str(header.get("typ")).upper() != "JWT":
        raise _refusal("wrong_type")
    if header.get("alg") != "ES256":
        raise _refusal("wrong_algorithm")
    return header.get("kid")


def _read_claims(token: str, key: EllipticCurvePublicKey) -> Mapping[str, Any]:
    """Return the claims that the key has signed, whatever they say."""
    try:
        signed = _signatures.decode_complete(token, key, algorithms=["ES256"])
        claims = parse_json(signed["payload"])
    except jwt.InvalidSignatureError:
        raise _refusal("wrong_signature") from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _refusal("malformed") from None
    if is_object(claims):
        return claims
    raise _refusal("malformed")


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


def _read_account(compact: object) -> object:
    """A linked account of an identity token as the API has it."""
    if not is_object(compact):
        return compact
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
