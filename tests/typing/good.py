"""What users of the SDK write: type checkers must accept all of it (see test_typing.py)."""

# ruff: noqa: T201
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, assert_type

from privy_async import (
    APIError,
    AuthorizationContext,
    AuthorizationKey,
    Page,
    PolicyViolationError,
    PrivyClient,
    RateLimitError,
    generate_p256_key_pair,
)
from privy_async.types import (
    ChainType,
    EmailAccount,
    EthereumTransaction,
    PolicyRuleInput,
    TransactionCall,
    TransactionConfirmed,
    TransactionEvent,
    Wallet,
    WalletIntent,
)


async def clients(user_jwt: str) -> None:
    key = AuthorizationKey.generate()
    async with PrivyClient(app_id="app", app_secret="secret", max_retries=0) as privy:
        alice = privy.for_user(user_jwt)
        assert_type(alice, PrivyClient)
        context = AuthorizationContext(user_jwts=[user_jwt], authorization_private_keys=[key])
        assert_type(privy.with_authorization(context), PrivyClient)
        assert_type(privy.with_options(timeout=5, request_expiry=None), PrivyClient)
        signer = await privy.wallets.generate_user_signer(user_jwt=user_jwt)
        privy.update_authorization_key(signer.authorization_key)


async def wallets(privy: PrivyClient, chain_type: ChainType) -> Wallet:
    wallet = await privy.wallets.create(
        chain_type="ethereum",
        owner={"user_id": "did:privy:u"},
        additional_signers=[{"signer_id": "q", "override_policy_ids": ["p"]}],
        idempotency_key="order-1",
        timeout=5,
    )
    assert_type(wallet.created_at, int | None)
    assert_type(wallet.address, str)
    assert_type(wallet.owner_id, str | None)
    await privy.wallets.create(chain_type=chain_type, owner_id=None)
    await privy.wallets.create_batch([{"chain_type": "solana", "display_name": "x"}])
    await privy.wallets.update(wallet.id, owner=None, request_expiry=timedelta(minutes=1))
    async for each in privy.wallets.list(chain_type="solana"):
        assert_type(each, Wallet)
    async for page in privy.wallets.list().pages():
        assert_type(page, Page[Wallet])
    first = await privy.wallets.list(limit=10).first_page()
    assert_type(first.next_cursor, str | None)
    return first.items[0]


async def ethereum(privy: PrivyClient, wallet_id: str) -> None:
    signed = await privy.wallets.ethereum.sign_message(wallet_id, b"hello")
    assert_type(signed.signature, str)
    to = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
    transaction: EthereumTransaction = {
        "to": to,
        "value": 10**18,
        "data": b"\x12",
        "gas_limit": "0x5208",
    }
    sent = await privy.wallets.ethereum.send_transaction(
        wallet_id, transaction, caip2="eip155:8453", sponsor=True, idempotency_key="k"
    )
    if sent.transaction_id is not None:
        await privy.transactions.wait(sent.transaction_id, until="confirmed", timeout=30)
    built: dict[str, Any] = {"to": to, "maxFeePerGas": 1}
    await privy.wallets.ethereum.sign_transaction(wallet_id, built)
    await privy.wallets.ethereum.sign_transaction(
        wallet_id, {"type": 118, "calls": [{"to": to, "value": 1}], "valid_before": 1}
    )
    call: TransactionCall = {"to": to}
    await privy.wallets.ethereum.send_calls(
        wallet_id,
        [call, built, {"to": to, "value": 1, "data": "0x"}],
        caip2="eip155:1",
        sponsor_options={"asset": "usdc"},
    )
    await privy.wallets.ethereum.sign_user_operation(
        wallet_id, {"sender": to, "nonce": 0, "call_data": b""}, contract=to, chain_id=1
    )
    await privy.wallets.ethereum.sign_typed_data(
        wallet_id, {"domain": {}, "types": {"X": []}, "message": {}, "primary_type": "X"}
    )
    await privy.wallets.raw_sign(wallet_id, hash=bytes(32), authorization=None)


async def other_chains(privy: PrivyClient, wallet_id: str) -> None:
    await privy.wallets.solana.sign_message(wallet_id, "hello")
    await privy.wallets.solana.sign_and_send_transaction(
        wallet_id, b"...", caip2="solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
    )
    await privy.wallets.spark.transfer(wallet_id, receiver_spark_address="sp1", amount_sats=5)
    await privy.wallets.tron.send_transaction(
        wallet_id,
        {
            "contract": [
                {"type": "TransferContract", "owner_address": "T", "to_address": "T", "amount": 1}
            ]
        },
    )
    await privy.wallets.aptos.sign_transaction(wallet_id, b"...")
    await privy.wallets.near.sign_transaction(wallet_id, b"...")
    await privy.wallets.xrpl.sign_transaction(wallet_id, b"...")


async def money(privy: PrivyClient, wallet_id: str) -> None:
    action = await privy.wallets.transfer(
        wallet_id,
        source={"asset": "usdc", "chain": "base", "amount": "1.5"},
        destination={"address": "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"},
    )
    done = await privy.wallets.actions.wait(action.id, wallet_id=wallet_id, timeout=60)
    assert_type(done.status, str | None)
    await privy.wallets.swap.execute(
        wallet_id,
        source={"asset_address": "native", "caip2": "eip155:8453"},
        destination={"asset_address": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        base_amount=10**15,
    )
    await privy.wallets.earn.ethereum.deposit(wallet_id, vault_id="v", amount=Decimal("1.5"))
    balance = await privy.wallets.balance.get(wallet_id, asset=["usdc"], chain="base")
    print([each.raw_value for each in balance.balances])
    async for transaction in privy.wallets.transactions.list(wallet_id, chain="base"):
        assert_type(transaction.transaction_hash, str | None)


async def users(privy: PrivyClient) -> None:
    user = await privy.users.create(
        linked_accounts=[{"type": "email", "address": "a@example.com"}],
        wallets=[{"chain_type": "ethereum"}],
        custom_metadata={"plan": "pro", "seats": 3, "trial": False},
    )
    for account in user.linked_accounts:
        if isinstance(account, EmailAccount):
            assert_type(account.address, str)
    await privy.users.get_by_email_address("a@example.com")
    async for found in privy.users.search(emails=["a@example.com"]):
        print(found.id, found.extra)
    await privy.users.delete(user.id)


async def controls(privy: PrivyClient) -> None:
    rule: PolicyRuleInput = {
        "name": "at most one ether",
        "method": "eth_sendTransaction",
        "conditions": [
            {
                "field_source": "ethereum_transaction",
                "field": "value",
                "operator": "lte",
                "value": "0xDE0B6B3A7640000",
            }
        ],
        "action": "ALLOW",
    }
    policy = await privy.policies.create(name="small", chain_type="ethereum", rules=[rule])
    print(policy.rules[0].conditions[0].operator)
    pair = generate_p256_key_pair()
    quorum = await privy.key_quorums.create(
        public_keys=[pair.public_key], authorization_threshold=1
    )
    known = await privy.condition_sets.create(name="known", owner_id=quorum.id)
    await privy.condition_sets.items.add(known.id, ["0x1"])
    await privy.aggregations.get("a")
    async for intent in privy.intents.list(status="pending"):
        if isinstance(intent, WalletIntent) and intent.current_resource_data is not None:
            assert_type(intent.current_resource_data, Wallet)
    await privy.intents.wait("i", timeout=60)


async def the_rest(privy: PrivyClient) -> None:
    await privy.accounts.create(display_name="x", wallet_ids=["w"])
    await privy.apps.allowlist.create(type="email", value="a@example.com")
    await privy.custodial_wallets.create(chain="base", provider="bridge", provider_user_id="u")
    await privy.device_verification.verify(user_code="x", action="approve")
    await privy.kraken_embed.get_user("u")
    async for organization in privy.organizations.list():
        print(organization.id)
    async for automation in privy.wallet_automations.list():
        print(automation.id)
    print(await privy.request("GET", "/v1/wallets", query={"limit": 10}))


async def checks(privy: PrivyClient, body: bytes, headers: Mapping[str, str]) -> str:
    claims = await privy.tokens.verify_access_token("a.b.c", leeway=5)
    event = privy.webhooks.verify(body, headers, secret=["whsec_a", "whsec_b"])
    if isinstance(event, TransactionEvent):
        assert_type(event.transaction_id, str)
    match event:
        case TransactionConfirmed(transaction_hash=hash):
            assert_type(hash, str | None)
        case _:
            privy.webhooks.verify(body, [(b"svix-id", b"m")])
    return claims.user_id


async def errors(privy: PrivyClient, wallet_id: str) -> None:
    try:
        await privy.wallets.get(wallet_id)
    except PolicyViolationError as error:
        print(error.message, error.code == "policy_violation", error.code == "a_new_code")
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except APIError as error:
        assert_type(error.idempotency_key, str | None)
