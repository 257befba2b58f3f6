"""Tokens and key sets of any content: the answer is a value, or the one error for it."""

import asyncio
import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_helpers import APP_ID, KEY, PEM, jwk, signed, token

from privy_async.client import PrivyClient
from privy_async.errors import APIResponseError, InvalidTokenError
from privy_async.verification.token_keys import read_keys

TOKENS = PrivyClient(app_id=APP_ID, app_secret="s", base_url="http://127.0.0.1:9").tokens
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400)
    | st.just("\ud800") | st.sampled_from(["wallet", "email", "ES256", "JWT", "[{}]", "{", "7"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=3) | st.sampled_from(["type", "address", "lv", "pfp", "id"]),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
NAMES = "iss aud sub sid iat exp nbf cr guest linked_accounts custom_metadata"
CLAIMS = st.sampled_from(NAMES.split(" "))
PARTS = st.sampled_from(["typ", "alg", "kid", "crit", "b64", "jwk", "zip", "x"])


def encoded(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@given(st.dictionaries(CLAIMS, JSON | JSON.map(json.dumps), max_size=4))
def test_any_claims_of_identity_tokens(claims: dict[str, Any]) -> None:
    """Whatever Privy may sign, a user is read or the token refused."""
    usual = json.loads(base64.urlsafe_b64decode(token().split(".")[1] + "=="))
    text = signed(json.dumps({**usual, "linked_accounts": "[]", **claims}).encode())
    with contextlib.suppress(InvalidTokenError):
        user = asyncio.run(TOKENS.verify_identity_token(text, verification_key=PEM))
        assert user.id
        assert user.created_at is None or 0 <= user.created_at < 10**12
        assert isinstance(user.linked_accounts, tuple)


@given(st.dictionaries(PARTS, JSON, max_size=4) | JSON, JSON)
def test_any_header_is_refused(header: Any, payload: Any) -> None:
    """Nobody can sign for Privy, so whatever the header says, the one error comes."""
    for text in (
        f"{encoded(header)}.{encoded(payload)}.AA",
        f"{encoded(header)}.{token().split('.', 1)[1]}",
    ):
        with pytest.raises(InvalidTokenError):
            asyncio.run(TOKENS.verify_access_token(text, verification_key=PEM))


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(jwk(KEY, "k"), JSON)) | JSON))
def test_any_key_set_is_read_or_no_answer(entries: list[Any]) -> None:
    """Whatever stands among the keys, the good one is found; without it there are none."""
    good = jwk(KEY, "good")
    assert "good" in read_keys({"keys": [*entries, good]})
    for answer in ({"keys": entries}, entries, {"keys": {"k": good}}, None):
        with contextlib.suppress(APIResponseError):
            assert read_keys(answer)
