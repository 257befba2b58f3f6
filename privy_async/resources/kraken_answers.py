"""How Kraken Embed answers: `{errors, result}`, mostly within `{data}`."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from privy_async.errors import APIResponseError
from privy_async.json_types import is_object
from privy_async.page import Page, Pager
from privy_async.resources.resource import Resource
from privy_async.values import Value, decode, decode_list

V = TypeVar("V", bound=Value)


class KrakenResource(Resource):
    """A group of operations that pass through to Kraken."""

    async def _get(
        self,
        returns: type[V],
        template: str,
        query: Mapping[str, Any],
        options: Mapping[str, Any],
        *,
        within: str = "",
        **path: str,
    ) -> V:
        """Read something: its result, or what the result holds under `within`."""
        read = partial(_read_value, returns, within)
        return await self._requester.request(
            "GET", template, path, query=query, options=options, read=read
        )

    async def _send(
        self,
        returns: type[V],
        method: str,
        template: str,
        body: Mapping[str, Any],
        options: Mapping[str, Any],
        *,
        within: str = "",
        **path: str,
    ) -> V:
        """Do something, and decode its result like `_get`."""
        read = partial(_read_value, returns, within)
        return await self._requester.request(
            method, template, path, body=body, options=options, read=read
        )

    def _pages(
        self,
        returns: type[V],
        name: str,
        template: str,
        query: Mapping[str, Any],
        cursor: str | None,
        options: Mapping[str, Any],
        *,
        cursor_name: str = "cursor",
        **path: str,
    ) -> Pager[V]:
        """A pager over results that hold a list under `name`, whose pages have a cursor."""

        async def fetch(at: str | None) -> Page[V]:
            return await self._requester.request(
                "GET",
                template,
                path,
                query={**query, cursor_name: at},
                options=options,
                read=partial(_read_page, returns, name),
            )

        return Pager(fetch, cursor)


def read_result(answer: Any) -> Any:
    """What Kraken answered, which may be null.

    Raises:
        APIResponseError: It answered with errors instead.
    """
    envelope: object = answer.get("data", answer) if is_object(answer) else answer
    if not is_object(envelope):
        raise APIResponseError("the answer has no result", path="data")
    result, errors = envelope.get("result"), envelope.get("errors") or envelope.get("error")
    if result is None and errors:
        said = json.dumps(errors)[:500]
        raise APIResponseError(f"Kraken answered with an error: {said}", path="errors")
    return result


def read_list(returns: type[V], name: str, answer: Any) -> tuple[V, ...]:
    """The list that a result holds under `name`."""
    result = read_result(answer)
    return decode_list(returns, result.get(name) if is_object(result) else None, path=name)


def _read_value(returns: type[V], within: str, answer: Any) -> V:
    result = read_result(answer)
    if within:
        result = result.get(within) if is_object(result) else None
    return decode(returns, result, path=within)


def _read_page(returns: type[V], name: str, answer: Any) -> Page[V]:
    items, result = read_list(returns, name, answer), read_result(answer)
    meta = result.get("meta")
    if not is_object(meta):
        return Page(items, result.get("next_cursor") or None)
    # Such lists have numbered pages, and the number is the cursor.
    number, last = meta.get("page_number"), meta.get("total_pages")
    if isinstance(number, int) and isinstance(last, int) and number < last:
        return Page(items, str(number + 1))
    return Page(items, None)
