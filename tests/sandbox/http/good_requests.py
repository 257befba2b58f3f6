"""Good requests of every kind that signs or moves something, for tests to damage."""

import base64
import json
from typing import Any, NamedTuple

import base58
from api_client import new_key, spki
from chain_helpers import BASE, BASE_USDC, sol_transfer, solana_sending, usdc_transfer
from places import VECTORS
from solders.pubkey import Pubkey

from privy_async.sandbox.keys.chain_types import CHAINS
from privy_async.sandbox.records.wallets import Wallet

Json = dict[str, Any]
RECEIVER = "0x" + "11" * 20
# One of the contracts whose user operations Privy signs.
ACCOUNT = "0x69007702764179f14F51cdce752f4f775d74E139"
TYPED_DATA = {
    "domain": {"name": "x"},
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Mail": [{"name": "to", "type": "address"}, {"name": "parts", "type": "uint256[2][]"}],
    },
    "primary_type": "Mail",
    "message": {"to": RECEIVER, "parts": [[1, 2]]},
}
USER_OPERATION = {
    "sender": RECEIVER,
    "nonce": "0x0",
    "call_data": "0x",
    "call_gas_limit": "0x1",
    "verification_gas_limit": "0x1",
    "pre_verification_gas": "0x1",
    "max_fee_per_gas": "0x1",
    "max_priority_fee_per_gas": "0x1",
}


class GoodRequest(NamedTuple):
    """A POST that succeeds, for a wallet of a chain if its path has one."""

    path: str
    body: Json
    chain_type: str | None = None


def good_policies() -> list[Json]:
    """The policies of Privy's documentation."""
    folder = VECTORS / "policies"
    return [json.loads(path.read_text())["policy"] for path in sorted(folder.glob("*.json"))]


def good_requests(solana: Wallet, tron: Wallet) -> list[GoodRequest]:
    """Requests that succeed, those for Solana and Tron by these wallets."""
    path = "/v1/wallets/{wallet_id}/rpc"
    rpc = [
        *(GoodRequest(path, body, "ethereum") for body in _ethereum()),
        *(
            GoodRequest(path.format(wallet_id=wallet.id), body)
            for wallet, bodies in ((solana, _solana(solana)), (tron, _tron(tron)))
            for body in bodies
        ),
    ]
    return [*rpc * 4, *_raw_signing(), *_transfers() * 4, *_others()]


def _ethereum() -> list[Json]:
    transaction = {"to": RECEIVER, "value": "0x1"}
    full = {**transaction, "chain_id": 8453, "nonce": 0, "gas_limit": 21000, "type": 2}
    fees = {"max_fee_per_gas": 10**10, "max_priority_fee_per_gas": 1}
    call = {"to": BASE_USDC, "data": usdc_transfer(RECEIVER, 1)}
    authorization = {"contract": RECEIVER, "chain_id": 1, "nonce": 0}
    operation = {"contract": ACCOUNT, "chain_id": 1, "user_operation": USER_OPERATION}
    sending = {"method": "eth_sendTransaction", "caip2": BASE}
    return [
        {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}},
        {"method": "personal_sign", "params": {"message": "0x00", "encoding": "hex"}},
        {"method": "eth_signTypedData_v4", "params": {"typed_data": TYPED_DATA}},
        {"method": "eth_signTransaction", "params": {"transaction": {**full, **fees}}},
        {"method": "secp256k1_sign", "params": {"hash": "0x" + "11" * 32}},
        {"method": "eth_sign7702Authorization", "params": authorization},
        {"method": "eth_signUserOperation", "params": operation},
        {**sending, "params": {"transaction": transaction}},
        {**sending, "params": {"transaction": call}, "reference_id": "order"},
        {**sending, "params": {"transaction": {**transaction, "gas_limit": 30000, "type": 0}}},
        {"method": "wallet_sendCalls", "caip2": BASE, "params": {"calls": [transaction, call]}},
    ]


def _solana(wallet: Wallet) -> list[Json]:
    address = wallet.key.address
    sending = solana_sending(address, [sol_transfer(address, Pubkey.from_string(address), 1)])
    message = {"message": base64.b64encode(b"hello").decode(), "encoding": "base64"}
    return [
        sending,
        {**sending, "optimistic_broadcast": True},
        {"method": "signTransaction", "params": sending["params"]},
        {"method": "signMessage", "params": message},
    ]


def _tron(wallet: Wallet) -> list[Json]:
    owner = base58.b58decode_check(wallet.key.address).hex()
    block = {"ref_block_bytes": "b32e", "ref_block_hash": "ce1cb373c238875e"}
    receiver = "41" + "11" * 20
    contracts: list[Json] = [
        {"type": "TransferContract", "owner_address": owner, "to_address": receiver, "amount": 1},
        {
            "type": "TriggerSmartContract",
            "owner_address": owner,
            "contract_address": receiver,
            "data": "a9059cbb",
        },
    ]
    return [
        {
            "method": f"tron_{verb}Transaction",
            "params": {"raw_data": {"contract": [contract], "expiration": 1698158268000, **block}},
        }
        for verb in ("sign", "send")
        for contract in contracts
    ]


def _raw_signing() -> list[GoodRequest]:
    path = "/v1/wallets/{wallet_id}/raw_sign"
    some_bytes = {"bytes": "0x00ff", "encoding": "hex", "hash_function": "sha256"}
    bodies: list[Json] = [{"params": {"hash": "0x" + "01" * 32}}, {"params": some_bytes}]
    return [GoodRequest(path, body, chain) for chain in CHAINS for body in bodies]


def _transfers() -> list[GoodRequest]:
    source = {"chain": "base", "asset": "usdc", "amount": "0.000001"}
    body = {"source": source, "destination": {"address": RECEIVER}}
    across = {**body, "destination": {"address": RECEIVER, "chain": "ethereum"}}
    return [
        GoodRequest("/v1/wallets/{wallet_id}/transfer", body, "ethereum"),
        GoodRequest("/v1/wallets/{wallet_id}/transfer/quote", across, "ethereum"),
    ]


def _others() -> list[GoodRequest]:
    metric = {"field": "value", "field_source": "ethereum_transaction", "function": "sum"}
    aggregation = {
        "name": "Volume",
        "method": "eth_signTransaction",
        "metric": metric,
        "window": {"type": "rolling", "seconds": 3600},
    }
    importing = {
        "address": RECEIVER,
        "chain_type": "ethereum",
        "entropy_type": "private-key",
        "encryption_type": "HPKE",
    }
    recipient = {"encryption_type": "HPKE", "recipient_public_key": spki(new_key())}
    email = {"type": "email", "address": "a@example.org"}
    return [
        *(GoodRequest("/v1/policies", policy) for policy in good_policies()),
        GoodRequest("/v1/aggregations", aggregation),
        GoodRequest("/v1/key_quorums", {"public_keys": [spki(new_key())]}),
        GoodRequest("/v1/wallets/import/init", importing),
        GoodRequest("/v1/wallets/{wallet_id}/export", recipient, "solana"),
        GoodRequest("/v1/users/{user_id}/accounts", email),
        GoodRequest("/v1/users/search", {"searchTerm": "user"}),
        GoodRequest("/v1/passwordless/authenticate", {"email": "a@b.c", "code": "123456"}),
    ]
