"""The API's operations, and the router that finds the one a request means."""

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
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users import (
    account_linking,
    mfa,
    passwordless,
    user_keys,
    user_search,
    users,
    wallet_batch,
)
from privy_async.sandbox.operations.wallets import (
    chain_rpc,
    deposit_currencies,
    digital_asset_accounts,
    signing,
    transactions,
    transfers,
    wallet_balances,
    wallet_entity,
    wallet_import,
    wallets,
)
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal

__all__ = ["ROUTES", "Route", "Router"]


def _refuse_not_imitated(name: str, app: App, request: HttpRequest) -> NoReturn:
    raise Refusal(501, f"The sandbox does not imitate {name} yet", "not_implemented")


def _not_imitated() -> Iterator[Route]:
    """The API's other operations. Each line of the file is: method, path, name if known."""
    lines = resources.files(__package__ or __name__).joinpath("not_imitated.txt").read_text()
    for line in lines.splitlines():
        method, path, *name = line.split()
        shown = name[0] if name else f"{method} {path}"
        yield Route(method, path, partial(_refuse_not_imitated, shown))


ROUTES: Final[tuple[Route, ...]] = (
    *apps.ROUTES,
    *deposit_currencies.ROUTES,
    *digital_asset_accounts.ROUTES,
    *organizations.ROUTES,
    *users.ROUTES,
    *account_linking.ROUTES,
    *user_search.ROUTES,
    *mfa.ROUTES,
    *passwordless.ROUTES,
    *user_keys.ROUTES,
    *wallets.ROUTES,
    *wallet_batch.ROUTES,
    *wallet_entity.ROUTES,
    *wallet_import.ROUTES,
    *signing.ROUTES,
    *key_quorums.ROUTES,
    *policies.ROUTES,
    *condition_sets.ROUTES,
    *aggregations.ROUTES,
    *transactions.ROUTES,
    *transfers.ROUTES,
    *wallet_balances.ROUTES,
    *intents.ROUTES,
    *chain_rpc.ROUTES,
    *_not_imitated(),
)


class Router:
    """Finds the operation a request means."""

    def __init__(self, operations: Iterable[Route] = ROUTES) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = defaultdict(list)
        # A template with fewer variable parts is the more specific one and comes first.
        for route in sorted(operations, key=lambda each: each.path.count("{")):
            template = tuple(route.path.split("/"))
            self._by_length[len(template)].append((template, route))

    def find(self, request: HttpRequest) -> tuple[Route, HttpRequest]:
        """Return the operation and the request with the path's values filled in.

        Raises:
            Refusal: 404 for an unknown path, 405 for a known one with another method.
        """
        parts = tuple(request.path.split("/"))
        fitting = [
            (template, route)
            for template, route in self._by_length.get(len(parts), ())
            if _fits(template, parts)
        ]
        for template, route in fitting:
            if route.method == request.method:
                return route, attrs.evolve(request, path_values=_values(template, parts))
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
