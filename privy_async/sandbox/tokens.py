"""User tokens: checking them against the registered keys, and issuing the sandbox's own.

Source: https://docs.privy.io/authentication/user-authentication/jwt-based-auth/setup
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import aiohttp
import attrs
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_decode

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.keys.p256 import new_private_key
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.json_text import parse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.token_diagnosis import (
    NOT_A_TOKEN,
    RefusedToken,
    audiences_of,
    diagnose_token,
)

PRIVY_ISSUER: Final = "privy.io"
_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_FETCH_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
_PEM_START: Final = "-----BEGIN"
_JWKS_LIFETIME: Final = 60.0
_UNKNOWN_KEY_PAUSE: Final = 1.0

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


@attrs.frozen
class VerificationKey:
    """A key that user tokens may be signed with, and the key id if it has one."""

    key: PublicKey
    key_id: str | None = None

    @property
    def algorithm(self) -> str:
        """The one JWT algorithm it is used with; symmetric ones are never accepted."""
        if isinstance(self.key, RSAPublicKey):
            return "RS256"
        return "EdDSA" if isinstance(self.key, Ed25519PublicKey) else "ES256"


@attrs.frozen
class FixedKeys:
    """Keys that were given as such."""

    keys: tuple[VerificationKey, ...]

    async def refresh(self, key_id: str | None) -> None:
        """Do nothing."""


@attrs.define
class FetchedKeys:
    """A JWKS behind a URL: kept 60 s, or 1 s if it lacks the key that is asked for."""

    url: str
    clock: SandboxClock
    keys: tuple[VerificationKey, ...] = ()
    _fetched_at: float | None = None

    async def refresh(self, key_id: str | None) -> None:
        """Fetch the keys again if they are old. A failure leaves no key and is logged."""
        known = key_id is None or any(key.key_id == key_id for key in self.keys)
        lifetime = _JWKS_LIFETIME if known else _UNKNOWN_KEY_PAUSE
        if self._fetched_at is not None and self.clock.now() < self._fetched_at + lifetime:
            return
        try:
            self.keys = tuple(_jwks_keys(await self._fetch()))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.keys = ()
            _LOGGER.warning("cannot fetch the JWKS at %s: %r", self.url, error)
        self._fetched_at = self.clock.now()

    async def _fetch(self) -> object:
        async with (
            aiohttp.ClientSession(timeout=_FETCH_TIMEOUT, raise_for_status=True) as session,
            session.get(self.url) as response,
        ):
            return parse(await response.read())


KeySource = FixedKeys | FetchedKeys


def key_source(auth_key: str, clock: SandboxClock) -> KeySource:
    """Read a registered key: PEM text, the path of a PEM or JWKS file, or the URL of a JWKS.

    Raises:
        ValueError: If there is no usable key in it.
    """
    if auth_key.startswith(("http://", "https://")):
        return FetchedKeys(auth_key, clock)
    if _PEM_START in auth_key:
        return FixedKeys((_pem_key(auth_key, "the PEM text"),))
    try:
        text = Path(auth_key).read_text()
    except OSError as error:
        raise ValueError(f"cannot read the key file {auth_key}: {error.strerror}") from None
    if _PEM_START in text:
        return FixedKeys((_pem_key(text, auth_key),))
    return FixedKeys(_jwks_file_keys(text, auth_key))


@attrs.frozen
class VerifiedToken:
    """The user id a valid token names, and whether the sandbox itself issued the token."""

    subject: str
    by_sandbox: bool


@attrs.frozen(kw_only=True)
class TokenVerifier:
    """The app's settings for user tokens.

    Attributes:
        app_id: The audience of the tokens of Privy's own log-in.
        issuer: Returns the sandbox as an issuer, whose keys are always accepted.
        sources: The registered keys.
        audiences: One of these must be in `aud`; empty accepts any.
    """

    app_id: str
    issuer: Callable[[], "Issuer"]
    sources: tuple[KeySource, ...]
    user_id_claim: str
    audiences: tuple[str, ...]
    clock: SandboxClock

    async def refresh(self, token: str) -> None:
        """Fetch the keys behind URLs, if they are needed for this token."""
        key_id = _header(token).get("kid")
        await asyncio.gather(*(source.refresh(key_id) for source in self.sources))

    def verify(self, token: str) -> VerifiedToken:
        """Check signature, expiry and audience.

        Raises:
            Refusal: 400 if any of it is wrong; Privy does not say which.
        """
        if not _is_shallow(token):
            raise _invalid_token(NOT_A_TOKEN)
        own = self.issuer().keys
        for source in (own, *self.sources):
            for claims in self._claims(token, source.keys):
                by_sandbox = source is own
                subject = self._subject(claims, by_sandbox)
                if self._is_current(claims) and isinstance(subject, str) and subject:
                    return VerifiedToken(subject, by_sandbox)
        raise _invalid_token(self._diagnose(token))

    def _diagnose(self, token: str) -> Diagnosis:
        """Say why a token is refused."""
        own = self.issuer().keys
        signing = [each for each in (own, *self.sources) if any(self._claims(token, each.keys))]
        keys = [key for each in (own, *self.sources) for key in each.keys]
        return diagnose_token(
            RefusedToken(
                header=_part(token, 0),
                claims=_part(token, 1),
                signed_by=("sandbox" if signing[0] is own else "registered") if signing else None,
                key_ids=[key.key_id for key in keys],
                app_id=self.app_id,
                audiences=self.audiences,
                user_id_claim=self.user_id_claim,
                now=self.clock.now(),
            )
        )

    def _claims(self, token: str, keys: Iterable[VerificationKey]) -> Iterator[Mapping[str, Any]]:
        header = _header(token)
        for key in keys:
            if key.key_id is not None and header.get("kid") not in (None, key.key_id):
                continue
            try:
                yield jwt.decode(
                    token,
                    key.key,
                    algorithms=[key.algorithm],
                    options={
                        "require": ["exp"],
                        # Audiences and, against a clock that tests may set, times are checked here.
                        "verify_aud": False,
                        "verify_exp": False,
                        "verify_nbf": False,
                        "verify_iat": False,
                    },
                )
            except jwt.InvalidTokenError:
                continue

    def _subject(self, claims: Mapping[str, Any], by_sandbox: bool) -> object:
        """The claim that names the user, if the token is for this app."""
        if by_sandbox and claims.get("iss") == PRIVY_ISSUER:
            # Identity tokens, which have no session, are not for signing in the user's name.
            is_access_token = isinstance(claims.get("sid"), str)
            ours = is_access_token and claims.get("aud") == self.app_id
            return claims.get("sub") if ours else None
        if self.audiences and not any(each in self.audiences for each in audiences_of(claims)):
            return None
        return claims.get(self.user_id_claim)

    def _is_current(self, claims: Mapping[str, Any]) -> bool:
        expires, valid_from = claims["exp"], claims.get("nbf", 0)
        if not isinstance(expires, int | float) or not isinstance(valid_from, int | float):
            return False
        return valid_from <= self.clock.now() < expires


@attrs.frozen
class Issuer:
    """The sandbox as an OpenID provider, with one ES256 key."""

    key_id: str
    _private_key: EllipticCurvePrivateKey = attrs.field(repr=False)

    @classmethod
    def new(cls, clock: SandboxClock) -> "Issuer":
        """Make one with a key of its own."""
        return cls(clock.random_bytes(16).hex(), new_private_key(clock.random_bytes))

    @property
    def keys(self) -> FixedKeys:
        """The keys its tokens are checked with."""
        return FixedKeys((VerificationKey(self._private_key.public_key(), self.key_id),))

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        key = ECAlgorithm.to_jwk(self._private_key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "alg": "ES256", "use": "sig"}]}

    def issue(self, claims: Mapping[str, Any]) -> str:
        """Sign a token with these claims."""
        return jwt.encode(
            dict(claims), self._private_key, algorithm="ES256", headers={"kid": self.key_id}
        )


def _invalid_token(diagnosis: Diagnosis) -> Refusal:
    return Refusal(400, "Invalid JWT token provided", "invalid_data", diagnosis)


def _part(token: str, number: int) -> Mapping[str, Any] | None:
    """The JSON object in a part of a token that is shallow; None if it is none."""
    try:
        content = parse(base64url_decode(token.split(".")[number]))
    except (ValueError, IndexError):
        return None
    return cast("Mapping[str, Any]", content) if isinstance(content, dict) else None


def _is_shallow(token: str) -> bool:
    """True if PyJWT can parse the token, which does not look how deep the JSON in it is."""
    try:
        for part in token.split(".")[:2]:
            parse(base64url_decode(part))
    except ValueError:
        return False
    return True


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token) if _is_shallow(token) else {}
    except jwt.InvalidTokenError:
        return {}


def _pem_key(text: str, source: str) -> VerificationKey:
    # Keys kept in environment variables often come with their line breaks written as \n.
    pem = text.replace("\\n", "\n").encode()
    try:
        return _verification_key(load_pem_public_key(pem), None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{source} is no public key to verify tokens with: {error}") from None


def _jwks_file_keys(text: str, source: str) -> tuple[VerificationKey, ...]:
    try:
        keys = tuple(_jwks_keys(parse(text)))
    except ValueError:
        keys = ()
    if not keys:
        raise ValueError(f"{source} is neither PEM nor a JWKS with an RS256, ES256 or EdDSA key")
    return keys


def _jwks_keys(document: Any) -> Iterator[VerificationKey]:
    """The usable keys of a JWKS; others, such as encryption keys, are passed over."""
    try:
        entries: list[Any] = list(document["keys"])
    except (TypeError, KeyError):
        return
    for entry in entries:
        try:
            jwk = jwt.PyJWK(entry)
            yield _verification_key(jwk.key, jwk.key_id)
        except (jwt.PyJWTError, ValueError, AttributeError):
            continue


def _verification_key(key: object, key_id: str | None) -> VerificationKey:
    if isinstance(key, EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise ValueError("the elliptic curve key is not P-256")
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        raise ValueError("not an RSA, P-256 or Ed25519 public key")
    return VerificationKey(key, key_id)
