"""The field sources of Solana, Tron and Sui, a row each."""

import base64
from typing import Any

import base58
import pytest
from policy_engine import (
    TOKEN_PROGRAM,
    Engine,
    condition,
    raw_sign,
    rule,
    solana,
    token_instruction,
    tron_raw,
)
from solders.hash import Hash
from solders.instruction import CompiledInstruction, Instruction
from solders.message import MessageHeader, MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

PAYER, FIRST, SECOND, THIRD = (Pubkey(bytes([number]) * 32) for number in (1, 2, 3, 4))


TOKEN_LAYOUTS = [
    (3, "Transfer", ("source", "destination", "authority"), "amount"),
    (12, "TransferChecked", ("source", "mint", "destination", "authority"), "amount"),
    (8, "Burn", ("account", "mint", "authority"), "amount"),
    (7, "MintTo", ("mint", "account", "authority"), "amount"),
    (9, "CloseAccount", ("account", "destination", "authority"), None),
]


@pytest.mark.parametrize(("number", "name", "accounts", "amount"), TOKEN_LAYOUTS)
def test_token_instructions(
    number: int, name: str, accounts: tuple[str, ...], amount: str | None
) -> None:
    """Each field of the Token Program's instructions is found where it is."""
    keys = (FIRST, SECOND, THIRD, PAYER)[: len(accounts)]
    instruction = token_instruction(number, keys, 7 if amount else None)
    expected = [("instructionName", name)]
    expected += [(f"{name}.{each}", str(key)) for each, key in zip(accounts, keys, strict=True)]
    expected += [(f"{name}.{amount}", "7")] if amount else []
    for field, value in expected:
        asked = solana(instruction, payer=PAYER, method="signTransaction")
        compared = condition("solana_token_program_instruction", field, "eq", value)
        other = condition("solana_token_program_instruction", field, "in", ["0", "8"])
        assert Engine("solana").allows(rule("signTransaction", compared), asked=asked)
        assert not Engine("solana").allows(rule("signTransaction", other), asked=asked)


@pytest.mark.parametrize("field", ["owner", "authority"])
def test_the_owner_of_a_new_token_account(field: str) -> None:
    """InitializeAccount3 holds the owner in its data; the documentation calls it authority."""
    instruction = token_instruction(18, [FIRST, SECOND], tail=bytes(THIRD))
    name = f"InitializeAccount3.{field}"
    compared = condition("solana_token_program_instruction", name, "eq", str(THIRD))
    asked = solana(instruction, payer=PAYER)
    assert Engine("solana").allows(rule("signAndSendTransaction", compared), asked=asked)


@pytest.mark.parametrize(
    ("source", "field", "value"),
    [
        ("solana_system_program_instruction", "instructionName", "Transfer"),
        ("solana_system_program_instruction", "Transfer.from", str(PAYER)),
        ("solana_system_program_instruction", "Transfer.to", str(FIRST)),
        ("solana_system_program_instruction", "Transfer.lamports", "7"),
        ("solana_program_instruction", "programId", "11111111111111111111111111111111"),
    ],
)
def test_system_instructions(source: str, field: str, value: str) -> None:
    """Each field of a transfer of SOL can be read, but not on a token's."""
    tested = rule("signTransaction", condition(source, field, "eq", value))
    sol = transfer(TransferParams(from_pubkey=PAYER, to_pubkey=FIRST, lamports=7))
    asked = solana(sol, payer=PAYER, method="signTransaction")
    assert Engine("solana").allows(tested, asked=asked)
    token = token_instruction(3, [PAYER, FIRST, PAYER], 7)
    asked = solana(token, payer=PAYER, method="signTransaction")
    assert not Engine("solana").allows(tested, asked=asked)


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction(TOKEN_PROGRAM, b"", []),
        Instruction(TOKEN_PROGRAM, b"\xff", []),
        token_instruction(3, [PAYER, FIRST, PAYER], tail=b"\x01"),
        Instruction(Pubkey.default(), b"\x02", []),
    ],
)
def test_malformed_instructions_are_denied(instruction: Instruction) -> None:
    """Instructions cut short or unknown match no condition on their fields, and never fail."""
    asked = solana(instruction, payer=PAYER)
    rules = [
        rule("signAndSendTransaction", condition(source, field, "gte", "0"))
        for source, field in (
            ("solana_token_program_instruction", "Transfer.amount"),
            ("solana_system_program_instruction", "Transfer.lamports"),
        )
    ]
    assert not Engine("solana").allows(*rules, asked=asked)


def test_accounts_in_lookup_tables_are_denied() -> None:
    """An account that stands in an address lookup table is unknown, so the request is denied."""
    data = (2).to_bytes(4, "little") + (7).to_bytes(8, "little")
    instruction = CompiledInstruction(1, data, bytes([0, 2]))
    keys = [PAYER, Pubkey.default()]
    message = MessageV0(MessageHeader(1, 0, 1), keys, Hash.default(), [instruction], [])
    wire = bytes(VersionedTransaction.populate(message, [Signature.default()]))
    params = {"transaction": base64.b64encode(wire).decode(), "encoding": "base64"}
    asked = {"method": "signTransaction", "params": params}
    source = "solana_system_program_instruction"
    denied_receiver = condition(source, "Transfer.to", "eq", str(FIRST))
    rules = (rule("signTransaction"), rule("signTransaction", denied_receiver, action="DENY"))
    assert not Engine("solana").allows(*rules, asked=asked)
    by_sender = rule("signTransaction", condition(source, "Transfer.from", "eq", str(PAYER)))
    assert Engine("solana").allows(by_sender, asked=asked)


def test_a_solana_message() -> None:
    """`signMessage` has the message's text."""
    params = {"message": base64.b64encode(b"hello").decode(), "encoding": "base64"}
    asked = {"method": "signMessage", "params": params}
    for text, allowed in (("hello", True), ("bye", False)):
        tested = rule("signMessage", condition("message", "content", "eq", text))
        assert Engine("solana").allows(tested, asked=asked) == allowed


def tron_rpc(**contract: Any) -> dict[str, Any]:
    """A Tron transaction as fields."""
    return {
        "method": "tron_signTransaction",
        "params": {"raw_data": {"contract": [contract]}},
    }


def tron_bytes(kind: int, name: str, *fields: tuple[int, int | bytes]) -> dict[str, Any]:
    """The same as bytes."""
    return raw_sign(tron_raw(kind, name, *fields))


def tron_requests(account: bytes) -> list[tuple[dict[str, Any], str, Any]]:
    """Requests with a field and what it holds."""
    owner = account.hex()
    transfer_fields: Any = {"owner_address": owner, "to_address": owner, "amount": 5}
    trigger: Any = {
        "owner_address": owner,
        "contract_address": owner,
        "call_value": 6,
        "call_token_value": 7,
        "token_id": 1_000_100,
    }
    sent = tron_rpc(type="TransferContract", **transfer_fields)
    called = tron_rpc(type="TriggerSmartContract", **trigger)
    sent_bytes = tron_bytes(1, "TransferContract", (1, account), (2, account), (3, 5))
    fields = ((1, account), (2, account), (3, 6), (5, 7), (6, 1_000_100))
    called_bytes = tron_bytes(31, "TriggerSmartContract", *fields)
    address = base58.b58encode_check(account).decode()
    return [
        (request, field, value)
        for requests, expected in (
            (
                (sent, sent_bytes),
                (("TransferContract.to_address", address), ("TransferContract.amount", "5")),
            ),
            (
                (called, called_bytes),
                (
                    ("TriggerSmartContract.contract_address", address),
                    ("TriggerSmartContract.call_value", "6"),
                    ("TriggerSmartContract.call_token_value", "7"),
                    ("TriggerSmartContract.token_id", "1000100"),
                ),
            ),
        )
        for request in requests
        for field, value in expected
    ]


@pytest.mark.parametrize(("asked", "field", "value"), tron_requests(b"\x41" + bytes(range(20))))
def test_tron_transactions(asked: dict[str, Any], field: str, value: str) -> None:
    """Each field can be read, of a transaction given as fields and as bytes."""
    method = asked.get("method", "signTransactionBytes")
    for operator, allowed in (("eq", True), ("neq", False)):
        tested = rule(method, condition("tron_transaction", field, operator, value))
        assert Engine("tron").allows(tested, asked=asked) == allowed


TRON_ADDRESS = b"\x41" + bytes(range(20))
ONE_TRANSFER = tron_raw(1, "TransferContract", (2, TRON_ADDRESS), (3, 5))


@pytest.mark.parametrize(
    "raw",
    [
        ONE_TRANSFER + tron_raw(1, "TransferContract", (2, TRON_ADDRESS), (3, 6)),
        tron_raw(1, "TransferContract", (2, TRON_ADDRESS), (3, 5), (3, 6)),
        tron_raw(1, "TransferContract", (2, TRON_ADDRESS), (3, b"\x05")),
        tron_raw(1, "TransferContract", (2, 7), (3, 5)),
        tron_raw(1, "TriggerSmartContract", (2, TRON_ADDRESS), (3, 5)),
        tron_raw(2, "TransferAssetContract", (2, TRON_ADDRESS), (3, 5)),
    ],
)
def test_tron_bytes_of_two_meanings_are_denied(raw: bytes) -> None:
    """A field that is there twice or as another type is not allowed by its first meaning."""
    compared = condition("tron_transaction", "TransferContract.amount", "lte", "5")
    tested = rule("signTransactionBytes", compared)
    assert Engine("tron").allows(tested, asked=raw_sign(ONE_TRANSFER))
    assert not Engine("tron").allows(tested, asked=raw_sign(raw))
    # Nor is it a message.
    assert not Engine("tron").allows(rule("signRawMessageBytes"), asked=raw_sign(raw))


def sui_transaction(inputs: list[bytes], commands: list[bytes]) -> dict[str, Any]:
    """A Sui transaction of encoded inputs and commands."""
    body = bytes([len(inputs)]) + b"".join(inputs) + bytes([len(commands)]) + b"".join(commands)
    return raw_sign(b"\x00\x00\x00" + b"\x00\x00" + body, "blake2b256")


def vector(*items: bytes) -> bytes:
    """A vector of encoded items."""
    return bytes([len(items)]) + b"".join(items)


GAS = b"\x00"
PURE_5 = b"\x00\x08" + (5).to_bytes(8, "little")
RECIPIENT = b"\x00\x20" + bytes(range(32))
OWNED = b"\x01\x00" + bytes(32 + 8) + b"\x20" + bytes(32)
SHARED = b"\x01\x01" + bytes(32 + 8 + 1)
INPUTS = [PURE_5, RECIPIENT, OWNED, SHARED]
AMOUNT, TO, OBJECT = (b"\x01" + bytes([index, 0]) for index in range(3))
FIRST_COIN, SECOND_COIN = (b"\x03\x00\x00" + bytes([part, 0]) for part in range(2))
ONLY_RESULT = b"\x02\x00\x00"
SPLIT = b"\x02" + GAS + vector(AMOUNT, AMOUNT)
MERGE = b"\x03" + FIRST_COIN + vector(OBJECT)


def give(*coins: bytes, to: bytes = TO) -> bytes:
    """TransferObjects."""
    return b"\x01" + vector(*coins) + to


@pytest.mark.parametrize(
    ("commands", "field", "value", "allowed"),
    [
        ([SPLIT, give(FIRST_COIN)], "amount", "5", True),
        ([SPLIT, give(ONLY_RESULT)], "amount", "5", True),
        ([SPLIT, give(FIRST_COIN, SECOND_COIN)], "amount", "10", True),
        ([SPLIT, give(FIRST_COIN, SECOND_COIN)], "amount", "5", False),
        # What an object holds does not stand in the transaction, nor what was merged into a coin.
        ([SPLIT, give(OBJECT)], "amount", "5", False),
        ([SPLIT, give(GAS)], "amount", "5", False),
        ([SPLIT, MERGE, give(FIRST_COIN)], "amount", "5", False),
        ([SPLIT, MERGE, give(SECOND_COIN)], "amount", "5", True),
        # How much is split off must stand in an input.
        ([SPLIT, b"\x02" + GAS + vector(FIRST_COIN), give(b"\x02\x01\x00")], "amount", "5", False),
        # Only a SplitCoins makes coins.
        ([SPLIT, b"\x03" + GAS + vector(AMOUNT), give(b"\x02\x01\x00")], "amount", "5", False),
        ([SPLIT, give(FIRST_COIN)], "recipient", "0x" + bytes(range(32)).hex(), True),
        ([SPLIT, give(FIRST_COIN)], "recipient", "0x" + bytes(32).hex(), False),
        ([SPLIT, give(FIRST_COIN, to=FIRST_COIN)], "recipient", "0x", False),
    ],
)
def test_sui_transfers(commands: list[bytes], field: str, value: str, allowed: bool) -> None:
    """Recipient and amount of TransferObjects are read where the transaction holds them."""
    compared = condition("sui_transfer_objects_command", field, "eq", value)
    names = condition("sui_transaction_command", "commandName", "in", ["SplitCoins", "MergeCoins"])
    rules = (rule("signTransactionBytes", compared), rule("signTransactionBytes", names))
    assert Engine("sui").allows(*rules, asked=sui_transaction(INPUTS, commands)) == allowed


@pytest.mark.parametrize("name", ["TransferObjects", "SplitCoins", "MergeCoins"])
def test_sui_commands(name: str) -> None:
    """Each command has its name, and a transaction needs every one of its commands allowed."""
    commands = {"TransferObjects": give(GAS), "SplitCoins": SPLIT, "MergeCoins": MERGE}
    compared = condition("sui_transaction_command", "commandName", "eq", name)
    tested = rule("signTransactionBytes", compared)
    alone = sui_transaction(INPUTS, [commands[name]])
    assert Engine("sui").allows(tested, asked=alone)
    assert not Engine("sui").allows(tested, asked=sui_transaction(INPUTS, [*commands.values()]))


@pytest.mark.parametrize("cut", range(3, 60, 7))
def test_sui_bytes_cut_short(cut: int) -> None:
    """What begins as a Sui transaction but is none is neither allowed as one nor as a message."""
    raw = bytes.fromhex(sui_transaction(INPUTS, [SPLIT])["params"]["bytes"])[:cut]
    names = condition("sui_transaction_command", "commandName", "in", ["SplitCoins"])
    rules = (rule("signTransactionBytes", names), rule("signRawMessageBytes"))
    assert not Engine("sui").allows(*rules, asked=raw_sign(raw, "blake2b256"))


def test_a_sui_message() -> None:
    """Other bytes are a message with its text."""
    asked = raw_sign(b"hello", "blake2b256")
    for text, allowed in (("hello", True), ("bye", False)):
        tested = rule("signRawMessageBytes", condition("message", "content", "eq", text))
        assert Engine("sui").allows(tested, asked=asked) == allowed
