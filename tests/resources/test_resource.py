"""How a method's arguments become a request, and an answer becomes values."""

import ast
from collections.abc import AsyncIterator, Iterator
from typing import Any, Unpack

import pytest
from loopback import Loopback, loopback, ok
from places import ROOT

from privy_async.client import PrivyClient
from privy_async.errors import APIResponseError
from privy_async.page import Page, Pager
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.values import Value

pytestmark = pytest.mark.anyio

FILES = sorted((ROOT / "privy_async" / "resources").rglob("*.py"))


class Thing(Value):
    """What the operations below answer."""

    id: str


class Things(Resource):
    """Operations of each shape that there is."""

    async def get(
        self, thing_id: str, *, depth: int | None = None, **options: Unpack[CallOptions]
    ) -> Thing:
        return await self._request(Thing, "GET /things/{thing_id}", locals())

    async def change(
        self,
        thing_id: str,
        *,
        name: str | None | Omit = OMIT,
        size: int | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> Thing:
        return await self._request(Thing, "PATCH /things/{thing_id}", locals(), within="thing")

    async def archive(self, thing_id: str, **options: Unpack[CallOptions]) -> Thing:
        return await self._request(Thing, "POST /things/{thing_id}/archive", locals())

    async def put(self, thing_id: str, thing: Any, **options: Unpack[CallOptions]) -> None:
        await self._do("PUT /things/{thing_id}", locals(), body=thing)

    async def kinds(self, **options: Unpack[CallOptions]) -> tuple[Thing, ...]:
        return await self._request_all(Thing, "GET /kinds", locals())

    def list(
        self,
        *,
        kind: str | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[Thing]:
        return self._list(Thing, "GET /things", locals())

    def search(
        self, *, term: str, start: int | None = None, **options: Unpack[CallOptions]
    ) -> Pager[Thing]:
        return self._list(Thing, "POST /search", locals(), within="found", cursor="start")


THING = {"id": "t1"}


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[Loopback]:
    """A server that records what arrives."""
    async with loopback() as server:
        server.answer = lambda request: ok({**THING, "thing": THING})
        yield server


@pytest.fixture
async def privy(server: Loopback) -> AsyncIterator[PrivyClient]:
    """A client of it."""
    async with server.client() as privy:
        yield privy


@pytest.fixture
def things(privy: PrivyClient) -> Things:
    """The operations above."""
    return Things(privy._requester)


def sent(server: Loopback) -> tuple[str, Any]:
    """The last request: its method and path, and its body."""
    request = server.requests[-1]
    return f"{request.method} {request.path}", request.json if request.body else None


async def test_a_get_has_a_query(server: Loopback, things: Things) -> None:
    """What the path does not name goes into the query, but for what is None."""
    await things.get("a b")
    assert sent(server) == ("GET /things/a%20b", None)
    await things.get("x", depth=2, timeout=5)
    assert sent(server) == ("GET /things/x?depth=2", None)


async def test_a_body_has_what_was_given(server: Loopback, things: Things) -> None:
    """None is sent as null, OMIT is not sent; without any field there is still an object."""
    await things.change("x", name=None)
    assert sent(server) == ("PATCH /things/x", {"name": None})
    await things.change("x", size=0, extra_body={"more": 1})
    assert sent(server) == ("PATCH /things/x", {"size": 0, "more": 1})
    await things.change("x")
    assert sent(server) == ("PATCH /things/x", {})


async def test_without_parameters_there_is_no_body(server: Loopback, things: Things) -> None:
    """A method whose path takes all it was given sends no body."""
    await things.archive("x")
    assert sent(server) == ("POST /things/x/archive", None)


async def test_one_parameter_can_be_the_body(server: Loopback, things: Things) -> None:
    """What is given as the body goes as it is; the answer is of no use."""
    server.answer = lambda request: ok(None)
    await things.put("x", [1, None])
    assert sent(server) == ("PUT /things/x", [1, None])


async def test_an_option_that_is_none(things: Things) -> None:
    """A misspelt keyword is refused like any other, and never sent."""
    with pytest.raises(TypeError, match="nmae"):
        await things.change("x", nmae="y")  # type: ignore[call-arg]


async def test_a_list_without_pages(server: Loopback, things: Things) -> None:
    """An answer that is a list becomes a tuple; what is none is refused by its place."""
    server.answer = lambda request: ok([THING, {"id": "t2"}])
    assert [thing.id for thing in await things.kinds()] == ["t1", "t2"]
    server.answer = lambda request: ok({"data": []})
    with pytest.raises(APIResponseError, match="the answer is dict, not a list"):
        await things.kinds()


async def test_pages_of_a_get(server: Loopback, things: Things) -> None:
    """The cursor goes into the query, beside the filters, and each page is asked for once."""
    pages = {"/things?kind=a": "c 1", "/things?kind=a&cursor=c%201": None}
    server.answer = lambda request: ok({"data": [THING], "next_cursor": pages[request.path]})
    assert len([thing async for thing in things.list(kind="a")]) == 2
    assert [request.path for request in server.requests] == list(pages)


@pytest.mark.parametrize("cursor", [7, ["c"], {"c": 1}, True, 1.5], ids=repr)
async def test_a_cursor_that_is_no_text(server: Loopback, things: Things, cursor: object) -> None:
    """To take it for the end of the list would lose pages, so it is an error."""
    server.answer = lambda request: ok({"data": [THING], "next_cursor": cursor})
    with pytest.raises(APIResponseError, match="not text") as caught:
        await things.list()
    assert caught.value.path == "next_cursor"


async def test_pages_of_a_post(server: Loopback, things: Things) -> None:
    """The cursor goes into the body, and may be a parameter of another name, even a number."""
    server.answer = lambda request: ok({"found": [THING]})
    page: Page[Thing] = await things.search(term="a", start=3)
    assert (page.items[0].id, page.next_cursor) == ("t1", None)
    assert sent(server) == ("POST /search", {"term": "a", "start": "3"})
    await things.search(term="a")
    assert sent(server) == ("POST /search", {"term": "a"})


@pytest.mark.parametrize("answer", [{}, {"thing": None}, [], None, "x"], ids=repr)
async def test_what_is_not_within(server: Loopback, things: Things, answer: object) -> None:
    """An answer without the field that holds it is refused by the field's name."""
    server.answer = lambda request: ok(answer)
    with pytest.raises(APIResponseError) as caught:
        await things.change("x")
    assert caught.value.path == "thing"


# --- locals() hands on all variables, so there must be no other than the parameters


def functions() -> Iterator[tuple[str, ast.AsyncFunctionDef | ast.FunctionDef]]:
    """Every function of the resources that hands on its arguments by `locals()`."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "locals()" in {
                ast.unparse(inner) for inner in ast.walk(node) if isinstance(inner, ast.Call)
            }:
                yield f"{path.stem}.{node.name}", node


def statements(function: ast.AsyncFunctionDef | ast.FunctionDef) -> int:
    """How many there are below the docstring."""
    return len(function.body) - (ast.get_docstring(function) is not None)


def test_handing_on_is_the_only_statement() -> None:
    """A method that does more builds its body by name, so that no variable is sent unseen."""
    found = list(functions())
    assert len(found) > 150
    assert [name for name, function in found if statements(function) != 1] == []
