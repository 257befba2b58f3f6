"""Users, organizations, accounts and apps: what each call sends and gives back."""

import json
import re
from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Any

import pytest
from loopback import APP_ID, Loopback, Request, loopback, ok
from people_calls import ID, IDEMPOTENT, KEY, PATH, ROWS, STATUS, USER, Row
from places import VECTORS

from privy_async.client import PrivyClient
from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.page import Page
from privy_async.resources.apps.apps import Apps
from privy_async.resources.apps.device_verification import DeviceVerification
from privy_async.resources.apps.organizations import Organizations
from privy_async.resources.resource import Resource
from privy_async.resources.users.users import Users
from privy_async.resources.wallets.accounts import Accounts

pytestmark = pytest.mark.anyio

RESOURCES: dict[str, type[Resource]] = {
    "users": Users,
    "organizations": Organizations,
    "accounts": Accounts,
    "apps": Apps,
    "device_verification": DeviceVerification,
}


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_call(row: Row, server: Loopback, privy: PrivyClient) -> None:
    """Each call sends one request, percent-encoded, with the headers it takes, and decodes."""
    server.answer = lambda request: ok(row.answer)
    resource, _, name = row.name.partition(".")
    call = attrgetter(name)(RESOURCES[resource](privy._requester))
    result = await call(*row.arguments, **row.fields)
    (request,) = server.requests
    assert f"{request.method} {request.path}" == row.request
    assert (request.json if request.body else None) == row.body
    known = {"privy-client", "privy-app-id"}
    extra = {name for name in request.headers if name.startswith("privy-")} - known
    assert extra == ({"privy-idempotency-key"} if row.request in IDEMPOTENT else set())
    if isinstance(result, (Page, tuple)):
        (result,) = result
    assert type(result) is row.returns


def test_every_operation_has_a_row() -> None:
    """No operation on people and apps that Privy documents is left out of the table."""
    documented = json.loads((VECTORS / "operations.json").read_text())
    mine = re.compile("(/api)?/v1/(users|organizations|accounts|apps)|/api/oauth")
    templates = {f"{method} {path}" for method, path, _ in documented if mine.match(path)}
    requests = [row.request.partition("?")[0] for row in ROWS]

    def is_called(template: str) -> bool:
        pattern = re.sub(r"\\{.*?\\}", "(?!gas_spend)[^/]+", re.escape(template))
        return any(re.fullmatch(pattern, request) for request in requests)

    left_out = {template for template in templates if not is_called(template)}
    left_out = {template for template in left_out if "/mfa/" not in template}
    assert left_out == {"GET /v1/apps/{app_id}"}, "it has a test of its own, as MFA has"


async def test_app_is_the_clients_own(server: Loopback, privy: PrivyClient) -> None:
    """The settings asked for are those of the client's app, unless another is named."""
    server.answer = lambda request: ok({})
    for app_id in ((), (ID,)):
        with pytest.raises(APIResponseError):
            await Apps(privy._requester).get(*app_id)
    assert [request.path for request in server.requests] == [
        f"/v1/apps/{APP_ID}",
        f"/v1/apps/{PATH}",
    ]


async def test_lists_follow_their_cursor(server: Loopback, privy: PrivyClient) -> None:
    """A list under a name of its own is walked over page by page, filters kept."""
    pages = {"": "c 1", "c 1": None}

    def answer(request: Request) -> Any:
        at = "c 1" if "cursor=" in request.path else ""
        return ok({"kyc_statuses": [STATUS], "next_cursor": pages[at]})

    server.answer = answer
    statuses = Users(privy._requester).kyc.list("u1", provider="bridge")
    assert len([status async for status in statuses]) == 2
    assert [request.path for request in server.requests] == [
        "/v1/users/u1/kyc?provider=bridge",
        "/v1/users/u1/kyc?provider=bridge&cursor=c%201",
    ]


async def test_search_carries_its_cursor_in_the_body(server: Loopback, privy: PrivyClient) -> None:
    """A search asks for the next page with the cursor beside the term."""
    server.answer = lambda request: ok(
        {"data": [USER], "next_cursor": None if "cursor" in request.json else "c1"}
    )
    found = [user.id async for user in Users(privy._requester).search(search_term="a")]
    assert found == ["u1", "u1"]
    assert [request.json for request in server.requests] == [
        {"searchTerm": "a"},
        {"searchTerm": "a", "cursor": "c1"},
    ]


@pytest.mark.parametrize("query", [{}, {"search_term": "a", "emails": ["b"]}], ids=["none", "both"])
async def test_search_needs_one_kind_of_query(privy: PrivyClient, query: Any) -> None:
    """A search by nothing, or by two kinds at once, is refused before anything is sent."""
    with pytest.raises(InvalidArgumentError, match="search_term"):
        Users(privy._requester).search(**query)


@pytest.mark.parametrize("answer", [{"accounts": None}, {}, "text", None])
async def test_a_list_that_is_none(server: Loopback, privy: PrivyClient, answer: object) -> None:
    """An answer that holds no list is an error that names where it should stand."""
    server.answer = lambda request: ok(answer)
    with pytest.raises(APIResponseError) as caught:
        await Users(privy._requester).fiat.list_accounts("u1", provider="bridge")
    assert caught.value.path == "accounts"
