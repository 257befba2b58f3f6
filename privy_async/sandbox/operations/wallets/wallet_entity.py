"""To whom a wallet belongs in the app's books.

Source: https://docs.privy.io/recipes/wallets/organization-wallets
"""

from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.dismissal import dismiss_intents
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallet_settings import described_entity
from privy_async.sandbox.operations.wallets.wallets import addressed_wallet
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal


def assign_entity(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/entity, once; the wallet's owner stays who it is."""
    state, wallet = app.state, addressed_wallet(app, request)
    if wallet.entity is not None:
        raise Refusal(409, "The wallet belongs to an entity already", "resource_conflict")
    entity = described_entity(state, request.fields)
    state.wallets[wallet.id] = attrs.evolve(wallet, entity=entity)
    dismiss_intents(state, wallet.id, "The wallet was updated")
    return HttpResponse.json(
        {
            "id": state.new_id(),
            "wallet_id": wallet.id,
            "entity": entity,
            "created_at": state.now,
            "updated_at": state.now,
        }
    )


ROUTES: Final = (Route("POST", "/v1/wallets/{wallet_id}/entity", assign_entity),)
