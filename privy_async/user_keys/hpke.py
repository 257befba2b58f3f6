"""Privy's one HPKE suite (RFC 9180): how a user's key, an export or an import is sealed.

Base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, empty info, no
additional data, one message
(https://docs.privy.io/controls/authorization-keys/keys/create/user/request).

It is written on ECDH, HMAC and the cipher, since cryptography has HPKE itself only from version
47 on, which Privy's own SDK does not take.
"""

import hmac
from base64 import b64decode, b64encode
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from privy_async.errors import DecryptionError, InvalidArgumentError

# RFC 9180, sections 4.1 and 5.1: the ids of the KEM, and of KEM, KDF and AEAD.
_KEM: Final = b"KEM\x00\x10"
_SUITE: Final = b"HPKE\x00\x10\x00\x01\x00\x03"
_POINT_LENGTH: Final = 65


@attrs.frozen
class Sealed:
    """A sealed message: the base64 uncompressed point, and the base64 ciphertext with its tag."""

    encapsulated_key: str
    ciphertext: str


def seal(plaintext: bytes, recipient_public_key: str) -> Sealed:
    """Seal `plaintext` so that only the recipient opens it.

    Args:
        plaintext: The message.
        recipient_public_key: Base64 of a P-256 key: SPKI DER, or the raw uncompressed point.

    Raises:
        InvalidArgumentError: The public key cannot be read.
    """
    recipient = _load_public_key(recipient_public_key)
    encapsulated_key, ciphertext = encrypt(plaintext, recipient, generate_private_key(SECP256R1()))
    return Sealed(b64encode(encapsulated_key).decode(), b64encode(ciphertext).decode())


def open_sealed(sealed: Sealed, private_key: EllipticCurvePrivateKey) -> bytes:
    """Open a sealed message.

    Raises:
        DecryptionError: It is damaged, or sealed for another key.
    """
    try:
        encapsulated_key = b64decode(sealed.encapsulated_key, validate=True)
        ciphertext = b64decode(sealed.ciphertext, validate=True)
        if len(encapsulated_key) != _POINT_LENGTH:
            raise DecryptionError("the encapsulated key is not a P-256 point of 65 bytes")
        return decrypt(encapsulated_key, ciphertext, private_key)
    except (TypeError, ValueError, InvalidTag):
        raise DecryptionError(
            "the sealed key cannot be opened: it is damaged, or sealed for another key"
        ) from None


# --- RFC 9180, in its own words


def encrypt(
    plaintext: bytes,
    recipient: EllipticCurvePublicKey,
    ephemeral: EllipticCurvePrivateKey,
    *,
    info: bytes = b"",
    aad: bytes = b"",
) -> tuple[bytes, bytes]:
    """Return the encapsulated key and the ciphertext: Encap, KeyScheduleS and Seal.

    Args:
        plaintext: The message.
        recipient: Whom it is sealed for.
        ephemeral: A new key, used for this message alone.
        info: What the message is for; both sides must know it.
        aad: Additional data that is authenticated with the message and not sent in it.
    """
    encapsulated_key = _point(ephemeral.public_key())
    shared = ephemeral.exchange(ECDH(), recipient)
    key, nonce = _key_schedule(shared, encapsulated_key + _point(recipient), info)
    return encapsulated_key, ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def decrypt(
    encapsulated_key: bytes,
    ciphertext: bytes,
    recipient: EllipticCurvePrivateKey,
    *,
    info: bytes = b"",
    aad: bytes = b"",
) -> bytes:
    """Return the plaintext: Decap, KeyScheduleR and Open.

    Raises:
        ValueError: The encapsulated key is no point of the curve.
        cryptography.exceptions.InvalidTag: It is damaged, or sealed for another key.
    """
    sender = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), encapsulated_key)
    shared = recipient.exchange(ECDH(), sender)
    kem_context = encapsulated_key + _point(recipient.public_key())
    key, nonce = _key_schedule(shared, kem_context, info)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, aad)


def _key_schedule(dh: bytes, kem_context: bytes, info: bytes) -> tuple[bytes, bytes]:
    """ExtractAndExpand (section 4.1), then the base mode's key and nonce (section 5.1)."""
    prk = _extract(_KEM, b"", b"eae_prk", dh)
    shared_secret = _expand(_KEM, prk, b"shared_secret", kem_context, 32)
    psk_id_hash = _extract(_SUITE, b"", b"psk_id_hash", b"")
    context = b"\x00" + psk_id_hash + _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared_secret, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, 32)
    return key, _expand(_SUITE, secret, b"base_nonce", context, 12)


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """LabeledExtract (section 4)."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (section 4), of lengths that one block of HKDF-Expand has."""
    labeled_info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled_info + b"\x01", "sha256")[:length]


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _load_public_key(public_key: str) -> EllipticCurvePublicKey:
    try:
        if not isinstance(public_key, str):
            raise ValueError("not text")
        data = b64decode("".join(public_key.split()), validate=True)
        if len(data) == _POINT_LENGTH:
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)
        loaded = load_der_public_key(data)
        if isinstance(loaded, EllipticCurvePublicKey) and isinstance(loaded.curve, SECP256R1):
            return loaded
    except ValueError:
        pass
    raise InvalidArgumentError(
        "recipient_public_key",
        "expected base64 of a P-256 public key, as SPKI DER or an uncompressed point of 65 bytes",
    )
