"""Balances of wallets on the chains, and what moved in and out.

https://docs.privy.io/wallets/gas-and-asset-management/assets/fetch-balance
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains.assets import (
    CHAINS,
    USDC,
    USDC_DECIMALS,
    NamedChain,
    name_of,
    to_decimal,
)
from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.operations.paging import limit_of
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallets import queried_wallet
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import same_address

_MAX_ITEMS: Final = 10
_CURRENCIES: Final = ("usd", "eur")
# Privy's names of tokens that the sandbox's chains do not have.
_ABSENT_TOKENS: Final = ("eurc", "usdb", "usdc.e", "usdt")


async def get_balance(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets/{wallet_id}/balance?asset=…&chain=…, or ?token=chain:address."""
    wallet = queried_wallet(app, request)
    tokens = _values(request, "token")
    if tokens:
        if "asset" in request.query or "chain" in request.query:
            raise input_error("token", "Cannot be used together with `asset` or `chain`")
        return HttpResponse.json({"balances": [await _token(app, wallet, each) for each in tokens]})
    chains, assets = _values(request, "chain"), _values(request, "asset")
    for name, values in (("chain", chains), ("asset", assets)):
        if not values:
            raise input_error(name, "Required")
    currency = request.query.get("include_currency")
    if currency not in (None, *_CURRENCIES):
        raise input_error("include_currency", "Expected 'usd' | 'eur'")
    balances = [
        await _named(app, wallet, _chain(name), asset, currency)
        for name in chains
        for asset in assets
    ]
    return HttpResponse.json({"balances": [each for each in balances if each is not None]})


async def get_transactions(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets/{wallet_id}/transactions?chain=…&asset=…, newest first."""
    wallet = queried_wallet(app, request)
    if not request.query.get("chain"):
        raise input_error("chain", "Required")
    chain = _chain(request.query["chain"])
    _require_chain(app, wallet, chain)
    wanted = _wanted_tokens(request, chain)
    address, tx_hash = wallet.key.address, request.query.get("tx_hash")
    moved = await app.blockchains.ask(chain.caip2, lambda each: each.movements(address))
    found = [
        movement
        for movement in reversed(moved)
        if any(_same_token(movement.token, token) for token in wanted)
        and tx_hash in (None, movement.transaction_hash)
    ]
    start, limit = _position(request.query.get("cursor")), limit_of(request.query.get("limit"))
    shown = found[start : start + limit]
    more = start + limit < len(found)
    decimals = {each.token: await _decimals(app, chain, each.token) for each in shown}
    ids = {t.transaction_hash: t.id for t in app.state.transactions.values()}
    return HttpResponse.json(
        {
            "transactions": [
                _movement_json(wallet, chain, each, decimals[each.token], ids) for each in shown
            ],
            "next_cursor": str(start + limit) if more else None,
        }
    )


async def _named(
    app: App, wallet: Wallet, chain: NamedChain, asset: str, currency: str | None
) -> Json | None:
    """A balance; None for an asset that is another chain's."""
    if asset in _ABSENT_TOKENS:
        return _balance_json(chain, asset, 0, USDC_DECIMALS, currency)
    if asset not in (chain.native, USDC):
        if asset in {each.native for each in CHAINS.values()}:
            return None
        raise input_error("asset", "Invalid")
    _require_chain(app, wallet, chain)
    token, decimals = await app.blockchains.asset(chain.caip2, asset)
    address = wallet.key.address
    held = await app.blockchains.ask(chain.caip2, lambda each: each.balance(address, token))
    return _balance_json(chain, asset, held, decimals, currency)


async def _token(app: App, wallet: Wallet, text: str) -> Json:
    name, _, token = text.partition(":")
    chain = _chain(name)
    _require_chain(app, wallet, chain)
    try:
        found, decimals = await app.blockchains.asset(chain.caip2, token)
    except ValueError as error:
        raise input_error("token", str(error)) from None
    if found is None:
        raise input_error("token", "Expected chain:address")
    address = wallet.key.address
    held = await app.blockchains.ask(chain.caip2, lambda each: each.balance(address, found))
    return _balance_json(chain, token, held, decimals, None)


def _balance_json(
    chain: NamedChain, asset: str, units: int, decimals: int, currency: str | None
) -> Json:
    amount = to_decimal(units, decimals)
    # The only price the sandbox knows.
    priced = {"usd": amount} if currency == "usd" and asset == USDC else {}
    return {
        "chain": name_of(chain.caip2),
        "asset": asset,
        "raw_value": str(units),
        "raw_value_decimals": decimals,
        "display_values": {asset: amount, **priced},
    }


def _movement_json(
    wallet: Wallet,
    chain: NamedChain,
    movement: Movement,
    decimals: int,
    ids: dict[str | None, str],
) -> Json:
    asset = _asset_name(chain, movement.token)
    sent = same_address(movement.sender, wallet.key.address)
    return {
        "wallet_id": wallet.id,
        "caip2": chain.caip2,
        "transaction_hash": movement.transaction_hash,
        "status": "confirmed",
        "created_at": movement.time * 1000,
        "privy_transaction_id": ids.get(movement.transaction_hash),
        "details": {
            "type": "transfer_sent" if sent else "transfer_received",
            "chain": name_of(chain.caip2),
            "asset": asset,
            "sender": movement.sender,
            "recipient": movement.recipient,
            "raw_value": str(movement.units),
            "raw_value_decimals": decimals,
            "display_values": {asset: to_decimal(movement.units, decimals)},
        },
    }


def _wanted_tokens(request: HttpRequest, chain: NamedChain) -> Sequence[str | None]:
    """The tokens asked for; None is the chain's coin."""
    assets, tokens = _values(request, "asset"), _values(request, "token")
    if bool(assets) == bool(tokens):
        raise input_error("asset", "Exactly one of `asset` and `token` is required")
    known = {chain.native: None, USDC: chain.usdc}
    return [*tokens, *(known[asset] for asset in assets if asset in known)]


def _same_token(left: str | None, right: str | None) -> bool:
    if left is None or right is None:
        return left is right
    return same_address(left, right)


def _asset_name(chain: NamedChain, token: str | None) -> str:
    if token is None:
        return chain.native
    return USDC if _same_token(token, chain.usdc) else token


async def _decimals(app: App, chain: NamedChain, token: str | None) -> int:
    if token is None:
        return chain.native_decimals
    return await app.blockchains.ask(chain.caip2, lambda each: each.decimals(token)) or 0


def _chain(name: str) -> NamedChain:
    chain = CHAINS.get(name)
    if chain is None:
        raise input_error("chain", "Invalid")
    return chain


def _require_chain(app: App, wallet: Wallet, chain: NamedChain) -> None:
    if wallet.key.chain_type != ("solana" if chain.is_solana else "ethereum"):
        raise input_error("chain", f"The wallet is one of {wallet.key.chain_type}")
    if not app.blockchains.has(chain.caip2):
        problem = f"The sandbox has no chain {name_of(chain.caip2)}"
        raise Refusal(501, problem, "not_implemented")


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise input_error("cursor", "Unknown cursor")
    return int(cursor)


def _values(request: HttpRequest, name: str) -> Sequence[str]:
    """A query parameter that may be there several times."""
    pairs = parse_qsl(request.target.partition("?")[2])
    values = [value for key, value in pairs if key in (name, f"{name}[]")]
    if len(values) > _MAX_ITEMS:
        raise input_error(name, f"Array must contain at most {_MAX_ITEMS} element(s)")
    return values


ROUTES: Final = (
    Route("GET", "/v1/wallets/{wallet_id}/balance", get_balance),
    Route("GET", "/v1/wallets/{wallet_id}/transactions", get_transactions),
)
