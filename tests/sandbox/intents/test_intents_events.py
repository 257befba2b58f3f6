"""The events of intents, read as the SDK reads them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from intent_helpers import HELLO, agree, propose
from webhook_receiver import Receiver

from privy_async.resources.webhook_events import IntentEvent
from privy_async.sandbox import Sandbox
from privy_async.verification.webhooks import verify

pytestmark = pytest.mark.anyio

BROKEN = {**HELLO, "params": {}}


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox with this machine's clock, which signs the events."""
    async with Sandbox() as sandbox:
        yield sandbox


async def told(receiver: Receiver, intent: dict[str, Any]) -> list[IntentEvent]:
    """What was told of the intent, in the order of the list in Privy's documentation."""
    await receiver.settled()
    events = [
        verify(request.body, request.headers, secret=receiver.secret)
        for request in receiver.server.requests
        if request.json.get("intent_id") == intent["intent_id"]
    ]
    found = [event for event in events if isinstance(event, IntentEvent)]
    assert all(event.extra == {} for event in found)
    order = ("created", "authorized", "rejected", "executed", "failed")
    return sorted(found, key=lambda event: order.index(event.type.removeprefix("intent.")))


async def test_created_authorized_executed(api: ApiClient, receiver: Receiver) -> None:
    """Each step is told, with who agreed and with the result."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    done = (await agree(api, intent, key)).body
    created, authorized, executed = await told(receiver, intent)
    assert (created.type, created.status) == ("intent.created", "pending")
    assert created.authorization_details is not None
    assert created.authorization_details[0].threshold == 1
    assert (authorized.type, authorized.status) == ("intent.authorized", "pending")
    assert authorized.member is not None
    assert authorized.member.public_key == spki(key)
    assert authorized.authorized_at == authorized.member.signed_at
    assert (executed.type, executed.status) == ("intent.executed", "executed")
    assert executed.action_result is not None
    assert executed.action_result.response_body == done["action_result"]["response_body"]


async def test_who_of_a_nested_quorum_agreed(api: ApiClient, receiver: Receiver) -> None:
    """The member is the user, not the quorum the user is in."""
    user_id = await api.create_user("alice")
    nested = await api.create_quorum(user_ids=[user_id])
    owner = await api.create_quorum(public_keys=[spki(new_key())], key_quorum_ids=[nested])
    wallet = await api.create_wallet(owner_id=owner)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    await agree(api, intent, await api.exchange("alice"))
    _, authorized = await told(receiver, intent)
    assert authorized.member is not None
    assert (authorized.member.type, authorized.member.user_id) == ("user", user_id)


async def test_rejected_and_failed(api: ApiClient, receiver: Receiver) -> None:
    """A rejection, and a request that is refused once it is made."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)})
    path = f"/wallets/{wallet['id']}/rpc"
    rejected, failed = await propose(api, path), await propose(api, path, BROKEN)
    await api.call("POST", f"/v1/intents/{rejected['intent_id']}/reject")
    await agree(api, failed, key)
    [_, rejection] = await told(receiver, rejected)
    assert (rejection.type, rejection.status) == ("intent.rejected", "rejected")
    assert rejection.rejected_at is not None
    failure = (await told(receiver, failed))[-1]
    assert (failure.type, failure.status) == ("intent.failed", "failed")
    assert failure.action_result is not None
    assert failure.action_result.status_code == 400
