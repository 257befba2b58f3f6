"""Hints on refused tokens: what one says of itself, unverified, and what is plainly wrong.

The claims are those of RFC 7519, section 4.1. No part of the token itself is ever shown.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from privy_async.json_types import is_array, is_object, parse_json

_PRIVY: Final = "privy.io"
_LONGEST_TOKEN: Final = 65_536
_LONGEST_CLAIM: Final = 80
_YEAR_10000: Final = 253_402_300_800
# Privy verifies with public keys alone: https://docs.privy.io/authentication/user-authentication/jwt-based-auth/setup
_SYMMETRIC: Final = ("HS256", "HS384", "HS512", "none")


def token_hint(user_jwt: str, app_id: str, now: float) -> str:
    """Return a sentence about a token that was refused: what is wrong, and the next step.

    Args:
        user_jwt: The token; its signature is not checked.
        app_id: The app that it was used for.
        now: Unix time in s.
    """
    wrong = plain_fault(user_jwt, app_id, now)
    return wrong or _usual_fault(_read(user_jwt, 1) or {})


def read_claims(user_jwt: str) -> Mapping[str, Any] | None:
    """Return the token's claims, unverified; None if it is no JWT."""
    return _read(user_jwt, 1)


def plain_fault(user_jwt: str, app_id: str, now: float) -> str:
    """Return what is plainly wrong with a token, by its own unverified words; else nothing."""
    header, claims = _read(user_jwt, 0), _read(user_jwt, 1)
    if header is None or claims is None:
        return "The token is no JWT: its first two parts are not JSON in base64url."
    if header.get("alg") in _SYMMETRIC:
        return (
            f"The token's alg is {header['alg']} (unverified), and Privy takes tokens signed with "
            "a private key alone: use RS256 or ES256."
        )
    return _wrong_time(claims, now) or _wrong_app(claims, app_id)


def foreign_issuer(user_jwt: str) -> str:
    """Return who issued a token by its own unverified words, if it is not Privy; else nothing."""
    claims = _read(user_jwt, 1)
    if claims is None or claims.get("iss") == _PRIVY:
        return ""
    return f"The token's iss is {_shown(claims.get('iss'))} (unverified), and Privy's is {_PRIVY}."


def _wrong_time(claims: Mapping[str, Any], now: float) -> str:
    expires, begins = claims.get("exp"), claims.get("nbf")
    if expires is None:
        return "The token has no exp (unverified): have the login issue tokens that expire."
    if _is_time(expires) and expires <= now:
        return (
            f"The token says (unverified) that it expired {span(now - expires)} ago: take a new "
            "one from the login."
        )
    if _is_time(begins) and begins > now:
        return (
            f"The token says (unverified) that it is not valid for another {span(begins - now)}: "
            "check this machine's clock and the login's."
        )
    return ""


def _wrong_app(claims: Mapping[str, Any], app_id: str) -> str:
    if claims.get("iss") != _PRIVY:
        return ""
    if app_id not in _audiences(claims):
        return (
            f"The token says (unverified) that it is for the app {_audience(claims)}, and this "
            f"client's is '{app_id}': use that app's client, or a token of this app."
        )
    if "sid" not in claims and "linked_accounts" in claims:
        return (
            "This is Privy's identity token (unverified), which signs nothing: send the access "
            "token, that of getAccessToken()."
        )
    return ""


def _usual_fault(claims: Mapping[str, Any]) -> str:
    issuer = claims.get("iss")
    said = (
        f"It says (unverified) iss {_shown(issuer)}, aud {_audience(claims)}, and has not expired"
    )
    if issuer == _PRIVY:
        return (
            f"{said}: usually another Privy issued it, as the real one or a sandbox: see base_url."
        )
    return (
        f"{said}: usually the JWKS, the audience or the user id's claim in Privy's Dashboard is "
        "that of another login."
    )


def _read(user_jwt: str, part: int) -> Mapping[str, Any] | None:
    """Return the JSON object that is a part of the token, or None if it is none."""
    encoded = user_jwt.split(".")[part : part + 1]
    if len(user_jwt) > _LONGEST_TOKEN or not encoded:
        return None
    try:
        read = parse_json(urlsafe_b64decode(encoded[0] + "=" * (-len(encoded[0]) % 4)))
    except ValueError:
        return None
    return read if is_object(read) else None


def _is_time(value: object) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, int | float) and number and abs(value) < _YEAR_10000


def _audiences(claims: Mapping[str, Any]) -> list[object]:
    audience: object = claims.get("aud")
    return list(audience) if is_array(audience) else [audience]


def _audience(claims: Mapping[str, Any]) -> str:
    return ", ".join(map(_shown, _audiences(claims)[:3]))


def _shown(claim: object) -> str:
    """Return a claim as it may stand in an error or a log: short, printable, and marked off."""
    if claim is None:
        return "missing"
    text = claim if isinstance(claim, str) else type(claim).__name__
    return repr(text if len(text) <= _LONGEST_CLAIM else f"{text[:_LONGEST_CLAIM]}...")


def span(seconds: float) -> str:
    """Return a span of time as people say it, such as "10 s", "2 min" or "3 days"."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(1, seconds):.0f} s"
