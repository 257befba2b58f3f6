"""Starlette: a client for the app's life, the caller's claims, a client that signs as the caller.

from privy_async.integrations.starlette import Privy, add_exception_handlers

privy = Privy()
app = Starlette(lifespan=privy.lifespan, routes=...)  # PRIVY_APP_ID, PRIVY_APP_SECRET
add_exception_handlers(app)

async def sign(request):
    alice = await privy.user_client(request)
    ...
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs

from privy_async.checks import needing

with needing("starlette", install="starlette"):
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response

from privy_async.client import PrivyClient
from privy_async.errors import PrivyError
from privy_async.integrations import _requests
from privy_async.integrations._errors import error_response
from privy_async.integrations._requests import DEADLINE
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.signing.secret import hides_arguments
from privy_async.verification.tokens import AccessToken


@attrs.frozen
class Privy:
    """A client that an app keeps as `app.state.<name>`; give each of several its own name.

    With `cookie`, the cookie `privy-token` stands for a missing `Authorization` header. A browser
    sends it with requests that other sites cause, too: protect what changes anything from these
    (CSRF), such as by a token in a header, or by refusing a foreign `Origin`.
    """

    name: str = "privy"
    cookie: bool = attrs.field(default=False, kw_only=True)

    @asynccontextmanager
    async def lifespan(
        self, app: Starlette, client: PrivyClient | None = None
    ) -> AsyncGenerator[None]:
        """Keep a client while the app runs, and close it at the end.

        It is the app's lifespan, or a part of one of your own:

            async with privy.lifespan(app, PrivyClient(timeout=30)), database():
                yield

        Args:
            app: The app whose routes use it; one that is mounted is an app of its own.
            client: By default one with the options of the environment and a deadline of 25 s, and
                with the variable PRIVY_WEBHOOK_SIGNING_SECRET for webhooks.

        Raises:
            InvalidArgumentError: An option is missing; it is named.
        """
        client = client or PrivyClient(deadline=DEADLINE)
        setattr(app.state, self.name, client)
        try:
            yield
        finally:
            await client.close()

    async def client(self, request: Request) -> PrivyClient:
        """The app's client, for which nobody signs unless you gave it a key."""
        client = getattr(request.app.state, self.name, None)
        if isinstance(client, PrivyClient):
            return client
        raise RuntimeError(
            f"app.state.{self.name} is no client: is the lifespan of privy_async the app's, or a "
            "part of it? A test must run it too, such as by `with TestClient(app)`."
        )

    @hides_arguments
    async def claims(self, request: Request) -> AccessToken:
        """Return the claims of the caller's access token of Privy's, once it is checked.

        A token of a login of your own is none: see `user_client`.

        Raises:
            InvalidTokenError: It is missing, or refused.
            APIError: Privy's keys cannot be fetched.
        """
        kept: object = getattr(request.state, f"{self.name}_claims", None)
        if isinstance(kept, AccessToken):
            return kept
        privy = await self.client(request)
        claims = await _requests.check_access_token(privy, self._token(request))
        setattr(request.state, f"{self.name}_claims", claims)
        return claims

    @hides_arguments
    async def user_client(self, request: Request) -> PrivyClient:
        """A client that signs as the caller, whose access token is checked first.

        The header `privy-mfa-token`, if the request has one, goes along as the `mfa_token`.

        Where your app has a login of its own, check that, and use
        `(await privy.client(request)).for_user(user_jwt)`.

        Raises:
            InvalidTokenError: The token is missing, or refused.
            APIError: Privy's keys cannot be fetched.
        """
        await self.claims(request)
        mfa_token = _requests.mfa_token(request.headers)
        privy = await self.client(request)
        return privy.for_user(self._token(request), mfa_token=mfa_token)

    def _token(self, request: Request) -> str:
        cookie = request.cookies.get(_requests.TOKEN_COOKIE) if self.cookie else None
        return _requests.bearer_token(request.headers.get("authorization"), cookie)

    async def prepared_user_client(self, request: Request) -> PrivyClient:
        """Return a client that signs as the caller, whose key is asked for in the meantime.

        For routes that do sign: each request of a caller whose key is not kept asks for it.
        """
        alice = await self.user_client(request)
        await alice.prepare()
        return alice

    async def webhook_event(self, request: Request) -> WebhookEvent:
        """Return the event of Privy's webhook, once its signature is checked.

        Raises:
            InvalidWebhookError: The delivery is refused.
        """
        privy = await self.client(request)
        return _requests.read_webhook(privy.webhooks, await _raw_body(request), request.headers)


async def _raw_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _requests.LONGEST_WEBHOOK:
            raise HTTPException(413)
    return bytes(body)


def add_exception_handlers(app: Starlette) -> None:
    """Answer 401, 403, 404, 429 and so on for the SDK's errors, without any of their details."""
    app.add_exception_handler(PrivyError, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    if not isinstance(error, PrivyError) or request.scope["type"] != "http":
        raise error  # A websocket has no such answer: its endpoint must catch.
    answer = error_response(error)
    return JSONResponse(dict(answer.body), answer.status, dict(answer.headers))
