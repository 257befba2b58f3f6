"""What a token says of itself, word for word, and where each of the rules begins."""

from typing import Any

import pytest
from test_token_hint import ES256, NOW, made_of

from privy_async.user_keys.token_hint import (
    foreign_issuer,
    plain_fault,
    read_claims,
    span,
    token_hint,
)

APP = "app-1"
LAST = 253_402_300_799
NO_JWT = "The token is no JWT: its first two parts are not JSON in base64url."
PRIVY = {"exp": NOW + 60, "iss": "privy.io", "aud": APP, "sid": "s"}
OTHER = {"exp": NOW + 60, "iss": "https://login.example", "aud": "shop"}


def fault(claims: Any, header: Any = ES256) -> str:
    """What is plainly wrong with a token."""
    return plain_fault(made_of(claims, header), APP, NOW)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512", "none"])
def test_algorithms_that_privy_takes_no_token_with(alg: str) -> None:
    """Each is named; others are left to Privy."""
    assert fault(PRIVY, {"alg": alg}) == (
        f"The token's alg is {alg} (unverified), and Privy takes tokens signed with a private key "
        "alone: use RS256 or ES256."
    )
    for other in ("RS256", "ES256", "HS", "None", None, 7):
        assert fault(PRIVY, {"alg": other}) == ""


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"exp": None}, "The token has no exp (unverified): have the login issue tokens that"),
        ({"exp": NOW}, "The token says (unverified) that it expired 1 s ago: take a new one from"),
        ({"exp": NOW - 7}, "The token says (unverified) that it expired 7 s ago: take a new one"),
        ({"exp": 0}, "The token says (unverified) that it expired 20833 days ago"),
        ({"exp": -LAST}, "The token says (unverified) that it expired "),
        ({"exp": -LAST - 1}, ""),
        ({"exp": NOW + 0.5}, ""),
        ({"exp": LAST}, ""),
        ({"exp": False}, ""),
        ({"nbf": NOW}, ""),
        (
            {"nbf": NOW + 5},
            "The token says (unverified) that it is not valid for another 5 s: check",
        ),
        ({"nbf": LAST}, "The token says (unverified) that it is not valid for another "),
        ({"nbf": LAST + 1}, ""),
        ({"nbf": True}, ""),
        ({"nbf": None}, ""),
        ({"nbf": "soon"}, ""),
    ],
)
def test_times(times: dict[str, Any], words: str) -> None:
    """From the second it names it has expired; until then it is not valid."""
    for claims in (PRIVY, OTHER):
        found = fault({**claims, **times})
        assert found.startswith(words)
        assert bool(found) == bool(words)
    if words:
        # What the times say comes before whom the token is for.
        assert fault({**PRIVY, **times, "aud": "x"}).startswith(words)


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (PRIVY, ""),
        ({**PRIVY, "aud": ["x", APP]}, ""),
        ({**PRIVY, "aud": "x"}, "for the app 'x', and this client's is 'app-1'"),
        ({**PRIVY, "aud": ["x", "y"]}, "for the app 'x', 'y', and this client's is 'app-1'"),
        ({**PRIVY, "aud": list("wxyz")}, "for the app 'w', 'x', 'y', and this client's is 'app-1'"),
        ({**PRIVY, "aud": []}, "for the app , and this client's is 'app-1'"),
        ({**PRIVY, "aud": {"a": 1}}, "for the app 'dict', and this client's is 'app-1'"),
        ({**PRIVY, "aud": None}, "for the app missing, and this client's is 'app-1'"),
        ({**OTHER, "aud": "x"}, ""),
        ({**PRIVY, "linked_accounts": "[]"}, ""),
    ],
)
def test_apps(claims: dict[str, Any], told: str) -> None:
    """Whom a token of Privy's is for; others' audiences mean something else."""
    said = f"The token says (unverified) that it is {told}: "
    way_out = "use that app's client, or a token of this app."
    assert fault(claims) == (f"{said}{way_out}" if told else "")


def test_identity_tokens() -> None:
    """Privy's own sign nothing."""
    bare = {name: item for name, item in PRIVY.items() if name != "sid"}
    assert fault({**bare, "linked_accounts": "[]"}) == (
        "This is Privy's identity token (unverified), which signs nothing: send the access token, "
        "that of getAccessToken()."
    )
    assert fault(bare) == ""
    assert fault({**bare, "iss": "x", "linked_accounts": "[]"}) == ""


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (
            PRIVY,
            "It says (unverified) iss 'privy.io', aud 'app-1', and has not expired: usually "
            "another Privy issued it, as the real one or a sandbox: see base_url.",
        ),
        (
            OTHER,
            "It says (unverified) iss 'https://login.example', aud 'shop', and has not expired: "
            "usually the JWKS, the audience or the user id's claim in Privy's Dashboard is that of "
            "another login.",
        ),
        (
            {"exp": NOW + 60, "iss": 7, "aud": "x" * 81},
            f"It says (unverified) iss 'int', aud '{'x' * 80}...', and has not expired: usually "
            "the JWKS, the audience or the user id's claim in Privy's Dashboard is that of another "
            "login.",
        ),
        (
            {"exp": NOW + 60, "aud": "x" * 80},
            f"It says (unverified) iss missing, aud '{'x' * 80}', and has not expired: usually "
            "the JWKS, the audience or the user id's claim in Privy's Dashboard is that of another "
            "login.",
        ),
    ],
)
def test_what_usually_is_wrong(claims: dict[str, Any], told: str) -> None:
    """Where nothing is plainly wrong."""
    assert token_hint(made_of(claims), APP, NOW) == told


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (PRIVY, ""),
        (
            OTHER,
            "The token's iss is 'https://login.example' (unverified), and Privy's is privy.io.",
        ),
        ({}, "The token's iss is missing (unverified), and Privy's is privy.io."),
    ],
)
def test_issuers(claims: dict[str, Any], told: str) -> None:
    """Any but Privy is named."""
    assert foreign_issuer(made_of(claims)) == told
    assert read_claims(made_of(claims)) == claims


def test_what_is_no_jwt() -> None:
    """Two parts of JSON objects are enough; 65,536 characters are not too many."""
    whole = made_of(PRIVY)
    head, claims, _ = whole.split(".")
    assert plain_fault(f"{head}.{claims}", APP, NOW) == ""
    padded = f"{head}.{claims}."
    longest = padded + "x" * (65_536 - len(padded))
    assert plain_fault(longest, APP, NOW) == ""
    for wrong in (
        "",
        head,
        f"{head}.",
        f".{claims}",
        f"{head}.W10",
        f"W10.{claims}",
        f"{longest}x",
    ):
        assert plain_fault(wrong, APP, NOW) == NO_JWT
        assert token_hint(wrong, APP, NOW) == NO_JWT
    for wrong in ("", "a", "a.b.c", f"{longest}x", f"{head}.W10"):
        assert foreign_issuer(wrong) == ""
        assert read_claims(wrong) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "1 s"), (1, "1 s"), (1.6, "2 s"), (59, "59 s"), (119.4, "119 s"), (120, "2 min"),
        (179, "2 min"), (180, "3 min"), (7199, "119 min"), (7200, "2 h"), (10_799, "2 h"),
        (172_799, "47 h"), (172_800, "2 days"), (259_199, "2 days"), (259_200, "3 days"),
    ],
)  # fmt: skip
def test_spans(seconds: float, text: str) -> None:
    """In the largest unit of which there are two."""
    assert span(seconds) == text
