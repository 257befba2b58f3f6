"""Signing for every curve of a sandbox wallet: secp256k1 (ECDSA and Schnorr), Ed25519 and Stark.

For tests only: the arithmetic on Python integers does not run in constant time.
"""

import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Point = tuple[int, int]


@attrs.frozen
class WeierstrassCurve:
    """A curve y² = x³ + a·x + b over the integers modulo `prime`."""

    prime: int
    a: int
    order: int
    generator: Point

    def add(self, left: Point, right: Point) -> Point:
        """Add two points whose sum is not the point at infinity."""
        (x1, y1), (x2, y2) = left, right
        if left == right:
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.prime)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.prime)
        x = (slope * slope - x1 - x2) % self.prime
        return x, (slope * (x1 - x) - y1) % self.prime

    def multiply(self, scalar: int) -> Point:
        """Multiply the generator by a scalar from 1 to `order` - 1."""
        result: Point | None = None
        power = self.generator
        while scalar:
            if scalar & 1:
                result = power if result is None else self.add(result, power)
            power = self.add(power, power)
            scalar >>= 1
        assert result is not None, "the scalar is zero"
        return result


# SEC 2, section 2.4.1.
SECP256K1: Final = WeierstrassCurve(
    prime=2**256 - 2**32 - 977,
    a=0,
    order=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    generator=(
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)
# https://docs.starkware.co/starkex/crypto/stark-curve.html
STARK: Final = WeierstrassCurve(
    prime=2**251 + 17 * 2**192 + 1,
    a=1,
    order=0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F,
    generator=(
        0x1EF15C18599971B7BECED415A40F0C7DEACFD9B0D1819E03D723D8BC943CFCA,
        0x5668060AA49730B7BE4801DF46EC62DE53ECD11ABE43A32873000C36E8DC1F,
    ),
)
STARK_HASH_LIMIT: Final = 2**251


def secp256k1_public_key(secret: bytes) -> bytes:
    """The compressed public key, 33 bytes."""
    key = ec.derive_private_key(int.from_bytes(secret), ec.SECP256K1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def secp256k1_point(public_key: bytes) -> Point:
    """The point of a compressed public key."""
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key)
    return numbers.public_numbers().x, numbers.public_numbers().y


def secp256k1_sign(secret: bytes, digest: bytes) -> tuple[bytes, int]:
    """Sign a 32-byte digest with RFC 6979's nonce.

    Returns:
        r‖s of 64 bytes, with s in the lower half of the order, and the parity of R's y.
    """
    order = SECP256K1.order
    key, message = int.from_bytes(secret), int.from_bytes(digest)
    nonce = next(_nonces(key, message, order))
    x, y = _secp256k1_multiply(nonce)
    r = x % order
    s = pow(nonce, -1, order) * (message + r * key) % order
    parity = y & 1
    if s > order // 2:
        s, parity = order - s, parity ^ 1
    return r.to_bytes(32) + s.to_bytes(32), parity


def secp256k1_compact_sign(secret: bytes, digest: bytes) -> bytes:
    """r‖s of 64 bytes, without the recovery id."""
    return secp256k1_sign(secret, digest)[0]


def schnorr_sign(secret: bytes, message: bytes) -> bytes:
    """Sign with BIP-340 and auxiliary data of 32 zero bytes: 64 bytes."""
    order = SECP256K1.order
    key, public_x = _even_key(secret)
    mask = int.from_bytes(tagged_hash("BIP0340/aux", bytes(32)))
    seed = tagged_hash("BIP0340/nonce", (key ^ mask).to_bytes(32) + public_x + message)
    nonce, r = _even_key((int.from_bytes(seed) % order).to_bytes(32))
    challenge = int.from_bytes(tagged_hash("BIP0340/challenge", r + public_x + message))
    return r + ((nonce + challenge * key) % order).to_bytes(32)


def taproot_sign(secret: bytes, message: bytes) -> bytes:
    """Sign for a Taproot key-path spend: BIP-340 with the key tweaked as in BIP-341."""
    key, public_x = _even_key(secret)
    tweak = int.from_bytes(tagged_hash("TapTweak", public_x))
    return schnorr_sign(((key + tweak) % SECP256K1.order).to_bytes(32), message)


def taproot_output_key(public_key: bytes) -> bytes:
    """The 32-byte x coordinate of the output key of a compressed public key (BIP-86)."""
    x, y = secp256k1_point(public_key)
    even = (x, y if y % 2 == 0 else SECP256K1.prime - y)
    tweak = int.from_bytes(tagged_hash("TapTweak", x.to_bytes(32)))
    return SECP256K1.add(even, _secp256k1_multiply(tweak))[0].to_bytes(32)


def tagged_hash(tag: str, data: bytes) -> bytes:
    """SHA-256 with a domain (BIP-340)."""
    prefix = sha256(tag.encode()).digest()
    return sha256(prefix + prefix + data).digest()


def ed25519_public_key(seed: bytes) -> bytes:
    """The public key, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """Sign a message of any length: 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def stark_public_key(secret: bytes) -> bytes:
    """The x coordinate of the public key, 32 bytes."""
    return STARK.multiply(int.from_bytes(secret))[0].to_bytes(32)


def stark_sign(secret: bytes, digest: bytes) -> bytes:
    """Sign a 32-byte hash below 2^251 with StarkWare's ECDSA: r‖s of 64 bytes."""
    key, message = int.from_bytes(secret), int.from_bytes(digest)
    for nonce in _nonces(key, message, STARK.order):
        r = STARK.multiply(nonce)[0]
        # The verifying circuit takes r and 1/s of 251 bits only, so a few nonces do not serve.
        inverse = nonce * pow(message + r * key, -1, STARK.order) % STARK.order
        if 1 <= r < STARK_HASH_LIMIT and 1 <= inverse < STARK_HASH_LIMIT:
            return r.to_bytes(32) + pow(inverse, -1, STARK.order).to_bytes(32)
    raise AssertionError("RFC 6979 yields nonces without end")


def _secp256k1_multiply(scalar: int) -> Point:
    """Like `SECP256K1.multiply`, but twenty times as fast."""
    numbers = ec.derive_private_key(scalar, ec.SECP256K1()).public_key().public_numbers()
    return numbers.x, numbers.y


def _even_key(secret: bytes) -> tuple[int, bytes]:
    """The scalar whose point has an even y, and that point's x (BIP-340)."""
    scalar = int.from_bytes(secret)
    x, y = _secp256k1_multiply(scalar)
    return (scalar if y % 2 == 0 else SECP256K1.order - scalar), x.to_bytes(32)


def _nonces(key: int, message: int, order: int) -> Iterator[int]:
    """Deterministic nonces for ECDSA with SHA-256 (RFC 6979, section 3.2)."""
    seed = key.to_bytes(32) + (message % order).to_bytes(32)
    k, v = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        k = hmac.digest(k, v + separator + seed, "sha256")
        v = hmac.digest(k, v, "sha256")
    while True:
        v = hmac.digest(k, v, "sha256")
        nonce = int.from_bytes(v) >> (256 - order.bit_length())
        if 1 <= nonce < order:
            yield nonce
        k = hmac.digest(k, v + b"\x00", "sha256")
        v = hmac.digest(k, v, "sha256")
