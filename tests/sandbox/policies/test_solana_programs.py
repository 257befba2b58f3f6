"""Solana's programs as policies see them: each instruction's name, and messages of version 1."""

import base64

import pytest
from policy_engine import TOKEN_PROGRAM, Engine, condition, rule, solana, token_instruction
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import MessageV1
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

PAYER, PAYEE = (Pubkey(bytes([number]) * 32) for number in (1, 2))
# By number: https://github.com/solana-program/system, interface/src/instruction.rs; Privy calls the
# first and the fourth as Solana's JavaScript library does.
SYSTEM = """
Create Assign Transfer CreateWithSeed AdvanceNonceAccount WithdrawNonceAccount
InitializeNonceAccount AuthorizeNonceAccount Allocate AllocateWithSeed AssignWithSeed
TransferWithSeed UpgradeNonceAccount
"""
# https://github.com/solana-program/token, interface/src/instruction.rs
TOKEN = """
InitializeMint InitializeAccount InitializeMultisig Transfer Approve Revoke SetAuthority MintTo Burn
CloseAccount FreezeAccount ThawAccount TransferChecked ApproveChecked MintToChecked BurnChecked
InitializeAccount2 SyncNative InitializeAccount3 InitializeMultisig2 InitializeMint2
GetAccountDataSize InitializeImmutableOwner AmountToUiAmount UiAmountToAmount
"""


def has_name(instruction: Instruction, source: str, name: str) -> bool:
    """Whether a rule about this name lets a transaction of the instruction pass."""
    compared = condition(source, "instructionName", "eq", name)
    asked = solana(instruction, payer=PAYER, method="signTransaction")
    return Engine("solana").allows(rule("signTransaction", compared), asked=asked)


@pytest.mark.parametrize(("number", "name"), list(enumerate(SYSTEM.split())))
def test_names_of_the_system_program(number: int, name: str) -> None:
    """The first four bytes of the data tell it."""
    instruction = Instruction(SYSTEM_PROGRAM, number.to_bytes(4, "little") + bytes(8), [])
    assert has_name(instruction, "solana_system_program_instruction", name)


@pytest.mark.parametrize(("number", "name"), list(enumerate(TOKEN.split())))
def test_names_of_the_token_program(number: int, name: str) -> None:
    """The first byte of the data tells it."""
    instruction = token_instruction(number, [], tail=bytes(8))
    assert has_name(instruction, "solana_token_program_instruction", name)


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction(SYSTEM_PROGRAM, (13).to_bytes(4, "little"), []),
        Instruction(TOKEN_PROGRAM, bytes([25]), []),
        Instruction(TOKEN_PROGRAM, b"", []),
    ],
)
def test_instructions_without_a_name(instruction: Instruction) -> None:
    """What has no number, or one that is not known, is nothing that can be allowed by name."""
    for source in ("solana_system_program_instruction", "solana_token_program_instruction"):
        for name in {*SYSTEM.split(), *TOKEN.split()}:
            assert not has_name(instruction, source, name)


def allows(instruction: Instruction, field: str, value: str) -> bool:
    """Whether a rule about a field of a token's instruction lets it pass."""
    compared = condition("solana_token_program_instruction", field, "eq", value)
    asked = solana(instruction, payer=PAYER, method="signTransaction")
    return Engine("solana").allows(rule("signTransaction", compared), asked=asked)


def test_what_stands_behind_an_amount_is_no_part_of_it() -> None:
    """TransferChecked has the decimals there."""
    accounts = [PAYER, PAYEE, PAYEE, PAYER]
    checked = token_instruction(12, accounts, 7, tail=bytes([6]))
    assert allows(checked, "TransferChecked.amount", "7")
    cut = Instruction(TOKEN_PROGRAM, bytes([12]) + bytes(7), checked.accounts)
    assert not allows(cut, "TransferChecked.amount", "0")


def test_what_stands_behind_an_owner_is_no_part_of_it() -> None:
    """A key has 32 bytes, whatever follows; fewer are none."""
    for tail, right in ((bytes(PAYEE), True), (bytes(PAYEE) + b"x", True), (bytes(31), False)):
        created = token_instruction(18, [PAYER, PAYER], tail=tail)
        owner = str(PAYEE) if right else str(Pubkey.default())
        assert allows(created, "InitializeAccount3.owner", owner) is right


def test_messages_of_version_1_are_undecidable() -> None:
    """They hold settings that no condition sees, so even a rule without conditions does not."""
    sol = transfer(TransferParams(from_pubkey=PAYER, to_pubkey=PAYEE, lamports=7))
    everything = rule("signTransaction")
    known = solana(sol, payer=PAYER, method="signTransaction")
    assert Engine("solana").allows(everything, asked=known)
    message = MessageV1.try_compile(PAYER, [sol], Hash.default())
    wire = bytes(VersionedTransaction.populate(message, [Signature.default()]))
    params = {"transaction": base64.b64encode(wire).decode(), "encoding": "base64"}
    unknown = {"method": "signTransaction", "params": params}
    assert not Engine("solana").allows(everything, asked=unknown)
