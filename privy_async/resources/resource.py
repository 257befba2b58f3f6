"""The base of every resource: a way to do an operation and to read its answer as values."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, Union

from privy_async.clock import Clock
from privy_async.errors import APIResponseError
from privy_async.json_types import is_array, is_object
from privy_async.page import Page, Pager
from privy_async.resources.fields import format_input
from privy_async.sending.call import OMIT, given, query_text
from privy_async.sending.operations import find_operation
from privy_async.sending.requester import Requester
from privy_async.values import Value, decode, decode_list

if TYPE_CHECKING:
    # Editors would show the attributes of functools' own among those of what it returns.
    cached_property = property
else:
    from functools import cached_property as cached_property

T = TypeVar("T")
V = TypeVar("V", bound=Value)


class Resource:
    """A group of operations. You reach it through a client, such as `privy.wallets`.

    A method is called like the operation that it does, parameter by parameter, so it hands on
    all that it was given as `locals()`: what the path names goes there, `options` are the call's,
    and the rest is sent, in the query of a GET and in the JSON body of anything else. That is then
    its only statement, `{**locals(), "amount": ...}` where a value is sent in another form. A
    method that does more names what it sends.
    """

    def __init__(self, requester: Requester) -> None:
        self._requester = requester

    @property
    def _clock(self) -> Clock:
        return self._requester.settings.clock

    def _request(
        self,
        returns: type[V],
        operation: str,
        arguments: Mapping[str, Any],
        *,
        body: Any = OMIT,
        within: str = "",
    ) -> Coroutine[Any, Any, V]:
        """Do an operation and decode its answer, or what stands there `within` a field.

        Args:
            returns: What the answer is.
            operation: Method and path, such as "GET /v1/wallets/{wallet_id}".
            arguments: What the method was called with.
            body: What is sent instead of the arguments.
            within: The field of the answer.
        """
        read = partial(self._read_one, returns, within)
        return self._send(operation, arguments, read, body=body)

    def _request_all(
        self,
        returns: type[V],
        operation: str,
        arguments: Mapping[str, Any],
        *,
        body: Any = OMIT,
        within: str = "",
    ) -> Coroutine[Any, Any, tuple[V, ...]]:
        """Do an operation whose answer is or holds a list, which has no pages."""
        read = partial(self._read_all, returns, within)
        return self._send(operation, arguments, read, body=body)

    async def _do(self, operation: str, arguments: Mapping[str, Any], *, body: Any = OMIT) -> None:
        """Do an operation whose answer, if it is a success, is of no use to anyone."""
        await self._send(operation, arguments, self._result, body=body)

    def _list(
        self,
        returns: type[V],
        operation: str,
        arguments: Mapping[str, Any],
        *,
        within: str = "data",
        cursor: str = "cursor",
    ) -> Pager[V]:
        """A pager over answers that hold a list `within` a field beside `next_cursor`.

        `cursor` is the parameter that says where a page begins.
        """
        read = partial(self._read_page, returns, within)

        async def fetch(at: str | None) -> Page[V]:
            place = OMIT if at is None else at
            return await self._send(operation, {**arguments, cursor: place}, read)

        begin = arguments.get(cursor)
        return Pager(fetch, None if begin is None else query_text(cursor, begin))

    def _send(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        read: Callable[[Any], T],
        *,
        body: Any = OMIT,
    ) -> Coroutine[Any, Any, T]:
        in_path = find_operation(operation).parameters
        path = {name: arguments[name] for name in in_path}
        query = None
        if body is OMIT:
            elsewhere = (*in_path, "self", "options")
            sent = {name: item for name, item in arguments.items() if name not in elsewhere}
            if operation.startswith("GET "):
                query = sent
            elif sent:
                sent = given(**sent)
                body = {name: self._formatted(name, item) for name, item in sent.items()}
        elif alone := [name for name, item in arguments.items() if item is body]:
            body = self._formatted(alone[0], body)
        options = arguments["options"]
        return self._requester.request(
            operation, path, query=query, body=body, options=options, read=read
        )

    def _formatted(self, parameter: str, value: Any) -> Any:
        """Return what was given for a parameter in the form that Privy takes.

        Raises:
            InvalidArgumentError: It has a field that the parameter's type does not tell.
        """
        if is_object(value) or is_array(value) or isinstance(value, Value):
            resource: Any = type(self)
            return format_input(_type_of(resource, parameter), value, argument=parameter)
        return value

    def _result(self, answer: Any) -> Any:
        """Return the part of an answer that matters."""
        return answer

    def _next_cursor(self, result: Mapping[str, Any]) -> str | None:
        """Return the cursor of the next page, as a list says it; None at the end."""
        cursor = result.get("next_cursor") or None
        if cursor is None or isinstance(cursor, str):
            return cursor
        # To take it for the end would lose the pages that follow.
        raise APIResponseError(
            f"next_cursor is {type(cursor).__name__}, not text", path="next_cursor"
        )

    def _read_one(self, returns: type[V], within: str, answer: Any) -> V:
        result = self._result(answer)
        return decode(returns, _field(result, within), path=within)

    def _read_all(self, returns: type[V], within: str, answer: Any) -> tuple[V, ...]:
        return decode_list(returns, _field(self._result(answer), within), path=within)

    def _read_page(self, returns: type[V], within: str, answer: Any) -> Page[V]:
        result = self._result(answer)
        items = decode_list(returns, _field(result, within), path=within)
        return Page(items, self._next_cursor(result) if is_object(result) else None)


@cache
def _type_of(resource: Any, parameter: str) -> Any:
    """Return the type of a parameter, or the union of its types where methods differ."""
    methods = [each for _, each in inspect.getmembers(resource, inspect.isfunction)]
    types = [
        each.__annotations__[parameter] for each in methods if parameter in each.__annotations__
    ]
    return Union[tuple(types)] if types else None  # noqa: UP007


def _field(result: object, name: str) -> Any:
    """Return the content of a field, or all if its name is empty."""
    if not name:
        return result
    return result.get(name) if is_object(result) else None
