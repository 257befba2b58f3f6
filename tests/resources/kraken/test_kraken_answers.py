"""Kraken Embed: answers of all kinds, pages, and that money moves once."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import unquote

import places
import pytest
from aiohttp import web
from loopback import Loopback, Request, loopback, ok

from privy_async.client import PrivyClient
from privy_async.errors import APIResponseError, InternalServerError
from privy_async.resources.kraken.embed import KrakenEmbed
from privy_async.resources.kraken.portfolios import MasterAccount, Portfolio

pytestmark = pytest.mark.anyio

VECTORS = places.VECTORS / "kraken_embed.json"
ANSWERS: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))["answers"]
TRADE: Any = {
    "type": "spend",
    "amount": {"asset": "EUR", "amount": "10"},
    "quote": {"asset": "BTC"},
    "fee_bps": "10",
    "spread_bps": "20",
}
ORDER: Any = {
    "name": "n",
    "action": TRADE,
    "trigger": {
        "type": "price",
        "base_asset": "BTC",
        "quote_asset": "EUR",
        "target_price": "1.5",
        "condition": "lte",
    },
}
FUNDS: Any = {"asset": "EUR", "key": "bank", "amount": "1.5"}
CALLS: dict[str, Callable[[KrakenEmbed], Any]] = {
    "request_quote": lambda kraken: kraken.request_quote(user_id="u", **TRADE),
    "execute_quote": lambda kraken: kraken.execute_quote("q", user_id="u"),
    "withdraw_funds": lambda kraken: kraken.withdraw_funds(**FUNDS),
    "withdraw_master_funds": lambda kraken: kraken.master_account.withdraw_funds(**FUNDS),
    "create_order": lambda kraken: kraken.custom_orders.create(user_id="u", **ORDER),
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


@pytest.mark.parametrize(
    "name", ["execute_quote", "withdraw_funds", "withdraw_master_funds", "create_order"]
)
async def test_what_moves_money_is_sent_once(
    server: Loopback, kraken: KrakenEmbed, name: str
) -> None:
    """No idempotency key protects these, so a broken server gets them once, and the error warns."""
    server.answer = lambda request: ok({"error": "broken"}, status=500)
    with pytest.raises(InternalServerError) as caught:
        await CALLS[name](kraken)
    assert len(server.requests) == 1
    assert caught.value.may_have_happened


async def test_reads_are_repeated(server: Loopback, kraken: KrakenEmbed) -> None:
    """Asking for a price changes nothing, so it is asked again."""

    def answer(request: Request) -> web.Response:
        first = len(server.requests) == 1
        return ok(ANSWERS["POST /v1/kraken_embed/quotes"], status=503 if first else 200)

    server.answer = answer
    assert await CALLS["request_quote"](kraken)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"data": {"errors": [{"type": "NoFunds"}]}},
            r'Kraken answered with an error: .*"NoFunds"',
        ),
        ({"data": {"error": ["EOrder:no"], "result": None}}, "EOrder:no"),
        ({"errors": ["no"]}, "Kraken answered with an error"),
        ({"data": {"errors": [], "result": None}}, "no QuoteExecution"),
        ({"data": {"result": {"status": "new"}}}, "quote_id is missing"),
        ({"data": []}, "no result"),
        ([], "no result"),
        (None, "no result"),
    ],
)
async def test_answers_that_are_none(
    server: Loopback, kraken: KrakenEmbed, answer: object, said: str
) -> None:
    """Errors that come with status 200 are raised, as is everything that cannot be read."""
    server.answer = lambda request: ok(answer)
    with pytest.raises(APIResponseError, match=said) as caught:
        await kraken.execute_quote("q", user_id="u")
    assert caught.value.may_have_happened


@pytest.mark.parametrize("answer", [{"data": {"result": None}}, {"data": {"result": {}}}, {}])
async def test_lists_that_are_none(server: Loopback, kraken: KrakenEmbed, answer: object) -> None:
    """A list that is missing is an error of the answer, whichever call asked for it."""
    server.answer = lambda request: ok(answer)
    for called in (
        kraken.list_assets(),
        kraken.custom_orders.list(user_id="u"),
        kraken.custom_orders.get_history("o", user_id="u"),
    ):
        with pytest.raises(APIResponseError, match="is NoneType, not a list"):
            await called


async def test_pages_of_assets_have_numbers(server: Loopback, kraken: KrakenEmbed) -> None:
    """Page after page is fetched until the number of the last one."""
    [asset] = ANSWERS["GET /v1/kraken_embed/assets"]["data"]["result"]["assets"]

    def answer(request: Request) -> web.Response:
        number = int(unquote(request.path).partition("page[number]=")[2] or 1)
        meta = {"page_number": number, "total_pages": 3}
        return ok({"data": {"result": {"assets": [{**asset, "id": str(number)}], "meta": meta}}})

    server.answer = answer
    assert [found.id async for found in kraken.list_assets()] == ["1", "2", "3"]
    assert [found.id async for found in kraken.list_assets(page_number=3)] == ["3"]


@pytest.mark.parametrize("meta", [None, [], {}, {"page_number": "1", "total_pages": 2}])
async def test_a_page_without_numbers_is_the_last(
    server: Loopback, kraken: KrakenEmbed, meta: object
) -> None:
    """What does not say how many pages there are has but one."""
    server.answer = lambda request: ok({"data": {"result": {"assets": [], "meta": meta}}})
    assert [found async for found in kraken.list_assets()] == []


async def test_transactions_are_walked_over(server: Loopback, kraken: KrakenEmbed) -> None:
    """The cursor of a page leads to the next, with the same filters."""
    [one] = ANSWERS["GET /v1/kraken_embed/master_account/transactions"]["result"]["transactions"]

    def answer(request: Request) -> web.Response:
        more = {} if "cursor=c2" in request.path else {"next_cursor": "c2"}
        return ok({"result": {"transactions": [one], **more}})

    server.answer = answer
    listed = kraken.master_account.list_transactions(assets=["BTC"])
    assert len([found async for found in listed]) == 2
    assert all("assets=BTC" in request.path for request in server.requests)


async def test_unknown_filters_are_refused(server: Loopback, kraken: KrakenEmbed) -> None:
    """A misspelt filter is no filter at all, so it is not sent."""
    misspelt: Any = {"intervall": "daily"}
    with pytest.raises(TypeError, match="'intervall'"):
        await kraken.portfolio("u").get_history(**misspelt)
    assert server.requests == []


async def test_what_is_not_a_plain_value_is_kept(server: Loopback, kraken: KrakenEmbed) -> None:
    """A status that Kraken alone knows, and details that are a mere text, come as they are."""
    quote = ANSWERS["POST /v1/kraken_embed/quotes"]["data"]["result"]
    server.answer = lambda request: ok({"data": {"result": {**quote, "status": {"unknown": "x"}}}})
    assert (await kraken.get_quote("q", user_id="u")).status == {"unknown": "x"}


def test_the_way_there() -> None:
    """The groups of calls are reached through each other, and made once."""
    privy = PrivyClient(app_id="a", app_secret="b", base_url="http://127.0.0.1:9")
    kraken = KrakenEmbed(privy._requester)
    assert kraken.custom_orders is kraken.custom_orders
    assert isinstance(kraken.portfolio("u"), Portfolio)
    assert isinstance(kraken.master_account, MasterAccount)
