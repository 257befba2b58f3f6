"""The example apps: the same product in each framework, and the same answers when it fails."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from web_apps import SERVERS, App, delivery_headers

from privy_async import PrivyClient, generate_p256_key_pair
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TO = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"


@attrs.frozen
class Member:
    """A user of the app with a wallet and an access token of Privy's login."""

    user_id: str
    token: str
    wallet_id: str
    address: str


async def new_member(sandbox: Sandbox, privy: PrivyClient, name: str = "alice") -> Member:
    account = {"type": "custom_auth", "custom_user_id": name}
    user = await privy.users.create(linked_accounts=[account])
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    return Member(user.id, access_token(sandbox, user.id), wallet.id, wallet.address)


def access_token(sandbox: Sandbox, user_id: str, **claims: Any) -> str:
    usual = {"iss": "privy.io", "aud": sandbox.app_id, "sid": "session"}
    return sandbox.issue_user_jwt(user_id, **{**usual, **claims})


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
async def privy(sandbox: Sandbox) -> AsyncIterator[PrivyClient]:
    async with sandbox.client() as privy:
        yield privy


@pytest.fixture
async def alice(sandbox: Sandbox, privy: PrivyClient) -> Member:
    return await new_member(sandbox, privy)


@pytest.fixture(params=SERVERS)
async def app(sandbox: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    async with SERVERS[request.param](sandbox) as app:
        yield app


# --- the product


async def test_who_am_i(app: App, alice: Member) -> None:
    """A log-in by token tells whose it is."""
    answer = await app.get("/api/me", alice.token)
    assert (answer.status, answer.json) == (200, {"user_id": alice.user_id})


async def test_my_wallets(app: App, alice: Member, sandbox: Sandbox, privy: PrivyClient) -> None:
    """Each user sees the wallets of that user."""
    bob = await new_member(sandbox, privy, "bob")
    for member in (alice, bob):
        answer = await app.get("/api/wallets", member.token)
        assert answer.json == [{"id": member.wallet_id, "address": member.address}]


async def test_sign(app: App, alice: Member) -> None:
    """What is signed is signed by the user's wallet (eth-account)."""
    answer = await app.post("/api/sign", alice.token, wallet_id=alice.wallet_id, message="I agree")
    assert answer.status == 200, answer.text
    message = encode_defunct(text="I agree")
    assert alice.address == Account.recover_message(message, signature=answer.json["signature"])


async def test_send_twice(app: App, alice: Member, sandbox: Sandbox) -> None:
    """A browser that repeats a request with its key moves money once."""
    send: dict[str, Any] = {"wallet_id": alice.wallet_id, "to": TO, "value": 1000}
    answers = [
        await app.post("/api/send", alice.token, **send, idempotency_key="order-1")
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert len(sandbox.state.transactions) == 1


async def test_webhook(app: App) -> None:
    """A delivery arrives as a typed event."""
    answer = await app.deliver(b'{"type":"privy.test","message":"Hello"}')
    assert (answer.status, answer.json) == (200, {"received": "privy.test"})


async def test_page(app: App) -> None:
    """There is a page that a person can open."""
    answer = await app.send("GET", "/", {}, b"")
    if answer.status != 404:  # The async views of the Django app have no page of their own.
        assert answer.status == 200
        assert "<title>Wallets</title>" in answer.text
        assert answer.headers["content-type"].startswith("text/html")


# --- what fails


async def test_no_token(app: App) -> None:
    """Without a token, or with another scheme, the answer is 401 and says what is wanted."""
    for headers in ({}, {"Authorization": "Basic YTpi"}):
        answer = await app.send("GET", "/api/me", headers, b"")
        assert (answer.status, answer.json["reason"]) == (401, "missing")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"lifetime": -60.0}, "expired"),
        ({"aud": "another-app"}, "wrong_audience"),
        ({"iss": "https://login.example"}, "wrong_issuer"),
        ({"sid": ""}, "wrong_claim"),
    ],
)
async def test_refused_tokens(
    app: App, alice: Member, sandbox: Sandbox, claims: dict[str, Any], reason: str
) -> None:
    """An expired token, or one that was issued for another purpose, is answered with 401."""
    token = access_token(sandbox, alice.user_id, **claims)
    for answer in (
        await app.get("/api/me", token),
        await app.post("/api/sign", token, wallet_id=alice.wallet_id, message="x"),
    ):
        assert (answer.status, answer.json["error"]) == (401, "invalid_token")
        assert answer.json["reason"] == reason
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_garbage_for_a_token(app: App) -> None:
    """What is no JWT is answered with 401."""
    answer = await app.get("/api/me", "garbage")
    assert (answer.status, answer.json["reason"]) == (401, "malformed")


async def test_a_token_that_expires_meanwhile(app: App, alice: Member, sandbox: Sandbox) -> None:
    """A token that Privy no longer exchanges is answered with 401."""
    refusal = {"error": "Invalid JWT token provided", "code": "invalid_data"}
    sandbox.faults.add(path="/v1/wallets/authenticate", status=400, body=refusal)
    answer = await app.post("/api/sign", alice.token, wallet_id=alice.wallet_id, message="x")
    assert (answer.status, answer.json["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("fault", "status", "word"),
    [
        ({"drop": "before"}, 502, "no_answer"),
        ({"drop": "after"}, 502, "no_answer"),
        ({"status": 503}, 502, "wallet_service_failed"),
        ({"status": 429}, 429, "rate_limited"),
        (
            {"status": 401, "body": {"error": "Invalid app ID or app secret."}},
            500,
            "internal_error",
        ),
        ({"status": 401}, 401, "invalid_token"),
    ],
)
async def test_an_exchange_that_fails(
    app: App, alice: Member, sandbox: Sandbox, fault: dict[str, Any], status: int, word: str
) -> None:
    """The user is asked to log in again only if Privy refuses the token; nothing was sent."""
    sandbox.faults.add(path="/v1/wallets/authenticate", **fault)
    send: dict[str, Any] = {"wallet_id": alice.wallet_id, "to": TO, "value": 1000}
    answer = await app.post("/api/send", alice.token, **send)
    assert (answer.status, answer.json["error"]) == (status, word)
    assert not answer.json.get("may_have_happened")
    assert len(sandbox.state.transactions) == 0


async def test_a_key_revoked_by_a_new_owner(
    app: App, alice: Member, sandbox: Sandbox, privy: PrivyClient
) -> None:
    """The key of a user who has lost the wallet is answered with 403."""
    signing: dict[str, Any] = {"wallet_id": alice.wallet_id, "message": "x"}
    assert (await app.post("/api/sign", alice.token, **signing)).status == 200
    key = generate_p256_key_pair().public_key
    await privy.for_user(alice.token).wallets.update(alice.wallet_id, owner={"public_key": key})
    await privy.wallets.create(chain_type="ethereum", owner={"user_id": alice.user_id})
    answer = await app.post("/api/sign", alice.token, **signing)
    assert (answer.status, answer.json["error"]) == (403, "not_authorized")


async def test_a_key_revoked_with_its_user(app: App, alice: Member, privy: PrivyClient) -> None:
    """The key of a user who was deleted is answered with 403, though it was good before."""
    signing: dict[str, Any] = {"wallet_id": alice.wallet_id, "message": "x"}
    assert (await app.post("/api/sign", alice.token, **signing)).status == 200
    await privy.users.delete(alice.user_id)
    answer = await app.post("/api/sign", alice.token, **signing)
    assert (answer.status, answer.json["error"]) == (403, "unknown_user")


async def test_somebody_elses_wallet(
    app: App, alice: Member, sandbox: Sandbox, privy: PrivyClient
) -> None:
    """A user cannot sign with the wallet of another."""
    bob = await new_member(sandbox, privy, "bob")
    answer = await app.post("/api/sign", bob.token, wallet_id=alice.wallet_id, message="x")
    assert (answer.status, answer.json["error"]) == (403, "not_authorized")


async def test_a_user_without_a_wallet(
    app: App, alice: Member, sandbox: Sandbox, privy: PrivyClient
) -> None:
    """A user without a wallet has an empty list, and signing is answered with 404."""
    account = {"type": "custom_auth", "custom_user_id": "bob"}
    bob = access_token(sandbox, (await privy.users.create(linked_accounts=[account])).id)
    assert (await app.get("/api/wallets", bob)).json == []
    answer = await app.post("/api/sign", bob, wallet_id=alice.wallet_id, message="x")
    assert (answer.status, answer.json["error"]) == (404, "no_wallet")


async def test_no_such_wallet(app: App, alice: Member) -> None:
    """A wallet that is not there is answered with 404."""
    answer = await app.post("/api/sign", alice.token, wallet_id="none", message="x")
    assert (answer.status, answer.json["error"]) == (404, "not_found")


async def test_too_many_requests(app: App, alice: Member, sandbox: Sandbox) -> None:
    """Privy's 429 goes to the user as one, with its advice when to come again."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", status=429, headers={"Retry-After": "7"})
    answer = await app.post("/api/sign", alice.token, wallet_id=alice.wallet_id, message="x")
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


async def test_a_lost_answer(app: App, alice: Member, sandbox: Sandbox) -> None:
    """The user learns that it may have happened; repeating it with the key tells what did."""
    send: dict[str, Any] = {"wallet_id": alice.wallet_id, "to": TO, "value": 1000}
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    answer = await app.post("/api/send", alice.token, **send)
    assert (answer.status, answer.json["may_have_happened"]) == (502, True)
    key = answer.json["idempotency_key"]
    again = await app.post("/api/send", alice.token, **send, idempotency_key=key)
    assert again.status == 200
    assert len(sandbox.state.transactions) == 1


async def test_privy_breaks(app: App, alice: Member, sandbox: Sandbox) -> None:
    """Privy's 5xx is a 502, and what Privy said stays here."""
    body = {"error": "database p4-west is on fire"}
    sandbox.faults.add(path="/v1/wallets/*/rpc", status=503, body=body)
    answer = await app.post("/api/sign", alice.token, wallet_id=alice.wallet_id, message="x")
    assert (answer.status, answer.json["error"]) == (502, "wallet_service_failed")
    assert "fire" not in answer.text


@pytest.mark.parametrize("secret", [b"another", b""])
async def test_a_forged_webhook(app: App, secret: bytes) -> None:
    """A delivery with a wrong signature, or without one, is answered with 400."""
    body = b'{"type":"privy.test","message":"Hello"}'
    headers = delivery_headers(body, secret) if secret else {"Content-Type": "application/json"}
    answer = await app.send("POST", "/webhook", headers, body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_webhook")


async def test_a_huge_webhook(app: App) -> None:
    """Nobody can make the app read without end."""
    assert (await app.deliver(b" " * 3_000_000)).status in (400, 413)


# --- nothing leaks


async def test_responses_and_logs_hold_no_secret(
    app: App,
    alice: Member,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither an answer nor a log shows the app's secret, a token, or a part of one."""
    caplog.set_level(logging.DEBUG)
    signing: dict[str, Any] = {"wallet_id": alice.wallet_id, "message": "x"}
    answers = [await app.post("/api/sign", alice.token, **signing)]
    for fault in ({"status": 500}, {"drop": "after"}, {"status": 401}, {"malformed": True}):
        sandbox.faults.add(path="/v1/wallets/*/rpc", **fault)
        answers.append(await app.post("/api/sign", alice.token, **signing))
    assert {answer.status for answer in answers} >= {200, 502}
    # httpx and httpcore log what the test itself sends.
    logs = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    shown = "\n".join([*(answer.text for answer in answers), *logs])
    assert "answered 502" in shown
    token = alice.token.split(".")
    for secret in (sandbox.app_secret, token[1][:40], token[2][:20]):
        assert secret not in shown
