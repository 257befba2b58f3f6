"""Mistakes that a type checker must find: on each line marked `# error`, and on no other.

`# error: async` marks a mistake that cannot be made with the sync face (see test_typing.py).
"""

# ruff: noqa: T201
from privy_async import AuthorizationContext, PrivyClient
from privy_async.types import (
    PolicyRuleInput,
    SwapSource,
    TransferDestination,
    TransferSource,
)


async def clients(user_jwt: bytes) -> None:
    PrivyClient("app", "secret")  # error
    PrivyClient(app_id="app", secret="secret")  # error
    PrivyClient(timeout="60")  # error
    privy = PrivyClient(app_id="app", app_secret="secret")
    privy.for_user(user_jwt)  # error
    privy.with_options(base_url="https://example.com")  # error
    AuthorizationContext(user_jwts="a.b.c", private_keys=[])  # error
    privy.wallet.get("w")  # error
    with privy:  # error: async
        pass


async def wallets(privy: PrivyClient) -> None:
    await privy.wallets.create(chain_type="etherum")  # error
    await privy.wallets.create(owner={"user_id": "u"})  # error
    await privy.wallets.create(chain_type="ethereum", owner={"user": "u"})  # error
    await privy.wallets.create(chain_type="ethereum", request_expiry=None)  # error
    await privy.wallets.create_batch([{"chain": "ethereum"}])  # error
    await privy.wallets.get("w", idempotency_key="k")  # error
    wallet = await privy.wallets.get("w")
    print(wallet.chainType)  # error
    wallet.address = "0x1"  # error
    print(wallet.owner_id.upper())  # error
    print(privy.wallets.get("w").address)  # error: async
    print(list(privy.wallets.list()))  # error: async
    print(privy.wallets.list()[0])  # error


async def signing(privy: PrivyClient) -> None:
    await privy.wallets.ethereum.sign_message("w", 123)  # error
    await privy.wallets.ethereum.sign_message("hello")  # error
    await privy.wallets.ethereum.send_transaction("w", {"to": "0x1"})  # error
    await privy.wallets.ethereum.send_transaction("w", {"to": "0x1"}, "eip155:1")  # error
    ethereum = privy.wallets.ethereum
    await ethereum.send_transaction("w", {"to": "0x1", "valu": 1}, caip2="eip155:1")  # error
    await ethereum.send_transaction("w", {"to": "0x1", "value": 0.5}, caip2="eip155:1")  # error
    await ethereum.send_transaction("w", {"to": "0x1", "value": None}, caip2="eip155:1")  # error
    await ethereum.send_transaction("w", {"calls": [{"to": "0x1"}]}, caip2="eip155:1")  # error
    await ethereum.sign_transaction("w", {"to": "0x1", "gas_limt": 1})  # error
    await ethereum.sign_transaction("w", {"type": 118, "calls": [{"t": "0x1"}]})  # error
    await ethereum.sign_transaction("w", {"type": 3, "to": "0x1"})  # error
    await ethereum.send_calls("w", [{"to": "0x1", "amount": 1}], caip2="eip155:1")  # error
    await ethereum.send_calls("w", [{"to": "0x1", "value": 0.5}], caip2="eip155:1")  # error
    await ethereum.send_calls("w", [], caip2="eip155:1", sponsor_options={"aset": "x"})  # error
    await ethereum.sign_user_operation("w", {"calldata": b""}, contract="0x1", chain_id=1)  # error
    await ethereum.sign_7702_authorization("w", "0x1", chain_id=0.5)  # error
    await privy.wallets.tron.send_transaction("w", {"contracts": []})  # error
    await privy.wallets.solana.sign_message("w", "hello", encoding="utf-8")  # error
    await privy.wallets.raw_sign("w", hash=bytes(32), hash_function="md5")  # error
    await privy.wallets.update("w", owner=None, idempotency_key="k")  # error


async def money(privy: PrivyClient) -> None:
    await privy.wallets.transfer("w", destination={"address": "0x1"})  # error
    source: TransferSource = {"chain": "base", "asset": "usdc"}
    to: TransferDestination = {"address": "0x1"}
    await privy.wallets.transfer("w", source={"chain": "b", "aset": "x"}, destination=to)  # error
    await privy.wallets.transfer("w", source=source, destination={"to": "0x1"})  # error
    await privy.wallets.transfer("w", source=source, destination=to, amount=0.5)  # error
    sold: SwapSource = {"asset_address": "native", "caip2": "eip155:1"}
    swap = privy.wallets.swap
    await swap.execute("w", source=sold, destination={"asset": "x"}, base_amount=1)  # error
    await privy.wallets.actions.wait("a", wallet_id="w", timeout="60")  # error
    await privy.transactions.wait("t", until="mined", timeout=60)  # error
    await privy.wallets.spark.transfer("w", receiver_spark_address="s", amount_sats=1.5)  # error


async def people_and_policies(privy: PrivyClient) -> None:
    await privy.users.create(linked_accounts=[{"type": "email", "email": "a"}])  # error
    await privy.users.get_by_farcaster_id("3")  # error
    rule: PolicyRuleInput = {"name": "x", "conditions": [], "action": "ALLOW"}  # error
    await privy.policies.create(name="x", chain_type="ethereum", rules=rule)  # error
    await privy.condition_sets.items.add("c", values=[1])  # error
    privy.intents.list(status="done")  # error
    await privy.key_quorums.create(threshold=1)  # error
    await privy.request("FETCH", "/v1/wallets")  # error
    privy.webhooks.verify({"type": "x"}, {})  # error
