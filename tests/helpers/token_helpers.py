"""Tokens such as Privy issues, and keys to sign them with."""

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

APP_ID = "test-app-id"
KEY, SECOND, STRANGE = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
USER_ID = "did:privy:u"


def pem_of(key: Any) -> str:
    """A public key as the dashboard shows it."""
    encoded: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return encoded.decode()


PEM = pem_of(KEY)


def jwk(key: ec.EllipticCurvePrivateKey, key_id: str | None = None, **more: str) -> dict[str, Any]:
    """A key as Privy publishes it."""
    named = {} if key_id is None else {"kid": key_id}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), **named, **more}


def token(
    claims: dict[str, Any] | None = None,
    *,
    key: Any = KEY,
    algorithm: str = "ES256",
    **header: Any,
) -> str:
    """An access token that is valid, but for the changes; a claim that is None is left out."""
    now = int(time.time())
    usual = {
        "iss": "privy.io",
        "aud": APP_ID,
        "sub": USER_ID,
        "sid": "s1",
        "iat": now,
        "exp": now + 60,
    }
    changed = {name: item for name, item in {**usual, **(claims or {})}.items() if item is not None}
    return jwt.encode(changed, key, algorithm=algorithm, headers=header)


def signed(payload: bytes) -> str:
    """Whatever it is as the payload of a token that Privy signed."""
    return jwt.api_jws.encode(payload, KEY, "ES256", {"typ": "JWT"})


def identity(claims: dict[str, Any] | None = None) -> str:
    """An identity token."""
    return token({"sid": None, "linked_accounts": "[]", "cr": "1700000000", **(claims or {})})


def with_header(**header: Any) -> str:
    """A valid token under a header that PyJWT would not write."""
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{encoded}.{token().split('.', 1)[1]}"


def with_other_claims(**claims: str) -> str:
    """A valid token whose claims were changed after it was signed."""
    (header, _, signature), (_, changed, _) = token().split("."), token(claims).split(".")
    return f"{header}.{changed}.{signature}"
