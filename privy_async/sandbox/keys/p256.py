"""P-256 keys: new ones, and public keys in the forms Privy takes for owners and key quorums."""

import base64
from collections.abc import Callable
from typing import Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_private_key(random_bytes: Callable[[int], bytes]) -> EllipticCurvePrivateKey:
    """Make a key from `random_bytes(n)` (FIPS 186-5, A.2.1: 64 bits more than the order has)."""
    return derive_private_key(int.from_bytes(random_bytes(40)) % (_ORDER - 1) + 1, SECP256R1())


def parse_public_key(text: str) -> EllipticCurvePublicKey:
    """Read a P-256 key: base64 of its SPKI DER form, line breaks allowed, or PEM.

    Raises:
        ValueError: If it is anything else.
    """
    try:
        key = _load(text)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        raise ValueError("not a P-256 key")
    return key


def point_of(key: EllipticCurvePublicKey) -> bytes:
    """The uncompressed point, which tells whether two keys are the same."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _load(text: str) -> object:
    if text.lstrip().startswith("-----BEGIN"):
        return cast(object, load_pem_public_key(text.encode()))
    without_line_breaks = "".join(text.split())
    return cast(object, load_der_public_key(base64.b64decode(without_line_breaks, validate=True)))
