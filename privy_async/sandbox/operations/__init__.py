"""The API's operations: which request means which of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import resources
from typing import Final, NoReturn
from urllib.parse import unquote

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.apps import apps, organizations
from privy_async.sandbox.operations.controls import (
    aggregations,
    condition_sets,
    key_quorums,
    policies,
)
from privy_async.sandbox.operations.intents import intents
from privy_async.sandbox.operations.operation import Operation
from privy_async.sandbox.operations.users import (
    passwordless,
    user_accounts,
    user_keys,
    user_search,
    users,
    wallet_batch,
)
from privy_async.sandbox.operations.wallets import (
    accounts,
    json_rpc,
    signing,
    transactions,
    transfers,
    wallet_balances,
    wallet_entity,
    wallet_import,
    wallets,
)
from privy_async.sandbox.requests.messages import Request
from privy_async.sandbox.requests.refusal import Refusal

__all__ = ["OPERATIONS", "Operation", "Router"]


def _refuse_not_imitated(name: str, app: App, request: Request) -> NoReturn:
    raise Refusal(501, f"The sandbox does not imitate {name} yet", "not_implemented")


def _not_imitated() -> Iterator[Operation]:
    """The API's other operations. Each line of the file is: method, path, name if known."""
    lines = resources.files(__package__ or __name__).joinpath("not_imitated.txt").read_text()
    for line in lines.splitlines():
        method, path, *name = line.split()
        shown = name[0] if name else f"{method} {path}"
        yield Operation(method, path, partial(_refuse_not_imitated, shown))


OPERATIONS: Final[tuple[Operation, ...]] = (
    *apps.OPERATIONS,
    *accounts.OPERATIONS,
    *organizations.OPERATIONS,
    *users.OPERATIONS,
    *user_accounts.OPERATIONS,
    *user_search.OPERATIONS,
    *passwordless.OPERATIONS,
    *user_keys.OPERATIONS,
    *wallets.OPERATIONS,
    *wallet_batch.OPERATIONS,
    *wallet_entity.OPERATIONS,
    *wallet_import.OPERATIONS,
    *signing.OPERATIONS,
    *key_quorums.OPERATIONS,
    *policies.OPERATIONS,
    *condition_sets.OPERATIONS,
    *aggregations.OPERATIONS,
    *transactions.OPERATIONS,
    *transfers.OPERATIONS,
    *wallet_balances.OPERATIONS,
    *intents.OPERATIONS,
    *json_rpc.OPERATIONS,
    *_not_imitated(),
)


class Router:
    """Finds the operation a request means."""

    def __init__(self, operations: Iterable[Operation] = OPERATIONS) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Operation]]] = defaultdict(list)
        # A template with fewer variable parts is the more specific one and comes first.
        for operation in sorted(operations, key=lambda each: each.path.count("{")):
            template = tuple(operation.path.split("/"))
            self._by_length[len(template)].append((template, operation))

    def find(self, request: Request) -> tuple[Operation, Request]:
        """Return the operation and the request with the path's values filled in.

        Raises:
            Refusal: 404 for an unknown path, 405 for a known one with another method.
        """
        parts = tuple(request.path.split("/"))
        fitting = [
            (template, operation)
            for template, operation in self._by_length.get(len(parts), ())
            if _fits(template, parts)
        ]
        for template, operation in fitting:
            if operation.method == request.method:
                return operation, attrs.evolve(request, path_values=_values(template, parts))
        if fitting:
            raise Refusal(405, f"Method {request.method} is not allowed for {request.path}")
        raise Refusal(404, f"There is nothing at {request.path}", "not_found")


def _fits(template: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return all(
        part == expected or (expected.startswith("{") and part)
        for expected, part in zip(template, parts, strict=True)
    )


def _values(template: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str]:
    return {
        expected[1:-1]: unquote(part)
        for expected, part in zip(template, parts, strict=True)
        if expected.startswith("{")
    }
