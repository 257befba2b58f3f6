"""A policy that lets a wallet pay up to a limit to one address, as the SDK's users meet it."""

import pytest
from sdk_helpers import new_user

from privy_async import PolicyViolationError
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

PAYEE = "0x" + "5a" * 20
OTHER = "0x" + "6b" * 20
LIMIT = 10**18


@pytest.mark.parametrize(
    ("payments", "allowed"),
    [
        ([(PAYEE, LIMIT)], 1),
        ([(PAYEE, LIMIT * 4 // 10), (PAYEE, LIMIT * 6 // 10)], 2),
        ([(PAYEE, LIMIT + 1)], 0),
        ([(OTHER, 1)], 0),
        ([(PAYEE, LIMIT * 6 // 10), (PAYEE, LIMIT * 6 // 10)], 1),
    ],
    ids=["the limit", "the limit in parts", "too much", "to another", "too much in parts"],
)
async def test_a_limit_holds_however_payments_are_split(
    payments: list[tuple[str, int]], allowed: int
) -> None:
    """What is allowed is signed; the payment after that is refused by the policy."""
    async with Sandbox() as sandbox, sandbox.client() as privy:
        to_payee = {
            "field_source": "ethereum_transaction",
            "field": "to",
            "operator": "eq",
            "value": PAYEE,
        }
        spent = await privy.aggregations.create(
            name="Paid in a day",
            method="eth_signTransaction",
            metric={
                "field_source": "ethereum_transaction",
                "field": "value",
                "function": "sum",
            },
            window={"type": "rolling", "seconds": 86400},
        )
        limit = {
            "field_source": "reference",
            "field": f"aggregation.{spent.id}",
            "operator": "lte",
            "value": str(LIMIT),
        }
        policy = await privy.policies.create(
            name="One ether a day, to one address",
            version="1.0",
            chain_type="ethereum",
            rules=[
                {
                    "name": "pay",
                    "method": "eth_signTransaction",
                    "action": "ALLOW",
                    "conditions": [to_payee, limit],
                }
            ],
        )
        user_id = await new_user(privy, "alice")
        wallet = await privy.wallets.create(
            chain_type="ethereum", owner={"user_id": user_id}, policy_ids=[policy.id]
        )
        alice = privy.for_user(sandbox.issue_user_jwt("alice")).wallets.ethereum

        async def pay(to: str, value: int) -> None:
            transaction = {
                "to": to,
                "value": value,
                "chain_id": 8453,
                "nonce": 0,
                "gas_limit": 21000,
            }
            await alice.sign_transaction(wallet.id, {**transaction, "gas_price": 1})

        for to, value in payments[:allowed]:
            await pay(to, value)
        for to, value in payments[allowed:]:
            with pytest.raises(PolicyViolationError):
                await pay(to, value)
