"""The chains' own JSON-RPC, so that web3 and Solana's clients look at the same chains.

Not part of Privy's API, and without the app's credentials.
"""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains.assets import SOLANA_MAINNET
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal


async def evm(app: App, request: HttpRequest) -> HttpResponse:
    """POST /rpc/evm/{chain_id}."""
    chain_id = request.path_values["chain_id"]
    if len(chain_id) > 32 or not app.blockchains.has(f"eip155:{chain_id}"):
        raise Refusal(404, f"There is no Ethereum chain '{chain_id}'", "not_found")
    return HttpResponse.json(await app.blockchains.request_evm(int(chain_id), request.json))


async def solana(app: App, request: HttpRequest) -> HttpResponse:
    """POST /rpc/solana."""
    if not app.blockchains.has(SOLANA_MAINNET):
        raise Refusal(404, "There is no Solana", "not_found")
    return HttpResponse.json(await app.blockchains.request_svm(request.json))


ROUTES: Final = (
    Route("POST", "/rpc/evm/{chain_id}", evm, public=True),
    Route("POST", "/rpc/solana", solana, public=True),
)
