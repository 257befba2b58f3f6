"""The bodies of RPC calls are those that the official SDKs send."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from places import VECTORS
from sdk_helpers import RawServer, http_answer

from privy_async import BadRequestError
from privy_async.resources.wallets.ethereum_formats import format_transaction

BODIES = {
    item["name"]: item for item in json.loads((VECTORS / "rpc_fixtures.json").read_text())["items"]
}
VIEM = json.loads((VECTORS / "viem_formatting.json").read_text())

# The official SDKs' tests have this address in a case that fails EIP-55.
MISTYPED = "0x742d35Cc6634C0532925a3b8D1A8a9ff1e7a7A4C"
CONTRACT = "0x1234567890123456789012345678901234567890"
HASH = "1234567890abcdef" * 4
USER_OPERATION = BODIES["user operation"]["params"]["user_operation"]
TRON = BODIES["tron transaction"]["params"]["raw_data"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("message of text", lambda p: p.ethereum.sign_message("w", "Hello, world!")),
        (
            "message of bytes",
            lambda p: p.ethereum.sign_message("w", bytes.fromhex("1234567890")),
        ),
        ("message of other bytes", lambda p: p.ethereum.sign_message("w", bytes(range(1, 11)))),
        ("hash", lambda p: p.ethereum.sign_secp256k1("w", bytes.fromhex(HASH))),
        ("hash", lambda p: p.ethereum.sign_secp256k1("w", f"0x{HASH}")),
        (
            "7702 authorization with nonce",
            lambda p: p.ethereum.sign_7702_authorization("w", CONTRACT, chain_id=1, nonce=1),
        ),
        (
            "7702 authorization",
            lambda p: p.ethereum.sign_7702_authorization("w", CONTRACT, chain_id=11155111),
        ),
        (
            "signed transaction",
            lambda p: p.ethereum.sign_transaction(
                "w",
                {
                    "type": "0x2",
                    "chainId": 1,
                    "to": MISTYPED.lower(),
                    "value": 1,
                    "gas": 21000,
                    "data": b"",
                },
            ),
        ),
        (
            "typed data",
            lambda p: p.ethereum.sign_typed_data(
                "w",
                {
                    "domain": BODIES["typed data"]["params"]["typed_data"]["domain"],
                    "primaryType": "Message",
                    "types": {"Message": [{"name": "content", "type": "string"}]},
                    "message": {"content": "Hello world"},
                },
            ),
        ),
        (
            "user operation",
            lambda p: p.ethereum.sign_user_operation(
                "w",
                {
                    "sender": USER_OPERATION["sender"],
                    "nonce": 0x1000000000000000A,
                    "callData": bytes.fromhex(USER_OPERATION["call_data"][2:]),
                    "callGasLimit": 0x877F,
                    "verificationGasLimit": 0x8550,
                    "preVerificationGas": 0xBCC4,
                    "maxFeePerGas": 0x18700,
                    "maxPriorityFeePerGas": 0x186A0,
                    "paymaster": USER_OPERATION["paymaster"],
                    "paymasterData": USER_OPERATION["paymaster_data"],
                    "paymasterVerificationGasLimit": 0x7680,
                    "paymasterPostOpGasLimit": 0,
                },
                contract="0x69007702764179f14F51cdce752f4f775d74E139",
                chain_id=421614,
            ),
        ),
        (
            "sent transaction",
            lambda p: p.ethereum.send_transaction(
                "w",
                {
                    "to": "0x429c8e85D3A18F9F0a64a7A851777e24D591485C",
                    "value": 1,
                    "chain_id": 11155111,
                },
                caip2="eip155:11155111",
            ),
        ),
        (
            "sent calls",
            lambda p: p.ethereum.send_calls(
                "w",
                [{"to": "0x429c8e85D3A18F9F0a64a7A851777e24D591485C", "value": 1}],
                caip2="eip155:11155111",
            ),
        ),
        ("solana message", lambda p: p.solana.sign_message("w", "Hello, world!")),
        (
            "solana transaction",
            lambda p: p.solana.sign_transaction(
                "w", BODIES["solana transaction"]["params"]["transaction"]
            ),
        ),
        ("raw signature", lambda p: p.raw_sign("w", hash=bytes.fromhex(HASH))),
        (
            "tron transaction",
            lambda p: p.tron.sign_transaction("w", TRON),
        ),
    ],
)
async def test_bodies_equal_those_of_the_official_sdks(
    name: str, call: Callable[[Any], Awaitable[object]]
) -> None:
    """Ints, bytes and web3's names become the very JSON that the official SDKs' tests send."""
    expected = BODIES[name]
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        with pytest.raises(BadRequestError):
            await call(privy.wallets)
    (request,) = server.requests
    path = expected.get("path", "/v1/wallets/{wallet_id}/rpc")
    assert request.target == path.format(wallet_id="w")
    body = {"params": expected["params"]}
    for field in ("method", "caip2"):
        if field in expected:
            body[field] = expected[field]
    assert {field: request.json.get(field) for field in body} == normalised(body)


def normalised(value: Any) -> Any:
    """The same with one quantity, which has a leading zero, and one address spelt as usual."""
    text = json.dumps(value).replace('"0x00"', '"0x0"')
    return json.loads(text.replace(MISTYPED, MISTYPED.lower()))


@pytest.mark.parametrize("name", ["eip1559", "eip1559 minimal"])
def test_viem_transactions_become_what_the_official_sdk_makes_of_them(name: str) -> None:
    """With the type as a number, a viem transaction is taken as it is."""
    (row,) = (row for row in VIEM["items"] if row["name"] == name)
    transaction = {**row["in"], "type": VIEM["types"][row["in"]["type"]]}
    assert format_transaction(transaction) == row["out"]


def test_a_tempo_transaction_may_have_ints() -> None:
    """Quantities become hex, at the top and in its calls; its times stay numbers."""
    (row,) = (row for row in VIEM["items"] if row["name"] == "tempo full")
    out = row["out"]
    given = {
        **out,
        "nonce_key": 0,
        "gas_limit": 21000,
        "max_fee_per_gas": 2,
        "max_priority_fee_per_gas": 1,
        "calls": [
            {**out["calls"][0], "value": 0, "data": b"\x12\x34"},
            {**out["calls"][1], "value": 2},
        ],
    }
    assert format_transaction(given) == {**out, "nonce": "0x0"}
