"""`privy.request`: any operation of the API, built and checked like a named call."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sdk_helpers import RawServer, http_answer, logged

from privy_async import (
    OMIT,
    APIConnectionError,
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    NotFoundError,
    PrivyClient,
    record_responses,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()


@pytest.mark.parametrize(
    ("arguments", "target", "content", "headers"),
    [
        (("GET", "/v1/x", {"query": {"a": 1, "b": None}}), "/v1/x?a=1", b"", set()),
        (
            ("GET", "/v1/x", {"query": {"a": [1, "b"], "c": True, "d": "e f"}}),
            "/v1/x?a=1&a=b&c=true&d=e%20f",
            b"",
            set(),
        ),
        (("POST", "/v1/unknown", {}), "/v1/unknown", b"", set()),
        (("POST", "/v1/unknown", {"body": None}), "/v1/unknown", b"null", set()),
        (("POST", "/v1/unknown", {"body": OMIT}), "/v1/unknown", b"", set()),
        (
            ("POST", "/v1/unknown", {"body": {"b": 1, "a": 2}, "extra_body": {"c": 3}}),
            "/v1/unknown",
            b'{"a":2,"b":1,"c":3}',
            set(),
        ),
        (("PATCH", "/v1/wallets/w", {"body": {}}), "/v1/wallets/w", b"{}", {"signature"}),
        (
            ("POST", "/v1/wallets/w/rpc", {"body": {}}),
            "/v1/wallets/w/rpc",
            b"{}",
            {"signature", "key"},
        ),
        (("POST", "/v1/policies", {"body": {}}), "/v1/policies", b"{}", {"key"}),
        (("DELETE", "/v1/policies/p", {}), "/v1/policies/p", b"", {"signature"}),
        (
            ("POST", "/v1/unknown", {"idempotency_key": "order-1"}),
            "/v1/unknown",
            b"",
            {"key"},
        ),
    ],
)
async def test_a_request_by_hand_is_built_like_a_named_call(
    arguments: tuple[Any, str, dict[str, Any]], target: str, content: bytes, headers: set[str]
) -> None:
    """Known operations are signed and get a key; unknown ones only as far as they are told."""
    method, path, options = arguments
    async with (
        RawServer(http_answer({"ok": True})) as server,
        server.client(authorization_key=KEY) as privy,
    ):
        assert await privy.request(method, path, **options) == {"ok": True}
    (request,) = server.requests
    assert (request.method, request.target, request.body) == (method, target, content)
    names = {"signature": "privy-authorization-signature", "key": "privy-idempotency-key"}
    sent = {short for short, name in names.items() if name in request.header_names}
    assert sent == headers
    if "signature" in headers:
        request.check_signatures(KEY.public_key)


async def test_an_unknown_operation_is_signed_if_somebody_is_named() -> None:
    """Then it is signed like any other, with an expiry if one is given."""
    context = AuthorizationContext(authorization_private_keys=[KEY])
    async with RawServer() as server, server.client() as privy:
        await privy.request("POST", "/v1/unknown", body={}, authorization=context)
        await privy.request(
            "POST", "/v1/unknown", authorization=context, request_expiry=timedelta(minutes=1)
        )
    for request in server.requests:
        request.check_signatures(KEY.public_key)
    assert "privy-request-expiry" in server.requests[1].header_names


async def test_an_unknown_write_is_repeated_only_with_a_key_of_the_callers(
    sandbox: Sandbox,
) -> None:
    """None is no key: the SDK must not think one of its own makes the repetition safe."""
    account = {"type": "email", "address": "bob@example.com"}
    async with sandbox.client() as privy:
        sandbox.faults.add(path="/v1/users", drop="after")
        options: Any = {"idempotency_key": None}
        with pytest.raises(APIConnectionError) as caught:
            await privy.request("POST", "/v1/users", body={"linked_accounts": [account]}, **options)
    assert caught.value.may_have_happened is True
    assert len(logged(sandbox, "POST", "/v1/users")) == 1


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (("HEAD", "/v1/x"), "method"),
        (("get", "/v1/x"), "method"),
        (("GET", "v1/x"), "path"),
        (("GET", "//other.example/x"), "path"),
        (("GET", "https://other.example/x"), "path"),
        (("GET", "/v1/x/"), "path"),
        (("GET", "/v1/../x"), "path"),
        (("GET", "/v1/a b"), "path"),
        (("GET", "/v1/ü"), "path"),
        (("GET", "/v1/x?a=b"), "path"),
        (("GET", "/v1/x#y"), "path"),
        (("GET", "/v1/x\r\nHost: other"), "path"),
    ],
)
async def test_a_wrong_method_or_path_is_named(arguments: tuple[Any, str], argument: str) -> None:
    """Nothing is sent that would be signed otherwise than sent, or go elsewhere."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError) as caught:
            await privy.request(*arguments)
    assert caught.value.argument == argument
    assert server.connections == 0


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"query": {"a": {}}}, "a"),
        ({"query": {"a": b"x"}}, "a"),
        ({"body": {"a": 2**53}}, "body.a"),
        ({"body": {"a": [float("nan")]}}, "body.a[0]"),
        ({"body": {"a": {1: 2}}}, "body.a"),
        ({"body": {"a": b"x"}}, "body.a"),
        ({"body": [], "extra_body": {"a": 1}}, "extra_body"),
        ({"extra_body": [1]}, "extra_body"),
        ({"timeout": 0}, "timeout"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "x" * 257}, "idempotency_key"),
        ({"idempotency_key": "a\r\nb"}, "idempotency_key"),
        ({"idempotency_key": "ü"}, "idempotency_key"),
        ({"request_expiry": 5}, "request_expiry"),
    ],
)
async def test_a_wrong_option_of_a_call_is_named(options: dict[str, Any], argument: str) -> None:
    """With the path to the place in a body."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError) as caught:
            await privy.request("POST", "/v1/wallets/w/rpc", **options)
    assert caught.value.argument == argument
    assert server.connections == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda privy: privy.wallets.get("w", idempotency_key="x"),
        lambda privy: privy.wallets.get("w", authorization=None),
        lambda privy: privy.wallets.create(chain_type="tron", authorization=None),
        lambda privy: privy.wallets.update("w", idempotency_key="x"),
        lambda privy: privy.wallets.rpc("w", {"method": "x"}, timeuot=5),
        lambda privy: privy.request("GET", "/v1/x", authorization=None),
    ],
)
async def test_an_option_that_an_operation_does_not_take_is_an_error(
    call: Callable[[PrivyClient], Awaitable[object]],
) -> None:
    """As an unknown keyword is for Python: it would be ignored otherwise."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(TypeError, match="this operation takes no"):
            await call(privy)
    assert server.connections == 0


async def test_what_happened_can_be_recorded(sandbox: Sandbox) -> None:
    """Each attempt of the calls inside the block, and none of those outside."""
    async with sandbox.client() as privy:
        sandbox.faults.add(status=500)
        with record_responses() as responses:
            wallet = await privy.wallets.create(chain_type="tron")
            await asyncio.create_task(privy.request("GET", f"/v1/wallets/{wallet.id}"))
        with pytest.raises(NotFoundError):
            await privy.wallets.get("nothing")
    failed, made, fetched = responses
    assert [(each.status, each.retry) for each in responses] == [(500, 0), (200, 1), (200, 0)]
    assert failed.idempotency_key == made.idempotency_key is not None
    assert (fetched.method, fetched.idempotency_key) == ("GET", None)
    records = [record.request_id for record in sandbox.log]
    assert [each.request_id for each in responses] == records[:3]
