"""The second line of an error: the cause where it is plain, else the usual one, and what to do."""

from email.utils import formatdate
from typing import Any

import pytest
from test_outcome import MONEY, error_of, flat, make_call
from token_helpers import APP_ID, token

from privy_async import AuthorizationContext, AuthorizationKey
from privy_async.errors import APIError, AuthenticationError, InternalServerError
from privy_async.sending.operations import Accepts, Operation
from privy_async.sending.outcome import NoResponse, make_error

NOW = 1_800_000_000.0
SIGNED = {"privy-authorization-signature": "MEUCIQ"}
NONE_VALID = "No valid authorization signatures were provided. Your payload may be malformed"
KEY = AuthorizationKey.generate()
USER = AuthorizationContext(user_jwts=[token()])
KEYS = AuthorizationContext(authorization_private_keys=[KEY])
ELSEWHERE = AuthorizationContext(signers=[lambda payload: ""])
SEVERAL = AuthorizationContext(authorization_private_keys=[KEY], user_jwts=[token()])


def exchange(user_jwt: str) -> Any:
    path = "/v1/wallets/authenticate"
    body = f'{{"encryption_type":"HPKE","user_jwt":"{user_jwt}"}}'.encode()
    operation = Operation(f"POST {path}", "POST", path, (), Accepts())
    return make_call(operation=operation, body=body, app_id=APP_ID, idempotency_key=None)


@pytest.mark.parametrize(
    ("status", "message", "code", "who", "words"),
    [
        (401, NONE_VALID, None, USER, "Usually the owner is another user"),
        (401, NONE_VALID, "zero_correct_authorization_signatures", KEYS, "is not the owner's"),
        (401, NONE_VALID, None, KEYS, "has expired: exchange a new one; privy.for_user renews"),
        (401, NONE_VALID, None, ELSEWHERE, "over other bytes than the canonical payload"),
        (401, NONE_VALID, None, SEVERAL, "the key of one is not the owner's"),
        (401, "User signing key is expired", "user_session_keys_expired", USER, "renews"),
        (401, "User signing key is expired", None, KEYS, "has expired: exchange"),
        (401, "No valid user session keys available", None, KEYS, "sign as that user"),
        (401, "No valid user session keys available", None, USER, "usually another user"),
        (401, "Not enough valid signatures", None, KEYS, "the owner's threshold"),
        (401, "x", "insufficient_correct_authorization_signatures", KEYS, "threshold"),
        (401, "x", "incorrect_quantity_of_authorization_signatures", KEYS, "exactly those"),
        (401, "x", "mfa_required", USER, "privy.users.mfa"),
        (401, "Invalid app ID or app secret.", None, USER, "PRIVY_APP_SECRET"),
        (400, "denied", "policy_violation", USER, "privy.policies.get"),
        (400, "too little", "insufficient_funds", USER, "gas is to be paid too"),
        (403, "no", None, USER, "Dashboard"),
        (404, "no", None, USER, "in the app app has this id"),
        (407, "no", None, USER, "It is the proxy"),
        (429, "no", None, USER, "wait a little"),
        (503, "no", None, USER, "try again later"),
    ],
)
def test_hint_by_code_and_status(
    status: int, message: str, code: str | None, who: AuthorizationContext, words: str
) -> None:
    """It goes by Privy's code, else its text and status, and by who signed."""
    error = error_of(status, flat(message, code), call=make_call(authorization=who), signed=SIGNED)
    assert words in error.hint
    assert str(error).splitlines()[1:] == [error.hint]


def test_nobody_signed() -> None:
    """It names the ways to sign."""
    hint = error_of(401).hint
    assert all(way in hint for way in ("authorization=", "for_user", "update_authorization_key"))


@pytest.mark.parametrize(
    ("status", "accepts"), [(400, MONEY), (409, MONEY), (401, Accepts(expiry=True))]
)
def test_no_hint(status: int, accepts: Accepts) -> None:
    """There is none where Privy's own words say all that is known."""
    assert error_of(status, call=make_call(accepts=accepts)).hint == ""


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Invalid app ID or app secret.", None),
        ("Invalid Privy app ID", "missing_or_invalid_privy_app_id"),
        ("Missing or malformed app ID", None),
        ("Refused", "missing_or_invalid_privy_app_id"),
    ],
)
def test_the_app_is_refused(message: str, code: str | None) -> None:
    """A wrong app id or secret is told as what it is, though it is a 401 too."""
    error = error_of(401, flat(message, code))
    assert isinstance(error, AuthenticationError)
    assert error.refuses_app
    assert "PRIVY_APP_ID" in error.hint


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (0, "give it a longer one"),
        (29, "give it a longer one"),
        (1200, "clock is 20 min behind Privy's"),
        (-7200, "clock is 2 h ahead of Privy's"),
        (None, "give it a longer one"),
    ],
)
def test_an_expired_request(behind: float | None, words: str) -> None:
    """The answer's Date header shows if it is this machine's clock that is wrong."""
    date = "yesterday" if behind is None else formatdate(NOW + behind, usegmt=True)
    body = flat("The request has expired", "request_expired")
    assert words in error_of(400, body, {"date": date}, now=NOW).hint


@pytest.mark.parametrize(
    ("status", "message", "claims", "words"),
    [
        (400, "Invalid JWT token provided", {"exp": NOW - 10}, "expired 10 s ago"),
        (401, "Refused", {"exp": NOW - 10}, "expired 10 s ago"),
        (400, "Invalid JWT token provided", {"iss": "https://a.example"}, "'https://a.example'"),
        (404, "User not found", {}, "privy.users.create"),
        (400, "The user has no wallet to sign for", {}, "privy.wallets.create"),
        (422, "Something else", {"exp": NOW - 10}, "expired 10 s ago"),
    ],
)
def test_a_refused_token(status: int, message: str, claims: dict[str, Any], words: str) -> None:
    """What the token says of itself, where the token may be at fault."""
    user_jwt = token({"exp": NOW + 60, **claims})
    error = error_of(status, flat(message), call=exchange(user_jwt), now=NOW)
    assert words in error.hint
    assert user_jwt not in str(error)


def test_a_faultless_token_is_not_blamed() -> None:
    """A refusal that is not about the token says nothing of it."""
    call = exchange(token({"exp": NOW + 60}))
    assert error_of(422, flat("Something else"), call=call, now=NOW).hint == ""


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (NoResponse("cannot connect", sent=False), "Check base_url, and"),
        (NoResponse("no answer", sent=True, timed_out=True), "timeout="),
        (NoResponse("too large", sent=True, unreadable=True), "max_response_size="),
        (NoResponse("the connection broke", sent=True), ""),
    ],
)
def test_no_response(outcome: NoResponse, words: str) -> None:
    """What can be done depends on how far it came."""
    error: APIError = make_error(make_call(), outcome, may_have_happened=False)
    assert words in error.hint
    assert bool(error.hint) == bool(words)


@pytest.mark.parametrize("status", [400, 401])
def test_another_token_is_not_mistaken_for_the_users(status: int) -> None:
    """What is said of an MFA token is not said of the user's token."""
    call = exchange(token({"exp": NOW + 60}))
    assert error_of(status, flat("Invalid MFA token"), call=call, now=NOW).hint == ""


def test_doubt_comes_before_the_hint() -> None:
    """That it may have been executed matters most."""
    error = error_of(500, may_have_happened=True)
    assert isinstance(error, InternalServerError)
    doubt, hint = str(error).splitlines()[1].split(". ", 1)
    assert doubt.startswith("It may have been executed")
    assert hint == error.hint
