"""Whose token a request carries: one of the app's own login, or of Privy's."""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.users.account_types import account_key
from privy_async.sandbox.records.users import User
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.token_diagnosis import FROZEN, no_such_user

USER_TOKEN_HEADER: Final = "privy-user-token"


def user_of_token(app: App, token: str) -> User:
    """The user whose account with the app's own login the token names.

    The sandbox stands for Privy's own login too, whose tokens name the user's id.

    Raises:
        Refusal: 400 if it is no valid token, 404 for nobody's, 403 for a frozen user's.
    """
    verified = app.verifier.verify(token)
    user_id = app.state.user_ids_by_account.get(account_key("custom_auth", verified.subject))
    if user_id is None and verified.by_sandbox:
        user_id = verified.subject
    user = app.state.users.get(user_id or "")
    if user is None:
        raise Refusal(404, "User not found", "not_found", no_such_user(verified.subject))
    refuse_frozen(user)
    return user


def refuse_frozen(user: User) -> None:
    """Refuse whatever a frozen user would do.

    Source: https://docs.privy.io/user-management/users/managing-users/freezing-users
    """
    if user.frozen_at is not None:
        raise Refusal(403, "The user is frozen", diagnosis=FROZEN)


async def fetch_keys_for_body(app: App, request: HttpRequest) -> None:
    """Have the keys behind registered URLs at hand for the token in the body."""
    await _fetch_keys(app, request.fields.values.get("user_jwt"))


async def fetch_keys_for_header(app: App, request: HttpRequest) -> None:
    """Fetch the keys for the token in the header `privy-user-token`."""
    await _fetch_keys(app, request.headers.get(USER_TOKEN_HEADER))


async def _fetch_keys(app: App, token: object) -> None:
    if isinstance(token, str):
        await app.verifier.refresh(token)
