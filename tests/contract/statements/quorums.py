"""Key quorums. https://docs.privy.io/controls/key-quorum/overview"""

from typing import Any

from api_client import spki

from contract.scene import Scene
from contract.statement import states, status_and_code, told


@states("authorization_threshold 2")
async def default_threshold(scene: Scene) -> str:
    """Without a threshold all members must sign."""
    quorum = await scene.quorum()
    # Null stands for all of them.
    return f"authorization_threshold {quorum.get('authorization_threshold') or 2}"


@states("2 keys, as they were sent")
async def keys_of_a_quorum(scene: Scene) -> str:
    """A key quorum answers its keys as authorization_keys, each a public_key in base64 of DER."""
    keys = [each["public_key"] for each in (await scene.quorum(1))["authorization_keys"]]
    sent = {spki(scene.key), spki(scene.other_key)}
    return f"{len(keys)} keys, as they were sent" if set(keys) == sent else str(keys)


async def _create(scene: Scene, **body: Any) -> str:
    return status_and_code(await scene.create("/v1/key_quorums", body))


@states("400 invalid_data")
async def threshold_too_high(scene: Scene) -> str:
    """A threshold above the number of members is refused."""
    return await _create(scene, public_keys=[spki(scene.key)], authorization_threshold=2)


@states("400 invalid_data")
async def nobody_in_a_quorum(scene: Scene) -> str:
    """A key quorum without members is refused."""
    return await _create(scene, public_keys=[])


@states("400 invalid_data")
async def no_public_key(scene: Scene) -> str:
    """What is no public key is refused."""
    return await _create(scene, public_keys=["bm8ga2V5"])


@states("401 without a code")
async def quorum_changed_by_nobody(scene: Scene) -> str:
    """A key quorum is not changed without its own signature."""
    path = f"/v1/key_quorums/{(await scene.quorum(1))['id']}"
    return status_and_code(await scene.call("PATCH", path, {"display_name": scene.name()}))


@states("200, authorization_threshold 2")
async def quorum_changed_by_itself(scene: Scene) -> str:
    """A key quorum changes itself with its members' signatures."""
    quorum = await scene.quorum(1)
    path = f"/v1/key_quorums/{quorum['id']}"
    keys = [each["public_key"] for each in quorum["authorization_keys"]]
    body = {"public_keys": keys, "authorization_threshold": 2}
    return told(await scene.call("PATCH", path, body, keys=[scene.key]), "authorization_threshold")


@states("404 not_found")
async def unknown_quorum(scene: Scene) -> str:
    """A key quorum that there is not is 404."""
    return status_and_code(await scene.call("GET", "/v1/key_quorums/aaaaaaaaaaaaaaaaaaaaaaaa"))
