"""Digital asset accounts (https://docs.privy.io/api-reference/accounts/create)."""

from collections.abc import Iterable
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallets import add_wallet, drafted_wallet
from privy_async.sandbox.records.apps import DigitalAssetAccount
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_WALLETS: Final = 5
MAX_DISPLAY_NAME: Final = 100
_CHAINS: Final = ("ethereum", "solana")


def create_account(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/accounts, with new wallets or with such as there are."""
    account = DigitalAssetAccount(app.state.new_id(), _display_name(request.fields), ())
    if not any(request.fields.has(name) for name in ("wallets_configuration", "wallet_ids")):
        raise input_error("wallets_configuration", "Required")
    return _stored(app, account, _wallets(app.state, request.fields))


def get_account(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/accounts/{account_id}."""
    return HttpResponse.json(_to_json(app.state, _addressed(app, request)))


def get_accounts(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/accounts, oldest first; `search` is in a name, an id or a wallet's address."""
    state, wanted = app.state, request.query.get("search", "").lower()
    accounts = [each for each in state.accounts.values() if wanted in _searched(state, each)]
    return page(accounts, request.query, lambda shown: [_to_json(state, each) for each in shown])


def update_account(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/accounts/{account_id}: another name, more wallets."""
    account = _addressed(app, request)
    if request.fields.has("display_name") or request.fields.clears("display_name"):
        account = attrs.evolve(account, display_name=_display_name(request.fields))
    return _stored(app, account, _wallets(app.state, request.fields))


def _stored(app: App, account: DigitalAssetAccount, more: list[Wallet]) -> HttpResponse:
    """Store the account with more wallets, those that are new with it."""
    wallet_ids = (*account.wallet_ids, *(wallet.id for wallet in more))
    if not 1 <= len(wallet_ids) <= MAX_WALLETS:
        raise input_error("", f"An account has 1 to {MAX_WALLETS} wallets")
    if len(set(wallet_ids)) < len(wallet_ids):
        raise input_error("wallet_ids", "The wallet belongs to the account already")
    for wallet in more:
        if wallet.id not in app.state.wallets:
            add_wallet(app, wallet)
    app.state.accounts[account.id] = account = attrs.evolve(account, wallet_ids=wallet_ids)
    return HttpResponse.json(_to_json(app.state, account))


def _wallets(state: State, fields: Fields) -> list[Wallet]:
    if fields.has("wallets_configuration") and fields.has("wallet_ids"):
        raise input_error("wallet_ids", "Cannot be used together with `wallets_configuration`")
    known = fields.strings("wallet_ids", max_items=MAX_WALLETS)
    drafts = [_drafted(state, each) for each in fields.objects("wallets_configuration")]
    return [*(state.wallet(wallet_id) for wallet_id in known), *drafts]


def _drafted(state: State, fields: Fields) -> Wallet:
    chain_type = fields.choice("chain_type", _CHAINS)
    if fields.values.get("custody") is not None:
        problem = "The sandbox does not imitate custodial wallets yet"
        raise Refusal(501, problem, "not_implemented")
    return drafted_wallet(state, Fields({"chain_type": chain_type}, fields.path))


def _display_name(fields: Fields) -> str | None:
    return fields.optional_string("display_name", max_length=MAX_DISPLAY_NAME)


def _addressed(app: App, request: HttpRequest) -> DigitalAssetAccount:
    return app.state.account(request.path_values["account_id"])


def _searched(state: State, account: DigitalAssetAccount) -> str:
    addresses: Iterable[str] = (state.wallets[each].key.address for each in account.wallet_ids)
    return "\n".join((account.display_name or "", account.id, *addresses)).lower()


def _to_json(state: State, account: DigitalAssetAccount) -> Json:
    return account.to_json([state.wallets[each] for each in account.wallet_ids])


_ACCOUNT: Final = "/v1/accounts/{account_id}"

ROUTES: Final = (
    Route("POST", "/v1/accounts", create_account, keyed=True),
    Route("GET", "/v1/accounts", get_accounts),
    Route("GET", _ACCOUNT, get_account),
    Route("PATCH", _ACCOUNT, update_account),
)
