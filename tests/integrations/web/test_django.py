"""Django: settings and their checks, clients of the process, error pages, logins of one's own."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
import pytest
from django.core import mail
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.test.utils import setup_test_environment, teardown_test_environment
from django.views.debug import get_default_exception_reporter_filter
from web_apps import delivery_headers, django_options

from privy_async.sandbox import Sandbox
from privy_sync.integrations.django import (
    ExceptionReporterFilter,
    get_async_client,
    get_client,
    webhook,
)
from privy_sync.integrations.django.checks import check_settings

ENVIRONMENT = ("PRIVY_APP_ID", "PRIVY_APP_SECRET", "PRIVY_WEBHOOK_SIGNING_SECRET")
ADMINS = ["ann@example.com"] if django.VERSION >= (6,) else [("Ann", "ann@example.com")]
GOOD = {"APP_ID": "app", "APP_SECRET": "app-secret-5511"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with (
        Sandbox(real_chains=False, app_secret="app-secret-5511") as sandbox,
        override_settings(PRIVY=django_options(sandbox), ROOT_URLCONF="django_views"),
    ):
        yield sandbox


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """The token of a user with a wallet."""
    with sandbox.sync_client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = privy.users.create(linked_accounts=[account])
        privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    return sandbox.issue_user_jwt(user.id, iss="privy.io", aud=sandbox.app_id, sid="s")


# --- settings


def problems(**changes: Any) -> list[CheckMessage]:
    with override_settings(**changes):
        return check_settings(None)


def test_good_settings_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the setting, or in the environment, is not missing."""
    assert problems(PRIVY=GOOD) == []
    monkeypatch.setenv("PRIVY_APP_ID", "app")
    monkeypatch.setenv("PRIVY_APP_SECRET", "secret")
    assert problems(PRIVY={}) == []


@pytest.mark.parametrize(
    ("given", "ids", "text"),
    [
        ({}, ["privy.E003", "privy.E003"], "PRIVY['APP_ID'] is missing"),
        ({"APP_ID": "app"}, ["privy.E003"], "PRIVY['APP_SECRET'] is missing"),
        ({**GOOD, "TIME_OUT": 3}, ["privy.E002"], "TIME_OUT"),
        ({**GOOD, "timeout": 3}, ["privy.E002"], "timeout"),
        ({**GOOD, "TIMEOUT": -1}, ["privy.E004"], "PRIVY['TIMEOUT']"),
        ({**GOOD, "AUTHORIZATION_KEY": "x"}, ["privy.E004"], "PRIVY['AUTHORIZATION_KEY']"),
        ({**GOOD, "USER_JWT": "no.such.function"}, ["privy.E005"], "USER_JWT"),
        ([], ["privy.E001"], "dict"),
        ({**GOOD, "PROXY": "http://me:password@proxy:1"}, ["privy.W002"], "password"),
    ],
)
def test_checks_name_what_is_wrong(given: Any, ids: list[str], text: str) -> None:
    """Each problem is named, with the key of PRIVY that it is about."""
    found = problems(PRIVY=given)
    assert [problem.id for problem in found] == ids
    assert text in found[0].msg


def test_unknown_keys_bring_a_suggestion() -> None:
    """A slip of the pen is told what was meant."""
    assert "'MAX_RETRIES'" in str(problems(PRIVY={**GOOD, "MAX_RETRYS": 3})[0].hint)


def test_a_missing_middleware_is_a_warning() -> None:
    """Whoever uses get_client alone needs none."""
    assert [found.id for found in problems(PRIVY=GOOD, MIDDLEWARE=[])] == ["privy.W001"]


@pytest.mark.parametrize("given", [{}, {**GOOD, "TIME_OUT": 3}, {**GOOD, "TIMEOUT": -1}, []])
def test_wrong_settings_make_no_client(given: Any) -> None:
    """The error is Django's own, and says what is wrong."""
    with override_settings(PRIVY=given), pytest.raises(ImproperlyConfigured, match="PRIVY"):
        get_client()


# --- clients


def test_one_client_for_a_process() -> None:
    """Every thread gets the same; a setting that is overridden brings another."""
    with override_settings(PRIVY=GOOD):
        with ThreadPoolExecutor(16) as pool:
            clients = set(map(id, pool.map(lambda _: get_client(), range(64))))
        assert clients == {id(get_client())}
        with override_settings(PRIVY={**GOOD, "APP_ID": "other"}):
            assert "other" in repr(get_client())
            assert "other" in repr(get_async_client())


def test_sync_and_async_views_share_user_keys(sandbox: Sandbox, token: str) -> None:
    """A user's token is exchanged once in a process, whichever views the user comes to."""
    with sandbox.sync_client() as privy:
        wallet_id = next(iter(privy.wallets.list())).id

    async def sign() -> None:
        alice = get_async_client().for_user(token)
        await alice.wallets.ethereum.sign_message(wallet_id, "async")

    get_client().for_user(token).wallets.ethereum.sign_message(wallet_id, "sync")
    for _ in range(2):
        asyncio.run(sign())
    assert sandbox.state.exchanges == 1


def test_async_views_under_wsgi(sandbox: Sandbox, token: str) -> None:
    """Each request of a sync server runs an async view in a loop of its own, and leaves nothing."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for _ in range(3):
        assert client.get("/who-async").content == b"True"


def test_sync_views_under_asgi(sandbox: Sandbox, token: str) -> None:
    """A sync view of an async server runs in a thread."""

    async def ask() -> bytes:
        answer = await AsyncClient().get("/who", headers={"Authorization": f"Bearer {token}"})
        return bytes(answer.content)

    assert asyncio.run(ask()) == b"True"


@pytest.mark.parametrize("path", ["/prepares", "/prepares-async"])
def test_a_view_prepares(sandbox: Sandbox, token: str, path: str) -> None:
    """The caller's key is on its way while a view does something else."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get(path).status_code == 200
    assert sandbox.state.exchanges == 1


# --- a login of one's own


@pytest.mark.parametrize("path", ["/who", "/who-async"])
@pytest.mark.parametrize("login", ["session_jwt", "session_jwt_async"])
def test_a_login_of_ones_own(sandbox: Sandbox, path: str, login: str) -> None:
    """A function from the request to the user's token takes the place of access tokens."""
    options = django_options(sandbox) | {"USER_JWT": f"django_views.{login}"}
    with override_settings(PRIVY=options):
        client = Client()
        assert client.get(path).status_code == 401
        client.cookies["session"] = "garbage"
        assert client.get(path).json()["reason"] == "malformed"
        client.cookies["session"] = sandbox.issue_user_jwt("alice")
        assert client.get(path).content == b"True"


# --- webhooks


def test_webhooks_need_no_csrf_token(sandbox: Sandbox) -> None:
    """A delivery passes a project that asks forms for CSRF tokens; a GET does not."""
    received: list[str] = []

    @webhook
    def receive(request: Any, event: Any) -> None:
        received.append(event.type)

    body = b'{"type":"privy.test","message":"Hello"}'
    make = RequestFactory()
    request = make.post("/", body, "application/json", headers=delivery_headers(body))
    assert receive.csrf_exempt  # type: ignore[attr-defined]
    assert receive(request).status_code == 204
    assert receive(make.get("/")).status_code == 405
    forged = make.post("/", body, "application/json", headers=delivery_headers(body, b"x"))
    assert receive(forged).status_code == 400
    assert received == ["privy.test"]


# --- error pages


def secrets_of(sandbox: Sandbox, token: str) -> list[str]:
    header, payload, signature = token.split(".")
    webhook_secret = django_options(sandbox)["WEBHOOK_SIGNING_SECRET"]
    # Past the constant first bytes of keys and signatures.
    return [payload[:30], signature[:20], header[20:50], sandbox.app_secret, webhook_secret]


def assert_no_secret(page: str, sandbox: Sandbox, token: str) -> None:
    for secret in secrets_of(sandbox, token):
        assert secret not in page
    # What else begins as a private key or a P-256 signature in base64 would.
    for beginning in ("MIGHAgEA", "MEUCI", "MEQCI", "MEYCI"):
        assert beginning not in page


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
@pytest.mark.parametrize("path", ["/crash", "/crash-inside", "/crash-async"])
def test_debug_pages_show_no_secret(
    sandbox: Sandbox, token: str, path: str, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With DEBUG = True a view that crashes with secrets in its variables shows none of them."""
    client = Client(raise_request_exception=False)
    client.cookies["privy-token"] = token
    with override_settings(DEBUG=True, ALLOWED_HOSTS=["*"]):
        answer = client.get(
            f"{path}?access={token}",
            headers={"Authorization": f"Bearer {token}", "Accept": accept, "X-Login": token},
        )
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "django_views.py" in page
    assert_no_secret(page, sandbox, token)
    assert answer.headers["Content-Type"].startswith(accept)


def test_debug_pages_without_the_middleware_do_show(sandbox: Sandbox, token: str) -> None:
    """The search above is not blind: without the middleware Django shows the token."""
    client = Client(raise_request_exception=False)
    with override_settings(DEBUG=True, MIDDLEWARE=[]):
        answer = client.get("/crash", headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(AssertionError):
        assert_no_secret(answer.content.decode(), sandbox, token)


def test_error_mails_show_no_secret(sandbox: Sandbox, token: str) -> None:
    """Neither do the mails that Django sends to ADMINS in production."""
    from django.utils.log import AdminEmailHandler

    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        with override_settings(ADMINS=ADMINS):
            # It collects mails, in the way of each version of Django.
            setup_test_environment()
            client = Client(raise_request_exception=False)
            client.get("/crash-inside", headers={"Authorization": f"Bearer {token}"})
            sent = list(mail.outbox)
            teardown_test_environment()
    finally:
        logger.removeHandler(handler)
    # Django has a handler for mails already, which sends but the text.
    with_html, plain = sorted(sent, key=lambda message: not message.alternatives)
    for text in (with_html.body, str(with_html.alternatives[0][0]), plain.body):
        assert "crash_inside" in text
        assert_no_secret(text, sandbox, token)


def test_variables_of_the_sdk_are_not_shown() -> None:
    """Of the SDK's own functions no page shows any variable; of a project's, it does."""
    shown = ExceptionReporterFilter()
    with override_settings(PRIVY=GOOD), pytest.raises(TypeError) as caught:
        get_client().wallets.get("w", unknown_option=1)  # type: ignore[call-arg]
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [f for f in frames if str(f.f_globals["__name__"]).startswith("privy_")]
    assert len(ours) > 3
    assert all(shown.get_traceback_frame_variables(None, frame) == [] for frame in ours)
    names = [name for name, _ in shown.get_traceback_frame_variables(None, frames[0])]
    assert "shown" in names


def test_a_filter_of_the_projects_own_stays(sandbox: Sandbox, token: str) -> None:
    """A project with a filter of its own keeps it, and may derive it from ours."""

    default = get_default_exception_reporter_filter
    default.cache_clear()
    with override_settings(DEFAULT_EXCEPTION_REPORTER_FILTER=f"{__name__}.Own", DEBUG=True):
        answer = Client(raise_request_exception=False).get(
            "/crash", headers={"Authorization": f"Bearer {token}"}
        )
    default.cache_clear()
    assert "shown by Own" in answer.content.decode()
    assert_no_secret(answer.content.decode(), sandbox, token)


class Own(ExceptionReporterFilter):
    """A project's filter."""

    def get_safe_settings(self) -> dict[str, str]:
        return {"SHOWN": "shown by Own"}
