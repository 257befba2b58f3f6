"""One key in every form in which keys are kept, and what is no key."""

import json
from base64 import b64decode, b64encode, encodebytes, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from places import VECTORS

from privy_async.signing.p256 import AuthorizationKey

FIRST, SECOND, PREFIX = json.loads((VECTORS / "keys.json").read_text())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def dump(
    key: Any,
    encoding: Encoding,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    data: bytes = key.private_bytes(encoding, form, encryption or NoEncryption())
    return data


# --- forms

PKCS8 = FIRST["derived"]["pkcs8_der_b64"]
KEY_OBJECT = AuthorizationKey.parse(PKCS8).private_key
PEM = dump(KEY_OBJECT, Encoding.PEM).decode()
SEC1_DER = dump(KEY_OBJECT, Encoding.DER, PrivateFormat.TraditionalOpenSSL)
WRAPPED = "\n".join(PKCS8[at : at + 64] for at in range(0, len(PKCS8), 64))
SEC1_PEM = FIRST["sec1_pem"]
URL_SAFE = urlsafe_b64encode(b64decode(PKCS8)).decode()
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


class Prefixed(bytes):
    """Bytes that write themselves in their own way, as web3.py 6's HexBytes did."""

    def hex(self, *_: object) -> str:  # type: ignore[override]
        return "0x"


FORMS: dict[str, Any] = {
    "base64 PKCS#8": PKCS8,
    "base64 PKCS#8 as bytes": PKCS8.encode(),
    "wallet-auth:": FIRST["derived"]["wallet_auth_prefixed"],
    "wallet-api:": f"wallet-api:{PKCS8}",
    "a prefix after spaces": f"  wallet-auth:{PKCS8}\n",
    "spaces around": f" \t{PKCS8}\r\n",
    "line breaks": WRAPPED,
    "line breaks as \\n": WRAPPED.replace("\n", "\\n"),
    "a prefix and line breaks": f"wallet-auth:{WRAPPED}",
    "PKCS#8 PEM": PEM,
    "PKCS#8 PEM as bytes": PEM.encode(),
    "PKCS#8 PEM with Windows line ends": PEM.replace("\n", "\r\n"),
    "PKCS#8 PEM with line breaks as \\n": PEM.replace("\n", "\\n"),
    "PKCS#8 PEM with a prefix": f"wallet-auth:{PEM}",
    "PKCS#8 PEM with spaces around": f"\n  {PEM}\n\n",
    "PKCS#8 PEM with line breaks as \\r\\n": PEM.replace("\n", "\\r\\n"),
    "PKCS#8 PEM escaped twice": PEM.replace("\n", "\\\\n"),
    "PKCS#8 PEM with spaces as line breaks": PEM.replace("\n", " "),
    "PKCS#8 PEM without line breaks": PEM.replace("\n", ""),
    "PKCS#8 PEM, indented": PEM.replace("\n", "\n    "),
    "PKCS#8 PEM with a byte order mark": f"\ufeff{PEM}",
    "PKCS#8 PEM as bytes with a byte order mark": f"\ufeff{PEM}".encode(),
    "PKCS#8 PEM in quotes": f'"{PEM}"',
    "PKCS#8 PEM as JSON": json.dumps(PEM),
    "PKCS#8 PEM as JSON in JSON": json.dumps(json.dumps(PEM))[1:-1],
    "base64 PKCS#8 in quotes": f"'{PKCS8}'",
    "a prefix in quotes": f'"wallet-auth:{PKCS8}"',
    "quotes after a prefix": f"wallet-auth:'{PKCS8}'",
    "quotes in quotes": f"'\"{PKCS8}\"' ",
    "base64 of a PKCS#8 PEM": b64encode(PEM.encode()).decode(),
    "base64 of a PEM with Windows line ends": b64encode(PEM.replace("\n", "\r\n").encode()),
    "base64 of a PEM, wrapped and in quotes": f'"{encodebytes(PEM.encode()).decode()}"',
    "url-safe base64 of a PEM": urlsafe_b64encode(SEC1_PEM.encode()).decode().rstrip("="),
    "url-safe base64": URL_SAFE,
    "url-safe base64 without padding": URL_SAFE.rstrip("="),
    "a prefix and url-safe base64": f"wallet-auth:{URL_SAFE}",
    "base64 without its padding": b64encode(SEC1_DER).decode().rstrip("="),
    "PKCS#8 DER": b64decode(PKCS8),
    "PKCS#8 DER of another class": Prefixed(b64decode(PKCS8)),
    "SEC1 DER": SEC1_DER,
    "SEC1 PEM": SEC1_PEM,
    "SEC1 PEM with line breaks as \\n": SEC1_PEM.replace("\n", "\\n"),
    "SEC1 PEM behind its parameters": PARAMETERS + SEC1_PEM,
    "base64 SEC1 DER": b64encode(SEC1_DER).decode(),
    "a key object": KEY_OBJECT,
    "an AuthorizationKey": AuthorizationKey(KEY_OBJECT),
}


# --- refusals

P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PASSWORD = BestAvailableEncryption(b"password")
SPKI = FIRST["derived"]["spki_der_b64"]


def base64_pkcs8(key: Any) -> str:
    return b64encode(dump(key, Encoding.DER)).decode()


def pkcs8_of(scalar: int) -> str:
    """A PKCS#8 file as one would make it by hand, without the public key."""
    head = bytes.fromhex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420")
    return b64encode(head + scalar.to_bytes(32, "big")).decode()


REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": ("", "cannot be read"),
    "a prefix alone": ("wallet-auth:", "cannot be read"),
    "spaces": (" \n ", "cannot be read"),
    "P-384 DER": (base64_pkcs8(P384), "is on the curve secp384r1"),
    "P-384 PEM": (dump(P384, Encoding.PEM), "is on the curve secp384r1"),
    "P-384 object": (P384, "is on the curve secp384r1"),
    "secp256k1 DER": (
        base64_pkcs8(ec.generate_private_key(ec.SECP256K1())),
        "is on the curve secp256k1",
    ),
    "RSA DER": (base64_pkcs8(RSA), "is a RSAPrivateKey"),
    "RSA PEM": (dump(RSA, Encoding.PEM, PrivateFormat.TraditionalOpenSSL), "is a RSAPrivateKey"),
    "RSA object": (RSA, "is a RSAPrivateKey"),
    "Ed25519 DER": (base64_pkcs8(ed25519.Ed25519PrivateKey.generate()), "is a Ed25519PrivateKey"),
    "X25519 PEM": (dump(x25519.X25519PrivateKey.generate(), Encoding.PEM), "is a X25519PrivateKey"),
    "DSA PEM": (dump(dsa.generate_private_key(key_size=1024), Encoding.PEM), "is a DSAPrivateKey"),
    "encrypted PKCS#8 PEM": (
        dump(KEY_OBJECT, Encoding.PEM, encryption=PASSWORD),
        "is encrypted with a password",
    ),
    "encrypted SEC1 PEM": (
        dump(KEY_OBJECT, Encoding.PEM, PrivateFormat.TraditionalOpenSSL, PASSWORD),
        "is encrypted with a password",
    ),
    "encrypted DER": (
        b64encode(dump(KEY_OBJECT, Encoding.DER, encryption=PASSWORD)),
        "is encrypted with a password",
    ),
    "public PEM": (FIRST["spki_pem"], "is a public key"),
    "base64 of a public PEM": (b64encode(FIRST["spki_pem"].encode()), "is a public key"),
    "base64 of an encrypted PEM": (
        b64encode(dump(KEY_OBJECT, Encoding.PEM, encryption=PASSWORD)),
        "is encrypted with a password",
    ),
    "base64 of a P-384 PEM": (b64encode(dump(P384, Encoding.PEM)), "is on the curve secp384r1"),
    "quotes alone": ('"\'"', "cannot be read"),
    "a PEM cut off": (PEM[:-20], "cannot be read"),
    "a PEM of another end": (PEM.replace("END PRIVATE", "END EC PRIVATE"), "cannot be read"),
    "base64 of base64 of base64": (b64encode(b64encode(PKCS8.encode())), "cannot be read"),
    "public DER": (SPKI, "cannot be read"),
    "public object": (
        KEY_OBJECT.public_key(),
        f"is a {type(KEY_OBJECT.public_key()).__name__}",
    ),
    "raw scalar": (b64encode(bytes(31) + b"\1").decode(), "cannot be read"),
    "hex scalar": (FIRST["derived"]["scalar_hex"], "cannot be read"),
    "hex of the DER": (b64decode(PKCS8).hex(), "cannot be read"),
    "DER with a byte too much": (b64decode(PKCS8) + b"x", "cannot be read"),
    "DER cut off": (b64decode(PKCS8)[:-1], "cannot be read"),
    "public DER bytes": (b64decode(SPKI), "cannot be read"),
    "scalar zero": (pkcs8_of(0), "cannot be read"),
    "scalar of the order": (pkcs8_of(ORDER), "cannot be read"),
    "cut off": (PKCS8[:-4], "cannot be read"),
    "a byte too much": (b64encode(b64decode(PKCS8) + b"x").decode(), "cannot be read"),
    "a prefix in the middle": (f"{PKCS8[:40]}wallet-auth:{PKCS8[40:]}", "cannot be read"),
    "another prefix": (f"wallet-key:{PKCS8}", "cannot be read"),
    "two prefixes": (f"wallet-auth:wallet-auth:{PKCS8}", "cannot be read"),
    "letters beyond ASCII": ("ключ" + PKCS8, "cannot be read"),
    "a lone surrogate": (PKCS8 + "\ud800", "cannot be read"),
    "a PEM with a lone surrogate": (PEM.replace("\nM", "\n\ud800"), "cannot be read"),
    "a PEM of nothing": (
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "cannot be read",
    ),
    "a certificate": (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "cannot be read",
    ),
    "None": (None, "is None"),
    "a number": (7, "is a int"),
    "a bytearray": (bytearray(PKCS8.encode()), "is a bytearray"),
}
