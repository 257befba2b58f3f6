"""The clients of a process: one for sync code and one for async code, with the same user keys."""

from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from privy_async.client import PrivyClient as AsyncPrivyClient
from privy_async.errors import InvalidArgumentError
from privy_sync.client import PrivyClient
from privy_sync.integrations.django.options import client_options

_clients: Final[list[tuple[PrivyClient, AsyncPrivyClient]]] = []


def get_client() -> PrivyClient:
    """The client of this process, made when it is first asked for.

    Raises:
        ImproperlyConfigured: The setting PRIVY is wrong.
    """
    return _pair()[0]


def get_async_client() -> AsyncPrivyClient:
    """Return the client for async views: it has connections of its own in each event loop.

    Raises:
        ImproperlyConfigured: The setting PRIVY is wrong.
    """
    return _pair()[1]


def make_client() -> AsyncPrivyClient:
    """Make a client as the settings say.

    Raises:
        ImproperlyConfigured: They are wrong.
    """
    try:
        return AsyncPrivyClient(**client_options())
    except InvalidArgumentError as error:
        problem = error.message.removeprefix(f"{error.argument}: ")
        raise ImproperlyConfigured(f"PRIVY[{error.argument.upper()!r}]: {problem}") from None


def _pair() -> tuple[PrivyClient, AsyncPrivyClient]:
    # Two threads may both make a pair; both then use the first one. The other never connected.
    if not _clients:
        client = make_client()
        _clients.append((PrivyClient._derive(client), client))  # pyright: ignore[reportPrivateUsage]
    return _clients[0]


def _forget(*, setting: str, **changes: Any) -> None:
    """Tests that override the setting get clients of the new one."""
    if setting == "PRIVY" and _clients:
        client, _ = _clients.pop()
        client.close()


setting_changed.connect(_forget)
