"""The exchange of a user's token for a key. https://docs.privy.io/api-reference/wallets/authenticate"""

import base64
import time
from typing import Any

from api_client import Reply, spki
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.serialization import load_der_private_key

from contract.scene import HELLO, NotAskedError, Scene
from contract.statement import field_of, states, status_and_code, told
from privy_async.user_keys.hpke import Sealed, open_sealed

JWT = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjo0MDAwMDAwMDAwfQ.c2lnbmF0dXJl"


async def _exchange(scene: Scene, user_jwt: str) -> Reply:
    body = {
        "user_jwt": user_jwt,
        "encryption_type": "HPKE",
        "recipient_public_key": spki(scene.key),
    }
    return await scene.call("POST", "/v1/wallets/authenticate", body)


async def _exchanged(scene: Scene) -> Reply:
    """Exchange the token of a user who owns a wallet."""
    user_jwt, user_id = scene.target.user_jwt, scene.target.user_id
    if user_jwt is None or user_id is None:
        raise NotAskedError("it needs PRIVY_CONTRACT_USER_JWT and PRIVY_CONTRACT_USER_ID")
    await _users_wallet(scene)
    reply: Reply = await scene.kept("exchanged", lambda: _exchange(scene, user_jwt))
    return reply


async def _users_wallet(scene: Scene) -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        return await scene.wallet(owner={"user_id": scene.target.user_id})

    wallet: dict[str, Any] = await scene.kept("the user's", make)
    return wallet


def _opened(scene: Scene, reply: Reply) -> EllipticCurvePrivateKey:
    sealed = reply.body["encrypted_authorization_key"]
    text = open_sealed(Sealed(sealed["encapsulated_key"], sealed["ciphertext"]), scene.key)
    key = load_der_private_key(base64.b64decode(text), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


@states("400 invalid_data: Invalid JWT token provided")
async def token_of_nobody(scene: Scene) -> str:
    """A token that nobody has issued is refused with 400, this text and the code invalid_data."""
    return told(await _exchange(scene, JWT))


@states("400 invalid_data: Invalid JWT token provided")
async def no_token(scene: Scene) -> str:
    """What is no token at all is refused alike."""
    return told(await _exchange(scene, "no-token"))


@states("400 invalid_data")
async def exchange_without_a_token(scene: Scene) -> str:
    """An exchange without a token is refused."""
    body = {"encryption_type": "HPKE", "recipient_public_key": spki(scene.key)}
    return status_and_code(await scene.call("POST", "/v1/wallets/authenticate", body))


@states("HPKE, a point of 65 bytes")
async def sealed_key(scene: Scene) -> str:
    """A good token brings a key sealed with HPKE; the encapsulated key is an uncompressed point."""
    sealed = field_of((await _exchanged(scene)).body, "encrypted_authorization_key")
    point = base64.b64decode(sealed["encapsulated_key"])
    return f"{sealed['encryption_type']}, a point of {len(point)} bytes"


@states("ms, in the future")
async def end_of_a_key(scene: Scene) -> str:
    """expires_at of a user's key is a Unix time in milliseconds."""
    expires_at = (await _exchanged(scene)).body["expires_at"]
    ahead = expires_at / 1000 - time.time()
    return "ms, in the future" if 0 < ahead < 40 * 86_400 else f"{expires_at}, {ahead:.0f} s ahead"


@states("the wallet is among them")
async def wallets_of_a_key(scene: Scene) -> str:
    """The exchange names the wallets that the key may act on."""
    ids = {each["id"] for each in (await _exchanged(scene)).body["wallets"]}
    mine = (await _users_wallet(scene))["id"] in ids
    return "the wallet is among them" if mine else f"{len(ids)} others"


@states("a P-256 private key, base64 of PKCS#8")
async def what_is_sealed(scene: Scene) -> str:
    """What is sealed is the text of a P-256 private key, base64 of PKCS#8 DER."""
    key = _opened(scene, await _exchanged(scene))
    return f"a {key.curve.name.replace('secp256r1', 'P-256')} private key, base64 of PKCS#8"


@states("200")
async def signature_of_a_user(scene: Scene) -> str:
    """The user's key signs for the user's wallet."""
    key = _opened(scene, await _exchanged(scene))
    path = f"/v1/wallets/{(await _users_wallet(scene))['id']}/rpc"
    return told(await scene.call("POST", path, HELLO, keys=[key]))


@states("401 without a code")
async def signature_for_another(scene: Scene) -> str:
    """The user's key does not sign for another owner's wallet."""
    key = _opened(scene, await _exchanged(scene))
    path = f"/v1/wallets/{(await scene.owned_wallet())['id']}/rpc"
    return status_and_code(await scene.call("POST", path, HELLO, keys=[key]))
