"""Importing a wallet in two steps (https://docs.privy.io/wallets/wallets/import)."""

import base64
from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.p256 import new_private_key, point_of
from privy_async.sandbox.keys.sealing import unseal
from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES, WalletKey
from privy_async.sandbox.operations.events import tell_of_new_wallet
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallet_settings import (
    entity,
    external_id,
    with_settings,
)
from privy_async.sandbox.records.wallets import PendingImport, Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State, same_address

ENTROPY_TYPES: Final = ("private-key", "hd")


def init_import(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/import/init: a fresh key to seal the entropy for, as a raw point.

    A second announcement of the same address replaces the first.
    """
    pending = _announced(app.state, request.fields)
    app.state.pending_imports[pending.chain_type, pending.address] = pending
    point = point_of(pending.private_key.public_key())
    encryption_public_key = base64.b64encode(point).decode()
    return HttpResponse.json(
        {"encryption_type": "HPKE", "encryption_public_key": encryption_public_key}
    )


def submit_import(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/import/submit. The key from the first step opens one submission."""
    state, described = app.state, request.fields.object("wallet")
    announced = _announced(state, described)
    pending = state.pending_imports.get((announced.chain_type, announced.address))
    if pending is None or pending != announced:
        raise input_error(described.path, "Not announced with /v1/wallets/import/init")
    if any(w.key.chain_type == pending.chain_type for w in state.wallets_at(pending.address)):
        raise Refusal(409, "A wallet with this address already exists", "resource_conflict")
    draft = Wallet(
        id=state.new_id(),
        key=_opened(state, described, pending),
        created_at=state.now,
        imported_at=state.now,
        external_id=external_id(state, request.fields),
        entity=entity(state, request.fields),
    )
    wallet = with_settings(state, draft, request.fields)
    state.wallets[wallet.id] = wallet
    tell_of_new_wallet(app, wallet)
    return HttpResponse.json(state.wallet_json(wallet))


def _announced(state: State, fields: Fields) -> PendingImport:
    fields.choice("encryption_type", ("HPKE",))
    entropy_type = fields.choice("entropy_type", ENTROPY_TYPES)
    index = fields.optional_integer("index", minimum=0)
    if entropy_type == "hd" and index is None:
        raise input_error(fields.at("index"), "Required")
    return PendingImport(
        chain_type=fields.choice("chain_type", CHAIN_TYPES),
        address=fields.string("address"),
        entropy_type=entropy_type,
        index=index if entropy_type == "hd" else None,
        private_key=new_private_key(state.clock.random_bytes),
    )


def _opened(state: State, fields: Fields, pending: PendingImport) -> WalletKey:
    config = fields.object("hpke_config").values if fields.has("hpke_config") else None
    encapsulated_key, ciphertext = fields.string("encapsulated_key"), fields.string("ciphertext")
    del state.pending_imports[pending.chain_type, pending.address]
    entropy = unseal(encapsulated_key, ciphertext, pending.private_key, config=config)
    key = WalletKey.from_entropy(
        pending.chain_type, pending.entropy_type, entropy, index=pending.index
    )
    if not same_address(key.address, pending.address):
        raise input_error(fields.at("address"), "Does not belong to the imported key")
    return key


ROUTES: Final = (
    Route("POST", "/v1/wallets/import/init", init_import),
    Route("POST", "/v1/wallets/import/submit", submit_import),
)
