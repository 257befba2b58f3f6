"""What an editor shows: every method of every resource, and the names of its parameters."""

import inspect
from collections import defaultdict
from types import ModuleType

import jedi
import pytest
from public_methods import public_methods

import privy_async
import privy_sync

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def code_that_calls(package: ModuleType, paths: list[str]) -> jedi.Script:
    """A script whose lines, from the third on, call these methods."""
    head = [f"from {package.__name__} import PrivyClient", "privy = PrivyClient()"]
    return jedi.Script("\n".join([*head, *(f"{path}()" for path in paths)]))


@pytest.mark.parametrize("package", [privy_async, privy_sync], ids=lambda each: each.__name__)
def test_an_editor_shows_every_method(package: ModuleType) -> None:
    """Behind each dot stands all that may follow it; within each call, its parameters."""
    client = package.PrivyClient(app_id="a", app_secret="b")
    methods = dict(public_methods(client, "privy"))
    assert len(methods) > 200
    by_resource: dict[str, list[str]] = defaultdict(list)
    for path in methods:
        by_resource[path.rpartition(".")[0]].append(path)
    shown: dict[str, set[str]] = {}
    # A script for each resource: jedi infers nothing more after some hundred calls in one.
    for resource, paths in by_resource.items():
        script = code_that_calls(package, paths)
        shown[resource] = {each.name for each in script.complete(3, len(resource) + 1)}
        for line, path in enumerate(paths, 3):
            found = script.get_signatures(line, len(path) + 1)
            names = [[each.name for each in signature.params] for signature in found]
            assert names == [list(inspect.signature(methods[path]).parameters)], path
    for path in methods:
        parts = path.split(".")
        for end in range(1, len(parts)):
            resource = ".".join(parts[:end])
            assert resource not in shown or parts[end] in shown[resource], path


def completions(*lines: str) -> set[str]:
    """What an editor offers at the end of these lines, private names aside."""
    found = jedi.Script("\n".join(lines)).complete(len(lines), len(lines[-1]))
    return {each.name for each in found if not each.name.startswith("_")}


@pytest.mark.parametrize("package", ["privy_async", "privy_sync"])
def test_an_editor_shows_nothing_else(package: str) -> None:
    """Behind the name of a resource stand its methods and resources, and nothing of Python's."""
    head = (f"from {package} import PrivyClient", "privy = PrivyClient()")
    wallets = completions(*head, "privy.wallets.")
    assert {"create", "list", "ethereum"} <= wallets
    assert wallets.isdisjoint({"attrname", "func", "lock", "fget", "getter", "setter"})


@pytest.mark.parametrize(("package", "loop"), [("privy_async", "async for"), ("privy_sync", "for")])
def test_an_editor_knows_the_items_of_a_list(package: str, loop: str) -> None:
    """Within a loop over a pager, the item has its fields."""
    head = (f"from {package} import PrivyClient", "async def main():", "    privy = PrivyClient()")
    wallet = completions(*head, f"    {loop} w in privy.wallets.list():", "        w.")
    assert {"id", "address", "chain_type"} <= wallet


@pytest.mark.parametrize("package", ["privy_async", "privy_sync"])
def test_an_editor_narrows_an_event(package: str) -> None:
    """Behind an `isinstance` an event has its fields."""
    event = completions(
        f"from {package}.types import TransactionConfirmed",
        "def on_event(request, event):",
        "    if isinstance(event, TransactionConfirmed):",
        "        event.",
    )
    assert {"transaction_hash", "wallet_id", "type"} <= event


def test_an_editor_knows_what_django_views_get() -> None:
    """With its annotation a request has `privy`, and that has the caller's clients and claims."""
    head = ("from privy_sync.integrations.django import PrivyRequest", "def view(r: PrivyRequest):")
    assert {"privy", "body", "method"} <= completions(*head, "    r.")
    assert completions(*head, "    r.privy.") == {"aclaims", "aclient", "claims", "client"}
    assert "ethereum" in completions(*head, "    r.privy.client.wallets.")
