"""How events reach endpoints: signed, repeated where that failed, and beside the API's work."""

import asyncio
import socket
import time
from typing import Any

import pytest
from aiohttp import web
from api_client import ApiClient
from loopback import loopback
from webhook_receiver import receiving, taken, until

from privy_async.sandbox import Sandbox
from privy_async.verification.webhooks import verify

pytestmark = pytest.mark.anyio


async def test_a_delivery_is_signed_as_svix_signs(sandbox: Sandbox) -> None:
    """The checks of svix, of standardwebhooks and of the SDK take it, by the system's time."""
    svix = pytest.importorskip("svix")
    standardwebhooks = pytest.importorskip("standardwebhooks")
    async with receiving(sandbox) as receiver:
        sandbox.webhooks.emit("privy.test", {"message": "Hello, Wörld!"})
        await receiver.settled()
        request = receiver.server.requests[0]
        assert request.headers["content-type"] == "application/json"
        assert request.json == {"type": "privy.test", "message": "Hello, Wörld!"}
        standard = {name.replace("svix", "webhook"): v for name, v in request.headers.items()}
        for checker, headers in (
            (svix.Webhook(receiver.secret), request.headers),
            (standardwebhooks.Webhook(receiver.secret), standard),
        ):
            checker.verify(request.body, headers)
            with pytest.raises(Exception, match="No matching signature found"):
                checker.verify(request.body + b" ", headers)
        decoded = verify(request.body, request.headers, secret=receiver.secret)
        assert decoded.type == "privy.test"


async def test_each_endpoint_has_its_secret_and_gets_what_it_wants(sandbox: Sandbox) -> None:
    """Types choose, with `*` for any text; one event has one id everywhere."""
    async with loopback(taken) as server:
        secrets = [
            sandbox.webhooks.add(f"{server.url}/all"),
            sandbox.webhooks.add(f"{server.url}/some", ["privy.*"]),
            sandbox.webhooks.add(f"{server.url}/none", []),
        ]
        sandbox.webhooks.emit("privy.test", {})
        sandbox.webhooks.emit("wallet.archived", {})
        await until(lambda: len(server.requests) == 3)
        by_path: dict[str, list[Any]] = {}
        for request in server.requests:
            by_path.setdefault(request.path, []).append(request)
        assert sorted(by_path) == ["/all", "/some"]
        (test_event,) = by_path["/some"]
        ids = {request.headers["svix-id"] for request in by_path["/all"]}
        assert len(ids) == 2
        assert test_event.headers["svix-id"] in ids
        verify(test_event.body, test_event.headers, secret=secrets[1])
        assert len(set(secrets)) == 3


async def test_a_removed_endpoint_is_told_no_more(sandbox: Sandbox) -> None:
    """What happens after `remove` is not sent."""
    async with receiving(sandbox) as receiver:
        sandbox.webhooks.emit("user.created", {})
        await receiver.settled()
        sandbox.webhooks.remove(receiver.url)
        sandbox.webhooks.emit("user.deleted", {})
        assert [each.type for each in await receiver.settled()] == ["user.created"]
        assert sandbox.webhooks.endpoints == ()


async def test_a_failed_delivery_is_repeated_until_it_is_taken(sandbox: Sandbox) -> None:
    """The same event with the same id comes again after a refusal and a redirect."""
    answers = iter([500, 302, 200])
    sandbox.webhooks.retry_delays = (0.01, 0.01, 0.01)
    async with receiving(sandbox) as receiver:
        receiver.server.answer = lambda request: web.Response(
            status=next(answers), headers={"Location": "/elsewhere"}
        )
        sandbox.webhooks.emit("privy.test", {})
        (delivery,) = await receiver.settled()
        assert delivery.status == "delivered"
        assert [attempt.status for attempt in delivery.attempts] == [500, 302, 200]
        requests = receiver.server.requests
        assert [request.path for request in requests] == ["/hooks"] * 3
        assert len({request.headers["svix-id"] for request in requests}) == 1
        assert len({request.body for request in requests}) == 1
        for request in requests:
            verify(request.body, request.headers, secret=receiver.secret)


async def test_it_gives_up_in_the_end(sandbox: Sandbox) -> None:
    """As many attempts as there are delays and one; the log says when and what was answered."""
    sandbox.webhooks.retry_delays = (0.01, 0.02)
    async with receiving(sandbox) as receiver:
        receiver.server.answer = lambda request: web.Response(status=503)
        before = time.time()
        sandbox.webhooks.emit("user.created", {"n": 1})
        (delivery,) = await receiver.settled()
        assert (delivery.status, delivery.url) == ("failed", receiver.url)
        assert delivery.event == {"type": "user.created", "n": 1}
        assert [attempt.status for attempt in delivery.attempts] == [503, 503, 503]
        times = [attempt.at for attempt in delivery.attempts]
        assert before <= times[0] < times[1] < times[2] <= time.time()


async def test_an_endpoint_that_is_not_there_is_noted(sandbox: Sandbox) -> None:
    """A refused connection is an attempt without a status."""
    sandbox.webhooks.retry_delays = ()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sandbox.webhooks.add(f"http://127.0.0.1:{port}/")
    sandbox.webhooks.emit("user.created", {})
    await until(lambda: sandbox.webhooks.deliveries[0].status == "failed")
    (attempt,) = sandbox.webhooks.deliveries[0].attempts
    assert attempt.status is None
    assert attempt.error is not None
    assert str(port) in attempt.error


async def test_a_slow_endpoint_holds_nothing_up(sandbox: Sandbox, api: ApiClient) -> None:
    """Requests are answered, and other endpoints told, while one does not answer at all."""
    released = asyncio.Event()

    async def hang(request: object) -> web.Response:
        await released.wait()
        return taken(request)

    async with loopback(hang) as slow, receiving(sandbox) as receiver:
        sandbox.webhooks.add(slow.url)
        for name in range(20):
            await api.create_user(f"user-{name}")
        await until(lambda: len(receiver.events) == 20)
        assert 0 < len(slow.requests) < 20
        released.set()
        assert {each.status for each in await receiver.settled()} == {"delivered"}
        assert len(slow.requests) == 20


async def test_an_endpoint_has_only_so_long_to_answer(sandbox: Sandbox) -> None:
    """An attempt ends after `timeout` seconds, and is repeated."""
    released = asyncio.Event()
    sandbox.webhooks.timeout, sandbox.webhooks.retry_delays = 0.05, (0.01,)

    async def hang_once(request: object) -> web.Response:
        if len(receiver.server.requests) == 1:
            await released.wait()
        return taken(request)

    async with receiving(sandbox) as receiver:
        receiver.server.answer = hang_once
        sandbox.webhooks.emit("user.created", {})
        (delivery,) = await receiver.settled()
        released.set()
        assert [attempt.status for attempt in delivery.attempts] == [None, 204]
        assert delivery.attempts[0].error == "no answer within 0.05 s"


async def test_stopping_ends_what_is_on_its_way() -> None:
    """A stop does not wait for endpoints that hang or for repetitions that are due later."""
    released = asyncio.Event()

    async def hang(request: object) -> web.Response:
        await released.wait()
        return taken(request)

    async with (
        loopback(hang) as slow,
        loopback(lambda request: web.Response(status=500)) as failing,
    ):
        async with Sandbox() as sandbox:
            sandbox.webhooks.retry_delays = (600.0,)
            sandbox.webhooks.add(slow.url)
            sandbox.webhooks.add(failing.url)
            sandbox.webhooks.emit("user.created", {})
            await until(lambda: bool(slow.requests))
            await until(lambda: any(each.attempts for each in sandbox.webhooks.deliveries))
            async with asyncio.timeout(5):
                await sandbox.stop()
        assert [each.status for each in sandbox.webhooks.deliveries] == ["stopped"] * 2
        sandbox.webhooks.emit("user.created", {})
        assert len(sandbox.webhooks.deliveries) == 2
        released.set()


async def test_it_delivers_again_after_a_new_start() -> None:
    """Endpoints and their secrets outlive a stop."""
    sandbox = Sandbox()
    async with receiving(sandbox) as receiver:
        for number in range(2):
            async with sandbox:
                sandbox.webhooks.emit("user.created", {"n": number})
                await receiver.settled()
        assert [event["n"] for event in receiver.events] == [0, 1]


async def test_the_log_keeps_the_newest(sandbox: Sandbox) -> None:
    """Of many deliveries the last 1,000 are kept, and all of them are made."""
    async with receiving(sandbox) as receiver:
        for number in range(1005):
            sandbox.webhooks.emit("user.created", {"n": number})
        await until(lambda: len(receiver.events) == 1005)
        kept = await receiver.settled()
        assert [delivery.event["n"] for delivery in kept] == list(range(5, 1005))


async def test_fields_are_made_only_for_those_who_want_them(sandbox: Sandbox) -> None:
    """Without an endpoint for the type the function is not called."""
    made: list[int] = []

    def fields() -> dict[str, Any]:
        made.append(1)
        return {}

    sandbox.webhooks.emit("user.created", fields)
    async with receiving(sandbox) as receiver:
        sandbox.webhooks.add(f"{receiver.url}/2", ["wallet.*"])
        assert made == []
        sandbox.webhooks.emit("user.created", fields)
        await receiver.settled()
        assert made == [1]


def test_it_works_in_a_thread() -> None:
    """Under `with Sandbox` an event sent from this thread is delivered from the other."""

    async def run(sandbox: Sandbox) -> None:
        async with receiving(sandbox) as receiver:
            sandbox.webhooks.emit("privy.test", {})
            assert await receiver.event("privy.test")
            await receiver.settled()

    with Sandbox() as sandbox:
        asyncio.run(run(sandbox))


@pytest.mark.parametrize("url", ["", "hooks", "ftp://127.0.0.1/", "http://", "http:/x"])
def test_an_endpoint_needs_a_url(url: str) -> None:
    """What is no URL of a server is refused at once."""
    with pytest.raises(ValueError, match="a webhook goes to the URL of a server"):
        Sandbox().webhooks.add(url)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "secret!"])
def test_a_secret_is_base64(secret: str) -> None:
    """A secret that Svix would not have made is refused, wherever it is given."""
    with pytest.raises(ValueError, match="a webhook's secret is whsec_ and base64"):
        Sandbox(webhooks=[("http://127.0.0.1/", secret)])


def test_a_secret_is_not_shown() -> None:
    """An endpoint's `repr` keeps it to itself."""
    sandbox = Sandbox(webhooks=[("http://127.0.0.1/", "whsec_c2VjcmV0")])
    assert "c2Vj" not in repr(sandbox.webhooks.endpoints)
