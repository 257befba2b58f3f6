"""HPKE (RFC 9180, base mode, one message) as Privy uses it for user keys, export and import.

Written on the primitives rather than on a library's HPKE, so that the sandbox checks the SDK's
implementation with another one, and because import allows additional authenticated data.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from privy_async.sandbox.keys.p256 import new_private_key
from privy_async.sandbox.requests.encoded_fields import absent, base64_bytes
from privy_async.sandbox.requests.fields import Fields, input_error

_VERSION: Final = b"HPKE-v1"
_KEM: Final = b"\x00\x10"  # DHKEM(P-256, HKDF-SHA256)
_KDF: Final = b"\x00\x01"  # HKDF-SHA256
_KEY_LENGTH: Final = 32
_NONCE_LENGTH: Final = 12
_SECRET_LENGTH: Final = 32


@attrs.frozen
class _Aead:
    cipher: type[ChaCha20Poly1305] | type[AESGCM]
    identifier: bytes


_DEFAULT_AEAD: Final = "CHACHA20_POLY1305"
_AEADS: Final[Mapping[str, _Aead]] = {
    _DEFAULT_AEAD: _Aead(ChaCha20Poly1305, b"\x00\x03"),
    "AES_GCM256": _Aead(AESGCM, b"\x00\x02"),
}


def parse_recipient(public_key: str) -> EllipticCurvePublicKey:
    """Read a P-256 public key: base64 SPKI DER, base64 of the raw 65-byte point, or PEM.

    Line breaks in the base64 are ignored, as Privy's own examples have some.

    Raises:
        Refusal: 400 if it is none of these.
    """
    try:
        key = _load_public_key(public_key)
    except ValueError:
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        problem = "Expected a P-256 public key: base64 of SPKI DER or of the raw point, or PEM"
        raise input_error("recipient_public_key", problem)
    return key


def seal(
    plaintext: bytes, recipient_public_key: str, random_bytes: Callable[[int], bytes]
) -> dict[str, str]:
    """Encrypt to a recipient with ChaCha20-Poly1305, empty info and no additional data.

    Returns:
        `encryption_type` "HPKE", `encapsulated_key` (base64 of the raw point) and `ciphertext`
        (base64).

    Raises:
        Refusal: 400 if the recipient's key cannot be read.
    """
    recipient = parse_recipient(recipient_public_key)
    ephemeral = new_private_key(random_bytes)
    encapsulated = _point(ephemeral.public_key())
    shared = _shared_secret(ephemeral.exchange(ECDH(), recipient), encapsulated, _point(recipient))
    aead = _AEADS[_DEFAULT_AEAD]
    key, nonce = _key_schedule(shared, aead, info=b"")
    return {
        "encryption_type": "HPKE",
        "encapsulated_key": b64encode(encapsulated).decode(),
        "ciphertext": b64encode(aead.cipher(key).encrypt(nonce, plaintext, None)).decode(),
    }


def unseal(
    encapsulated_key: str,
    ciphertext: str,
    private_key: EllipticCurvePrivateKey,
    *,
    config: Mapping[str, object] | None = None,
) -> bytes:
    """Decrypt what was sealed to `private_key`.

    Args:
        encapsulated_key: Base64 of the raw 65-byte point.
        ciphertext: Base64.
        config: The request's `hpke_config`: `aead_algorithm` ("CHACHA20_POLY1305" if left out, or
            "AES_GCM256"), `info` and `aad` (base64, empty if left out).

    Raises:
        Refusal: 400 on anything wrong.
    """
    sealed = Fields({"encapsulated_key": encapsulated_key, "ciphertext": ciphertext}, "")
    settings = Fields({} if config is None else config, "hpke_config")
    aead, info, aad = _read_config(settings)
    encapsulated = base64_bytes(sealed, "encapsulated_key")
    try:
        sender = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), encapsulated)
        shared_point = private_key.exchange(ECDH(), sender)
    except ValueError:
        raise input_error("encapsulated_key", "Expected a point of P-256") from None
    shared = _shared_secret(shared_point, _point(sender), _point(private_key.public_key()))
    key, nonce = _key_schedule(shared, aead, info=info)
    try:
        return aead.cipher(key).decrypt(nonce, base64_bytes(sealed, "ciphertext"), aad)
    except InvalidTag:
        raise input_error("ciphertext", "Cannot be decrypted") from None


def _load_public_key(text: str) -> object:
    if text.lstrip().startswith("-----BEGIN"):
        return load_pem_public_key(text.encode())
    fields = Fields({"recipient_public_key": "".join(text.split())}, "")
    data = base64_bytes(fields, "recipient_public_key")
    if len(data) == 65:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)
    return load_der_public_key(data)


def _read_config(settings: Fields) -> tuple[_Aead, bytes, bytes]:
    algorithm = _DEFAULT_AEAD
    if not absent(settings, "aead_algorithm"):
        algorithm = settings.choice("aead_algorithm", tuple(_AEADS))
    info, aad = (
        b"" if absent(settings, name) else base64_bytes(settings, name) for name in ("info", "aad")
    )
    return _AEADS[algorithm], info, aad


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _shared_secret(exchanged: bytes, encapsulated: bytes, recipient: bytes) -> bytes:
    """ExtractAndExpand of RFC 9180, section 4.1."""
    suite = b"KEM" + _KEM
    extracted = _labeled_extract(suite, b"", b"eae_prk", exchanged)
    context = encapsulated + recipient
    return _labeled_expand(suite, extracted, b"shared_secret", context, _SECRET_LENGTH)


def _key_schedule(shared_secret: bytes, aead: _Aead, *, info: bytes) -> tuple[bytes, bytes]:
    """The key and the nonce of the first message (RFC 9180, section 5.1)."""
    suite = b"HPKE" + _KEM + _KDF + aead.identifier
    no_psk = _labeled_extract(suite, b"", b"psk_id_hash", b"")
    context = b"\x00" + no_psk + _labeled_extract(suite, b"", b"info_hash", info)
    secret = _labeled_extract(suite, shared_secret, b"secret", b"")
    key = _labeled_expand(suite, secret, b"key", context, _KEY_LENGTH)
    return key, _labeled_expand(suite, secret, b"base_nonce", context, _NONCE_LENGTH)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, key_material: bytes) -> bytes:
    return hmac.digest(salt, _VERSION + suite + label + key_material, "sha256")


def _labeled_expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand; one block is enough, as nothing here is longer than 32 bytes."""
    labeled = length.to_bytes(2) + _VERSION + suite + label + info
    return hmac.digest(key, labeled + b"\x01", "sha256")[:length]
