"""Users (https://docs.privy.io/user-management/migrating-users-to-privy/create-or-import-a-user)."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.fields import Fields, input_error
from privy_async.sandbox.messages import Answer, Request
from privy_async.sandbox.operations.linked_accounts import (
    ACCOUNT_TYPES,
    account_key,
    key_of_account,
    read_account,
)
from privy_async.sandbox.operations.operation import Operation
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.wallets import drafted_wallet
from privy_async.sandbox.records import User, Wallet
from privy_async.sandbox.refusal import Refusal
from privy_async.sandbox.state import State

_ACCOUNT_TAKEN: Final = (
    "Account conflict caused by an existing user. Multiple users cannot share the same account."
)

Metadata = dict[str, str | int | float | bool]


def create_user(app: App, request: Request) -> Answer:
    """POST /v1/users, with wallets of the user's own if `wallets` asks for them."""
    state, fields = app.state, request.fields
    if not fields.has("linked_accounts"):
        raise input_error("linked_accounts", "Required")
    now = int(state.clock())
    accounts = tuple(read_account(account, now) for account in fields.objects("linked_accounts"))
    if any(key_of_account(account) in state.user_ids_by_account for account in accounts):
        raise Refusal(409, _ACCOUNT_TAKEN, "resource_conflict")
    metadata = _metadata(fields) if fields.has("custom_metadata") else {}
    drafts = _drafted_wallets(state, fields)
    user = User(f"did:privy:{state.new_id()}", accounts, metadata, now)
    state.users[user.id] = user
    state.user_ids_by_account.update((key_of_account(account), user.id) for account in accounts)
    _give(state, user, drafts)
    return _answer(state, user)


def get_user(app: App, request: Request) -> Answer:
    """GET /v1/users/{user_id}."""
    return _answer(app.state, _addressed(app, request))


def get_users(app: App, request: Request) -> Answer:
    """GET /v1/users, oldest first."""
    return page(list(app.state.users.values()), request.query, app.state.users_json)


def delete_user(app: App, request: Request) -> Answer:
    """DELETE /v1/users/{user_id}. The wallets stay, but no key signs for the user any more."""
    state, user = app.state, _addressed(app, request)
    del state.users[user.id]
    state.user_keys.pop(user.id, None)
    for account in user.linked_accounts:
        del state.user_ids_by_account[key_of_account(account)]
    return Answer.nothing()


def create_user_wallets(app: App, request: Request) -> Answer:
    """POST /v1/users/{user_id}/wallets."""
    user = _addressed(app, request)
    _give(app.state, user, _drafted_wallets(app.state, request.fields))
    return _answer(app.state, user)


def replace_custom_metadata(app: App, request: Request) -> Answer:
    """POST /v1/users/{user_id}/custom_metadata."""
    return _with_metadata(app.state, _addressed(app, request), _metadata(request.fields))


def merge_custom_metadata(app: App, request: Request) -> Answer:
    """PATCH /v1/users/{user_id}/custom_metadata."""
    user = _addressed(app, request)
    return _with_metadata(app.state, user, {**user.custom_metadata, **_metadata(request.fields)})


def look_up_user(kind: str, name: str, app: App, request: Request) -> Answer:
    """Find the user with such an account, by its field `name`, such as POST /v1/users/…/id."""
    if name == "fid":
        wanted: str | int | None = request.fields.optional_integer(name, minimum=0)
    else:
        wanted = request.fields.string(name)
    if wanted is None:
        raise input_error(name, "Required")
    for user_id in _ids_with_account(app.state, kind, name, wanted):
        return _answer(app.state, app.state.users[user_id])
    raise Refusal(404, "User not found", "not_found")


def _ids_with_account(state: State, kind: str, name: str, wanted: str | int) -> Iterator[str]:
    if name == ACCOUNT_TYPES[kind].identity:
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


def _addressed(app: App, request: Request) -> User:
    return app.state.user(request.path_values["user_id"])


def _answer(state: State, user: User) -> Answer:
    return Answer.json(state.users_json([user])[0])


def _with_metadata(state: State, user: User, metadata: Metadata) -> Answer:
    state.users[user.id] = attrs.evolve(user, custom_metadata=metadata)
    return _answer(state, state.users[user.id])


def _metadata(fields: Fields) -> Metadata:
    """The custom metadata: strings, numbers and booleans by name."""
    metadata: Metadata = {}
    described = fields.object("custom_metadata")
    for name, value in described.values.items():
        if not isinstance(value, str | int | float | bool):
            raise input_error(described.at(name), "Expected string, number or boolean")
        metadata[name] = value
    return metadata


def _drafted_wallets(state: State, fields: Fields) -> list[Wallet]:
    drafts = list[Wallet]()
    for described in fields.objects("wallets"):
        if described.boolean("create_smart_wallet"):
            raise Refusal(501, "The sandbox does not imitate smart wallets", "not_implemented")
        drafts.append(drafted_wallet(state, described))
    return drafts


def _give(state: State, user: User, drafts: list[Wallet]) -> None:
    for draft in drafts:
        owner = state.owner_quorum(user_id=user.id, public_key=None)
        state.wallets[draft.id] = attrs.evolve(draft, owner_id=owner.id)


_LOOK_UPS: Final = (
    ("custom_auth/id", "custom_auth", "custom_user_id"),
    ("discord/username", "discord_oauth", "username"),
    ("email/address", "email", "address"),
    ("farcaster/fid", "farcaster", "fid"),
    ("github/username", "github_oauth", "username"),
    ("instagram/username", "instagram_oauth", "username"),
    ("phone/number", "phone", "number"),
    ("spotify/subject", "spotify_oauth", "subject"),
    ("telegram/telegram_user_id", "telegram", "telegram_user_id"),
    ("telegram/username", "telegram", "username"),
    ("twitch/username", "twitch_oauth", "username"),
    ("twitter/subject", "twitter_oauth", "subject"),
    ("twitter/username", "twitter_oauth", "username"),
    ("wallet/address", "wallet", "address"),
)

OPERATIONS: Final = (
    Operation("POST", "/v1/users", create_user),
    Operation("GET", "/v1/users", get_users),
    Operation("GET", "/v1/users/{user_id}", get_user),
    Operation("DELETE", "/v1/users/{user_id}", delete_user),
    Operation("POST", "/v1/users/{user_id}/wallets", create_user_wallets),
    Operation("POST", "/v1/users/{user_id}/custom_metadata", replace_custom_metadata),
    Operation("PATCH", "/v1/users/{user_id}/custom_metadata", merge_custom_metadata),
    *(
        Operation("POST", f"/v1/users/{path}", partial(look_up_user, kind, name))
        for path, kind, name in _LOOK_UPS
    ),
)
