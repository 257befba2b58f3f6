"""Asks the policy engine directly, apart from keys, chains and HTTP, and builds what to ask."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import places
from api_client import Clock
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.transaction import Transaction

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.policies.asked import (
    asked_by_action,
    asked_by_export,
    asked_by_raw_sign,
    asked_by_rpc,
)
from privy_async.sandbox.policies.evaluate import require_allowed
from privy_async.sandbox.policies.subjects import Asked
from privy_async.sandbox.policies.validate import read_rules
from privy_async.sandbox.records.policies import Policy
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

VECTORS = places.VECTORS / "policies"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
OTHER = "0x1111111111111111111111111111111111111111"
TOKEN_PROGRAM = Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
ERC20 = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [
            {"name": "recipient", "type": "address"},
            {"name": "amount", "type": "uint256"},
        ],
    }
]


class Engine:
    """A wallet with policies, and whether they allow a request."""

    def __init__(self, chain_type: str = "ethereum") -> None:
        self.clock = Clock()
        self.state = State(clock=SandboxClock(self.clock))
        key = WalletKey.generate(chain_type, secrets.token_bytes)
        self.wallet = Wallet(id="wallet", key=key, created_at=0)

    def policy(self, *rules: Mapping[str, Any]) -> Policy:
        """Store a policy of these rules, in Privy's JSON."""
        chain_type = self.wallet.key.chain_type
        read = read_rules(self.state, Fields({"rules": list(rules)}, ""), chain_type)
        policy = Policy(self.state.new_id(), "policy", chain_type, read, 0)
        self.state.policies[policy.id] = policy
        return policy

    def allows(self, *rules: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
        """Whether a policy of these rules lets a request pass."""
        wallet = Wallet(
            id="wallet",
            key=self.wallet.key,
            created_at=0,
            policy_ids=(self.policy(*rules).id,),
        )
        return self.lets(wallet, asked)

    def lets(
        self, wallet: Wallet, asked: Mapping[str, Any], authorized_by: str | None = None
    ) -> bool:
        """Whether a wallet's policies let a request pass."""
        try:
            request = HttpRequest("POST", "http://x", "/", {}, {}, authorized_by=authorized_by)
            require_allowed(self.state, wallet, request, self._ask(asked))
        except Refusal as refusal:
            if refusal.code != "policy_violation":
                raise
            return False
        return True

    def _ask(self, asked: Mapping[str, Any]) -> Callable[[], Asked]:
        body = Fields(asked, "")
        method = asked.get("method")
        if method is None:
            return lambda: asked_by_raw_sign(self.wallet.key, body)
        if method in ("exportPrivateKey", "exportSeedPhrase"):
            return lambda: asked_by_export(method)
        if method in ("transfer", "earn_deposit"):
            return lambda: asked_by_action(method, Fields(asked["body"], ""))
        return lambda: asked_by_rpc(body)


def example(name: str) -> list[dict[str, Any]]:
    """The rules of an example from Privy's documentation."""
    rules: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text())["policy"][
        "rules"
    ]
    return rules


def rule(method: str, *conditions: Mapping[str, Any], action: str = "ALLOW") -> dict[str, Any]:
    """A rule in Privy's JSON."""
    return {"name": "rule", "method": method, "conditions": list(conditions), "action": action}


def condition(source: str, field: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    """A condition in Privy's JSON."""
    return {
        "field_source": source,
        "field": field,
        "operator": operator,
        "value": value,
        **more,
    }


def call_data(signature: str, *arguments: Any) -> str:
    """The call of a contract as 0x hex."""
    types = signature.partition("(")[2].removesuffix(")")
    encoded = encode([each for each in types.split(",") if each], list(arguments))
    return "0x" + (keccak(text=signature)[:4] + encoded).hex()


def send(method: str = "eth_sendTransaction", **transaction: Any) -> dict[str, Any]:
    """An Ethereum transaction on Base."""
    full = {"chain_id": 8453, "to": USDC, "value": "0x0", **transaction}
    return {"method": method, "caip2": "eip155:8453", "params": {"transaction": full}}


def typed_data(domain: Mapping[str, Any], **typed: Any) -> dict[str, Any]:
    """EIP-712 data to sign."""
    plain = {
        "types": {"Mail": [{"name": "text", "type": "string"}]},
        "primary_type": "Mail",
        "message": {"text": "hello"},
    }
    params = {"typed_data": {"domain": dict(domain), **plain, **typed}}
    return {"method": "eth_signTypedData_v4", "params": params}


def solana(
    *instructions: Instruction, payer: Pubkey, method: str = "signAndSendTransaction"
) -> dict[str, Any]:
    """A Solana transaction."""
    message = Message.new_with_blockhash(list(instructions), payer, Hash.default())
    wire = base64.b64encode(bytes(Transaction.new_unsigned(message))).decode()
    return {
        "method": method,
        "caip2": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "params": {"transaction": wire, "encoding": "base64"},
    }


def token_instruction(
    number: int, accounts: Sequence[Pubkey], amount: int | None = None, tail: bytes = b""
) -> Instruction:
    """An instruction of the Token Program."""
    data = bytes([number]) + (b"" if amount is None else amount.to_bytes(8, "little")) + tail
    metas = [AccountMeta(account, is_signer=False, is_writable=True) for account in accounts]
    return Instruction(TOKEN_PROGRAM, data, metas)


def raw_sign(data: bytes, hash_function: str = "sha256") -> dict[str, Any]:
    """The body of a `raw_sign` of bytes."""
    params = {"bytes": data.hex(), "encoding": "hex", "hash_function": hash_function}
    return {"params": params}


def protocol_buffer(*fields: tuple[int, int | bytes]) -> bytes:
    """A protocol buffers message of integers and bytes."""
    encoded = b""
    for number, value in fields:
        if isinstance(value, int):
            encoded += uleb(number << 3) + uleb(value)
        else:
            encoded += uleb(number << 3 | 2) + uleb(len(value)) + value
    return encoded


def uleb(number: int) -> bytes:
    """A number as BCS and protocol buffers have it: LEB128."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def tron_raw(kind: int, name: str, *fields: tuple[int, int | bytes]) -> bytes:
    """Tron's `Transaction.raw` with one contract."""
    type_url = f"type.googleapis.com/protocol.{name}".encode()
    parameter = protocol_buffer((1, type_url), (2, protocol_buffer(*fields)))
    contract = protocol_buffer((1, kind), (2, parameter))
    return protocol_buffer((1, b"\x12\x34"), (4, b"\x00" * 8), (8, 1), (11, contract), (14, 1))
