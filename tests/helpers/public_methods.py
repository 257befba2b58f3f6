"""Every public method of a client, with the path by which a user reaches it."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any


def public_methods(thing: Any, path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Such as ("privy.wallets.ethereum.sign_message", the bound method), and so on.

    Args:
        thing: A client, or a resource of one.
        path: How it is reached.
    """
    for name in sorted(set(dir(type(thing)))):
        if name.startswith("_"):
            continue
        member = getattr(thing, name)
        if inspect.ismethod(member):
            yield f"{path}.{name}", member
        else:
            yield from public_methods(member, f"{path}.{name}")
