"""Keys of users that may authorize certain intents and nothing else."""

import base64
from typing import Any

import pytest
from api_client import ApiClient, Clock, Reply, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_der_private_key
from intent_helpers import agree, propose

pytestmark = pytest.mark.anyio

PATH = "/v1/wallets/authenticate/intents"


async def bind(api: ApiClient, *intent_ids: str, **fields: Any) -> Reply:
    """Exchange Alice's token for a key bound to these intents."""
    bindings = [{"type": "intent", "intentId": intent_id} for intent_id in intent_ids]
    jwt = api.sandbox.issue_user_jwt("alice")
    return await api.call("POST", PATH, {"user_jwt": jwt, "bindings": bindings, **fields})


def key_in(reply: Reply) -> EllipticCurvePrivateKey:
    """The key in an answer."""
    assert reply.status == 200, reply
    key = load_der_private_key(base64.b64decode(reply.body["authorization_key"]), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


async def wallet_of_alice(api: ApiClient) -> dict[str, Any]:
    """Make Alice with a wallet."""
    return await api.create_wallet(owner={"user_id": await api.create_user("alice")})


async def test_the_key_authorizes_its_intents_alone(api: ApiClient) -> None:
    """It works for both intents it is bound to, and not for a third one."""
    wallet = await wallet_of_alice(api)
    await api.create_wallet(owner_id=wallet["owner_id"])
    path = f"/wallets/{wallet['id']}/rpc"
    first, second, third = [await propose(api, path) for _ in range(3)]
    reply = await bind(api, first["intent_id"], second["intent_id"])
    assert reply.body["bindings"] == [
        {"type": "intent", "intentId": first["intent_id"]},
        {"type": "intent", "intentId": second["intent_id"]},
    ]
    assert reply.body["wallets"] == [wallet]
    key = key_in(reply)
    assert (await agree(api, third, key)).status == 401
    assert (await agree(api, first, key)).body["status"] == "executed"
    assert (await agree(api, second, key)).body["status"] == "executed"


async def test_the_key_signs_no_request(api: ApiClient) -> None:
    """Not even the request that its intent proposes, and no change of the wallet."""
    wallet = await wallet_of_alice(api)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    key = key_in(await bind(api, intent["intent_id"]))
    path = f"/v1/wallets/{wallet['id']}"
    signed = await api.personal_sign(wallet["id"], key)
    changed = await api.call("PATCH", path, {"display_name": "x"}, keys=[key])
    assert (signed.status, changed.status) == (401, 401)
    assert signed.body["error"] == "No valid user session keys available"
    assert (await api.personal_sign(wallet["id"], await api.exchange("alice"))).status == 200


async def test_the_key_does_not_count_beside_others(api: ApiClient) -> None:
    """In a quorum of two a bound key is nobody's, so one approval is missing."""
    other, user_id = new_key(), await api.create_user("alice")
    owner = await api.create_quorum(public_keys=[spki(other)], user_ids=[user_id])
    wallet = await api.create_wallet(owner_id=owner)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    key = key_in(await bind(api, intent["intent_id"]))
    reply = await api.personal_sign(wallet["id"], other, key)
    assert reply.body["code"] == "insufficient_correct_authorization_signatures"
    assert (await agree(api, intent, key)).body["status"] == "pending"
    assert (await agree(api, intent, other)).body["status"] == "executed"


async def test_the_key_of_a_policys_owner(api: ApiClient) -> None:
    """Who owns no wallet can still have a key for the intents of a policy."""
    user_id = await api.create_user("alice")
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": []}
    policy = await api.call("POST", "/v1/policies", {**body, "owner": {"user_id": user_id}})
    intent = await propose(api, f"/policies/{policy.body['id']}", {"name": "q"}, method="PATCH")
    reply = await bind(api, intent["intent_id"])
    assert reply.body["wallets"] == []
    assert (await agree(api, intent, key_in(reply))).body["status"] == "executed"


async def test_the_key_comes_sealed(api: ApiClient) -> None:
    """With a recipient the key is sealed for it, as with the other exchange."""
    wallet = await wallet_of_alice(api)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    recipient = new_key()
    reply = await bind(
        api,
        intent["intent_id"],
        encryption_type="HPKE",
        recipient_public_key=spki(recipient),
    )
    sealed = reply.body["encrypted_authorization_key"]
    assert "authorization_key" not in reply.body
    parts = (sealed["encapsulated_key"], sealed["ciphertext"])
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    opened = suite.decrypt(b"".join(map(base64.b64decode, parts)), recipient)
    key = load_der_private_key(base64.b64decode(opened), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    assert (await agree(api, intent, key)).body["status"] == "executed"


async def test_the_key_expires(api: ApiClient, clock: Clock) -> None:
    """It lives as long as other keys of users."""
    wallet = await wallet_of_alice(api)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    reply = await bind(api, intent["intent_id"])
    assert reply.body["expires_at"] == api.sandbox.state.now + 3_600_000
    clock.now += 3600
    late = await agree(api, intent, key_in(reply))
    assert (late.status, late.body["code"]) == (401, "user_session_keys_expired")


@pytest.mark.parametrize(
    ("bindings", "status", "problem"),
    [
        (None, 400, "`bindings`: Array must contain 1 to 10"),
        ([], 400, "`bindings`: Array must contain 1 to 10"),
        ("{mine}", 400, "`bindings`: Expected array"),
        (["{mine}"] * 2, 400, "`bindings.0`: Expected object"),
        ([{"type": "intent", "intentId": "{mine}"}] * 11, 400, "1 to 10"),
        ([{"type": "intent", "intentId": "{mine}"}] * 2, 400, "`bindings.1`: Array must not"),
        ([{"type": "wallet", "intentId": "{mine}"}], 400, "`bindings.0.type`: Expected 'intent'"),
        ([{"intentId": "{mine}"}], 400, "`bindings.0.type`: Required"),
        ([{"type": "intent"}], 400, "`bindings.0.intentId`: Required"),
        ([{"type": "intent", "intentId": "nothing"}], 404, "Intent not found"),
        ([{"type": "intent", "intentId": "{rejected}"}], 400, "is not pending"),
        ([{"type": "intent", "intentId": "{foreign}"}], 400, "not one of those"),
    ],
)
async def test_bindings_that_are_refused(
    api: ApiClient, bindings: Any, status: int, problem: str
) -> None:
    """Only one to ten pending intents that the user may authorize, each once."""
    mine = f"/wallets/{(await wallet_of_alice(api))['id']}/rpc"
    stranger = await api.create_wallet(owner={"public_key": spki(new_key())})
    ids = {
        "{mine}": (await propose(api, mine))["intent_id"],
        "{rejected}": (await propose(api, mine))["intent_id"],
        "{foreign}": (await propose(api, f"/wallets/{stranger['id']}/rpc"))["intent_id"],
    }
    await api.call("POST", f"/v1/intents/{ids['{rejected}']}/reject")

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        return ids.get(value, value)

    reply = await bind(api, bindings=filled(bindings))
    assert reply.status == status
    assert problem in reply.body["error"]
    assert api.sandbox.state.exchanges == 0


@pytest.mark.parametrize(
    ("subject", "lifetime", "status"), [("alice", -1, 400), ("nobody", 60, 404)]
)
async def test_tokens_that_are_refused(
    api: ApiClient, subject: str, lifetime: int, status: int
) -> None:
    """As with the other exchange: an expired token is 400, an unknown user 404."""
    wallet = await wallet_of_alice(api)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc")
    jwt = api.sandbox.issue_user_jwt(subject, lifetime=lifetime)
    assert (await bind(api, intent["intent_id"], user_jwt=jwt)).status == status
