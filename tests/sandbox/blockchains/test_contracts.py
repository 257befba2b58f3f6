"""The sandbox's contracts: their code is what their source says, and the token is an ERC-20."""

from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient
from chain_helpers import BASE_USDC, call, evm, rpc, sending, usdc, usdc_transfer
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from evm_assembler import CONTRACTS, assemble
from vyper_contracts import compile_contract

pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5a" * 20


def test_every_contract_has_its_source() -> None:
    """Each committed bytecode stands beside one source, in either language."""
    sources = [path.stem for path in CONTRACTS.iterdir() if path.suffix in (".asm", ".vy")]
    assert sorted(sources) == sorted(path.stem for path in CONTRACTS.glob("*.hex"))


@pytest.mark.parametrize("path", [*CONTRACTS.glob("*.asm")], ids=lambda path: path.stem)
def test_assembled_code(path: Path) -> None:
    """The committed bytecode is the assembled source."""
    assert assemble(path.read_text()).hex() == path.with_suffix(".hex").read_text().strip()


@pytest.mark.parametrize("path", [*CONTRACTS.glob("*.vy")], ids=lambda path: path.stem)
def test_compiled_code(path: Path) -> None:
    """The committed bytecode is what Vyper makes of the source."""
    pytest.importorskip("vyper")
    assert compile_contract(path) == path.with_suffix(".hex").read_text().strip()


def calldata(function: str, types: list[str], *values: Any) -> str:
    """A call's data by Ethereum's ABI."""
    return "0x" + (keccak(text=function)[:4] + encode(types, values)).hex()


async def read(api: ApiClient, function: str, kind: str, *addresses: str) -> Any:
    """Call a function that takes addresses and returns one value."""
    data = calldata(function, ["address"] * len(addresses), *addresses)
    output = await evm(api, "eth_call", {"to": BASE_USDC, "data": data}, "latest")
    return decode([kind], bytes.fromhex(output[2:]))[0]


async def test_what_the_token_tells_of_itself(api: ApiClient) -> None:
    """Name, symbol, decimals and supply, as ERC-20's ABI encodes them."""
    await api.create_wallet()
    assert await read(api, "name()", "string") == "USD Coin"
    assert await read(api, "symbol()", "string") == "USDC"
    assert await read(api, "decimals()", "uint8") == 6
    assert await read(api, "totalSupply()", "uint256") == 100 * 10**6


async def test_allowances(api: ApiClient) -> None:
    """A spender moves what was approved, no more, and only then."""
    owner, spender = await api.create_wallet(), await api.create_wallet()
    take = ["address", "address", "uint256"]

    async def spend(units: int) -> Any:
        data = calldata(
            "transferFrom(address,address,uint256)", take, owner["address"], RECEIVER, units
        )
        return await rpc(api, spender, sending(to=BASE_USDC, data=data))

    assert "exceeds allowance" in (await spend(1)).body["error"]
    data = calldata("approve(address,uint256)", ["address", "uint256"], spender["address"], 10)
    approved = await rpc(api, owner, sending(to=BASE_USDC, data=data))
    receipt = await evm(api, "eth_getTransactionReceipt", approved.body["data"]["hash"])
    (event,) = receipt["logs"]
    assert event["topics"] == [
        "0x" + keccak(text="Approval(address,address,uint256)").hex(),
        "0x" + owner["address"][2:].lower().rjust(64, "0"),
        "0x" + spender["address"][2:].lower().rjust(64, "0"),
    ]
    assert int(event["data"], 16) == 10
    assert "exceeds allowance" in (await spend(11)).body["error"]
    assert (await spend(4)).status == 200
    pair = owner["address"], spender["address"]
    assert await read(api, "allowance(address,address)", "uint256", *pair) == 6
    assert await usdc(api, RECEIVER) == 4
    assert await usdc(api, owner["address"]) == 100 * 10**6 - 4


async def test_the_transfer_event(api: ApiClient) -> None:
    """A transfer logs Transfer(from, to, amount), also one to oneself, which changes nothing."""
    wallet = await api.create_wallet()
    me = wallet["address"]
    sent = await rpc(api, wallet, sending(to=BASE_USDC, data=usdc_transfer(me, 3)))
    receipt = await evm(api, "eth_getTransactionReceipt", sent.body["data"]["hash"])
    (event,) = receipt["logs"]
    padded = "0x" + me[2:].lower().rjust(64, "0")
    topic = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
    assert (event["topics"], int(event["data"], 16)) == ([topic, padded, padded], 3)
    assert await usdc(api, me) == 100 * 10**6
    assert await evm(api, "eth_getLogs", {"fromBlock": "0x0", "topics": [topic]}) == [event]


async def test_unknown_functions_and_ether(api: ApiClient) -> None:
    """The token takes neither an unknown function nor ether."""
    await api.create_wallet()
    for fields in ({"data": "0xdeadbeef"}, {"data": "0x18160ddd", "value": "0x0"}, {}):
        answer = await call(api, "/rpc/evm/8453", "eth_call", {"to": BASE_USDC, **fields})
        assert ("result" in answer) is (fields.get("data") == "0x18160ddd")
