"""Looking at the sandbox's chains by their JSON-RPC, and building what wallets send there."""

import base64
from typing import Any

from api_client import ApiClient, Reply
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.system_program import TransferParams, transfer
from solders.token import ID as TOKEN_PROGRAM
from solders.token.associated import get_associated_token_address
from solders.transaction import Transaction

BASE = "eip155:8453"
BASE_USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
SOLANA_USDC = Pubkey.from_string("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
EMPTY = Hash.default()
ASSOCIATED = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")


async def call(api: ApiClient, path: str, method: str, *params: Any) -> Any:
    """A JSON-RPC call without credentials; the whole answer."""
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
    async with api.session.post(api.url + path, json=body) as response:
        assert response.status == 200
        answer = await response.json()
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
    return answer


async def evm(api: ApiClient, method: str, *params: Any, chain_id: int = 8453) -> Any:
    """The result of a call of an Ethereum chain."""
    answer = await call(api, f"/rpc/evm/{chain_id}", method, *params)
    assert "error" not in answer, answer
    return answer["result"]


async def solana(api: ApiClient, method: str, *params: Any) -> Any:
    """The result of a call of Solana; of one with a context, the value."""
    answer = await call(api, "/rpc/solana", method, *params)
    assert "error" not in answer, answer
    result = answer["result"]
    return result["value"] if isinstance(result, dict) and "context" in result else result


async def ether(api: ApiClient, address: str, *, chain_id: int = 8453) -> int:
    """A balance in wei."""
    return int(await evm(api, "eth_getBalance", address, "latest", chain_id=chain_id), 16)


async def usdc(api: ApiClient, address: str) -> int:
    """A balance of USDC on Base, in millionths."""
    data = "0x70a08231" + address[2:].lower().rjust(64, "0")
    return int(await evm(api, "eth_call", {"to": BASE_USDC, "data": data}, "latest"), 16)


async def lamports(api: ApiClient, address: str) -> int:
    """A balance in lamports."""
    return int(await solana(api, "getBalance", address))


async def solana_usdc(api: ApiClient, owner: str) -> int:
    """A balance of USDC on Solana, in millionths, in the owner's associated account."""
    account = get_associated_token_address(Pubkey.from_string(owner), SOLANA_USDC)
    return int((await solana(api, "getTokenAccountBalance", str(account)))["amount"])


def usdc_transfer(receiver: str, units: int) -> str:
    """The calldata of `transfer(address,uint256)`."""
    return f"0xa9059cbb{receiver[2:].lower():0>64}{units:064x}"


def sending(caip2: str = BASE, **transaction: Any) -> dict[str, Any]:
    """The body of `eth_sendTransaction`."""
    params = {"transaction": transaction}
    return {"method": "eth_sendTransaction", "caip2": caip2, "params": params}


def solana_sending(
    payer: str, instructions: list[Instruction], *, blockhash: Hash = EMPTY, **more: Any
) -> dict[str, Any]:
    """The body of `signAndSendTransaction`, the blockhash left to be filled in."""
    key = Pubkey.from_string(payer)
    message = Message.new_with_blockhash(instructions, key, blockhash)
    wire = base64.b64encode(bytes(Transaction.new_unsigned(message))).decode()
    params = {"transaction": wire, "encoding": "base64"}
    return {"method": "signAndSendTransaction", "caip2": SOLANA, "params": params, **more}


def sol_transfer(sender: str, receiver: Pubkey, units: int) -> Instruction:
    """A transfer of lamports."""
    key = Pubkey.from_string(sender)
    return transfer(TransferParams(from_pubkey=key, to_pubkey=receiver, lamports=units))


def spl_transfer(sender: str, receiver: Pubkey, units: int) -> list[Instruction]:
    """Make the receiver's token account and send USDC there (SPL Token's TransferChecked)."""
    owner = Pubkey.from_string(sender)
    source = get_associated_token_address(owner, SOLANA_USDC)
    target = get_associated_token_address(receiver, SOLANA_USDC)
    plain = [AccountMeta(k, False, False) for k in (receiver, SOLANA_USDC)]
    programs = [AccountMeta(k, False, False) for k in (SYSTEM_PROGRAM, TOKEN_PROGRAM)]
    create = Instruction(
        ASSOCIATED,
        b"\x00",
        [AccountMeta(owner, True, True), AccountMeta(target, False, True), *plain, *programs],
    )
    move = Instruction(
        TOKEN_PROGRAM,
        bytes([12]) + units.to_bytes(8, "little") + bytes([6]),
        [
            AccountMeta(source, False, True),
            AccountMeta(SOLANA_USDC, False, False),
            AccountMeta(target, False, True),
            AccountMeta(owner, True, False),
        ],
    )
    return [create, move]


async def rpc(api: ApiClient, wallet: dict[str, Any], body: Any, **options: Any) -> Reply:
    """Have a wallet do something."""
    return await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body, **options)
