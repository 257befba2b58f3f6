"""Why a call failed, as far as it can be told, and the next step: the second line of an error.

A hint goes by Privy's code and status, and by who signed. It names a cause where one is plain, and
says what usually is the cause where none is. Sources:
https://docs.privy.io/basics/troubleshooting/error-handling/api-errors
https://docs.privy.io/controls/quorum-approvals/using-key-quorums
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from privy_async.errors import APIStatusError, AuthenticationError, MfaRequiredError, retry_after
from privy_async.json_types import is_object
from privy_async.sending.call import Call
from privy_async.signing.authorization import AuthorizationContext
from privy_async.user_keys.token_hint import plain_fault, span, token_hint

# Seconds by which a clock may differ from Privy's without being a likely cause of anything.
_SKEW: Final = 30.0
_ADDRESS: Final = re.compile("/wallets/(0x[0-9a-fA-F]{40})(?=/|$)")
_ADDRESS_GIVEN: Final = (
    "{address} is an address: give the wallet's id, or ask privy.wallets.get_by_address(address)."
)

_NOBODY_SIGNED: Final = (
    "Nobody signed this call: use privy.for_user(user_jwt), give authorization=, or set a key with "
    "privy.update_authorization_key(key)."
)
_EXPIRED_KEY: Final = (
    "The user's key that signed has expired: exchange the user's token for a new one; "
    "privy.for_user(user_jwt) renews it by itself."
)
_APP_REFUSED: Final = (
    "Check app_id and app_secret (PRIVY_APP_ID, PRIVY_APP_SECRET): both must be of one app, as "
    "the Dashboard shows them."
)
_NO_WALLET: Final = (
    "The user owns no wallet and is in no key quorum: make one with privy.wallets.create("
    'chain_type="ethereum", owner={"user_id": ...}).'
)
_NO_USER: Final = (
    "No user of this app is known by the token's user id: make one with privy.users.create("
    'linked_accounts=[{"type": "custom_auth", "custom_user_id": ...}]).'
)
_BY_CODE: Final[Mapping[str | None, str]] = {
    "policy_violation": (
        "No rule of the policy allows it, or one denies it. See privy.policies.get(policy_id): the "
        "policy is the wallet's, or that of the signer who signed."
    ),
    "insufficient_funds": (
        "The wallet, or the app's gas credits, hold too little: see what it has with "
        "privy.wallets.balance(wallet_id, ...), and fund it; gas is to be paid too."
    ),
    "transaction_broadcast_failure": "It was not broadcast, so it is safe to send it again.",
    "missing_or_invalid_privy_app_id": _APP_REFUSED,
    "user_session_keys_expired": _EXPIRED_KEY,
    "no_valid_user_session_keys": (
        "The owner is a user without a valid key: sign as that user, with "
        "privy.for_user(user_jwt), which exchanges the token for one."
    ),
    "insufficient_correct_authorization_signatures": (
        "Fewer have signed than the owner's threshold asks for: name all who sign in one "
        "AuthorizationContext, and give it as authorization=."
    ),
    "incorrect_quantity_of_authorization_signatures": (
        "More or fewer have signed than the owner takes: name exactly those who sign in one "
        "AuthorizationContext, and give it as authorization=."
    ),
    "missing_or_empty_authorization_header": _NOBODY_SIGNED,
}
_TEXTS: Final = {
    "is expired": "user_session_keys_expired",
    "session keys": "no_valid_user_session_keys",
    "not enough": "insufficient_correct_authorization_signatures",
}
_BY_STATUS: Final[Mapping[int, str]] = {
    403: (
        "The credentials are right, but the app or the user may not do this: see the app's "
        "settings, and the user, in Privy's Dashboard."
    ),
    404: (
        "Nothing in the app {app_id} has this id: usually it is another app's, or something else's."
    ),
    407: "It is the proxy that refuses: check the name and the password in proxy= or HTTPS_PROXY.",
    429: "The app sends more than Privy takes: send less at a time, or wait {retry_after}.",
}
_SIGNED_BY_USER: Final = (
    "Signed with a user's key. Usually the owner is another user: see the owner_id of what you "
    "asked for, and sign with privy.for_user(that_user's_jwt)."
)
_NO_KEY_BUT_SIGNED: Final = (
    "Signed with a user's key, and the owner is a user without a valid one: usually another user. "
    "See the owner_id, and sign with privy.for_user(that_user's_jwt)."
)
_SIGNED_BY_KEY: Final = (
    "Signed with an authorization key. Usually it is not the owner's or a signer's (see owner_id), "
    "or it is a user's and has expired: exchange a new one; privy.for_user renews."
)
_SIGNED_ELSEWHERE: Final = (
    "The signature was made elsewhere. Usually it is over other bytes than the canonical payload "
    "(compare the error's `signed`), or the key is not the owner's or a signer's."
)
_SIGNED_BY_SEVERAL: Final = (
    "Several have signed. Usually the key of one is not the owner's or a signer's (see owner_id), "
    "or one signature is over another payload (see the error's `signed`)."
)


def hint_of(call: Call, error: APIStatusError, *, signed: bool, now: float) -> str:
    """Return a sentence about a refusal: what is wrong or usually is, and the next step.

    Args:
        call: What was asked.
        error: What Privy answered.
        signed: True if the last attempt was signed.
        now: Unix time in s.
    """
    if isinstance(error, MfaRequiredError):
        return f"{error.WAY_OUT}."
    if isinstance(error, AuthenticationError) and error.refuses_app:
        return _APP_REFUSED
    if error.code == "request_expired":
        return _expiry_hint(error, now)
    if error.status == 401 and call.operation.accepts.signature:
        return _signature_hint(call, error, signed=signed)
    user_jwt = _user_jwt(call)
    if user_jwt is not None and error.status in (400, 401, 404, 422):
        return _token_hint(call, error, user_jwt, now)
    if error.status == 401:
        return ""
    return _BY_CODE.get(error.code) or _status_hint(call, error)


def hint_without_response(problem: str, *, sent: bool, timed_out: bool, proxied: bool) -> str:
    """Return the next step after an attempt that brought no response.

    Args:
        problem: What happened, as the transport tells it.
        sent: False if Privy surely got no whole request.
        timed_out: True if time ran out.
        proxied: True if it went through a proxy.
    """
    if sent:
        return "More time can be given with timeout=." if timed_out else ""
    if "(TLS: wrong version number)" in problem:
        return "No TLS is spoken there: give base_url an http:// address, or another port."
    if "(TLS: " in problem:
        return (
            "Check base_url, and that the server's certificate is trusted, by the system, "
            "SSL_CERT_FILE or ssl=."
        )
    if " 407 " in problem:
        return _BY_STATUS[407]
    if proxied:
        return "Check the proxy, which is that of proxy= or HTTPS_PROXY."
    if "Connection refused" in problem:
        return "Nothing listens there: check the host and the port of base_url."
    return "Check base_url, and this machine's network and DNS."


def _status_hint(call: Call, error: APIStatusError) -> str:
    address = _ADDRESS.search(call.url) if error.status == 404 else None
    if address is not None:
        return _ADDRESS_GIVEN.format(address=address[1])
    if error.status >= 500:
        broke = "Something at Privy, or before it, broke"
        return f"{broke}." if error.may_have_happened else f"{broke}: try again later."
    advice = retry_after(error.headers)
    wait = "a little" if advice is None else f"{advice:g} s"
    hint = _BY_STATUS.get(error.status, "")
    return hint.format(app_id=call.app_id, retry_after=wait)


def _user_jwt(call: Call) -> str | None:
    """Return the user's token that a call carries, if Privy may have refused that."""
    if call.user_jwt is not None:
        return call.user_jwt
    body = call.read_body() if call.operation.path.startswith("/v1/wallets/authenticate") else None
    user_jwt: object = body.get("user_jwt") if is_object(body) else None
    return user_jwt if isinstance(user_jwt, str) else None


def _token_hint(call: Call, error: APIStatusError, user_jwt: str, now: float) -> str:
    said = error.message.lower()
    if "jwt" in said or (error.status == 401 and "mfa" not in said):
        return token_hint(user_jwt, call.app_id, now)
    if call.user_jwt is None and error.status == 404:
        return _NO_USER
    if call.user_jwt is None and "wallet" in said:
        return _NO_WALLET
    return plain_fault(user_jwt, call.app_id, now)


def _signature_hint(call: Call, error: APIStatusError, *, signed: bool) -> str:
    if not signed:
        return _NOBODY_SIGNED
    code = error.code or _code_of_text(error.message)
    if code == "no_valid_user_session_keys" and call.authorization and call.authorization.users:
        return _NO_KEY_BUT_SIGNED
    return _BY_CODE.get(code) or _by_signer(call.authorization)


def _code_of_text(message: str) -> str | None:
    """Return the code that a refused signature should have: mostly Privy says but a text."""
    said = message.lower()
    return next((code for words, code in _TEXTS.items() if words in said), None)


def _by_signer(context: AuthorizationContext | None) -> str:
    if context is None:
        return ""
    kinds: list[tuple[tuple[Any, ...], str]] = [
        (context.users, _SIGNED_BY_USER),
        (context.authorization_private_keys, _SIGNED_BY_KEY),
        ((*context.signatures, *context.signers), _SIGNED_ELSEWHERE),
    ]
    signing = [(who, hint) for who, hint in kinds if who]
    if len(signing) == 1 and len(signing[0][0]) == 1:
        return signing[0][1]
    return _SIGNED_BY_SEVERAL


def _expiry_hint(error: APIStatusError, now: float) -> str:
    """Say that the clocks differ, if the answer's Date header shows it (RFC 9110, 6.6.1)."""
    skew = _skew(error.headers.get("date", ""), now)
    if abs(skew) < _SKEW:
        return "It came after its request_expiry: give it a longer one, or send it sooner."
    side = "behind" if skew > 0 else "ahead of"
    return f"This machine's clock is {span(abs(skew))} {side} Privy's (by its Date header): set it."


def _skew(date: str, now: float) -> float:
    """Return the seconds by which this clock is behind the date that a server said."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return 0.0
