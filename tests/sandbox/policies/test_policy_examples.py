"""The examples of Privy's documentation, each asked what it should allow and what not.

https://docs.privy.io/controls/policies/example-policies/ethereum and the pages beside it.
"""

import json
from typing import Any

import base58
import pytest
from policy_engine import (
    OTHER,
    USDC,
    VECTORS,
    Engine,
    call_data,
    example,
    raw_sign,
    send,
    solana,
    token_instruction,
    tron_raw,
    typed_data,
)
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.system_program import (
    AssignParams,
    CreateAccountParams,
    TransferParams,
    assign,
    create_account,
    transfer,
)

WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
DELEGATE = "0xf5De540DabE85ecA73D61C4004cF2c243bbf4a5B"
LIMIT = 10**16

PAYER = Pubkey.from_string("9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM")
LISTED = Pubkey.from_string("4tFqt2qzaNsnZqcpjPiyqYw9LdRzxaZdX2ewPncYEWLA")
UNLISTED = Pubkey.from_string("JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4")
USDC_MINT = Pubkey.from_string("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
SYSTEM = Pubkey.from_string("11111111111111111111111111111111")
BUDGET = Instruction(
    Pubkey.from_string("ComputeBudget111111111111111111111111111111"), b"\x02\x00\x00\x00\x00", []
)


def sol(lamports: int, to: Pubkey = LISTED) -> Instruction:
    """A transfer of SOL."""
    return transfer(TransferParams(from_pubkey=PAYER, to_pubkey=to, lamports=lamports))


CREATE = create_account(
    CreateAccountParams(
        from_pubkey=PAYER, to_pubkey=LISTED, lamports=5 * 10**9, space=0, owner=SYSTEM
    )
)
ASSIGN = assign(AssignParams(pubkey=PAYER, owner=UNLISTED))


def tokens(amount: int, mint: Pubkey = USDC_MINT) -> Instruction:
    """A TransferChecked."""
    return token_instruction(12, [PAYER, mint, LISTED, PAYER], amount, b"\x06")


def transaction(*instructions: Instruction) -> dict[str, Any]:
    """A Solana transaction to send."""
    return solana(*instructions, payer=PAYER)


def permit(owner: str, value: int, **types: Any) -> dict[str, Any]:
    """EIP-712 data of the example's type."""
    described = example("ethereum_typed_data_message")[0]["conditions"][0]["typed_data"]
    person = {"name": "Bob", "wallet": owner}
    message = {
        "owner": person,
        "spender": person,
        "value": str(value),
        "deadline": 1,
        "v": 27,
        "r": "0x" + "00" * 32,
        "s": "0x" + "00" * 32,
    }
    return typed_data(
        {"chainId": 1}, primary_type="Permit", types=described["types"] | types, message=message
    )


def authorization(contract: str) -> dict[str, Any]:
    """An EIP-7702 authorization to sign."""
    params = {"contract": contract, "chain_id": 1}
    return {"method": "eth_sign7702Authorization", "params": params}


MESSAGE = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
EXPORT = {"method": "exportPrivateKey"}

ETHEREUM = [
    ("ethereum_contract_allowlist", send(to=USDC), True),
    ("ethereum_contract_allowlist", send(to=OTHER), False),
    ("ethereum_contract_allowlist", typed_data({"chainId": 8453}), True),
    ("ethereum_contract_allowlist", typed_data({"chainId": "8453"}), True),
    ("ethereum_contract_allowlist", typed_data({"chainId": 1}), False),
    ("ethereum_contract_allowlist", MESSAGE, False),
    ("ethereum_maximum_value", send(value=10**15), True),
    ("ethereum_maximum_value", send(value=hex(LIMIT)), True),
    ("ethereum_maximum_value", send(value=hex(LIMIT + 1)), False),
    (
        "ethereum_maximum_erc20",
        send(data=call_data("transfer(address,uint256)", OTHER, LIMIT)),
        True,
    ),
    (
        "ethereum_maximum_erc20",
        send(data=call_data("transfer(address,uint256)", OTHER, LIMIT + 1)),
        False,
    ),
    (
        "ethereum_maximum_erc20",
        send(to=OTHER, data=call_data("transfer(address,uint256)", OTHER, 1)),
        False,
    ),
    (
        "ethereum_maximum_erc20",
        send(data=call_data("approve(address,uint256)", OTHER, 1)),
        False,
    ),
    ("ethereum_maximum_erc20", send(), False),
    ("ethereum_function_name", send(to=WETH, data=call_data("deposit()")), True),
    ("ethereum_function_name", send(to=WETH, data=call_data("withdraw()")), False),
    ("ethereum_start_date", send(), True),
    ("ethereum_denylist", send(to=USDC), False),
    # A policy of nothing but denials allows nothing.
    ("ethereum_denylist", send(to=OTHER), False),
    ("ethereum_deny_all", send(), False),
    ("ethereum_deny_all", EXPORT, False),
    (
        "ethereum_typed_data_domain",
        typed_data({"chainId": 8453, "verifyingContract": USDC}),
        True,
    ),
    (
        "ethereum_typed_data_domain",
        typed_data({"chainId": 8453, "verifyingContract": OTHER}),
        False,
    ),
    ("ethereum_typed_data_domain", typed_data({"chainId": 8453}), False),
    ("ethereum_typed_data_message", permit(USDC, LIMIT), True),
    ("ethereum_typed_data_message", permit(USDC, LIMIT + 1), False),
    ("ethereum_typed_data_message", permit(OTHER, 1), False),
    (
        "ethereum_typed_data_message",
        permit(USDC, 1, Person=[{"name": "wallet", "type": "address"}]),
        False,
    ),
    ("ethereum_typed_data_message", typed_data({"chainId": 1}), False),
    ("ethereum_7702", authorization(DELEGATE), True),
    ("ethereum_7702", authorization(OTHER), False),
    ("ethereum_no_exports", EXPORT, False),
    ("ethereum_no_exports", MESSAGE, True),
    ("ethereum_no_exports", send(), True),
    ("ethereum_only_exports", EXPORT, True),
    ("ethereum_only_exports", MESSAGE, False),
]

SOLANA = [
    ("solana_programs", transaction(sol(10**12), BUDGET), True),
    ("solana_programs", transaction(sol(1), tokens(1)), False),
    ("solana_maximum_sol", transaction(sol(10**9)), True),
    ("solana_maximum_sol", transaction(sol(10**9 + 1)), False),
    # Every instruction by itself: two allowed ones may add up to more.
    ("solana_maximum_sol", transaction(sol(10**9), sol(10**9)), True),
    ("solana_maximum_sol", transaction(sol(1), sol(10**9 + 1)), False),
    ("solana_maximum_sol", transaction(sol(1), BUDGET), False),
    ("solana_time_window", transaction(sol(1)), False),
    ("solana_recipient", transaction(sol(10**9)), True),
    ("solana_recipient", transaction(sol(1, UNLISTED)), False),
    ("solana_create_and_transfer", transaction(CREATE, sol(10**9)), True),
    ("solana_create_and_transfer", transaction(CREATE, sol(10**9 + 1)), False),
    ("solana_create_and_transfer", transaction(ASSIGN), False),
    ("solana_maximum_usdc", transaction(tokens(5_000_000)), True),
    ("solana_maximum_usdc", transaction(tokens(5_000_001)), False),
    ("solana_maximum_usdc", transaction(tokens(1, UNLISTED)), False),
    ("solana_denylist", transaction(sol(1)), False),
    ("solana_denylist", transaction(sol(1, UNLISTED)), False),
    ("solana_instruction_names", transaction(CREATE, sol(1), tokens(10**9)), True),
    (
        "solana_instruction_names",
        transaction(token_instruction(3, [PAYER, LISTED, PAYER], 1)),
        False,
    ),
    ("solana_instruction_names", transaction(ASSIGN), False),
]


def account(address: str) -> bytes:
    """A Tron address as transactions hold it."""
    return base58.b58decode_check(address)


TRX_TO = account("TBia4uHnb3oSSZm5isP284cA7Np1v15Vhi")
TRC20_OWNER = account("THscQ8SwfcD7tdts9cnMxTnH2hwvpX3ujy")


def trx(amount: int, to: bytes = TRX_TO) -> dict[str, Any]:
    """A transfer of TRX as bytes."""
    return raw_sign(tron_raw(1, "TransferContract", (1, TRC20_OWNER), (2, to), (3, amount)))


def trigger(*fields: tuple[int, int | bytes]) -> dict[str, Any]:
    """The call of a Tron contract as bytes."""
    return raw_sign(tron_raw(31, "TriggerSmartContract", (1, TRC20_OWNER), (2, TRX_TO), *fields))


def trc20(owner: bytes) -> dict[str, Any]:
    """A `transferFrom`."""
    addresses = ["0x" + each[1:].hex() for each in (owner, TRX_TO)]
    data = call_data("transferFrom(address,address,uint256)", *addresses, 1)
    return trigger((4, bytes.fromhex(data[2:])))


TRON = [
    ("tron_recipient", trx(1), True),
    ("tron_recipient", trx(1, TRC20_OWNER), False),
    ("tron_recipient", raw_sign(b"hello"), False),
    ("tron_recipient", {"params": {"hash": "0x" + "00" * 32}}, False),
    ("tron_maximum_amount", trx(9_999_999), True),
    ("tron_maximum_amount", trx(10_000_000), False),
    ("tron_maximum_amount", trigger(), False),
    ("tron_token_id", trigger((5, 1), (6, 1_000_100)), False),
    ("tron_transfer_from", trc20(TRC20_OWNER), True),
    ("tron_transfer_from", trc20(TRX_TO), False),
]

SUI_RECIPIENT = bytes.fromhex("1234567890abcdef" * 4)


def sui(amount: int, recipient: bytes = SUI_RECIPIENT, *more: bytes) -> dict[str, Any]:
    """SplitCoins from the gas coin and TransferObjects of what was split off, then more."""
    inputs = b"\x02" + b"\x00\x08" + amount.to_bytes(8, "little") + b"\x00\x20" + recipient
    split = b"\x02" + b"\x00" + b"\x01" + b"\x01\x00\x00"
    transfer_objects = b"\x01" + b"\x01\x03\x00\x00\x00\x00" + b"\x01\x01\x00"
    commands = [split, transfer_objects, *more]
    body = inputs + bytes([len(commands)]) + b"".join(commands)
    gas = bytes(32) + b"\x00" + bytes(32) + bytes(16) + b"\x00"
    return raw_sign(b"\x00\x00\x00" + b"\x00\x00" + body + gas, "blake2b256")


MERGE_INTO_SPLIT = b"\x03\x03\x00\x00\x00\x00\x01\x00"
MOVE_CALL = b"\x00" + bytes(32)

SUI = [
    ("sui_commands", sui(1), True),
    ("sui_commands", sui(1, SUI_RECIPIENT, MERGE_INTO_SPLIT), True),
    ("sui_commands", sui(1, SUI_RECIPIENT, MOVE_CALL), False),
    # Every command by itself: these examples leave SplitCoins without a rule.
    ("sui_maximum_amount", sui(1), False),
    ("sui_recipient", sui(1), False),
]

TRANSFER = {
    "source": {"asset": "USDC", "amount": "100.50", "chain": "base"},
    "destination": {"address": OTHER},
}
ACTIONS = [
    ("transfer_usdc", {"method": "transfer", "body": TRANSFER}, True),
    (
        "transfer_usdc",
        {
            "method": "transfer",
            "body": {**TRANSFER, "source": {**TRANSFER["source"], "amount": "100.51"}},
        },
        False,
    ),
    ("transfer_usdc", {"method": "transfer", "body": {"source": {"asset": "ETH"}}}, False),
    ("transfer_usdc", {"method": "earn_deposit", "body": TRANSFER}, False),
    ("transfer_usdc", send(), False),
]


@pytest.mark.parametrize(("name", "asked", "allowed"), [*ETHEREUM, *SOLANA, *TRON, *SUI, *ACTIONS])
def test_an_example_of_the_documentation(name: str, asked: dict[str, Any], allowed: bool) -> None:
    """Each example allows what its text says and nothing else."""
    chain_type = json.loads((VECTORS / f"{name}.json").read_text())["policy"]["chain_type"]
    assert Engine(chain_type).allows(*example(name), asked=asked) == allowed


@pytest.mark.parametrize(
    ("now", "allowed"),
    [(1756699199, False), (1756699200, True), (1759291199.9, True), (1759291200, False)],
)
def test_a_time_window(now: float, allowed: bool) -> None:
    """The time is that of the request, in whole seconds."""
    engine = Engine("solana")
    engine.clock.now = now
    rules = example("solana_time_window")
    assert engine.allows(*rules, asked=transaction(sol(1))) == allowed


def test_every_example_is_asked() -> None:
    """No file is left out, and each says where it comes from."""
    tables = [*ETHEREUM, *SOLANA, *TRON, *SUI, *ACTIONS]
    assert {path.stem for path in VECTORS.glob("*.json")} == {name for name, _, _ in tables}
    for path in VECTORS.glob("*.json"):
        assert json.loads(path.read_text())["origin"].startswith("https://docs.privy.io/")
