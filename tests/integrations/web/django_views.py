"""Views that fail, for the tests of Django's error pages; and a login of an app's own."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from privy_async import PrivyClient
from privy_sync.integrations.django import PrivyRequest, get_async_client, get_client


def crash(request: HttpRequest) -> HttpResponse:
    """Fail with all kinds of secrets in variables with telling and with harmless names."""
    jwt = request.headers["Authorization"].removeprefix("Bearer ")
    bearer = {"found": [jwt]}
    alice = get_client().for_user(jwt)
    signer = get_client().wallets.generate_user_signer(user_jwt=jwt)
    exported = signer.authorization_key.to_base64()
    signature = signer.authorization_key.sign(b"payload")
    shown = (signature, exported)
    raise RuntimeError(f"{bearer} {alice} {shown}")


def crash_inside(request: HttpRequest) -> HttpResponse:
    """Fail within the SDK, with something that the middleware does not answer."""
    jwt = request.headers["Authorization"].removeprefix("Bearer ")
    get_client().for_user(jwt).wallets.ethereum.sign_message("w", "x", unknown_option=1)  # type: ignore[call-arg]
    raise AssertionError("the line above fails")


async def crash_async(request: HttpRequest) -> HttpResponse:
    jwt = request.headers["Authorization"].removeprefix("Bearer ")
    alice: PrivyClient = get_async_client().for_user(jwt)
    raise RuntimeError(f"{jwt} {alice}")


def who_signs(request: PrivyRequest) -> HttpResponse:
    return HttpResponse(str(request.privy.client is request.privy.client))


async def who_signs_async(request: PrivyRequest) -> HttpResponse:
    client = await request.privy.aclient()
    return HttpResponse(str(isinstance(client, PrivyClient)))


def prepares(request: HttpRequest) -> HttpResponse:
    """Ask for the caller's key, do something else, and sign."""
    alice = request.privy.client  # type: ignore[attr-defined]
    alice.prepare()
    wallet_id = next(iter(get_client().wallets.list())).id
    return HttpResponse(alice.wallets.ethereum.sign_message(wallet_id, "hello").signature)


async def prepares_async(request: HttpRequest) -> HttpResponse:
    alice = await request.privy.aclient()  # type: ignore[attr-defined]
    await alice.prepare()
    wallet_id = (await anext(aiter(get_async_client().wallets.list()))).id
    return HttpResponse((await alice.wallets.ethereum.sign_message(wallet_id, "x")).signature)


def session_jwt(request: HttpRequest) -> str | None:
    """A login of the app's own: its cookie names the user."""
    return request.COOKIES.get("session")


async def session_jwt_async(request: HttpRequest) -> str | None:
    return request.COOKIES.get("session")


urlpatterns = [
    path("crash", crash),
    path("crash-inside", crash_inside),
    path("crash-async", crash_async),
    path("who", who_signs),
    path("who-async", who_signs_async),
    path("prepares", prepares),
    path("prepares-async", prepares_async),
]
