"""Fixtures for pytest: a sandbox for each test, clients of it, and a user with a token.

    @pytest.mark.privy_sandbox(initial_balance=1)
    def test_pays(privy_sync_client, privy_user):
        alice = privy_sync_client.for_user(privy_user.jwt)

Every pytest run loads this file where the package is installed, so it imports nothing by itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    import privy_async
    import privy_sync
    from privy_async.sandbox import Sandbox

_MARKER = (
    "privy_sandbox(**options): the test's sandbox gets these options of "
    "privy_async.sandbox.Sandbox, besides those that its class and module give."
)


class PrivyUser(NamedTuple):
    """A user of the test's sandbox, without a wallet, and a token of your own login for the user.

    Attributes:
        id: Such as "did:privy:…".
        jwt: Good for an hour.
    """

    id: str
    jwt: str


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def privy_sandbox(request: pytest.FixtureRequest) -> "Iterator[Sandbox]":
    """A running sandbox of this test's own, in a thread: for sync and for async tests."""
    from privy_async.sandbox import Sandbox

    options: dict[str, Any] = {}
    for marker in request.node.iter_markers("privy_sandbox"):  # the closest one first
        if marker.args:
            raise pytest.UsageError("the marker privy_sandbox takes options by name only")
        options = {**marker.kwargs, **options}
    with Sandbox(**options) as sandbox:
        yield sandbox


@pytest.fixture
def privy_client(privy_sandbox: "Sandbox") -> "privy_async.PrivyClient":
    """An async client of the test's sandbox. Its connections close with the test's event loop."""
    return privy_sandbox.client()


@pytest.fixture
def privy_sync_client(privy_sandbox: "Sandbox") -> "Iterator[privy_sync.PrivyClient]":
    """A sync client of the test's sandbox."""
    with privy_sandbox.sync_client() as client:
        yield client


@pytest.fixture
def privy_user(privy_sandbox: "Sandbox", privy_sync_client: "privy_sync.PrivyClient") -> PrivyUser:
    """A user of the test's sandbox, with a token."""
    user = privy_sync_client.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": "privy-user"}]
    )
    return PrivyUser(user.id, privy_sandbox.issue_user_jwt("privy-user"))
