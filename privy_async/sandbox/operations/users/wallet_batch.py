"""Many wallets at once, and wallets with a user who can get them back.

Source: https://docs.privy.io/api-reference/wallets/create-batch
"""

from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.events import tell_of_user
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.account_types import key_of_account, read_account
from privy_async.sandbox.operations.users.users import ACCOUNT_TAKEN, add_user
from privy_async.sandbox.operations.wallets.wallets import add_wallet, drafted_wallet
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.key_quorums import KeyQuorum
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_WALLETS: Final = 100
_RECOVERY_ACCOUNTS: Final = ("email", "custom_auth")
_ITEM_FIELDS: Final = (
    "chain_type",
    "display_name",
    "external_id",
    "policy_ids",
    "owner",
    "owner_id",
    "additional_signers",
    "entity",
    "derivation",
)


def create_wallets(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/batch: each item succeeds or fails by itself."""
    items = _items(request.fields)
    results = [{"index": index, **_result(app, item)} for index, item in enumerate(items)]
    return HttpResponse.json({"results": results})


def create_wallets_with_recovery(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets_with_recovery: wallets that either of two users may use.

    Either user is the one who has such an account, or else is made.
    """
    state, fields = app.state, request.fields
    subject = fields.object("primary_signer").string("subject_id")
    drafts = [drafted_wallet(state, item) for item in _items(fields)]
    primary = {"type": "custom_auth", "custom_user_id": subject}
    recovery_id = _user_with(app, _recovery_accounts(state, fields.object("recovery_user")))
    primary_id = _user_with(app, [read_account(Fields(primary, ""), state.now // 1000)])
    members = tuple(dict.fromkeys((primary_id, recovery_id)))
    owner = KeyQuorum(id=state.new_id(), authorization_threshold=1, user_ids=members)
    state.key_quorums[owner.id] = owner
    wallets = [attrs.evolve(draft, owner_id=owner.id) for draft in drafts]
    shown = [add_wallet(app, wallet) for wallet in wallets]
    return HttpResponse.json({"recovery_user_id": recovery_id, "wallets": shown})


def _result(app: App, item: Fields) -> Json:
    try:
        item.refuse_others(*_ITEM_FIELDS)
        return {"success": True, "wallet": add_wallet(app, drafted_wallet(app.state, item))}
    except Refusal as refusal:
        code = refusal.code or "invalid_data"
        return {"success": False, "error": refusal.message, "code": code}


def _items(fields: Fields) -> tuple[Fields, ...]:
    items = fields.objects("wallets")
    if not 1 <= len(items) <= MAX_WALLETS:
        raise input_error("wallets", f"Array must contain 1 to {MAX_WALLETS} element(s)")
    return items


def _recovery_accounts(state: State, fields: Fields) -> list[Json]:
    described = fields.objects("linked_accounts")
    if not described:
        raise input_error(fields.at("linked_accounts"), "Required")
    for account in described:
        account.choice("type", _RECOVERY_ACCOUNTS)
    return [read_account(account, state.now // 1000) for account in described]


def _user_with(app: App, accounts: list[Json]) -> str:
    """The id of the user who has these accounts, who is made if nobody has any of them."""
    state = app.state
    known = {state.user_ids_by_account.get(key_of_account(account)) for account in accounts}
    user_ids = known - {None}
    if not user_ids:
        user = add_user(state, accounts)
        tell_of_user(app, "created", user)
        return user.id
    if len(known) > 1:
        raise Refusal(409, ACCOUNT_TAKEN, "resource_conflict")
    return str(user_ids.pop())


ROUTES: Final = (
    Route("POST", "/v1/wallets/batch", create_wallets),
    Route("POST", "/v1/wallets_with_recovery", create_wallets_with_recovery),
)
