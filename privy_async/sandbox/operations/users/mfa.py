"""Second factors: enrolling users in them, and verifying users by them.

Every step is taken with the app's credentials and as the user, whose token stands in the header
`privy-user-token`.

Source: https://docs.privy.io/authentication/user-authentication/mfa/server-side
"""

import base64
import hmac
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.one_time_codes import (
    new_totp_secret,
    random_code,
    steps_around,
    totp,
)
from privy_async.sandbox.operations.events import tell_of_mfa
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users import passkeys
from privy_async.sandbox.operations.users.user_tokens import (
    USER_TOKEN_HEADER,
    fetch_keys_for_header,
    user_of_token,
)
from privy_async.sandbox.operations.users.users import addressed_user
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.second_factors import (
    MfaCeremony,
    MfaVerification,
    Passkey,
    SecondFactor,
    Sms,
    Totp,
)
from privy_async.sandbox.records.users import User
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

CEREMONY_LIFETIME: Final = 5 * 60 * 1000
MAX_FAILURES: Final = 4
SMS_ENROLLMENT: Final = "sms/enrollment"
SMS_VERIFICATION: Final = "sms/verification"
TOTP_ENROLLMENT: Final = "totp/enrollment"
TOTP_VERIFICATION: Final = "totp/verification"
PASSKEY_ENROLLMENT: Final = "passkey/enrollment"
PASSKEY_VERIFICATION: Final = "passkey/verification"
_LOGGER: Final = logging.getLogger("privy_async.sandbox")

Factor = TypeVar("Factor", Sms, Totp, Passkey)
Begin = Callable[[App, User, Fields], tuple[MfaCeremony, Json]]
Complete = Callable[[App, User, Fields, MfaCeremony], SecondFactor | None]


def begin(path: str, start: Begin, app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/mfa/…/init: the one that was begun before is void."""
    user = _acting_user(app, request)
    ceremony, answer = start(app, user, request.fields)
    app.state.mfa_ceremonies[user.id, path] = ceremony
    return HttpResponse.json(answer)


def complete(path: str, finish: Complete, app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/mfa/…/verify: what was begun is good for one success."""
    state, user = app.state, _acting_user(app, request)
    ceremony = _running(state, user, path)
    factor = finish(app, user, request.fields, ceremony)
    if factor is None:
        state.mfa_ceremonies[user.id, path] = attrs.evolve(ceremony, failures=ceremony.failures + 1)
        raise Refusal(400, "Invalid MFA code or credential", "invalid_credentials")
    state.mfa_ceremonies.pop((user.id, path), None)
    state.users[user.id] = attrs.evolve(user, second_factors=(*_others(user, factor), factor))
    if path.endswith("enrollment"):
        tell_of_mfa(app, "enabled", user, factor.kind)
    return HttpResponse.json({"token": _new_token(app, user)})


def disable(app: App, user: User, kind: str) -> None:
    """Take a kind of second factor from a user, as Privy's clients can."""
    kept = tuple(each for each in user.second_factors if each.kind != kind)
    if len(kept) == len(user.second_factors):
        raise ValueError(f"{user.id} is not enrolled in {kind}")
    app.state.users[user.id] = attrs.evolve(user, second_factors=kept)
    tell_of_mfa(app, "disabled", user, kind)


def verified_until(app: App, user: User, fields: Fields) -> int:
    """Until when the `mfa_token` of an exchange counts, in Unix ms; 0 without one.

    An assumption: Privy's pages do not show this request. The token of another is as good as none
    at all, and one that is too old means that the user must verify themselves anew.

    Raises:
        Refusal: 400 for no token of this user, 401 `mfa_required` for one that has expired.
    """
    token = fields.optional_string("mfa_token")
    if token is None:
        return 0
    verification = app.state.mfa_verifications.get(token)
    if verification is None or verification.user_id != user.id:
        raise Refusal(400, "Invalid MFA token provided", "invalid_data")
    if verification.expires_at <= app.state.now:
        raise Refusal(401, "The MFA token has expired", "mfa_required")
    return verification.expires_at


def _acting_user(app: App, request: HttpRequest) -> User:
    """The user in the path, who must be the one of the token."""
    token = request.headers.get(USER_TOKEN_HEADER)
    if not token:
        raise Refusal(401, f"Missing `{USER_TOKEN_HEADER}` header")
    user = addressed_user(app, request)
    try:
        holder = user_of_token(app, token)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        raise Refusal(401, "Invalid user token") from None
    if holder.id != user.id:
        raise Refusal(401, "The token is not this user's")
    return user


def _running(state: State, user: User, path: str) -> MfaCeremony:
    ceremony = state.mfa_ceremonies.get((user.id, path))
    over = ceremony is not None and state.now >= ceremony.started_at + CEREMONY_LIFETIME
    if path == TOTP_VERIFICATION and (ceremony is None or over):
        # There is nothing to begin: the app on the user's phone always shows a code.
        return MfaCeremony(started_at=state.now)
    if ceremony is None:
        raise Refusal(400, "There is nothing to verify: call init first", "invalid_data")
    if over or ceremony.failures >= MAX_FAILURES:
        raise Refusal(400, "Too late, or too many attempts: begin anew", "invalid_data")
    return ceremony


def _others(user: User, factor: SecondFactor) -> tuple[SecondFactor, ...]:
    """The user's factors without the one that a new state of it replaces."""
    return tuple(each for each in user.second_factors if _place(each) != _place(factor))


def _place(factor: SecondFactor) -> tuple[str, str]:
    return factor.kind, factor.credential_id if isinstance(factor, Passkey) else ""


def _new_token(app: App, user: User) -> str:
    expires_at = app.state.now + int(app.mfa_cache_duration * 1000)
    token = "mfa-" + base64.urlsafe_b64encode(app.state.clock.random_bytes(33)).decode()
    app.state.mfa_verifications[token] = MfaVerification(user.id, expires_at)
    return token


# --- SMS


def _enroll_sms(app: App, user: User, fields: Fields) -> tuple[MfaCeremony, Json]:
    number = fields.optional_string("phone_number", pattern=r"\+?[0-9][0-9 ()-]{4,20}")
    if number is None:
        raise input_error(fields.at("phone_number"), "Required")
    if any(account["type"] == "phone" for account in user.linked_accounts):
        problem = "A user who logs in with a phone number cannot enroll in SMS MFA"
        raise Refusal(400, problem, "invalid_data")
    return _text_code(app, number)


def _verify_sms(app: App, user: User, fields: Fields) -> tuple[MfaCeremony, Json]:
    return _text_code(app, _enrolled(user, Sms).phone_number)


def _text_code(app: App, number: str) -> tuple[MfaCeremony, Json]:
    code = random_code(app.state.clock.random_bytes)
    _LOGGER.info("the text message to %s says: %s", number, code)
    ceremony = MfaCeremony(started_at=app.state.now, code=code, phone_number=number)
    return ceremony, {"success": True}


def _check_sms(app: App, user: User, fields: Fields, ceremony: MfaCeremony) -> Sms | None:
    if not hmac.compare_digest(_code(fields), ceremony.code):
        return None
    known = next((each for each in user.second_factors if isinstance(each, Sms)), None)
    if known is not None and known.phone_number == ceremony.phone_number:
        return known
    return Sms(verified_at=app.state.now // 1000, phone_number=ceremony.phone_number)


# --- TOTP


def _enroll_totp(app: App, user: User, fields: Fields) -> tuple[MfaCeremony, Json]:
    secret = new_totp_secret(app.state.clock.random_bytes)
    url = f"otpauth://totp/{app.app_id}:{user.id}?secret={secret}&issuer={app.app_id}"
    ceremony = MfaCeremony(started_at=app.state.now, secret=secret)
    return ceremony, {"totp_secret": secret, "totp_auth_url": url}


def _check_new_totp(app: App, user: User, fields: Fields, ceremony: MfaCeremony) -> Totp | None:
    factor = Totp(verified_at=app.state.now // 1000, secret=ceremony.secret)
    return _with_step(app, factor, _code(fields))


def _check_totp(app: App, user: User, fields: Fields, ceremony: MfaCeremony) -> Totp | None:
    return _with_step(app, _enrolled(user, Totp), _code(fields))


def _with_step(app: App, factor: Totp, code: str) -> Totp | None:
    for step in steps_around(app.state.clock.now()):
        if step > factor.last_step and hmac.compare_digest(totp(factor.secret, step), code):
            return attrs.evolve(factor, last_step=step)
    return None


# --- passkeys


def _enroll_passkey(app: App, user: User, fields: Fields) -> tuple[MfaCeremony, Json]:
    ceremony = _challenge(app, fields)
    return ceremony, {
        "relying_party": ceremony.relying_party,
        "options": passkeys.creation_options(user, ceremony),
    }


def _verify_passkey(app: App, user: User, fields: Fields) -> tuple[MfaCeremony, Json]:
    ceremony = _challenge(app, fields)
    _enrolled(user, Passkey)
    return ceremony, {
        "relying_party": ceremony.relying_party,
        "options": passkeys.request_options(_passkeys_for(user, ceremony), ceremony),
    }


def _challenge(app: App, fields: Fields) -> MfaCeremony:
    party = passkeys.relying_party_of(fields)
    challenge = passkeys.new_challenge(app.state.clock.random_bytes)
    return MfaCeremony(started_at=app.state.now, challenge=challenge, relying_party=party)


def _check_new_passkey(
    app: App, user: User, fields: Fields, ceremony: MfaCeremony
) -> Passkey | None:
    return passkeys.created_passkey(fields.object("credential"), ceremony, app.state.now // 1000)


def _check_passkey(app: App, user: User, fields: Fields, ceremony: MfaCeremony) -> Passkey | None:
    known = _passkeys_for(user, ceremony)
    return passkeys.used_passkey(fields.object("credential"), ceremony, known)


def _passkeys_for(user: User, ceremony: MfaCeremony) -> list[Passkey]:
    known = (each for each in user.second_factors if isinstance(each, Passkey))
    return [each for each in known if each.relying_party == ceremony.relying_party]


def _enrolled(user: User, kind: type[Factor]) -> Factor:
    factor = next((each for each in user.second_factors if isinstance(each, kind)), None)
    if factor is None:
        raise Refusal(400, f"The user is not enrolled in {kind.kind}", "missing_mfa_enrollment")
    return factor


def _code(fields: Fields) -> str:
    code = fields.optional_string("code", pattern="[0-9]{6}")
    if code is None:
        raise input_error(fields.at("code"), "Required")
    return code


def _route(path: str, step: str, run: Callable[[App, HttpRequest], HttpResponse]) -> Route:
    template = f"/v1/users/{{user_id}}/mfa/{path}/{step}"
    return Route("POST", template, run, prepare=fetch_keys_for_header)


_BEGUN: Final[tuple[tuple[str, Begin], ...]] = (
    (SMS_ENROLLMENT, _enroll_sms),
    (SMS_VERIFICATION, _verify_sms),
    (TOTP_ENROLLMENT, _enroll_totp),
    (PASSKEY_ENROLLMENT, _enroll_passkey),
    (PASSKEY_VERIFICATION, _verify_passkey),
)
_COMPLETED: Final[tuple[tuple[str, Complete], ...]] = (
    (SMS_ENROLLMENT, _check_sms),
    (SMS_VERIFICATION, _check_sms),
    (TOTP_ENROLLMENT, _check_new_totp),
    (TOTP_VERIFICATION, _check_totp),
    (PASSKEY_ENROLLMENT, _check_new_passkey),
    (PASSKEY_VERIFICATION, _check_passkey),
)
ROUTES: Final = (
    *(_route(path, "init", partial(begin, path, start)) for path, start in _BEGUN),
    *(_route(path, "verify", partial(complete, path, finish)) for path, finish in _COMPLETED),
)
