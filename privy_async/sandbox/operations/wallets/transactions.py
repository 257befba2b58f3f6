"""The transactions that wallets have sent."""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse


async def get_transaction(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/transactions/{transaction_id}."""
    transaction_id = request.path_values["transaction_id"]
    await app.blockchains.refresh([app.state.transaction(transaction_id)])
    return HttpResponse.json(app.state.transaction(transaction_id).to_json())


async def get_transactions_by_reference_id(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/transactions?reference_id=…; no match is an empty list."""
    reference_id = request.query.get("reference_id")
    if not reference_id:
        raise input_error("reference_id", "Required")
    ledger = app.state.transactions
    found = [each for each in ledger.values() if each.reference_id == reference_id]
    await app.blockchains.refresh(found)
    return HttpResponse.json({"transactions": [ledger[each.id].to_json() for each in found]})


ROUTES: Final = (
    Route("GET", "/v1/transactions", get_transactions_by_reference_id),
    Route("GET", "/v1/transactions/{transaction_id}", get_transaction),
)
