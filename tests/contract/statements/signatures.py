"""Authorization signatures: what is signed, and who may.

https://docs.privy.io/api-reference/authorization-signatures
"""

import base64
import json
import time
from typing import Any

from api_client import Reply, sign, spki
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from contract.scene import HELLO, Scene
from contract.statement import states, status_and_code, told

REFUSED = (
    "401 without a code: No valid authorization signatures were provided. Your payload may be "
    "malformed or your signing keys may be incorrect or expired."
)


async def _with_payload(scene: Scene, **changes: Any) -> Reply:
    """Have the owned wallet sign a text, with a signature over a changed payload."""
    path = f"/v1/wallets/{(await scene.owned_wallet())['id']}/rpc"
    payload = {**scene.payload("POST", path, HELLO, {}), **changes}
    return await scene.call("POST", path, HELLO, keys=[scene.key], signed=payload)


async def _with_signature(scene: Scene, signature: str) -> Reply:
    path = f"/v1/wallets/{(await scene.owned_wallet())['id']}/rpc"
    return await scene.call("POST", path, HELLO, signature=signature)


async def _payload(scene: Scene) -> dict[str, Any]:
    path = f"/v1/wallets/{(await scene.owned_wallet())['id']}/rpc"
    return dict(scene.payload("POST", path, HELLO, {}))


@states("200")
async def owners_signature(scene: Scene) -> str:
    """The owner's signature over method, URL, body and privy- headers, by RFC 8785, is accepted."""
    wallet = await scene.owned_wallet()
    return told(await scene.sign_hello(wallet["id"], keys=[scene.key]))


@states("200")
async def no_owner_no_signature(scene: Scene) -> str:
    """For a wallet without an owner nobody needs to sign."""
    return told(await scene.sign_hello((await scene.free_wallet())["id"]))


@states("401 without a code")
async def missing_signature(scene: Scene) -> str:
    """A request for an owned wallet that nobody has signed is refused with 401 and no code."""
    return status_and_code(await scene.sign_hello((await scene.owned_wallet())["id"]))


@states(REFUSED)
async def signature_of_another(scene: Scene) -> str:
    """A signature by another key than the owner's is refused with 401 and this text."""
    wallet = await scene.owned_wallet()
    return told(await scene.sign_hello(wallet["id"], keys=[scene.other_key]))


@states(REFUSED)
async def signed_other_url(scene: Scene) -> str:
    """A signature over the URL with a slash at its end is refused."""
    url = (await _payload(scene))["url"]
    return told(await _with_payload(scene, url=f"{url}/"))


@states("401 without a code")
async def signed_other_method(scene: Scene) -> str:
    """A signature over another method is refused."""
    return status_and_code(await _with_payload(scene, method="PUT"))


@states("401 without a code")
async def signed_other_body(scene: Scene) -> str:
    """A signature over another body is refused."""
    body = {**HELLO, "params": {"message": "bye", "encoding": "utf-8"}}
    return status_and_code(await _with_payload(scene, body=body))


@states("401 without a code")
async def signed_other_version(scene: Scene) -> str:
    """A signature over another version than the number 1 is refused."""
    return status_and_code(await _with_payload(scene, version="1"))


@states("401 without a code")
async def signed_without_app_id(scene: Scene) -> str:
    """A signature that does not cover privy-app-id is refused."""
    return status_and_code(await _with_payload(scene, headers={}))


@states("401 without a code")
async def signed_with_spaces(scene: Scene) -> str:
    """A signature over JSON with spaces in it, as Python writes it, is refused."""
    text = json.dumps(await _payload(scene), sort_keys=True).encode()
    der = scene.key.sign(text, ECDSA(SHA256()))
    return status_and_code(await _with_signature(scene, base64.b64encode(der).decode()))


@states("401 without a code")
async def signature_in_hex(scene: Scene) -> str:
    """A signature in hex instead of base64 is refused."""
    der = base64.b64decode(sign(scene.key, await _payload(scene)))
    return status_and_code(await _with_signature(scene, der.hex()))


@states("401 without a code")
async def signature_without_der(scene: Scene) -> str:
    """A signature as 64 bytes of r and s, instead of DER, is refused."""
    r, s = decode_dss_signature(base64.b64decode(sign(scene.key, await _payload(scene))))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return status_and_code(await _with_signature(scene, base64.b64encode(raw).decode()))


@states("200")
async def text_beyond_ascii(scene: Scene) -> str:
    """Text beyond ASCII is signed as UTF-8, not as escapes."""
    wallet = await scene.owned_wallet()
    body = {**HELLO, "params": {"message": "grüße 🌍", "encoding": "utf-8"}}
    path = f"/v1/wallets/{wallet['id']}/rpc"
    return told(await scene.call("POST", path, body, keys=[scene.key]))


@states("200")
async def signed_idempotency_key(scene: Scene) -> str:
    """An idempotency key that is sent is signed along."""
    wallet, headers = await scene.owned_wallet(), {"privy-idempotency-key": scene.name()}
    return told(await scene.sign_hello(wallet["id"], keys=[scene.key], headers=headers))


@states("401 without a code")
async def unsigned_idempotency_key(scene: Scene) -> str:
    """An idempotency key that is sent and not signed makes the signature a wrong one."""
    path = f"/v1/wallets/{(await scene.owned_wallet())['id']}/rpc"
    headers = {"privy-idempotency-key": scene.name()}
    payload = await _payload(scene)
    call = scene.call("POST", path, HELLO, keys=[scene.key], headers=headers, signed=payload)
    return status_and_code(await call)


async def _expiring(scene: Scene, expiry: int) -> Reply:
    wallet, headers = await scene.owned_wallet(), {"privy-request-expiry": str(expiry)}
    return await scene.sign_hello(wallet["id"], keys=[scene.key], headers=headers)


@states("200")
async def request_in_time(scene: Scene) -> str:
    """A request before its privy-request-expiry, in milliseconds, is accepted."""
    return told(await _expiring(scene, int(time.time() * 1000) + 600_000))


@states("400 request_expired")
async def request_too_late(scene: Scene) -> str:
    """A request after its privy-request-expiry is refused with request_expired."""
    return status_and_code(await _expiring(scene, int(time.time() * 1000) - 600_000))


@states("400 request_expired")
async def expiry_in_seconds(scene: Scene) -> str:
    """A privy-request-expiry in seconds lies in the past, and is refused."""
    return status_and_code(await _expiring(scene, int(time.time()) + 600))


async def _by_quorum(scene: Scene, threshold: int, *keys: Any) -> Reply:
    async def make() -> dict[str, Any]:
        return await scene.wallet(owner_id=(await scene.quorum(threshold))["id"])

    wallet = await scene.kept(f"{threshold} of 2", make)
    return await scene.sign_hello(wallet["id"], keys=keys)


@states("200")
async def both_of_two(scene: Scene) -> str:
    """Two signatures for a 2-of-2 quorum, joined by a comma, are accepted."""
    return told(await _by_quorum(scene, 2, scene.key, scene.other_key))


@states("200")
async def both_in_the_other_order(scene: Scene) -> str:
    """They are accepted in either order."""
    return told(await _by_quorum(scene, 2, scene.other_key, scene.key))


@states("401 insufficient_correct_authorization_signatures")
async def one_of_two(scene: Scene) -> str:
    """One signature for a 2-of-2 quorum is refused."""
    return status_and_code(await _by_quorum(scene, 2, scene.key))


@states("401 insufficient_correct_authorization_signatures")
async def one_twice(scene: Scene) -> str:
    """Two signatures by one key count once."""
    return status_and_code(await _by_quorum(scene, 2, scene.key, scene.key))


@states("200")
async def more_than_needed(scene: Scene) -> str:
    """More good signatures than the threshold asks for are accepted."""
    return told(await _by_quorum(scene, 1, scene.key, scene.other_key))


async def _with_signer(scene: Scene) -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        keys = [spki(scene.other_key)]
        signer = await scene.made(
            "/v1/key_quorums", {"public_keys": keys, "display_name": scene.name()}
        )
        return await scene.wallet(
            owner={"public_key": spki(scene.key)}, additional_signers=[{"signer_id": signer["id"]}]
        )

    wallet: dict[str, Any] = await scene.kept("with a signer", make)
    return wallet


@states("200")
async def additional_signer_signs(scene: Scene) -> str:
    """An additional signer may have the wallet sign, without the owner."""
    wallet = await _with_signer(scene)
    return told(await scene.sign_hello(wallet["id"], keys=[scene.other_key]))


@states("401 without a code")
async def additional_signer_changes(scene: Scene) -> str:
    """An additional signer may not change the wallet."""
    path = f"/v1/wallets/{(await _with_signer(scene))['id']}"
    body = {"display_name": scene.name()}
    return status_and_code(await scene.call("PATCH", path, body, keys=[scene.other_key]))


@states("200")
async def owner_changes(scene: Scene) -> str:
    """The owner of a wallet may change it, whoever else may have it sign."""
    path = f"/v1/wallets/{(await _with_signer(scene))['id']}"
    return told(await scene.call("PATCH", path, {"display_name": scene.name()}, keys=[scene.key]))


@states("200")
async def reading_needs_no_signature(scene: Scene) -> str:
    """An owned wallet is read with the app's secret alone."""
    return told(await scene.call("GET", f"/v1/wallets/{(await scene.owned_wallet())['id']}"))


async def _delete_policy(scene: Scene, signed_body: Any) -> Reply:
    body = {"version": "1.0", "name": scene.name(), "chain_type": "ethereum", "rules": []}
    policy = await scene.made("/v1/policies", {**body, "owner": {"public_key": spki(scene.key)}})
    path = f"/v1/policies/{policy['id']}"
    payload = scene.payload("DELETE", path, signed_body, {})
    return await scene.call("DELETE", path, keys=[scene.key], signed=payload)


@states("200")
async def empty_body_as_a_text(scene: Scene) -> str:
    """A DELETE without a body may be signed with the empty text as its body."""
    return told(await _delete_policy(scene, ""))


@states("200")
async def empty_body_as_an_object(scene: Scene) -> str:
    """It may be signed with an empty object as its body, too."""
    return told(await _delete_policy(scene, {}))
