"""The example apps show the whole round of a second factor: refused, a code asked for, done."""

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
from apps.demo import RULES
from web_apps import SERVERS, Answer, App

from privy_async import PrivyClient
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TO = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
NUMBER = "+15555550100"


@attrs.frozen
class Browser:
    """A user's browser: what it has asked to send, the token of the log-in, and of the MFA."""

    app: App
    token: str
    wallet_id: str

    async def post(self, path: str, mfa_token: str | None = None, **body: Any) -> Answer:
        """What the page calls."""
        headers = {} if mfa_token is None else {"privy-mfa-token": mfa_token}
        return await self.app.post(path, self.token, more_headers=headers, **body)

    async def send(self, mfa_token: str | None = None, **more: Any) -> Answer:
        """Send some wei, which the wallet's policy allows with MFA alone."""
        body = {"wallet_id": self.wallet_id, "to": TO, "value": 1000}
        return await self.post("/api/send", mfa_token, **body, **more)


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture(params=SERVERS)
async def app(sandbox: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    async with SERVERS[request.param](sandbox) as app:
        yield app


async def browser_of(app: App, sandbox: Sandbox, privy: PrivyClient, name: str) -> Browser:
    """A new user with a wallet that sends nothing before a second factor."""
    account = {"type": "custom_auth", "custom_user_id": name}
    user = await privy.users.create(linked_accounts=[account])
    policy = await privy.policies.create(name="p", chain_type="ethereum", rules=RULES)
    wallet = await privy.wallets.create(
        chain_type="ethereum", owner={"user_id": user.id}, policy_ids=[policy.id]
    )
    return Browser(app, sandbox.issue_access_token(user.id), wallet.id)


@pytest.fixture
async def alice(app: App, sandbox: Sandbox) -> AsyncIterator[Browser]:
    async with sandbox.client() as privy:
        yield await browser_of(app, sandbox, privy, "alice")


async def test_the_round(alice: Browser, sandbox: Sandbox) -> None:
    """Not enrolled: 403; enrolled: sent, once; later the second factor is asked for again."""
    refused = await alice.send()
    assert (refused.status, refused.json["error"]) == (403, "mfa_required")
    assert refused.json["code"] == "missing_mfa_enrollment"
    assert (await alice.post("/api/mfa/text-me", phone_number=NUMBER)).json == {"sent": True}
    code = sandbox.mfa.sms_code(NUMBER)
    verified = await alice.post("/api/mfa/verify", code=code, enrolling=True)
    sent = await alice.send(verified.json["mfa_token"])
    assert (sent.status, len(sandbox.state.transactions)) == (200, 1)
    # The page of another day has the token of the log-in alone.
    refused = await alice.send()
    assert (refused.status, refused.json["code"]) == (403, "mfa_required")
    assert (await alice.post("/api/mfa/text-me")).status == 200
    again = await alice.post("/api/mfa/verify", code=sandbox.mfa.sms_code(NUMBER))
    assert (await alice.send(again.json["mfa_token"])).status == 200
    assert len(sandbox.state.transactions) == 2


async def test_a_wrong_code(alice: Browser, sandbox: Sandbox) -> None:
    """It is answered with 400, and says nothing of the right one."""
    await alice.post("/api/mfa/text-me", phone_number=NUMBER)
    right = sandbox.mfa.sms_code(NUMBER)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    answer = await alice.post("/api/mfa/verify", code=wrong, enrolling=True)
    assert (answer.status, answer.json["code"]) == (400, "invalid_credentials")
    assert right not in answer.text


async def test_what_needs_no_second_factor(alice: Browser) -> None:
    """The policy lets messages be signed without; with an MFA token they are signed too."""
    signing = {"wallet_id": alice.wallet_id, "message": "x"}
    assert (await alice.post("/api/sign", **signing)).status == 200


async def test_another_users_mfa_token(alice: Browser, sandbox: Sandbox) -> None:
    """It opens nothing, and nothing is sent."""
    async with sandbox.client() as privy:
        bob = await browser_of(alice.app, sandbox, privy, "bob")
    await bob.post("/api/mfa/text-me", phone_number=NUMBER)
    code = sandbox.mfa.sms_code(NUMBER)
    token = (await bob.post("/api/mfa/verify", code=code, enrolling=True)).json["mfa_token"]
    assert (await alice.send(token)).status in (401, 403)
    assert (await bob.send(token)).status == 200
    assert len(sandbox.state.transactions) == 1
