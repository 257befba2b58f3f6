"""The SDK's intents, async and sync, on the sandbox."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from privy_async import (
    AuthenticationError,
    AuthorizationContext,
    AuthorizationKey,
    BadRequestError,
    IntentFailedError,
    NotFoundError,
    PrivyClient,
    WaitTimeoutError,
)
from privy_async.resources.controls.intent_values import Intent
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
RECEIVER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox with this machine's clock, which the SDK goes by."""
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def privy(sandbox: Sandbox) -> AsyncIterator[PrivyClient]:
    """The SDK's client of the sandbox."""
    async with sandbox.client() as client:
        yield client


async def authorize(privy: PrivyClient, intent: Intent, key: AuthorizationKey | str) -> Intent:
    """Sign the intent and authorize it."""
    agreed = privy.intents.sign(intent, key)
    return await privy.intents.authorize(intent.intent_id, **agreed)


async def test_every_kind(privy: PrivyClient) -> None:
    """Each of the eight kinds is proposed, signed by the owner and executed."""
    key = AuthorizationKey.generate()
    owner: Any = {"public_key": key.public_key}
    wallet = await privy.wallets.create(chain_type="ethereum", owner=owner)
    policy = await privy.policies.create(name="p", chain_type="ethereum", rules=[], owner=owner)
    quorum = await privy.key_quorums.create(public_keys=[key.public_key])
    rule: Any = {"name": "yes", "method": "personal_sign", "conditions": [], "action": "ALLOW"}

    async def done(intent: Intent) -> Intent:
        assert intent.status == "pending"
        executed = await authorize(privy, intent, key)
        assert executed.status == "executed"
        return executed

    signed = await done(await privy.intents.rpc(wallet.id, HELLO))
    assert signed.action_result is not None
    assert signed.action_result.response_body is not None
    signature = signed.action_result.response_body["data"]["signature"]
    message = encode_defunct(text="hello")
    assert Account.recover_message(message, signature=signature) == wallet.address
    await done(
        await privy.intents.transfer(
            wallet.id,
            source={"chain": "base", "asset": "eth"},
            destination={"address": RECEIVER},
            amount="1",
        )
    )
    await done(await privy.intents.update_wallet(wallet.id, display_name="ours"))
    await done(await privy.intents.update_policy(policy.id, name="q"))
    made = await done(await privy.intents.create_policy_rule(policy.id, **rule))
    assert made.action_result is not None
    assert made.action_result.response_body is not None
    rule_id = made.action_result.response_body["id"]
    change = await privy.intents.update_policy_rule(rule_id, policy_id=policy.id, **rule)
    await done(change)
    await done(await privy.intents.delete_policy_rule(rule_id, policy_id=policy.id))
    await done(await privy.intents.update_key_quorum(quorum.id, display_name="board"))
    assert (await privy.wallets.get(wallet.id)).display_name == "ours"
    assert (await privy.policies.get(policy.id)).name == "q"
    assert (await privy.key_quorums.get(quorum.id)).display_name == "board"
    listed = [intent async for intent in privy.intents.list(status="executed", limit=3)]
    assert len(listed) == 8


async def test_a_user_authorizes(sandbox: Sandbox, privy: PrivyClient) -> None:
    """With the key of `generate_user_signer`, and an expiry of the proposer's choice."""
    user = await privy.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}]
    )
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    expiry = sandbox.state.now + 60_000
    intent = await privy.intents.rpc(wallet.id, HELLO, request_expiry=expiry)
    assert (intent.custom_expiry, intent.expires_at) == (True, expiry)
    jwt = sandbox.issue_user_jwt("alice")
    signer = await privy.wallets.generate_user_signer(user_jwt=jwt)
    done = await authorize(privy, intent, signer.authorization_key)
    assert done.status == "executed"
    assert await privy.intents.wait(intent.intent_id, timeout=1) == done


async def test_a_key_bound_to_an_intent(sandbox: Sandbox, privy: PrivyClient) -> None:
    """It authorizes its intent, no other one, and signs no request."""
    user = await privy.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}]
    )
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    mine, other = [await privy.intents.rpc(wallet.id, HELLO) for _ in range(2)]
    signer = await privy.intents.generate_user_signer(
        user_jwt=sandbox.issue_user_jwt("alice"), intent_ids=[mine.intent_id]
    )
    key = signer.authorization_key
    with pytest.raises(AuthenticationError):
        await authorize(privy, other, key)
    bound = privy.with_authorization(AuthorizationContext(authorization_private_keys=[key]))
    with pytest.raises(AuthenticationError):
        await bound.wallets.ethereum.sign_message(wallet.id, "hello")
    assert (await authorize(privy, mine, key)).status == "executed"


async def test_what_fails(privy: PrivyClient) -> None:
    """A rejected intent, one that nobody has authorized, and one that is not there."""
    key = AuthorizationKey.generate()
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"public_key": key.public_key})
    intent = await privy.intents.rpc(wallet.id, HELLO)
    with pytest.raises(WaitTimeoutError):
        await privy.intents.wait(intent.intent_id, timeout=0.01)
    assert (await privy.intents.reject(intent.intent_id)).status == "rejected"
    with pytest.raises(IntentFailedError):
        await privy.intents.wait(intent.intent_id, timeout=1)
    with pytest.raises(BadRequestError, match="rejected"):
        await authorize(privy, intent, key)
    with pytest.raises(NotFoundError):
        await privy.intents.get("nothing")


def test_the_sync_face() -> None:
    """The same without asyncio, by the clock of this machine."""
    key = AuthorizationKey.generate()
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        wallet = privy.wallets.create(chain_type="ethereum", owner={"public_key": key.public_key})
        intent = privy.intents.rpc(wallet.id, HELLO)
        agreed = privy.intents.sign(intent, key)
        assert privy.intents.authorize(intent.intent_id, **agreed).status == "executed"
        assert privy.intents.wait(intent.intent_id, timeout=1).status == "executed"
        assert [each.intent_id for each in privy.intents.list()] == [intent.intent_id]
        other = privy.intents.update_wallet(wallet.id, display_name="x")
        assert privy.intents.reject(other.intent_id).status == "rejected"
