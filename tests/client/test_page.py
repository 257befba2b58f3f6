"""Pages and pagers: every item once, nothing fetched too early, nothing open in between."""

import asyncio
import copy
import pickle
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privy_async.errors import APIResponseError
from privy_async.page import Page, Pager
from privy_sync.page import Pager as SyncPager

pytestmark = pytest.mark.anyio


@attrs.define
class Shelf:
    """A list in pages, which remembers the cursors it was asked for."""

    pages: list[list[int]]
    asked: list[str | None] = attrs.field(factory=list)

    async def fetch(self, cursor: str | None) -> Page[int]:
        self.asked.append(cursor)
        await asyncio.sleep(0)
        index = int(cursor or 0)
        last = index == len(self.pages) - 1
        return Page(tuple(self.pages[index]), None if last else str(index + 1))

    def pager(self, cursor: str | None = None) -> Pager[int]:
        return Pager(self.fetch, cursor)


async def test_every_item_of_every_page() -> None:
    """`async for` walks over all items in order, and fetches each page once."""
    shelf = Shelf([[1, 2], [3], [4, 5]])
    assert [item async for item in shelf.pager()] == [1, 2, 3, 4, 5]
    assert shelf.asked == [None, "1", "2"]


async def test_empty_pages() -> None:
    """A page may be empty and still not be the last."""
    shelf = Shelf([[], [1], [], [], [2], []])
    assert [item async for item in shelf.pager()] == [1, 2]
    assert len(shelf.asked) == 6
    assert [item async for item in Shelf([[]]).pager()] == []


async def test_pages_as_they_are() -> None:
    """`pages()` walks over the pages themselves."""
    pages = [page async for page in Shelf([[1, 2], [], [3]]).pager().pages()]
    assert [page.items for page in pages] == [(1, 2), (), (3,)]
    assert [page.next_cursor for page in pages] == ["1", "2", None]


async def test_one_page() -> None:
    """Awaiting the pager, or its `first_page()`, fetches one page and no more."""
    shelf = Shelf([[1, 2], [3]])
    assert await shelf.pager() == Page((1, 2), "1")
    assert await shelf.pager().first_page() == Page((1, 2), "1")
    assert shelf.asked == [None, None]


async def test_from_a_cursor() -> None:
    """A pager may begin anywhere, such as where another one ended."""
    shelf = Shelf([[1], [2], [3]])
    first = await shelf.pager()
    assert [item async for item in shelf.pager(first.next_cursor)] == [2, 3]
    assert await shelf.pager("2") == Page((3,), None)


async def test_nothing_is_fetched_before_it_is_needed() -> None:
    """Making a pager fetches nothing, and a loop that stops early no page too many."""
    shelf = Shelf([[1, 2], [3]])
    pager = shelf.pager()
    assert shelf.asked == []
    async for item in pager:
        if item == 2:
            break
    assert shelf.asked == [None]


async def test_each_loop_starts_anew() -> None:
    """A pager is a value: two loops over it, one inside the other, see everything."""
    pager = Shelf([[1], [2]]).pager()
    pairs = [(one, two) async for one in pager async for two in pager]
    assert pairs == [(1, 1), (1, 2), (2, 1), (2, 2)]


async def test_a_page_that_fails_leaves_the_others_read() -> None:
    """The error comes where the page would have, and a new loop may begin at its cursor."""

    async def fetch(cursor: str | None) -> Page[int]:
        if cursor == "broken":
            raise ConnectionError
        return Page((1,), "broken")

    items = aiter(Pager(fetch))
    assert await anext(items) == 1
    with pytest.raises(ConnectionError):
        await anext(items)


ENDLESS = {
    "itself": {None: "a", "a": "a"},
    "an earlier one": {None: "a", "a": "b", "b": "c", "c": "a"},
    "where it began": {"start": "a", "a": "start"},
}


@pytest.mark.parametrize("cursors", ENDLESS.values(), ids=ENDLESS)
async def test_a_cursor_that_comes_again(cursors: dict[str | None, str]) -> None:
    """A list without end is an error of its own, in both faces, after every page there is."""
    asked: list[str | None] = []

    async def fetch(cursor: str | None) -> Page[str]:
        asked.append(cursor)
        return Page((str(cursor),), cursors[cursor])

    pager = Pager(fetch, next(iter(cursors)))
    items = aiter(pager)
    assert [await anext(items) for _ in cursors] == [str(cursor) for cursor in cursors]
    with pytest.raises(APIResponseError, match="comes again: this list has no end") as caught:
        await anext(items)
    assert caught.value.path == "next_cursor"
    with pytest.raises(APIResponseError, match="has no end"):
        await asyncio.to_thread(list, SyncPager(pager))
    assert asked == [*cursors, *cursors]


def test_a_page_is_a_value() -> None:
    """It iterates, has a length, compares, copies and pickles."""
    page = Page((1, 2), "next")
    assert (list(page), len(page), bool(Page((), None))) == ([1, 2], 2, False)
    copiers: list[Callable[[Page[int]], Page[int]]] = [
        copy.copy,
        copy.deepcopy,
        lambda original: pickle.loads(pickle.dumps(original)),
    ]
    for copier in copiers:
        assert copier(page) == page


def test_repr_of_a_pager() -> None:
    """It shows where it begins, not how it fetches."""
    assert repr(Shelf([[]]).pager("c1")) == "Pager(cursor='c1')"


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=6))
def test_any_pages(pages: list[list[int]]) -> None:
    """However the items are spread over pages, walking gives them all in order."""

    async def walk() -> list[int]:
        return [item async for item in Shelf(pages).pager()]

    assert asyncio.run(walk()) == [item for page in pages for item in page]
