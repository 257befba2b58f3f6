"""Proposing and authorizing intents by hand, with signatures made apart from the SDK."""

from collections.abc import Mapping
from typing import Any

from api_client import ApiClient, Reply, sign
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
HOURS_72 = 72 * 60 * 60 * 1000


def now_ms(api: ApiClient) -> int:
    """The sandbox's time."""
    return api.sandbox.state.now


async def propose(
    api: ApiClient,
    path: str,
    body: Any = HELLO,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Propose the request to this path, such as "/wallets/<id>/rpc"."""
    arguments = (method, f"/v1/intents{path}", *(() if body is None else (body,)))
    reply = await api.call(*arguments, headers=headers)
    assert reply.status == 200, reply
    return dict(reply.body)


def payload_of(api: ApiClient, intent: Mapping[str, Any]) -> dict[str, Any]:
    """What an owner signs: the request that is proposed."""
    expiry = {"privy-request-expiry": str(intent["expires_at"])}
    return {
        "version": 1,
        **intent["request_details"],
        "headers": {
            "privy-app-id": api.sandbox.app_id,
            **(expiry if intent["custom_expiry"] else {}),
        },
    }


async def agree(
    api: ApiClient,
    intent: Mapping[str, Any],
    key: EllipticCurvePrivateKey,
    *,
    timestamp: int | None = None,
    **changes: Any,
) -> Reply:
    """Authorize an intent; `changes` are what is signed otherwise than it should be."""
    at = now_ms(api) if timestamp is None else timestamp
    signature = sign(key, {**payload_of(api, intent), **changes})
    path = f"/v1/intents/{intent['intent_id']}/authorize"
    return await api.call("POST", path, {"signature": signature, "timestamp": at})


async def fetch(api: ApiClient, intent: Mapping[str, Any]) -> dict[str, Any]:
    """The intent as it is now."""
    reply = await api.call("GET", f"/v1/intents/{intent['intent_id']}")
    assert reply.status == 200, reply
    return dict(reply.body)
