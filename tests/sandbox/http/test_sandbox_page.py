"""The page that a browser shows: what stands on it, and what does not."""

import base64
import json
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from html import unescape
from operator import attrgetter
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from api_client import ApiClient, Reply, new_key, sign, spki
from loopback import loopback
from webhook_receiver import Receiver, taken

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

BASE = "eip155:8453"
HINTS = {
    "Wallets": "privy.wallets.create",
    "Users": "privy.users.create",
    "Transactions": "privy.wallets.ethereum.send_transaction",
    "Policies": "privy.policies.create",
    "Key quorums": "privy.key_quorums.create",
    "Intents": "privy.intents.rpc",
}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox whose time goes on."""
    async with Sandbox(block_time=0.02) as sandbox:
        yield sandbox


async def get(api: ApiClient, headers: dict[str, str] = HTML) -> tuple[int, str, Any]:
    """The page as a browser asks for it."""
    async with api.session.get(f"{api.url}/", headers=headers) as response:
        return response.status, await response.text(), response.headers


async def text_of(api: ApiClient) -> str:
    """What stands on the page, without its markup."""
    _, html, _ = await get(api)
    main = html[html.index("<main>") : html.index("</main>")]
    return " ".join(unescape(re.sub("<[^>]+>", " ", main)).split())


async def test_a_browser_gets_a_page(api: ApiClient) -> None:
    """It is HTML, for this app and address, and tells where to begin."""
    status, html, headers = await get(api)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert html.startswith("<!doctype html>")
    text = await text_of(api)
    assert f"app sandbox-app at {api.url}" in text
    assert "Requests 0 None yet: point your SDK at the address above." in text
    for title, call in HINTS.items():
        assert f"{title} 0 None yet. {call}(" in text
    assert "Webhooks 0 Nothing sent yet; 0 endpoints. sandbox.webhooks.add(url) or" in text


@pytest.mark.parametrize("call", HINTS.values())
async def test_each_hint_names_a_method(api: ApiClient, call: str) -> None:
    """What an empty section tells people to call is there."""
    async with api.sandbox.client() as privy:
        assert callable(attrgetter(call.removeprefix("privy."))(privy))


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
async def test_others_get_a_line_of_json(api: ApiClient, accept: str | None) -> None:
    """Without `Accept: text/html`, `/` says on one line what this is and where its page is."""
    async with api.session.get(f"{api.url}/", headers={"Accept": accept or ""}) as response:
        text = await response.text()
    assert (response.status, response.content_type) == (200, "application/json")
    assert text.count("\n") == 1
    assert text.endswith("\n")
    said = json.loads(text)
    assert (said["name"], said["app_id"]) == ("Privy sandbox", "sandbox-app")
    assert said["base_url"] == api.url
    assert api.sandbox.log == ()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_it_says_that_it_is_well(api: ApiClient, method: str) -> None:
    """`/health` answers 200 without credentials, whatever faults are ordered; it is not logged."""
    api.sandbox.faults.add(status=500)
    async with api.session.request(method, f"{api.url}/health") as response:
        body = await response.read()
    assert response.status == 200
    assert body == (b'{"status":"ok"}' if method == "GET" else b"")
    assert api.sandbox.log == ()


async def test_bodies_are_shown_without_secrets(api: ApiClient) -> None:
    """Each request's body can be unfolded, with its RPC method beside it; secrets are masked."""
    await api.create_user("alice")
    wallet = await api.create_wallet()
    await api.personal_sign(wallet["id"], message="good morning")
    token = api.sandbox.issue_user_jwt("alice")
    await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": token})
    text = await text_of(api)
    assert f"POST /v1/wallets/{wallet['id']}/rpc personal_sign Body {{" in text
    assert '"message": "good morning"' in text
    assert '"user_jwt": "•••"' in text
    assert token not in text


async def test_other_causes_are_shown(api: ApiClient) -> None:
    """Which rule denied a request, what a wallet holds and needs, what is wrong with a token."""
    rule = {"name": "texts", "method": "personal_sign", "conditions": [], "action": "ALLOW"}
    policy = {"version": "1.0", "name": "Texts only", "chain_type": "ethereum", "rules": [rule]}
    made = await api.call("POST", "/v1/policies", policy)
    guarded = await api.create_wallet(policy_ids=[made.body["id"]])
    free = await api.create_wallet()
    transaction = {"to": free["address"], "value": hex(10**21)}
    body = {
        "method": "eth_sendTransaction",
        "caip2": BASE,
        "params": {"transaction": transaction},
    }
    for wallet in (guarded, free):
        reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
        assert reply.status == 400
    token = api.sandbox.issue_user_jwt("alice", lifetime=-60)
    await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": token})
    found = [each.diagnosis for each in api.sandbox.log if each.status == 400]
    text = await text_of(api)
    assert len(found) == 3
    for diagnosis in found:
        assert diagnosis is not None
        assert diagnosis.explanation in text
    assert "Texts only" in text
    assert "100 ETH" in text


async def test_a_policys_conditions_are_shown(api: ApiClient) -> None:
    """What a rule asks for stands below it."""
    condition = {
        "field_source": "ethereum_transaction",
        "field": "value",
        "operator": "lte",
        "value": "1000",
    }
    method = "eth_sendTransaction"
    rule = {"name": "little", "method": method, "conditions": [condition], "action": "ALLOW"}
    policy = {"version": "1.0", "name": "Careful", "chain_type": "ethereum", "rules": [rule]}
    assert (await api.call("POST", "/v1/policies", policy)).status == 200
    expected = "ALLOW eth_sendTransaction: little if ethereum_transaction.value lte 1000"
    assert expected in await text_of(api)


async def test_looking_leaves_no_trace(api: ApiClient) -> None:
    """The page is not in the request log, and no fault strikes it."""
    api.sandbox.faults.add(status=500)
    for _ in range(3):
        assert (await get(api))[0] == 200
    assert api.sandbox.log == ()
    assert len(api.sandbox.faults) == 1


async def test_it_is_sent_again_only_if_it_has_changed(api: ApiClient) -> None:
    """The same page is answered with 304 and no body, another one in full."""
    _, _, headers = await get(api)
    known = {**HTML, "If-None-Match": headers["ETag"]}
    assert (await get(api, known))[:2] == (304, "")
    await api.create_wallet()
    status, html, headers = await get(api, known)
    assert (status, headers["ETag"] == known["If-None-Match"]) == (200, False)
    assert "/v1/wallets" in html


async def test_what_the_sandbox_holds(api: ApiClient) -> None:
    """Users, wallets, policies, key quorums, intents and transactions stand on it."""
    user_id = await api.create_user("alice")
    mine = await api.create_wallet(owner={"user_id": user_id}, display_name="Savings")
    quorum_id = await api.create_quorum(
        public_keys=[spki(new_key()), spki(new_key())], display_name="Ops team"
    )
    shared = await api.create_wallet(owner_id=quorum_id)
    rule = {"name": "anything", "method": "*", "conditions": [], "action": "ALLOW"}
    policy = {"version": "1.0", "name": "Careful", "chain_type": "ethereum", "rules": [rule]}
    made = await api.call("POST", "/v1/policies", policy)
    signing = {"method": "personal_sign", "params": {"message": "hi", "encoding": "utf-8"}}
    intent = await api.call("POST", f"/v1/intents/wallets/{shared['id']}/rpc", signing)
    assert intent.status == 200, intent
    text = await text_of(api)
    assert f"Users 1 {user_id} 1 wallet custom_auth alice" in text
    assert f"ethereum {mine['address']} id {mine['id']} Savings owned by {user_id}" in text
    assert f"{shared['address']} id {shared['id']} owned by key quorum {quorum_id}" in text
    assert f"Policies 1 ethereum Careful id {made.body['id']} ALLOW *: anything" in text
    assert f"2 of 2 {quorum_id} Ops team key " in text
    assert f"pending RPC {intent.body['intent_id']} 0 approvals, for {shared['id']}" in text


async def test_balances_are_the_chains_and_looking_starts_none(api: ApiClient) -> None:
    """Before a chain is used there is no balance; afterwards there is the chain's own."""
    wallet = await api.create_wallet()
    assert " eth, " not in await text_of(api)
    assert api.sandbox._blockchains.started == ()
    to = "0x742d35Cc6634C0532925a3b844Bc9e7595f2bD18"
    body = {
        "source": {"asset": "usdc", "chain": "base"},
        "amount": "1.5",
        "destination": {"address": to},
    }
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/transfer", body)
    assert reply.status == 200, reply
    later = await api.create_wallet()
    assert api.sandbox._blockchains.started == (BASE,)
    text = await text_of(api)
    assert re.search(rf"{wallet['id']} without an owner 99\.99\d+ eth, 98\.5 usdc on base", text)
    assert f"{later['id']} without an owner 100 eth, 100 usdc on base" in text
    assert re.search(r"Transactions 1 (broadcasted|confirmed) 0x\w{64} .* on base by wallet", text)
    assert "on ethereum" not in text


async def test_requests_stand_newest_first(api: ApiClient) -> None:
    """With status, method, path and the error's text; a dropped one has no answer."""
    await api.create_user("alice")
    await api.call("GET", "/v1/wallets/nope")
    api.sandbox.faults.add(path="/v1/wallets", drop="before")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.call("POST", "/v1/wallets", {"chain_type": "ethereum"})
    text = await text_of(api)
    time = r"\d\d:\d\d:\d\d"
    assert re.search(
        rf"Requests 3 {time} no answer POST /v1/wallets "
        rf"Body .* {time} 404 GET /v1/wallets/nope Wallet not found {time} 200 POST /v1/users",
        text,
    )


async def signed_for_privy(api: ApiClient) -> Reply:
    """A request of a wallet's owner that was signed for the real API."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/v1/wallets/{wallet['id']}/rpc"
    body = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
    payload = {**api.payload("POST", path, body), "url": "https://api.privy.io" + path}
    return await api.send_signed("POST", path, json.dumps(body).encode(), sign(key, payload))


async def test_a_refused_signature_is_explained(api: ApiClient) -> None:
    """The log's record and the page tell what should have been signed, and what was."""
    assert (await signed_for_privy(api)).status == 401
    record = api.sandbox.log[-1]
    assert record.expected_payload is not None
    assert record.diagnosis is not None
    assert (record.diagnosis.cause, record.diagnosis.part) == ("other url", "url")
    assert record.error is not None
    assert record.error.startswith("No valid authorization signatures")
    text = await text_of(api)
    path = record.path
    assert f"signature is over another URL: https://api.privy.io{path} What should" in text
    assert f"url {api.url}{path} signed instead: https://api.privy.io{path} body {{" in text
    assert 'headers { "privy-app-id": "sandbox-app" } version 1' in text
    assert record.expected_payload in text


async def test_diagnoses_reach_the_log(api: ApiClient) -> None:
    """Each refused signature of a request has its cause; an accepted one has none."""
    owner, other = new_key(), new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(owner)})
    await api.create_wallet(owner={"public_key": spki(other)})
    for keys in ([], [other], [new_key()], [owner, owner], [owner]):
        await api.personal_sign(wallet["id"], *keys)
    causes = [each.diagnosis and each.diagnosis.cause for each in api.sandbox.log[2:]]
    assert causes == ["no signature", "key of another owner", "unknown", None, None]


async def test_user_keys_that_no_longer_sign(api: ApiClient) -> None:
    """An expired key of a user is told, and so is that a user has no key at all."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    await api.personal_sign(wallet["id"], new_key())
    key = await api.exchange("alice")
    api.sandbox.clock.advance(7200)
    await api.personal_sign(wallet["id"], key)
    found = [each.diagnosis for each in api.sandbox.log if each.diagnosis]
    assert [each.cause for each in found] == ["no user key", "expired key"]
    assert user_id in found[1].explanation


EVIL = "<script>alert('x')</script>\"&'"


async def test_everything_is_escaped(api: ApiClient) -> None:
    """Names, paths, ids, errors and bodies cannot become markup."""
    key = new_key()
    await api.create_user(EVIL)
    wallet = await api.create_wallet(display_name=EVIL, owner={"public_key": spki(key)})
    await api.create_quorum(public_keys=[spki(key)], display_name=EVIL)
    rule = {"name": EVIL, "method": "*", "conditions": [], "action": "ALLOW"}
    policy = {"version": "1.0", "name": EVIL, "chain_type": "ethereum", "rules": [rule]}
    assert (await api.call("POST", "/v1/policies", policy)).status == 200
    await api.call("GET", "/v1/<script>alert('x')</script>")
    assert (await api.personal_sign(wallet["id"], message=EVIL)).status == 401
    async with loopback(taken) as server:
        receiver = Receiver(server, api.sandbox)
        api.sandbox.webhooks.emit(EVIL, {})
        await receiver.settled()
    _, html, _ = await get(api)
    scripts = re.findall("<script[^>]*>", html)
    assert scripts == ["<script>"]
    assert "alert('x')" not in html
    assert (await text_of(api)).count("<script>alert('x')</script>") >= 8


async def test_it_lets_nothing_else_run(api: ApiClient) -> None:
    """The policy allows this page's own style and script alone, by their hashes, and no frame."""
    _, html, headers = await get(api)
    directives = dict(
        each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";")
    )
    for name in ("style", "script"):
        text = re.findall(f"<{name}>(.*?)</{name}>", html, re.DOTALL)
        assert len(text) == 1
        digest = base64.b64encode(sha256(text[0].encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"
    assert directives["default-src"] == directives["frame-ancestors"] == "'none'"
    assert not re.search(r'\s(?:src|href)="(?!data:,)', html)
    assert " style=" not in html
    assert " on" + "click" not in html


async def test_no_secret_stands_on_it(api: ApiClient) -> None:
    """Neither the app's secret nor tokens, keys, signatures or what is in webhooks' URLs."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    token = api.sandbox.issue_user_jwt("alice")
    reply = await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": token})
    payload = api.payload("POST", f"/v1/wallets/{wallet['id']}/rpc", {})
    signature = sign(new_key(), payload)
    await api.send_signed("POST", f"/v1/wallets/{wallet['id']}/rpc", b"{}", signature)
    async with loopback(lambda request: web.Response(status=204)) as server:
        url = server.url.replace("//", "//me:pass-word@") + "/hooks?token=hush-hush"
        secret = api.sandbox.webhooks.add(url)
        api.sandbox.webhooks.emit("user.created", {"hidden": "in-the-event"})
        _, html, _ = await get(api)
    key = api.sandbox.state.wallets[wallet["id"]].key.export_private_key()
    authorization_key = reply.body["authorization_key"]
    for hidden in (
        api.sandbox.app_secret,
        token,
        authorization_key,
        signature,
        key,
        secret,
        "pass-word",
        "hush-hush",
        api.app_headers()["Authorization"],
    ):
        assert hidden not in html
    assert "/hooks?…" in html


async def test_many_of_everything(api: ApiClient) -> None:
    """The newest 200 requests and 50 of each list are shown, and how many more there are."""
    for number in range(60):
        await api.create_user(f"user-{number}")
    for _ in range(150):
        await api.call("GET", "/v1/wallets")
    _, html, _ = await get(api)
    assert html.count('class="row request') == 200
    text = await text_of(api)
    assert "Requests 210" in text
    assert text.count("and 10 more") == 2
    assert "user-10 " in text
    assert "user-9 " not in text


async def test_refused_signatures_over_a_lot(api: ApiClient) -> None:
    """What the log holds only the beginning of is shown so far, on both sides."""
    key, name = new_key(), "x" * 30_000
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/v1/wallets/{wallet['id']}"
    body = {"display_name": name, "external_id": None}
    refused = await api.call("PATCH", path, body, keys=[new_key()])
    assert refused.status == 401
    signature = sign(key, api.payload("PATCH", path, {"display_name": name}))
    data = json.dumps(body).encode()
    assert (await api.send_signed("PATCH", path, data, signature)).status == 401
    diagnosis = api.sandbox.log[-1].diagnosis
    assert diagnosis is not None
    assert diagnosis.part == "body"
    assert len(str(diagnosis.signed)) == len(str(api.sandbox.log[-1].expected_payload)) == 20_000
    text = await text_of(api)
    assert text.count("What should have been signed") == 2
