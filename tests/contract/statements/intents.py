"""Intents: what others are to sign. https://docs.privy.io/transaction-management/intents/overview"""

from typing import Any

from contract.scene import HELLO, Scene
from contract.statement import states, status_and_code, told

_72_HOURS = 72 * 3600 * 1000


async def _propose(scene: Scene) -> dict[str, Any]:
    wallet = await scene.owned_wallet()
    reply = await scene.call("POST", f"/v1/intents/wallets/{wallet['id']}/rpc", HELLO)
    return dict(reply.body)


@states("200, intent_type 'RPC', status 'pending', custom_expiry False")
async def proposed_rpc(scene: Scene) -> str:
    """An intent is proposed with the app's secret alone, and is pending."""
    wallet = await scene.owned_wallet()
    reply = await scene.call("POST", f"/v1/intents/wallets/{wallet['id']}/rpc", HELLO)
    return told(reply, "intent_type", "status", "custom_expiry")


@states("72 hours")
async def life_of_an_intent(scene: Scene) -> str:
    """An intent lives for 72 hours."""
    intent = await _propose(scene)
    life = intent["expires_at"] - intent["created_at"]
    return "72 hours" if abs(life - _72_HOURS) < 60_000 else f"{life} ms"


@states("method 'POST', and the body as sent")
async def request_details(scene: Scene) -> str:
    """An intent has the request that it stands for in request_details."""
    details = (await _propose(scene))["request_details"]
    same = {**HELLO, **details["body"]} == details["body"]
    return f"method {details['method']!r}, and {'the body as sent' if same else details['body']}"


@states("200, status 'rejected'")
async def rejected_intent(scene: Scene) -> str:
    """An intent is rejected with the app's secret alone."""
    intent = await _propose(scene)
    return told(await scene.call("POST", f"/v1/intents/{intent['intent_id']}/reject"), "status")


@states("404 not_found")
async def unknown_intent(scene: Scene) -> str:
    """An intent that there is not is 404."""
    return status_and_code(await scene.call("GET", "/v1/intents/aaaaaaaaaaaaaaaaaaaaaaaa"))
