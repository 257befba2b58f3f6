"""Conditions on the instructions of Solana transactions, each of which must be allowed.

The programs' instructions: https://docs.rs/solana-system-interface (SystemInstruction) and
https://docs.rs/spl-token (TokenInstruction).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from privy_async.sandbox.policies.chains.messages import solana_sign_message
from privy_async.sandbox.policies.chains.solana_idl import instruction_data_source
from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import (
    Asked,
    Source,
    Subject,
    UndecidableError,
    fields_source,
)
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.encoded_fields import base64_bytes
from privy_async.sandbox.requests.fields import Fields

_SYSTEM_PROGRAM: Final = "11111111111111111111111111111111"
_TOKEN_PROGRAM: Final = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"

# By the number that stands in the first four bytes of the data, little-endian. Privy calls the
# first one "Create", as Solana's JavaScript library does.
_SYSTEM_NAMES: Final = (
    "Create",
    "Assign",
    "Transfer",
    "CreateWithSeed",
    "AdvanceNonceAccount",
    "WithdrawNonceAccount",
    "InitializeNonceAccount",
    "AuthorizeNonceAccount",
    "Allocate",
    "AllocateWithSeed",
    "AssignWithSeed",
    "TransferWithSeed",
    "UpgradeNonceAccount",
)
# By the number in the first byte.
_TOKEN_NAMES: Final = (
    "InitializeMint",
    "InitializeAccount",
    "InitializeMultisig",
    "Transfer",
    "Approve",
    "Revoke",
    "SetAuthority",
    "MintTo",
    "Burn",
    "CloseAccount",
    "FreezeAccount",
    "ThawAccount",
    "TransferChecked",
    "ApproveChecked",
    "MintToChecked",
    "BurnChecked",
    "InitializeAccount2",
    "SyncNative",
    "InitializeAccount3",
    "InitializeMultisig2",
    "InitializeMint2",
    "GetAccountDataSize",
    "InitializeImmutableOwner",
    "AmountToUiAmount",
    "UiAmountToAmount",
)


@attrs.frozen
class _Layout:
    """The places of an instruction's fields.

    Attributes:
        accounts: What its accounts are called, in order.
        amount: What the 8 bytes behind the instruction's number are called.
        key: What the 32 bytes there are called, where they are a public key.
    """

    accounts: tuple[str, ...]
    amount: str | None = None
    key: str | None = None


@attrs.frozen
class _Program:
    """Whose instructions can be read: how many bytes their number has, and their layouts."""

    number_size: int
    names: Sequence[str]
    layouts: Mapping[str, _Layout]


_SYSTEM: Final = _Program(4, _SYSTEM_NAMES, {"Transfer": _Layout(("from", "to"), "lamports")})
_TOKEN: Final = _Program(
    1,
    _TOKEN_NAMES,
    {
        "Transfer": _Layout(("source", "destination", "authority"), "amount"),
        "TransferChecked": _Layout(("source", "mint", "destination", "authority"), "amount"),
        "Burn": _Layout(("account", "mint", "authority"), "amount"),
        "MintTo": _Layout(("mint", "account", "authority"), "amount"),
        "CloseAccount": _Layout(("account", "destination", "authority")),
        "InitializeAccount3": _Layout(("account", "mint"), key="owner"),
    },
)


@attrs.frozen
class _Instruction:
    """An instruction. An account that an address lookup table holds is None: it is unknown."""

    program_id: str
    accounts: tuple[str | None, ...]
    data: bytes


def asked(request: Fields) -> Asked:
    """Return what the body of a `POST /v1/wallets/{id}/rpc` asks a Solana wallet for."""
    method = request.string("method")
    if method == "signMessage":
        return solana_sign_message(request)
    wire = base64_bytes(request.object("params"), "transaction")
    message = VersionedTransaction.from_bytes(wire).message
    if not isinstance(message, Message | MessageV0):
        raise UndecidableError("a transaction of another version")
    # Rules without conditions decide on a transaction without instructions.
    subjects = tuple(_subject(each) for each in _instructions(message)) or (Subject(),)
    return Asked(method, subjects)


def _instructions(message: Message | MessageV0) -> list[_Instruction]:
    keys = [str(key) for key in message.account_keys]

    def account(index: int) -> str | None:
        return keys[index] if index < len(keys) else None

    return [
        _Instruction(
            keys[each.program_id_index],
            tuple(account(index) for index in each.accounts),
            bytes(each.data),
        )
        for each in message.instructions
    ]


def _subject(instruction: _Instruction) -> Subject:
    sources = {
        "solana_program_instruction": fields_source({"programId": instruction.program_id}),
        "solana_instruction_data": instruction_data_source(
            instruction.program_id, instruction.accounts, instruction.data
        ),
    }
    if instruction.program_id == _SYSTEM_PROGRAM:
        sources["solana_system_program_instruction"] = _source(_SYSTEM, instruction)
    if instruction.program_id == _TOKEN_PROGRAM:
        sources["solana_token_program_instruction"] = _source(_TOKEN, instruction)
    return Subject(sources)


def _source(program: _Program, instruction: _Instruction) -> Source:
    number = int.from_bytes(instruction.data[: program.number_size], "little")
    known = len(instruction.data) >= program.number_size and number < len(program.names)
    name = program.names[number] if known else None
    arguments = instruction.data[program.number_size :]

    def read(reference: FieldReference) -> Reading:
        if reference.field == "instructionName":
            return name
        asked_name, _, field = reference.field.partition(".")
        if name is None or asked_name != name:
            return None
        return _field(program.layouts[name], instruction, arguments, field)

    return read


def _field(layout: _Layout, instruction: _Instruction, arguments: bytes, field: str) -> Reading:
    if field == layout.amount and len(arguments) >= 8:
        return int.from_bytes(arguments[:8], "little")
    # The documentation says `authority` where the official SDKs say `owner`.
    if layout.key and field in (layout.key, "authority") and len(arguments) >= 32:
        return str(Pubkey.from_bytes(arguments[:32]))
    if field in layout.accounts:
        index = layout.accounts.index(field)
        account = instruction.accounts[index] if index < len(instruction.accounts) else None
        if account is not None:
            return account
    raise UndecidableError(f"{field} is not in the transaction itself")
