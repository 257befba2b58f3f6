"""Lists that come in pages, for callers that wait: a page is the same value in both faces."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

import attrs

from privy_async.page import Page, Walk
from privy_async.page import Pager as AsyncPager
from privy_sync._portal import run

T = TypeVar("T")


@attrs.frozen
class Pager(Generic[T]):
    """A list that is fetched page by page, as it is walked over.

        for wallet in privy.wallets.list():            # every item of every page
        page = privy.wallets.list(limit=20).first_page()
        for page in privy.wallets.list().pages():

    Nothing is open between pages, so a loop may stop anywhere, each loop starts anew, and
    threads may share a pager.
    """

    _twin: AsyncPager[T]

    def first_page(self) -> Page[T]:
        """Fetch one page: the first, or the one at the cursor that was given."""
        return run(self._twin.first_page())

    def pages(self) -> Iterator[Page[T]]:
        """Walk over the pages.

        Raises:
            APIResponseError: A cursor comes again, so the list would never end.
        """
        page = self.first_page()
        yield page
        walk = Walk(self._twin.cursor)
        while (cursor := walk.next_cursor(page)) is not None:
            page = run(attrs.evolve(self._twin, cursor=cursor).first_page())
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    if not TYPE_CHECKING:  # To type checkers it is not async, so that they report it.

        def __aiter__(self) -> NoReturn:
            raise TypeError(
                "this list is one of privy_sync: use `for item in ...`, or privy_async here"
            )

        __await__ = __aiter__
