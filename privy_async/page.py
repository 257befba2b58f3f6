"""Lists that come in pages: a page is a value, a pager walks over pages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

import attrs

from privy_async.errors import APIResponseError

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """Some items of a list, and the cursor of those that follow; None after the last page."""

    items: tuple[T, ...]
    next_cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Walk:
    """The cursors that a walk over pages has come by."""

    def __init__(self, cursor: str | None) -> None:
        self._passed = {cursor}

    def next_cursor(self, page: Page[Any]) -> str | None:
        """Return the cursor of the page after this one; None at the end.

        Raises:
            APIResponseError: The walk has been there.
        """
        cursor = page.next_cursor
        if cursor is not None and cursor in self._passed:
            raise APIResponseError(
                f"the cursor {cursor!r} comes again: this list has no end", path="next_cursor"
            )
        self._passed.add(cursor)
        return cursor


@attrs.frozen
class Pager(Generic[T]):
    """A list that is fetched page by page, as it is walked over.

        async for wallet in privy.wallets.list():      # every item of every page
        page = await privy.wallets.list(limit=20)      # the first page alone
        async for page in privy.wallets.list().pages()

    Nothing is open between pages, so a loop may stop anywhere, and each loop starts anew.
    """

    fetch: Callable[[str | None], Awaitable[Page[T]]] = attrs.field(repr=False)
    cursor: str | None = None

    async def first_page(self) -> Page[T]:
        """Fetch one page: the first, or the one at the cursor that was given."""
        return await self.fetch(self.cursor)

    def __await__(self) -> Generator[Any, None, Page[T]]:
        # Nothing is begun, and so nothing left over, before somebody waits.
        return (yield from self.first_page().__await__())

    def pages(self) -> AsyncIterator[Page[T]]:
        """Walk over the pages.

        Raises:
            APIResponseError: A cursor comes again, so the list would never end.
        """
        return _Pages(self)

    def __aiter__(self) -> AsyncIterator[T]:
        return _Items(self.pages())

    if not TYPE_CHECKING:  # To type checkers it is not iterable, so that they report it.

        def __iter__(self) -> NoReturn:
            raise TypeError(
                "this list is async: use `async for item in ...`, or await it for its first page"
            )


class _Pages(Generic[T]):
    """A walk over pages. It is no generator, whose end an event loop must see to."""

    def __init__(self, pager: Pager[T]) -> None:
        self._fetch, self._cursor = pager.fetch, pager.cursor
        self._walk = Walk(pager.cursor)
        self._last: Page[T] | None = None

    def __aiter__(self) -> AsyncIterator[Page[T]]:
        return self

    async def __anext__(self) -> Page[T]:
        if self._last is not None:
            cursor = self._walk.next_cursor(self._last)
            if cursor is None:
                raise StopAsyncIteration
            # Where fetching fails, whoever goes on asks for the same page again.
            self._cursor, self._last = cursor, None
        self._last = await self._fetch(self._cursor)
        return self._last


class _Items(Generic[T]):
    """A walk over the items of pages."""

    def __init__(self, pages: AsyncIterator[Page[T]]) -> None:
        self._pages = pages
        self._left: Iterator[T] = iter(())

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._left:
                return item
            self._left = iter((await anext(self._pages)).items)
