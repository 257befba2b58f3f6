"""Currencies that can be paid into a wallet: a search of the coins and of the token USDC.

Source: the official Python SDK after 0.8.0, which has the answer's form. Privy searches many more.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains.assets import (
    CHAINS,
    SOLANA_MAINNET,
    USDC,
    USDC_DECIMALS,
    NamedChain,
)
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.state import same_address

# What stands for a chain's own coin, which has no contract.
_NATIVE_ADDRESS: Final[Mapping[bool, str]] = {
    False: "0x" + "00" * 20,
    True: "11111111111111111111111111111111",
}
# Solana has no number of its own; this one stands for its main network where swaps are routed.
_SOLANA_CHAIN_ID: Final = 792703809


def search_deposit_currencies(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/deposit_accounts/crypto/config/search, by name, symbol or address."""
    sought = request.query.get("q", "")
    if not sought:
        raise input_error("q", "Required")
    found = dict[str, list[Json]]()
    for symbol, chain, address, decimals in _catalogue():
        if sought.lower() in symbol or same_address(sought, address):
            place = {"caip2": chain.caip2, "address": address, "decimals": decimals}
            found.setdefault(symbol, []).append(place)
    chains = {place["caip2"] for places in found.values() for place in places}
    return HttpResponse.json(
        {
            "chains": {
                chain.caip2: _shown(name, chain)
                for name, chain in CHAINS.items()
                if chain.caip2 in chains
            },
            "currencies": [
                {"name": each.upper(), "symbol": each.upper(), "verified": True, "chains": places}
                for each, places in found.items()
            ],
        }
    )


def _catalogue() -> Iterator[tuple[str, NamedChain, str, int]]:
    for chain in CHAINS.values():
        if chain.is_solana and chain.caip2 != SOLANA_MAINNET:
            continue
        yield USDC, chain, chain.usdc, USDC_DECIMALS
        yield chain.native, chain, _NATIVE_ADDRESS[chain.is_solana], chain.native_decimals


def _shown(name: str, chain: NamedChain) -> Json:
    return {
        "caip2": chain.caip2,
        "chain_id": _SOLANA_CHAIN_ID if chain.is_solana else int(chain.caip2.partition(":")[2]),
        "display_name": name.replace("_", " ").title(),
        "icon_url": f"https://example.com/{name}.png",
        "vm_type": "svm" if chain.is_solana else "evm",
    }


ROUTES: Final = (
    Route("GET", "/v1/deposit_accounts/crypto/config/search", search_deposit_currencies),
)
