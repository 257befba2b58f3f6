"""Why a signature was refused: each usual mistake is recognized."""

import base64
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from api_client import new_key
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.sandbox.authorization import KnownKey, diagnose
from privy_async.sandbox.requests.diagnosis import Diagnosis

OWNER, EXPIRED, BOUND, OTHER = (new_key() for _ in range(4))
KEYS = (
    KnownKey(OWNER.public_key(), "key quorum q1", "signer"),
    KnownKey(EXPIRED.public_key(), "user u1", "expired"),
    KnownKey(BOUND.public_key(), "user u1", "bound"),
    KnownKey(OTHER.public_key(), "user u2", "other"),
)
BODY = {
    "method": "eth_sendTransaction",
    "caip2": "eip155:1",
    "sponsor": None,
    "params": {"to": "0x1", "value": 5, "note": "Grüße"},
}
RAW = json.dumps(BODY).encode()
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "method": "POST",
    "url": "http://127.0.0.1:8787/api/v1/wallets/a%20b/rpc?x=1",
    "body": BODY,
    "headers": {"privy-app-id": "app", "privy-idempotency-key": "k"},
}


def der(payload: bytes, key: EllipticCurvePrivateKey = OWNER) -> bytes:
    """The signature itself."""
    return key.sign(payload, ECDSA(SHA256()))


def sign(payload: bytes, key: EllipticCurvePrivateKey = OWNER) -> str:
    """A signature as it is sent."""
    return base64.b64encode(der(payload, key)).decode()


def raw_sign(payload: bytes) -> str:
    """A signature in the form that JSON Web Tokens have."""
    r, s = decode_dss_signature(der(payload))
    return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()


RIGHT = rfc8785.dumps(DOCUMENT)


def of(*signatures: str, threshold: int = 1, keys: tuple[KnownKey, ...] = KEYS) -> Diagnosis:
    """What is found of a request with these signatures."""
    return diagnose(signatures, [RIGHT], keys, raw_body=RAW, threshold=threshold)


def changed(**parts: Any) -> bytes:
    """Another payload in canonical form."""
    return rfc8785.dumps({**DOCUMENT, **parts})


def without(name: str, of: Mapping[str, Any]) -> dict[str, Any]:
    """The same without a field."""
    return {other: value for other, value in of.items() if other != name}


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8787/api/v1/wallets/a%20b/rpc?x=1",
        "http://localhost:8787/api/v1/wallets/a%20b/rpc?x=1",
        "http://[::1]:8787/api/v1/wallets/a%20b/rpc?x=1",
        "http://127.0.0.1/api/v1/wallets/a%20b/rpc?x=1",
        "https://api.privy.io/v1/wallets/a%20b/rpc?x=1",
        "https://auth.privy.io/api/v1/wallets/a%20b/rpc?x=1",
        "http://127.0.0.1:8787/v1/wallets/a%20b/rpc?x=1",
        "http://127.0.0.1:8787/api/v1/wallets/a%20b/rpc",
        "http://127.0.0.1:8787/api/v1/wallets/a%20b/rpc/?x=1",
        "http://127.0.0.1:8787/api/v1/wallets/a b/rpc?x=1",
        "/api/v1/wallets/a%20b/rpc?x=1",
    ],
)
def test_another_url(url: str) -> None:
    """Another scheme, host, port, path, query or quoting is found, and what was signed is told."""
    found = of(sign(changed(url=url)))
    assert (found.cause, found.part, found.signed) == ("other url", "url", json.dumps(url))


@pytest.mark.parametrize(
    ("payload", "mistake"),
    [
        (changed(body=""), "another body"),
        (changed(body={}), "another body"),
        (changed(body=None), "another body"),
        (changed(body=RAW.decode()), "as text"),
        (changed(body=without("sponsor", DOCUMENT["body"])), "fields that are null"),
        (changed(body=without("caip2", DOCUMENT["body"])), "without `caip2`"),
        (rfc8785.dumps(without("body", DOCUMENT)), "without a body"),
    ],
)
def test_another_body(payload: bytes, mistake: str) -> None:
    """An empty body, one that was serialised twice, a field more or less, lost digits."""
    found = of(sign(payload))
    assert (found.cause, found.part) == ("other body", "body")
    assert mistake in found.explanation


def test_integers_that_lose_digits() -> None:
    """Python writes integers beyond 2^53 out, and a JavaScript server reads other ones."""
    body = {"value": 2**64 + 1}
    payload = json.dumps({**DOCUMENT, "body": body}, sort_keys=True, separators=(",", ":"))
    right = changed(body={"value": float(2**64)})
    found = diagnose(
        [sign(payload.encode())], [right], KEYS, raw_body=json.dumps(body).encode(), threshold=1
    )
    assert (found.cause, found.signed) == ("other body", json.dumps(body))
    assert "beyond 2^53" in found.explanation


def test_a_payload_with_one_name_more() -> None:
    """It is recognized in the order in which people write it, with the name behind the others."""
    document = {**DOCUMENT, "intent_ids": ["i1"]}
    for text in (json.dumps(document), json.dumps(document, separators=(",", ":"))):
        signature = sign(text.encode())
        found = diagnose([signature], [rfc8785.dumps(document)], KEYS, raw_body=RAW, threshold=1)
        assert found.cause == "other encoding"


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (changed(method="post"), "other method"),
        (changed(method="PATCH"), "other method"),
        (changed(headers={}), "other headers"),
        (changed(headers={"privy-app-id": "app"}), "other headers"),
        (changed(headers={"privy-idempotency-key": "k"}), "other headers"),
        (changed(version="1"), "other version"),
        (changed(version="v1"), "other version"),
        (changed(version=2), "other version"),
        (rfc8785.dumps(without("version", DOCUMENT)), "other version"),
        (json.dumps(DOCUMENT).encode(), "other encoding"),
        (json.dumps(DOCUMENT, separators=(",", ":")).encode(), "other encoding"),
        (
            json.dumps(DOCUMENT, separators=(",", ":"), ensure_ascii=False).encode(),
            "other encoding",
        ),
        (json.dumps(DOCUMENT, sort_keys=True).encode(), "other encoding"),
        (sha256(RIGHT).digest(), "other encoding"),
    ],
)
def test_other_parts(payload: bytes, cause: str) -> None:
    """Another method, header, version, or JSON that is not canonical."""
    assert of(sign(payload)).cause == cause


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        ("?", "is not base64"),
        (der(RIGHT).hex(), "is hexadecimal"),
        ("0x" + der(RIGHT).hex(), "is hexadecimal"),
        pytest.param(raw_sign(RIGHT), "64 bytes of r and s", id="r and s"),
        (base64.b64encode(b"hello").decode(), "is no DER signature"),
    ],
)
def test_what_is_no_signature(signature: str, words: str) -> None:
    """Signatures in the form of other libraries are told from wrong ones."""
    found = of(signature)
    assert found.cause == "not a signature"
    assert words in found.explanation


@pytest.mark.parametrize(
    ("key", "cause", "words"),
    [
        (EXPIRED, "expired key", "user u1 has expired"),
        (BOUND, "bound key", "bound to intents"),
        (OTHER, "key of another owner", "a key of user u2, which has no say"),
        (new_key(), "unknown", "No key that the sandbox knows"),
    ],
)
def test_keys_that_may_not_sign(key: EllipticCurvePrivateKey, cause: str, words: str) -> None:
    """An expired key, one for intents alone, another owner's, and one nobody knows."""
    found = of(sign(RIGHT, key))
    assert found.cause == cause
    assert words in found.explanation


def test_no_signature() -> None:
    """Without a header there is nothing to look at."""
    assert of(threshold=2).cause == "no signature"
    assert "2 signatures" in of(threshold=2).explanation


def test_nobody_has_a_key() -> None:
    """Where users alone may sign and none of them has a key, that is what is missing."""
    assert of(sign(RIGHT, new_key()), keys=KEYS[3:]).cause == "no user key"


@pytest.mark.parametrize(
    ("signers", "threshold", "cause"),
    [(1, 2, "too few"), (2, 2, "same key twice")],
)
def test_counts(signers: int, threshold: int, cause: str) -> None:
    """Good signatures can be too few, or twice the same key's."""
    found = of(*[sign(RIGHT, OWNER)] * signers, threshold=threshold)
    assert found.cause == cause


def test_the_wrong_one_of_several_is_named() -> None:
    """With several signatures the text says which of them is meant."""
    found = of(sign(RIGHT), sign(changed(method="PUT")), threshold=2)
    assert found.cause == "other method"
    assert found.explanation.startswith("Signature 2 of 2: The right key has signed")


def test_either_form_of_an_empty_body_is_good() -> None:
    """A signature over one of several accepted payloads is no mistake."""
    payloads = [changed(body=""), changed(body={})]
    signature = sign(payloads[1])
    found = diagnose([signature], payloads, KEYS, raw_body=b"", threshold=2)
    assert found.cause == "too few"


ATTACKS: list[Callable[[], Diagnosis]] = [
    lambda: of(*[sign(RIGHT, new_key())] * 1000),
    lambda: of(sign(RIGHT, new_key()), keys=KEYS * 1000),
    lambda: diagnose([sign(b"")], [changed(body=[])], KEYS, raw_body=b"[" * 9999, threshold=1),
    lambda: diagnose([sign(b"")], [changed(body={})], KEYS, raw_body=b"\xff", threshold=1),
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.timeout(5)
def test_it_is_bounded(attack: Callable[[], Diagnosis]) -> None:
    """However many signatures, keys or brackets there are, it ends soon."""
    assert attack().cause == "unknown"


@pytest.mark.parametrize(
    ("payload", "end"),
    [
        (changed(method="PATCH"), "another method: PATCH"),
        (changed(url="https://api.privy.io/v1/wallets/a%20b/rpc?x=1"), "rpc?x=1"),
        (changed(version=2), "another version."),
        (changed(headers={}), "no headers."),
        (changed(body=""), "another body."),
    ],
)
def test_what_the_explanation_tells(payload: bytes, end: str) -> None:
    """What was signed, where that is short: a URL or a method. All else is in `signed`."""
    explanation = of(sign(payload)).explanation
    assert explanation.startswith("The right key has signed, but the signature is over ")
    assert explanation.endswith(end)
