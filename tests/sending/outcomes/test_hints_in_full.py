"""Every hint, word for word where it is chosen: by status, code, text, signer, clock and token."""

from email.utils import formatdate
from typing import Any

import pytest
from test_hints import NOW, SIGNED, exchange
from test_outcome import MONEY, error_of, flat, make_call
from token_helpers import APP_ID, token

from privy_async.errors import APIStatusError
from privy_async.sending.call import Call
from privy_async.sending.hints import hint_without_response
from privy_async.sending.operations import Accepts
from privy_async.signing.authorization import AuthorizationContext
from privy_async.signing.p256 import AuthorizationKey

PLAIN = Accepts(expiry=True)
HUGE = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
ADDRESS = "0x" + "aB" * 20


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("policy_violation", "No rule of the policy"),
        ("insufficient_funds", "The wallet, or the app's gas credits"),
        ("transaction_broadcast_failure", "It was not broadcast"),
        ("missing_or_invalid_privy_app_id", "Check app_id and app_secret"),
        ("user_session_keys_expired", "The user's key that signed has expired"),
        ("no_valid_user_session_keys", "The owner is a user without a valid key"),
        ("insufficient_correct_authorization_signatures", "Fewer have signed than"),
        ("incorrect_quantity_of_authorization_signatures", "More or fewer have signed"),
        ("missing_or_empty_authorization_header", "Nobody signed this call"),
    ],
)
def test_codes(code: str, words: str) -> None:
    """A code says more than the status, whatever that is."""
    for status in (400, 403, 404, 409):
        assert error_of(status, flat("said", code)).hint.startswith(words)
    if code != "missing_or_invalid_privy_app_id":
        assert error_of(401, flat("said", code), signed=SIGNED).hint.startswith(words)


@pytest.mark.parametrize(
    ("status", "happened", "words"),
    [
        (400, False, ""),
        (403, False, "The credentials are right, but"),
        (404, False, "Nothing in the app app has this id"),
        (407, False, "It is the proxy that refuses"),
        (429, False, "The app sends more than Privy takes: send less at a time, or wait a little."),
        (499, False, ""),
        (500, False, "Something at Privy, or before it, broke: try again later."),
        (500, True, "Something at Privy, or before it, broke."),
        (599, True, "Something at Privy, or before it, broke."),
    ],
)
def test_statuses(status: int, happened: bool, words: str) -> None:
    """Where there is no code."""
    hint = error_of(status, may_have_happened=happened).hint
    assert hint == words or (words and not words.endswith(".") and hint.startswith(words))


@pytest.mark.parametrize(("advice", "wait"), [("7", "7 s"), ("1.5", "1.5 s"), ("soon", "a little")])
def test_how_long_to_wait(advice: str, wait: str) -> None:
    """As long as the answer says."""
    assert error_of(429, headers={"retry-after": advice}).hint.endswith(f"or wait {wait}.")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"https://x/v1/wallets/{ADDRESS}", True),
        (f"https://x/v1/wallets/{ADDRESS}/rpc", True),
        (f"https://x/v1/wallets/{ADDRESS}0", False),
        (f"https://x/v1/wallets/{ADDRESS[:-1]}/rpc", False),
        (f"https://x/v1/users/{ADDRESS}", False),
    ],
)
def test_an_address_in_the_place_of_an_id(url: str, found: bool) -> None:
    """It is told where nothing was found, and there alone."""
    call = make_call(url=url)
    said = f"{ADDRESS} is an address: give the wallet's id"
    assert error_of(404, call=call).hint.startswith(said) == found
    assert not error_of(403, call=call).hint.startswith(said)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("User signing key IS EXPIRED", "The user's key that signed has expired"),
        ("No valid user session keys available", "The owner is a user without a valid key"),
        ("Not enough valid authorization signatures", "Fewer have signed than"),
    ],
)
def test_texts_without_a_code(message: str, words: str) -> None:
    """Privy refuses signatures with a text alone."""
    assert error_of(401, flat(message), signed=SIGNED).hint.startswith(words)
    assert error_of(401, flat(message)).hint.startswith("Nobody signed this call")
    assert not error_of(400, flat(message), signed=SIGNED).hint


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "It came after its request_expiry"),
        (29, "It came after its request_expiry"),
        (-29, "It came after its request_expiry"),
        (30, "This machine's clock is 30 s behind Privy's (by its Date header): set it."),
        (-30, "This machine's clock is 30 s ahead of Privy's (by its Date header): set it."),
        (31, "This machine's clock is 31 s behind Privy's (by its Date header): set it."),
    ],
)
def test_clocks_that_differ(seconds: int, words: str) -> None:
    """By half a minute or more it is the clock."""
    body = flat("The request has expired", "request_expired")
    date = formatdate(NOW + seconds, usegmt=True)
    for status in (400, 401):
        assert error_of(status, body, {"date": date}, now=NOW).hint.startswith(words)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 99:00:00 GMT", HUGE])
def test_dates_that_are_none(date: str) -> None:
    """They say nothing of the clock."""
    body = flat("The request has expired", "request_expired")
    assert error_of(400, body, {"date": date}, now=NOW).hint.startswith("It came after")


def with_token(user_jwt: str) -> Call:
    """A call that carries a user's token in its header."""
    call = make_call(accepts=PLAIN, app_id=APP_ID)
    call.user_jwt = user_jwt
    return call


@pytest.mark.parametrize(
    ("status", "message", "own", "words"),
    [
        (404, "User not found", True, "No user of this app is known"),
        (404, "User not found", False, ""),
        (400, "The user has no WALLET", True, "The user owns no wallet"),
        (400, "The user has no wallet", False, ""),
        (401, "Refused", False, "The token"),
        (401, "Refused", True, "The token"),
        (401, "Invalid MFA token", True, ""),
        (404, "Invalid JWT", True, "The token"),
        (403, "Invalid JWT", True, "The credentials are right"),
        (409, "Invalid JWT", True, ""),
    ],
)
def test_tokens(status: int, message: str, own: bool, words: str) -> None:
    """A token is looked at where it can be at fault, in the body of an exchange or in a header."""
    user_jwt = token({"exp": NOW + 60, "aud": APP_ID})
    call = exchange(user_jwt) if own else with_token(user_jwt)
    hint = error_of(status, flat(message), call=call, now=NOW).hint
    if words == "The token":
        assert hint
        assert user_jwt not in hint
    else:
        assert hint.startswith(words)
        assert bool(hint) == bool(words)


@pytest.mark.parametrize(
    ("problem", "sent", "timed_out", "proxied", "words"),
    [
        ("x", True, True, True, "More time can be given with timeout=."),
        ("x", True, False, True, ""),
        ("cannot connect (TLS: wrong version number)", False, False, True, "No TLS is spoken"),
        ("cannot connect (TLS: self signed)", False, False, True, "Check base_url, and that the"),
        ("the proxy answered 407 Proxy", False, False, True, "It is the proxy that refuses"),
        ("cannot connect (Connection refused)", False, False, True, "Check the proxy, which"),
        ("cannot connect (Connection refused)", False, True, False, "Nothing listens there"),
        ("cannot connect", False, True, False, "Check base_url, and this machine's network"),
        ("cannot connect", False, False, True, "Check the proxy, which"),
    ],
)
def test_without_a_response(
    problem: str, sent: bool, timed_out: bool, proxied: bool, words: str
) -> None:
    """The likeliest cause, and what to do."""
    hint = hint_without_response(problem, sent=sent, timed_out=timed_out, proxied=proxied)
    assert hint.startswith(words)
    assert bool(hint) == bool(words)


def signed_by(**who: Any) -> str:
    """What is said of a refused signature of these."""
    call = make_call(authorization=AuthorizationContext(**who))
    error: APIStatusError = error_of(401, flat("No valid"), call=call, signed=SIGNED)
    return error.hint


def test_who_signed() -> None:
    """One of a kind, several of it, or of several kinds."""
    one, two = AuthorizationKey.generate(), AuthorizationKey.generate()
    user = "a.b.c"

    def elsewhere(payload: bytes) -> str:
        return ""

    assert signed_by(user_jwts=[user]).startswith("Signed with a user's key. Usually")
    assert signed_by(authorization_private_keys=[one]).startswith("Signed with an authorization")
    assert signed_by(signatures=["AA=="]).startswith("The signature was made elsewhere")
    assert signed_by(signers=[elsewhere]).startswith("The signature was made elsewhere")
    for several in (
        {"user_jwts": [user, "d.e.f"]},
        {"authorization_private_keys": [one, two]},
        {"signatures": ["AA=="], "signers": [elsewhere]},
        {"user_jwts": [user], "authorization_private_keys": [one]},
    ):
        assert signed_by(**several).startswith("Several have signed.")
    assert error_of(401, flat("No valid"), call=make_call(), signed=SIGNED).hint == ""
    users = make_call(authorization=AuthorizationContext(user_jwts=[user]))
    code = flat("said", "no_valid_user_session_keys")
    assert error_of(401, code, call=users, signed=SIGNED).hint.startswith(
        "Signed with a user's key,"
    )


@pytest.mark.parametrize("accepts", [MONEY, PLAIN])
def test_the_app_comes_first(accepts: Accepts) -> None:
    """Whoever signed, and whatever the call is."""
    call = make_call(accepts=accepts)
    hint = error_of(401, flat("Invalid app ID or app secret."), call=call, signed=SIGNED).hint
    assert hint.startswith("Check app_id and app_secret")
