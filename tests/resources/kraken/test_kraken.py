"""Kraken Embed: what each call sends, what its answer becomes, and that money moves once."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import unquote

import attrs
import places
import pytest
from loopback import Loopback, loopback, ok

from privy_async.page import Pager
from privy_async.resources.kraken.embed import KrakenEmbed
from privy_async.resources.kraken.orders import CustomOrder, CustomOrderOccurrence, CustomOrders
from privy_async.resources.kraken.portfolios import (
    MasterAccount,
    Portfolio,
    PortfolioDetails,
    PortfolioHistory,
    PortfolioSummary,
    PortfolioTransaction,
)
from privy_async.resources.kraken.values import (
    AssetRates,
    CreatedKrakenUser,
    EarnAssets,
    EarnSummary,
    KrakenAsset,
    KrakenAssetDetails,
    KrakenQuote,
    KrakenUser,
    KrakenVerification,
    KrakenWithdrawal,
    QuoteExecution,
)
from privy_async.values import Value

pytestmark = pytest.mark.anyio

VECTORS = places.VECTORS / "kraken_embed.json"
ANSWERS: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))["answers"]
ID, PATH = "a b/ü", "a%20b%2F%C3%BC"
ACTION: Any = {
    "type": "spend",
    "amount": {"asset": "EUR", "amount": "10"},
    "quote": {"asset": "BTC"},
    "fee_bps": "10",
    "spread_bps": "20",
}
TRIGGER: Any = {
    "type": "price",
    "base_asset": "BTC",
    "quote_asset": "EUR",
    "target_price": "1.5",
    "condition": "lte",
}
PERSON: Any = {"email": "a@b.c", "external_id": "x", "tos_version_accepted": 1}
LIVENESS: Any = {"type": "proof_of_liveness", "left_url": "l", "center_url": "c", "right_url": "r"}
SELFIE: Any = {
    "type": "selfie",
    "metadata": {"verifier": "v", "verified_at": "t", "selfie_type": "selfie"},
    "selfie_url": "s",
}
WITHDRAWAL: Any = {"asset": "EUR", "key": "bank", "amount": "1.5"}
SUMMARY, DETAILS = "summary?quote=EUR&include[current_day_pnl]=true", "details?quote=EUR"
HISTORY = "history?interval=daily&include[assets]=BTC&include[assets]=ETH&include[total_pnl]=false"
LISTED = "transactions?types=earn_reward&types=simple_order&page_size=5&cursor=c1"
IN_HISTORY: Any = {
    "interval": "daily",
    "include_assets": ["BTC", "ETH"],
    "include_total_pnl": False,
}
IN_LIST: Any = {"types": ["earn_reward", "simple_order"], "page_size": 5, "cursor": "c1"}


@attrs.frozen
class Row:
    """A call; the operation and the query it must be; what it sends and returns."""

    call: Callable[[KrakenEmbed], Any]
    operation: str
    returns: type[object]
    body: object = None
    query: str = ""


USER, ORDER = "/v1/kraken_embed/users/{user_id}", "/v1/kraken_embed/custom_orders/{order_id}"
QUOTE, ASSET = "/v1/kraken_embed/quotes/{quote_id}", "/v1/kraken_embed/assets/{asset_id}"
MASTER = "/v1/kraken_embed/master_account"
ROWS = {
    "request_quote": Row(
        lambda kraken: kraken.request_quote(user_id="u", **ACTION, quote_currency="USD"),
        "POST /v1/kraken_embed/quotes",
        KrakenQuote,
        {"user_id": "u", **ACTION, "quote_currency": "USD"},
    ),
    "get_quote": Row(
        lambda kraken: kraken.get_quote(ID, user_id="u"),
        f"GET {QUOTE}",
        KrakenQuote,
        query="?user_id=u",
    ),
    "execute_quote": Row(
        lambda kraken: kraken.execute_quote(ID, user_id="u"),
        f"PUT {QUOTE}",
        QuoteExecution,
        {"user_id": "u"},
    ),
    "create_user": Row(
        lambda kraken: kraken.create_user(ID, user=PERSON),
        f"POST {USER}",
        CreatedKrakenUser,
        PERSON,
    ),
    "get_user": Row(lambda kraken: kraken.get_user(ID), f"GET {USER}", KrakenUser),
    "start_verification_from_urls": Row(
        lambda kraken: kraken.start_verification_from_urls(ID, verification=LIVENESS),
        f"POST {USER}/start_verification_urls",
        KrakenVerification,
        LIVENESS,
    ),
    "submit_verification_from_urls": Row(
        lambda kraken: kraken.submit_verification_from_urls(ID, verification=SELFIE),
        f"POST {USER}/verification_urls",
        KrakenVerification,
        SELFIE,
    ),
    "submit_verification": Row(
        lambda kraken: kraken.submit_verification(ID, verification={"any": "thing"}),
        f"POST {USER}/verifications",
        type(None),
        {"any": "thing"},
    ),
    "list_assets": Row(
        lambda kraken: kraken.list_assets(
            user="k", assets=["BTC", "ETH"], tradable_only=True, sort="-name", page_number=2
        ),
        "GET /v1/kraken_embed/assets",
        KrakenAsset,
        query="?filter[user]=k&filter[assets]=BTC&filter[assets]=ETH&filter[tradable_only]=true"
        "&sort=-name&page[number]=2",
    ),
    "get_asset": Row(
        lambda kraken: kraken.get_asset(ID, quote="EUR", lang="de"),
        f"GET {ASSET}",
        KrakenAssetDetails,
        query="?quote=EUR&lang=de",
    ),
    "get_asset_rates": Row(
        lambda kraken: kraken.get_asset_rates(ID, start_time="2026-01-01T00:00:00Z"),
        f"GET {ASSET}/rates",
        AssetRates,
        query="?start_time=2026-01-01T00:00:00Z",
    ),
    "withdraw_funds": Row(
        lambda kraken: kraken.withdraw_funds(**WITHDRAWAL, idempotency_token="t"),
        "POST /v1/kraken_embed/funds/withdrawals",
        KrakenWithdrawal,
        {**WITHDRAWAL, "idempotency_token": "t"},
    ),
    "set_auto_earn": Row(
        lambda kraken: kraken.set_auto_earn(ID, enabled=False),
        f"PUT {USER}/auto_earn",
        type(None),
        query="?want_enabled=false",
    ),
    "get_earn_summary": Row(
        lambda kraken: kraken.get_earn_summary(ID, currency="EUR"),
        f"GET {USER}/earn_summary",
        EarnSummary,
        query="?currency=EUR",
    ),
    "list_earn_assets": Row(
        lambda kraken: kraken.list_earn_assets(assets=["BTC"], user="k"),
        "GET /v1/kraken_embed/earn/assets",
        EarnAssets,
        query="?assets=BTC&user=k",
    ),
    "custom_orders.create": Row(
        lambda kraken: kraken.custom_orders.create(
            user_id="u", name="n", trigger=TRIGGER, action=ACTION
        ),
        "POST /v1/kraken_embed/custom_orders",
        CustomOrder,
        {"user_id": "u", "name": "n", "trigger": TRIGGER, "action": ACTION},
    ),
    "custom_orders.get": Row(
        lambda kraken: kraken.custom_orders.get(ID, user_id="u"),
        f"GET {ORDER}",
        CustomOrder,
        query="?user_id=u",
    ),
    "custom_orders.list": Row(
        lambda kraken: kraken.custom_orders.list(user_id="u", statuses=["active", "paused"]),
        "GET /v1/kraken_embed/custom_orders",
        CustomOrder,
        query="?user_id=u&statuses=active&statuses=paused",
    ),
    "custom_orders.cancel": Row(
        lambda kraken: kraken.custom_orders.cancel(ID, user_id="u"),
        f"POST {ORDER}/cancel",
        CustomOrder,
        {"user_id": "u"},
    ),
    "custom_orders.get_history": Row(
        lambda kraken: kraken.custom_orders.get_history(ID, user_id="u"),
        f"GET {ORDER}/history",
        CustomOrderOccurrence,
        query="?user_id=u",
    ),
    "portfolio.get_summary": Row(
        lambda kraken: kraken.portfolio(ID).get_summary(quote="EUR", include_current_day_pnl=True),
        f"GET {USER}/summary",
        PortfolioSummary,
        query=SUMMARY.removeprefix("summary"),
    ),
    "portfolio.get_details": Row(
        lambda kraken: kraken.portfolio(ID).get_details(quote="EUR"),
        f"GET {USER}/details",
        PortfolioDetails,
        query=DETAILS.removeprefix("details"),
    ),
    "portfolio.get_history": Row(
        lambda kraken: kraken.portfolio(ID).get_history(**IN_HISTORY, timeout=5),
        f"GET {USER}/history",
        PortfolioHistory,
        query=HISTORY.removeprefix("history"),
    ),
    "portfolio.list_transactions": Row(
        lambda kraken: kraken.portfolio(ID).list_transactions(**IN_LIST, timeout=5),
        f"GET {USER}/transactions",
        PortfolioTransaction,
        query=LISTED.removeprefix("transactions"),
    ),
    "master_account.get_summary": Row(
        lambda kraken: kraken.master_account.get_summary(quote="EUR", include_current_day_pnl=True),
        f"GET {MASTER}/summary",
        PortfolioSummary,
        query=SUMMARY.removeprefix("summary"),
    ),
    "master_account.get_details": Row(
        lambda kraken: kraken.master_account.get_details(quote="EUR"),
        f"GET {MASTER}/details",
        PortfolioDetails,
        query=DETAILS.removeprefix("details"),
    ),
    "master_account.get_history": Row(
        lambda kraken: kraken.master_account.get_history(**IN_HISTORY),
        f"GET {MASTER}/history",
        PortfolioHistory,
        query=HISTORY.removeprefix("history"),
    ),
    "master_account.list_transactions": Row(
        lambda kraken: kraken.master_account.list_transactions(**IN_LIST),
        f"GET {MASTER}/transactions",
        PortfolioTransaction,
        query=LISTED.removeprefix("transactions"),
    ),
    "master_account.withdraw_funds": Row(
        lambda kraken: kraken.master_account.withdraw_funds(**WITHDRAWAL),
        f"POST {MASTER}/funds/withdrawals",
        KrakenWithdrawal,
        WITHDRAWAL,
    ),
}


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Loopback]:
    """A server that records what arrives."""
    async with loopback() as server:
        yield server


@pytest.fixture
async def kraken(server: Loopback) -> AsyncIterator[KrakenEmbed]:
    """The calls of a client that repeats whatever it may repeat."""
    async with server.client(max_retries=2) as privy:
        yield KrakenEmbed(privy._requester)


def values(found: object) -> Iterator[Value]:
    """A value, and all the values in it."""
    if isinstance(found, Value):
        yield found
        for field in attrs.fields(type(found)):
            yield from values(getattr(found, field.name))
    elif isinstance(found, dict):
        yield from values(tuple(found.values()))
    elif isinstance(found, tuple):
        for item in found:
            yield from values(item)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_each_call_sends_what_the_api_documents(
    server: Loopback, kraken: KrakenEmbed, row: Row
) -> None:
    """Each call is its operation, without Privy's headers for writes, and reads all of it."""
    server.answer = lambda request: ok(ANSWERS[row.operation])
    called = row.call(kraken)
    result = await called
    [request] = server.requests
    method, template = row.operation.split(" ")
    path, _, query = request.path.partition("?")
    ids = "user_id", "order_id", "quote_id", "asset_id"
    for name in ids:
        template = template.replace(f"{{{name}}}", PATH)
    assert (request.method, path) == (method, template)
    assert sorted(unquote(query).split("&")) == sorted(row.query.removeprefix("?").split("&"))
    assert (request.json if request.body else None) == row.body
    written = {"privy-idempotency-key", "privy-authorization-signature", "privy-request-expiry"}
    assert written.isdisjoint(request.headers)
    items = result.items if isinstance(called, Pager) else result
    assert type(items[0] if isinstance(items, tuple) else items) is row.returns
    assert [(type(value), value.extra) for value in values(items) if value.extra] == []


def test_every_public_call_has_a_row() -> None:
    """The table leaves out no method, and no operation."""
    groups = {
        "": KrakenEmbed,
        "custom_orders.": CustomOrders,
        "portfolio.": Portfolio,
        "master_account.": MasterAccount,
    }
    methods = {
        f"{group}{name}"
        for group, kind in groups.items()
        for name in dir(kind)
        if not name.startswith("_") and f"{name}." not in groups
    }
    assert methods == set(ROWS)
    assert {row.operation for row in ROWS.values()} == set(ANSWERS)
