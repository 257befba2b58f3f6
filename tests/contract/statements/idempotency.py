"""Idempotency keys. https://docs.privy.io/api-reference/idempotency-keys"""

from contract.scene import Scene
from contract.statement import states, status_and_code


async def _create(scene: Scene, key: str, display_name: str, chain_type: str = "ethereum") -> str:
    body = {"chain_type": chain_type, "display_name": display_name}
    reply = await scene.create("/v1/wallets", body, headers={"privy-idempotency-key": key})
    return str(reply.body["id"]) if reply.status == 200 else status_and_code(reply)


@states("the same wallet")
async def same_key_same_body(scene: Scene) -> str:
    """A request that comes again with the same idempotency key and body gets the same answer."""
    key = scene.name()
    first, second = [await _create(scene, key, key) for _ in range(2)]
    return "the same wallet" if first == second else f"{first}, then {second}"


@states("400 invalid_data")
async def same_key_other_body(scene: Scene) -> str:
    """The same idempotency key with another body is refused with 400."""
    key = scene.name()
    await _create(scene, key, key)
    return await _create(scene, key, scene.name())


@states("two wallets")
async def other_key_same_body(scene: Scene) -> str:
    """Another idempotency key makes another wallet of the same body."""
    name = scene.name()
    first, second = [await _create(scene, scene.name(), name) for _ in range(2)]
    return "the same wallet" if first == second else "two wallets"


@states("the same refusal: 400 invalid_data")
async def same_key_after_a_refusal(scene: Scene) -> str:
    """A refusal for what is in the body is stored like a success."""
    key = scene.name()
    first, second = [await _create(scene, key, key, "dogecoin") for _ in range(2)]
    return f"the same refusal: {first}" if first == second else f"{first}, then {second}"


@states("400 invalid_data")
async def long_idempotency_keys(scene: Scene) -> str:
    """An idempotency key of more than 256 characters is refused."""
    return await _create(scene, "k" * 257, scene.name())


@states("signed twice, the same signature")
async def replayed_signature(scene: Scene) -> str:
    """A signed RPC that comes again with its idempotency key gets the stored answer."""
    wallet, headers = await scene.owned_wallet(), {"privy-idempotency-key": scene.name()}
    replies = [
        await scene.sign_hello(wallet["id"], keys=[scene.key], headers=headers) for _ in range(2)
    ]
    same = replies[0].status == 200 and replies[0].body == replies[1].body
    return "signed twice, the same signature" if same else status_and_code(replies[1])


@states("401 without a code")
async def replay_by_another(scene: Scene) -> str:
    """The stored answer is given to those alone who may sign for it."""
    wallet, headers = await scene.owned_wallet(), {"privy-idempotency-key": scene.name()}
    await scene.sign_hello(wallet["id"], keys=[scene.key], headers=headers)
    reply = await scene.sign_hello(wallet["id"], keys=[scene.other_key], headers=headers)
    return status_and_code(reply)
