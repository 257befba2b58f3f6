"""The app's secret is replaced without a restart: several, or a function that is asked."""

import asyncio
import logging
import threading
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from aiohttp import web
from both_faces import Steps, play_async, play_sync
from loopback import APP_ID, Loopback, Request, loopback, ok
from sdk_helpers import Owner, RawServer, http_answer, logged

from privy_async import (
    APIError,
    AuthenticationError,
    InvalidArgumentError,
    PrivyClient,
    SigningError,
)
from privy_async.clock import Clock
from privy_async.sandbox import Sandbox
from privy_async.sending.credentials import LIFETIME

pytestmark = pytest.mark.anyio
pytest_plugins = ("fixtures_sdk",)

REFUSAL = {"error": "Invalid app ID or app secret."}


class SetClock(Clock):
    """A clock that goes on when it is told to."""

    time = 1000.0

    def monotonic(self) -> float:
        return self.time


class Vault:
    """Where an app keeps its secret; `asked` counts how often it looked."""

    def __init__(self, secret: Any) -> None:
        self.secret, self.asked = secret, 0

    async def __call__(self) -> Any:
        self.asked += 1
        await asyncio.sleep(0.01)
        if isinstance(self.secret, Exception):
            raise self.secret
        return self.secret


def statuses(sandbox: Sandbox) -> list[int | None]:
    return [record.status for record in sandbox.log]


def rotated(sandbox: Sandbox, privy: Any) -> Steps:
    """The old secret, then the new one, which is remembered."""
    yield privy.wallets.create(chain_type="ethereum")
    sandbox.rotate_app_secret("the-new-one")
    wallet = yield privy.wallets.create(chain_type="ethereum")
    yield privy.wallets.get(wallet.id)
    assert statuses(sandbox) == [200, 401, 200, 200]
    derived = privy.with_options(timeout=5)
    yield derived.wallets.get(wallet.id)
    assert statuses(sandbox)[4:] == [200]
    sandbox.rotate_app_secret("sandbox-secret")
    yield derived.wallets.get(wallet.id)
    yield privy.wallets.get(wallet.id)
    assert statuses(sandbox)[5:] == [401, 200, 200]
    sandbox.rotate_app_secret("a third one")
    with pytest.raises(AuthenticationError) as caught:
        yield privy.wallets.get(wallet.id)
    assert caught.value.refuses_app
    assert statuses(sandbox)[8:] == [401, 401]


SECRETS = {"app_secret": ["sandbox-secret", "the-new-one"]}


async def test_several_secrets() -> None:
    """Each is tried once; derived clients share what is known."""
    await play_async(rotated, client=SECRETS, real_chains=False)


def test_several_secrets_in_the_sync_face() -> None:
    """The same."""
    play_sync(rotated, client=SECRETS, real_chains=False)


async def test_the_exchange_and_the_keys_of_tokens(sandbox: Sandbox, alice: Owner) -> None:
    """An exchange that is refused for the app is made with the other secret, as are all others."""
    user_id, wallet_id = alice.user_id, alice.wallet.id
    options: Any = {"app_secret": [sandbox.app_secret, "new"]}
    for with_exchange in (True, False):
        async with sandbox.client(**options) as privy:
            sandbox.rotate_app_secret("new")
            before = len(sandbox.log)
            if with_exchange:
                mine = privy.for_user(alice.jwt)
                await mine.wallets.ethereum.sign_message(wallet_id, "hello")
                assert [record.path.split("/")[-1] for record in sandbox.log[before:]] == [
                    "authenticate",
                    "authenticate",
                    "rpc",
                ]
            else:
                token = sandbox.issue_access_token(user_id)
                assert (await privy.tokens.verify_access_token(token)).user_id == user_id
            sandbox.rotate_app_secret("sandbox-secret")


async def test_an_app_that_is_refused_keeps_its_users_keys(sandbox: Sandbox, alice: Owner) -> None:
    """A 401 for the app says nothing about a user's key, so it is not exchanged anew."""
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    old, before = sandbox.app_secret, len(logged(sandbox, "POST", "*/authenticate"))
    sandbox.rotate_app_secret("another")
    with pytest.raises(AuthenticationError):
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    sandbox.rotate_app_secret(old)
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    assert len(logged(sandbox, "POST", "*/authenticate")) == before


async def test_a_refused_signature_tries_no_other_secret(sandbox: Sandbox, alice: Owner) -> None:
    """A 401 for a signature is none for the app."""
    async with sandbox.client(app_secret=[sandbox.app_secret, "new"]) as privy:
        before = len(sandbox.log)
        with pytest.raises(AuthenticationError) as caught:
            await privy.wallets.update(alice.wallet.id, display_name="x")
    assert not caught.value.refuses_app
    assert len(sandbox.log) == before + 1


async def test_money_moves_once_over_a_rotation(sandbox: Sandbox, alice: Owner) -> None:
    """The same idempotency key and, here, the same body: one transaction."""
    async with sandbox.client(app_secret=[sandbox.app_secret, "new"]) as privy:
        mine = privy.for_user(alice.jwt)
        await mine.wallets.ethereum.sign_message(alice.wallet.id, "hello")
        sandbox.rotate_app_secret("new")
        send = mine.wallets.ethereum.send_transaction
        await send(alice.wallet.id, {"to": "0x" + "11" * 20, "value": 1}, caip2="eip155:8453")
    sent = [record for record in sandbox.log if record.path.endswith("/rpc")][-2:]
    assert [record.status for record in sent] == [401, 200]
    assert len(sandbox.state.transactions) == 1


REFUSED = http_answer(REFUSAL, status=401)


@pytest.mark.parametrize(
    ("first", "happened"),
    [
        (http_answer({"error": "broken"}, status=500), True),
        (None, True),
        (REFUSED + b"HTTP/1.1 200", True),
        (http_answer({"error": "Invalid app ID or app secret."}, status=403), False),
        (http_answer({"error": "the signature is wrong"}, status=401), False),
    ],
    ids=["broken", "lost", "doubtful", "forbidden", "a signature"],
)
async def test_what_tries_no_other_secret(first: bytes | None, happened: bool) -> None:
    """A write that may have been executed; what refuses something else than the app."""
    async with (
        RawServer(first, http_answer({})) as server,
        server.client(app_secret=["a", "b"], max_retries=0) as privy,
    ):
        with pytest.raises(APIError) as caught:
            await privy.request("POST", "/v1/x", body={})
    assert len(server.requests) == 1
    assert caught.value.may_have_happened == happened


async def test_each_secret_is_tried_once() -> None:
    """Of three, in their order; what Privy then says is the error."""
    async with RawServer(REFUSED) as server, server.client(app_secret=["a", "b", "c"]) as privy:
        with pytest.raises(AuthenticationError):
            await privy.request("POST", "/v1/x", body={})
    sent = [dict(request.headers)["Authorization"] for request in server.requests]
    assert [b64decode(each.removeprefix("Basic ")) for each in sent] == [
        b"app:a",
        b"app:b",
        b"app:c",
    ]


@attrs.define
class App:
    """A server that takes one secret."""

    accepted: str = "one"
    loopback: Loopback | None = None

    def answer(self, request: Request) -> web.Response:
        credentials = b64encode(f"{APP_ID}:{self.accepted}".encode()).decode()
        good = request.headers["authorization"] == f"Basic {credentials}"
        return ok({"fine": True}) if good else ok(REFUSAL, status=401)

    def client(self, **options: Any) -> PrivyClient:
        assert self.loopback is not None
        return self.loopback.client(**options)

    @property
    def requests(self) -> list[Request]:
        assert self.loopback is not None
        return self.loopback.requests


@pytest.fixture
async def server() -> AsyncIterator[App]:
    app = App()
    async with loopback(app.answer) as app.loopback:
        yield app


async def ask(privy: PrivyClient) -> Any:
    return await privy.request("POST", "/v1/x", body={})


async def test_a_function(server: App) -> None:
    """It is asked once for all calls that wait, and as soon as its secret is refused."""
    vault = Vault("one")
    async with server.client(app_secret=vault) as privy:
        await asyncio.gather(*(ask(privy) for _ in range(20)))
        assert vault.asked == 1
        vault.secret = server.accepted = "two"
        await asyncio.gather(*(ask(privy) for _ in range(20)))
        assert vault.asked == 2
        assert len(server.requests) == 20 + 40
        server.accepted = "three"
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                await ask(privy)
    assert len(server.requests) == 60 + 2


async def test_a_function_that_returns_several(server: App) -> None:
    """Each is tried once."""
    async with server.client(app_secret=lambda: ["zero", "one"]) as privy:
        await ask(privy)
        await ask(privy)
    assert len(server.requests) == 3


async def test_how_long_an_answer_serves(server: App) -> None:
    """300 s; then it is asked while the old one serves, so that nobody waits."""
    vault, clock = Vault("one"), SetClock()
    async with server.client(app_secret=vault, clock=clock) as privy:
        await ask(privy)
        clock.time += LIFETIME - 1
        await ask(privy)
        assert (vault.asked, LIFETIME) == (1, 300)
        clock.time += 1
        vault.secret = "two"
        await ask(privy)
        await asyncio.sleep(0.02)
        assert vault.asked == 2
        server.accepted = "two"
        await ask(privy)
    assert len(server.requests) == 4


async def test_a_function_that_fails(server: App, caplog: pytest.LogCaptureFixture) -> None:
    """At first the call fails, and nothing is sent; later the older secret serves, for 10 s."""
    vault, clock = Vault(LookupError("sealed")), SetClock()
    async with server.client(app_secret=vault, clock=clock) as privy:
        with pytest.raises(SigningError, match="app_secret raised LookupError") as caught:
            await ask(privy)
        assert isinstance(caught.value.__cause__, LookupError)
        assert server.requests == []
        vault.secret = "one"
        await ask(privy)
        vault.secret = LookupError("sealed")
        clock.time += LIFETIME
        for _ in range(3):
            await ask(privy)
            await asyncio.sleep(0.02)
        assert vault.asked == 3
        assert "the older secret serves" in caplog.text
        clock.time += 10
        await ask(privy)
        await asyncio.sleep(0.02)
        assert vault.asked == 4
        server.accepted = "two"
        with pytest.raises(AuthenticationError):
            await ask(privy)


@pytest.mark.parametrize("secret", [None, 5, b"one", "", "a\n", [], ["one", 5]])
async def test_what_a_function_must_not_return(server: App, secret: Any) -> None:
    """It is an error that names app_secret, and nothing is sent."""
    async with server.client(app_secret=lambda: secret) as privy:
        with pytest.raises(InvalidArgumentError) as caught:
            await ask(privy)
    assert caught.value.argument == "app_secret"
    assert server.requests == []


async def test_a_sync_function_runs_in_a_thread(server: App) -> None:
    """It may wait for a vault without holding up the event loop."""
    threads: list[str] = []

    def wait() -> str:
        threads.append(threading.current_thread().name)
        return "one"

    async with server.client(app_secret=wait) as privy:
        await ask(privy)
    assert threads == ["privy-signer"]


async def test_a_function_that_hangs(server: App) -> None:
    """The call's own limits hold."""

    async def hang() -> str:
        await asyncio.sleep(30)
        return "one"

    async with server.client(app_secret=hang, timeout=0.05) as privy:
        with pytest.raises(SigningError, match="returned nothing within"):
            await ask(privy)
    assert server.requests == []


async def test_one_waiter_is_cancelled(server: App) -> None:
    """The others get their secret."""
    vault = Vault("one")
    async with server.client(app_secret=vault) as privy:
        first, second = (asyncio.ensure_future(ask(privy)) for _ in range(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        assert await second == {"fine": True}
        assert first.cancelled()
    assert vault.asked == 1


def test_a_function_in_the_sync_face() -> None:
    """Sync and async ones."""
    vault = Vault("sandbox-secret")
    with Sandbox(real_chains=False) as sandbox:
        for function in (vault, lambda: "sandbox-secret"):
            with sandbox.sync_client(app_secret=function) as privy:
                assert privy.wallets.create(chain_type="ethereum").id
    assert vault.asked == 1


@pytest.mark.parametrize("secret", [[], ["a", 5], ["a", ""], b"a", 5, [b"a"]])
def test_what_are_no_secrets(secret: Any) -> None:
    """They are refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret=secret)
    assert caught.value.argument == "app_secret"


async def test_it_says_so_once(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """The log tells that another secret is used, and neither of the two."""
    caplog.set_level(logging.WARNING)
    async with sandbox.client(app_secret=[sandbox.app_secret, "the-new-one"]) as privy:
        sandbox.rotate_app_secret("the-new-one")
        for _ in range(3):
            await privy.wallets.create(chain_type="ethereum")
    lines = [record.getMessage() for record in caplog.records if record.name == "privy_async"]
    assert len(lines) == 1
    assert "the-new-one" not in caplog.text
