"""Checks of users' tokens: what is accepted, and what is refused and why."""

import asyncio
import base64
import json
import pickle
import time
from collections.abc import Callable
from typing import Any

import jwt
import places
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from token_helpers import (
    APP_ID,
    PEM,
    STRANGE,
    USER_ID,
    identity,
    pem_of,
    signed,
    token,
    with_header,
    with_other_claims,
)

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError, InvalidTokenError
from privy_async.resources.users.values import (
    CrossAppAccount,
    EmailAccount,
    FarcasterAccount,
    LinkedAccount,
    OAuthAccount,
    PasskeyAccount,
    PhoneAccount,
    User,
    WalletAccount,
)
from privy_async.verification.token_keys import TokenKeys
from privy_async.verification.tokens import AccessToken, Tokens

pytestmark = pytest.mark.anyio

VECTORS = places.VECTORS / "tokens.json"
ACCESS, IDENTITY = json.loads(VECTORS.read_text("utf-8"))


@pytest.fixture
def tokens() -> Tokens:
    """Checks that need no server, because they are given the key."""
    client = PrivyClient(app_id=APP_ID, app_secret="secret", base_url="http://127.0.0.1:9")
    return Tokens(client._requester, TokenKeys())


async def test_the_fixed_access_token(tokens: Tokens) -> None:
    """A token signed elsewhere, once, is read claim by claim."""
    claims = ACCESS["claims"]
    read = await tokens.verify_access_token(ACCESS["jwt"], verification_key=ACCESS["spki_pem"])
    assert read == AccessToken(
        app_id=claims["aud"],
        issuer="privy.io",
        issued_at=claims["iat"],
        expiration=claims["exp"],
        session_id=claims["sid"],
        user_id=claims["sub"],
    )


async def test_the_fixed_identity_token(tokens: Tokens) -> None:
    """The user of an identity token is a user like those of the API."""
    user = await tokens.verify_identity_token(IDENTITY["jwt"], verification_key=ACCESS["spki_pem"])
    assert (user.id, user.created_at) == (IDENTITY["claims"]["sub"], 1700000000)
    assert user.is_guest
    assert user.custom_metadata == {"plan": "pro", "seats": 3, "beta": True}
    email, wallet, github = user.linked_accounts
    assert isinstance(email, EmailAccount)
    assert (
        email.address,
        email.verified_at,
        email.latest_verified_at,
        email.first_verified_at,
    ) == (
        "test@test.com",
        1700000000,
        1700000000,
        None,
    )
    assert isinstance(wallet, WalletAccount)
    assert (wallet.wallet_client, wallet.connector_type) == ("privy", "embedded")
    assert isinstance(github, OAuthAccount)
    assert (github.subject, github.username) == ("1234567890", "test")


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "  BEARER   ", "\n"])
async def test_a_header_may_be_given_whole(tokens: Tokens, prefix: str) -> None:
    """The scheme of the Authorization header is taken off."""
    read = await tokens.verify_access_token(f"{prefix}{token()}", verification_key=PEM)
    assert read.user_id == USER_ID


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"aud": [APP_ID, "other"]}, {}),
        ({"iat": int(time.time()) + 3600}, {}),
        ({"nbf": int(time.time()) - 5}, {}),
        ({"jti": 1, "anything": [None]}, {}),
        ({}, {"typ": "jwt"}),
        ({}, {"kid": "other"}),
    ],
)
async def test_what_is_accepted(
    tokens: Tokens, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    """Lists of apps, clocks that lag, further claims, and any key id where the key is given."""
    read = await tokens.verify_access_token(token(claims, **header), verification_key=PEM)
    assert read.app_id == APP_ID


SOON, GONE = int(time.time()) + 1000, int(time.time()) - 5
REFUSALS: list[tuple[str, Callable[[], str]]] = [
    ("malformed", lambda: ""),
    ("malformed", lambda: "a.b"),
    ("malformed", lambda: "\udc80.é.☃"),
    ("malformed", lambda: token() + ".more"),
    ("malformed", lambda: "." + token().split(".", 1)[1]),
    ("malformed", lambda: "[" * 65_536 + ".e30.AA"),
    ("malformed", lambda: token({"x": "y" * 50_000})),
    ("malformed", lambda: signed(b"[" * 1000)),
    ("malformed", lambda: signed(b"[]")),
    ("malformed", lambda: signed(b'{"exp":1e999}')),
    ("malformed", lambda: token({"exp": float("inf")})),
    ("malformed", lambda: with_header(alg="ES256", typ="JWT", kid=1)),
    ("wrong_type", lambda: token(typ="at+jwt")),
    ("wrong_type", lambda: with_header(alg="ES256")),
    ("malformed", lambda: with_header(alg="ES256", typ="JWT", crit=["exp"])),
    ("wrong_algorithm", lambda: with_header(alg="none", typ="JWT")),
    ("wrong_algorithm", lambda: with_header(alg="HS256", typ="JWT")),
    ("wrong_algorithm", lambda: with_header(typ="JWT")),
    (
        "wrong_algorithm",
        lambda: token(key=ec.generate_private_key(ec.SECP384R1()), algorithm="ES384"),
    ),
    ("wrong_signature", lambda: token(key=STRANGE)),
    ("wrong_signature", lambda: token().rsplit(".", 1)[0] + "."),
    ("wrong_signature", lambda: with_other_claims(sub="did:privy:other")),
    ("expired", lambda: token({"exp": GONE})),
    ("not_yet_valid", lambda: token({"nbf": SOON})),
    ("wrong_issuer", lambda: token({"iss": "privy.example"})),
    ("wrong_audience", lambda: token({"aud": "other"})),
    ("wrong_audience", lambda: token({"aud": ["other"]})),
    ("wrong_audience", lambda: token({"aud": {"a": 1}})),
    ("wrong_claim", lambda: token({"exp": None})),
    ("wrong_claim", lambda: token({"iss": None})),
    ("wrong_claim", lambda: token({"aud": None})),
    ("wrong_claim", lambda: token({"sub": None})),
    ("wrong_claim", lambda: token({"sub": 1})),
    ("wrong_claim", lambda: token({"sid": ""})),
    ("wrong_claim", lambda: token({"iat": None})),
    ("wrong_claim", lambda: token({"iat": True})),
    ("wrong_claim", lambda: token({"exp": str(SOON)})),
    ("wrong_claim", lambda: token({"exp": "soon"})),
    ("wrong_claim", identity),
]


@pytest.mark.parametrize(("reason", "make"), REFUSALS)
async def test_refused_tokens(tokens: Tokens, reason: str, make: Callable[[], str]) -> None:
    """Each refusal has its reason and its words, without any part of the token."""
    text = make()
    with pytest.raises(InvalidTokenError) as caught:
        await tokens.verify_access_token(text, verification_key=PEM)
    error = caught.value
    assert error.reason == reason
    assert not [part for part in text.split(".") if len(part) > 8 and part in f"{error!r}{error}"]
    assert error.__cause__ is None
    assert pickle.loads(pickle.dumps(error)).reason == reason


async def test_leeway_is_for_clocks_that_are_wrong(tokens: Tokens) -> None:
    """A token that expired five seconds ago passes with more leeway than that, in seconds."""
    late, early = token({"exp": int(time.time()) - 5}), token({"nbf": int(time.time()) + 30})
    for text in (late, early):
        assert await tokens.verify_access_token(text, verification_key=PEM, leeway=60.5)
    with pytest.raises(InvalidTokenError):
        await tokens.verify_access_token(late, verification_key=PEM, leeway=1)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("leeway", -1),
        ("leeway", float("nan")),
        ("leeway", float("inf")),
        ("leeway", "1"),
        ("leeway", 10**400),
        ("leeway", None),
        ("verification_key", ""),
        ("verification_key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
        ("verification_key", pem_of(ec.generate_private_key(ec.SECP384R1()))),
        ("verification_key", pem_of(rsa.generate_private_key(65537, 2048))),
        ("verification_key", "\udc80"),
        ("verification_key", 1),
        ("token", None),
        ("token", b"a.b.c"),
    ],
)
async def test_wrong_arguments(tokens: Tokens, argument: str, value: Any) -> None:
    """A wrong setting is the caller's error, and not the token's."""
    arguments: dict[str, Any] = {"token": token(), "verification_key": PEM, argument: value}
    with pytest.raises(InvalidArgumentError) as caught:
        await tokens.verify_access_token(**arguments)
    assert caught.value.argument == argument


@pytest.mark.parametrize("pem", [PEM, PEM.encode(), PEM.replace("\n", "\\n"), f"\n{PEM}"])
async def test_keys_as_they_come_from_settings(tokens: Tokens, pem: str | bytes) -> None:
    """Line breaks that an environment variable holds as two characters are understood."""
    assert await tokens.verify_access_token(token(), verification_key=pem)


def verdict(tokens: Tokens, text: str) -> str:
    """What becomes of a token: an error of another kind would leave this function."""
    try:
        asyncio.run(tokens.verify_access_token(text, verification_key=PEM))
    except InvalidTokenError as error:
        return error.reason
    return "accepted"


TIMES: list[Any] = [
    float("inf"), float("-inf"), float("nan"), 10**400, -1, -(10**400), 1e30, 253_402_300_800,
    "1", "soon", True, False, [], [1], {}, {"a": 1},
]  # fmt: skip


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", [*TIMES, None], ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("kind", ["access", "identity"])
async def test_times_that_are_none(tokens: Tokens, kind: str, claim: str, value: Any) -> None:
    """A time that is no Unix time refuses a token of either kind, though Privy signed it."""
    claims = jwt.decode(token(), options={"verify_signature": False})
    text = signed(json.dumps({**claims, "linked_accounts": "[]", claim: value}).encode())
    access = kind == "access"
    verify = tokens.verify_access_token if access else tokens.verify_identity_token
    with pytest.raises(InvalidTokenError) as caught:
        await verify(text, verification_key=PEM)
    assert caught.value.reason in {"malformed", "wrong_claim"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SEGMENTS = st.lists(st.binary().map(base64.urlsafe_b64encode), max_size=5)
NAMES = st.sampled_from(["iss", "aud", "sub", "sid", "iat", "exp", "nbf", "jti", "x"])


@given(st.text() | SEGMENTS.map(b".".join).map(bytes.decode))
def test_any_text_is_refused(text: str) -> None:
    """Whatever somebody sends, the answer is the one error."""
    client = PrivyClient(app_id=APP_ID, app_secret="secret", base_url="http://127.0.0.1:9")
    assert verdict(Tokens(client._requester, TokenKeys()), text) != "accepted"


@given(st.dictionaries(NAMES, JSON, max_size=3))
def test_any_claims_are_read_or_refused(claims: dict[str, Any]) -> None:
    """Claims of other types than usual, although signed by Privy, do not break the caller."""
    client = PrivyClient(app_id=APP_ID, app_secret="secret", base_url="http://127.0.0.1:9")
    unsigned = {**jwt.decode(token(), options={"verify_signature": False}), **claims}
    text = signed(json.dumps(unsigned).encode())
    assert verdict(Tokens(client._requester, TokenKeys()), text) in {
        "accepted", "malformed", "wrong_claim", "wrong_issuer", "wrong_audience", "expired",
        "not_yet_valid",
    }  # fmt: skip


async def account(tokens: Tokens, **compact: Any) -> LinkedAccount:
    """What one account of an identity token becomes."""
    text = identity({"linked_accounts": json.dumps([compact])})
    user = await tokens.verify_identity_token(text, verification_key=PEM)
    return user.linked_accounts[0]


@pytest.mark.parametrize(
    ("picture", "url"),
    [
        (None, None),
        ("", None),
        (7, None),
        (["x.jpg"], None),
        ("default_1.png", "https://abs.twimg.com/sticky/default_profile_images/default_1.png"),
        ("12/x.jpg", "https://pbs.twimg.com/profile_images/12/x.jpg"),
        ("https://example.com/x.jpg", "https://example.com/x.jpg"),
    ],
)
async def test_pictures_of_twitter_accounts(tokens: Tokens, picture: Any, url: str | None) -> None:
    """Identity tokens shorten the addresses of pictures; what is no text is none."""
    read = await account(tokens, type="twitter_oauth", subject="1", username="u", pfp=picture)
    assert isinstance(read, OAuthAccount)
    assert read.profile_picture_url == url


def test_claims_are_given_by_name() -> None:
    """Four texts and two times in a row would be mixed up."""
    with pytest.raises(TypeError):
        AccessToken("app", "privy.io", 1, 2, "session", "user")  # type: ignore[misc]


async def test_odd_accounts_lose_nobody(tokens: Tokens) -> None:
    """An account that cannot be read keeps its JSON, and the user is known all the same."""
    odd = ["email", {"type": "email"}, {}, None]
    text = identity({"linked_accounts": json.dumps(odd)})
    user = await tokens.verify_identity_token(text, verification_key=PEM)
    assert user.id == USER_ID
    first, second, third, last = user.linked_accounts
    assert (first.extra, last.extra) == ({"": "email"}, {"": None})
    assert (second.type, second.extra["type"], third.type) == ("email", "email", "")


async def test_accounts_have_their_long_names(tokens: Tokens) -> None:
    """What a token names shortly, or leaves out as a matter of course, is as the API has it."""
    phone = await account(tokens, type="phone", phone_number="+1", lv=5)
    assert isinstance(phone, PhoneAccount)
    assert (phone.phoneNumber, phone.verified_at, phone.extra) == ("+1", 5, {})
    caster = await account(tokens, type="farcaster", fid=1, username="c", oa="0x1", lv=5)
    assert isinstance(caster, FarcasterAccount)
    assert caster.owner_address == "0x1"
    passkey = await account(tokens, type="passkey", credential_id="c", lv=5)
    assert isinstance(passkey, PasskeyAccount)
    assert not passkey.enrolled_in_mfa
    crossed = await account(tokens, type="cross_app", subject="s", provider_app_id="p", lv=5,
        embedded_wallets=[{"address": "0x1"}], smart_wallets=[])  # fmt: skip
    assert isinstance(crossed, CrossAppAccount)
    assert crossed.embedded_wallets[0].address == "0x1"
    newer = await account(tokens, type="custom:mine", subject="s", shiny=1)
    assert (type(newer), newer.extra) == (LinkedAccount, {"shiny": 1})


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"wallet_client_type": "privy", "id": "w"}, ("privy", "embedded", "privy-v2", "w")),
        ({"wallet_client_type": "privy"}, ("privy", "embedded", "privy", None)),
        ({"wallet_client_type": "metamask"}, ("unknown", None, None, None)),
        ({}, ("unknown", None, None, None)),
    ],
)
async def test_wallets_of_identity_tokens(
    tokens: Tokens, more: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """Privy's own wallets are embedded ones; of others the client is unknown."""
    wallet = await account(tokens, type="wallet", address="0x1", chain_type="ethereum", **more)
    assert isinstance(wallet, WalletAccount)
    found = (wallet.wallet_client, wallet.connector_type, wallet.recovery_method, wallet.id)
    assert found == expected


async def test_the_least_identity_token(tokens: Tokens) -> None:
    """What a token does not tell has the values that the docstring names."""
    user = await tokens.verify_identity_token(identity({"cr": None}), verification_key=PEM)
    assert user == User(id=USER_ID, linked_accounts=())


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"linked_accounts": None}, "linked_accounts is missing"),
        ({"linked_accounts": "{"}, "linked_accounts is missing or cannot be read"),
        ({"linked_accounts": "[" * 30_000}, "linked_accounts is missing or cannot be read"),
        ({"linked_accounts": "{}"}, "linked_accounts is missing or cannot be read"),
        ({"custom_metadata": "[]"}, "custom_metadata is missing or cannot be read"),
        ({"cr": "yesterday"}, "cr is missing or cannot be read: is it an access token"),
        ({"cr": "9" * 400}, "cr is missing or cannot be read"),
        ({"cr": 1.5}, "cr is missing or cannot be read"),
        ({"exp": None}, "exp is missing or cannot be read: is it another issuer's token"),
        ({"sub": ""}, "sub is missing"),
    ],
)
async def test_unreadable_identity_tokens(
    tokens: Tokens, claims: dict[str, Any], named: str
) -> None:
    """The error names the claim, and tells nothing of what it holds."""
    with pytest.raises(InvalidTokenError, match=named) as caught:
        await tokens.verify_identity_token(identity(claims), verification_key=PEM)
    assert caught.value.reason == "wrong_claim"
