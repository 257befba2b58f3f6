"""Cursor and limit, as Privy pages every long list."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpResponse

MAX_LIMIT: Final = 100
_WHOLE: Final = re.compile(r"([0-9]{1,9})(?:\.0*)?")


class Listed(Protocol):
    """An entry of a list."""

    @property
    def id(self) -> str:
        """The cursor's text."""
        ...


Record = TypeVar("Record", bound=Listed)


def page(
    records: Sequence[Record],
    query: Mapping[str, str],
    to_json: Callable[[Sequence[Record]], list[Json]],
    *,
    name: str = "data",
) -> HttpResponse:
    """Answer the records after `cursor`, which is the id of the last one seen.

    Args:
        name: What the answer calls the list.
    """
    start = _start(records, query.get("cursor"))
    limit = limit_of(query.get("limit"))
    shown = records[start : start + limit]
    more = start + limit < len(records)
    next_cursor = shown[-1].id if more else None
    return HttpResponse.json({name: to_json(shown), "next_cursor": next_cursor})


def _start(records: Sequence[Record], cursor: str | None) -> int:
    if cursor is None:
        return 0
    for index, record in enumerate(records):
        if record.id == cursor:
            return index + 1
    raise input_error("cursor", "Unknown cursor")


def limit_of(text: str | None) -> int:
    """Read `limit`, a whole number from 1 to 100, be it written as 1.0; 100 if it is left out."""
    if text is None:
        return MAX_LIMIT
    whole = _WHOLE.fullmatch(text)
    if whole is None or not 1 <= int(whole[1]) <= MAX_LIMIT:
        raise input_error("limit", f"Expected a number from 1 to {MAX_LIMIT}")
    return int(whole[1])
