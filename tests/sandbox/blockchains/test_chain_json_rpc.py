"""The chains' own JSON-RPC, read with web3 and by hand."""

import base64
import json
from typing import Any

import pytest
from api_client import ApiClient
from chain_helpers import BASE_USDC, SOLANA_USDC, call, evm, rpc, sending, solana
from eth_account import Account
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction
from web3 import AsyncHTTPProvider, AsyncWeb3

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "55" * 20
ABI = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
        "outputs": [{"type": "bool"}],
        "stateMutability": "nonpayable",
    },
    {
        "type": "function",
        "name": "balanceOf",
        "inputs": [{"name": "account", "type": "address"}],
        "outputs": [{"type": "uint256"}],
        "stateMutability": "view",
    },
    {
        "type": "event",
        "anonymous": False,
        "name": "Transfer",
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    },
]


async def test_web3_sees_the_same_chain(api: ApiClient) -> None:
    """web3 sends with an account of its own, and reads blocks, receipts, events and calls."""
    account = Account.create()
    await api.sandbox.fund(account.address, 1, caip2="eip155:8453")
    await api.sandbox.fund(account.address, 5, caip2="eip155:8453", asset="usdc")
    provider = AsyncHTTPProvider(api.sandbox.evm_rpc_url(8453))
    w3 = AsyncWeb3(provider)
    try:
        assert await w3.is_connected()
        assert await w3.eth.chain_id == 8453
        token = w3.eth.contract(address=w3.to_checksum_address(BASE_USDC), abi=ABI)
        built = await token.functions.transfer(RECEIVER, 7).build_transaction(
            {
                "from": account.address,
                "nonce": await w3.eth.get_transaction_count(account.address),
            }
        )
        signed = account.sign_transaction(built)
        sent = await w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = await w3.eth.wait_for_transaction_receipt(sent)
        assert (receipt["status"], receipt["from"]) == (1, account.address)
        (event,) = token.events.Transfer().process_receipt(receipt)
        assert event["args"]["value"] == 7
        assert await token.functions.balanceOf(RECEIVER).call() == 7
        (logged,) = await token.events.Transfer.get_logs(from_block=0)
        assert logged["transactionHash"] == sent
        block = await w3.eth.get_block("latest", full_transactions=True)
        assert block["transactions"][0]["hash"] == sent
        assert (await w3.eth.get_transaction(sent))["input"].to_0x_hex() == built["data"]
        assert (await w3.eth.fee_history(2, "latest"))["baseFeePerGas"]
        assert await w3.eth.gas_price > 0
        assert await w3.eth.get_code(token.address)
        assert await w3.eth.get_storage_at(token.address, 1) == (5 * 10**6).to_bytes(32)
    finally:
        await provider.disconnect()


async def test_a_wallets_transaction_is_there(api: ApiClient) -> None:
    """What a wallet sent can be read by its hash."""
    wallet = await api.create_wallet()
    sent = (await rpc(api, wallet, sending(to=RECEIVER, value="0x5"))).body["data"]
    transaction = await evm(api, "eth_getTransactionByHash", sent["hash"])
    assert (transaction["value"], transaction["from"]) == ("0x5", wallet["address"].lower())
    block = await evm(api, "eth_getBlockByNumber", transaction["blockNumber"], False)
    assert block["transactions"] == [sent["hash"]]
    assert (await evm(api, "eth_getBlockByHash", block["hash"], True))["transactions"] == [
        transaction
    ]
    assert int(block["timestamp"], 16) >= 1_800_000_000
    assert await evm(api, "eth_getTransactionByHash", "0x" + "00" * 32) is None
    assert await evm(api, "eth_getBlockByNumber", "0xffff", False) is None


@pytest.mark.parametrize("chain", ["evm/1", "solana"])
@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        (b"{}", -32600),
        (b"1", -32600),
        (b'{"method": 1}', -32600),
        (b'{"method": "x", "params": {}}', -32600),
        (b'{"method": "no_such_method", "params": []}', -32601),
        (b"[{}]", -32600),
    ],
)
async def test_what_is_no_request(
    api: ApiClient, chain: str, request_body: bytes, code: int
) -> None:
    """Errors are answered as JSON-RPC has them, alone or in a batch."""
    reply = await api.send(
        "POST", f"/rpc/{chain}", request_body, {"Content-Type": "application/json"}
    )
    assert reply.status == 200
    answer = reply.body[0] if isinstance(reply.body, list) else reply.body
    assert answer["error"]["code"] == code


async def test_what_is_no_json(api: ApiClient) -> None:
    """A body that is no JSON is 400, a chain that is none 404."""
    headers = {"Content-Type": "application/json"}
    assert (await api.send("POST", "/rpc/evm/1", b"{", headers)).status == 400
    for chain_id in ("x", "9" * 40, "-1", "%C2%B2"):
        reply = await api.send("POST", f"/rpc/evm/{chain_id}", b"{}", headers)
        assert reply.status == 404


WRONG: list[Any] = [None, 1, "x", "0x", "0xzz", "0x" + "00" * 19, True, [], {}, "0x" + "f" * 70]
EVM_METHODS = [
    "eth_getBalance", "eth_getTransactionCount", "eth_getCode", "eth_getStorageAt", "eth_call",
    "eth_estimateGas", "eth_sendRawTransaction", "eth_getTransactionByHash",
    "eth_getTransactionReceipt", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getLogs",
    "eth_getBlockReceipts", "eth_getBlockTransactionCountByNumber", "eth_feeHistory", "web3_sha3",
    "anvil_setBalance", "anvil_setCode", "anvil_setStorageAt", "eth_gasPrice",
]  # fmt: skip
SOLANA_METHODS = [
    "getLatestBlockhash", "isBlockhashValid", "getFeeForMessage", "getBalance", "getAccountInfo",
    "getMinimumBalanceForRentExemption", "getMultipleAccounts", "getTokenAccountBalance",
    "getTokenAccountsByOwner", "getTokenSupply", "getSignatureStatuses", "getTransaction",
    "getSignaturesForAddress", "sendTransaction", "simulateTransaction", "requestAirdrop",
]  # fmt: skip


@pytest.mark.parametrize("method", [*EVM_METHODS, *SOLANA_METHODS])
async def test_wrong_parameters(api: ApiClient, method: str) -> None:
    """Whatever the parameters are, the answer is JSON-RPC, a result or an error."""
    path = "/rpc/evm/8453" if method in EVM_METHODS else "/rpc/solana"
    address = RECEIVER if method in EVM_METHODS else str(SOLANA_USDC)
    for value in WRONG:
        for params in ([], [value], [value, value], [address, value], [{"to": value}, value]):
            answer = await call(api, path, method, *params)
            assert ("result" in answer) != ("error" in answer)


async def test_solanas_clients_can_send(api: ApiClient) -> None:
    """Airdrop, blockhash, simulation, sending and looking at it, for a key of one's own."""
    payer, receiver = Keypair(), Keypair().pubkey()
    airdrop = await solana(api, "requestAirdrop", str(payer.pubkey()), 10**9)
    (status,) = await solana(api, "getSignatureStatuses", [airdrop])
    assert (status["err"], status["confirmationStatus"]) == (None, "finalized")
    blockhash = Hash.from_string((await solana(api, "getLatestBlockhash"))["blockhash"])
    assert await solana(api, "isBlockhashValid", str(blockhash)) is True
    move = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=receiver, lamports=10**8))
    message = Message.new_with_blockhash([move], payer.pubkey(), blockhash)
    signed = Transaction([payer], message, blockhash)
    wire, options = base64.b64encode(bytes(signed)).decode(), {"encoding": "base64"}
    encoded = base64.b64encode(bytes(message)).decode()
    assert await solana(api, "getFeeForMessage", encoded) == 5000
    assert (await solana(api, "simulateTransaction", wire, options))["err"] is None
    assert await solana(api, "getBalance", str(receiver)) == 0
    signature = await solana(api, "sendTransaction", wire, options)
    assert signature == str(signed.signatures[0])
    assert await solana(api, "getBalance", str(receiver)) == 10**8
    found = await solana(api, "getTransaction", signature, options)
    assert found["transaction"] == [wire, "base64"]
    assert found["meta"]["preBalances"][1] == 0
    assert found["meta"]["postBalances"][1] == 10**8
    (mine, _) = await solana(api, "getSignaturesForAddress", str(payer.pubkey()))
    assert mine["signature"] == signature
    again = await call(api, "/rpc/solana", "sendTransaction", wire, options)
    assert again["error"]["data"]["err"] == "AlreadyProcessed"
    account = await solana(api, "getAccountInfo", str(receiver), options)
    assert (account["lamports"], account["data"]) == (10**8, ["", "base64"])


async def test_token_accounts(api: ApiClient) -> None:
    """Token accounts are found by owner and mint, with their amounts in every form."""
    owner = str(Keypair().pubkey())
    caip2 = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
    await api.sandbox.fund(owner, "2.5", caip2=caip2, asset="usdc")
    mint = {"mint": str(SOLANA_USDC)}
    (found,) = await solana(api, "getTokenAccountsByOwner", owner, mint, {"encoding": "jsonParsed"})
    info = found["account"]["data"]["parsed"]["info"]
    assert info["owner"] == owner
    assert info["tokenAmount"] == {
        "amount": "2500000",
        "decimals": 6,
        "uiAmount": 2.5,
        "uiAmountString": "2.5",
    }
    supply = await solana(api, "getTokenSupply", str(SOLANA_USDC))
    assert json.loads(supply["amount"]) == 2_500_000


async def test_another_chain_by_its_address(api: ApiClient) -> None:
    """`evm_rpc` puts a chain elsewhere in the place of the one in memory with its id."""
    async with Sandbox(evm_rpc=api.sandbox.evm_rpc_url(8453), initial_balance=3) as near:
        near_api = ApiClient(near, api.session)
        wallet = await near_api.create_wallet()
        reply = await rpc(near_api, wallet, sending(to=RECEIVER, value="0x5"))
        assert reply.status == 200
        assert await evm(api, "eth_getBalance", RECEIVER, "latest") == "0x5"
        assert int(await evm(api, "eth_getBalance", wallet["address"], "latest"), 16) > 2 * 10**18
        other = await rpc(near_api, wallet, sending("eip155:10", to=RECEIVER, value="0x5"))
        assert other.status == 200
        assert await evm(api, "eth_getBalance", RECEIVER, "latest", chain_id=10) == "0x0"


async def test_another_chain_that_is_not_there(api: ApiClient) -> None:
    """No answer from there is a broadcast failure, for `fund` an error."""
    async with Sandbox(evm_rpc="http://127.0.0.1:9/") as lost:
        lost_api = ApiClient(lost, api.session)
        wallet = await lost_api.create_wallet()
        reply = await rpc(lost_api, wallet, sending(to=RECEIVER, value="0x5"))
        assert (reply.status, reply.body["code"]) == (400, "transaction_broadcast_failure")
        with pytest.raises(RuntimeError):
            await lost.fund(RECEIVER, 1, caip2="eip155:1")
