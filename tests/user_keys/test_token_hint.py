"""What a refused token says of itself: what is plainly wrong is named, and nothing is guessed."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_helpers import APP_ID, identity, token

from privy_async.user_keys.token_hint import plain_fault, span, token_hint

NOW = 1_800_000_000.0


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


ES256 = {"alg": "ES256"}


def made_of(claims: Any, header: Any = ES256) -> str:
    """A token that nobody signed."""
    return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}.c2ln"


LATER = {"exp": NOW + 60}
OWN = {**LATER, "iss": "https://login.example", "aud": "shop"}


@pytest.mark.parametrize(
    ("user_jwt", "words"),
    [
        ("a.b.c", "is no JWT"),
        (f"{part(b'[]')}.{part(b'{}')}.x", "is no JWT"),
        (f"{part(b'{}')}.{part(b'[1')}.x", "is no JWT"),
        (f"{part(b'{}')}.{part(b'[' * 5000)}.x", "is no JWT"),
        ("a" * 70_000 + ".b.c", "is no JWT"),
        (made_of(OWN, {"alg": "HS256"}), "alg is HS256"),
        (made_of(OWN, {"alg": "none"}), "alg is none"),
        (made_of({"iss": "x"}), "has no exp"),
        (made_of({**OWN, "exp": NOW}), "expired 1 s ago"),
        (made_of({**OWN, "exp": NOW - 10}), "expired 10 s ago"),
        (made_of({**OWN, "exp": NOW - 86_400 * 3}), "expired 3 days ago"),
        (made_of({**OWN, "nbf": NOW + 600}), "not valid for another 10 min"),
        (made_of({**LATER, "iss": "privy.io", "aud": "other", "sid": "s"}), "for the app 'other'"),
        (made_of({**LATER, "iss": "privy.io", "sid": "s"}), "for the app missing"),
        (identity({"exp": NOW + 60}), "identity token"),
    ],
)
def test_what_is_plainly_wrong(user_jwt: str, words: str) -> None:
    """It is named, with how it was read, and a next step."""
    fault = plain_fault(user_jwt, APP_ID, NOW)
    assert words in fault
    assert token_hint(user_jwt, APP_ID, NOW) == fault
    assert len(fault) < 200


@pytest.mark.parametrize(
    "user_jwt",
    [
        made_of(OWN),
        made_of({**OWN, "aud": [APP_ID, "x"]}),
        made_of({**OWN, "exp": 10**400}),
        made_of({**OWN, "exp": "tomorrow"}),
        made_of({**OWN, "exp": True}),
        made_of({**OWN, "exp": (NOW + 60) * 1000}),
        token({"exp": NOW + 60}),
        token({"exp": NOW + 60, "aud": ["x", APP_ID]}),
    ],
)
def test_nothing_is_guessed(user_jwt: str) -> None:
    """Where nothing is plainly wrong, it says what usually is, and what the token says."""
    assert plain_fault(user_jwt, APP_ID, NOW) == ""
    assert ", and has not expired: usually" in token_hint(user_jwt, APP_ID, NOW)


def test_claims_are_shown_safely() -> None:
    """A claim neither floods a log nor writes to a terminal, and is not taken for our words."""
    wild = made_of({**LATER, "iss": "\x1b[31mred\n" + "x" * 500, "aud": ["a", "b", "c", "d", {}]})
    hint = token_hint(wild, APP_ID, NOW)
    assert hint.isprintable()
    assert len(hint) < 400
    assert "aud 'a', 'b', 'c'," in hint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
claims = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("exp", "nbf", "iss", "aud", "sid", "linked_accounts"), json_values)
)


@given(claims, st.fixed_dictionaries({"alg": json_values}))
def test_any_token_has_one_line(content: Any, header: Any) -> None:
    """Whatever a token holds, the hint is one printable line without the token in it."""
    user_jwt = made_of(content, header)
    hint = token_hint(user_jwt, APP_ID, NOW)
    assert hint.isprintable()
    assert user_jwt not in hint


@given(st.text())
def test_any_text_has_a_hint(text: str) -> None:
    """What is no token at all neither."""
    assert token_hint(text, APP_ID, NOW).isprintable()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (10.4, "10 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (1e6, "11 days")],
)
def test_spans(seconds: float, text: str) -> None:
    """A span of time is told in one unit."""
    assert span(seconds) == text
