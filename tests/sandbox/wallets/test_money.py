"""Money on the sandbox's chains: it moves by exactly what was asked for, and once."""

import asyncio
from typing import Any

import aiohttp
import pytest
from api_client import ApiClient, Clock, Reply
from chain_helpers import (
    BASE_USDC,
    EMPTY,
    ether,
    evm,
    lamports,
    rpc,
    sending,
    sol_transfer,
    solana,
    solana_sending,
    solana_usdc,
    spl_transfer,
    usdc,
    usdc_transfer,
)
from solders.hash import Hash
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio
RECEIVER = "0x" + "5a" * 20


async def fee_of(api: ApiClient, transaction_hash: str) -> int:
    """What a transaction cost, in wei."""
    receipt = await evm(api, "eth_getTransactionReceipt", transaction_hash)
    return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


async def send_once(api: ApiClient, wallet: dict[str, Any], body: Any, **options: Any) -> Any:
    """Send, lose the answer, ask again with the same key; the transaction's hash.

    The one who signs is `options["keys"]`.
    """
    headers = {"privy-idempotency-key": "once"}
    api.sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rpc(api, wallet, body, headers=headers, **options)
    reply = await rpc(api, wallet, body, headers=headers, **options)
    assert reply.status == 200, reply
    first, second = (r for r in api.sandbox.log if r.idempotency_key == "once")
    assert (first.executed, second.executed, second.replayed) == (True, False, True)
    return reply.body["data"]["hash"]


async def owned_wallet(api: ApiClient, chain_type: str) -> tuple[dict[str, Any], Any]:
    """A wallet of a user's, and the user's key."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(chain_type=chain_type, owner={"user_id": user_id})
    return wallet, await api.exchange("alice")


async def test_a_users_ether_moves_once(api: ApiClient) -> None:
    """Though the answer is lost and the request repeated, sender and receiver see one payment."""
    wallet, key = await owned_wallet(api, "ethereum")
    before = await ether(api, wallet["address"])
    body = sending(to=RECEIVER, value=hex(10**18))
    sent = await send_once(api, wallet, body, keys=[key])
    assert await ether(api, RECEIVER) == 10**18
    paid = 10**18 + await fee_of(api, sent)
    assert await ether(api, wallet["address"]) == before - paid
    assert len(api.sandbox.state.transactions) == 1
    assert await evm(api, "eth_getTransactionCount", wallet["address"], "latest") == "0x1"


async def test_a_users_token_moves_once(api: ApiClient) -> None:
    """An ERC-20 moves likewise, and the ether only pays the gas."""
    wallet, key = await owned_wallet(api, "ethereum")
    before = await usdc(api, wallet["address"]), await ether(api, wallet["address"])
    body = sending(to=BASE_USDC, data=usdc_transfer(RECEIVER, 2_500_000))
    sent = await send_once(api, wallet, body, keys=[key])
    assert await usdc(api, RECEIVER) == 2_500_000
    assert await usdc(api, wallet["address"]) == before[0] - 2_500_000
    assert await ether(api, wallet["address"]) == before[1] - await fee_of(api, sent)
    assert len(api.sandbox.state.transactions) == 1


async def test_a_users_sol_moves_once(api: ApiClient) -> None:
    """Lamports move likewise; the fee is 5000."""
    wallet, key = await owned_wallet(api, "solana")
    receiver = Keypair().pubkey()
    before = await lamports(api, wallet["address"])
    body = solana_sending(wallet["address"], [sol_transfer(wallet["address"], receiver, 3_000_000)])
    await send_once(api, wallet, body, keys=[key])
    assert await lamports(api, str(receiver)) == 3_000_000
    assert await lamports(api, wallet["address"]) == before - 3_000_000 - 5000
    assert len(api.sandbox.state.transactions) == 1


async def test_a_users_spl_token_moves_once(api: ApiClient) -> None:
    """An SPL token moves likewise, into an account made for it."""
    wallet, key = await owned_wallet(api, "solana")
    receiver = Keypair().pubkey()
    before = await solana_usdc(api, wallet["address"])
    body = solana_sending(wallet["address"], spl_transfer(wallet["address"], receiver, 1_250_000))
    await send_once(api, wallet, body, keys=[key])
    assert await solana_usdc(api, str(receiver)) == 1_250_000
    assert await solana_usdc(api, wallet["address"]) == before - 1_250_000
    assert len(api.sandbox.state.transactions) == 1


async def test_money_at_the_same_time(api: ApiClient) -> None:
    """Requests at once get nonces of their own, and each moves its money."""
    wallet = await api.create_wallet()
    body = sending(to=RECEIVER, value="0x1")
    replies = await asyncio.gather(*(rpc(api, wallet, body) for _ in range(5)))
    assert [reply.status for reply in replies] == [200] * 5
    nonces = [reply.body["data"]["transaction_request"]["nonce"] for reply in replies]
    assert sorted(nonces) == [0, 1, 2, 3, 4]
    assert await ether(api, RECEIVER) == 5


@pytest.mark.parametrize(
    ("transaction", "problem"),
    [
        ({"nonce": 1}, "nonce too high: next nonce 0, tx nonce 1"),
        ({"gas_limit": 20_999}, "intrinsic gas too low"),
        (
            {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 2**255)},
            "execution reverted: ERC20: transfer amount exceeds balance",
        ),
        ({"to": BASE_USDC, "data": "0xdeadbeef"}, "execution reverted"),
    ],
)
async def test_what_the_chain_refuses(
    api: ApiClient, transaction: dict[str, Any], problem: str
) -> None:
    """It is a broadcast failure, names the reason, and leaves the ledger empty."""
    wallet = await api.create_wallet()
    refused = await rpc(api, wallet, sending(**{"to": RECEIVER, **transaction}))
    assert (refused.status, refused.body["code"]) == (400, "transaction_broadcast_failure")
    assert refused.body["error"].startswith(f"Transaction broadcast failed: {problem}")
    assert len(api.sandbox.state.transactions) == 0


async def test_a_used_nonce(api: ApiClient) -> None:
    """The nonce of a transaction that was sent is refused."""
    wallet = await api.create_wallet()
    assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))).status == 200
    refused = await rpc(api, wallet, sending(to=RECEIVER, value="0x1", nonce=0))
    assert refused.body["code"] == "transaction_broadcast_failure"
    assert "nonce too low" in refused.body["error"]
    assert await ether(api, RECEIVER) == 1


async def test_blockhashes(api: ApiClient) -> None:
    """One that Solana has given out is good for 150 blocks; one it does not know never."""
    wallet = await api.create_wallet(chain_type="solana")
    address = wallet["address"]

    async def send(blockhash: Hash, units: int) -> Reply:
        transfer = sol_transfer(address, Pubkey.from_string(address), units)
        return await rpc(api, wallet, solana_sending(address, [transfer], blockhash=blockhash))

    given = Hash.from_string((await solana(api, "getLatestBlockhash"))["blockhash"])
    assert (await send(given, 1)).status == 200
    assert (await send(given, 2)).status == 200
    again = await send(given, 1)
    assert "already been processed" in again.body["error"]
    for units in range(3, 152):
        assert (await send(EMPTY, units)).status == 200
    for blockhash in (given, Hash(b"\x07" * 32)):
        refused = await send(blockhash, 200)
        assert refused.body["code"] == "transaction_broadcast_failure"
        assert "Blockhash not found" in refused.body["error"]


async def test_statuses(api: ApiClient, clock: Clock) -> None:
    """A transaction is broadcasted, after a block's time confirmed, after two finalized."""
    wallet = await api.create_wallet()
    reply = await rpc(api, wallet, {**sending(to=RECEIVER, value="0x1"), "reference_id": "r"})
    path = f"/v1/transactions/{reply.body['data']['transaction_id']}"
    seen = []
    for _ in range(3):
        seen.append((await api.call("GET", path)).body["status"])
        clock.now += 0.15
    assert seen == ["broadcasted", "confirmed", "finalized"]
    by_reference = await api.call("GET", "/v1/transactions?reference_id=r")
    assert [each["status"] for each in by_reference.body["transactions"]] == ["finalized"]


async def test_a_revert_on_the_chain(api: ApiClient, clock: Clock) -> None:
    """With a gas limit of its own a failing call is sent, costs gas, and ends as reverted."""
    wallet = await api.create_wallet()
    data = usdc_transfer(RECEIVER, 2**255)
    reply = await rpc(api, wallet, sending(to=BASE_USDC, data=data, gas_limit=100_000))
    clock.now += 1
    transaction = await api.call("GET", f"/v1/transactions/{reply.body['data']['transaction_id']}")
    assert transaction.body["status"] == "execution_reverted"
    paid = 100 * 10**18 - await ether(api, wallet["address"])
    assert paid == await fee_of(api, reply.body["data"]["hash"])
    assert await usdc(api, RECEIVER) == 0


async def test_a_revert_on_solana(api: ApiClient, clock: Clock) -> None:
    """Broadcast optimistically, a failing transaction costs its fee and ends as reverted."""
    wallet = await api.create_wallet(chain_type="solana")
    transfer = sol_transfer(wallet["address"], Keypair().pubkey(), 10**15)
    body = solana_sending(wallet["address"], [transfer], optimistic_broadcast=True)
    reply = await rpc(api, wallet, body)
    clock.now += 1
    transaction = await api.call("GET", f"/v1/transactions/{reply.body['data']['transaction_id']}")
    assert transaction.body["status"] == "execution_reverted"
    assert await lamports(api, wallet["address"]) == 100 * 10**9 - 5000
    (status,) = await solana(api, "getSignatureStatuses", [reply.body["data"]["hash"]])
    assert status["err"] == {"InstructionError": [0, {"Custom": 1}]}


async def test_calls_execute_together(api: ApiClient, clock: Clock) -> None:
    """All calls of a batch are one transaction of the wallet itself, also the second time."""
    wallet = await api.create_wallet()
    calls = [
        {"to": RECEIVER, "value": "0x5"},
        {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 9)},
        {"to": RECEIVER, "value": hex(10**18)},
    ]
    body = {
        "method": "wallet_sendCalls",
        "caip2": "eip155:8453",
        "params": {"calls": calls},
    }
    for times in (1, 2):
        reply = await rpc(api, wallet, body)
        assert (await ether(api, RECEIVER), await usdc(api, RECEIVER)) == (
            times * (10**18 + 5),
            times * 9,
        )
    path = f"/v1/transactions/{reply.body['data']['transaction_id']}"
    assert (await api.call("GET", path)).body["transaction_hash"] is None
    clock.now += 1
    transaction = (await api.call("GET", path)).body
    assert transaction["status"] == "finalized"
    receipt = await evm(api, "eth_getTransactionReceipt", transaction["transaction_hash"])
    assert receipt["from"] == wallet["address"].lower()


async def test_calls_execute_all_or_none(api: ApiClient, clock: Clock) -> None:
    """If one call fails, the others have not happened."""
    wallet = await api.create_wallet()
    calls = [
        {"to": RECEIVER, "value": "0x5"},
        {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 2**255)},
    ]
    body = {"method": "wallet_sendCalls", "caip2": "eip155:8453", "params": {"calls": calls}}
    reply = await rpc(api, wallet, body)
    clock.now += 1
    transaction = await api.call("GET", f"/v1/transactions/{reply.body['data']['transaction_id']}")
    assert transaction.body["status"] == "execution_reverted"
    assert await ether(api, RECEIVER) == 0


async def test_a_wallet_that_delegates_can_be_paid(api: ApiClient) -> None:
    """The code a batch gives an account takes plain payments, and nobody else's calls."""
    wallet, other = await api.create_wallet(), await api.create_wallet()
    calls = [{"to": RECEIVER, "value": "0x1"}] * 2
    body = {"method": "wallet_sendCalls", "caip2": "eip155:8453", "params": {"calls": calls}}
    assert (await rpc(api, wallet, body)).status == 200
    before = await ether(api, wallet["address"])
    assert (await rpc(api, other, sending(to=wallet["address"], value="0x7"))).status == 200
    assert await ether(api, wallet["address"]) == before + 7
    stolen = RECEIVER + f"{10**18:064x}" + f"{0:064x}"
    refused = await rpc(api, other, sending(to=wallet["address"], data=stolen))
    assert refused.body["code"] == "transaction_broadcast_failure"
    assert await ether(api, wallet["address"]) == before + 7


async def test_the_chains_outlive_a_stop(clock: Clock) -> None:
    """What was sent before a stop is still there after a new start."""
    sandbox = Sandbox(clock=clock)
    for times in (1, 2):
        async with sandbox, aiohttp.ClientSession() as session:
            api = ApiClient(sandbox, session)
            wallet = await api.create_wallet()
            await rpc(api, wallet, sending(to=RECEIVER, value="0x1"))
            assert await ether(api, RECEIVER) == times


async def test_stopping_waits_for_the_chain(clock: Clock) -> None:
    """A request that is cancelled while the chain works still enters the ledger."""
    sandbox = Sandbox(clock=clock)
    async with aiohttp.ClientSession() as session:
        async with sandbox:
            api = ApiClient(sandbox, session)
            wallet = await api.create_wallet()
            body, headers = sending(to=RECEIVER, value="0x1"), {"privy-idempotency-key": "once"}
            request = asyncio.ensure_future(rpc(api, wallet, body, headers=headers))
            # The key is in use as soon as the first request has arrived.
            while (await rpc(api, wallet, body, headers=headers)).status not in (200, 409):
                pass
        assert len(sandbox.state.transactions) == 1
        await asyncio.gather(request, return_exceptions=True)


async def test_without_real_chains(clock: Clock) -> None:
    """Then transactions only enter the ledger, whatever the wallet has."""
    async with (
        Sandbox(clock=clock, real_chains=False) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        reply = await rpc(api, wallet, sending(to=RECEIVER, value=hex(2**200)))
        assert reply.status == 200
        clock.now += 1
        path = f"/v1/transactions/{reply.body['data']['transaction_id']}"
        assert (await api.call("GET", path)).body["status"] == "broadcasted"
        assert (await api.call("POST", "/rpc/evm/1", {})).status == 404
        assert (await api.call("POST", "/rpc/solana", {})).status == 404
