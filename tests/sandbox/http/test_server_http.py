"""The sandbox as an HTTP server: who may ask, what it understands, how it starts and stops."""

import asyncio
import base64
import gzip
import json
import logging
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import aiohttp
import pytest
from api_client import ApiClient, until_faults_struck

from privy_async.clock import Clock
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


def basic(app_id: str, app_secret: str) -> dict[str, str]:
    """Basic credentials as a header."""
    return {
        "Authorization": "Basic " + base64.b64encode(f"{app_id}:{app_secret}".encode()).decode()
    }


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, {"error": "Missing HTTP Basic credentials: app id and app secret"}),
        (
            {"Authorization": "Bearer x"},
            {"error": "Missing HTTP Basic credentials: app id and app secret"},
        ),
        ({"Authorization": "Basic %%%"}, {"error": "Invalid app ID or app secret."}),
        (basic("sandbox-app", "wrong"), {"error": "Invalid app ID or app secret."}),
        (basic("wrong", "sandbox-secret"), {"error": "Invalid app ID or app secret."}),
        (
            basic("sandbox-app", "sandbox-secret"),
            {
                "error": "Missing `privy-app-id` header",
                "code": "missing_or_invalid_privy_app_id",
            },
        ),
        (
            {**basic("sandbox-app", "sandbox-secret"), "privy-app-id": "other"},
            {"error": "Invalid Privy app ID", "code": "missing_or_invalid_privy_app_id"},
        ),
    ],
)
@pytest.mark.parametrize("path", ["/v1/wallets", "/api/v1/users", "/v1/policies/p"])
async def test_both_kinds_of_app_credentials_are_needed(
    api: ApiClient, path: str, headers: dict[str, str], error: dict[str, str]
) -> None:
    """Basic credentials and `privy-app-id` are each required, on every route, with 401."""
    reply = await api.send("GET", path, headers=headers)
    assert (reply.status, reply.body) == (401, error)


async def test_a_non_ascii_app_secret_is_utf_8() -> None:
    """Credentials are read as UTF-8, so any app secret works."""
    async with Sandbox(app_secret="gehéim☂") as sandbox, aiohttp.ClientSession() as session:
        reply = await ApiClient(sandbox, session).call("GET", "/v1/wallets")
    assert reply.status == 200


async def test_the_jwks_is_public(api: ApiClient) -> None:
    """The app's JWKS needs no credentials; another app's is not there."""
    reply = await api.send("GET", "/v1/apps/sandbox-app/jwks.json")
    assert (reply.status, reply.body) == (200, api.sandbox.jwks)
    assert {"kty": "EC", "crv": "P-256", "alg": "ES256"}.items() <= reply.body["keys"][0].items()
    assert (await api.send("GET", "/v1/apps/other/jwks.json")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("POST", "/", 404, "not_found"),
        ("GET", "/v1/wallets/", 404, "not_found"),
        ("GET", "/v2/wallets", 404, "not_found"),
        ("PUT", "/v1/wallets", 405, None),
        ("DELETE", "/v1/wallets/w", 405, None),
        ("GET", "/v1/wallet_automations/a", 501, "not_implemented"),
        ("POST", "/v1/wallets/w/swap", 501, "not_implemented"),
    ],
)
async def test_what_is_not_there(
    api: ApiClient, method: str, path: str, status: int, code: str | None
) -> None:
    """Unknown paths are 404, other methods 405, and what Privy has but the sandbox not is 501."""
    reply = await api.call(method, path)
    assert (reply.status, reply.body.get("code")) == (status, code)


async def test_a_missing_operation_is_named(api: ApiClient) -> None:
    """A 501 says which of Privy's operations it is."""
    reply = await api.call("POST", "/v1/wallets/w/swap", {})
    assert reply.body["error"] == "The sandbox does not imitate swapTokens yet"


async def test_the_older_path_family_works(api: ApiClient) -> None:
    """`/api/v1/…` is the same API, as older SDKs call it."""
    wallet = await api.create_wallet()
    reply = await api.call("GET", f"/api/v1/wallets/{wallet['id']}")
    assert reply.body == wallet


@pytest.mark.parametrize(
    ("data", "headers", "error"),
    [
        (b"{", JSON, "The body is not valid JSON: "),
        (b"\xff", JSON, "The body is not valid JSON: "),
        (b'{"a": NaN}', JSON, "The body is not valid JSON: NaN is not a JSON value"),
        (b'{"a": 1e999}', JSON, "The body is not valid JSON: a number is out of range"),
        (b'{"a": "\\ud800"}', JSON, "The body is not valid JSON: "),
        (b'{"\\ud800": 1}', JSON, "The body is not valid JSON: "),
        (b"[" * 100_000, JSON, "The body is not valid JSON: "),
        (b"[]", JSON, "[Input error] ``: Expected object, received array"),
        (b"1", JSON, "[Input error] ``: Expected object, received number"),
        (b"{}", {"Content-Type": "text/plain"}, "The body needs Content-Type: application/json"),
        (b"{}", {}, "The body needs Content-Type: application/json"),
        (b"", {}, "[Input error] `chain_type`: Required"),
        pytest.param(
            gzip.compress(b"{}"),
            {**JSON, "Content-Encoding": "gzip"},
            "The body is not valid JSON",
            id="gzip",
        ),
    ],
)
async def test_bodies_that_are_no_json_object(
    api: ApiClient, data: bytes, headers: dict[str, str], error: str
) -> None:
    """A body that cannot be used is refused with 400 and says why."""
    reply = await api.send("POST", "/v1/wallets", data, {**api.app_headers(), **headers})
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(error)


async def test_a_body_over_10_mb_is_refused(api: ApiClient) -> None:
    """The limit is 10 MB: just below is read, above is 413."""
    headers = {**api.app_headers(), **JSON}

    def body(size: int) -> bytes:
        return b'{"chain_type":"' + b"x" * (size - 17) + b'"}'

    at_limit = await api.send("POST", "/v1/wallets", body(10 * 1024 * 1024), headers)
    assert (at_limit.status, at_limit.body["code"]) == (400, "invalid_data")
    above = await api.send("POST", "/v1/wallets", body(10 * 1024 * 1024 + 1), headers)
    assert (above.status, above.body["error"]) == (413, "The body is larger than 10 MB")


async def test_a_client_that_goes_away_while_sending(
    api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a request leaves no trace, neither in the sandbox's log nor in Python's."""
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/wallets HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    await writer.drain()
    await api.call("GET", "/v1/wallets")
    writer.close()
    await writer.wait_closed()
    await api.call("GET", "/v1/wallets")
    assert [record.path for record in api.sandbox.log] == ["/v1/wallets"] * 2
    assert reader.at_eof()
    assert caplog.records == []


async def test_every_answer_has_its_own_request_id(api: ApiClient) -> None:
    """`x-request-id` is on successes and errors, never twice the same, and in the log."""
    replies = [await api.call("GET", path) for path in ("/v1/wallets", "/v1/wallets", "/nowhere")]
    request_ids = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(request_ids)) == 3
    assert [record.request_id for record in api.sandbox.log] == request_ids


async def test_the_log_tells_what_happened(api: ApiClient) -> None:
    """The log has each request with its status and whether it was executed."""
    await api.create_wallet()
    await api.call("POST", "/v1/wallets", {"chain_type": "no-chain"})
    records = [(r.method, r.path, r.status, r.executed) for r in api.sandbox.log]
    assert records == [("POST", "/v1/wallets", 200, True), ("POST", "/v1/wallets", 400, False)]


class BreakingClock(Clock):
    """A clock that fails so many times when it is asked for the bytes of an id."""

    failures = 0

    def random_bytes(self, count: int) -> bytes:
        if count == 24 and self.failures:
            self.failures -= 1
            raise RuntimeError("no bytes")
        return super().random_bytes(count)


async def test_a_bug_is_a_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An exception inside answers 500 `internal`, frees the key and logs its traceback."""
    clock = BreakingClock()
    with caplog.at_level(logging.ERROR, logger="privy_async.sandbox"):
        async with (
            Sandbox(clock=clock) as sandbox,
            aiohttp.ClientSession() as session,
        ):
            api = ApiClient(sandbox, session)
            clock.failures = 2
            body, headers = {"chain_type": "solana"}, {"privy-idempotency-key": "k"}
            replies = [
                await api.call("POST", "/v1/wallets", body, headers=headers) for _ in range(2)
            ]
    assert [(reply.status, reply.body["code"]) for reply in replies] == [(500, "internal")] * 2
    assert len(caplog.records) == 2
    assert caplog.records[0].exc_info is not None


async def test_two_sandboxes_are_two_worlds() -> None:
    """Each sandbox has a port, a state and an issuer of its own."""
    async with Sandbox() as one, Sandbox() as two, aiohttp.ClientSession() as session:
        wallet = await ApiClient(one, session).create_wallet()
        elsewhere = await ApiClient(two, session).call("GET", f"/v1/wallets/{wallet['id']}")
        assert elsewhere.status == 404
        assert one.base_url != two.base_url
        assert one.jwks != two.jwks
        assert (len(one.state.wallets), len(two.state.wallets)) == (1, 0)


async def test_stop_and_start_again(sandbox: Sandbox) -> None:
    """A stopped sandbox is gone from its port; started again it remembers what it had."""
    async with aiohttp.ClientSession() as session:
        wallet = await ApiClient(sandbox, session).create_wallet()
        old_url = sandbox.base_url
        await sandbox.stop()
        with pytest.raises(RuntimeError, match="not running"):
            _ = sandbox.base_url
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(old_url)
        await sandbox.start()
        reply = await ApiClient(sandbox, session).call("GET", f"/v1/wallets/{wallet['id']}")
        assert reply.status == 200


async def test_stopping_twice_is_nothing_and_starting_twice_an_error(sandbox: Sandbox) -> None:
    """A second start is refused; a second stop does nothing."""
    with pytest.raises(RuntimeError, match="running already"):
        await sandbox.start()
    await sandbox.stop()
    await sandbox.stop()


async def test_a_taken_port_is_an_os_error() -> None:
    """A port that is in use raises OSError and leaves the sandbox stopped."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox = Sandbox(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="address already in use"):
            await sandbox.start()
        with pytest.raises(RuntimeError, match="not running"):
            _ = sandbox.base_url


async def test_stopping_does_not_wait_for_slow_requests(sandbox: Sandbox) -> None:
    """A request that still runs is cut off when the sandbox stops."""
    sandbox.faults.add(delay=3600)
    async with aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        request = asyncio.create_task(api.call("GET", "/v1/wallets"))
        await until_faults_struck(sandbox)
        await sandbox.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await request


async def test_ipv6() -> None:
    """An IPv6 address stands in brackets in the URL."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    async with Sandbox(host="::1") as sandbox, aiohttp.ClientSession() as session:
        assert sandbox.base_url.startswith("http://[::1]:")
        await ApiClient(sandbox, session).create_wallet()


async def test_a_client_comes_configured(sandbox: Sandbox) -> None:
    """`client()` is the SDK's client with address and credentials filled in."""
    async with sandbox.client() as privy:
        wallet = await privy.wallets.create(chain_type="ethereum")
    assert list(sandbox.state.wallets) == [wallet.id]


def test_a_sync_with_serves_from_a_thread() -> None:
    """`with Sandbox()` needs no event loop, and is gone afterwards."""
    with Sandbox() as sandbox:
        url = sandbox.base_url
        with urllib.request.urlopen(f"{url}/v1/apps/sandbox-app/jwks.json") as response:
            assert json.loads(response.read()) == sandbox.jwks
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url)


def test_a_sync_with_leaves_no_thread() -> None:
    """The thread ends with the `with`, and so do those that looked up the host's name."""
    before = set(threading.enumerate())
    with Sandbox(host="localhost") as sandbox:
        assert set(threading.enumerate()) > before
        urllib.request.urlopen(f"{sandbox.base_url}/v1/apps/sandbox-app/jwks.json").close()
    assert set(threading.enumerate()) == before


def test_a_sync_with_that_cannot_start_leaves_no_thread() -> None:
    """A taken port raises OSError out of a sync `with` too."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="address already in use"),
        Sandbox(port=taken.getsockname()[1]),
    ):
        pass


@pytest.mark.parametrize("module", ["eth_account", "jwt", "rfc8785", "solders"])
def test_a_missing_extra_says_what_to_install(module: str) -> None:
    """Without the extra's libraries the import names the extra."""
    script = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "import privy_async.sandbox\n"
        "try: privy_async.sandbox.Sandbox\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    assert f"needs {module}" in done.stdout
    assert 'pip install "privy-async[sandbox]"' in done.stdout


def test_the_package_has_no_other_names() -> None:
    """A name that does not exist is an AttributeError, as for any module."""
    import privy_async.sandbox

    with pytest.raises(AttributeError, match="no attribute 'Sandpit'"):
        _ = privy_async.sandbox.Sandpit
