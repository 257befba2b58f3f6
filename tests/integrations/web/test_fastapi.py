"""FastAPI and Starlette: lifespans, several clients, logins of one's own, test clients."""

import asyncio
import re
import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Header
from fastapi.testclient import TestClient
from sdk_helpers import RawServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from privy_async import InvalidArgumentError, PrivyClient
from privy_async.integrations import starlette
from privy_async.integrations.fastapi import (
    Claims,
    Client,
    PreparedUserClient,
    Privy,
    UserClient,
    WebhookEvent,
    add_exception_handlers,
    client_for,
    lifespan,
)
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

WALLETS = [{"chain_type": "ethereum"}]


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


def access_token(sandbox: Sandbox, user_id: str = "alice") -> str:
    return sandbox.issue_user_jwt(user_id, iss="privy.io", aud=sandbox.app_id, sid="s")


def browser(app: FastAPI | Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")


async def exchanged(sandbox: Sandbox) -> None:
    """Wait, as a route that does something else, until a user's token has been exchanged."""
    async with asyncio.timeout(10):
        while not sandbox.state.exchanges:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_options_of_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a client of one's own, the environment says all, the webhooks' secret too."""
    monkeypatch.setenv("PRIVY_APP_ID", "app-of-the-environment")
    monkeypatch.setenv("PRIVY_APP_SECRET", "secret")
    monkeypatch.setenv("PRIVY_WEBHOOK_SIGNING_SECRET", "whsec_c2VjcmV0")
    app = FastAPI(lifespan=lifespan)
    async with app.router.lifespan_context(app):
        privy: PrivyClient = app.state.privy
    assert "app-of-the-environment" in repr(privy)
    assert privy.webhooks.signing_secret == "whsec_c2VjcmV0"


async def test_what_is_missing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app without its secret does not start, and says what it lacks."""
    monkeypatch.delenv("PRIVY_APP_ID", raising=False)
    app = FastAPI(lifespan=lifespan)
    with pytest.raises(InvalidArgumentError, match="PRIVY_APP_ID"):
        async with app.router.lifespan_context(app):
            pass


async def test_part_of_a_lifespan_of_ones_own() -> None:
    """A lifespan of one's own runs ours within it, with options; at the end it is closed."""

    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncGenerator[None]:
        async with RawServer() as server:
            async with lifespan(app, server.client(timeout=7)):
                yield
            for _ in range(100):
                if server.open_connections == 0:
                    break
                await asyncio.sleep(0.01)
            assert (server.connections, server.open_connections) == (1, 0)

    app = FastAPI(lifespan=both)

    @app.get("/")
    async def show(privy: Client) -> object:
        return await privy.request("GET", "/v1/wallets")

    async with app.router.lifespan_context(app), browser(app) as client:
        assert (await client.get("/")).json() == {}


async def test_two_clients(sandbox: Sandbox) -> None:
    """An app that serves two apps of Privy's keeps a client for each by its name."""
    treasury = Privy("treasury")
    app = FastAPI()

    @app.get("/")
    async def show(
        privy: Client, other: Annotated[PrivyClient, Depends(treasury.client)]
    ) -> list[bool]:
        return [privy is app.state.privy, other is app.state.treasury, privy is other]

    async with (
        lifespan(app, sandbox.client()),
        treasury.lifespan(app, sandbox.client()),
        browser(app) as client,
    ):
        assert (await client.get("/")).json() == [True, True, False]


async def test_claims_are_checked_once(sandbox: Sandbox) -> None:
    """A route that asks for both claims and client has the token checked once."""
    app = FastAPI()

    @app.get("/")
    async def show(request: Request, claims: Claims, privy: UserClient) -> bool:
        return request.state.privy_claims is claims

    async with lifespan(app, sandbox.client()), browser(app) as client:
        headers = {"Authorization": f"Bearer {access_token(sandbox)}"}
        assert (await client.get("/", headers=headers)).json() is True


async def test_a_prepared_client_asks_for_the_key_meanwhile(sandbox: Sandbox) -> None:
    """The caller's key is on its way while the route does something else; strangers get none."""
    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/")
    async def show(alice: PreparedUserClient) -> list[int]:
        before = sandbox.state.exchanges
        await exchanged(sandbox)
        return [before, sandbox.state.exchanges]

    async with lifespan(app, sandbox.client()), browser(app) as client:
        privy: PrivyClient = app.state.privy
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = await privy.users.create(linked_accounts=[account], wallets=WALLETS)
        expired = sandbox.issue_user_jwt(
            user.id, iss="privy.io", aud=sandbox.app_id, sid="s", lifetime=-60.0
        )
        refused = await client.get("/", headers={"Authorization": f"Bearer {expired}"})
        headers = {"Authorization": f"Bearer {access_token(sandbox, user.id)}"}
        assert (refused.status_code, sandbox.state.exchanges) == (401, 0)
        assert (await client.get("/", headers=headers)).json() == [0, 1]
        paths = app.openapi()["paths"]["/"]["get"]
        assert ("parameters" in paths, "security" in paths) == (False, True)


async def test_a_login_of_ones_own_prepares(sandbox: Sandbox) -> None:
    """`client_for(..., prepare=True)` does the same after a login of the app's own."""

    async def session_jwt() -> str:
        return sandbox.issue_user_jwt("alice")

    app = FastAPI()

    @app.get("/")
    async def show(
        alice: Annotated[PrivyClient, Depends(client_for(session_jwt, prepare=True))],
    ) -> None:
        await exchanged(sandbox)

    async with lifespan(app, sandbox.client()), browser(app) as client:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        await app.state.privy.users.create(linked_accounts=[account], wallets=WALLETS)
        assert (await client.get("/")).status_code == 200
    assert sandbox.state.exchanges == 1


async def test_a_login_of_ones_own(sandbox: Sandbox) -> None:
    """A dependency that knows the user's token takes the place of Privy's access tokens."""
    sessions = {"cookie-of-alice": sandbox.issue_user_jwt("alice"), "broken": "garbage"}

    async def session_jwt(session: Annotated[str, Header()]) -> str:
        return sessions[session]

    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/")
    async def sign(privy: Annotated[PrivyClient, Depends(client_for(session_jwt))]) -> str:
        return (await privy.wallets.ethereum.sign_message(wallet.id, "hello")).signature

    async with sandbox.client() as privy, lifespan(app, privy), browser(app) as client:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = await privy.users.create(linked_accounts=[account])
        wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        answer = await client.get("/", headers={"session": "cookie-of-alice"})
        assert answer.json().startswith("0x")
        refused = await client.get("/", headers={"session": "broken"})
        assert (refused.status_code, refused.json()["reason"]) == (401, "malformed")


async def test_without_the_lifespan() -> None:
    """An app whose lifespan did not run says so, instead of failing at something else."""
    app = FastAPI()

    @app.get("/")
    async def show(privy: Client) -> None: ...

    async with browser(app) as client:
        with pytest.raises(RuntimeError, match="lifespan"):
            await client.get("/")


async def test_webhooks_without_a_secret(sandbox: Sandbox) -> None:
    """That the app lacks the secret is no fault of the sender's: it is an error of the server."""
    app = FastAPI()
    add_exception_handlers(app)

    @app.post("/")
    async def receive(event: WebhookEvent) -> None: ...

    async with lifespan(app, sandbox.client()), browser(app) as client:
        with pytest.raises(RuntimeError, match="webhook_signing_secret"):
            await client.post("/", content=b"{}")


async def test_documentation_asks_for_a_token(sandbox: Sandbox) -> None:
    """The app's OpenAPI document knows that a route needs a bearer token, and which do not."""
    app = FastAPI()

    @app.get("/mine")
    async def mine(privy: UserClient) -> None: ...

    @app.get("/open")
    async def everybody(privy: Client) -> None: ...

    paths = app.openapi()["paths"]
    assert paths["/mine"]["get"]["security"] == [{"HTTPBearer": []}]
    assert "parameters" not in paths["/mine"]["get"]
    assert "security" not in paths["/open"]["get"]


async def test_plain_starlette(sandbox: Sandbox) -> None:
    """Without FastAPI the same is awaited by hand."""
    privy = starlette.Privy()

    async def me(request: Request) -> Response:
        return JSONResponse((await privy.claims(request)).user_id)

    app = Starlette(routes=[Route("/", me)])
    starlette.add_exception_handlers(app)
    async with privy.lifespan(app, sandbox.client()), browser(app) as client:
        headers = {"Authorization": f"Bearer {access_token(sandbox)}"}
        assert (await client.get("/", headers=headers)).json() == "alice"
        assert (await client.get("/")).status_code == 401


def test_test_clients_leave_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """An app under one test client after the other, each with a loop of its own, ends cleanly."""
    with Sandbox(real_chains=False) as sandbox:
        privy = sandbox.client()
        app = FastAPI()
        add_exception_handlers(app)

        @app.get("/")
        async def show(client: Client) -> str:
            return (await client.wallets.create(chain_type="ethereum")).id

        @asynccontextmanager
        async def ours(app: FastAPI) -> AsyncGenerator[None]:
            async with lifespan(app, privy):
                yield

        app.router.lifespan_context = ours
        ids = set[str]()
        for _ in range(3):
            with warnings.catch_warnings(), TestClient(app) as client:
                ids.add(client.get("/").json())
    assert len(ids) == 3
    assert not [w for w in recwarn if re.search("nclosed|never awaited", str(w.message))]
