"""HPKE: RFC 9180's own vector, an independent implementation in both directions, refusals."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from places import VECTORS

from privy_async.errors import DecryptionError, InvalidArgumentError
from privy_async.signing.p256 import AuthorizationKey, public_key_base64
from privy_async.user_keys.hpke import Sealed, open_sealed, seal

VECTORS: dict[str, dict[str, Any]] = {
    entry["name"]: entry for entry in json.loads((VECTORS / "hpke.json").read_text())
}
RFC = VECTORS["RFC9180_A.5.1_base"]
PROFILES = [entry for name, entry in VECTORS.items() if name.startswith("privy_")]
PARSE_ONLY = [entry for name, entry in VECTORS.items() if name.startswith("rust_seed_")]

RECIPIENT = ec.generate_private_key(ec.SECP256R1())
RECIPIENT_PUBLIC = public_key_base64(RECIPIENT.public_key())


def test_every_vector_is_used() -> None:
    """The file holds the vectors that the tests below name, and no other."""
    named = {"RFC9180_A.5.1_base", "suite_ids", "negative"}
    used = {entry["name"] for entry in PROFILES + PARSE_ONLY}
    assert set(VECTORS) == named | used
    assert len(used) == 7


# --- RFC 9180, written once more from its text

VERSION = VECTORS["suite_ids"]["version_label"].encode()
KEM_SUITE = bytes.fromhex(VECTORS["suite_ids"]["kem_suite_id_hex"])
HPKE_SUITE = bytes.fromhex(VECTORS["suite_ids"]["hpke_suite_id_hex"])


def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """RFC 9180 section 4, LabeledExtract."""
    return hmac.digest(salt, VERSION + suite + label + secret, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """RFC 9180 section 4, LabeledExpand."""
    labeled = length.to_bytes(2, "big") + VERSION + suite + label + info
    return HKDFExpand(SHA256(), length, labeled).derive(key)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def shared_secret(
    private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, context: bytes
) -> bytes:
    """RFC 9180 section 4.1, ExtractAndExpand over the ECDH result; context is enc and pkRm."""
    prk = extract(KEM_SUITE, b"", b"eae_prk", private.exchange(ec.ECDH(), public))
    return expand(KEM_SUITE, prk, b"shared_secret", context, 32)


def key_schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180 section 5.1 in base mode: the AEAD's key and base nonce."""
    context = b"\0" + b"".join(
        extract(HPKE_SUITE, b"", label, data)
        for label, data in ((b"psk_id_hash", b""), (b"info_hash", info))
    )
    secret = extract(HPKE_SUITE, shared, b"secret", b"")
    key = expand(HPKE_SUITE, secret, b"key", context, 32)
    return key, expand(HPKE_SUITE, secret, b"base_nonce", context, 12)


def seal_by_the_rfc(plaintext: bytes, recipient: ec.EllipticCurvePublicKey) -> Sealed:
    """Seal the first message with empty info and no additional data."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    sent = point(ephemeral.public_key())
    shared = shared_secret(ephemeral, recipient, sent + point(recipient))
    key, nonce = key_schedule(shared, b"")
    ciphertext = ChaCha20Poly1305(key).encrypt(nonce, plaintext, b"")
    return Sealed(b64encode(sent).decode(), b64encode(ciphertext).decode())


def open_by_the_rfc(sealed: Sealed, recipient: ec.EllipticCurvePrivateKey) -> bytes:
    """Open what was sealed with empty info and no additional data."""
    sent = b64decode(sealed.encapsulated_key, validate=True)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sent)
    shared = shared_secret(recipient, public, sent + point(recipient.public_key()))
    key, nonce = key_schedule(shared, b"")
    return ChaCha20Poly1305(key).decrypt(nonce, b64decode(sealed.ciphertext, validate=True), b"")


def rfc_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(RFC[name], 16), ec.SECP256R1())


@pytest.mark.parametrize(("private", "public"), [("skRm", "enc"), ("skEm", "pkRm")])
def test_rfc_vector(private: str, public: str) -> None:
    """Either side's key gives the secret, key, nonce and ciphertext that RFC 9180 prints."""
    point_bytes = bytes.fromhex(RFC[public])
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point_bytes)
    context = bytes.fromhex(RFC["enc"] + RFC["pkRm"])
    shared = shared_secret(rfc_key(private), other, context)
    key, nonce = key_schedule(shared, bytes.fromhex(RFC["info"]))
    assert (shared.hex(), key.hex()) == (RFC["shared_secret"], RFC["key"])
    assert nonce.hex() == RFC["base_nonce"]
    message = {name: bytes.fromhex(value) for name, value in RFC["seq0"].items()}
    assert ChaCha20Poly1305(key).encrypt(nonce, message["pt"], message["aad"]) == message["ct"]


@given(st.binary(max_size=300))
def test_we_open_what_the_rfc_seals(plaintext: bytes) -> None:
    """What is sealed step by step as RFC 9180 says, we open."""
    assert open_sealed(seal_by_the_rfc(plaintext, RECIPIENT.public_key()), RECIPIENT) == plaintext


@given(st.binary(max_size=300))
def test_the_rfc_opens_what_we_seal(plaintext: bytes) -> None:
    """What we seal opens step by step as RFC 9180 says."""
    assert open_by_the_rfc(seal(plaintext, RECIPIENT_PUBLIC), RECIPIENT) == plaintext


# --- Privy's messages


@pytest.mark.parametrize("entry", PROFILES, ids=lambda entry: entry["name"])
def test_privy_messages(entry: dict[str, Any]) -> None:
    """Messages in the shape of Privy's answers open to their published plaintexts."""
    private = load_der_private_key(b64decode(entry["recipient_private_key_pkcs8_b64"]), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert public_key_base64(private.public_key()) == entry["recipient_public_key_spki_b64"]
    sealed = Sealed(entry["encapsulated_key_b64"], entry["ciphertext_b64"])
    assert open_sealed(sealed, private) == b64decode(entry["plaintext_b64"])
    for public_key in ("recipient_public_key_spki_b64", "recipient_public_key_raw_b64"):
        assert open_sealed(seal(b"again", entry[public_key]), private) == b"again"


def test_the_key_in_privys_answer() -> None:
    """What an exchange seals is the text of a key that we read."""
    entry = VECTORS["privy_authenticate_profile"]
    private = AuthorizationKey.parse(entry["recipient_private_key_pkcs8_b64"]).private_key
    sealed = Sealed(entry["encapsulated_key_b64"], entry["ciphertext_b64"])
    text = open_sealed(sealed, private)
    assert AuthorizationKey.parse(text).to_base64() == text.decode()


@pytest.mark.parametrize("entry", PARSE_ONLY, ids=lambda entry: entry["name"])
def test_public_keys_of_the_rust_sdk(entry: dict[str, Any]) -> None:
    """The public keys that its tests print are read, with line breaks as well."""
    text = entry["spki_der_b64"]
    for form in (text, f"{text[:64]}\n{text[64:]}\n"):
        sealed = seal(b"x", form)
        assert len(b64decode(sealed.encapsulated_key)) == 65
        assert len(b64decode(sealed.ciphertext)) == 1 + 16


# --- refusals

SEALED = seal(b"message", RECIPIENT_PUBLIC)
WHOLE_KEY, WHOLE_TEXT = b64decode(SEALED.encapsulated_key), b64decode(SEALED.ciphertext)


def refuse(encapsulated_key: bytes = WHOLE_KEY, ciphertext: bytes = WHOLE_TEXT) -> str:
    """The text of the DecryptionError that these bytes end in."""
    sealed = Sealed(b64encode(encapsulated_key).decode(), b64encode(ciphertext).decode())
    with pytest.raises(DecryptionError) as caught:
        open_sealed(sealed, RECIPIENT)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def refuse_short_public_key() -> None:
    with pytest.raises(InvalidArgumentError, match="recipient_public_key"):
        seal(b"x", b64encode(bytes.fromhex("040102")).decode())


def refuse_key_of_32_bytes() -> None:
    assert "encapsulated key" in refuse(b"\x04" * 32)


def refuse_tampered_ciphertext() -> None:
    for index in range(len(WHOLE_TEXT)):
        changed = bytearray(WHOLE_TEXT)
        changed[index] ^= 1
        refuse(ciphertext=bytes(changed))


def refuse_wrong_recipient() -> None:
    with pytest.raises(DecryptionError):
        open_sealed(SEALED, ec.generate_private_key(ec.SECP256R1()))


def open_empty() -> None:
    assert open_sealed(seal(b"", RECIPIENT_PUBLIC), RECIPIENT) == b""


def open_large() -> None:
    large = bytes(range(256)) * 40_000
    assert open_sealed(seal(large, RECIPIENT_PUBLIC), RECIPIENT) == large


def differ() -> None:
    again = seal(b"message", RECIPIENT_PUBLIC)
    assert again.encapsulated_key != SEALED.encapsulated_key
    assert again.ciphertext != SEALED.ciphertext


CASES: dict[str, Callable[[], object]] = {
    "recipient public key bytes 04 01 02 -> error": refuse_short_public_key,
    "encapsulated key 00 01 02 -> error": lambda: refuse(b"\0\1\2"),
    'encapsulated key 32 bytes of 0x04 -> error mentioning "encapsulated key"': (
        refuse_key_of_32_bytes
    ),
    "encapsulated key with first byte XOR ff -> error": (
        lambda: refuse(bytes([WHOLE_KEY[0] ^ 0xFF]) + WHOLE_KEY[1:])
    ),
    "tampered ciphertext -> error": refuse_tampered_ciphertext,
    "wrong recipient key -> error": refuse_wrong_recipient,
    "64 bytes of 0x99 as ciphertext -> decryption error": lambda: refuse(ciphertext=b"\x99" * 64),
    "empty plaintext round-trips": open_empty,
    "large plaintext round-trips": open_large,
    "two encryptions of same plaintext differ": differ,
}


@pytest.mark.parametrize("case", VECTORS["negative"]["cases"])
def test_edge_cases_of_the_official_sdks(case: str) -> None:
    """Each case that the Go and Rust SDKs' tests name holds here."""
    CASES[case]()


@pytest.mark.parametrize(
    "sealed",
    [
        Sealed("", ""),
        Sealed(SEALED.encapsulated_key, ""),
        Sealed(SEALED.encapsulated_key, SEALED.ciphertext[:20]),
        Sealed("not base64!", SEALED.ciphertext),
        Sealed(SEALED.encapsulated_key, "not base64!"),
        Sealed("ключ", SEALED.ciphertext),
        Sealed(SEALED.encapsulated_key, "\ud800"),
        Sealed(b64encode(b"\x04" * 65).decode(), SEALED.ciphertext),
        Sealed(b64encode(b"\x04" + bytes(64)).decode(), SEALED.ciphertext),
    ],
    ids=repr,
)
def test_damage_of_any_kind(sealed: Sealed) -> None:
    """What is no base64, too short, or no point of the curve is a DecryptionError too."""
    with pytest.raises(DecryptionError):
        open_sealed(sealed, RECIPIENT)


@pytest.mark.parametrize("field", ["encapsulated_key", "ciphertext"])
@pytest.mark.parametrize("value", [None, 5, ["x"], {"a": 1}, True], ids=repr)
def test_fields_of_another_type(field: str, value: Any) -> None:
    """An answer may hold anything: what is no text is a DecryptionError too."""
    sealed = {"encapsulated_key": SEALED.encapsulated_key, "ciphertext": SEALED.ciphertext}
    with pytest.raises(DecryptionError):
        open_sealed(Sealed(**{**sealed, field: value}), RECIPIENT)


def der_public(key: Any) -> str:
    der: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


@pytest.mark.parametrize(
    "public_key",
    [
        "",
        "not base64!",
        "\ud800",
        b64encode(b"not DER").decode(),
        b64encode(b"\x04" * 65).decode(),
        b64encode(point(RECIPIENT.public_key())[1:]).decode(),
        AuthorizationKey(RECIPIENT).to_base64(),
        der_public(ec.generate_private_key(ec.SECP384R1()).public_key()),
        der_public(ec.generate_private_key(ec.SECP256K1()).public_key()),
        der_public(x25519.X25519PrivateKey.generate().public_key()),
    ],
)
def test_public_keys_that_are_refused(public_key: str) -> None:
    """Only a P-256 public key is sealed for."""
    with pytest.raises(InvalidArgumentError, match="recipient_public_key: expected base64") as c:
        seal(b"secret", public_key)
    assert "secret" not in str(c.value)
