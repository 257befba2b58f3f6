"""What a user's token is exchanged for."""

import asyncio
import base64
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_der_private_key

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["wallets/authenticate", "user_signers/authenticate"])
@pytest.mark.parametrize("family", ["/v1/", "/api/v1/"])
async def test_the_exchange(api: ApiClient, family: str, path: str) -> None:
    """The key comes sealed for the recipient, as text, with its expiry in ms and the wallets."""
    wallet = await api.create_wallet(owner={"user_id": await api.create_user("alice")})
    recipient = new_key()
    body = {
        "user_jwt": api.sandbox.issue_user_jwt("alice"),
        "encryption_type": "HPKE",
        "recipient_public_key": spki(recipient),
    }
    reply = await api.call("POST", family + path, body)
    assert reply.status == 200
    assert set(reply.body) == {"encrypted_authorization_key", "expires_at", "wallets"}
    assert (reply.body["expires_at"], reply.body["wallets"]) == (1_800_003_600_000, [wallet])
    sealed = reply.body["encrypted_authorization_key"]
    assert sealed["encryption_type"] == "HPKE"
    encapsulated = base64.b64decode(sealed["encapsulated_key"])
    assert len(encapsulated) == 65
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    text = suite.decrypt(encapsulated + base64.b64decode(sealed["ciphertext"]), recipient)
    key = load_der_private_key(base64.b64decode(text, validate=True), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    assert (await api.personal_sign(wallet["id"], key)).status == 200


async def test_the_older_exchange_is_not_sealed(api: ApiClient) -> None:
    """Without the two fields about encryption the key is answered as it is."""
    wallet = await api.create_wallet(owner={"user_id": await api.create_user("alice")})
    key = await api.exchange("alice")
    assert (await api.personal_sign(wallet["id"], key)).status == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"user_jwt": None}, "user_jwt"),
        ({"user_jwt": 1}, "user_jwt"),
        ({"encryption_type": "HPKE"}, "recipient_public_key"),
        ({"recipient_public_key": spki(new_key())}, "encryption_type"),
        ({"encryption_type": "AES", "recipient_public_key": "x"}, "encryption_type"),
        ({"encryption_type": "HPKE", "recipient_public_key": "x"}, "recipient_public_key"),
    ],
)
async def test_a_wrong_exchange_is_refused(
    api: ApiClient, fields: dict[str, Any], field: str
) -> None:
    """A missing or wrong field is named, and no key is given out."""
    await api.create_wallet(owner={"user_id": await api.create_user("alice")})
    body = {"user_jwt": api.sandbox.issue_user_jwt("alice"), **fields}
    reply = await api.call("POST", "/v1/wallets/authenticate", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert f"`{field}`" in reply.body["error"]
    state = api.sandbox.state
    assert (state.exchanges, list(state.user_keys.values())) == (0, [])


async def test_users_who_get_no_key(api: ApiClient) -> None:
    """An unknown user is 404; a user with no wallet to sign for is 400."""
    await api.create_user("alice")
    cases = {
        "nobody": (404, "User not found"),
        "alice": (400, "The user has no wallet to sign for"),
    }
    for subject, expected in cases.items():
        body = {"user_jwt": api.sandbox.issue_user_jwt(subject)}
        reply = await api.call("POST", "/v1/wallets/authenticate", body)
        assert (reply.status, reply.body["error"]) == expected
    assert api.sandbox.state.exchanges == 0


async def test_the_exchange_lists_what_the_key_can_act_on(api: ApiClient) -> None:
    """Wallets the user owns, owns with others, or may use as a signer; not archived ones."""
    user = await api.create_user("alice")
    with_others = await api.create_quorum(user_ids=[user], public_keys=[spki(new_key())])
    nested = await api.create_quorum(key_quorum_ids=[with_others])
    expected = [
        await api.create_wallet(owner={"user_id": user}),
        await api.create_wallet(owner_id=with_others),
        await api.create_wallet(owner_id=nested),
        await api.create_wallet(additional_signers=[{"signer_id": with_others}]),
    ]
    await api.create_wallet()
    await api.create_wallet(owner={"user_id": await api.create_user("bob")})
    archived = await api.create_wallet(owner={"user_id": user})
    await api.call("POST", f"/v1/wallets/{archived['id']}/archive")
    body = {"user_jwt": api.sandbox.issue_user_jwt("alice")}
    reply = await api.call("POST", "/v1/wallets/authenticate", body)
    assert reply.body["wallets"] == expected


async def test_exchanges_are_counted(api: ApiClient) -> None:
    """`state.exchanges` counts successes, also when they come at the same time."""
    await api.create_wallet(owner={"user_id": await api.create_user("alice")})
    await asyncio.gather(*(api.exchange("alice") for _ in range(5)))
    await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": "no token"})
    assert api.sandbox.state.exchanges == 5
