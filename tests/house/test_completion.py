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
