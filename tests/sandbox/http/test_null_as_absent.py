"""`null` counts as absent, in every field that Privy's schemas leave optional."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from api_client import ApiClient
from good_requests import GoodRequest, Json, good_requests
from request_maker import SCHEMAS

pytestmark = pytest.mark.anyio


def parts_of(schema: Any) -> Iterator[Any]:
    """The object schemas that a schema stands for."""
    if "$ref" in schema:
        yield from parts_of(SCHEMAS["schemas"].get(schema["$ref"], {}))
    for each in schema.get("allOf", []):
        yield from parts_of(each)
    for each in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from parts_of(each)
    if "properties" in schema:
        yield schema


def fits(schema: Any, value: Json) -> bool:
    """True if an object may be of this schema, by its names and its constants."""
    named = schema["properties"]
    required = set(schema.get("required", ()))
    constants = all(
        value[name] in each["enum"]
        for name, each in named.items()
        if "enum" in each
        if name in value
    )
    return required <= value.keys() <= named.keys() and constants


def with_nulls(schema: Any, value: Any) -> int:
    """Add null for whatever is left out, and return how often that was."""
    added = 0
    if isinstance(value, list):
        items = schema.get("items") or next(iter(parts_of(schema)), {}).get("items", {})
        return sum(with_nulls(items, each) for each in value)
    if not isinstance(value, dict):
        return 0
    for part in parts_of(schema):
        if not fits(part, value):
            continue
        for name, inner in part["properties"].items():
            if name in value:
                added += with_nulls(inner, value[name])
        absent = [name for name in part["properties"] if name not in value]
        value.update(dict.fromkeys(absent))
        return added + len(absent)
    return added


async def send(api: ApiClient, request: GoodRequest, body: Json) -> Any:
    """Send it for a fresh wallet or user, and return the answer."""
    path = request.path
    if "{wallet_id}" in path:
        wallet = await api.create_wallet(chain_type=request.chain_type)
        path = path.format(wallet_id=wallet["id"])
    elif "{user_id}" in path:
        path = path.format(user_id=await api.create_user(f"u{len(api.sandbox.state.users)}"))
    return await api.call("POST", path, body)


async def test_null_is_absent(api: ApiClient) -> None:
    """A good request is as good with null for all that it leaves out."""
    solana, tron = [
        api.sandbox.state.wallets[(await api.create_wallet(chain_type=chain))["id"]]
        for chain in ("solana", "tron")
    ]
    owner_id = await api.create_quorum(public_keys=[], user_ids=[await api.create_user("bob")])
    more = [
        GoodRequest("/v1/wallets", {"chain_type": "ethereum"}),
        GoodRequest("/v1/wallets", {"chain_type": "ethereum", "owner_id": owner_id}),
        GoodRequest("/v1/users", {"linked_accounts": []}),
        GoodRequest("/v1/condition_sets", {"name": "s", "owner_id": owner_id}),
    ]
    unique = {str(each): each for each in (*good_requests(solana, tron), *more)}
    added, refused = 0, list[Any]()
    for request in unique.values():
        template = request.path
        for wallet in (solana, tron):
            template = template.replace(wallet.id, "{wallet_id}")
        body = copy.deepcopy(request.body)
        now = with_nulls(SCHEMAS["operations"].get(f"POST {template}", {}), body)
        if now and (await send(api, request, request.body)).status == 200:
            added += now
            reply = await send(api, request, body)
            if reply.status != 200:
                refused.append((request.path, body, reply.body))
    assert refused == []
    assert added > 100, added
