"""What every resource is made of: a way to send a call and to read its answer as a value."""

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from privy_async.call import OMIT
from privy_async.json_types import is_object
from privy_async.page import Page, Pager
from privy_async.requester import Requester
from privy_async.values import Value, decode, decode_list

V = TypeVar("V", bound=Value)


class Resource:
    """A group of operations. You reach it through a client, such as `privy.wallets`."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    async def _request(
        self,
        returns: type[V],
        method: str,
        template: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = OMIT,
        options: Mapping[str, Any],
        **path: str,
    ) -> V:
        """Do one operation and decode its answer. `path` fills the template."""
        read = partial(decode, returns)
        return await self._requester.request(
            method, template, path, query=query, body=body, options=options, read=read
        )

    async def _delete(self, template: str, *, options: Mapping[str, Any], **path: str) -> None:
        """Do a DELETE; whatever a success answers is of no use to anyone."""
        await self._requester.request(
            "DELETE", template, path, options=options, read=lambda answer: None
        )

    def _list(
        self,
        returns: type[V],
        template: str,
        *,
        query: Mapping[str, Any],
        cursor: str | None = None,
        options: Mapping[str, Any],
        items: str | None = None,
        **path: str,
    ) -> Pager[V]:
        """A pager over `GET template`, whose answers are `{data, next_cursor}`.

        With `items` they are a list, or hold one under that name.
        """
        read = partial(_page, returns) if items is None else partial(read_page, returns, items)

        async def fetch(at: str | None) -> Page[V]:
            return await self._requester.request(
                "GET",
                template,
                path,
                query={**query, "cursor": at},
                options=options,
                read=read,
            )

        return Pager(fetch, cursor)


def _page(returns: type[V], answer: Any) -> Page[V]:
    """Make a page of `{data, next_cursor}`, and of nothing else."""
    return read_page(returns, "data", answer if is_object(answer) else {})


def read_page(returns: type[V], name: str, answer: Any) -> Page[V]:
    """Make a page of a list, or of an object that holds one under `name`."""
    items: object = answer.get(name) if is_object(answer) else answer
    cursor: str | None = answer.get("next_cursor") if is_object(answer) else None
    return Page(decode_list(returns, items, path=name), cursor or None)
