"""Transfers as wallet actions, balances, and what moved in and out of wallets."""

from typing import Any

import pytest
from api_client import ApiClient, Clock, new_key, spki
from chain_helpers import ether, evm, lamports, rpc, sending, solana_usdc, usdc
from solders.keypair import Keypair

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5A" * 20
SOLANA_RECEIVER = str(Keypair().pubkey())


def order(
    chain: str = "base", asset: str = "usdc", amount: Any = "1.5", address: str = RECEIVER
) -> dict[str, Any]:
    """The body of a transfer."""
    return {
        "source": {"chain": chain, "asset": asset},
        "amount": amount,
        "destination": {"address": address},
    }


async def begin(api: ApiClient, wallet: dict[str, Any], body: Any, **options: Any) -> Any:
    """Ask for a transfer."""
    return await api.call("POST", f"/v1/wallets/{wallet['id']}/transfer", body, **options)


async def action(api: ApiClient, wallet: dict[str, Any], made: Any) -> Any:
    """The action as it is now, with its steps."""
    path = f"/v1/wallets/{wallet['id']}/actions/{made['id']}?include=steps"
    reply = await api.call("GET", path)
    assert reply.status == 200
    return reply.body


async def moved(api: ApiClient, chain: str, asset: str) -> int:
    """What the receiver has, in smallest units."""
    if chain == "solana":
        holds = lamports if asset == "sol" else solana_usdc
        return await holds(api, SOLANA_RECEIVER)
    return await (ether if asset == "eth" else usdc)(api, RECEIVER)


@pytest.mark.parametrize(
    ("chain", "asset", "units"),
    [
        ("base", "eth", 1_500_000_000_000_000_000),
        ("base", "usdc", 1_500_000),
        ("solana", "sol", 1_500_000_000),
        ("solana", "usdc", 1_500_000),
    ],
)
async def test_a_transfer(api: ApiClient, clock: Clock, chain: str, asset: str, units: int) -> None:
    """It moves exactly the amount, once for a key, and is pending, then succeeded."""
    is_solana = chain == "solana"
    wallet = await api.create_wallet(chain_type="solana" if is_solana else "ethereum")
    receiver = SOLANA_RECEIVER if is_solana else RECEIVER
    body = {**order(chain, asset, "1.5", receiver), "reference_id": "order-1"}
    headers = {"privy-idempotency-key": "once"}
    made = (await begin(api, wallet, body, headers=headers)).body
    assert (await begin(api, wallet, body, headers=headers)).body == made
    assert await moved(api, chain, asset) == units
    (transaction,) = api.sandbox.state.transactions.values()
    assert made == {
        "id": made["id"],
        "type": "transfer",
        "status": "pending",
        "wallet_id": wallet["id"],
        "created_at": "2027-01-15T08:00:00.000Z",
        "source_chain": chain,
        "source_amount": "1.5",
        "source_asset": asset,
        "destination_address": receiver,
        "destination_amount": "1.5",
        "reference_id": "order-1",
    }
    clock.now += 1
    done = await action(api, wallet, made)
    hash_name = "transaction_signature" if is_solana else "transaction_hash"
    step = {
        "type": "svm_transaction" if is_solana else "evm_transaction",
        "status": "confirmed",
        "caip2": transaction.caip2,
        hash_name: transaction.transaction_hash,
    }
    assert done == {**made, "status": "succeeded", "steps": [step]}


async def test_a_transfer_of_a_token_by_its_address(api: ApiClient) -> None:
    """`asset_address` names any token; its decimals are the contract's."""
    wallet = await api.create_wallet()
    address = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    body = order()
    body["source"] = {"chain": "base", "asset_address": address, "amount": "0.000001"}
    del body["amount"]
    made = (await begin(api, wallet, body)).body
    assert (made["source_asset_address"], made["source_asset_decimals"]) == (address, 6)
    assert await usdc(api, RECEIVER) == 1


@pytest.mark.parametrize(("asset", "amount"), [("usdc", "100.000001"), ("eth", "101")])
async def test_a_transfer_of_more_than_there_is(api: ApiClient, asset: str, amount: str) -> None:
    """It is rejected, says why, and nothing is sent."""
    wallet = await api.create_wallet()
    made = (await begin(api, wallet, order("base", asset, amount))).body
    assert made["status"] == "rejected"
    reason = made["failure_reason"]["message"]
    assert "insufficient funds" in reason or "exceeds balance" in reason
    assert (await action(api, wallet, made))["steps"] == []
    assert len(api.sandbox.state.transactions) == 0
    assert await ether(api, wallet["address"]) == 100 * 10**18


async def test_the_owner_signs_a_transfer(api: ApiClient) -> None:
    """Without the owner's signature nothing moves."""
    owner = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(owner)})
    assert (await begin(api, wallet, order())).status == 401
    assert await usdc(api, RECEIVER) == 0
    assert (await begin(api, wallet, order(), keys=[owner])).status == 200
    assert await usdc(api, RECEIVER) == 1_500_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": {"chain": "nowhere", "asset": "usdc"}}, "source.chain"),
        ({"source": {"chain": "solana", "asset": "usdc"}}, "source.chain"),
        ({"source": {"chain": "base", "asset": "sol"}}, "source.asset"),
        ({"source": {"chain": "base"}}, "source.asset"),
        ({"source": {"chain": "base", "asset_address": "x"}}, "source.asset_address"),
        ({"source": {"chain": "base", "asset_address": RECEIVER}}, "source.asset_address"),
        ({"source": 1}, "source"),
        ({"destination": {}}, "destination.address"),
        ({"destination": {"address": SOLANA_RECEIVER}}, "destination.address"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "0.0000001"}, "amount"),
        ({"amount": "9" * 101}, "amount"),
        ({"amount": 1}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount_type": "other"}, "amount_type"),
    ],
)
async def test_wrong_transfers(api: ApiClient, change: dict[str, Any], field: str) -> None:
    """Wrong input is 400 and names the field."""
    wallet = await api.create_wallet()
    refused = await begin(api, wallet, {**order(), **change})
    assert (refused.status, refused.body["code"]) == (400, "invalid_data")
    assert refused.body["error"].startswith("[Input error] `")
    assert field in refused.body["error"].replace("source.amount", "amount")


async def test_quotes(api: ApiClient) -> None:
    """Across chains the same asset is quoted one for one; on one chain there is no quote."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/transfer/quote"
    body = order()
    assert (await api.call("POST", path, body)).status == 400
    body["destination"]["chain"] = "arbitrum"
    quote = (await api.call("POST", path, body)).body
    assert (quote["source"]["amount"], quote["estimated_output_amount"]) == ("1.5", "1.5")
    assert quote["destination"] == {"address": RECEIVER, "asset": "usdc", "chain": "arbitrum"}
    assert quote["expires_at"] == 1_800_000_060
    for change in ({"chain": "arbitrum"}, {"asset": "eth"}):
        body["destination"] = {"address": RECEIVER, **change}
        refused = await begin(api, wallet, body)
        assert (refused.status, refused.body["code"]) == (501, "not_implemented")


async def test_actions_of_others(api: ApiClient) -> None:
    """An action is found only with its wallet."""
    wallet, other = await api.create_wallet(), await api.create_wallet()
    made = (await begin(api, wallet, order())).body
    for path in (f"{other['id']}/actions/{made['id']}", f"{wallet['id']}/actions/none"):
        assert (await api.call("GET", f"/v1/wallets/{path}")).status == 404


async def test_balances(api: ApiClient) -> None:
    """Coins and tokens of the chains asked for, in smallest units and as decimals."""
    wallet = await api.create_wallet()
    await begin(api, wallet, order())
    path = f"/v1/wallets/{wallet['id']}/balance"
    query = "?asset=usdc&asset=eth&chain=base&chain=polygon&include_currency=usd"
    reply = await api.call("GET", path + query)
    by_asset = {(b["chain"], b["asset"]): b for b in reply.body["balances"]}
    assert set(by_asset) == {("base", "usdc"), ("base", "eth"), ("polygon", "usdc")}
    assert by_asset["base", "usdc"] == {
        "chain": "base",
        "asset": "usdc",
        "raw_value": "98500000",
        "raw_value_decimals": 6,
        "display_values": {"usdc": "98.5", "usd": "98.5"},
    }
    eth = by_asset["base", "eth"]
    assert int(eth["raw_value"]) == await ether(api, wallet["address"])
    token = "base:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    (held,) = (await api.call("GET", f"{path}?token={token}")).body["balances"]
    assert held["raw_value"] == "98500000"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?asset=eth",
        "?chain=base",
        "?asset=nothing&chain=base",
        "?asset=eth&chain=nowhere",
        "?asset=sol&chain=solana",
        "?asset=eth&chain=base&token=base:0x1",
        "?token=base:0x1",
        "?token=base:",
        "?token=base:native",
        "?token=nowhere:0x1",
        "?asset=eth&chain=base&include_currency=gbp",
        "?chain=base" + "&asset=eth" * 11,
    ],
)
async def test_wrong_balances(api: ApiClient, query: str) -> None:
    """Wrong queries are 400."""
    wallet = await api.create_wallet()
    reply = await api.call("GET", f"/v1/wallets/{wallet['id']}/balance{query}")
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")


@pytest.mark.parametrize(("chain", "native"), [("base", "eth"), ("solana", "sol")])
async def test_what_moved(api: ApiClient, chain: str, native: str) -> None:
    """Both sides of a transfer see it, newest first, page by page."""
    chain_type = "solana" if chain == "solana" else "ethereum"
    sender = await api.create_wallet(chain_type=chain_type)
    receiver = await api.create_wallet(chain_type=chain_type)
    for amount, asset in (("1", native), ("2", "usdc"), ("3", native)):
        made = await begin(api, sender, order(chain, asset, amount, receiver["address"]))
        assert made.body["status"] == "pending"
    path = f"/v1/wallets/{receiver['id']}/transactions?chain={chain}&asset={native}&asset=usdc"
    first = (await api.call("GET", f"{path}&limit=2")).body
    rest = (await api.call("GET", f"{path}&limit=2&cursor={first['next_cursor']}")).body
    seen = [*first["transactions"], *rest["transactions"]]
    assert rest["next_cursor"] is None
    ledger = list(api.sandbox.state.transactions)
    assert [(t["details"]["display_values"], t["privy_transaction_id"]) for t in seen] == [
        ({native: "3"}, ledger[2]),
        ({"usdc": "2"}, ledger[1]),
        ({native: "1"}, ledger[0]),
    ]
    assert {t["details"]["type"] for t in seen} == {"transfer_received"}
    path = f"/v1/wallets/{sender['id']}/transactions?chain={chain}&asset=usdc"
    (sent,) = (await api.call("GET", path)).body["transactions"]
    assert sent["details"]["type"] == "transfer_sent"
    assert sent["details"]["raw_value"] == "2000000"


@pytest.mark.parametrize(
    "query",
    ["", "?chain=base", "?chain=x&asset=eth", "?chain=base&asset=eth&token=0x1",
     "?chain=base&asset=eth&limit=0", "?chain=base&asset=eth&cursor=x", "?chain=solana&asset=sol"],
)  # fmt: skip
async def test_wrong_questions_for_what_moved(api: ApiClient, query: str) -> None:
    """A chain and exactly one of `asset` and `token` are needed."""
    wallet = await api.create_wallet()
    reply = await api.call("GET", f"/v1/wallets/{wallet['id']}/transactions{query}")
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")


async def test_the_nonce_after_a_transfer(api: ApiClient) -> None:
    """Transfers and transactions share the wallet's nonces."""
    wallet = await api.create_wallet()
    await begin(api, wallet, order())
    reply = await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))
    assert reply.body["data"]["transaction_request"]["nonce"] == 1
    assert await evm(api, "eth_getTransactionCount", wallet["address"], "latest") == "0x2"
