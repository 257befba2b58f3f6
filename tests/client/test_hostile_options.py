"""Every option, and every function beside the operations, with values that nobody means."""

import hmac
import inspect
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hostile_values import HOSTILE, IMPOSSIBLE

import privy_sync
from privy_async import (
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    PrivyClient,
    PrivyError,
    UserAuth,
    format_request_for_authorization_signature,
    generate_authorization_signature,
)
from privy_async.bulk import call_each
from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.sending.observing import Request
from privy_async.user_keys.store import UserKeyCipher
from privy_sync.bulk import call_each as sync_call_each

pytestmark = pytest.mark.anyio

JWT = "e30.e30.AA"
KEY = AuthorizationKey.generate()
SENT: list[Request] = []
CREDENTIALS: dict[str, Any] = {
    "app_id": "app",
    "app_secret": "secret",
    "base_url": "http://127.0.0.1:1",
    "max_retries": 0,
    "on_request": SENT.append,
}
PRIVY = PrivyClient(**CREDENTIALS)
CALLED: list[object] = []


def make(client: Any) -> Callable[..., object]:
    return lambda **options: client(**{**CREDENTIALS, **options})


async def call(item: object, key: str) -> None:
    CALLED.append(item)


def get(value: Any) -> Any:
    return PRIVY.request("GET", "/v1/x", query={"name": value})


def names(method: Any) -> dict[str, Any]:
    """The parameters of a method, which need no value of their own."""
    return dict.fromkeys(list(inspect.signature(method).parameters))


def delivery() -> dict[str, Any]:
    """A webhook's delivery, all but its headers, which may be of many kinds."""
    key, body, at = b"k" * 24, b'{"type":"privy.test","message":"x"}', str(int(time.time()))
    digest = hmac.digest(key, f"m.{at}.".encode() + body, "sha256")
    signature = f"v1,{b64encode(digest).decode()}"
    return {
        "headers": {"svix-id": "m", "svix-timestamp": at, "svix-signature": signature},
        "body": body,
        "secret": f"whsec_{b64encode(key).decode()}",
        "tolerance": timedelta(minutes=5),
        "now": float(at),
    }


@attrs.frozen
class Tried:
    """A function, the right arguments, and those of them that are spoiled one by one."""

    function: Callable[..., Any]
    right: dict[str, Any]
    spoiled: tuple[str, ...] = ()


def tried(function: Callable[..., Any], **right: Any) -> Tried:
    return Tried(function, right, tuple(right))


REQUEST = {
    "method": "POST",
    "path": "/v1/x",
    "query": {"a": "b"},
    "body": {"a": 1},
    "timeout": 1,
    "deadline": 1,
    "extra_body": {},
    "idempotency_key": "x",
    "request_expiry": None,
    "authorization": None,
    "user_jwt": JWT,
}
CONTEXT = inspect.signature(AuthorizationContext).parameters
FUNCTIONS: dict[str, Tried] = {
    "client": Tried(make(PrivyClient), {}, tuple(names(PrivyClient))),
    "sync client": Tried(make(privy_sync.PrivyClient), {}, tuple(names(PrivyClient))),
    "with_options": Tried(PRIVY.with_options, {}, tuple(names(PRIVY.with_options))),
    "for_user": tried(PRIVY.for_user, user_jwt=JWT, mfa_token=None),
    "with_authorization": tried(PRIVY.with_authorization, authorization=None),
    "update_authorization_key": tried(PrivyClient(**CREDENTIALS).update_authorization_key, key=KEY),
    "context": Tried(AuthorizationContext, {}, tuple(CONTEXT)),
    "user": tried(UserAuth, user_jwt=JWT, mfa_token=None),
    "request": tried(PRIVY.request, **REQUEST),
    "query": tried(get, value="x"),
    "payload": tried(
        format_request_for_authorization_signature,
        method="POST",
        url="https://api.privy.io/v1/x",
        app_id="app",
        body={"a": 1},
        idempotency_key="x",
        request_expiry=10**13,
    ),
    "signature": tried(generate_authorization_signature, payload=b"x", private_key=KEY),
    "key": tried(AuthorizationKey, private_key=KEY.private_key),
    "parsed key": tried(AuthorizationKey.parse, key=KEY),
    "sign": tried(KEY.sign, payload=b"x"),
    "webhook": Tried(PRIVY.webhooks.verify, delivery(), ("body", "secret")),
    "unsafe webhook": tried(PRIVY.webhooks.unsafe_unwrap, body=b"{}"),
    "access token": Tried(
        PRIVY.tokens.verify_access_token,
        {"token": JWT},
        tuple(names(PRIVY.tokens.verify_access_token)),
    ),
    "forget_user": tried(PRIVY.forget_user, user_jwt=JWT),
    "wait": tried(PRIVY.transactions.wait, transaction_id="x", until="confirmed", timeout=1),
    "generate_user_signer": tried(PRIVY.wallets.generate_user_signer, user_jwt=JWT),
    "cipher": tried(UserKeyCipher, encryption_key=bytes(32)),
    "store": tried(
        RedisUserKeyStore,
        redis="redis://localhost:1",
        encryption_key=bytes(32),
        prefix="p",
        timeout=1,
        clock=None,
    ),
}
TRIED = [
    pytest.param(each, argument, id=f"{name}-{argument}")
    for name, each in FUNCTIONS.items()
    for argument in each.spoiled
]


@pytest.mark.parametrize(("each", "argument"), TRIED)
async def test_only_errors_of_ours(each: Tried, argument: str) -> None:
    """Each is a PrivyError that can be shown; what no place can take is never sent."""
    for label, value in HOSTILE.items():
        SENT.clear()
        try:
            made = each.function(**{**each.right, argument: value})
            if inspect.isawaitable(made):
                await made
        except PrivyError as error:
            shown = str(error)
            shown.encode()
        assert not (SENT and label in IMPOSSIBLE), label


@pytest.mark.parametrize(
    "value", [*IMPOSSIBLE.values(), b"a", None, True, 1], ids=lambda value: type(value).__name__
)
async def test_names_in_a_query(value: Any) -> None:
    """A name that is no text, or has no UTF-8, is refused."""
    try:
        query = {value: "x"}
    except TypeError:
        pytest.skip("is no key of a dict")
    with pytest.raises(InvalidArgumentError):
        await PRIVY.request("GET", "/v1/x", query=query)


@pytest.mark.parametrize("argument", ["items", "run_id", "key", "concurrency", "on_progress"])
@pytest.mark.parametrize("label", [name for name in IMPOSSIBLE if name not in ("a function",)])
async def test_bulk(argument: str, label: str) -> None:
    """Before the first call, not after it."""
    right: dict[str, Any] = {"items": ["a"], "call": call, "run_id": "r"}
    given = {**right, argument: IMPOSSIBLE[label]}
    CALLED.clear()
    if label == "a type" and argument in ("key", "on_progress"):
        return  # A class is a function, too.
    for run in (call_each, lambda **options: sync_call_each(**options)):
        try:
            made = run(**given)
            results = await made if inspect.isawaitable(made) else made
        except PrivyError:
            continue
        assert argument == "items"
        assert all(
            result.error is None or isinstance(result.error, Exception) for result in results
        )
    assert argument == "items" or CALLED == []


@pytest.mark.parametrize("make_it", [
    lambda: UserKeyCipher(None),  # type: ignore[arg-type]
    lambda: RedisUserKeyStore("redis://localhost", encryption_key=None),  # type: ignore[arg-type]
])  # fmt: skip
def test_a_missing_key_of_the_store_names_its_variable(make_it: Callable[[], object]) -> None:
    """What is None comes from an environment in which something is not set."""
    with pytest.raises(InvalidArgumentError, match="variable such as PRIVY_STORE_KEY") as caught:
        make_it()
    assert caught.value.argument == "encryption_key"


async def test_an_unknown_keyword_is_pythons_own_error() -> None:
    """As of any function."""
    with pytest.raises(TypeError, match="tiemout"):
        PrivyClient(**CREDENTIALS, tiemout=1)
    with pytest.raises(TypeError, match="tiemout"):
        await PRIVY.wallets.get("w", tiemout=1)  # type: ignore[call-arg]
