"""Second factors in a real browser: the example page, and passkeys as Chromium makes them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from apps.aiohttp_app.app import make_app
from apps.demo import RULES
from browser import CHROMIUM, Tab, browser_tab
from sdk_helpers import new_user

from privy_async import BadRequestError
from privy_async.sandbox import Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

NUMBER = "+15555550100"
# Browsers' names have humps where Privy's have underscores.
OPTIONS = """
  const humps = item => Array.isArray(item) ? item.map(humps)
    : item && typeof item === "object" ? Object.fromEntries(Object.entries(item).map(
        ([name, inner]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
                            humps(inner)]))
    : item;
"""


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
async def tab(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser_tab(tmp_path) as tab:
        yield tab


async def click(tab: Tab, name: str) -> None:
    """Press a button of the page."""
    await tab.value(f"document.getElementById({name!r}).click()")


async def answered(tab: Tab, text: str) -> None:
    """Wait until the page shows an answer with this text."""
    await tab.until(f"document.getElementById('answer').innerText.includes({text!r})")


async def test_a_person_sends_after_a_code(sandbox: Sandbox, tab: Tab) -> None:
    """The page asks for the number and for the code, and then sends what was refused."""
    async with sandbox.client() as privy:
        user_id = await new_user(privy, "alice")
        policy = await privy.policies.create(name="p", chain_type="ethereum", rules=RULES)
        await privy.wallets.create(
            chain_type="ethereum", owner={"user_id": user_id}, policy_ids=[policy.id]
        )
    token = sandbox.issue_access_token(user_id)
    async with TestServer(make_app(sandbox.client())) as server:
        await tab.open(f"{server.make_url('/')}#token={token}")
        await tab.until("document.getElementById('wallet').options.length === 1")
        assert await tab.value("document.getElementById('mfa').hidden")
        await click(tab, "send")
        await tab.until("!document.getElementById('mfa').hidden")
        await click(tab, "text-me")
        await answered(tab, '"sent": true')
        code = sandbox.mfa.sms_code(NUMBER)
        await tab.value(f"document.getElementById('code').value = {code!r}")
        await click(tab, "verify")
        await answered(tab, '"hash"')
        assert await tab.value("document.getElementById('mfa').hidden")
    assert len(sandbox.state.transactions) == 1


async def made_by(tab: Tab, what: str, options: Any) -> Any:
    """What the browser answers to options: the JSON of a credential."""
    parse = "parseCreationOptionsFromJSON" if what == "create" else "parseRequestOptionsFromJSON"
    return await tab.value(
        f"""(async () => {{
          {OPTIONS}
          const publicKey = PublicKeyCredential.{parse}(humps({json.dumps(options)}));
          return (await navigator.credentials.{what}({{publicKey}})).toJSON();
        }})()"""
    )


async def test_a_passkey_of_chromium(sandbox: Sandbox, tab: Tab) -> None:
    """What a browser makes goes to the SDK as it is, enrolls once, and verifies."""

    async def page(request: web.BaseRequest) -> web.Response:
        return web.Response(text="<!doctype html><title>Passkeys</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app, host="localhost") as server, sandbox.client() as privy:
        origin = str(server.make_url("/")).rstrip("/")
        await tab.open(origin)
        await tab.command("WebAuthn.enable")
        authenticator = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        await tab.command("WebAuthn.addVirtualAuthenticator", options=authenticator)
        user_id = await new_user(privy, "alice")
        passkey = privy.for_user(sandbox.issue_user_jwt("alice")).users.mfa.passkey
        began = await passkey.enrollment.init(user_id, relying_party=origin)
        made = await made_by(tab, "create", began.options)
        assert (await passkey.enrollment.verify(user_id, credential=made)).token
        (method,) = (await privy.users.get(user_id)).mfa_methods
        assert method.type == "passkey"
        for _ in range(2):
            began = await passkey.verification.init(user_id, relying_party=origin)
            signed = await made_by(tab, "get", began.options)
            assert (await passkey.verification.verify(user_id, credential=signed)).token
        # A second use of the same answer.
        await passkey.verification.init(user_id, relying_party=origin)
        with pytest.raises(BadRequestError) as refused:
            await passkey.verification.verify(user_id, credential=signed)
        assert refused.value.code == "invalid_credentials"
