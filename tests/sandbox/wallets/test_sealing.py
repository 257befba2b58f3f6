"""HPKE as the sandbox does it, against RFC 9180 and another implementation."""

from base64 import b64decode, b64encode
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from privy_async.sandbox.keys.sealing import parse_recipient, seal, unseal
from privy_async.sandbox.requests.refusal import Refusal

CHACHA = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
AES = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# RFC 9180, A.5.1: recipient's private key, encapsulated key, info, and the first message.
RFC_KEY = ec.derive_private_key(
    0xA4D1C55836AA30F9B3FBB6AC98D338C877C2867DD3A77396D13F68D3AB150D3B, ec.SECP256R1()
)
RFC_ENCAPSULATED = (
    "04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824fc1559eac6fb9e3c70cd31939"
    "68994e7fe9781aa103f5b50e934b5b2f387e381291"
)
RFC_INFO = "4f6465206f6e2061204772656369616e2055726e"
RFC_AAD = "436f756e742d30"
RFC_CIPHERTEXT = (
    "6469c41c5c81d3aa85432531ecf6460ec945bde1eb428cb2fedf7a29f5a685b4ccb0d057f03ea2952a27bb458b"
)
RFC_PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
RFC_CONFIG = {
    "aead_algorithm": "CHACHA20_POLY1305",
    "info": b64encode(bytes.fromhex(RFC_INFO)).decode(),
    "aad": b64encode(bytes.fromhex(RFC_AAD)).decode(),
}
# What Privy's export of an Ethereum key looks like: 64 hex digits to RFC_KEY with that ephemeral.
EXPORT_CIPHERTEXT = (
    "TwIUTK6cICEBDQXJXNCFdgVz9pnU05emxXx9mZD5Kk/dcjvwBhIAi8F80aLQu06u3LLS2KkDwWIGclFPiNoBbFtv"
    "H1kdBv3sh8sm3VvQhEo="
)
KEY = ec.generate_private_key(ec.SECP256R1())


def to_base64(hexadecimal: str) -> str:
    """Hex to base64."""
    return b64encode(bytes.fromhex(hexadecimal)).decode()


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as SPKI DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as a raw uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_opens_the_vector_of_rfc_9180() -> None:
    """The message of appendix A.5.1 opens with its info and additional data."""
    ciphertext = to_base64(RFC_CIPHERTEXT)
    opened = unseal(to_base64(RFC_ENCAPSULATED), ciphertext, RFC_KEY, config=RFC_CONFIG)
    assert opened == RFC_PLAINTEXT


def test_opens_an_export_in_privys_profile() -> None:
    """Without a configuration info and additional data are empty and the cipher is ChaCha20."""
    opened = unseal(to_base64(RFC_ENCAPSULATED), EXPORT_CIPHERTEXT, RFC_KEY)
    assert opened == b"1" * 64


@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_sealed_messages_open_in_another_library(plaintext: bytes) -> None:
    """What `seal` makes, cryptography's own HPKE opens, and so does `unseal`."""
    sealed = seal(plaintext, b64encode(spki(KEY)).decode(), token_bytes)
    assert sealed["encryption_type"] == "HPKE"
    encapsulated = b64decode(sealed["encapsulated_key"], validate=True)
    assert (len(encapsulated), encapsulated[0]) == (65, 4)
    blob = encapsulated + b64decode(sealed["ciphertext"], validate=True)
    assert CHACHA.decrypt(blob, KEY) == plaintext
    assert unseal(sealed["encapsulated_key"], sealed["ciphertext"], KEY) == plaintext


@pytest.mark.parametrize(
    ("suite", "config"),
    [
        (CHACHA, None),
        (CHACHA, {}),
        (CHACHA, {"aead_algorithm": "CHACHA20_POLY1305"}),
        (AES, {"aead_algorithm": "AES_GCM256"}),
    ],
)
@pytest.mark.parametrize("info", [b"", b"an application"])
def test_messages_of_another_library_open(
    suite: Suite, config: dict[str, object] | None, info: bytes
) -> None:
    """Both ciphers of the import configuration, with and without info, open."""
    blob = suite.encrypt(b"entropy", KEY.public_key(), info=info)
    if info:
        config = {**(config or {}), "info": b64encode(info).decode()}
    encapsulated, ciphertext = (b64encode(part).decode() for part in (blob[:65], blob[65:]))
    assert unseal(encapsulated, ciphertext, KEY, config=config) == b"entropy"


def test_each_seal_uses_a_key_of_its_own() -> None:
    """Sealing the same text twice gives two different answers."""
    recipient = b64encode(spki(KEY)).decode()
    assert seal(b"text", recipient, token_bytes) != seal(b"text", recipient, token_bytes)


@pytest.mark.parametrize(
    "form",
    [
        b64encode(spki(KEY)).decode(),
        b64encode(point(KEY)).decode(),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        b64encode(spki(KEY)).decode()[:64] + "\n" + b64encode(spki(KEY)).decode()[64:] + "\n",
    ],
    ids=["spki", "raw point", "pem", "spki with line breaks"],
)
def test_recipients_are_read_in_every_form(form: str) -> None:
    """SDKs send SPKI, Privy's samples raw points and text with line breaks, Rust's PEM."""
    assert parse_recipient(form) == KEY.public_key()


def test_a_recipient_of_the_vectors_is_read() -> None:
    """A PKCS#8 key's public half, as SPKI, is the key it belongs to."""
    private = load_der_private_key(
        b64decode(
            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpNHFWDaqMPmz+7asmNM4yHfChn3Tp3OW0T9o"
            "06sVDTuhRANCAASml7/96UBcmSiDxcQ51sw1gXC1GvcoEjM7AVYh3A9Autm7cm9opcATgGp5DscWq4Zp+E9r"
            "aUWWwph881uroqAG"
        ),
        None,
    )
    public = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEppe//elAXJkog8XEOdbMNYFwtRr3KBIzOwFWIdwPQLrZu3Jv"
        "aKXAE4BqeQ7HFquGafhPa2lFlsKYfPNbq6KgBg=="
    )
    assert parse_recipient(public) == private.public_key()


RSA_SPKI = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "AAAA",
        b64encode(b"\x04\x01\x02").decode(),
        b64encode(b"\x04" * 65).decode(),
        b64encode(bytes(65)).decode(),
        b64encode(RSA_SPKI).decode(),
        b64encode(spki(ec.generate_private_key(ec.SECP384R1()))).decode(),
        b64encode(spki(ec.generate_private_key(ec.SECP256K1()))).decode(),
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ],
    ids=[
        *("empty", "no base64", "no key", "short point", "point off the curve", "zero point"),
        *("rsa", "p-384", "secp256k1", "broken pem"),
    ],
)
def test_other_recipients_are_refused(text: str) -> None:
    """What is no P-256 public key is answered with 400 naming the field."""
    with pytest.raises(Refusal, match="recipient_public_key") as refused:
        seal(b"secret", text, token_bytes)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encapsulated_key": "not base64!"}, "`encapsulated_key`: Expected base64"),
        ({"encapsulated_key": b64encode(b"\x00\x01\x02").decode()}, "`encapsulated_key`"),
        ({"encapsulated_key": b64encode(b"\x04" * 32).decode()}, "`encapsulated_key`"),
        ({"encapsulated_key": b64encode(b"\x04" * 65).decode()}, "`encapsulated_key`"),
        ({"encapsulated_key": b64encode(point(KEY)).decode()}, "`ciphertext`: Cannot"),
        ({"ciphertext": "not base64!"}, "`ciphertext`: Expected base64"),
        ({"ciphertext": b64encode(b"\x99" * 64).decode()}, "`ciphertext`: Cannot"),
        ({"ciphertext": b64encode(b"\x99" * 3).decode()}, "`ciphertext`: Cannot"),
        ({"ciphertext": ""}, "`ciphertext`: Cannot"),
        ({"config": None}, "`ciphertext`: Cannot"),
        ({"config": {**RFC_CONFIG, "aad": ""}}, "`ciphertext`: Cannot"),
        ({"config": {**RFC_CONFIG, "info": ""}}, "`ciphertext`: Cannot"),
        ({"config": {**RFC_CONFIG, "aead_algorithm": "AES_GCM256"}}, "`ciphertext`: Cannot"),
        ({"config": {**RFC_CONFIG, "aead_algorithm": "ROT13"}}, "`hpke_config.aead_algorithm`"),
        ({"config": {**RFC_CONFIG, "info": "!"}}, "`hpke_config.info`: Expected base64"),
        ({"config": {**RFC_CONFIG, "aad": 7}}, "`hpke_config.aad`"),
    ],
)
def test_what_does_not_open_is_refused(change: dict[str, object], message: str) -> None:
    """Each thing that can be wrong with a sealed message is answered with 400 and named."""
    arguments: dict[str, object] = {
        "encapsulated_key": to_base64(RFC_ENCAPSULATED),
        "ciphertext": to_base64(RFC_CIPHERTEXT),
        "private_key": RFC_KEY,
        "config": RFC_CONFIG,
    }
    with pytest.raises(Refusal) as refused:
        unseal(**{**arguments, **change})
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert message in refused.value.message


def test_another_recipient_cannot_open() -> None:
    """A message sealed to one key does not open with another."""
    with pytest.raises(Refusal, match="Cannot be decrypted"):
        unseal(to_base64(RFC_ENCAPSULATED), EXPORT_CIPHERTEXT, KEY)
