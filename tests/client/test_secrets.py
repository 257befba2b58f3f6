"""Secrets stay secret: in reprs, logs and errors, through success and every kind of failure."""

import asyncio
import logging
import pickle
import socket
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import MethodType
from typing import Any

import attrs
import pytest
from aiohttp import web
from eth_account import Account
from loopback import APP_ID, APP_SECRET, WALLET, Loopback, Request, exchanged, loopback, ok

from privy_async import record_responses
from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.sending.call import Call
from privy_async.sending.operations import find_operation
from privy_async.signing.authorization import AuthorizationContext, generate_authorization_signature
from privy_async.signing.p256 import AuthorizationKey, generate_p256_key_pair
from privy_async.user_keys.hpke import Sealed, seal

pytestmark = pytest.mark.anyio

KEY, USER_KEY, SIGNER_KEY = (AuthorizationKey.generate() for _ in range(3))
PAIR = generate_p256_key_pair()
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZS00NzExIn0.c2VjcmV0LXNpZ25hdHVyZS1vZi1hbGljZQ"
WALLET_KEY = "5f" * 8 + "c0ffee" * 8
ADDRESS = Account.from_key(WALLET_KEY).address
PROXY_PASSWORD = "proxy-password-93ab"
MFA_TOKEN = "mfa-token-4f1c77e0b2"


def pieces(secret: str, *, length: int = 12) -> set[str]:
    """All runs of that length: a part of a secret is one too."""
    return {secret[at : at + length] for at in range(len(secret) - length + 1)}


def private_part(key: AuthorizationKey) -> str:
    """The text of the scalar; the rest of the base64 is the public key and the same for all."""
    return key.to_base64()[50:90]


SECRETS = {
    *pieces(APP_SECRET),
    *pieces(b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()[-24:]),
    *pieces(JWT.split(".", 1)[1]),
    *pieces(private_part(KEY)),
    *pieces(private_part(USER_KEY)),
    *pieces(private_part(SIGNER_KEY)),
    *pieces(private_part(AuthorizationKey.parse(PAIR.private_key))),
    *pieces(WALLET_KEY),
    *pieces(PROXY_PASSWORD),
    *pieces(MFA_TOKEN),
}


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


async def sign_elsewhere(payload: bytes) -> str:
    return SIGNER_KEY.sign(payload)


def raise_all(payload: bytes) -> str:
    raise ValueError("the HSM is locked")


def return_bytes(payload: bytes) -> Any:
    return SIGNER_KEY.sign(payload).encode()


CALLS: dict[str, Callable[[PrivyClient], Awaitable[object]]] = {
    "as a user": lambda privy: privy.for_user(JWT).wallets.ethereum.sign_message("w1", "hello"),
    "with a key": lambda privy: privy.wallets.update("w1", display_name="x"),
    "with a signer": lambda privy: privy.wallets.update(
        "w1", display_name="x", authorization=AuthorizationContext(signers=[sign_elsewhere])
    ),
    "with a signature": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signatures=[KEY.sign(b"x")])
    ),
    "for the key": lambda privy: privy.wallets.generate_user_signer(user_jwt=JWT),
    "raw": lambda privy: privy.wallets.authenticate(
        user_jwt=JWT, recipient_public_key=KEY.public_key
    ),
    "export": lambda privy: privy.for_user(JWT).wallets.export_private_key("w1"),
    "import": lambda privy: privy.wallets.import_private_key(
        chain_type="ethereum", private_key=WALLET_KEY, address=ADDRESS
    ),
    "read": lambda privy: privy.wallets.get("w1"),
    "list": lambda privy: privy.wallets.list(),
    "with a second factor": lambda privy: privy.for_user(
        JWT, mfa_token=MFA_TOKEN
    ).wallets.ethereum.sign_message("w1", "hello"),
    "verifying a second factor": lambda privy: privy.users.mfa.totp.verification.verify(
        "u1", code="123456", user_jwt=JWT
    ),
    "by hand": lambda privy: privy.request("POST", "/v1/wallets/w1/rpc", body={"a": 1}),
}
FAILING_SIGNERS: dict[str, Callable[[PrivyClient], Awaitable[object]]] = {
    "a signer raises": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signers=[raise_all])
    ),
    "a signer returns bytes": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signers=[return_bytes])
    ),
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


def answer_well(request: Request) -> web.Response:
    """The success of each operation."""
    if "/mfa/" in request.path:
        return ok({"token": MFA_TOKEN})
    if request.path.endswith("/authenticate"):
        return exchanged(request, USER_KEY)
    if request.path.endswith("/export"):
        sealed = seal(WALLET_KEY.encode(), request.json["recipient_public_key"])
        return ok({"encryption_type": "HPKE", **attrs.asdict(sealed)})
    if request.path.endswith("/import/init"):
        return ok({"encryption_type": "HPKE", "encryption_public_key": KEY.public_key})
    if request.path.endswith("/rpc"):
        return ok({"method": "x", "data": {"signature": "0x01", "encoding": "hex"}})
    return ok({**WALLET, "data": [WALLET], "next_cursor": None})


class Cut(web.StreamResponse):
    """An answer that breaks off in the middle."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        self.content_length = 1000
        writer = await super().prepare(request)
        await self.write(b'{"a":')
        assert request.transport is not None
        request.transport.abort()
        return writer


class NoHttp(web.StreamResponse):
    """Bytes that are no HTTP answer at all."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(b"HTTP/1.1 nonsense\r\n\r\n")
        return await super().prepare(request)


async def answer_late(request: Request) -> web.Response:
    await asyncio.sleep(30)
    raise AssertionError("the test should have ended")


def sealed_for_nobody(request: Request) -> web.Response:
    stranger = seal(USER_KEY.to_base64().encode(), AuthorizationKey.generate().public_key)
    fields = {"encryption_type": "HPKE", **attrs.asdict(stranger)}
    return exchanged(request, USER_KEY, encrypted_authorization_key=fields)


def unsealed(request: Request) -> web.Response:
    key = USER_KEY.to_base64()
    return ok({"authorization_key": key, "expires_at": 4e12, "wallets": [WALLET]})


def half_a_key(request: Request) -> web.Response:
    text = USER_KEY.to_base64()[:-8].encode()
    sealed = seal(text, request.json["recipient_public_key"])
    fields = {"encryption_type": "HPKE", **attrs.asdict(sealed)}
    return exchanged(request, USER_KEY, encrypted_authorization_key=fields)


Answer = Callable[[Request], Any]


def refusing(status: int, **fields: str) -> Answer:
    return lambda request: ok({"error": "refused", **fields}, status=status)


# How exchanges and all other requests are answered.
FAILURES: dict[str, tuple[Answer, Answer]] = {
    **{
        f"status {status}": (answer_well, refusing(status))
        for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)
    },
    "a policy": (answer_well, refusing(400, code="policy_violation")),
    "a redirect": (
        answer_well,
        lambda request: web.Response(status=307, headers={"Location": "https://other.example/"}),
    ),
    "HTML": (answer_well, lambda request: web.Response(text="<html>502</html>")),
    "garbage": (answer_well, lambda request: web.Response(body=b"\xff\x00{")),
    "another shape": (answer_well, lambda request: ok([1, 2])),
    "an empty object": (answer_well, lambda request: ok({})),
    "nothing": (answer_well, lambda request: web.Response()),
    "nested too deeply": (answer_well, lambda request: web.Response(text="[" * 100_000)),
    "cut off": (answer_well, lambda request: Cut()),
    "no HTTP": (answer_well, lambda request: NoHttp()),
    "too late": (answer_well, answer_late),
    "exchange refused": (refusing(400, code="invalid_data"), answer_well),
    "exchange broken": (refusing(500), answer_well),
    "exchange cut off": (lambda request: Cut(), answer_well),
    "exchange too late": (answer_late, answer_well),
    "exchange garbage": (lambda request: web.Response(text="<html>"), answer_well),
    "exchange for another": (sealed_for_nobody, answer_well),
    "exchange unsealed": (unsealed, answer_well),
    "exchange of half a key": (half_a_key, answer_well),
}


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
        await scene.act(privy, {**CALLS, **FAILING_SIGNERS})
        scene.saw(server)
        scene.check(caplog.records)
    assert len(scene.errors) > len(FAILING_SIGNERS)
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
