"""Secrets stay secret: in reprs, logs and errors, through success and every kind of failure."""

import asyncio
import logging
import pickle
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import MethodType
from typing import Any

import attrs
import failing_calls as given
import pytest
from failing_calls import (
    FAILURES,
    JWT,
    KEY,
    PROXY_PASSWORD,
    SIGNERS,
    WALLET_KEY,
    Answer,
    answer_well,
    pieces,
    private_part,
)
from loopback import APP_ID, APP_SECRET, Loopback, Request, loopback

from privy_async import record_responses
from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.sending.call import Call
from privy_async.sending.operations import find_operation
from privy_async.signing.authorization import AuthorizationContext, generate_authorization_signature
from privy_async.signing.p256 import AuthorizationKey, generate_p256_key_pair
from privy_async.user_keys.hpke import Sealed

# What answers to these is no success here.
OF_OTHER_ANSWERS = (
    "a provider's key",
    "an agreement",
    "beginning a passkey",
    "beginning a second factor",
)

pytestmark = pytest.mark.anyio

PAIR = generate_p256_key_pair()
SECRETS = given.SECRETS | pieces(private_part(AuthorizationKey.parse(PAIR.private_key)))


# --- what can be seen


def texts_of_error(error: BaseException) -> Iterator[str]:
    """All that a log, a debugger or a task queue shows of an error, its causes included."""
    yield from traceback.format_exception(error)
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(vars(seen)), repr(seen.args))
        seen = seen.__cause__ or seen.__context__
    yield pickle.dumps(error).decode("latin-1")


def is_ours(value: object) -> bool:
    return type(value).__module__.startswith("privy_async")


def inside(value: object) -> Iterator[object]:
    """What an object holds: items, attributes in slots or out, the object behind a method."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, (list, tuple, set)):
        yield from value
    elif isinstance(value, MethodType):
        yield value.__self__
    elif is_ours(value):
        yield from getattr(value, "__dict__", {}).values()
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                yield getattr(value, name, None)


def texts_of_objects(roots: list[object]) -> Iterator[str]:
    """The repr and str of every object of ours that can be reached."""
    seen: dict[int, object] = {}
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if id(value) not in seen:
            seen[id(value)] = value
            waiting.extend(inside(value))
            if is_ours(value):
                yield from (repr(value), str(value))
    assert any(isinstance(value, PrivyClient) for value in seen.values())


def assert_no_secret(texts: Iterator[str], secrets: set[str]) -> None:
    for text in texts:
        shown = [secret for secret in secrets if secret in text]
        assert not shown, text


# --- all that is done with secrets

CALLS: dict[str, Callable[[PrivyClient], Awaitable[object]]] = {
    **{name: given.CALLS[name] for name in given.CALLS if name not in OF_OTHER_ANSWERS},
    "list": lambda privy: privy.wallets.list(),
}


@attrs.define
class Scene:
    """What happened: results, errors, and what was logged and recorded on the way."""

    roots: list[object] = attrs.field(factory=list)
    errors: list[BaseException] = attrs.field(factory=list)
    signatures: set[str] = attrs.field(factory=set)

    async def act(self, privy: PrivyClient, calls: dict[str, Any] = CALLS) -> None:
        """Make every call, and keep what comes of it."""
        asyncio.get_running_loop().set_debug(True)
        self.roots += [privy, privy.for_user(JWT), privy.wallets, privy.wallets.list()]
        with record_responses() as responses:
            for call in calls.values():
                try:
                    self.roots.append(await call(privy))
                except PrivyError as error:
                    self.errors.append(error)
        self.roots += [responses]

    def saw(self, server: Loopback) -> None:
        """Learn the signatures that the server got; past their constant first bytes."""
        for request in server.requests:
            header = request.headers.get("privy-authorization-signature", "")
            for signature in header.split(","):
                self.signatures |= pieces(signature[10:], length=16)

    def check(self, records: list[logging.LogRecord]) -> None:
        secrets = SECRETS | self.signatures
        assert_no_secret((text for error in self.errors for text in texts_of_error(error)), secrets)
        assert_no_secret(texts_of_objects(self.roots), secrets)
        assert_no_secret((f"{r.getMessage()} {vars(r)!r}" for r in records), secrets)


@asynccontextmanager
async def serving(exchange: Answer, other: Answer) -> AsyncIterator[Loopback]:
    def answer(request: Request) -> Any:
        return exchange(request) if request.path.endswith("/authenticate") else other(request)

    async with loopback(answer) as server:
        yield server


async def test_success(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that is kept or logged while all goes well shows a secret."""
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    async with loopback(answer_well) as server, server.client(authorization_key=KEY) as privy:
        await scene.act(privy)
        scene.roots += [KEY, PAIR, AuthorizationContext(user_jwts=[JWT])]
        scene.saw(server)
        scene.check(caplog.records)
    assert scene.errors == []
    assert WALLET_KEY in scene.roots, "the export really gave the key"
    assert len(scene.signatures) > 100
    ours = [record for record in caplog.records if record.name == "privy_async"]
    assert len(ours) >= len(CALLS)


@pytest.mark.parametrize(("exchange", "other"), FAILURES.values(), ids=FAILURES)
async def test_failures(exchange: Answer, other: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """No error, log or object shows a secret, whatever comes back."""
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    async with (
        serving(exchange, other) as server,
        server.client(authorization_key=KEY, timeout=0.2) as privy,
    ):
        await scene.act(privy, {**CALLS, **SIGNERS})
        scene.saw(server)
        scene.check(caplog.records)
    assert len(scene.errors) > len(SIGNERS)
    assert scene.signatures


async def test_no_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Neither does a server or a proxy that cannot be reached, whose password is one more."""
    caplog.set_level(logging.DEBUG)
    scene = Scene()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    proxies = (None, f"http://user:{PROXY_PASSWORD}@127.0.0.1:{port}")
    for proxy in proxies:
        options: dict[str, Any] = {"app_id": APP_ID, "app_secret": APP_SECRET, "max_retries": 0}
        async with PrivyClient(
            base_url=url, proxy=proxy, authorization_key=KEY, **options
        ) as privy:
            await scene.act(privy)
    scene.check(caplog.records)
    assert len(scene.errors) == len(proxies) * len(CALLS)


BAD_ARGUMENTS: dict[str, Callable[[], object]] = {
    "key": lambda: AuthorizationKey.parse(KEY.to_base64()[:-4]),
    "key in a context": lambda: AuthorizationContext(
        authorization_private_keys=[f"x{KEY.to_base64()}"]
    ),
    "key to sign with": lambda: generate_authorization_signature(b"x", KEY.to_base64() + "!"),
    "token": lambda: AuthorizationContext(user_jwts=[JWT.replace(".", "_")]),
    "signature": lambda: AuthorizationContext(signatures=[f"{JWT},"]),
    "signer": lambda: AuthorizationContext(signers=[JWT]),  # type: ignore[list-item]
    "address": lambda: PrivyClient(
        app_id=APP_ID, app_secret=APP_SECRET, base_url=f"https://u:{PROXY_PASSWORD}@example.com"
    ),
    "app id": lambda: PrivyClient(app_id=f"{APP_SECRET}\n", app_secret=APP_SECRET),
    "app secret": lambda: PrivyClient(app_id=APP_ID, app_secret=APP_SECRET.encode()),  # type: ignore[arg-type]
    "key of a client": lambda: PrivyClient(
        app_id=APP_ID, app_secret=APP_SECRET, authorization_key=KEY.to_base64()[1:]
    ),
}


@pytest.mark.parametrize("make", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments(make: Callable[[], object]) -> None:
    """A secret with a flaw is a secret still."""
    with pytest.raises(InvalidArgumentError) as caught:
        make()
    assert_no_secret(texts_of_error(caught.value), SECRETS)


def test_a_call_hides_its_body() -> None:
    """An exchange has the token in its body, so the repr of a call has no body."""
    call = Call(
        operation=find_operation("POST /v1/wallets/authenticate"),
        url="https://api.privy.io/v1/wallets/authenticate",
        app_id=APP_ID,
        body=b'{"user_jwt":"%b"}' % JWT.encode(),
        idempotency_key=None,
        request_expiry=None,
        user_jwt=JWT,
        authorization=AuthorizationContext(user_jwts=[JWT], authorization_private_keys=[KEY]),
    )
    assert_no_secret(iter([repr(call)]), SECRETS)


def test_the_search_finds_secrets() -> None:
    """The search above is not blind: it finds a secret in an error, an object and its parts."""
    error = PrivyError(f"refused {JWT}")
    error.__cause__ = PrivyError(APP_SECRET)
    shown = Sealed(private_part(KEY), "")
    client = PrivyClient(app_id=APP_ID, app_secret=APP_SECRET)
    for texts in (texts_of_error(error), texts_of_objects([client, {"a": [shown]}])):
        with pytest.raises(AssertionError):
            assert_no_secret(texts, SECRETS)
