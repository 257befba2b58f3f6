"""One run of an official SDK on a sandbox, and what the tests may look at afterwards."""

import asyncio
import json
import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import base58
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from eth_account.messages import encode_defunct
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import RequestRecord, Sandbox

TEXT = "Grüße \U0001f5dd \u2028 0x"
RECEIVER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
STATUSES = (403, 422, 429, 500)
RAW_HASH = bytes(range(32))
TEST_ACCOUNTS = {"test@example.com": "123456"}
DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
# The mnemonic every Ethereum developer knows, and the address of its third account.
MNEMONIC = "test test test test test test test test test test test junk"
THIRD_ADDRESS = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TYPED_DATA: dict[str, Any] = {
    "domain": {"name": "Shop", "version": "1", "chainId": 1, "verifyingContract": RECEIVER},
    "types": {"Order": [{"name": "item", "type": "string"}, {"name": "amount", "type": "uint256"}]},
    "primary_type": "Order",
    "message": {"item": "bread", "amount": "0x400000000000000000"},
}
USER_OPERATION = {
    "sender": RECEIVER,
    "nonce": "0x1",
    "call_data": "0x1234",
    "call_gas_limit": "0x5208",
    "verification_gas_limit": "0x5208",
    "pre_verification_gas": "0x5208",
    "max_fee_per_gas": "0x3b9aca00",
    "max_priority_fee_per_gas": "0x3b9aca00",
}
TRANSACTION = {
    "to": RECEIVER,
    "value": "0xde0b6b3a7640000",
    "chain_id": 8453,
    "nonce": 7,
    "gas_limit": 21000,
    "max_fee_per_gas": "0x3b9aca00",
    "max_priority_fee_per_gas": "0x3b9aca00",
    "type": 2,
}
ETHEREUM = {
    "typed_data": {"typed_data": TYPED_DATA},
    "transaction": {"transaction": TRANSACTION},
    "hash": {"hash": "0x" + RAW_HASH.hex()},
    "authorization": {"contract": RECEIVER, "chain_id": 1, "nonce": 5},
    "user_operation": {
        "contract": "0xd6CEDDe84be40893d153Be9d467CD6aD37875b28",
        "chain_id": 1,
        "user_operation": USER_OPERATION,
    },
    "calls": {"calls": [{"to": RECEIVER, "value": "0x1", "data": "0x"}]},
}
TEMPO = {
    "type": 118,
    "chain_id": 42431,
    "fee_token": "0x20c0000000000000000000000000000000000001",
    "calls": [
        {"to": RECEIVER, "value": "0x7"},
        {"to": "0x20c0000000000000000000000000000000000001", "data": "0xa9059cbb"},
    ],
}
RAW_SIGNING = {
    "hash": {"hash": "0x" + RAW_HASH.hex()},
    "bytes": {"bytes": TEXT, "encoding": "utf-8", "hash_function": "sha256"},
}

# An account of nobody; a million lamports keep it above the rent.
RECIPIENT = Pubkey(bytes(range(32)))


@attrs.frozen
class Run:
    """What an official SDK reported of its scenes, and the sandbox it played them on."""

    sandbox: Sandbox
    task: Mapping[str, Any]
    scenes: Mapping[str, Any]

    def scene(self, name: str) -> Any:
        """What the scene came to; the test fails with the SDK's own traceback if it broke off."""
        if "failure" in self.scenes[name]:
            failure = self.scenes[name]["failure"]
            pytest.fail(f"the scene {name!r} broke off:\n{failure}", pytrace=False)
        return self.scenes[name]["result"]

    def log(self, method: str, path: str) -> list[RequestRecord]:
        """The requests to one path."""
        return [each for each in self.sandbox.log if (each.method, each.path) == (method, path)]


def play(command: Sequence[str | Path]) -> Run:
    """Run the command, which gets the task on its standard input, on a sandbox of its own."""
    login = generate_private_key(public_exponent=65537, key_size=2048)
    public_key = login.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with Sandbox(auth_keys=[public_key.decode()], test_accounts=TEST_ACCOUNTS) as sandbox:
        order_faults(sandbox)
        task = compose_task(sandbox, login)
        process = subprocess.run(
            command,
            input=json.dumps(task),
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            # The SDKs read settings of their own, and proxies, from the environment.
            env={"PATH": os.environ.get("PATH", os.defpath)},
        )
    if process.returncode:
        pytest.fail(f"the official SDK could not begin:\n{process.stderr}", pytrace=False)
    return Run(sandbox, task, json.loads(process.stdout))


def order_faults(sandbox: Sandbox) -> None:
    """Order what the scenes `lost_answers`, `statuses` and `rate_limit` wait for."""
    for external_id in ("keyed", "keyless"):
        sandbox.faults.add(path=f"/v1/wallets/ext_wal_{external_id}/rpc", drop="after")
    for status in STATUSES:
        sandbox.faults.add(
            path="/v1/users/discord/username", status=status, headers={"x-should-retry": "false"}
        )
    sandbox.faults.add(path="/v1/wallets/address", status=429, headers={"Retry-After-Ms": "1"})


def compose_task(sandbox: Sandbox, login: RSAPrivateKey) -> dict[str, Any]:
    """Say all that the SDK needs to be told.

    Alice has a token of the sandbox's issuer, Bob one of the app's own login, with no more in it
    than in the official SDKs' own tests.
    """
    issue = sandbox.issue_user_jwt
    solana_wallet, tron_wallet = asyncio.run(make_wallets(sandbox))
    credentials = {"app_id": sandbox.app_id, "app_secret": sandbox.app_secret}
    return {
        "client": {**credentials, "base_url": sandbox.base_url},
        "jwts": {
            "alice": issue("alice"),
            "bob": jwt.encode({"sub": "bob", "exp": int(time.time()) + 600}, login, "RS256"),
            "expired": issue("alice", lifetime=-1),
            "nobody": issue("nobody"),
        },
        "access_token": issue(
            "did:privy:alice", iss="privy.io", aud=sandbox.app_id, sid="session-1"
        ),
        "text": TEXT,
        "receiver": RECEIVER,
        "ethereum": ETHEREUM,
        "raw_signing": RAW_SIGNING,
        "solana": {
            "wallet_id": solana_wallet.id,
            "caip2": DEVNET,
            "transaction": solana_transaction(solana_wallet.address, Hash.new_unique()),
            "transaction_to_send": solana_transaction(solana_wallet.address, Hash.default()),
            "another_ones": solana_transaction(str(Keypair().pubkey()), Hash.new_unique()),
        },
        "tempo": TEMPO,
        "tron": {"wallet_id": tron_wallet.id, "raw_data": tron_raw_data(tron_wallet.address)},
        "solana_receiver": str(RECIPIENT),
        "rpc": {"base": sandbox.evm_rpc_url(8453), "solana": sandbox.solana_rpc_url},
        "imports": imports(),
        "statuses": STATUSES,
    }


async def make_wallets(sandbox: Sandbox) -> tuple[Wallet, Wallet]:
    """Make the wallets whose addresses stand in the transactions to sign."""
    async with sandbox.client() as privy:
        solana = await privy.wallets.create(chain_type="solana")
        return solana, await privy.wallets.create(chain_type="tron")


def solana_transaction(address: str, blockhash: Hash) -> str:
    """A transfer that the wallet pays for, unsigned, in base64."""
    payer = Pubkey.from_string(address)
    move = transfer(TransferParams(from_pubkey=payer, to_pubkey=RECIPIENT, lamports=1_000_000))
    message = MessageV0.try_compile(payer, [move], [], blockhash)
    return b64encode(bytes(VersionedTransaction(message, [NullSigner(payer)]))).decode()


def tron_raw_data(address: str) -> dict[str, Any]:
    """A transfer from the wallet to itself."""
    owner = base58.b58decode_check(address).hex()
    contract = {
        "type": "TransferContract",
        "owner_address": owner,
        "to_address": owner,
        "amount": 1,
    }
    now = int(time.time() * 1000)
    return {
        "contract": [contract],
        "timestamp": now,
        "expiration": now + 60_000,
        "ref_block_bytes": "0102",
        "ref_block_hash": "0102030405060708",
    }


def imports() -> list[dict[str, Any]]:
    """Wallets from elsewhere, in the Node SDK's form."""
    account, keypair = Account.create(), Keypair()
    by_key = {"entropy_type": "private-key"}
    return [
        {
            "chain_type": "ethereum",
            "address": account.address,
            "private_key": account.key.to_0x_hex(),
            **by_key,
        },
        {
            "chain_type": "solana",
            "address": str(keypair.pubkey()),
            "private_key": str(keypair),
            **by_key,
        },
        {
            "chain_type": "ethereum",
            "address": THIRD_ADDRESS,
            "private_key": MNEMONIC,
            "entropy_type": "hd",
            "index": 2,
        },
    ]


def signer_of(message: str | bytes, signature: str) -> str:
    """Who signed a personal message, by eth-account."""
    data = message.encode() if isinstance(message, str) else message
    return str(Account.recover_message(encode_defunct(data), signature=signature))
