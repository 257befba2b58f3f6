"""Wallets: their fields, what is refused, lists. https://docs.privy.io/api-reference/wallets"""

import re
import time

from api_client import spki

from contract.scene import Scene
from contract.statement import states, status_and_code, told


@states("24 lower-case letters and digits")
async def wallet_ids(scene: Scene) -> str:
    """A wallet's id is 24 lower-case letters and digits."""
    id = (await scene.free_wallet())["id"]
    return "24 lower-case letters and digits" if re.fullmatch("[a-z0-9]{24}", id) else id


@states("ms")
async def wallet_times(scene: Scene) -> str:
    """`created_at` of a wallet is a Unix time in milliseconds."""
    made = (await scene.free_wallet())["created_at"]
    now = time.time()
    return "ms" if abs(made / 1000 - now) < 86_400 else f"{made} at {now:.0f} s"


@states("owner_id None, policy_ids [], additional_signers [], exported_at None")
async def fields_of_a_free_wallet(scene: Scene) -> str:
    """A wallet without an owner says so with null, and has empty lists."""
    wallet = await scene.free_wallet()
    names = ("owner_id", "policy_ids", "additional_signers", "exported_at")
    return ", ".join(f"{name} {wallet.get(name, 'missing')!r}" for name in names)


@states("a key quorum: 200, authorization_threshold 1")
async def owner_by_public_key(scene: Scene) -> str:
    """A wallet that is made with a public key as its owner belongs to a 1-of-1 key quorum."""
    wallet = await scene.owned_wallet()
    reply = await scene.call("GET", f"/v1/key_quorums/{wallet['owner_id']}")
    return f"a key quorum: {told(reply, 'authorization_threshold')}"


@states("the same quorum")
async def owner_is_shared(scene: Scene) -> str:
    """Two wallets made with the same public key as owner belong to the same key quorum."""
    first = await scene.owned_wallet()
    second = await scene.wallet(owner={"public_key": spki(scene.key)})
    return "the same quorum" if first["owner_id"] == second["owner_id"] else "two quorums"


@states("400 invalid_data: [Input error] `chain_type`: Required")
async def missing_chain_type(scene: Scene) -> str:
    """A wallet without a chain_type is refused, and the text names the field."""
    return told(await scene.create("/v1/wallets", {"display_name": scene.name()}))


@states("400 invalid_data")
async def unknown_chain_type(scene: Scene) -> str:
    """A chain_type that there is not is refused."""
    body = {"chain_type": "dogecoin", "display_name": scene.name()}
    return status_and_code(await scene.create("/v1/wallets", body))


@states("400 invalid_data")
async def two_owners(scene: Scene) -> str:
    """A wallet cannot be given both owner and owner_id."""
    owner_id = (await scene.owned_wallet())["owner_id"]
    body = {"chain_type": "ethereum", "owner": {"public_key": spki(scene.key)}}
    reply = await scene.create("/v1/wallets", {**body, "owner_id": owner_id})
    return status_and_code(reply)


@states("200, owner_id None")
async def null_owner(scene: Scene) -> str:
    """`"owner": null` makes a wallet without an owner."""
    body = {"chain_type": "ethereum", "display_name": scene.name(), "owner": None}
    return told(await scene.create("/v1/wallets", body), "owner_id")


@states("404 not_found")
async def unknown_owner(scene: Scene) -> str:
    """An owner_id that there is not is refused with 404."""
    body = {"chain_type": "ethereum", "owner_id": "aaaaaaaaaaaaaaaaaaaaaaaa"}
    return status_and_code(await scene.create("/v1/wallets", body))


@states("400 invalid_data")
async def long_display_name(scene: Scene) -> str:
    """A display_name of more than 100 characters is refused."""
    body = {"chain_type": "ethereum", "display_name": "x" * 101}
    return status_and_code(await scene.create("/v1/wallets", body))


@states("200, the same wallet")
async def external_ids(scene: Scene) -> str:
    """A wallet made with an external_id is found at /v1/wallets/ext_wal_{external_id}."""
    external_id = scene.name()
    wallet = await scene.wallet(external_id=external_id)
    reply = await scene.call("GET", f"/v1/wallets/ext_wal_{external_id}")
    same = reply.status == 200 and reply.body["id"] == wallet["id"]
    return "200, the same wallet" if same else told(reply, "id")


@states("409 resource_conflict")
async def external_id_twice(scene: Scene) -> str:
    """A second wallet with the same external_id is refused with 409."""
    external_id = scene.name()
    await scene.wallet(external_id=external_id)
    body = {"chain_type": "ethereum", "external_id": external_id}
    return status_and_code(await scene.create("/v1/wallets", body))


@states("400 invalid_data")
async def bad_external_id(scene: Scene) -> str:
    """An external_id with other characters than letters, digits, - and _ is refused."""
    body = {"chain_type": "ethereum", "external_id": "no spaces"}
    return status_and_code(await scene.create("/v1/wallets", body))


@states("200, a page of 1, another page of 1, next_cursor a text")
async def pages(scene: Scene) -> str:
    """`limit` and `cursor` page through wallets; `next_cursor` leads to other ones."""
    for _ in range(2):
        await scene.wallet()
    first = await scene.call("GET", "/v1/wallets?limit=1")
    cursor = (first.body or {}).get("next_cursor")
    second = await scene.call("GET", f"/v1/wallets?limit=1&cursor={cursor}")
    counts = [len((each.body or {}).get("data", [])) for each in (first, second)]
    other = first.body["data"][0]["id"] != second.body["data"][0]["id"]
    return (
        f"{second.status}, a page of {counts[0]}, {'another' if other else 'the same'} page of "
        f"{counts[1]}, next_cursor {'a text' if isinstance(cursor, str) else repr(cursor)}"
    )


@states("400 invalid_data")
async def too_long_a_page(scene: Scene) -> str:
    """A limit of more than 100 is refused."""
    return status_and_code(await scene.call("GET", "/v1/wallets?limit=101"))


@states("solana alone")
async def filter_by_chain(scene: Scene) -> str:
    """`chain_type` in a list's query leaves the others out."""
    await scene.free_wallet()
    await scene.wallet("solana")
    reply = await scene.call("GET", "/v1/wallets?chain_type=solana&limit=100")
    kinds = {each["chain_type"] for each in reply.body["data"]}
    return f"{', '.join(sorted(kinds))} alone" if len(kinds) == 1 else str(sorted(kinds))


@states("200, the same wallet")
async def wallet_by_address(scene: Scene) -> str:
    """POST /v1/wallets/address finds a wallet by its address."""
    wallet = await scene.free_wallet()
    reply = await scene.call("POST", "/v1/wallets/address", {"address": wallet["address"]})
    same = reply.status == 200 and reply.body["id"] == wallet["id"]
    return "200, the same wallet" if same else told(reply, "id")


@states("archived_at a number; signing: 404 not_found")
async def archived_wallets(scene: Scene) -> str:
    """An archived wallet has the time in archived_at, and signs nothing any more."""
    wallet = await scene.wallet()
    reply = await scene.call("POST", f"/v1/wallets/{wallet['id']}/archive")
    at = (reply.body or {}).get("archived_at")
    signing = status_and_code(await scene.sign_hello(wallet["id"]))
    return f"archived_at {'a number' if isinstance(at, int) else repr(at)}; signing: {signing}"


@states("200, display_name changed")
async def rename_a_free_wallet(scene: Scene) -> str:
    """A wallet without an owner is changed with the app's secret alone."""
    wallet, name = await scene.wallet(), scene.name()
    reply = await scene.call("PATCH", f"/v1/wallets/{wallet['id']}", {"display_name": name})
    changed = reply.status == 200 and reply.body["display_name"] == name
    return "200, display_name changed" if changed else told(reply, "display_name")


@states("200, policy_ids []")
async def fields_that_are_not_known(scene: Scene) -> str:
    """An unknown field in the body of a new wallet is ignored."""
    body = {"chain_type": "ethereum", "display_name": scene.name(), "privy_contract": True}
    return told(await scene.create("/v1/wallets", body), "policy_ids")
