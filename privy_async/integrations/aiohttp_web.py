"""aiohttp.web: a client for the app's life, the caller's claims, a client that signs as the caller.

from privy_async.integrations.aiohttp_web import setup, user_client

async def sign(request: web.Request) -> web.Response:
    alice = await user_client(request)
    ...

app = web.Application()
setup(app)  # PRIVY_APP_ID, PRIVY_APP_SECRET
app.router.add_post("/sign", sign)
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from privy_async.client import PrivyClient
from privy_async.errors import PrivyError
from privy_async.integrations import _requests
from privy_async.integrations._errors import error_response
from privy_async.integrations._requests import DEADLINE
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.signing.secret import hides_arguments
from privy_async.verification.tokens import AccessToken

Key: TypeAlias = web.AppKey[PrivyClient]
PRIVY: Final[Key] = web.AppKey("privy", PrivyClient)
"""The key of the app's client: `app[PRIVY]`. Give each of several a key of its own."""


def _claims_key() -> Any:
    """Return the key of a request's claims. Before aiohttp 3.14 the keys of requests were texts."""
    make = getattr(web, "RequestKey", None)
    return "privy_claims" if make is None else make("privy_claims", dict)


_CLAIMS: Final = _claims_key()


_COOKIE: Final = web.AppKey("privy_cookie", bool)


def setup(
    app: web.Application,
    client: PrivyClient | None = None,
    *,
    key: Key = PRIVY,
    cookie: bool = False,
) -> None:
    """Keep a client while the app runs, and answer the SDK's errors: `context` and `errors`.

    Args:
        app: The app; its sub-apps have the client too.
        client: As for `context`.
        key: Where the app keeps it.
        cookie: Whether the cookie `privy-token` stands for a missing `Authorization` header. A
            browser sends it with requests that other sites cause, too: protect what changes
            anything from these (CSRF), such as by refusing a foreign `Origin`.
    """
    app[_COOKIE] = cookie
    app.cleanup_ctx.append(context(client, key=key))
    if errors not in app.middlewares:
        app.middlewares.append(errors)


def context(
    client: PrivyClient | None = None, *, key: Key = PRIVY
) -> Callable[[web.Application], AsyncGenerator[None]]:
    """Return the context that keeps a client while the app runs: for `app.cleanup_ctx`.

    Args:
        client: By default one with the options of the environment and a deadline of 25 s, and with
            the variable PRIVY_WEBHOOK_SIGNING_SECRET for webhooks.
        key: Where the app keeps it.
    """

    async def keep(app: web.Application) -> AsyncGenerator[None]:
        app[key] = client or PrivyClient(deadline=DEADLINE)
        yield
        await app[key].close()

    return keep


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 401, 403, 404, 429 and so on for the SDK's errors, without any of their details."""
    try:
        return await handler(request)
    except PrivyError as error:
        answer = error_response(error)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)


@web.middleware
async def login_required(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse whoever has no valid access token; for an app, or a part of one (`add_subapp`)."""
    await claims(request)
    return await handler(request)


def client_of(request: web.Request, *, key: Key = PRIVY) -> PrivyClient:
    """The app's client, also in its sub-apps; nobody signs for it unless you gave it a key."""
    return request.config_dict[key]


@hides_arguments
async def claims(request: web.Request, *, key: Key = PRIVY) -> AccessToken:
    """Return the claims of the caller's access token of Privy's, once it is checked.

    A token of a login of your own is none: see `user_client`.

    Raises:
        InvalidTokenError: It is missing, or refused.
        APIError: Privy's keys cannot be fetched.
    """
    checked: dict[Key, AccessToken] = request.setdefault(_CLAIMS, {})
    if key not in checked:
        privy = client_of(request, key=key)
        checked[key] = await _requests.check_access_token(privy, _token(request))
    return checked[key]


@hides_arguments
async def user_client(
    request: web.Request, *, key: Key = PRIVY, prepare: bool = False
) -> PrivyClient:
    """A client that signs as the caller, whose access token is checked first.

    The header `privy-mfa-token`, if the request has one, goes along as the `mfa_token`. With
    `prepare` the caller's key is asked for at once (`PrivyClient.prepare`): for handlers that do
    something else before they sign, and do sign.

    Where your app has a login of its own, check that, and use
    `client_of(request).for_user(user_jwt)`.

    Raises:
        InvalidTokenError: The token is missing, or refused.
        APIError: Privy's keys cannot be fetched.
    """
    await claims(request, key=key)
    mfa_token = _requests.mfa_token(request.headers)
    alice = client_of(request, key=key).for_user(_token(request), mfa_token=mfa_token)
    if prepare:
        await alice.prepare()
    return alice


def _token(request: web.Request) -> str:
    allowed = request.config_dict.get(_COOKIE, False)
    cookie = request.cookies.get(_requests.TOKEN_COOKIE) if allowed else None
    return _requests.bearer_token(request.headers.get("Authorization"), cookie)


async def webhook_event(request: web.Request, *, key: Key = PRIVY) -> WebhookEvent:
    """Return the event of Privy's webhook, once its signature is checked.

    Raises:
        InvalidWebhookError: The delivery is refused.
    """
    privy = client_of(request, key=key)
    return _requests.read_webhook(privy.webhooks, await request.read(), request.headers)
