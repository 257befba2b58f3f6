"""The keys that tokens are checked with: when they are fetched, and which of them serve."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm
from loopback import Loopback, Request, loopback, ok
from token_helpers import APP_ID, KEY, SECOND, jwk, token

from privy_async.client import PrivyClient
from privy_async.clock import Clock
from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    InternalServerError,
    InvalidTokenError,
    NotFoundError,
)
from privy_async.verification.token_keys import Keys, TokenKeys
from privy_async.verification.tokens import AccessToken, Tokens

pytestmark = pytest.mark.anyio


@attrs.define
class MovedClock(Clock):
    """A clock that is moved by hand, except for the time of day."""

    moment: float = 0.0

    def monotonic(self) -> float:
        return self.moment


@attrs.define
class KeyServer:
    """Privy's keys: what is published, and how often they were asked for."""

    loopback: Loopback
    client: PrivyClient
    published: list[dict[str, Any]]
    clock: MovedClock = attrs.field(factory=MovedClock)
    status: int = 200
    tokens: Tokens = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.loopback.answer = self.answer
        self.tokens = Tokens(self.client._requester, TokenKeys(clock=self.clock))

    def answer(self, request: Request) -> web.Response:
        return ok({"keys": self.published}, status=self.status)

    @property
    def asked(self) -> int:
        return len(self.loopback.requests)


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    """A server that publishes one key, and a client of it."""
    async with loopback() as served, served.client(app_id=APP_ID) as client:
        yield KeyServer(served, client, [jwk(KEY, "k1", alg="ES256", use="sig")])


async def test_the_keys_are_those_of_the_app(server: KeyServer) -> None:
    """They are fetched from the app's own address, once for many tokens."""
    for _ in range(3):
        assert await server.tokens.verify_access_token(token(kid="k1"))
    assert [(got.method, got.path) for got in server.loopback.requests] == [
        ("GET", f"/v1/apps/{APP_ID}/jwks.json")
    ]


async def test_many_checks_share_one_fetch(server: KeyServer) -> None:
    """However many tokens arrive at once; and one that gives up does not stop the others."""
    checks = [
        asyncio.create_task(server.tokens.verify_access_token(token(kid="k1"))) for _ in range(20)
    ]
    await asyncio.sleep(0)
    checks[0].cancel()
    read = await asyncio.gather(*checks, return_exceptions=True)
    assert isinstance(read[0], asyncio.CancelledError)
    assert all(isinstance(each, AccessToken) for each in read[1:])
    assert server.asked == 1


async def test_keys_live_for_an_hour(server: KeyServer) -> None:
    """After that they are fetched anew, so a key that was withdrawn is refused."""
    await server.tokens.verify_access_token(token(kid="k1"))
    server.published = [jwk(SECOND, "k2")]
    server.clock.moment = 3599
    assert await server.tokens.verify_access_token(token(kid="k1"))
    server.clock.moment = 3600
    with pytest.raises(InvalidTokenError) as caught:
        await server.tokens.verify_access_token(token(kid="k1"))
    assert caught.value.reason == "unknown_key"
    assert server.asked == 2


async def test_an_unknown_key_id_is_looked_up_once(server: KeyServer) -> None:
    """A new key is found at once; then made-up ids cause no fetch for ten minutes."""
    await server.tokens.verify_access_token(token(kid="k1"))
    server.published.append(jwk(SECOND, "k2"))
    read = [server.tokens.verify_access_token(token(key=SECOND, kid="k2")) for _ in range(5)]
    assert len(await asyncio.gather(*read)) == 5
    assert server.asked == 2
    for moment, asked in [(0, 2), (599, 2), (600, 3), (601, 3)]:
        server.clock.moment = moment
        with pytest.raises(InvalidTokenError) as caught:
            await server.tokens.verify_access_token(token(kid=f"made-up-{moment}"))
        assert caught.value.reason == "unknown_key"
        assert server.asked == asked


async def test_old_keys_serve_while_privy_cannot_be_reached(server: KeyServer) -> None:
    """A failed renewal refuses nobody whose key is known, and is tried again ever more seldom."""
    await server.tokens.verify_access_token(token(kid="k1"))
    server.status = 500
    for moment, asked in [(3600, 2), (3600.9, 2), (3601, 3), (3602.9, 3), (3603, 4), (3607, 5)]:
        server.clock.moment = moment
        assert await server.tokens.verify_access_token(token(kid="k1"))
        assert server.asked == asked
    with pytest.raises(APIError):
        await server.tokens.verify_access_token(token(key=SECOND, kid="k2"))
    server.status, server.published, server.clock.moment = 200, [jwk(SECOND, "k2")], 3615
    assert await server.tokens.verify_access_token(token(key=SECOND, kid="k2"))


async def test_a_slow_renewal_holds_up_one_check(server: KeyServer) -> None:
    """One check waits for the newer keys; those that come meanwhile use the old ones."""
    await server.tokens.verify_access_token(token(kid="k1"))
    arrived, go = asyncio.Event(), asyncio.Event()

    async def answer(request: Request) -> web.Response:
        arrived.set()
        await go.wait()
        return server.answer(request)

    server.loopback.answer, server.clock.moment = answer, 3600
    waiting = asyncio.create_task(server.tokens.verify_access_token(token(kid="k1")))
    await arrived.wait()
    assert await server.tokens.verify_access_token(token(kid="k1"))
    assert not waiting.done()
    go.set()
    assert await waiting


async def test_without_keys_nothing_is_known_of_a_token(server: KeyServer) -> None:
    """That Privy cannot be asked is another error than a refusal; it is asked ever more seldom."""
    server.status, at = 404, 0.0
    for asked, pause in enumerate((1, 2, 4, 8, 16, 32, 60, 60), 1):
        for moment in (at, at + pause / 2, at + pause - 0.01):
            server.clock.moment = moment
            with pytest.raises(NotFoundError, match=r"jwks\.json"):
                await server.tokens.verify_access_token(token(kid="k1"))
            assert server.asked == asked
        at += pause
    server.status, server.clock.moment = 200, at
    assert await server.tokens.verify_access_token(token(kid="k1"))


async def test_an_outage_without_keys_is_one_fetch(server: KeyServer) -> None:
    """Checks that wait together fail together, each with an error of its own and its class."""
    server.status = 503
    checks = [server.tokens.verify_access_token(token(kid="k1")) for _ in range(50)]
    errors = await asyncio.gather(*checks, return_exceptions=True)
    assert {type(error) for error in errors} == {InternalServerError}
    assert len(set(map(id, errors))) == 50
    assert server.asked == 1


async def test_a_failed_fetch_is_logged(
    server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says why there are no keys, once for each try."""
    server.status = 500
    for _ in range(3):
        with pytest.raises(InternalServerError):
            await server.tokens.verify_access_token(token(kid="k1"))
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "jwks.json" in line
    assert "tried again in 1 s" in line


async def test_no_answer_keeps_its_class() -> None:
    """Where nobody listens, a check fails with an APIConnectionError."""
    async with PrivyClient(
        app_id=APP_ID, app_secret="s", base_url="http://127.0.0.1:1", max_retries=0
    ) as client:
        for _ in range(2):
            with pytest.raises(APIConnectionError):
                await client.tokens.verify_access_token(token(kid="k1"))


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"keys":' + "[" * 90_000, "{}", "[]", '{"keys":[NaN]}', '"x"', ""]
)
async def test_key_sets_that_are_none(server: KeyServer, body: str) -> None:
    """Whatever comes in place of the keys, the error is ours."""
    server.loopback.answer = lambda request: web.Response(body=body.encode())
    with pytest.raises(APIResponseError):
        await server.tokens.verify_access_token(token(kid="k1"))


OFF_CURVE = {**jwk(KEY, "bad"), "x": jwk(SECOND)["x"]}
USELESS: list[Any] = [
    RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048).public_key(), as_dict=True),
    jwk(ec.generate_private_key(ec.SECP384R1()), "k1"),
    jwk(KEY, "k1", use="enc"),
    jwk(KEY, "k1", alg="ES384"),
    {**jwk(KEY), "kid": ["k1"]},
    {**jwk(KEY, "k1"), "y": 1},
    {**jwk(KEY, "k1"), "x": "\ud800"},
    {**jwk(KEY, "k1"), "x": [{}], "y": None},
    {**jwk(KEY, "k1"), "kty": ["EC"]},
    {"kty": "EC", "crv": "P-256", "kid": "k1"},
    OFF_CURVE,
    "k1",
    None,
]


async def test_other_keys_in_the_set_are_passed_over(server: KeyServer) -> None:
    """What is no ES256 key does not hide the one that is."""
    server.published = [*USELESS, *server.published]
    assert await server.tokens.verify_access_token(token(kid="k1"))


@pytest.mark.parametrize("entry", USELESS)
async def test_a_set_without_a_key_is_no_answer(server: KeyServer, entry: Any) -> None:
    """A set from which nothing can be used is an error of Privy's, not of the token."""
    server.published = [entry]
    with pytest.raises(APIResponseError, match="no key for ES256"):
        await server.tokens.verify_access_token(token(kid="k1"))


async def test_a_token_without_key_id_needs_an_only_key(server: KeyServer) -> None:
    """With one key it can only be that; with two it is refused."""
    assert await server.tokens.verify_access_token(token())
    server.published.append(jwk(SECOND, "k2"))
    server.clock.moment = 3600
    with pytest.raises(InvalidTokenError) as caught:
        await server.tokens.verify_access_token(token())
    assert caught.value.reason == "unknown_key"


async def test_derived_clients_share_the_keys(server: KeyServer) -> None:
    """Two checks with the same key store, of clients with other options, fetch once."""
    derived = Tokens(server.client.with_options(timeout=5)._requester, server.tokens._keys)
    assert await derived.verify_access_token(token(kid="k1"))
    assert await server.tokens.verify_access_token(token(kid="k1"))
    assert server.asked == 1


def test_each_loop_fetches_for_itself() -> None:
    """A fetch that a dead loop never ended does not hold up the checks of the next loop."""
    keys = TokenKeys()

    async def hang() -> Keys:
        return await asyncio.get_running_loop().create_future()

    async def fetch() -> Keys:
        return {"k1": KEY.public_key()}

    dead = asyncio.new_event_loop()
    fetching = dead.create_task(keys.find("k1", hang))
    dead.call_later(0.01, dead.stop)
    dead.run_forever()
    assert asyncio.run(keys.find("k1", fetch)) is not None
    assert asyncio.run(keys.find("k2", fetch)) is None
    fetching.cancel()
    for task in asyncio.all_tasks(dead):
        task.cancel()
    dead.run_until_complete(asyncio.sleep(0))
    dead.close()
