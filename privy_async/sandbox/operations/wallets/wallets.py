"""Wallets (https://docs.privy.io/api-reference/wallets/create and the pages beside it)."""

from collections.abc import Mapping
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES, WalletKey
from privy_async.sandbox.operations.controls.key_quorums import public_key_member
from privy_async.sandbox.operations.dismissal import dismiss_intents
from privy_async.sandbox.operations.events import tell_of_archived_wallet, tell_of_new_wallet
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallet_settings import (
    entity,
    entity_owner,
    external_id,
    with_settings,
)
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State, same_address


def create_wallet(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets."""
    return HttpResponse.json(add_wallet(app, drafted_wallet(app.state, request.fields)))


def add_wallet(app: App, wallet: Wallet) -> Json:
    """Store a new wallet, and return what is answered of it."""
    app.state.wallets[wallet.id] = wallet
    tell_of_new_wallet(app, wallet)
    return app.state.wallet_json(wallet)


def drafted_wallet(state: State, fields: Fields) -> Wallet:
    """The wallet that the fields describe, with a new key, not yet stored."""
    chain_type = fields.choice("chain_type", CHAIN_TYPES)
    draft = Wallet(
        id=state.new_id(),
        key=_new_key(state, fields, chain_type),
        created_at=state.now,
        external_id=external_id(state, fields),
        entity=entity(state, fields),
    )
    draft = attrs.evolve(draft, owner_id=entity_owner(state, draft.entity))
    return with_settings(state, draft, fields)


def _new_key(state: State, fields: Fields, chain_type: str) -> WalletKey:
    """A key of its own, or one of the seed phrase of the wallet that `derivation` names."""
    if not fields.has("derivation"):
        return WalletKey.generate(chain_type, state.clock.random_bytes)
    source = state.wallet(fields.object("derivation").string("wallet_id"))
    return source.key.sibling(chain_type, lambda address: any(state.wallets_at(address)))


def get_wallet(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets/{wallet_id}; an archived one only with `include_archived=true`."""
    return HttpResponse.json(app.state.wallet_json(queried_wallet(app, request)))


def get_wallets(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets, oldest first, filtered."""
    query = request.query
    if "user_id" in query and "authorization_key" in query:
        raise input_error("user_id", "Cannot be used together with `authorization_key`")
    if query.get("chain_type", CHAIN_TYPES[0]) not in CHAIN_TYPES:
        raise input_error("chain_type", "Invalid")
    _include_archived(query)
    wallets = [w for w in app.state.wallets.values() if _passes(app.state, w, query)]
    return page(wallets, query, lambda shown: [app.state.wallet_json(w) for w in shown])


def get_wallet_by_address(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/address."""
    include_archived = request.fields.boolean("include_archived")
    for wallet in app.state.wallets_at(request.fields.string("address")):
        if include_archived or wallet.archived_at is None:
            return HttpResponse.json(app.state.wallet_json(wallet))
    raise Refusal(404, "Wallet not found", "not_found")


def update_wallet(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/wallets/{wallet_id}."""
    wallet = updated_wallet(app, request)
    app.state.wallets[wallet.id] = wallet
    dismiss_intents(app.state, wallet.id, "The wallet was updated")
    return HttpResponse.json(app.state.wallet_json(wallet))


def updated_wallet(app: App, request: HttpRequest) -> Wallet:
    """The wallet as the request wants it, not yet stored."""
    wallet, fields = addressed_wallet(app, request), request.fields
    if fields.has("external_id"):
        if wallet.external_id is not None:
            raise input_error("external_id", "Cannot be changed once it is set")
        wallet = attrs.evolve(wallet, external_id=external_id(app.state, fields))
    return with_settings(app.state, wallet, fields)


def archive_wallet(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/archive, for which the app's secret is enough.

    Source: https://docs.privy.io/wallets/wallets/archive-a-wallet
    """
    wallet = attrs.evolve(addressed_wallet(app, request), archived_at=app.state.now)
    app.state.wallets[wallet.id] = wallet
    dismiss_intents(app.state, wallet.id, "The wallet was archived")
    tell_of_archived_wallet(app, wallet)
    return HttpResponse.json(app.state.wallet_json(wallet))


def addressed_wallet(app: App, request: HttpRequest) -> Wallet:
    """The wallet in the path, unless it is archived."""
    return app.state.wallet(request.path_values["wallet_id"])


def queried_wallet(app: App, request: HttpRequest) -> Wallet:
    """The wallet in the path; an archived one only with `include_archived=true`."""
    include_archived = _include_archived(request.query)
    return app.state.wallet(request.path_values["wallet_id"], include_archived=include_archived)


def owner_only(app: App, request: HttpRequest) -> tuple[str, ...]:
    """Nobody has to sign for a wallet without an owner."""
    owner_id = addressed_wallet(app, request).owner_id
    return () if owner_id is None else (owner_id,)


def owner_or_signer(app: App, request: HttpRequest) -> tuple[str, ...]:
    """The owner, or instead one of the additional signers."""
    owner = owner_only(app, request)
    return (*owner, *addressed_wallet(app, request).additional_signers) if owner else ()


def _include_archived(query: Mapping[str, str]) -> bool:
    text = query.get("include_archived", "false").lower()
    if text not in ("true", "false"):
        raise input_error("include_archived", f"Expected 'true' | 'false', received '{text}'")
    return text == "true"


def _passes(state: State, wallet: Wallet, query: Mapping[str, str]) -> bool:
    entity_id = wallet.entity["id"] if wallet.entity else None
    return (
        (wallet.archived_at is None or _include_archived(query))
        and query.get("chain_type", wallet.key.chain_type) == wallet.key.chain_type
        and query.get("external_id", wallet.external_id) == wallet.external_id
        and query.get("entity_id", entity_id) == entity_id
        and same_address(wallet.key.address, query.get("address", wallet.key.address))
        and ("user_id" not in query or _owned_by_user(state, wallet, query["user_id"]))
        and (
            "authorization_key" not in query
            or _owned_by_key(state, wallet, query["authorization_key"])
        )
    )


def _owned_by_user(state: State, wallet: Wallet, user_id: str) -> bool:
    return any(user_id in quorum.user_ids for quorum in state.with_nested(wallet.owner_id))


def _owned_by_key(state: State, wallet: Wallet, public_key: str) -> bool:
    point = public_key_member(public_key, "authorization_key").point
    return any(
        member.point == point
        for quorum in state.with_nested(wallet.owner_id)
        for member in quorum.public_keys
    )


ROUTES: Final = (
    Route("POST", "/v1/wallets", create_wallet, keyed=True),
    Route("GET", "/v1/wallets", get_wallets),
    Route("POST", "/v1/wallets/address", get_wallet_by_address),
    Route("GET", "/v1/wallets/{wallet_id}", get_wallet),
    Route("PATCH", "/v1/wallets/{wallet_id}", update_wallet, owner_only, changes=True),
    Route("POST", "/v1/wallets/{wallet_id}/archive", archive_wallet),
)
