"""Authorization keys: what they are, what they write, and signatures that verify."""

import copy
import json
import pickle
from base64 import b64decode
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st
from key_forms import ORDER, PEM, PKCS8, SPKI
from places import VECTORS

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


def verify(public_key: str, signature: str, message: bytes) -> None:
    """Raise InvalidSignature unless cryptography verifies the base64 DER signature."""
    key = load_der_public_key(b64decode(public_key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(b64decode(signature, validate=True), message, ec.ECDSA(SHA256()))


# --- halves


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


def test_a_key_copies_as_itself() -> None:
    """It never changes, so whoever copies what holds it gets the key, and no second secret."""
    key = AuthorizationKey.generate()
    assert copy.copy(key) is key
    assert copy.deepcopy([key])[0] is key


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


def test_vars_show_no_key() -> None:
    """What prints an object's dictionary finds at most the public half there."""
    key = AuthorizationKey.generate()
    assert vars(key) == {}
    assert key.public_key
    assert vars(key) == {"public_key": key.public_key}
