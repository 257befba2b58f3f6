"""aiohttp.web: several clients, sub-apps, what is missing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from privy_async import InvalidArgumentError, PrivyClient
from privy_async.integrations.aiohttp_web import (
    PRIVY,
    claims,
    client_of,
    errors,
    setup,
    user_client,
    webhook_event,
)
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


async def test_options_of_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a client of one's own, the environment says all."""
    monkeypatch.setenv("PRIVY_APP_ID", "app-of-the-environment")
    monkeypatch.setenv("PRIVY_APP_SECRET", "secret")
    app = web.Application()
    setup(app)
    async with TestServer(app):
        assert "app-of-the-environment" in repr(app[PRIVY])


async def test_what_is_missing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app without its secret does not start, and says what it lacks."""
    monkeypatch.delenv("PRIVY_APP_ID", raising=False)
    app = web.Application()
    setup(app)
    with pytest.raises(InvalidArgumentError, match="PRIVY_APP_ID"):
        async with TestServer(app):
            pass


async def test_two_clients(sandbox: Sandbox) -> None:
    """An app that serves two apps of Privy's keeps a client under a key for each."""
    treasury = web.AppKey("treasury", PrivyClient)
    main, other = sandbox.client(), sandbox.client()
    token = sandbox.issue_user_jwt("alice", iss="privy.io", aud=sandbox.app_id, sid="s")

    async def show(request: web.Request) -> web.Response:
        assert client_of(request) is main
        assert client_of(request, key=treasury) is other
        assert await claims(request) == await claims(request, key=treasury)
        assert (await user_client(request, key=treasury)) is not await user_client(request)
        return web.Response()

    app = web.Application()
    setup(app, main)
    setup(app, other, key=treasury)
    assert app.middlewares.count(errors) == 1
    app.router.add_get("/", show)
    async with TestClient(TestServer(app)) as client:
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/", headers=headers)).status == 200


async def test_a_user_client_is_for_checked_callers(sandbox: Sandbox) -> None:
    """Where no middleware asks for a login, user_client itself refuses an expired token."""

    async def sign(request: web.Request) -> web.Response:
        await user_client(request)
        return web.Response()

    app = web.Application()
    setup(app, sandbox.client())
    app.router.add_get("/", sign)
    async with TestClient(TestServer(app)) as client:
        for lifetime, status in ((3600.0, 200), (-60.0, 401)):
            token = sandbox.issue_user_jwt(
                "alice", iss="privy.io", aud=sandbox.app_id, sid="s", lifetime=lifetime
            )
            answer = await client.get("/", headers={"Authorization": f"Bearer {token}"})
            assert answer.status == status


async def test_a_prepared_client_asks_for_the_key_meanwhile(sandbox: Sandbox) -> None:
    """With `prepare` the caller's key is on its way while the handler does something else."""

    async def sign(request: web.Request) -> web.Response:
        await user_client(request, prepare=True)
        async with asyncio.timeout(10):
            while not sandbox.state.exchanges:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return web.Response()

    app = web.Application()
    setup(app, sandbox.client())
    app.router.add_get("/", sign)
    async with TestClient(TestServer(app)) as client:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        wallets = [{"chain_type": "ethereum"}]
        user = await app[PRIVY].users.create(linked_accounts=[account], wallets=wallets)
        for lifetime, status in ((-60.0, 401), (3600.0, 200)):
            token = sandbox.issue_user_jwt(
                user.id, iss="privy.io", aud=sandbox.app_id, sid="s", lifetime=lifetime
            )
            answer = await client.get("/", headers={"Authorization": f"Bearer {token}"})
            assert answer.status == status
    assert sandbox.state.exchanges == 1


async def test_the_app_secret_is_wrong(sandbox: Sandbox) -> None:
    """That Privy refuses the app is an error of the server, not a log-in that failed."""
    token = sandbox.issue_user_jwt("alice", iss="privy.io", aud=sandbox.app_id, sid="s")

    async def sign(request: web.Request) -> web.Response:
        await (await user_client(request)).wallets.ethereum.sign_message("w", "hello")
        return web.Response()

    async def read(request: web.Request) -> web.Response:
        await client_of(request).wallets.get("w")
        return web.Response()

    app = web.Application()
    setup(app, PrivyClient(app_id=sandbox.app_id, app_secret="x", base_url=sandbox.base_url))
    app.router.add_get("/sign", sign)
    app.router.add_get("/read", read)
    async with TestClient(TestServer(app)) as client:
        for path in ("/sign", "/read"):
            answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status, (await answer.json())["error"]) == (500, "internal_error")


async def test_webhooks_without_a_secret(sandbox: Sandbox) -> None:
    """That the app lacks the secret is no fault of the sender's: it is an error of the server."""

    async def receive(request: web.Request) -> web.Response:
        with pytest.raises(RuntimeError, match="webhook_signing_secret"):
            await webhook_event(request)
        return web.Response()

    app = web.Application()
    setup(app, sandbox.client())
    app.router.add_post("/", receive)
    async with TestClient(TestServer(app)) as client:
        assert (await client.post("/", data=b"{}")).status == 200
