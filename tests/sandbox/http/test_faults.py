"""Faults to order: each does what it says, to the requests it matches, as often as it says."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest
from api_client import ApiClient, until_faults_struck

from privy_async.sandbox import Fault, Faults

pytestmark = pytest.mark.anyio

BODY = {"chain_type": "ethereum"}


async def create(api: ApiClient, key: str | None = None) -> Any:
    """Ask for a wallet, perhaps with an idempotency key."""
    headers = {"privy-idempotency-key": key} if key else {}
    return await api.call("POST", "/v1/wallets", BODY, headers=headers)


def wallets(api: ApiClient) -> int:
    """How many wallets were made."""
    return len(api.sandbox.state.wallets)


async def test_a_fault_strikes_as_often_as_ordered(api: ApiClient) -> None:
    """A fault strikes once unless told otherwise; then everything is as before."""
    api.sandbox.faults.add(status=503)
    api.sandbox.faults.add(status=500, times=2)
    statuses = [(await create(api)).status for _ in range(4)]
    assert statuses == [503, 500, 500, 200]
    assert wallets(api) == 1


async def test_a_fault_may_strike_every_time(api: ApiClient) -> None:
    """With `times=None` a fault strikes until the faults are cleared."""
    api.sandbox.faults.add(status=500, times=None)
    assert [(await create(api)).status for _ in range(3)] == [500] * 3
    assert len(api.sandbox.faults) == 1
    api.sandbox.faults.clear()
    assert (await create(api)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "struck"),
    [
        (None, None, True),
        ("POST", None, True),
        ("GET", None, False),
        (None, "/v1/wallets", True),
        (None, "/v1/wallets/*", False),
        ("POST", "/v1/*", True),
        ("POST", "/v1/users", False),
        ("POST", "*wallets", True),
    ],
)
@pytest.mark.parametrize("family", ["", "/api"])
async def test_which_requests_a_fault_strikes(
    api: ApiClient, method: str | None, path: str | None, struck: bool, family: str
) -> None:
    """Method and path pattern must both match; the path has neither query nor `/api`."""
    api.sandbox.faults.add(method=method, path=path, status=500)
    reply = await api.call("POST", f"{family}/v1/wallets?x=1", BODY)
    assert reply.status == (500 if struck else 200)
    assert len(api.sandbox.faults) == (0 if struck else 1)


def test_the_first_fault_that_matches_is_used_up() -> None:
    """Faults are taken in the order they were added, passing over those that do not match."""
    faults = Faults()
    users = faults.add(path="/v1/users", status=500)
    first = faults.add(path="/v1/wallets/*/rpc", status=501)
    second = faults.add(status=502)
    taken = [faults.take("POST", "/v1/wallets/w/rpc") for _ in range(3)]
    assert taken == [first, second, None]
    assert faults.take("GET", "/v1/users") == users


async def test_a_status_instead_of_executing(api: ApiClient) -> None:
    """By default the answer has Privy's form of an error, and nothing is executed."""
    api.sandbox.faults.add(status=503)
    reply = await create(api)
    assert (reply.status, reply.body) == (503, {"error": "Service Unavailable"})
    assert reply.headers["x-request-id"]
    assert wallets(api) == 0
    assert not api.sandbox.log[-1].executed


@pytest.mark.parametrize(
    ("body", "content_type", "received"),
    [
        ({"error": "x", "code": "y"}, "application/json", b'{"error": "x", "code": "y"}'),
        ([], "application/json", b"[]"),
        ("<html>", "text/plain", b"<html>"),
        (b"\xff", "text/plain", b"\xff"),
    ],
)
async def test_a_status_with_a_body_and_headers(
    api: ApiClient, body: object, content_type: str, received: bytes
) -> None:
    """A body is sent as JSON, or text and bytes as they are; headers are added."""
    api.sandbox.faults.add(status=429, body=body, headers={"Retry-After": "1"})
    async with api.session.get(f"{api.url}/v1/wallets") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "1")
        assert response.content_type == content_type
        assert await response.read() == received


async def test_any_status_will_do(api: ApiClient) -> None:
    """A status no standard knows is answered too."""
    api.sandbox.faults.add(status=599)
    reply = await create(api)
    assert (reply.status, reply.body) == (599, {"error": "Error"})


async def test_headers_can_replace_the_content_type(api: ApiClient) -> None:
    """A header of the fault takes the place of the usual one."""
    headers = {"Content-Type": "text/html"}
    api.sandbox.faults.add(status=502, body="<html>", headers=headers)
    async with api.session.get(f"{api.url}/v1/wallets") as response:
        assert response.content_type == "text/html"


async def test_a_status_after_executing(api: ApiClient) -> None:
    """With `after` the operation is executed although the answer says it failed."""
    api.sandbox.faults.add(status=500, after=True)
    assert (await create(api)).status == 500
    assert wallets(api) == 1
    record = api.sandbox.log[-1]
    assert (record.status, record.executed) == (500, True)


@pytest.mark.parametrize(("drop", "executed"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection(api: ApiClient, drop: Any, executed: int) -> None:
    """The client sees a closed connection, whether the operation was executed or not."""
    api.sandbox.faults.add(drop=drop)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await create(api)
    assert wallets(api) == executed
    record = api.sandbox.log[-1]
    assert (record.status, record.executed) == (None, bool(executed))


async def test_a_truncated_answer(api: ApiClient) -> None:
    """The whole answer is announced and half of it arrives, once it was executed."""
    api.sandbox.faults.add(truncate=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await create(api)
    assert wallets(api) == 1


async def test_a_malformed_answer(api: ApiClient) -> None:
    """The answer is complete and says 200 and JSON, but is none; it was executed."""
    for request in ({"path": "/v1/wallets"}, {"path": "/v1/users/*", "method": "DELETE"}):
        api.sandbox.faults.add(malformed=True, **request)
    user_id = await api.create_user("alice")
    for method, path, body in (
        ("POST", "/v1/wallets", BODY),
        ("DELETE", f"/v1/users/{user_id}", None),
    ):
        async with api.session.request(
            method, api.url + path, json=body, headers=api.app_headers()
        ) as response:
            assert (response.status, response.content_type) == (200, "application/json")
            with pytest.raises(json.JSONDecodeError):
                json.loads(await response.read())
    assert (wallets(api), len(api.sandbox.state.users)) == (1, 0)


async def test_a_redirect(api: ApiClient) -> None:
    """The answer is 307 with the address, and nothing is executed."""
    api.sandbox.faults.add(redirect="http://elsewhere.example/v1/wallets")
    reply = await create(api)
    assert reply.status == 307
    assert reply.headers["Location"] == "http://elsewhere.example/v1/wallets"
    assert wallets(api) == 0


async def test_a_delay(api: ApiClient) -> None:
    """The answer comes no sooner than ordered, also with another fault."""
    for fault in ({}, {"status": 500}, {"status": 500, "after": True}):
        api.sandbox.faults.add(delay=0.05, **fault)
        started = time.monotonic()
        reply = await create(api)
        assert time.monotonic() - started >= 0.05
        assert reply.status == (500 if fault else 200)
    assert wallets(api) == 2


async def test_others_are_served_during_a_delay(api: ApiClient) -> None:
    """A delayed request holds up no other one."""
    api.sandbox.faults.add(delay=3600)
    slow = asyncio.create_task(create(api))
    await until_faults_struck(api.sandbox)
    assert (await create(api)).status == 200
    slow.cancel()


async def test_a_delayed_request_is_executed_though_nobody_waits(api: ApiClient) -> None:
    """A client that gives up does not undo what it asked for."""
    api.sandbox.faults.add(delay=0.6)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await create(api, "key")
    reply = await create(api, "key")
    while reply.status == 409:
        reply = await create(api, "key")
    assert (reply.status, wallets(api)) == (200, 1)
    assert api.sandbox.log[-1].replayed


async def test_faults_strike_strangers_too(api: ApiClient) -> None:
    """A fault stands before Privy's own checks, like a failing proxy."""
    api.sandbox.faults.add(status=502)
    assert (await api.send("GET", "/v1/wallets")).status == 502


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"truncate": True}, {"malformed": True}])
async def test_what_was_executed_is_not_executed_again(
    api: ApiClient, fault: dict[str, Any]
) -> None:
    """Asked again with the same key, the answer that was lost is replayed."""
    api.sandbox.faults.add(**fault)
    with pytest.raises((aiohttp.ClientError, json.JSONDecodeError)):
        await create(api, "key")
    reply = await create(api, "key")
    assert reply.status == 200
    assert [reply.body["id"]] == list(api.sandbox.state.wallets)
    assert [(r.executed, r.replayed) for r in api.sandbox.log] == [(True, False), (False, True)]


async def test_a_status_after_executing_leaves_the_true_answer(api: ApiClient) -> None:
    """A 500 after executing is the connection's doing: the same key gets the wallet."""
    api.sandbox.faults.add(status=500, after=True)
    assert (await create(api, "key")).status == 500
    assert (await create(api, "key")).status == 200
    assert wallets(api) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"times": 2},
        {"status": 500, "drop": "after"},
        {"truncate": True, "malformed": True},
        {"redirect": "http://x", "status": 500},
        {"drop": "before", "headers": {"a": "b"}},
        {"body": {}},
        {"after": True, "delay": 1},
        {"status": 500, "times": 0},
        {"delay": -1},
        {"status": 500, "seed": 1},
        {"status": 500, "rate": 0},
        {"status": 500, "rate": -0.1},
        {"status": 500, "rate": 1.01},
        {"status": 500, "rate": float("nan")},
        {"status": 500, "rate": True},
        {"status": 500, "rate": "0.2"},
    ],
)
def test_arguments_that_do_not_go_together(arguments: dict[str, Any]) -> None:
    """A fault that says nothing, or two things at once, is a ValueError."""
    faults = Faults()
    with pytest.raises(ValueError, match=r"fault|goes wrong|go with|delay|rate"):
        faults.add(**arguments)
    assert len(faults) == 0


def test_a_fault_is_a_value() -> None:
    """What was ordered can be seen and compared."""
    assert Faults().add(status=500, path="/v1/users") == Fault(status=500, path="/v1/users")


def struck(seed: int | None, rate: float, requests: int = 1000, **more: Any) -> list[bool]:
    """Which of many requests a fault with this rate strikes."""
    faults = Faults()
    faults.add(status=500, rate=rate, seed=seed, **{"times": None, **more})
    return [faults.take("GET", "/v1/users") is not None for _ in range(requests)]


def test_a_fault_at_a_rate_is_the_same_for_a_seed() -> None:
    """The same seed strikes the same requests, another seed others, as many as the rate says."""
    first = struck(1, 0.2)
    assert first == struck(1, 0.2)
    assert first != struck(2, 0.2)
    assert 150 < sum(first) < 250


def test_a_rate_of_one_strikes_always() -> None:
    """Chance has no say at a rate of 1."""
    assert all(struck(7, 1))


def test_chance_without_a_seed() -> None:
    """A rate without a seed strikes some requests and not others, differently each time."""
    assert struck(None, 0.5) != struck(None, 0.5)


def test_times_count_strikes() -> None:
    """A request that chance spares does not use the fault up."""
    assert sum(struck(1, 0.2, times=3)) == 3
    assert struck(1, 0.2, times=3)[:3] == struck(1, 0.2)[:3]


def test_requests_of_others_do_not_touch_a_seed() -> None:
    """Only the requests a fault matches draw from its chances."""
    faults = Faults()
    faults.add(path="/v1/users", status=500, rate=0.2, seed=1, times=None)
    seen = list[bool]()
    for _ in range(100):
        faults.take("GET", "/v1/wallets")
        seen.append(faults.take("GET", "/v1/users") is not None)
    assert seen == struck(1, 0.2, requests=100)


def test_what_chance_spares_falls_to_the_next_fault() -> None:
    """A fault that does not strike leaves the request to the ones after it."""
    faults = Faults()
    faults.add(status=500, rate=0.2, seed=1, times=None)
    faults.add(status=503, times=None)
    statuses = [fault.status for _ in range(100) if (fault := faults.take("GET", "/"))]
    assert statuses == [500 if hit else 503 for hit in struck(1, 0.2, requests=100)]
