"""From a refused user token to a sentence about what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

import attrs

from privy_async.sandbox.requests.diagnosis import Diagnosis

_ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
_LONGEST: Final = 80
NOT_A_TOKEN: Final = Diagnosis(
    "not a token", "It is no JWT, which has three parts of base64url, the first two JSON."
)


@attrs.frozen(kw_only=True)
class RefusedToken:
    """A token that was refused, and what it was held against.

    Attributes:
        header: What its header says; None if it cannot be read.
        claims: What it claims, whoever signed it; None if they cannot be read.
        signed_by: Who has signed it: the sandbox, a key that is registered, or nobody known.
        key_ids: The ids of the keys that are known, None for a key without one.
        audiences: One of these must be in `aud`; empty accepts any.
        user_id_claim: The claim that names the user.
        now: Unix time in s.
    """

    header: Mapping[str, Any] | None
    claims: Mapping[str, Any] | None
    signed_by: Literal["sandbox", "registered"] | None
    key_ids: Sequence[str | None]
    app_id: str
    audiences: Sequence[str]
    user_id_claim: str
    now: float


def diagnose_token(token: RefusedToken) -> Diagnosis:
    """Say why this token was refused."""
    if token.header is None or token.claims is None:
        return NOT_A_TOKEN
    return (
        _of_time(token.claims, token.now)
        or _of_signature(token, token.header, token.claims)
        or _of_privy(token, token.claims)
        or _of_login(token, token.claims)
    )


def _of_time(claims: Mapping[str, Any], now: float) -> Diagnosis | None:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float) or expires < 0:
        return Diagnosis("not a token", "Its exp (or nbf) is no Unix time in seconds: set it.")
    if expires <= now:
        ago = _span(now - expires)
        return Diagnosis("expired token", f"It expired {ago} ago: issue a new one.")
    if begins > now:
        early = _span(begins - now)
        return Diagnosis("token not valid yet", f"It is not valid for another {early} (nbf).")
    return None


def _of_signature(
    token: RefusedToken, header: Mapping[str, Any], claims: Mapping[str, Any]
) -> Diagnosis | None:
    if token.signed_by is not None:
        return None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in _ALGORITHMS:
        taken = ", ".join(_ALGORITHMS)
        problem = f"It is signed with {_shown(algorithm)}, and only {taken} are taken"
        return Diagnosis("other token key", f"{problem}: change your login's algorithm.")
    if claims.get("iss") == "privy.io":
        problem = "It says that Privy issued it (iss), but this sandbox has not: it is another's."
        return Diagnosis("other issuer", f"{problem} Take one from sandbox.issue_user_jwt(...).")
    known = [each for each in token.key_ids if each is not None]
    if key_id is not None and key_id not in known and None not in token.key_ids:
        problem = f"Of {len(known)} known keys none has its kid {_shown(key_id)}"
        return Diagnosis("unknown token key", f"{problem}: give your login's JWKS as auth_keys=.")
    return Diagnosis(
        "other token key",
        "It was not signed with a key that is known: give your login's key or JWKS as auth_keys=, "
        "or take a token from sandbox.issue_user_jwt(...).",
    )


def _of_privy(token: RefusedToken, claims: Mapping[str, Any]) -> Diagnosis | None:
    """Return what is wrong with a token of Privy's own login, which the sandbox stands for."""
    if token.signed_by != "sandbox" or claims.get("iss") != "privy.io":
        return None
    if not isinstance(claims.get("sid"), str):
        problem = "It is an identity token: use the user's access token, which has a session (sid)."
        return Diagnosis("not an access token", problem)
    audience = _shown(claims.get("aud"))
    problem = f"It is for the app {audience} (aud), and this one is {token.app_id!r}"
    return Diagnosis("other audience", f"{problem}: take a token of this app's.")


def _of_login(token: RefusedToken, claims: Mapping[str, Any]) -> Diagnosis:
    audience: object = claims.get("aud")
    if token.audiences and not any(each in token.audiences for each in audiences_of(claims)):
        expected = ", ".join(map(repr, token.audiences))
        problem = f"Its aud is {_shown(audience)}, and audiences= allows {expected}"
        return Diagnosis("other audience", f"{problem}: make them agree.")
    problem = f"It has no text in its claim {token.user_id_claim!r}, which names the user"
    return Diagnosis("no user id", f"{problem}: put it there, or set user_id_claim=.")


def audiences_of(claims: Mapping[str, object]) -> list[object]:
    """Return `aud`, which is one text or several (RFC 7519, section 4.1.3)."""
    audience = claims.get("aud")
    return cast("list[object]", audience) if isinstance(audience, list) else [audience]


def no_such_user(subject: str) -> Diagnosis:
    """Say that a good token is nobody's."""
    if subject.startswith("did:privy:"):
        problem = f"The token is good, but this app has no user {_shown(subject)}"
        return Diagnosis("unknown user", f"{problem}, or no longer: let the user log in again.")
    return Diagnosis(
        "unknown user",
        f"The token is good, but no user is known as {_shown(subject)}: privy.users.create("
        'linked_accounts=[{"type": "custom_auth", "custom_user_id": ...}]) makes one.',
    )


FROZEN: Final = Diagnosis(
    "frozen user", "The user was frozen: privy.users.unfreeze(user_id) ends that."
)
NO_WALLET: Final = Diagnosis(
    "no wallet",
    "The token is good, but the user owns no wallet and is in no key quorum: "
    'privy.wallets.create(chain_type="ethereum", owner={"user_id": ...}) makes one.',
)


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(1, seconds):.0f} s"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
