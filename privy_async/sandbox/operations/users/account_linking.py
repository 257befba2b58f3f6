"""Linking accounts to users and unlinking them.

Source: https://docs.privy.io/user-management/users/unlinking-accounts/api
"""

from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.events import tell_of_account
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.account_types import (
    IDENTITIES,
    account_key,
    key_of_account,
    read_account,
    verified_again,
)
from privy_async.sandbox.operations.users.users import (
    ACCOUNT_TAKEN,
    addressed_user,
    answer_with,
    put_user,
)
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.users import User
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

_OTHER_TYPES: Final = ("cross_app", "authorization_key")
_CUSTOM_PROVIDER: Final = "custom:"
_LOG_INS: Final = frozenset(IDENTITIES) - {"smart_wallet"}


def link_account(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/accounts: link an account, or change what is known of it."""
    user = addressed_user(app, request)
    linked = read_account(request.fields, app.state.now // 1000)
    key = key_of_account(linked)
    if app.state.user_ids_by_account.get(key, user.id) != user.id:
        raise Refusal(409, ACCOUNT_TAKEN, "resource_conflict")
    accounts = {key_of_account(account): account for account in user.linked_accounts}
    what = "updated_account" if key in accounts else "linked_account"
    accounts[key] = verified_again(linked, accounts[key]) if key in accounts else linked
    changed = put_user(app.state, attrs.evolve(user, linked_accounts=tuple(accounts.values())))
    tell_of_account(app, what, changed, accounts[key])
    return answer_with(app.state, changed)


def unlink_account(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/accounts/unlink: not a passkey, nor the last one to log in with."""
    user = addressed_user(app, request)
    unlinked = _described(app.state, user, request.fields)
    if unlinked["type"] == "passkey":
        raise input_error("type", "Passkeys cannot be unlinked")
    kept = tuple(account for account in user.linked_accounts if account is not unlinked)
    if unlinked["type"] in _LOG_INS and all(each["type"] not in _LOG_INS for each in kept):
        raise Refusal(400, "Cannot unlink the only account of a user", "invalid_data")
    changed = put_user(app.state, attrs.evolve(user, linked_accounts=kept))
    tell_of_account(app, "unlinked_account", changed, unlinked)
    return answer_with(app.state, changed)


def _described(state: State, user: User, fields: Fields) -> Json:
    """The user's account with this `type` and `handle`."""
    kind, handle = fields.string("type"), fields.string("handle")
    fields.optional_string("provider")
    if not (kind in IDENTITIES or kind in _OTHER_TYPES or kind.startswith(_CUSTOM_PROVIDER)):
        raise input_error(fields.at("type"), "Invalid")
    for account in user.linked_accounts:
        if account["type"] == kind and _key(kind, account[IDENTITIES[kind]]) == _key(kind, handle):
            return account
    if kind == "wallet" and any(
        state.sole_owner(wallet) == user.id for wallet in state.wallets_at(handle)
    ):
        raise input_error("type", "Embedded wallets cannot be unlinked")
    raise Refusal(404, "Linked account not found", "not_found")


def _key(kind: str, identity: object) -> object:
    # Farcaster's ids are numbers, and handles are texts.
    return account_key(kind, str(identity))


ROUTES: Final = (
    Route("POST", "/v1/users/{user_id}/accounts", link_account),
    Route("POST", "/v1/users/{user_id}/accounts/unlink", unlink_account),
)
