"""The options of clients and calls: what is refused, what a header takes, and when it expires."""

import json
import math
import re
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from loopback import APP_ID, Loopback, loopback
from places import VECTORS

from privy_async.checks import check_idempotency_key, check_request_expiry, check_seconds
from privy_async.client import PrivyClient
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError
from privy_async.sending.credentials import Credentials
from privy_async.sending.operations import Accepts
from privy_async.sending.requester import check_options
from privy_async.signing.authorization import AuthorizationContext
from privy_async.signing.p256 import AuthorizationKey


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


EXPIRY = load("request_expiry.json")
KEY = AuthorizationKey.generate()
SIGNED = AuthorizationContext(authorization_private_keys=[KEY])
LATER = 4_000_000_000_000


# --- checks


OPTIONS = {
    "authorization": "signature",
    "idempotency_key": "idempotency",
    "request_expiry": "expiry",
}


@pytest.mark.parametrize(("option", "header"), OPTIONS.items())
def test_options_of_an_operation(option: str, header: str) -> None:
    """An option is taken where its header is, and is a TypeError at any other operation."""
    check_options({option: None, "timeout": 1, "extra_body": {}}, Accepts(**{header: True}))
    others = Accepts(True, True, True, True)._replace(**{header: False})
    with pytest.raises(TypeError, match=f"takes no '{option}'; its options are .*extra_body, "):
        check_options({option: None}, others)


def test_unknown_options() -> None:
    """A misspelt option is a TypeError, as with any keyword, however much is accepted."""
    with pytest.raises(TypeError, match="takes no 'idempotencykey'"):
        check_options({"timeout": 1, "idempotencykey": "k"}, Accepts(True, True, True, True))


@pytest.mark.parametrize("key", ["k", "x" * 256, "order 66", "a,b;c=~"], ids=len)
def test_idempotency_keys(key: str) -> None:
    """Up to 256 printable ASCII characters are a key."""
    assert check_idempotency_key(key) == key


@pytest.mark.parametrize(
    "key",
    ["", "x" * 257, "é", "a\nb", "a\x00", "\x7f", " ", " k", "k ", None, 7, b"k", UUID(int=1)],
    ids=repr,
)
def test_idempotency_keys_that_are_refused(key: Any) -> None:
    """A key that could not be sent is refused; so is white space at its ends, which HTTP drops."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_idempotency_key(key)
    assert caught.value.argument == "idempotency_key"


@pytest.mark.parametrize("seconds", [1, 0.001, 60.0, 86_400], ids=repr)
def test_timeouts(seconds: float) -> None:
    """Any positive number of seconds is a timeout."""
    assert check_seconds("timeout", seconds) == seconds


@pytest.mark.parametrize(
    "seconds", [0, -1, math.nan, math.inf, True, "60", None, timedelta(seconds=1)], ids=repr
)
def test_timeouts_that_are_refused(seconds: Any) -> None:
    """Anything else is refused by the option's name."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_seconds("connect_timeout", seconds)
    assert caught.value.argument == "connect_timeout"


@pytest.mark.parametrize(
    "expiry", [None, timedelta(milliseconds=1), timedelta(hours=72), LATER], ids=repr
)
def test_expiries(expiry: Any) -> None:
    """A span, a time to come in ms, or None for never."""
    assert check_request_expiry(expiry, Clock()) == expiry


@pytest.mark.parametrize(
    ("expiry", "problem"),
    [
        (timedelta(0), "positive span"),
        (timedelta(seconds=-1), "positive span"),
        pytest.param(int(time.time()) + 900, "seconds?", id="seconds"),
        pytest.param(int(time.time() * 1000) - 1, "past", id="a moment ago"),
        (int(EXPIRY["explicit_literal"]), "past"),
        (0, "past"),
        (-5, "past"),
        (True, "expected a timedelta"),
        (float(LATER), "expected a timedelta"),
        (str(LATER), "expected a timedelta"),
        (900.0, "expected a timedelta"),
    ],
    ids=repr,
)
def test_expiries_that_are_refused(expiry: Any, problem: str) -> None:
    """What Privy would refuse is refused here, seconds above all."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_request_expiry(expiry, Clock(), argument="intent_expiry")
    assert caught.value.argument == "intent_expiry"
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.privy.io/",
        "https://api.privy.io\n",
        " https://api.privy.io",
        "https://API.Privy.io:443",
    ],
    ids=repr,
)
def test_base_urls_are_tidied(base_url: str) -> None:
    """White space from a file, a slash, the usual port: none of it gets into what is signed."""
    client = PrivyClient(app_id="a", app_secret="b", base_url=base_url)
    assert "base_url='https://api.privy.io'," in repr(client)


@pytest.mark.parametrize(
    "base_url",
    [
        "api.privy.io",
        "ftp://api.privy.io",
        "https://",
        "https://user:password@api.privy.io",
        "https://api.privy.io?x=1",
        "https://api.privy.io#x",
        "https://privé.example",
        "https://api. privy.io",
        "https://[::1",
        "https://api.privy.io:port",
        "https://api.privy.io:99999",
        "https://api.privy.io/..",
        "https://api.privy.io/a/./b",
        "https://api.privy.io/a/../b/",
        5,
    ],
    ids=repr,
)
def test_base_urls_that_are_refused(base_url: Any) -> None:
    """An address that could not be requested as it stands is refused when the client is made."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", base_url=base_url)
    assert caught.value.argument == "base_url"


@pytest.mark.parametrize("argument", ["app_id", "app_secret"])
@pytest.mark.parametrize("text", ["key\n", " key", "k\ney", "\x00", "k\u00efy", "\ud800"])
def test_credentials_are_as_they_were_given_out(argument: str, text: str) -> None:
    """A line break from a file would be refused by Privy as a wrong secret: it is named here."""
    options = {"app_id": "a", "app_secret": "b", argument: text}
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(**options)  # type: ignore[arg-type]
    assert caught.value.argument == argument
    assert text not in str(caught.value)


def test_plain_http_to_another_machine_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The app's secret can be read on the way; on this machine it cannot."""
    for host in ("localhost:8787", "127.0.0.1", "[::1]:80", "a.localhost"):
        PrivyClient(app_id="a", app_secret="b", base_url=f"http://{host}")
    assert caplog.messages == []
    for _ in range(3):
        PrivyClient(app_id="a", app_secret="b", base_url="http://privy.internal:8080")
    assert caplog.messages == [
        "base_url is http://privy.internal: the app's secret goes there unencrypted"
    ]


@pytest.mark.parametrize(
    "proxy",
    ["", "proxy.example", "socks5://proxy.example", "http://", "http://[::1", "http://p:99999", 5],
    ids=repr,
)
def test_proxies_that_are_refused(proxy: Any) -> None:
    """What is no proxy's address is refused: a request must not go around the proxy unnoticed."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", proxy=proxy)
    assert caught.value.argument == "proxy"


# --- the wire


@pytest.mark.parametrize("entry", load("basic_auth.json"), ids=lambda entry: entry["source"])
def test_app_credentials(entry: dict[str, Any]) -> None:
    """The Basic credentials are those that the official SDKs send."""
    credentials = Credentials(entry["app_id"], entry["app_secret"], Clock()).current()
    assert credentials is not None
    header = credentials.reveal()
    assert header == entry["header"]
    decoded = b64decode(header.removeprefix("Basic ")).decode()
    assert decoded == entry.get("decoded", f"{entry['app_id']}:{entry['app_secret']}")


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


@pytest.mark.anyio
async def test_a_get_is_never_signed(server: Loopback) -> None:
    """A GET has neither signature nor expiry, at the one path that lists the header as well."""
    async with server.client(authorization_key=KEY) as privy:
        await privy.request("GET", "/v1/wallets/w1/actions/a1", query={"limit": 1, "q": "a b/c"})
    (request,) = server.requests
    assert request.path == "/v1/wallets/w1/actions/a1?limit=1&q=a%20b%2Fc"
    assert not {"privy-authorization-signature", "privy-request-expiry"} & set(request.headers)
    assert request.headers["privy-app-id"] == APP_ID


async def sent_expiry(server: Loopback, path: str, client: dict[str, Any], **options: Any) -> str:
    """The expiry header of a PATCH; nothing if there was none."""
    async with server.client(**client) as privy:
        await privy.request("PATCH", path, body={}, **options)
    return server.requests[-1].headers.get("privy-request-expiry", "")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "default_ms"),
    [
        ("/v1/wallets/w1", EXPIRY["default_ms"]),
        ("/v1/intents/wallets/w1", EXPIRY["default_intent_ms"]),
    ],
)
async def test_default_expiry(path: str, default_ms: int, server: Loopback) -> None:
    """By default a signed request lives 15 minutes and an intent 72 hours, in Unix ms."""
    before = time.time() * 1000
    text = await sent_expiry(server, path, {})
    assert re.fullmatch(EXPIRY["header_regex"], text)
    assert before + default_ms - 1 <= int(text) <= time.time() * 1000 + default_ms
    assert await sent_expiry(server, path, {"request_expiry": None, "intent_expiry": None}) == ""
    assert await sent_expiry(server, path, {}, request_expiry=None) == ""


async def explicit_wins(server: Loopback) -> None:
    client = {"request_expiry": None}
    sent = await sent_expiry(server, "/v1/wallets/w1", client, request_expiry=LATER)
    assert sent == str(LATER)


async def explicit_wins_for_intents(server: Loopback) -> None:
    client = {"intent_expiry": None}
    sent = await sent_expiry(server, "/v1/intents/wallets/w1", client, request_expiry=LATER)
    assert sent == str(LATER)


async def there_are_no_aliases(server: Loopback) -> None:
    with pytest.raises(TypeError, match="takes no 'request_expiry_ms'"):
        await sent_expiry(server, "/v1/wallets/w1", {}, request_expiry_ms=LATER)


async def expired_is_not_even_sent(server: Loopback) -> None:
    past = int(EXPIRY["explicit_literal"])
    with pytest.raises(InvalidArgumentError):
        await sent_expiry(server, "/v1/wallets/w1", {}, request_expiry=past)
    assert server.requests == []


RULES: dict[str, Callable[[Loopback], Awaitable[None]]] = {
    "explicit per-call absolute ms wins over disabled (python, ruby)": explicit_wins,
    "go: intents with Disabled ignore explicit WithRequestExpiry (bug)": explicit_wins_for_intents,
    "nested option wins over deprecated alias (node, go)": there_are_no_aliases,
    "expired timestamp -> server rejects (node, ruby integration tests)": expired_is_not_even_sent,
}


@pytest.mark.anyio
@pytest.mark.parametrize("rule", EXPIRY["rules"])
async def test_expiry_rules_of_the_official_sdks(rule: str, server: Loopback) -> None:
    """Each rule that the official SDKs' tests name holds here, without the bug of one."""
    await RULES[rule](server)


@pytest.mark.anyio
async def test_a_get_takes_no_extra_body(server: Loopback) -> None:
    """It would be signed or sent as no server expects it; nothing is."""
    async with server.client() as privy:
        for call in (
            lambda: privy.wallets.get("w1", extra_body={"a": 1}),
            lambda: privy.request("GET", "/v1/wallets/w1", extra_body={}),
        ):
            with pytest.raises(InvalidArgumentError, match="extra_body: a GET has no body"):
                await call()
    assert server.requests == []


@pytest.mark.anyio
async def test_an_unknown_operation_is_signed_on_demand(server: Loopback) -> None:
    """A path the SDK does not know takes the headers that the caller's options name."""
    async with server.client() as privy:
        await privy.request(
            "POST", "/v1/new/thing", body={}, authorization=SIGNED, idempotency_key="k1"
        )
        await privy.request("POST", "/v1/new/thing", body={})
    signed, plain = server.requests
    assert signed.headers["privy-idempotency-key"] == "k1"
    assert "privy-authorization-signature" in signed.headers
    assert "privy-authorization-signature" not in plain.headers
    assert "privy-idempotency-key" not in plain.headers
