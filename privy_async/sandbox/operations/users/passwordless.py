"""Logging in as a test account, whose one-time code is always the same.

Source: https://docs.privy.io/recipes/using-test-accounts
"""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.events import tell_of_account, tell_of_user
from privy_async.sandbox.operations.operation import Operation
from privy_async.sandbox.operations.users.linked_accounts import (
    account_key,
    key_of_account,
    read_account,
)
from privy_async.sandbox.operations.users.sessions import Session
from privy_async.sandbox.operations.users.users import add_user
from privy_async.sandbox.records.records import Json, User
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.messages import Answer, Request
from privy_async.sandbox.requests.refusal import Refusal

_MODES: Final = ("login-or-sign-up", "no-signup")


def authenticate(app: App, request: Request) -> Answer:
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
    session = Session(app=app, user=user or _new_user(app, request))
    tell_of_account(app, "authenticated", session.user, _account(session.user, email))
    access_token = session.access_token()
    return Answer.json(
        {
            "user": app.state.users_json([session.user])[0],
            "token": access_token,
            "privy_access_token": access_token,
            "identity_token": session.identity_token(),
            "is_new_user": user is None,
            "session_update_action": "set",
        }
    )


def _is_right(app: App, email: str, code: str) -> bool:
    codes = {account_key("email", known): code for known, code in app.test_accounts.items()}
    return codes.get(account_key("email", email)) == code


def _known_user(app: App, email: str) -> User | None:
    return app.state.users.get(app.state.user_ids_by_account.get(account_key("email", email), ""))


def _new_user(app: App, request: Request) -> User:
    email = request.fields.string("email")
    account = read_account(Fields({"type": "email", "address": email}, ""), app.state.now // 1000)
    user = add_user(app.state, (account,))
    tell_of_user(app, "created", user)
    return user


def _account(user: User, email: str) -> Json:
    wanted = account_key("email", email)
    return next(each for each in user.linked_accounts if key_of_account(each) == wanted)


OPERATIONS: Final = (Operation("POST", "/v1/passwordless/authenticate", authenticate, public=True),)
