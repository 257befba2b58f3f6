"""Authorization keys: every form found in the wild, every refusal, and signatures that verify."""

import copy
import json
import pickle
import traceback
from base64 import b64decode, b64encode
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st
from places import VECTORS

from privy_async.errors import InvalidArgumentError
from privy_async.signing.p256 import (
    AuthorizationKey,
    P256KeyPair,
    generate_p256_key_pair,
    public_key_base64,
)


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


FIRST, SECOND, PREFIX = load("keys.json")
PAYLOADS = {entry["name"]: entry for entry in load("canonical_payloads.json")}
SIGNATURES = load("signatures.json")
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def verify(public_key: str, signature: str, message: bytes) -> None:
    """Raise InvalidSignature unless cryptography verifies the base64 DER signature."""
    key = load_der_public_key(b64decode(public_key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(b64decode(signature, validate=True), message, ec.ECDSA(SHA256()))


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
    "SEC1 PEM": FIRST["sec1_pem"],
    "SEC1 PEM with line breaks as \\n": FIRST["sec1_pem"].replace("\n", "\\n"),
    "base64 SEC1 DER": b64encode(SEC1_DER).decode(),
    "a key object": KEY_OBJECT,
    "an AuthorizationKey": AuthorizationKey(KEY_OBJECT),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_is_the_same_key(form: Any) -> None:
    """Each form of the official SDKs' test key has the published public key and scalar."""
    key = AuthorizationKey.parse(form)
    scalar = key.private_key.private_numbers().private_value
    assert f"{scalar:064x}" == FIRST["derived"]["scalar_hex"]
    assert key.public_key == FIRST["derived"]["spki_der_b64"]


def test_second_key() -> None:
    """The second published key has the published scalar and public key."""
    key = AuthorizationKey.parse(SECOND["derived"]["pkcs8_der_b64"])
    assert f"{key.private_key.private_numbers().private_value:064x}" == SECOND["scalar_hex"]
    assert key.public_key == SECOND["derived"]["spki_der_b64"]


def test_public_key_formats() -> None:
    """The public half is base64 SPKI: the published PEM's bytes, prefix, length and point."""
    key = AuthorizationKey.parse(PKCS8)
    published = load_pem_public_key(FIRST["spki_pem"].encode())
    assert isinstance(published, ec.EllipticCurvePublicKey)
    assert public_key_base64(published) == key.public_key
    der = b64decode(key.public_key)
    prefix = bytes.fromhex(PREFIX["full_prefix_hex"])
    point = b64decode(FIRST["derived"]["uncompressed_point_b64"])
    assert der == prefix + point
    assert len(der) == PREFIX["total_len"]


def test_written_form_reads_back() -> None:
    """`to_base64` is Privy's form: the 138 bytes of PKCS#8 that hold the public key too."""
    key = AuthorizationKey.parse(PEM)
    assert key.to_base64() == PKCS8
    assert AuthorizationKey.parse(key.to_base64()).public_key == key.public_key


def test_shortest_and_longest_scalars() -> None:
    """The first and the last scalar of the curve are keys."""
    for scalar in (1, ORDER - 1):
        key = AuthorizationKey(ec.derive_private_key(scalar, ec.SECP256R1()))
        assert AuthorizationKey.parse(key.to_base64()).public_key == key.public_key


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
    "public DER": (SPKI, "cannot be read"),
    "public object": (
        KEY_OBJECT.public_key(),
        f"is a {type(KEY_OBJECT.public_key()).__name__}",
    ),
    "raw scalar": (b64encode(bytes(31) + b"\1").decode(), "cannot be read"),
    "hex scalar": (FIRST["derived"]["scalar_hex"], "cannot be read"),
    "hex of the DER": (b64decode(PKCS8).hex(), "cannot be read"),
    "raw DER": (b64decode(PKCS8), "cannot be read"),
    "scalar zero": (pkcs8_of(0), "cannot be read"),
    "scalar of the order": (pkcs8_of(ORDER), "cannot be read"),
    "cut off": (PKCS8[:-4], "cannot be read"),
    "a byte too much": (b64encode(b64decode(PKCS8) + b"x").decode(), "cannot be read"),
    "base64 without its padding": (b64encode(SEC1_DER).decode().rstrip("="), "cannot be read"),
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
    "None": (None, "is a NoneType"),
    "a number": (7, "is a int"),
    "a bytearray": (bytearray(PKCS8.encode()), "is a bytearray"),
}


def check_refusal(key: Any) -> str:
    """Refuse the key and return the problem, which must be followed by the fixed help alone."""
    with pytest.raises(InvalidArgumentError) as caught:
        AuthorizationKey.parse(key, argument="my_key")
    assert caught.value.argument == "my_key"
    problem, help_text = str(caught.value).split("; ", 1)
    assert help_text == (
        "expected a P-256 private key: base64 PKCS#8 DER (with or without wallet-auth: in "
        "front), a PKCS#8 or SEC1 PEM, or a cryptography key object"
    )
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("Error:") == 1, "the original error is shown as well"
    return problem.removeprefix("my_key: ")


@pytest.mark.parametrize(("key", "problem"), REFUSED.values(), ids=REFUSED)
def test_refusals(key: Any, problem: str) -> None:
    """What is no P-256 private key is refused by name, whatever it is."""
    assert check_refusal(key) == problem


@pytest.mark.parametrize("entry", load("invalid_keys.json"), ids=lambda entry: entry["input"])
def test_refusals_of_the_official_sdks(entry: dict[str, Any]) -> None:
    """What the official SDKs' tests refuse, we refuse."""
    described = {
        "any P-384 PKCS8 DER base64": base64_pkcs8(P384),
        "any RSA PKCS8 DER base64": base64_pkcs8(RSA),
    }
    check_refusal(described.get(entry["input"], entry["input"]))


PROBLEMS = ("cannot be read", "is a public key", "is encrypted with a password")
ODD = st.text(st.characters(codec=None), max_size=200)


@st.composite
def damaged_keys(draw: st.DrawFn) -> str:
    """A real key in text form with a piece replaced by something else."""
    form = draw(st.sampled_from([form for form in FORMS.values() if isinstance(form, str)]))
    start = draw(st.integers(0, len(form)))
    end = draw(st.integers(start, len(form)))
    return form[:start] + draw(ODD) + form[end:]


@given(damaged_keys() | ODD | st.binary(max_size=200))
def test_garbage_is_refused_without_showing_it(key: str | bytes) -> None:
    """Damaged keys and garbage end in one of three fixed texts, so nothing of them can show."""
    try:
        AuthorizationKey.parse(key)
    except InvalidArgumentError:
        assert check_refusal(key) in PROBLEMS


@given(st.integers(0, 137), st.integers(1, 255))
def test_a_flipped_byte_never_shows(index: int, flip: int) -> None:
    """One wrong byte of the DER gives a refusal or a curve's name, never a part of the key."""
    der = bytearray(b64decode(PKCS8))
    der[index] ^= flip
    text, said = b64encode(der).decode(), ""
    try:
        AuthorizationKey.parse(text)
    except InvalidArgumentError as error:
        said = str(error)
    assert not any(text[at : at + 8] in said for at in range(len(text) - 8))


# --- signatures


@given(st.binary(max_size=500))
def test_signatures_verify(message: bytes) -> None:
    """A signature verifies with cryptography over the message, and over no other."""
    key = AuthorizationKey.parse(PKCS8)
    signature = key.sign(message)
    verify(key.public_key, signature, message)
    with pytest.raises(InvalidSignature):
        verify(key.public_key, signature, message + b"x")


@pytest.mark.parametrize("entry", SIGNATURES, ids=lambda entry: entry["name"])
def test_published_signatures(entry: dict[str, Any]) -> None:
    """Published signatures verify with our reading of the keys; the others are plain text."""
    if "signature_der_b64" in entry:
        key = {"rust_test_key": FIRST, "rust_second_key": SECOND}[entry["key"]]
        message = entry.get("message_utf8") or PAYLOADS[entry["payload_ref"]]["expected_utf8"]
        public_key = AuthorizationKey.parse(key["derived"]["pkcs8_der_b64"]).public_key
        verify(public_key, entry["signature_der_b64"], message.encode())
    elif "signatures" in entry:
        # Opaque signatures: tests/test_authorization.py sends them on.
        assert ",".join(entry["signatures"]) == entry["header"]
    else:
        # Its own note says that it verifies with no key we know.
        assert len(b64decode(entry["raw_r_s_b64"], validate=True)) == 64


# --- the key as an object


def test_a_parsed_key_is_parsed_once() -> None:
    """Parsing a parsed key is the key itself, so no call reads it again."""
    key = AuthorizationKey.generate()
    assert AuthorizationKey.parse(key) is key


def test_generated_keys_differ() -> None:
    """Each generated key is another one."""
    assert AuthorizationKey.generate().public_key != AuthorizationKey.generate().public_key


def test_repr_shows_the_public_half_alone() -> None:
    """The repr names the public key; nothing of the private one is in it."""
    key = AuthorizationKey.parse(PKCS8)
    assert repr(key) == f"AuthorizationKey(public_key='{SPKI}')"
    # The private scalar stands in the first half of the PKCS#8 text, before the public point.
    private = PKCS8[40:90]
    assert not any(private[at : at + 8] in repr(key) for at in range(len(private) - 8))
    assert FIRST["derived"]["scalar_hex"] not in repr(key)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_does_not_pickle(protocol: int) -> None:
    """A key never leaves its process inside a pickle."""
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps(AuthorizationKey.generate(), protocol)


def test_a_key_does_not_copy() -> None:
    """Nor does it copy, which would use the same way."""
    key = AuthorizationKey.generate()
    for copier in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="does not pickle"):
            copier(key)


def test_key_pair() -> None:
    """A new pair is in Privy's formats, its halves belong together, its repr hides the secret."""
    pair = generate_p256_key_pair()
    assert isinstance(pair, P256KeyPair)
    key = AuthorizationKey.parse(pair.private_key)
    assert key.public_key == pair.public_key
    assert key.to_base64() == pair.private_key
    assert repr(pair) == f"P256KeyPair(public_key='{pair.public_key}')"
    assert len(b64decode(pair.public_key)) == PREFIX["total_len"]
    spki = key.private_key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert b64decode(pair.public_key) == spki
