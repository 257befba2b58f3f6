"""Passkeys: what a browser is asked, and whether its answer is good.

Only ES256, and only by the fields that WebAuthn has parsed already: nothing is read from the
attestation object, which is CBOR and would tell of the authenticator alone.

Source: https://www.w3.org/TR/webauthn-3/, sections 5.8.1, 6.1, 7.1 and 7.2
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.sandbox.keys.p256 import parse_public_key
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.second_factors import MfaCeremony, Passkey
from privy_async.sandbox.records.users import User
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.json_text import parse

ES256: Final = -7
_TIMEOUT: Final = 60_000
_USER_PRESENT: Final = 0x01
_HEADER_LENGTH: Final = 37


def new_challenge(random_bytes: Callable[[int], bytes]) -> str:
    """Return a challenge for a passkey to sign, base64url of `random_bytes(n)`."""
    return _text(random_bytes(32))


def relying_party_of(fields: Fields) -> str:
    """The origin in the field `relying_party`, without a slash at its end."""
    origin = fields.string("relying_party").rstrip("/")
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise input_error(fields.at("relying_party"), "Invalid url")
    return origin


def creation_options(user: User, ceremony: MfaCeremony) -> Json:
    """Return the options of `navigator.credentials.create`."""
    rp_id = _rp_id(ceremony.relying_party)
    known = [each for each in user.second_factors if isinstance(each, Passkey)]
    return {
        "rp": {"id": rp_id, "name": rp_id},
        "user": {"id": _text(user.id.encode()), "name": user.id, "display_name": user.id},
        "challenge": ceremony.challenge,
        "pub_key_cred_params": [{"type": "public-key", "alg": ES256}],
        "timeout": _TIMEOUT,
        "exclude_credentials": _descriptors(known),
        "attestation": "none",
    }


def request_options(passkeys: Sequence[Passkey], ceremony: MfaCeremony) -> Json:
    """Return the options of `navigator.credentials.get`."""
    return {
        "challenge": ceremony.challenge,
        "timeout": _TIMEOUT,
        "rp_id": _rp_id(ceremony.relying_party),
        "allow_credentials": _descriptors(passkeys),
        "user_verification": "preferred",
    }


def created_passkey(credential: Fields, ceremony: MfaCeremony, now: int) -> Passkey | None:
    """The passkey that a browser has made; None if it is not what was asked for."""
    response = credential.object("response")
    response.string("attestation_object")
    algorithm = response.optional_integer("public_key_algorithm", minimum=-(2**31))
    if algorithm not in (None, ES256):
        raise input_error(response.at("public_key_algorithm"), f"Expected {ES256}, which is ES256")
    made = Passkey(
        verified_at=now,
        credential_id=credential.string("id"),
        public_key=_public_key(response),
        relying_party=ceremony.relying_party,
    )
    if not _asked_for(response, ceremony, "webauthn.create"):
        return None
    if not response.has("authenticator_data"):
        return made
    return _counted(made, _bytes(response, "authenticator_data"))


def used_passkey(
    credential: Fields, ceremony: MfaCeremony, passkeys: Sequence[Passkey]
) -> Passkey | None:
    """The passkey that has signed, with its new count; None if none has."""
    response = credential.object("response")
    data, signature = _bytes(response, "authenticator_data"), _bytes(response, "signature")
    client_data = _bytes(response, "client_data_json")
    named = credential.string("id")
    passkey = next((each for each in passkeys if each.credential_id == named), None)
    if passkey is None or not _asked_for(response, ceremony, "webauthn.get"):
        return None
    try:
        signed = data + hashlib.sha256(client_data).digest()
        passkey.public_key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return None
    return _counted(passkey, data)


def _asked_for(response: Fields, ceremony: MfaCeremony, kind: str) -> bool:
    """True if the browser was asked this, here and now (section 7.1, steps 7 to 9)."""
    try:
        told: Any = parse(_bytes(response, "client_data_json"))
        return (told["type"], told["challenge"].rstrip("="), told["origin"]) == (
            kind,
            ceremony.challenge,
            ceremony.relying_party,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise input_error(response.at("client_data_json"), "Not a client's data") from None


def _counted(passkey: Passkey, data: bytes) -> Passkey | None:
    """The passkey with its new count; None if the authenticator's data are not for it."""
    party = hashlib.sha256(_rp_id(passkey.relying_party).encode()).digest()
    count = int.from_bytes(data[33:_HEADER_LENGTH], "big")
    whole = len(data) >= _HEADER_LENGTH and data[:32] == party and data[32] & _USER_PRESENT
    if not whole or ((count or passkey.sign_count) and count <= passkey.sign_count):
        return None
    return attrs.evolve(passkey, sign_count=count)


def _public_key(response: Fields) -> EllipticCurvePublicKey:
    try:
        return parse_public_key(base64.b64encode(_bytes(response, "public_key")).decode())
    except ValueError:
        problem = "Expected a P-256 key of ES256"
        raise input_error(response.at("public_key"), problem) from None


def _descriptors(passkeys: Sequence[Passkey]) -> list[Json]:
    return [{"type": "public-key", "id": each.credential_id} for each in passkeys]


def _rp_id(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(fields: Fields, name: str) -> bytes:
    text = fields.string(name)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise input_error(fields.at(name), "Not base64url") from None
