"""Authorization keys: P-256 private keys in any form found in the wild, parsed once."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import cached_property
from typing import Any, Final, NoReturn, TypeAlias

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from privy_async.checks import mixed_up
from privy_async.errors import InvalidArgumentError
from privy_async.signing.secret import NotPickled, hides_arguments

_ECDSA_SHA256: Final = ECDSA(SHA256())
_PREFIX: Final = re.compile(r"\Awallet-(?:auth|api):")
# Line breaks as environment variables and JSON hold them: a backslash and a letter, or more.
_WRITTEN_OUT: Final = r"(?:\\+[rn])+"
_AROUND: Final = " \t\r\n\v\f\"'\ufeff"
# Blocks of other kinds may stand before it: OpenSSL writes the curve's parameters first.
_PEM: Final = r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \1-----"
_NO_KEY: Final = "eyJ|did:privy:|bearer "
_URL_SAFE: Final = str.maketrans("-_", "+/")
_EXPECTED: Final = (
    "expected a P-256 private key: base64 PKCS#8 DER (with or without wallet-auth: in front), "
    "a PKCS#8 or SEC1 PEM, base64 of it, DER bytes, or a cryptography key object"
)


class AuthorizationKey(NotPickled):
    """A P-256 private key that signs requests. It shows its public half only, and does not pickle.

    Make one with `AuthorizationKey.parse(...)` or `AuthorizationKey.generate()`.
    Format: https://docs.privy.io/controls/authorization-keys/keys/create/key
    """

    __slots__ = ("__dict__", "private_key")

    private_key: EllipticCurvePrivateKey

    def __init__(
        self, private_key: EllipticCurvePrivateKey, *, argument: str = "authorization_key"
    ) -> None:
        if not isinstance(private_key, EllipticCurvePrivateKey):
            what = mixed_up(private_key, "authorization_key", "private_key")
            if "give its" in what:
                raise InvalidArgumentError(argument, f"{what}expected a P-256 private key")
            _refuse(argument, what.removesuffix("; "))
        if not isinstance(private_key.curve, SECP256R1):
            _refuse(argument, f"is on the curve {private_key.curve.name}")
        self.private_key = private_key

    @classmethod
    @hides_arguments
    def parse(
        cls,
        key: "AnyKey",
        *,
        argument: str = "authorization_key",
    ) -> "AuthorizationKey":
        """Read a key in any of its usual forms.

        Args:
            key: Base64 PKCS#8 DER, with or without `wallet-auth:` or `wallet-api:` in front and
                with or without line breaks; PKCS#8 or SEC1 PEM; either as it survives in
                environment variables and secret stores: in quotes, with line breaks as spaces or
                written out (`\\n`, `\\r\\n`), in url-safe base64, as base64 of the PEM; DER bytes;
                or a `cryptography` key object.
            argument: What to call the key in an error.

        Raises:
            InvalidArgumentError: It is none of these. The error shows nothing of the input.
        """
        if isinstance(key, AuthorizationKey):
            return key
        loaded = _load(key, argument) if isinstance(key, (str, bytes)) else key
        return cls(loaded, argument=argument)

    @classmethod
    def generate(cls) -> "AuthorizationKey":
        """Make a new random key."""
        return cls(generate_private_key(SECP256R1()))

    def sign(self, payload: bytes) -> str:
        """Return the base64 DER ECDSA-SHA256 signature of `payload`.

        Raises:
            InvalidArgumentError: It is not bytes.
        """
        if not isinstance(payload, (bytes, bytearray, memoryview)):
            raise InvalidArgumentError("payload", "expected the bytes to sign")
        return b64encode(self.private_key.sign(payload, _ECDSA_SHA256)).decode()

    @cached_property
    def public_key(self) -> str:
        """The public half as Privy takes it: base64 SPKI DER."""
        return public_key_base64(self.private_key.public_key())

    def to_base64(self) -> str:
        """The secret itself, as base64 PKCS#8 DER. Keep it out of logs."""
        der = self.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return b64encode(der).decode()

    def __repr__(self) -> str:
        return f"AuthorizationKey(public_key={self.public_key!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an AuthorizationKey does not pickle: pass work to other processes, not keys"
        )


AnyKey: TypeAlias = str | bytes | EllipticCurvePrivateKey | AuthorizationKey
"""A P-256 private key in any form that `AuthorizationKey.parse` reads."""


@attrs.frozen
class P256KeyPair(NotPickled):
    """A new key pair in Privy's formats: base64 PKCS#8 DER and base64 SPKI DER.

    It shows its public half only, and does not pickle.
    """

    private_key: str = attrs.field(repr=False)
    public_key: str


def generate_p256_key_pair() -> P256KeyPair:
    """Make an authorization key pair: register the public half as an owner, keep the other."""
    key = AuthorizationKey.generate()
    return P256KeyPair(private_key=key.to_base64(), public_key=key.public_key)


def public_key_base64(public_key: EllipticCurvePublicKey) -> str:
    """Return base64 SPKI DER, the form in which Privy takes public keys."""
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


def _load(key: str | bytes, argument: str) -> Any:
    text = key if isinstance(key, str) else key.decode("utf-8", "replace")
    try:
        return load_der_private_key(_check_end(_der(key, argument)), None)
    except InvalidArgumentError:
        raise
    except TypeError:
        _refuse(argument, "is encrypted with a password")
    except (ValueError, UnsupportedAlgorithm, Base64Error):
        if re.match(_NO_KEY, text, re.IGNORECASE):
            what = f"{mixed_up(text)}expected a P-256 private key"
            raise InvalidArgumentError(argument, what) from None
        _refuse(argument, "cannot be read")


def _der(key: str | bytes, argument: str) -> bytes:
    """Return the DER in a key of any form. Text holds it in base64, or base64 of a PEM."""
    if isinstance(key, bytes) and _is_der(key):
        return key
    data = _decoded(_plain_text(key), argument)
    return data if _is_der(data) else _decoded(_plain_text(data), argument)


def _is_der(data: bytes) -> bool:
    # It is a SEQUENCE. No base64 of one begins with its tag, which is the digit 0.
    return data.startswith(b"0")


def _plain_text(key: str | bytes) -> str:
    """Return the text of a key without what was put around it and between its lines."""
    text = key if isinstance(key, str) else key.decode("utf-8", "replace")
    text = re.sub(_WRITTEN_OUT, "\n", text).strip(_AROUND)
    return _PREFIX.sub("", text).strip(_AROUND)


def _decoded(text: str, argument: str) -> bytes:
    """Return the bytes of a PEM's private key, or of base64 in either alphabet."""
    if "PUBLIC KEY" in text:
        _refuse(argument, "is a public key")
    if "ENCRYPTED" in text:
        _refuse(argument, "is encrypted with a password")
    block = re.search(_PEM, text, re.DOTALL)
    body = "".join((block[2] if block else text).split()).rstrip("=").translate(_URL_SAFE)
    return b64decode(body + "=" * (-len(body) % 4), validate=True)


def _check_end(der: bytes) -> bytes:
    """Return a DER value (X.690, 8.1.3) with nothing behind it, which cryptography 44 lets pass."""
    first, size = der[1:2], 0
    if first > b"\x80":
        size = first[0] & 0x7F
    length = int.from_bytes(der[2 : 2 + size] or first, "big")
    if len(der) != 2 + size + length:
        raise ValueError("more than one value, or less")
    return der


def _refuse(argument: str, problem: str) -> NoReturn:
    raise InvalidArgumentError(argument, f"{problem}; {_EXPECTED}") from None
