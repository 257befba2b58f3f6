"""Finding users by what they are known by elsewhere.

Source: https://docs.privy.io/user-management/users/managing-users/querying-users
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.account_types import IDENTITIES, account_key
from privy_async.sandbox.operations.users.users import answer_with
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

# What a search looks through in each account, besides the user's id.
_SEARCHED: Final = (
    "address",
    "custom_user_id",
    "display_name",
    "email",
    "name",
    "number",
    "subject",
    "telegram_user_id",
    "username",
)
_LISTS: Final = (("emails", "email"), ("phoneNumbers", "phone"), ("walletAddresses", "wallet"))


def look_up_user(kind: str, name: str, app: App, request: HttpRequest) -> HttpResponse:
    """Find the user with such an account, by its field `name`, such as POST /v1/users/…/id."""
    if name == "fid":
        wanted: str | int | None = request.fields.optional_integer(name, minimum=0)
    else:
        wanted = request.fields.string(name)
    if wanted is None:
        raise input_error(name, "Required")
    return _first(app.state, _ids_with_account(app.state, kind, name, wanted))


def search_users(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/search: the first user who has the term, or one of the accounts listed.

    Privy documents one user as the answer, not a list.
    """
    fields = request.fields
    if fields.has("searchTerm"):
        return _first(app.state, _ids_with_text(app.state, fields.string("searchTerm")))
    return _first(app.state, _ids_with_listed(app.state, fields))


def _first(state: State, user_ids: Iterator[str]) -> HttpResponse:
    for user_id in user_ids:
        return answer_with(state, state.users[user_id])
    raise Refusal(404, "User not found", "not_found")


def _ids_with_text(state: State, term: str) -> Iterator[str]:
    if not term:
        raise input_error("searchTerm", "String must contain at least 1 character(s)")
    wanted = term.lower()
    for user in state.users_json(state.users.values()):
        if user["id"] == term or any(_has(account, wanted) for account in user["linked_accounts"]):
            yield user["id"]


def _has(account: Json, wanted: str) -> bool:
    return any(wanted in str(account[name]).lower() for name in _SEARCHED if name in account)


def _ids_with_listed(state: State, fields: Fields) -> Iterator[str]:
    missing = next((name for name, _ in _LISTS if not fields.has(name)), None)
    if missing is not None:
        raise input_error(missing, "Required")
    listed = [(kind, fields.strings(name)) for name, kind in _LISTS]
    for kind, values in listed:
        for value in values:
            yield from _ids_with_account(state, kind, IDENTITIES[kind], value)


def _ids_with_account(state: State, kind: str, name: str, wanted: str | int) -> Iterator[str]:
    if name == IDENTITIES[kind]:
        found = state.user_ids_by_account.get(account_key(kind, wanted))
        if found is not None:
            yield found
    else:
        for user in state.users.values():
            if any(a["type"] == kind and a.get(name) == wanted for a in user.linked_accounts):
                yield user.id
    if kind == "wallet":
        owners = (state.sole_owner(wallet) for wallet in state.wallets_at(str(wanted)))
        yield from (owner for owner in owners if owner in state.users)


_LOOK_UPS: Final = (
    ("custom_auth/id", "custom_auth", "custom_user_id"),
    ("discord/username", "discord_oauth", "username"),
    ("email/address", "email", "address"),
    ("farcaster/fid", "farcaster", "fid"),
    ("github/username", "github_oauth", "username"),
    ("instagram/username", "instagram_oauth", "username"),
    ("phone/number", "phone", "number"),
    ("smart_wallet/address", "smart_wallet", "address"),
    ("spotify/subject", "spotify_oauth", "subject"),
    ("telegram/telegram_user_id", "telegram", "telegram_user_id"),
    ("telegram/username", "telegram", "username"),
    ("twitch/username", "twitch_oauth", "username"),
    ("twitter/subject", "twitter_oauth", "subject"),
    ("twitter/username", "twitter_oauth", "username"),
    ("wallet/address", "wallet", "address"),
)

ROUTES: Final = (
    Route("POST", "/v1/users/search", search_users),
    *(
        Route("POST", f"/v1/users/{path}", partial(look_up_user, kind, name))
        for path, kind, name in _LOOK_UPS
    ),
)
