"""Users (https://docs.privy.io/user-management/migrating-users-to-privy/create-or-import-a-user)."""

from collections.abc import Sequence
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.events import tell_of_new_wallet, tell_of_user
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.account_types import (
    key_of_account,
    read_account,
    smart_wallet_account,
)
from privy_async.sandbox.operations.wallets.wallets import drafted_wallet
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.users import User
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

ACCOUNT_TAKEN: Final = (
    "Account conflict caused by an existing user. Multiple users cannot share the same account."
)

MAX_BATCH: Final = 20

Metadata = dict[str, str | int | float | bool]


def create_user(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users, with wallets of the user's own if `wallets` asks for them."""
    return answer_with(app.state, _created(app, request.fields))


def create_users(app: App, request: HttpRequest) -> HttpResponse:
    """POST /api/v1/users/batch: each succeeds or fails by itself.

    Source: https://docs.privy.io/user-management/migrating-users-to-privy/create-or-import-a-batch-of-users
    """
    items = request.fields.objects("users")
    if not 1 <= len(items) <= MAX_BATCH:
        raise input_error("users", f"Array must contain 1 to {MAX_BATCH} element(s)")
    results = [
        {"action": "create", "index": index, **_result(app, item)}
        for index, item in enumerate(items)
    ]
    return HttpResponse.json({"results": results})


def _result(app: App, item: Fields) -> Json:
    try:
        return {"success": True, "id": _created(app, item).id}
    except _AccountTakenError as taken:
        return {"success": False, "code": 101, "error": taken.message, "cause": taken.user_id}
    except Refusal as refusal:
        return {"success": False, "code": 100, "error": refusal.message}


@attrs.define
class _AccountTakenError(Refusal):
    """A refusal that knows who has the account."""

    user_id: str = ""


def _created(app: App, fields: Fields) -> User:
    state = app.state
    if not fields.has("linked_accounts"):
        raise input_error("linked_accounts", "Required")
    accounts = tuple(
        read_account(account, state.now // 1000) for account in fields.objects("linked_accounts")
    )
    keys = [key_of_account(account) for account in accounts]
    if len(set(keys)) < len(keys):
        problem = "Array must not contain an account twice"
        raise input_error(fields.at("linked_accounts"), problem)
    taken = [state.user_ids_by_account[key] for key in keys if key in state.user_ids_by_account]
    if taken:
        raise _AccountTakenError(409, ACCOUNT_TAKEN, "resource_conflict", user_id=taken[0])
    metadata = _metadata(fields) if fields.has("custom_metadata") else {}
    drafts = _drafted_wallets(state, fields)
    user = add_user(state, accounts, metadata)
    tell_of_user(app, "created", user)
    return _with_wallets(app, user, drafts)


def add_user(state: State, accounts: Sequence[Json], metadata: Metadata | None = None) -> User:
    """Make a user who has these accounts, which nobody has yet."""
    user_id = f"did:privy:{state.new_id()}"
    return put_user(state, User(user_id, tuple(accounts), metadata or {}, state.now // 1000))


def put_user(state: State, user: User) -> User:
    """Store a new or changed user, who is then found by the accounts it has."""
    known = state.users.get(user.id)
    for account in known.linked_accounts if known else ():
        del state.user_ids_by_account[key_of_account(account)]
    for account in user.linked_accounts:
        state.user_ids_by_account[key_of_account(account)] = user.id
    state.users[user.id] = user
    return user


def get_user(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/users/{user_id}."""
    return answer_with(app.state, addressed_user(app, request))


def get_users(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/users, oldest first."""
    return page(list(app.state.users.values()), request.query, app.state.users_json)


def delete_user(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/users/{user_id}. The wallets stay, but no key signs for the user any more."""
    state, user = app.state, addressed_user(app, request)
    tell_of_user(app, "deleted", user)
    del state.users[user.id]
    state.user_keys.pop(user.id, None)
    for account in user.linked_accounts:
        del state.user_ids_by_account[key_of_account(account)]
    return HttpResponse.no_content()


def freeze_user(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/freeze: no token of the user is exchanged any more.

    Doing it again changes nothing.
    """
    state, user = app.state, addressed_user(app, request)
    frozen_at = state.now // 1000 if user.frozen_at is None else user.frozen_at
    state.users[user.id] = attrs.evolve(user, frozen_at=frozen_at)
    return HttpResponse.json({"success": True})


def unfreeze_user(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/users/{user_id}/freeze."""
    user = addressed_user(app, request)
    app.state.users[user.id] = attrs.evolve(user, frozen_at=None)
    return HttpResponse.json({"success": True})


def create_user_wallets(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/wallets."""
    user = addressed_user(app, request)
    if not request.fields.has("wallets"):
        raise input_error("wallets", "Required")
    drafts = _drafted_wallets(app.state, request.fields)
    return answer_with(app.state, _with_wallets(app, user, drafts))


def replace_custom_metadata(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/users/{user_id}/custom_metadata."""
    return _with_metadata(app.state, addressed_user(app, request), _metadata(request.fields))


def merge_custom_metadata(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/users/{user_id}/custom_metadata."""
    user = addressed_user(app, request)
    return _with_metadata(app.state, user, {**user.custom_metadata, **_metadata(request.fields)})


def addressed_user(app: App, request: HttpRequest) -> User:
    """The user in the path."""
    return app.state.user(request.path_values["user_id"])


def answer_with(state: State, user: User) -> HttpResponse:
    """Answer the user with the wallets that are the user's own."""
    return HttpResponse.json(state.users_json([user])[0])


def _with_metadata(state: State, user: User, metadata: Metadata) -> HttpResponse:
    state.users[user.id] = attrs.evolve(user, custom_metadata=metadata)
    return answer_with(state, state.users[user.id])


def _metadata(fields: Fields) -> Metadata:
    """The custom metadata: strings, numbers and booleans by name."""
    metadata: Metadata = {}
    described = fields.object("custom_metadata")
    for name, value in described.values.items():
        if not isinstance(value, str | int | float | bool):
            raise input_error(described.at(name), "Expected string, number or boolean")
        metadata[name] = value
    return metadata


@attrs.frozen
class _Draft:
    """A wallet that is to be made, perhaps with a smart wallet that it controls."""

    wallet: Wallet
    smart: bool


def _drafted_wallets(state: State, fields: Fields) -> list[_Draft]:
    drafts = [_draft(state, described) for described in fields.objects("wallets")]
    named = [draft.wallet.external_id for draft in drafts if draft.wallet.external_id is not None]
    if len(set(named)) < len(named):
        raise input_error(fields.at("wallets"), "Two wallets cannot have one external_id")
    return drafts


def _draft(state: State, fields: Fields) -> _Draft:
    smart = fields.boolean("create_smart_wallet")
    if smart and fields.string("chain_type") != "ethereum":
        problem = "Smart wallets are made for wallets of ethereum alone"
        raise input_error(fields.at("create_smart_wallet"), problem)
    return _Draft(drafted_wallet(state, fields), smart)


def _with_wallets(app: App, user: User, drafts: Sequence[_Draft]) -> User:
    """Make the wallets, which the user owns alone."""
    state = app.state
    for draft in drafts:
        owner = state.owner_quorum(user_id=user.id, public_key=None)
        wallet = attrs.evolve(draft.wallet, owner_id=owner.id)
        state.wallets[wallet.id] = wallet
        tell_of_new_wallet(app, wallet)
    smart = [
        smart_wallet_account(draft.wallet.key.address, state.now // 1000)
        for draft in drafts
        if draft.smart
    ]
    return put_user(state, attrs.evolve(user, linked_accounts=(*user.linked_accounts, *smart)))


ROUTES: Final = (
    Route("POST", "/v1/users", create_user),
    Route("GET", "/v1/users", get_users),
    Route("POST", "/v1/users/batch", create_users),
    Route("GET", "/v1/users/{user_id}", get_user),
    Route("DELETE", "/v1/users/{user_id}", delete_user),
    Route("POST", "/v1/users/{user_id}/freeze", freeze_user),
    Route("DELETE", "/v1/users/{user_id}/freeze", unfreeze_user),
    Route("POST", "/v1/users/{user_id}/wallets", create_user_wallets),
    Route("POST", "/v1/users/{user_id}/custom_metadata", replace_custom_metadata),
    Route("PATCH", "/v1/users/{user_id}/custom_metadata", merge_custom_metadata),
)
