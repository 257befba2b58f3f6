"""The client: its options, what it shows of itself, and who signs its calls."""

import ssl
from datetime import timedelta
from typing import Any

import pytest
from sdk_helpers import Owner, RawServer, http_answer, logged, new_owner

from privy_async import (
    AuthorizationContext,
    AuthorizationKey,
    InternalServerError,
    InvalidArgumentError,
    PrivyClient,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)

KEY, OTHER_KEY = AuthorizationKey.generate(), AuthorizationKey.generate()
RPC = "/v1/wallets/*/rpc"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have an app of his own in the environment."""
    for name in ("APP_ID", "APP_SECRET", "API_BASE_URL", "WEBHOOK_SIGNING_SECRET"):
        monkeypatch.delenv(f"PRIVY_{name}", raising=False)


# Options


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"app_id": None}, "app_id"),
        ({"app_id": ""}, "app_id"),
        ({"app_id": "a:b"}, "app_id"),
        ({"app_id": "a\nb"}, "app_id"),
        ({"app_id": "ä"}, "app_id"),
        ({"app_id": " a"}, "app_id"),
        ({"app_id": 5}, "app_id"),
        ({"app_secret": None}, "app_secret"),
        ({"app_secret": ""}, "app_secret"),
        ({"app_secret": "secret\ud800"}, "app_secret"),
        ({"base_url": 5}, "base_url"),
        ({"base_url": "api.privy.io"}, "base_url"),
        ({"base_url": "ftp://api.privy.io"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"base_url": "https://user:pass@api.privy.io"}, "base_url"),
        ({"base_url": "https://api.privy.io?a=b"}, "base_url"),
        ({"base_url": "https://api.privy.io#x"}, "base_url"),
        ({"base_url": "https://api privy.io"}, "base_url"),
        ({"base_url": "https://api.privy.io/a b"}, "base_url"),
        ({"base_url": "https://prívy.io"}, "base_url"),
        ({"base_url": "https://api.privy.io:99999"}, "base_url"),
        ({"base_url": "https://api.privy.io:port"}, "base_url"),
        ({"base_url": "https://[::1"}, "base_url"),
        ({"authorization_key": "secret"}, "authorization_key"),
        ({"authorization_key": KEY.public_key}, "authorization_key"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": "60"}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"connect_timeout": float("inf")}, "connect_timeout"),
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"request_expiry": timedelta(0)}, "request_expiry"),
        ({"request_expiry": 900}, "request_expiry"),
        ({"intent_expiry": timedelta(-1)}, "intent_expiry"),
        ({"user_key_cache_size": -1}, "user_key_cache_size"),
        ({"max_connections": 0}, "max_connections"),
        ({"proxy": "localhost:8080"}, "proxy"),
        ({"proxy": "ftp://localhost"}, "proxy"),
        ({"proxy": 8080}, "proxy"),
        ({"proxy": "http://"}, "proxy"),
        ({"proxy": "http://localhost:99999"}, "proxy"),
        ({"ssl": False}, "ssl"),
        ({"ssl": "certificate.pem"}, "ssl"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], argument: str) -> None:
    """At once, not when the first request fails; no secret is shown."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(**{"app_id": "app", "app_secret": "secret", **options})
    assert caught.value.argument == argument
    assert "secret" not in str(caught.value).replace("app_secret", "")


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0.5, "connect_timeout": 1, "max_retries": 0},
        {"request_expiry": None, "intent_expiry": None},
        {"authorization_key": f"wallet-auth:{KEY.to_base64()}"},
        {"user_key_cache_size": 0, "max_connections": 1},
        {"proxy": "http://user:pass@proxy.example:8080", "ssl": ssl.create_default_context()},
        {"base_url": "https://api.staging.privy.io/"},
        {"base_url": "http://[::1]:8787"},
        {"app_secret": "secret: with colons and blanks"},
    ],
)
def test_right_options_are_taken(options: dict[str, Any]) -> None:
    """Making a client needs no event loop and opens nothing."""
    PrivyClient(**{"app_id": "app", "app_secret": "secret", **options})


def test_the_environment_fills_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """App id, secret and address come from there, unless they are given."""
    monkeypatch.setenv("PRIVY_APP_ID", "env-app")
    monkeypatch.setenv("PRIVY_APP_SECRET", "env-secret")
    assert "env-app" in repr(PrivyClient())
    assert "https://api.privy.io" in repr(PrivyClient())
    monkeypatch.setenv("PRIVY_API_BASE_URL", "http://127.0.0.1:8787/")
    assert "base_url='http://127.0.0.1:8787'" in repr(PrivyClient())
    given = PrivyClient(app_id="own-app", base_url="https://own.example")
    assert "own-app" in repr(given)
    assert "https://own.example" in repr(given)


@pytest.mark.parametrize(
    ("in_environment", "given", "used"),
    [("whsec_env", None, "whsec_env"), ("whsec_env", "whsec_own", "whsec_own"), ("", None, None)],
)
def test_where_the_webhooks_secret_comes_from(
    monkeypatch: pytest.MonkeyPatch, in_environment: str, given: str | None, used: str | None
) -> None:
    """From the environment, unless it is given; an app without webhooks has none."""
    monkeypatch.setenv("PRIVY_WEBHOOK_SIGNING_SECRET", in_environment)
    privy = PrivyClient(app_id="app", app_secret="secret", webhook_signing_secret=given)
    assert privy.webhooks.signing_secret == used
    assert privy.for_user("a.b.c").webhooks.signing_secret == used


@pytest.mark.parametrize("variable", ["PRIVY_APP_ID", "PRIVY_APP_SECRET"])
def test_an_empty_variable_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The error tells both ways to give it."""
    monkeypatch.setenv("PRIVY_APP_ID", "app")
    monkeypatch.setenv("PRIVY_APP_SECRET", "secret")
    monkeypatch.setenv(variable, "")
    with pytest.raises(InvalidArgumentError, match=f"set {variable}"):
        PrivyClient()


@pytest.mark.anyio
async def test_the_app_is_told_in_every_request() -> None:
    """Basic authentication, and the app's id beside it."""
    async with RawServer() as server, server.client(app_secret="s:1") as privy:
        await privy.request("GET", "/v1/x")
    (request,) = server.requests
    assert request.header("authorization") == "Basic YXBwOnM6MQ=="
    assert request.header("privy-app-id") == "app"


def test_a_repr_shows_no_secret() -> None:
    """The app's id, the address, and how many of each kind sign."""
    proxy = "http://user:proxy-pass@proxy.example"
    client = PrivyClient(app_id="app", app_secret="top-secret", proxy=proxy, authorization_key=KEY)
    assert "PrivyClient(app_id='app', base_url='https://api.privy.io'" in repr(client)
    assert "authorization_private_keys=1" in repr(client)
    for shown in (client, client.for_user("aaa.bbb.ccc"), client.with_options(timeout=1)):
        everything = repr(shown) + repr(vars(shown)) + repr(shown.wallets)
        for secret in ("top-secret", "proxy-pass", "aaa.bbb.ccc", KEY.to_base64()):
            assert secret not in everything


# Who signs


@pytest.mark.anyio
async def test_the_call_then_the_derived_client_then_the_clients_key() -> None:
    """The strongest says who signs, and None means nobody."""
    context = AuthorizationContext(authorization_private_keys=[OTHER_KEY])
    body = {"method": "x"}
    async with RawServer() as server, server.client(authorization_key=KEY) as privy:
        derived = privy.with_authorization(context)
        await privy.request("POST", "/v1/wallets/w/rpc", body=body)
        await derived.request("POST", "/v1/wallets/w/rpc", body=body)
        await privy.request("POST", "/v1/wallets/w/rpc", body=body, authorization=context)
        await derived.request("POST", "/v1/wallets/w/rpc", body=body, authorization=None)
        await privy.with_authorization(None).request("POST", "/v1/wallets/w/rpc", body=body)
    by_key, by_client, by_call, by_nobody, by_none = server.requests
    by_key.check_signatures(KEY.public_key)
    by_client.check_signatures(OTHER_KEY.public_key)
    by_call.check_signatures(OTHER_KEY.public_key)
    assert by_nobody.header("privy-authorization-signature") is None
    assert by_none.header("privy-authorization-signature") is None


@pytest.mark.anyio
async def test_the_flow_that_privy_documents(sandbox: Sandbox, alice: Owner) -> None:
    """Exchange the token, update the key, and every wallet call signs by itself."""
    async with sandbox.client() as privy:
        solana = await privy.wallets.create(chain_type="solana", owner={"user_id": alice.user_id})
        ethereum_calls, solana_calls = privy.wallets.ethereum, privy.wallets.solana
        signer = await privy.wallets.generate_user_signer(user_jwt=alice.jwt)
        privy.update_authorization_key(signer.authorization_key)
        await ethereum_calls.sign_message(alice.wallet.id, "hello")
        await solana_calls.sign_message(solana.id, "hello")
    assert [record.status for record in logged(sandbox, "POST", RPC)] == [200, 200]


@pytest.mark.anyio
async def test_a_new_key_of_the_client_leaves_derived_clients_alone() -> None:
    """What was derived earlier signs as before, what is derived later with the new key."""
    async with RawServer() as server, server.client(authorization_key=KEY) as privy:
        earlier = privy.with_options(timeout=5)
        privy.update_authorization_key(OTHER_KEY.to_base64())
        for client in (earlier, privy, privy.with_options(timeout=5)):
            await client.request("PATCH", "/v1/wallets/w", body={})
        earlier.update_authorization_key(OTHER_KEY)
        await earlier.request("PATCH", "/v1/wallets/w", body={})
    keys = [KEY, OTHER_KEY, OTHER_KEY, OTHER_KEY]
    for request, key in zip(server.requests, keys, strict=True):
        request.check_signatures(key.public_key)


@pytest.mark.parametrize("key", ["", "secret", b"secret", KEY.public_key, None, 5])
def test_what_is_no_key_is_refused(key: Any) -> None:
    """And the key that was there stays."""
    client = PrivyClient(app_id="app", app_secret="secret", authorization_key=KEY)
    with pytest.raises(InvalidArgumentError) as caught:
        client.update_authorization_key(key)
    assert caught.value.argument == "authorization_key"
    assert "authorization_private_keys=1" in repr(client)


@pytest.mark.anyio
async def test_derived_clients_share_connections_and_keys(sandbox: Sandbox) -> None:
    """A hundred clients of users, derived one after another, use one connection."""
    async with RawServer() as server, server.client() as privy:
        for number in range(100):
            client = privy.for_user(f"a.{number}.c").with_options(timeout=5, max_retries=1)
            await client.request("GET", "/v1/x")
    assert server.connections == 1
    async with sandbox.client() as privy:
        alice = await new_owner(sandbox, privy)
        for client in (alice.privy, privy.for_user(alice.jwt), alice.privy.with_options()):
            await client.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    assert sandbox.state.exchanges == 1


@pytest.mark.anyio
async def test_options_can_be_changed_for_some_calls() -> None:
    """The derived client has them, the first one keeps its own."""
    async with RawServer(http_answer(status=500)) as server, server.client(max_retries=0) as privy:
        patient = privy.with_options(max_retries=1, request_expiry=None)
        with pytest.raises(InternalServerError):
            await patient.wallets.rpc("w", {"method": "x"})
        assert len(server.requests) == 2
        with pytest.raises(InternalServerError):
            await privy.wallets.rpc("w", {"method": "x"})
    assert len(server.requests) == 3
    expires = ["privy-request-expiry" in request.header_names for request in server.requests]
    assert expires == [False, False, True]


@pytest.mark.parametrize(
    "options",
    [{"timeout": 0}, {"max_retries": -1}, {"request_expiry": 5}, {"intent_expiry": timedelta(0)}],
)
def test_wrong_changes_are_named(options: dict[str, Any]) -> None:
    """As when the client is made."""
    client = PrivyClient(app_id="app", app_secret="secret")
    with pytest.raises(InvalidArgumentError) as caught:
        client.with_options(**options)
    assert [caught.value.argument] == list(options)
