"""The pytest plugin, in runs of pytest of its own."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

# Where the package is installed, its entry point loads the plugin.
_INSTALLED = bool(entry_points(group="pytest11", name="privy"))
PLUGIN = () if _INSTALLED else ("-p", "privy_async.sandbox.pytest_plugin")

ANYIO = """
    import pytest

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend():
        return "asyncio"
"""


def run(
    pytester: pytest.Pytester, source: str, arguments: tuple[str, ...] = ()
) -> pytest.RunResult:
    """Run tests with warnings as errors."""
    pytester.makepyfile(source)
    strict = ("-W", "error", "--strict-markers", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*strict, *PLUGIN, *arguments)


def test_a_sync_test_signs_as_a_user(pytester: pytest.Pytester) -> None:
    """The user's token signs for a wallet of the user's."""
    result = run(
        pytester,
        """
    def test_sign(privy_sandbox, privy_sync_client, privy_user):
        wallet = privy_sync_client.wallets.create(
            chain_type="ethereum", owner={"user_id": privy_user.id}
        )
        alice = privy_sync_client.for_user(privy_user.jwt)
        assert alice.wallets.ethereum.sign_message(wallet.id, "hello").signature
        assert privy_sandbox.state.exchanges == 1
    """,
    )
    result.assert_outcomes(passed=1)


def test_an_async_test_signs_as_a_user(pytester: pytest.Pytester) -> None:
    """The same in a test that runs on an event loop; nothing is left open when the loop ends."""
    result = run(
        pytester,
        ANYIO
        + """
    async def test_sign(privy_client, privy_user):
        wallet = await privy_client.wallets.create(
            chain_type="ethereum", owner={"user_id": privy_user.id}
        )
        alice = privy_client.for_user(privy_user.jwt)
        assert (await alice.wallets.ethereum.sign_message(wallet.id, "hello")).signature
    """,
    )
    result.assert_outcomes(passed=1)


def test_an_async_client_needs_no_plugin_for_asyncio(pytester: pytest.Pytester) -> None:
    """It works, and closes, within asyncio.run, in several loops one after the other."""
    result = run(
        pytester,
        """
    import asyncio

    async def wallets_after_one_more(privy):
        await privy.wallets.create(chain_type="sui")
        return [wallet.id async for wallet in privy.wallets.list()]

    def test_create(privy_client):
        assert len(asyncio.run(wallets_after_one_more(privy_client))) == 1
        assert len(asyncio.run(wallets_after_one_more(privy_client))) == 2
    """,
        ("-p", "no:anyio"),
    )
    result.assert_outcomes(passed=1)


def test_each_test_has_a_sandbox_of_its_own(pytester: pytest.Pytester) -> None:
    """What one test made is not there in the next, and the fixtures of one test share one."""
    result = run(
        pytester,
        """
    import pytest

    @pytest.mark.parametrize("number", range(3))
    def test_state(number, privy_sandbox, privy_sync_client, privy_user):
        assert list(privy_sandbox.state.users) == [privy_user.id]
        assert not privy_sandbox.state.wallets
        privy_sync_client.wallets.create(chain_type="sui")
        assert len(privy_sandbox.state.wallets) == 1
    """,
    )
    result.assert_outcomes(passed=3)


def test_the_marker_gives_options(pytester: pytest.Pytester) -> None:
    """The test's own options come before those of its class and its module."""
    result = run(
        pytester,
        """
    import pytest

    pytestmark = pytest.mark.privy_sandbox(app_id="module", user_key_lifetime=5)

    def test_module(privy_sandbox, privy_sync_client):
        assert privy_sandbox.app_id == "module"
        assert list(privy_sync_client.users.list()) == []

    @pytest.mark.privy_sandbox(app_id="class", app_secret="class")
    class TestClass:
        @pytest.mark.privy_sandbox(app_id="function")
        def test_function(self, privy_sandbox):
            assert (privy_sandbox.app_id, privy_sandbox.app_secret) == ("function", "class")
    """,
    )
    result.assert_outcomes(passed=2)


REFUSED = """
    import pytest

    def lend_wallet(privy):
        return privy.wallets.create(chain_type="ethereum", owner={"public_key": OTHER}).id

    def test_refused(privy_sandbox, privy_sync_client, privy_user):
        from privy_async import generate_p256_key_pair
        global OTHER
        OTHER = generate_p256_key_pair().public_key
        wallet_id = lend_wallet(privy_sync_client)
        mine = privy_sync_client.wallets.create(
            chain_type="ethereum", owner={"user_id": privy_user.id}
        )
        alice = privy_sync_client.for_user(privy_user.jwt)
        alice.wallets.ethereum.sign_message(wallet_id, "hello")

    def test_refused_token(privy_sandbox, privy_sync_client, privy_user):
        stranger = privy_sync_client.for_user(privy_sandbox.issue_user_jwt("nobody"))
        stranger.wallets.ethereum.sign_message("w", "hello")

    def test_bug(privy_sync_client):
        privy_sync_client.wallets.ethereum.sign_message()

    def test_no_request(privy_sandbox):
        assert privy_sandbox is None
"""


def test_a_failing_test_says_why(pytester: pytest.Pytester) -> None:
    """The SDK's frames are left out, and the sandbox's last requests shown with the cause."""
    result = run(pytester, REFUSED)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            ">       alice.wallets.ethereum.sign_message(wallet_id, *",
            "E       privy_async.errors.AuthenticationError: 401, request id *",
            "E       Signed with a user's key. Usually the owner is another user*",
            "*Privy sandbox: last requests*",
            "POST /v1/wallets 200",
            "POST /v1/wallets/authenticate 200",
            "POST /v1/wallets/*/rpc personal_sign 401: No valid authorization signatures *",
            "    The signature is good, but made with a key of user did:privy:*",
            "E       privy_async.errors.SigningError: no key for this user's token*",
            "*Privy sandbox: last requests*",
            "    The token is good, but no user is known as 'nobody': privy.users.create(*",
            "E       TypeError: *",
        ]
    )
    assert "privy_async/sending" not in result.stdout.str()
    assert result.stdout.str().count("Privy sandbox: last requests") == 2


def test_the_full_trace_is_there_for_those_who_ask(pytester: pytest.Pytester) -> None:
    """`--full-trace` shows the SDK's frames too."""
    result = run(pytester, REFUSED, ("--full-trace", "-k", "refused"))
    result.stdout.fnmatch_lines(["*privy_async/sending/attempts.py:*"])


def test_a_wrong_marker_says_so(pytester: pytest.Pytester) -> None:
    """A wrong option is an error of the test that has it, and says which it is."""
    result = run(
        pytester,
        """
    import pytest

    @pytest.mark.privy_sandbox("my-app")
    def test_position(privy_sandbox):
        pass

    @pytest.mark.privy_sandbox(colour=1)
    def test_name(privy_sandbox):
        pass

    @pytest.mark.privy_sandbox(initial_balance=-1)
    def test_value(privy_sandbox):
        pass
    """,
    )
    result.assert_outcomes(errors=3)
    problems = [
        "*UsageError: the marker privy_sandbox takes options by name only*",
        "*TypeError: *unexpected keyword argument 'colour'*",
        "*ValueError: initial_balance must be zero*",
    ]
    result.stdout.fnmatch_lines(problems)


def test_the_marker_and_the_fixtures_are_listed(pytester: pytest.Pytester) -> None:
    """`pytest --markers` and `pytest --fixtures` show them with what they are for."""
    markers = run(pytester, "", ("--markers",))
    markers.stdout.fnmatch_lines(["@pytest.mark.privy_sandbox(?*options): *"])
    fixtures = run(pytester, "", ("--fixtures",))
    names = ("privy_sandbox", "privy_client", "privy_sync_client", "privy_user")
    fixtures.stdout.fnmatch_lines_random([f"{name} -- *" for name in names])


@pytest.mark.slow
def test_two_hundred_tests_with_a_sandbox_each(pytester: pytest.Pytester) -> None:
    """Two hundred sandboxes leave neither a thread nor a socket behind."""
    result = run(
        pytester,
        """
    import os
    import threading

    import pytest

    @pytest.mark.parametrize("number", range(200))
    def test_state(number, privy_sandbox, privy_sync_client):
        assert list(privy_sync_client.wallets.list()) == []

    def test_nothing_is_left():
        assert {thread.name for thread in threading.enumerate()} <= {"MainThread", "privy-sync"}
        if os.path.isdir("/proc/self/fd"):
            assert len(os.listdir("/proc/self/fd")) < 40
    """,
    )
    result.assert_outcomes(passed=201)


LOADED = (
    "import json, sys, pytest; before = set(sys.modules); "
    "import privy_async.sandbox.pytest_plugin; "
    "print(json.dumps(sorted(set(sys.modules) - before)))"
)


def test_importing_the_plugin_loads_nothing_else() -> None:
    """A project that does not use it pays for two empty packages and one small file."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADED], capture_output=True, text=True, check=True
    )
    ours = [
        "privy_async",
        "privy_async.sandbox",
        "privy_async.sandbox.pytest_plugin",
        "privy_async.version",
    ]
    assert json.loads(done.stdout) == ours


def test_a_shared_set_up(pytester: pytest.Pytester) -> None:
    """It is done once for each function and options, and each test finds it as it was left."""
    result = run(
        pytester,
        """
    import pytest

    calls = []

    def shop(sandbox):
        calls.append(sandbox)
        with sandbox.sync_client() as privy:
            return [privy.wallets.create(chain_type="ethereum").id for _ in range(5)]

    def other(sandbox):
        calls.append(sandbox)

    pytestmark = pytest.mark.privy_sandbox(setup=shop)

    @pytest.mark.parametrize("number", range(4))
    def test_sells(privy_sandbox, privy_sync_client, privy_setup, number):
        assert [wallet.id for wallet in privy_sync_client.wallets.list()] == privy_setup
        sent = privy_sync_client.wallets.ethereum.send_transaction(
            privy_setup[0], {"to": "0x" + "5a" * 20, "value": 1}, caip2="eip155:8453"
        )
        assert [*privy_sandbox.state.transactions] == [sent.transaction_id]
        privy_sandbox.faults.add(status=500)
        privy_sandbox.clock.advance(86_400)

    @pytest.mark.privy_sandbox(real_chains=False)
    def test_with_other_options(privy_setup):
        assert len(privy_setup) == 5

    @pytest.mark.privy_sandbox(setup=other)
    def test_another(privy_sandbox, privy_setup):
        assert privy_setup is None
        assert not privy_sandbox.state.wallets

    @pytest.mark.privy_sandbox(setup=None)
    def test_without(privy_sandbox, privy_setup):
        assert privy_setup is None
        assert privy_sandbox not in calls

    def test_last():
        assert len(calls) == len(set(calls)) == 3
    """,
    )
    result.assert_outcomes(passed=8)
