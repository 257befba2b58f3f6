"""Where a web app finds the caller's token, and what it says of one that is not Privy's."""

from typing import Annotated, Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from anyio.to_thread import run_sync
from django.test import AsyncClient, Client, override_settings
from fastapi import Depends, FastAPI
from sdk_helpers import new_user
from web_apps import OPTIONS

from privy_async.errors import InvalidTokenError
from privy_async.integrations import aiohttp_web
from privy_async.integrations._requests import bearer_token
from privy_async.integrations.fastapi import Privy, add_exception_handlers
from privy_async.sandbox import Sandbox
from privy_async.verification.tokens import AccessToken

pytestmark = pytest.mark.anyio
TOKEN = "eyJh.eyJz.c2ln"


@pytest.mark.parametrize(
    ("header", "cookie", "token"),
    [
        (f"Bearer {TOKEN}", None, TOKEN),
        (f"Bearer {TOKEN}", "a.b.c", TOKEN),
        (None, TOKEN, TOKEN),
        ("Basic abc", TOKEN, TOKEN),
        (None, None, "missing"),
        (None, "", "missing"),
        ("Basic abc", None, "missing"),
        (None, "no token", "malformed"),
        ("Bearer no token", TOKEN, "malformed"),
    ],
)
def test_header_and_cookie(header: str | None, cookie: str | None, token: str) -> None:
    """The header comes first; a cookie stands for a missing one alone."""
    try:
        found = bearer_token(header, cookie)
    except InvalidTokenError as error:
        found = error.reason
    assert found == token


async def ask_fastapi(sandbox: Sandbox, cookie: bool, headers: dict[str, str]) -> Any:
    privy = Privy(cookie=cookie)
    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/me")
    async def me(claims: Annotated[AccessToken, Depends(privy.claims)]) -> str:
        return claims.user_id

    async with (
        privy.lifespan(app, sandbox.client(**OPTIONS)),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client,
    ):
        return (await client.get("/me", headers=headers)).json()


async def ask_aiohttp(sandbox: Sandbox, cookie: bool, headers: dict[str, str]) -> Any:
    async def me(request: web.Request) -> web.Response:
        return web.json_response((await aiohttp_web.claims(request)).user_id)

    app = web.Application()
    aiohttp_web.setup(app, sandbox.client(**OPTIONS), cookie=cookie)
    app.router.add_get("/me", me)
    async with TestClient(TestServer(app)) as client, client.get("/me", headers=headers) as got:
        return await got.json()


def django_settings(sandbox: Sandbox, cookie: bool) -> Any:
    setting = {
        "APP_ID": sandbox.app_id,
        "APP_SECRET": sandbox.app_secret,
        "BASE_URL": sandbox.base_url,
        "COOKIE": cookie,
    }
    return override_settings(PRIVY=setting, ROOT_URLCONF="apps.django_app.urls")


async def ask_django(sandbox: Sandbox, cookie: bool, headers: dict[str, str]) -> Any:
    client = AsyncClient()
    # Beside a header of ours it would send an empty one of its own.
    client.cookies.load(headers.get("Cookie", ""))
    sent = {name: text for name, text in headers.items() if name != "Cookie"}
    with django_settings(sandbox, cookie):
        got = (await client.get("/async/api/me", headers=sent)).json()
    return got.get("user_id", got)


async def ask_django_in_sync(sandbox: Sandbox, cookie: bool, headers: dict[str, str]) -> Any:
    with django_settings(sandbox, cookie):
        got = (await run_sync(lambda: Client().get("/api/me", headers=headers))).json()
    return got.get("user_id", got)


FRAMEWORKS = pytest.mark.parametrize(
    "ask", [ask_fastapi, ask_aiohttp, ask_django, ask_django_in_sync]
)


@FRAMEWORKS
async def test_the_cookie_is_opted_in(ask: Any, privy_sandbox: Sandbox) -> None:
    """Privy's cookie is read by an app that says so, and by no other."""
    async with privy_sandbox.client() as privy:
        user_id = await new_user(privy, "alice")
    headers = {"Cookie": f"privy-token={privy_sandbox.issue_access_token(user_id)}"}
    assert await ask(privy_sandbox, True, headers) == user_id
    assert (await ask(privy_sandbox, False, headers))["reason"] == "missing"


@FRAMEWORKS
async def test_a_login_of_ones_own(
    ask: Any, privy_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that Privy's tokens are checked here, and what to do instead; the user, no."""
    token = privy_sandbox.issue_user_jwt("alice", iss="https://login.example")
    refused = await ask(privy_sandbox, False, {"Authorization": f"Bearer {token}"})
    assert refused["error"] == "invalid_token"
    assert "login.example" not in str(refused)
    (record,) = [each for each in caplog.records if each.name == "privy_async.integrations"]
    assert record.levelname == "WARNING"
    said = record.getMessage()
    assert "The token's iss is 'https://login.example' (unverified), and Privy's is" in said
    assert all(way in said for way in ("for_user(user_jwt)", "client_for(...)", "USER_JWT"))
    assert token not in said
