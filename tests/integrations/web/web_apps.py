"""The example apps within the tests' own process, each behind the same few methods."""

import asyncio
import hmac
import json
import os
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from typing import Any

import attrs
import django
import httpx
from aiohttp.test_utils import TestClient, TestServer
from apps.aiohttp_app.app import make_app
from apps.fastapi_app.app import app as fastapi_app
from django.test import AsyncClient, Client, override_settings
from fastapi import FastAPI

from privy_async.integrations.fastapi import lifespan
from privy_async.sandbox import Sandbox
from privy_sync.integrations.django import get_async_client

os.environ["DJANGO_SETTINGS_MODULE"] = "apps.django_app.settings"
django.setup()
# Other tests start processes, which are no Django projects.
del os.environ["DJANGO_SETTINGS_MODULE"]

SECRET = b"of the endpoint"
OPTIONS: dict[str, Any] = {
    "max_retries": 0,
    "timeout": 2.0,
    "webhook_signing_secret": f"whsec_{b64encode(SECRET).decode()}",
}


@attrs.frozen
class Answer:
    """What a user's browser gets; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Send = Callable[[str, str, dict[str, str], bytes], Any]


@attrs.frozen
class App:
    """A running app. `send` takes method, path, headers and body."""

    send: Send

    async def get(self, path: str, token: str | None = None) -> Answer:
        return await self.send("GET", path, _bearer(token), b"")

    async def post(
        self,
        path: str,
        token: str | None = None,
        *,
        more_headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        headers = {**_bearer(token), "Content-Type": "application/json", **(more_headers or {})}
        return await self.send("POST", path, headers, json.dumps(body).encode())

    async def deliver(self, body: bytes, secret: bytes = SECRET) -> Answer:
        """Post a webhook."""
        return await self.send("POST", "/webhook", delivery_headers(body, secret), body)


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def delivery_headers(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    """The headers of a delivery as Svix signs it."""
    timestamp = str(int(time.time()))
    content = b".".join([b"msg_1", timestamp.encode(), body])
    signature = b64encode(hmac.digest(secret, content, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "svix-id": "msg_1",
        "svix-timestamp": timestamp,
        "svix-signature": f"v1,{signature}",
    }


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    by_name = {name.lower(): value for name, value in headers.items()}
    return Answer(status, by_name, content.decode())


@asynccontextmanager
async def serve_fastapi(sandbox: Sandbox, app: FastAPI = fastapi_app) -> AsyncGenerator[App]:
    async with (
        lifespan(app, sandbox.client(**OPTIONS)),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client,
    ):

        async def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
            got = await client.request(method, path, headers=headers, content=body)
            return _answer(got.status_code, got.headers, got.content)

        yield App(send)


@asynccontextmanager
async def serve_aiohttp(sandbox: Sandbox) -> AsyncGenerator[App]:
    async with TestClient(TestServer(make_app(sandbox.client(**OPTIONS)))) as client:

        async def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
            async with client.request(method, path, headers=headers, data=BytesIO(body)) as got:
                return _answer(got.status, got.headers, await got.read())

        yield App(send)


def django_options(sandbox: Sandbox, **options: Any) -> dict[str, Any]:
    """The setting PRIVY for a sandbox."""
    credentials = {"app_id": sandbox.app_id, "app_secret": sandbox.app_secret}
    given = {**OPTIONS, **credentials, "base_url": sandbox.base_url, **options}
    return {name.upper(): value for name, value in given.items()}


@asynccontextmanager
async def serve_django(sandbox: Sandbox) -> AsyncGenerator[App]:
    with override_settings(PRIVY=django_options(sandbox)):
        client = Client(raise_request_exception=False)

        async def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
            got: Any = await asyncio.to_thread(
                client.generic,
                method,
                path,
                body,
                headers["Content-Type"] if body else "",
                headers=headers,
            )
            return _answer(got.status_code, got.headers, got.getvalue())

        yield App(send)


@asynccontextmanager
async def serve_django_async(sandbox: Sandbox) -> AsyncGenerator[App]:
    with override_settings(PRIVY=django_options(sandbox)):
        client = AsyncClient(raise_request_exception=False)

        async def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
            kind = headers.get("Content-Type", "")
            got: Any = await client.generic(method, f"/async{path}", body, kind, headers=headers)
            return _answer(got.status_code, got.headers, got.getvalue())

        yield App(send)
        # The loop of these tests goes on, and so would its connections.
        await get_async_client().close()


SERVERS: dict[str, Callable[[Sandbox], AbstractAsyncContextManager[App]]] = {
    "fastapi": serve_fastapi,
    "aiohttp": serve_aiohttp,
    "django": serve_django,
    "django-async": serve_django_async,
}
