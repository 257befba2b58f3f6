"""Authorization: the payload byte for byte, who may be named as a signer, and the header."""

import hashlib
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st
from ids import stable
from loopback import Loopback, loopback
from places import VECTORS

from privy_async.errors import InvalidArgumentError, SigningError
from privy_async.signing.authorization import (
    AuthorizationContext,
    canonical_payload,
    check_signature,
    format_request_for_authorization_signature,
    generate_authorization_signature,
)
from privy_async.signing.canonical_json import canonical_json
from privy_async.signing.p256 import AuthorizationKey


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


PAYLOADS = load("canonical_payloads.json")
KEY = AuthorizationKey.generate()
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWFsaWNl"
WALLET_URL = "https://api.privy.io/v1/wallets/w1/rpc"


def verify(signature: str, payload: bytes, key: AuthorizationKey = KEY) -> None:
    """Raise InvalidSignature unless cryptography verifies the base64 DER signature."""
    public = load_der_public_key(b64decode(key.public_key))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(b64decode(signature, validate=True), payload, ec.ECDSA(SHA256()))


# --- the payload


@pytest.mark.parametrize("entry", PAYLOADS, ids=lambda entry: entry["name"])
def test_published_payloads(entry: dict[str, Any]) -> None:
    """The canonical form of each published payload is the published text, to the byte."""
    payload = canonical_json(entry["payload_object_canonicalized"])
    assert payload.decode() == entry["expected_utf8"]
    assert hashlib.sha256(payload).hexdigest() == entry["sha256_hex"]


# One SDK leaves the body out of the payload, which Privy's server would read as "".
WITH_BODY = [entry for entry in PAYLOADS if "body" in entry["payload_object_canonicalized"]]


def test_payloads_without_a_body() -> None:
    """All published payloads but one have a body, so the next test leaves out no more."""
    assert len(PAYLOADS) - len(WITH_BODY) == 1


@pytest.mark.parametrize("entry", WITH_BODY, ids=lambda entry: entry["name"])
def test_assembled_payloads(entry: dict[str, Any]) -> None:
    """Joined from bytes that are canonical already, the payload is the published text as well."""
    request = entry["payload_object_canonicalized"]
    body = canonical_json(request["body"])
    payload = canonical_payload(request["method"], request["url"], body, request["headers"])
    assert payload.decode() == entry["expected_utf8"]


# The helper takes a full URL, and a mapping or nothing as the body.
FORMATTABLE = [
    entry
    for entry in WITH_BODY
    if entry["payload_object_canonicalized"]["url"].startswith("https://")
    and entry["payload_object_canonicalized"]["body"] is not None
]


def test_payloads_that_the_helper_cannot_make() -> None:
    """The helper refuses relative URLs, and has no way to sign a body that is JSON null."""
    left_out = {entry["name"] for entry in WITH_BODY if entry not in FORMATTABLE}
    assert left_out == {
        "go_node_with_body",
        "go_node_empty_body_to_empty_string",
        "python_none_body",
    }


@pytest.mark.parametrize("entry", FORMATTABLE, ids=lambda entry: entry["name"])
def test_formatted_payloads(entry: dict[str, Any]) -> None:
    """The public helper gives the published text, `""` standing for a request without a body."""
    request = entry["payload_object_canonicalized"]
    headers = request["headers"]
    expiry = headers.get("privy-request-expiry")
    payload = format_request_for_authorization_signature(
        method=request["method"],
        url=request["url"],
        app_id=headers["privy-app-id"],
        body=None if request["body"] == "" else request["body"],
        idempotency_key=headers.get("privy-idempotency-key"),
        request_expiry=None if expiry is None else int(expiry),
    )
    assert payload.decode() == entry["expected_utf8"]


ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
BODIES = st.dictionaries(st.text(), st.text() | st.booleans() | st.lists(st.integers(0, 9)))


@given(
    method=st.sampled_from(("POST", "PUT", "PATCH", "DELETE")),
    url=ASCII.map(lambda path: f"https://api.privy.io/{path}x"),
    body=BODIES,
    headers=st.fixed_dictionaries(
        {"privy-app-id": ASCII},
        optional={"privy-request-expiry": ASCII, "privy-idempotency-key": ASCII},
    ),
)
def test_payloads_against_an_independent_implementation(
    method: str, url: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Any parts give the bytes that the rfc8785 package gives the whole object."""
    whole = {"version": 1, "method": method, "url": url, "body": body, "headers": headers}
    assert canonical_payload(method, url, canonical_json(body), headers) == rfc8785.dumps(whole)


@pytest.mark.parametrize("method", ["GET", "HEAD", "post", "Post", "", "POST ", None], ids=repr)
def test_methods_that_are_not_signed(method: Any) -> None:
    """Only POST, PUT, PATCH and DELETE are signed, written in upper case."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_request_for_authorization_signature(method=method, url=WALLET_URL, app_id="a")
    assert caught.value.argument == "method"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v1/wallets",
        "api.privy.io/v1/wallets",
        "ftp://api.privy.io/v1/wallets",
        "https://api.privy.io/v1/wallets/",
        "https://",
        "https://api.privy.io/v1/wallets/é",
        "https://api.privy.io/v1/wallets/a b",
        "https://api.privy.io/v1/wallets/w1\n",
    ],
    ids=repr,
)
def test_urls_that_are_refused(url: str) -> None:
    """A URL that could not be sent as it stands, or ends in a slash, is refused."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_request_for_authorization_signature(method="POST", url=url, app_id="a")
    assert caught.value.argument == "url"


def test_bodies_that_are_refused() -> None:
    """A value without a canonical form is named by its path in the body."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_request_for_authorization_signature(
            method="POST", url=WALLET_URL, app_id="a", body={"params": {"value": 2**60}}
        )
    assert caught.value.argument == "body.params.value"


@pytest.mark.parametrize(
    ("argument", "value"), [("app_id", "\ud800"), ("idempotency_key", "\udfff")]
)
def test_headers_that_are_refused(argument: str, value: str) -> None:
    """A header that has no bytes is refused like any other bad argument."""
    parts: dict[str, Any] = {"method": "POST", "url": WALLET_URL, "app_id": "app"}
    with pytest.raises(InvalidArgumentError):
        format_request_for_authorization_signature(**{**parts, argument: value})


def test_signing_by_hand() -> None:
    """What the two helpers make verifies with the public key, whatever form the private has."""
    payload = format_request_for_authorization_signature(
        method="POST", url=WALLET_URL, app_id="app", body={"a": 1}
    )
    for private_key in (KEY, KEY.to_base64(), f"wallet-auth:{KEY.to_base64()}", KEY.private_key):
        verify(generate_authorization_signature(payload, private_key), payload)


def test_signing_by_hand_with_no_key() -> None:
    """A key that cannot be read is named as the parameter is."""
    with pytest.raises(InvalidArgumentError) as caught:
        generate_authorization_signature(b"payload", "not a key")
    assert caught.value.argument == "private_key"


# --- the context


def sign_nothing(payload: bytes) -> str:
    """A signer that is never asked."""
    raise AssertionError(payload)


def test_a_context_keeps_what_it_was_given() -> None:
    """Tokens, signatures and signers are kept as tuples; keys are parsed at once, and once."""
    text = AuthorizationKey.generate().to_base64()
    context = AuthorizationContext(
        user_jwts=(jwt for jwt in [JWT]),
        authorization_private_keys=[KEY, text],
        signatures=iter(["c2ln"]),
        signers={sign_nothing},
    )
    assert context.user_jwts == (JWT,)
    assert context.signatures == ("c2ln",)
    assert context.signers == (sign_nothing,)
    first, second = context.authorization_private_keys
    assert first is KEY
    assert second.to_base64() == text
    assert AuthorizationContext() == AuthorizationContext(user_jwts=[], signers=[])


def test_a_context_is_frozen() -> None:
    """Who signs cannot change after the fact."""
    context = AuthorizationContext(user_jwts=[JWT])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        context.user_jwts = ()  # type: ignore[misc]


BAD_CONTEXTS: list[tuple[str, Any]] = [
    ("user_jwts", JWT),
    ("user_jwts", JWT.encode()),
    ("user_jwts", None),
    ("user_jwts", 7),
    ("user_jwts", [""]),
    ("user_jwts", ["secret-token"]),
    ("user_jwts", ["secret.token"]),
    ("user_jwts", ["a.secret.token.x"]),
    ("user_jwts", ["sécret.token.x"]),
    ("user_jwts", [JWT, None]),
    ("user_jwts", [JWT.encode()]),
    ("authorization_private_keys", KEY.to_base64()),
    ("authorization_private_keys", KEY),
    ("authorization_private_keys", KEY.private_key),
    ("authorization_private_keys", None),
    ("authorization_private_keys", ["secret"]),
    ("authorization_private_keys", [KEY, KEY.to_base64()[:-8]]),
    ("authorization_private_keys", [None]),
    ("signatures", "c2VjcmV0"),
    ("signatures", [""]),
    ("signatures", ["c2Vj,cmV0"]),
    ("signatures", ["c2Vj cmV0"]),
    ("signatures", ["c2VjcmV0\n"]),
    ("signatures", ["c2VjcmV0é"]),
    ("signatures", [b"c2VjcmV0"]),
    ("signatures", [None]),
    ("signers", sign_nothing),
    ("signers", ["secret"]),
    ("signers", [None]),
    ("signers", "secret"),
]


@pytest.mark.parametrize(("argument", "value"), BAD_CONTEXTS, ids=lambda part: stable(part)[:30])
def test_contexts_that_are_refused(argument: str, value: Any) -> None:
    """A wrong signer is refused at once, by the argument's name, and without being shown."""
    with pytest.raises(InvalidArgumentError) as caught:
        AuthorizationContext(**{argument: value})
    assert caught.value.argument == argument
    secrets = ("secret", "sécret", "c2Vj", JWT[-20:], KEY.to_base64()[40:80])
    assert not any(secret in str(caught.value) for secret in secrets)


def test_repr_shows_counts_alone() -> None:
    """The repr says how many of each there are, and nothing of any of them."""
    context = AuthorizationContext(
        user_jwts=[JWT],
        authorization_private_keys=[KEY, KEY],
        signatures=["c2VjcmV0"],
        signers=[sign_nothing],
    )
    assert repr(context) == (
        "AuthorizationContext(user_jwts=1, user_auth=0, authorization_private_keys=2, "
        "signatures=1, signers=1)"
    )


@pytest.mark.parametrize("made", ["c2ln", " c2ln\n", "MEUCIQ+/=="])
def test_what_a_signer_may_return(made: str) -> None:
    """Text that can stand in the header is taken, without the white space around it."""
    assert check_signature(made, 0) == made.strip()


@pytest.mark.parametrize(
    "made", [None, b"c2ln", 7, "", "  ", "c2ln,c2ln", "c2 ln", "c2\nln", "ü"], ids=repr
)
def test_what_a_signer_may_not_return(made: object) -> None:
    """Anything else is refused, by the signer's index and without being shown."""
    with pytest.raises(SigningError, match=rf"signers\[3\] returned {type(made).__name__};") as c:
        check_signature(made, 3)
    assert "c2" not in str(c.value)


# --- the header, on the wire


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


async def signature_header(server: Loopback, context: AuthorizationContext | None) -> str | None:
    """The signature header of a wallet's update that this context authorizes."""
    async with server.client() as privy:
        await privy.wallets.update("w1", display_name="x", authorization=context)
    return server.requests[-1].headers.get("privy-authorization-signature")


PASSED_ON = [entry for entry in load("signatures.json") if "signature_der_b64" not in entry]


@pytest.mark.anyio
@pytest.mark.parametrize("entry", PASSED_ON, ids=lambda entry: entry["name"])
async def test_signatures_made_elsewhere(entry: dict[str, Any], server: Loopback) -> None:
    """They are sent as they were given, in their order, joined by commas without spaces."""
    signatures = entry.get("signatures") or [entry["raw_r_s_b64"]]
    sent = await signature_header(server, AuthorizationContext(signatures=signatures))
    assert sent == entry.get("header", ",".join(signatures))


@pytest.mark.anyio
@pytest.mark.parametrize("context", [None, AuthorizationContext()], ids=repr)
async def test_nobody_signs(context: AuthorizationContext | None, server: Loopback) -> None:
    """Without a signer the header is left out: an empty one would be a signature refused."""
    assert await signature_header(server, context) is None
