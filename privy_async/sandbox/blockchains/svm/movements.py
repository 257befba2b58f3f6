"""Finding what moved on Solana: the transfers that stand in transactions themselves."""

from collections.abc import Iterator, Sequence
from typing import Final

from solders.instruction import CompiledInstruction
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.token import ID as TOKEN_PROGRAM

from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.blockchains.svm.node import ExecutedTransaction, SvmNode

_SYSTEM_TRANSFER: Final = (2).to_bytes(4, "little")
_TRANSFER, _TRANSFER_CHECKED = 3, 12


def movements(node: SvmNode, address: str) -> Sequence[Movement]:
    """The movements from and to an account or the token accounts of an owner, oldest first."""
    return [
        movement
        for executed in node.executed.values()
        for movement in movements_in(node, executed)
        if address in (movement.sender, movement.recipient)
    ]


def movements_in(node: SvmNode, executed: ExecutedTransaction) -> Sequence[Movement]:
    """The movements of a transaction."""
    if executed.error is not None:
        return ()
    return [
        movement
        for instruction in _instructions(executed)
        for movement in _of_instruction(node, executed, instruction)
    ]


def _instructions(executed: ExecutedTransaction) -> Sequence[CompiledInstruction]:
    message = executed.transaction.message
    return message.instructions if isinstance(message, Message | MessageV0) else ()


def _of_instruction(
    node: SvmNode, executed: ExecutedTransaction, instruction: CompiledInstruction
) -> Iterator[Movement]:
    keys = executed.transaction.message.account_keys
    # An index beyond the keys means a key out of a look-up table.
    if any(index >= len(keys) for index in instruction.accounts):
        return
    accounts = [keys[index] for index in instruction.accounts]
    program, data = keys[instruction.program_id_index], instruction.data
    if program == SYSTEM_PROGRAM and data[:4] == _SYSTEM_TRANSFER and len(data) == 12:
        yield _movement(executed, None, accounts[0], accounts[1], data[4:])
    elif program == TOKEN_PROGRAM and data[:1] in (
        bytes([_TRANSFER]),
        bytes([_TRANSFER_CHECKED]),
    ):
        target = accounts[1 if data[0] == _TRANSFER else 2]
        source, received = node.token_account(accounts[0]), node.token_account(target)
        if source is not None and received is not None:
            yield _movement(executed, str(source.mint), source.owner, received.owner, data[1:9])


def _movement(
    executed: ExecutedTransaction,
    token: str | None,
    sender: Pubkey,
    recipient: Pubkey,
    units: bytes,
) -> Movement:
    return Movement(
        transaction_hash=str(executed.transaction.signatures[0]),
        token=token,
        sender=str(sender),
        recipient=str(recipient),
        units=int.from_bytes(units, "little"),
        block=executed.slot,
        time=executed.block_time,
    )
