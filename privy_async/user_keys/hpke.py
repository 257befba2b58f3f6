"""Privy's one HPKE suite (RFC 9180): how a user's key, an export or an import is sealed.

Base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, empty info, no
additional data, one message
(https://docs.privy.io/controls/authorization-keys/keys/create/user/request).
"""

from base64 import b64decode, b64encode
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_der_public_key

from privy_async.errors import DecryptionError, InvalidArgumentError

_SUITE: Final = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
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
    sealed = _SUITE.encrypt(plaintext, _load_public_key(recipient_public_key))
    return Sealed(
        encapsulated_key=b64encode(sealed[:_POINT_LENGTH]).decode(),
        ciphertext=b64encode(sealed[_POINT_LENGTH:]).decode(),
    )


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
        return _SUITE.decrypt(encapsulated_key + ciphertext, private_key)
    except (TypeError, ValueError, InvalidTag):
        raise DecryptionError(
            "the sealed key cannot be opened: it is damaged, or sealed for another key"
        ) from None


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
