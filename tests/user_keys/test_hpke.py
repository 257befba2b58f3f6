"""HPKE: RFC 9180's own vector, Privy's messages, refusals."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from places import VECTORS

from privy_async.errors import DecryptionError, InvalidArgumentError
from privy_async.signing.p256 import AuthorizationKey, public_key_base64
from privy_async.user_keys.hpke import Sealed, decrypt, encrypt, open_sealed, seal

VECTORS: dict[str, dict[str, Any]] = {
    entry["name"]: entry for entry in json.loads((VECTORS / "hpke.json").read_text())
}
RFC = VECTORS["RFC9180_A.5.1_base"]
PROFILES = [entry for name, entry in VECTORS.items() if name.startswith("privy_")]
PARSE_ONLY = [entry for name, entry in VECTORS.items() if name.startswith("rust_seed_")]

# The same in every run, so that a test that fails can be run again.
RECIPIENT = ec.derive_private_key(0x5EA1ED, ec.SECP256R1())
RECIPIENT_PUBLIC = public_key_base64(RECIPIENT.public_key())


def test_every_vector_is_used() -> None:
    """The file holds the vectors that the tests below name, and no other."""
    named = {"RFC9180_A.5.1_base", "suite_ids", "negative"}
    used = {entry["name"] for entry in PROFILES + PARSE_ONLY}
    assert set(VECTORS) == named | used
    assert len(used) == 7


# --- RFC 9180


def rfc_key(name: str) -> ec.EllipticCurvePrivateKey:
    """A private key of the vector."""
    return ec.derive_private_key(int(RFC[name], 16), ec.SECP256R1())


def test_rfc_vector() -> None:
    """The RFC's own keys give, byte for byte, what it prints, in both directions."""
    info, first = bytes.fromhex(RFC["info"]), RFC["seq0"]
    pt, aad, ct = (bytes.fromhex(first[name]) for name in ("pt", "aad", "ct"))
    enc = bytes.fromhex(RFC["enc"])
    recipient = rfc_key("skRm")
    sealed = encrypt(pt, recipient.public_key(), rfc_key("skEm"), info=info, aad=aad)
    assert sealed == (enc, ct)
    assert decrypt(enc, ct, recipient, info=info, aad=aad) == pt


@pytest.mark.parametrize("changed", ["info", "aad"])
def test_what_both_sides_must_know(changed: str) -> None:
    """Another info, or other additional data, opens nothing."""
    enc, ct = encrypt(b"x", RECIPIENT.public_key(), rfc_key("skEm"), info=b"i", aad=b"a")
    with pytest.raises(InvalidTag):
        decrypt(enc, ct, RECIPIENT, **{"info": b"i", "aad": b"a", changed: b"other"})


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

WHOLE_KEY, WHOLE_TEXT = encrypt(b"message", RECIPIENT.public_key(), rfc_key("skEm"))
SEALED = Sealed(b64encode(WHOLE_KEY).decode(), b64encode(WHOLE_TEXT).decode())


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
        Sealed(f"{SEALED.encapsulated_key}!", SEALED.ciphertext),
        Sealed(SEALED.encapsulated_key, f"!{SEALED.ciphertext}"),
        Sealed(SEALED.encapsulated_key, "not base64!"),
        Sealed("ключ", SEALED.ciphertext),
        Sealed(SEALED.encapsulated_key, "\ud800"),
        Sealed(b64encode(b"\x04" * 65).decode(), SEALED.ciphertext),
        Sealed(b64encode(b"\x04" + bytes(64)).decode(), SEALED.ciphertext),
        Sealed(b64encode(WHOLE_KEY[:33]).decode(), SEALED.ciphertext),
    ],
    ids=[
        "nothing",
        "no ciphertext",
        "a part of it",
        "key no base64",
        "more than a key",
        "more than a ciphertext",
        "ciphertext no base64",
        "key no ASCII",
        "ciphertext no text",
        "no point",
        "point at zero",
        "half a point",
    ],
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
    """A key's public half, as SPKI DER in base64."""
    der: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode()


@pytest.mark.parametrize(
    "public_key",
    [
        pytest.param("", id="empty"),
        pytest.param("not base64!", id="no base64"),
        pytest.param("\ud800", id="no text"),
        pytest.param(b64encode(b"not DER").decode(), id="no DER"),
        pytest.param(b64encode(b"\x04" * 65).decode(), id="no point"),
        pytest.param(b64encode(WHOLE_KEY[1:]).decode(), id="point of 64 bytes"),
        pytest.param(AuthorizationKey(RECIPIENT).to_base64(), id="private key"),
        pytest.param(der_public(ec.derive_private_key(7, ec.SECP384R1())), id="P-384"),
        pytest.param(der_public(ec.derive_private_key(7, ec.SECP256K1())), id="secp256k1"),
        pytest.param(der_public(x25519.X25519PrivateKey.generate()), id="X25519"),
    ],
)
def test_public_keys_that_are_refused(public_key: str) -> None:
    """Only a P-256 public key is sealed for."""
    with pytest.raises(InvalidArgumentError, match="recipient_public_key: expected base64") as c:
        seal(b"secret", public_key)
    assert "secret" not in str(c.value)
