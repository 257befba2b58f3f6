"""Users' keys that can only authorize certain intents: on the wire, and on the sandbox."""

from typing import Any

import pytest
from loopback import exchanged, loopback

from privy_async import AuthenticationError, InvalidArgumentError
from privy_async.sandbox import Sandbox
from privy_async.signing.p256 import AuthorizationKey

pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
JWT = "header.payload.signature"
BINDINGS = [{"type": "intent", "intentId": "i1"}, {"type": "intent", "intentId": "i2"}]
HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


async def test_what_is_asked() -> None:
    """The token goes with the intents and a new recipient key, which opens what comes back."""
    async with (
        loopback(lambda request: exchanged(request, KEY, bindings=BINDINGS)) as server,
        server.client() as privy,
    ):
        ids = ["i1", "i2"]
        signer = await privy.intents.generate_user_signer(user_jwt=JWT, intent_ids=ids)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/wallets/authenticate/intents")
    sent = request.json
    assert sent.pop("recipient_public_key")
    assert sent == {"user_jwt": JWT, "encryption_type": "HPKE", "bindings": BINDINGS}
    assert signer.authorization_key.to_base64() == KEY.to_base64()
    assert signer.intent_ids == ("i1", "i2")


@pytest.mark.parametrize("bindings", [None, 5, [5], [{"type": "intent"}], [{"intentId": 5}]])
async def test_bindings_that_cannot_be_read(bindings: Any) -> None:
    """A key that comes with bindings of another kind is still a key."""
    async with (
        loopback(lambda request: exchanged(request, KEY, bindings=bindings)) as server,
        server.client() as privy,
    ):
        signer = await privy.intents.generate_user_signer(user_jwt=JWT, intent_ids=["i1"])
    assert signer.intent_ids == ()


@pytest.mark.parametrize("ids", [[], ["i"] * 11, "i1"], ids=["none", "eleven", "text"])
async def test_how_many(ids: Any) -> None:
    """None, or more than ten, or a text instead of a list are refused before anything is sent."""
    async with loopback() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError, match="intent_ids: expected a list of "):
            await privy.intents.generate_user_signer(user_jwt=JWT, intent_ids=ids)
    assert server.requests == []


async def test_it_authorizes_its_intent_alone(anyio_backend: str) -> None:
    """It agrees to its intent and to no other, and never signs the user's own calls."""
    async with Sandbox() as sandbox, sandbox.client() as privy:
        accounts: Any = [{"type": "custom_auth", "custom_user_id": "alice"}]
        user = await privy.users.create(linked_accounts=accounts)
        wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        first = await privy.intents.rpc(wallet.id, HELLO)
        second = await privy.intents.rpc(wallet.id, HELLO)
        jwt = sandbox.issue_user_jwt("alice")
        signer = await privy.intents.generate_user_signer(
            user_jwt=jwt, intent_ids=[first.intent_id]
        )
        assert signer.intent_ids == (first.intent_id,)
        key = signer.authorization_key
        with pytest.raises(AuthenticationError):
            await privy.intents.authorize(second.intent_id, **privy.intents.sign(second, key))
        done = await privy.intents.authorize(first.intent_id, **privy.intents.sign(first, key))
        assert done.status == "executed"
        signed = await privy.for_user(jwt).wallets.ethereum.sign_message(wallet.id, "hello")
        assert signed.signature.startswith("0x")
