"""Logging in as a test account, whose one-time code is always the same.

Source: https://docs.privy.io/recipes/using-test-accounts
"""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.events import tell_of_account, tell_of_user
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.account_types import (
    account_key,
    key_of_account,
    read_account,
)
from privy_async.sandbox.operations.users.login_sessions import LoginSession
from privy_async.sandbox.operations.users.user_tokens import refuse_frozen
from privy_async.sandbox.operations.users.users import add_user
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.users import User
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

_MODES: Final = ("login-or-sign-up", "no-signup")


def authenticate(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/passwordless/authenticate: a session for an e-mail address and its code.

    A browser calls it, so there is no app secret.
    """
    app.identify(request)
    fields = request.fields
    email, code = fields.string("email"), fields.string("code")
    mode = fields.choice("mode", _MODES) if fields.has("mode") else _MODES[0]
    if not _is_right(app, email, code):
        raise Refusal(400, "Invalid email and code combination", "invalid_credentials")
    user = _known_user(app, email)
    if user is None and mode == "no-signup":
        raise Refusal(404, "User not found", "not_found")
    if is_denied(app.state, email):
        raise Refusal(403, "This user may not log in")
    if user is not None:
        refuse_frozen(user)
    session = LoginSession(app=app, user=user or _new_user(app, request))
    tell_of_account(app, "authenticated", session.user, _account(session.user, email))
    access_token = session.access_token()
    return HttpResponse.json(
        {
            "user": app.state.users_json([session.user])[0],
            "token": access_token,
            "privy_access_token": access_token,
            "identity_token": session.identity_token(),
            "is_new_user": user is None,
            "session_update_action": "set",
        }
    )


def is_denied(state: State, email: str) -> bool:
    """True if an e-mail address or its domain is on the denylist."""
    kind_and_value = {("email", email.lower()), ("emailDomain", email.partition("@")[2].lower())}
    denied = {(each.kind, each.value.lower().lstrip("@")) for each in state.denylist.values()}
    return not denied.isdisjoint(kind_and_value)


def _is_right(app: App, email: str, code: str) -> bool:
    codes = {account_key("email", known): code for known, code in app.test_accounts.items()}
    return codes.get(account_key("email", email)) == code


def _known_user(app: App, email: str) -> User | None:
    return app.state.users.get(app.state.user_ids_by_account.get(account_key("email", email), ""))


def _new_user(app: App, request: HttpRequest) -> User:
    email = request.fields.string("email")
    account = read_account(Fields({"type": "email", "address": email}, ""), app.state.now // 1000)
    user = add_user(app.state, (account,))
    tell_of_user(app, "created", user)
    return user


def _account(user: User, email: str) -> Json:
    wanted = account_key("email", email)
    return next(each for each in user.linked_accounts if key_of_account(each) == wanted)


ROUTES: Final = (Route("POST", "/v1/passwordless/authenticate", authenticate, public=True),)
