"""Bytes whose class writes itself with a prefix, as web3.py 6's HexBytes did, go out as bytes."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sdk_helpers import RawServer, http_answer

from privy_async import APIStatusError, PrivyClient

pytestmark = pytest.mark.anyio

ADDRESS = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
TYPED: dict[str, Any] = {
    "domain": {},
    "primary_type": "P",
    "types": {"P": [{"name": "b", "type": "bytes"}, {"name": "c", "type": "bytes32"}]},
}
Call = Callable[[PrivyClient, Any], Awaitable[object]]


class Prefixed(bytes):
    """As in hexbytes before 1.0."""

    def hex(self, *_: object) -> str:  # type: ignore[override]
        return "0x" + bytes(self).hex()


def tron(data: Any) -> Any:
    """A call of a contract on TRON."""
    contract = {"type": "TriggerSmartContract", "data": data}
    return {"contract": [contract], "ref_block_bytes": data, "data": data}


CALLS: dict[str, Call] = {
    "message": lambda p, data: p.wallets.ethereum.sign_message("w", data),
    "hash": lambda p, data: p.wallets.ethereum.sign_secp256k1("w", data),
    "typed data": lambda p, data: p.wallets.ethereum.sign_typed_data(
        "w", {**TYPED, "message": {"b": data, "c": data}}
    ),
    "transaction": lambda p, data: p.wallets.ethereum.sign_transaction(
        "w", {"to": Prefixed(bytes.fromhex(ADDRESS[2:])), "data": data, "nonce": 1}
    ),
    "calls": lambda p, data: p.wallets.ethereum.send_calls(
        "w", [{"to": ADDRESS, "data": data}], caip2="eip155:1"
    ),
    "user operation": lambda p, data: p.wallets.ethereum.sign_user_operation(
        "w", {"call_data": data, "paymaster_data": data}, contract=ADDRESS, chain_id=1
    ),
    "authorization": lambda p, data: p.wallets.ethereum.sign_transaction(
        "w",
        {
            "authorization_list": [
                {
                    "chain_id": 1,
                    "contract": ADDRESS,
                    "nonce": 0,
                    "r": data,
                    "s": data,
                    "y_parity": 0,
                }
            ]
        },
    ),
    "storage key": lambda p, data: p.wallets.ethereum.sign_transaction(
        "w",
        {
            "type": 118,
            "calls": [],
            "access_list": [{"address": ADDRESS, "storage_keys": [data]}],
            "aa_authorization_list": [
                {"chain_id": 1, "contract": ADDRESS, "nonce": 0, "signature": data}
            ],
        },
    ),
    "raw hash": lambda p, data: p.wallets.raw_sign("w", hash=data),
    "raw data": lambda p, data: p.wallets.raw_sign("w", data=data, hash_function="sha256"),
    "Solana message": lambda p, data: p.wallets.solana.sign_message("w", data),
    "Solana transaction": lambda p, data: p.wallets.solana.sign_transaction("w", data),
    "Aptos": lambda p, data: p.wallets.aptos.sign_transaction("w", data),
    "NEAR": lambda p, data: p.wallets.near.sign_transaction("w", data),
    "XRP Ledger": lambda p, data: p.wallets.xrpl.sign_transaction("w", data),
    "TRON": lambda p, data: p.wallets.tron.send_transaction("w", tron(data)),
}


async def body(call: Call, data: bytes | bytearray) -> Any:
    """What a call with these bytes sends."""
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        with pytest.raises(APIStatusError):
            await call(privy, data)
    (request,) = server.requests
    return request.json


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_bytes_are_bytes(call: Call) -> None:
    """The request is the same as with plain bytes, which stand in it as hex or base64."""
    data = bytes(range(32))
    sent = await body(call, data)
    assert data.hex() in json.dumps(sent).lower() or "AAECAwQF" in json.dumps(sent)
    assert await body(call, Prefixed(data)) == sent
    assert await body(call, bytearray(data)) == sent
