"""Conditions on the commands of Sui transactions, each of which must be allowed.

The bytes are BCS (https://docs.rs/bcs) of an intent and Sui's TransactionData, version 1.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import Source, Subject, UndecidableError, fields_source
from privy_async.sandbox.records.policies import FieldReference

Item = TypeVar("Item")

_TRANSACTION_INTENT: Final = b"\x00\x00\x00"
_ADDRESS: Final = 32
_MAX_ITEMS: Final = 2048
_PURE, _OBJECT = 0, 1
_SHARED_OBJECT: Final = 1
_TRANSFER_OBJECTS, _SPLIT_COINS, _MERGE_COINS = 1, 2, 3


@attrs.frozen
class _Argument:
    """The object of a command: an input, a result of a command, or the coin that pays the gas."""

    kind: str
    index: int = 0
    part: int = 0


@attrs.frozen
class _Command:
    name: str
    arguments: tuple[_Argument, ...]
    target: _Argument


@attrs.frozen
class _Transaction:
    """Inputs are their bytes, or None for objects; commands end with the first unknown one."""

    inputs: tuple[bytes | None, ...]
    commands: tuple[_Command | None, ...]


def transaction_subjects(raw: bytes) -> tuple[Subject, ...] | None:
    """The subjects of a serialised transaction; None if the bytes are not meant to be one.

    Of a transaction that cannot be taken apart there are no fields.
    """
    if not raw.startswith(_TRANSACTION_INTENT):
        return None
    try:
        transaction = _read_transaction(_Reader(raw[len(_TRANSACTION_INTENT) :]))
    except ValueError:
        return (Subject(),)
    return tuple(_subject(transaction, each) for each in transaction.commands) or (Subject(),)


def _subject(transaction: _Transaction, command: _Command | None) -> Subject:
    if command is None:
        return Subject()
    sources = {"sui_transaction_command": fields_source({"commandName": command.name})}
    if command.name == "TransferObjects":
        sources["sui_transfer_objects_command"] = _transfer_source(transaction, command)
    return Subject(sources)


def _transfer_source(transaction: _Transaction, command: _Command) -> Source:
    def read(reference: FieldReference) -> Reading:
        if reference.field == "recipient":
            return "0x" + _pure(transaction, command.target, _ADDRESS).hex()
        return sum(_amount(transaction, each) for each in command.arguments)

    return read


def _amount(transaction: _Transaction, coin: _Argument) -> int:
    """The amount of a coin that a SplitCoins of the same transaction has made."""
    commands = transaction.commands
    command = commands[coin.index] if coin.index < len(commands) else None
    split = coin.kind == "result" and command is not None and command.name == "SplitCoins"
    merged = any(each and each.name == "MergeCoins" and each.target == coin for each in commands)
    if command is None or not split or merged or coin.part >= len(command.arguments):
        raise UndecidableError("an object of unknown value")
    return int.from_bytes(_pure(transaction, command.arguments[coin.part], 8), "little")


def _pure(transaction: _Transaction, argument: _Argument, size: int) -> bytes:
    inputs = transaction.inputs
    known = argument.kind == "input" and argument.index < len(inputs)
    value = inputs[argument.index] if known else None
    if value is None or len(value) != size:
        raise UndecidableError("a value that is not in the transaction itself")
    return value


class _Reader:
    """Reads BCS from the front. Every method raises ValueError if the bytes end too soon."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def bytes(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self._position + size
        if end > len(self._data):
            raise ValueError("cut off")
        taken, self._position = self._data[self._position : end], end
        return taken

    def integer(self, size: int) -> int:
        """An unsigned integer of `size` bytes."""
        return int.from_bytes(self.bytes(size), "little")

    def length(self) -> int:
        """A length, or the number of an enum's variant: ULEB128."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.integer(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a length of more than 5 bytes")

    def sequence(self, read: Callable[[], Item]) -> tuple[Item, ...]:
        """A vector of what `read` reads."""
        count = self.length()
        if count > _MAX_ITEMS:
            raise ValueError("too many items")
        return tuple(read() for _ in range(count))


def _read_transaction(reader: _Reader) -> _Transaction:
    """Read TransactionData as far as the last command.

    Raises:
        ValueError: If it is none of version 1 with a programmable transaction.
    """
    if reader.length() != 0 or reader.length() != 0:
        raise ValueError("another kind of transaction")
    inputs = reader.sequence(lambda: _read_input(reader))
    count = reader.length()
    commands = list[_Command | None]()
    while len(commands) < count and None not in commands:
        commands.append(_read_command(reader))
    return _Transaction(inputs, tuple(commands))


def _read_input(reader: _Reader) -> bytes | None:
    kind = reader.length()
    if kind == _PURE:
        return reader.bytes(reader.length())
    if kind != _OBJECT:
        raise ValueError("an unknown input")
    if reader.length() == _SHARED_OBJECT:
        reader.bytes(_ADDRESS + 8 + 1)
    else:
        reader.bytes(_ADDRESS + 8)
        reader.bytes(reader.length())
    return None


def _read_command(reader: _Reader) -> _Command | None:
    """Read a command; None if it is one that rules cannot read, after which nothing is read."""
    kind = reader.length()
    if kind == _TRANSFER_OBJECTS:
        arguments = reader.sequence(lambda: _read_argument(reader))
        return _Command("TransferObjects", arguments, _read_argument(reader))
    if kind not in (_SPLIT_COINS, _MERGE_COINS):
        return None
    target = _read_argument(reader)
    arguments = reader.sequence(lambda: _read_argument(reader))
    return _Command("SplitCoins" if kind == _SPLIT_COINS else "MergeCoins", arguments, target)


def _read_argument(reader: _Reader) -> _Argument:
    kind = reader.length()
    if kind == 0:
        return _Argument("gas")
    if kind not in (1, 2, 3):
        raise ValueError("an unknown argument")
    index = reader.integer(2)
    part = reader.integer(2) if kind == 3 else 0
    return _Argument("input" if kind == 1 else "result", index, part)
