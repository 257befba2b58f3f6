"""Policies, condition sets, aggregations, intents and transactions: what each call sends."""

from collections.abc import AsyncIterator

import pytest
from control_calls import ITEM, KEY, ROWS, Row, intents, sets
from loopback import Loopback, loopback, ok

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.page import Pager
from privy_async.resources.controls.aggregations import Aggregations
from privy_async.resources.controls.condition_sets import (
    ConditionSetItems,
    ConditionSets,
)
from privy_async.resources.controls.intents import Intents
from privy_async.resources.controls.policies import Policies
from privy_async.resources.money.transactions import Transactions

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Loopback]:
    """A server that records what arrives."""
    async with loopback() as server:
        yield server


@pytest.fixture
async def privy(server: Loopback) -> AsyncIterator[PrivyClient]:
    """A client for which a key signs."""
    async with server.client(authorization_key=KEY) as privy:
        yield privy


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_each_call_sends_what_the_api_documents(
    server: Loopback, privy: PrivyClient, row: Row
) -> None:
    """Method, path, query, body and Privy headers are those of the operation, and it decodes."""
    server.answer = lambda request: ok(row.answer)
    result = await row.call(privy)
    [request] = server.requests
    assert f"{request.method} {request.path}" == row.request
    assert (request.json if request.body else None) == row.body
    names = {"authorization-signature", "idempotency-key", "request-expiry"}
    sent = {name for name in names if f"privy-{name}" in request.headers}
    assert {name.removeprefix("authorization-").removeprefix("request-") for name in sent} == (
        row.headers
    )
    found = next(iter(result), None) if hasattr(result, "__iter__") else result
    assert type(found) is row.returns


def test_every_public_call_has_a_row() -> None:
    """The table above leaves out no method, except those that send nothing new of their own."""
    resources = {
        "policies": Policies,
        "condition_sets": ConditionSets,
        "condition_sets.items": ConditionSetItems,
        "aggregations": Aggregations,
        "intents": Intents,
        "transactions": Transactions,
    }
    methods = {
        f"{name}.{method}"
        for name, kind in resources.items()
        for method in vars(kind)
        if not method.startswith("_")
    }
    composed = {
        "condition_sets.items",
        "intents.generate_user_signer",
        "intents.sign",
        "intents.wait",
        "transactions.wait",
    }
    assert methods - composed == set(ROWS)


async def test_items_are_walked_over_page_by_page(server: Loopback, privy: PrivyClient) -> None:
    """The pages of a condition set's items stand under `items`, not under `data`."""
    pages = {"c1": {"items": [{**ITEM, "id": "i2"}]}}
    first = {"items": [ITEM], "next_cursor": "c1"}
    server.answer = lambda request: ok(pages.get(request.path.partition("cursor=")[2], first))
    pager = sets(privy).items.list("s1")
    assert isinstance(pager, Pager)
    assert [item.id async for item in pager] == ["i1", "i2"]


async def test_one_text_is_no_list_of_values(server: Loopback, privy: PrivyClient) -> None:
    """A str given as the values would become one item a letter, so it is refused."""
    with pytest.raises(InvalidArgumentError, match="values: expected a list"):
        await sets(privy).items.add("s1", "0x1")
    assert server.requests == []


async def test_a_proposed_rpc_names_its_method(server: Loopback, privy: PrivyClient) -> None:
    """A body without a method is refused before anything is sent."""
    with pytest.raises(InvalidArgumentError, match="body: expected"):
        await intents(privy).rpc("w1", {"params": {}})
    assert server.requests == []
