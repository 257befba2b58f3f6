"""Fixtures for pytest, and what a failing test shows of the SDK and of its sandbox.

A sandbox for each test, clients of it, and a user with a token:

    @pytest.mark.privy_sandbox(initial_balance=1)
    def test_pays(privy_sync_client, privy_user):
        alice = privy_sync_client.for_user(privy_user.jwt)

What takes long to set up is set up once for all tests that name the same function; after each
test the sandbox goes back to what it was after it:

    def shop(sandbox):
        with sandbox.sync_client() as privy:
            return [privy.wallets.create(chain_type="ethereum").id for _ in range(100)]

    @pytest.mark.privy_sandbox(setup=shop)
    def test_sells(privy_sync_client, privy_setup):
        privy_sync_client.wallets.get(privy_setup[0])

The SDK's own frames are left out of tracebacks of its errors (`--full-trace` shows them), and a
failing test has a section with the last requests to its sandbox, and why each was refused.

Every pytest run loads this file where the package is installed, so it imports nothing by itself.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    import privy_async
    import privy_sync
    from privy_async.sandbox import RequestRecord, Sandbox, Snapshot

_SDK = ("privy_async", "privy_sync")
_SECTION = "Privy sandbox: last requests"
_SHOWN_REQUESTS = 10
_MARKER = (
    "privy_sandbox(setup=None, **options): the test's sandbox gets these options of "
    "privy_async.sandbox.Sandbox, besides those that its class and module give. `setup` is called "
    "with it once for all tests that give the same; each of them finds it as it was after that."
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Hide the SDK's frames, and add the section."""
    if call.excinfo is not None:
        for module in [each for name, each in sys.modules.items() if name.split(".")[0] in _SDK]:
            # pytest looks for it among a frame's globals too.
            vars(module).setdefault("__tracebackhide__", _is_error_of_the_sdk)
    report: pytest.TestReport = (yield).get_result()
    lines = [line for sandbox in _sandboxes(item) for line in _last_requests(sandbox)]
    if report.failed and lines:
        report.sections.append((_SECTION, "\n".join(lines)))


def _is_error_of_the_sdk(excinfo: "pytest.ExceptionInfo[BaseException] | None") -> bool:
    errors = sys.modules.get("privy_async.errors")
    return excinfo is not None and errors is not None and excinfo.errisinstance(errors.PrivyError)


def _sandboxes(item: pytest.Item) -> "list[Sandbox]":
    """Return the sandboxes among the test's fixtures, of this plugin or of the project's own."""
    module = sys.modules.get("privy_async.sandbox.sandbox")
    if module is None:
        return []
    fixtures = getattr(item, "funcargs", {}).values()
    return [each for each in fixtures if isinstance(each, module.Sandbox)]


def _last_requests(sandbox: "Sandbox") -> Iterator[str]:
    for record in list(sandbox.log)[-_SHOWN_REQUESTS:]:
        yield _line(record)
        if record.diagnosis is not None:
            yield f"    {record.diagnosis.explanation}"


def _line(record: "RequestRecord") -> str:
    words = [record.method, record.path, record.rpc_method, str(record.status or "no answer")]
    return f"{' '.join(filter(None, words))}{f': {record.error}' if record.error else ''}"


class _Shared(NamedTuple):
    """A sandbox that is set up, what its set-up returned, and the way back to there."""

    sandbox: "Sandbox"
    returned: Any
    snapshot: "Snapshot"


@pytest.fixture(scope="session")
def _privy_shared() -> Iterator[tuple[ExitStack, dict[str, _Shared]]]:
    """The sandboxes that tests share, and what closes them."""
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture
def privy_sandbox(
    request: pytest.FixtureRequest, _privy_shared: tuple[ExitStack, dict[str, _Shared]]
) -> "Iterator[Sandbox]":
    """A running sandbox of this test's own, in a thread: for sync and for async tests."""
    from privy_async.sandbox import Sandbox

    options = _options(request)
    setup = options.pop("setup", None)
    if setup is None:
        with Sandbox(**options) as sandbox:
            yield sandbox
        return
    stack, known = _privy_shared
    # The function itself, not its name: it is kept, so that no other gets its id.
    name = f"{id(setup)} {sorted(options.items())!r}"
    if name not in known:
        sandbox = stack.enter_context(Sandbox(**options))
        known[name] = _Shared(sandbox, setup(sandbox), sandbox.snapshot())
        stack.callback(lambda: setup)
    yield known[name].sandbox
    known[name].sandbox.revert(known[name].snapshot)


@pytest.fixture
def privy_setup(
    privy_sandbox: "Sandbox", _privy_shared: tuple[ExitStack, dict[str, _Shared]]
) -> Any:
    """The value returned by the function that set the test's sandbox up; None without one."""
    for shared in _privy_shared[1].values():
        if shared.sandbox is privy_sandbox:
            return shared.returned
    return None


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers("privy_sandbox"):  # the closest one first
        if marker.args:
            raise pytest.UsageError("the marker privy_sandbox takes options by name only")
        options = {**marker.kwargs, **options}
    return options


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
