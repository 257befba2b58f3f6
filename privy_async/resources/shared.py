"""What several resources share: the plain yes, and lists that do not stand under `data`."""

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

import attrs

from privy_async.json_types import is_object
from privy_async.page import Page, Pager
from privy_async.requester import Requester
from privy_async.values import Value, decode_list

V = TypeVar("V", bound=Value)


@attrs.frozen(kw_only=True)
class Success(Value):
    """Whether it was done."""

    success: bool


def named_list(
    requester: Requester,
    returns: type[V],
    name: str,
    template: str,
    *,
    query: Mapping[str, Any],
    cursor: str | None = None,
    options: Mapping[str, Any],
    **path: str,
) -> Pager[V]:
    """A pager over `GET template`, whose answers are a list or hold one under `name`."""

    async def fetch(at: str | None) -> Page[V]:
        return await requester.request(
            "GET",
            template,
            path,
            query={**query, "cursor": at},
            options=options,
            read=partial(read_page, returns, name),
        )

    return Pager(fetch, cursor)


def read_page(returns: type[V], name: str, answer: Any) -> Page[V]:
    """Make a page of a list, or of an object that holds one under `name`."""
    items: object = answer.get(name) if is_object(answer) else answer
    cursor: str | None = answer.get("next_cursor") if is_object(answer) else None
    return Page(decode_list(returns, items, path=name), cursor or None)
