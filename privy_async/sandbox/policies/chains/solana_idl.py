"""Reading the instructions of any Solana program by its Anchor IDL.

Sources: https://docs.privy.io/controls/policies/example-policies/solana-idls, the IDL's format
(https://docs.rs/anchor-lang-idl-spec/0.1.0) and Borsh (https://borsh.io), in which the arguments
stand behind the instruction's discriminator.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Final, cast

import attrs
from solders.pubkey import Pubkey

from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import Source, UndecidableError, at_path, reading
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.fields import Fields, input_error

INSTRUCTION_NAME: Final = "instruction_name"
MAX_IDL_SIZE: Final = 32 * 1024
MAX_IDL_SIZE_OF_A_POLICY: Final = 128 * 1024

Json = Mapping[str, Any]
Idl = Json
Account = str | None
"""An account's address; None if an address lookup table holds it."""

_MAX_DEPTH: Final = 16
_INTEGERS: Final = {
    f"{sign}{bits}": (bits // 8, sign == "i")
    for sign in ("u", "i")
    for bits in (8, 16, 32, 64, 128, 256)
}
_FLOATS: Final = {"f32": 4, "f64": 8}


def read_idl(fields: Fields) -> Idl:
    """The `idl` of a condition, whose `field` is one of its instructions'."""
    idl = fields.object("idl")
    if idl_size(idl.values) > MAX_IDL_SIZE:
        raise input_error(idl.path, f"An IDL may have at most {MAX_IDL_SIZE} bytes")
    instructions = idl.objects("instructions")
    if not instructions:
        raise input_error(idl.at("instructions"), "Array must contain at least 1 element(s)")
    for instruction in instructions:
        _check_instruction(instruction)
    name, _, path = fields.string("field").partition(".")
    names = [str(each.values["name"]) for each in instructions]
    if (name, path) != (INSTRUCTION_NAME, "") and (name not in names or not path):
        problem = f"Expected '{INSTRUCTION_NAME}' or an instruction, a dot and what it holds"
        raise input_error(fields.at("field"), problem)
    return idl.values


def idl_size(idl: Idl) -> int:
    """Return the number of bytes that an IDL has as JSON."""
    return len(json.dumps(idl, separators=(",", ":"), ensure_ascii=False).encode())


def instruction_data_source(program_id: str, accounts: Sequence[Account], data: bytes) -> Source:
    """The source of an instruction's fields, whatever program it is for.

    `instruction_name` is its name; `deposit.amount` an argument of `deposit`, `deposit.order.size`
    a member of one, and `deposit.vault` the account that the IDL calls so.
    """

    def read(reference: FieldReference) -> Reading:
        idl = reference.idl or {}
        for instruction in idl["instructions"]:
            discriminator = bytes(instruction["discriminator"])
            if data.startswith(discriminator):
                if reference.field == INSTRUCTION_NAME:
                    return str(instruction["name"])
                called = _Called(idl, instruction, program_id, accounts)
                return called.field(data[len(discriminator) :], reference.field)
        return None

    return read


@attrs.frozen
class _Called:
    """An instruction of an IDL, and the accounts it was called with."""

    idl: Idl
    instruction: Json
    program_id: str
    accounts: Sequence[Account]

    def field(self, arguments: bytes, field: str) -> Reading:
        name, _, path = field.partition(".")
        if name != self.instruction["name"]:
            return None
        named = list(_named_accounts(self.instruction.get("accounts") or ()))
        for index, (account, optional) in enumerate(named):
            if path in (account, f"accounts.{account}"):
                return self._account(index, optional=optional)
        described = self.instruction.get("args") or ()
        try:
            read = _Arguments(self.idl, BytesIO(arguments)).fields(described)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            # Nobody has looked at the IDL's types before.
            raise UndecidableError("an IDL that cannot be read") from error
        return reading(at_path({"args": read, **read}, path))

    def _account(self, index: int, *, optional: bool) -> Reading:
        account = self.accounts[index] if index < len(self.accounts) else None
        if account is None:
            raise UndecidableError("an account that is not in the transaction itself")
        # Anchor writes the program's own address where an account is left out.
        return None if optional and account == self.program_id else account


def _named_accounts(accounts: Sequence[Json], above: str = "") -> Iterator[tuple[str, bool]]:
    """The accounts an instruction takes, in order: their names, and whether they are optional."""
    for account in accounts:
        name = above + str(account["name"])
        if "accounts" in account:
            yield from _named_accounts(account["accounts"], f"{name}.")
        else:
            yield name, bool(account.get("optional"))


@attrs.frozen
class _Arguments:
    """Borsh, read from its start.

    Texts, integers, booleans and public keys have values, and so have the members of structs and
    arrays. Vectors, enums, floats and bytes cannot be compared: these are read over, as None.
    """

    idl: Idl
    data: BytesIO

    def fields(self, fields: Sequence[object], depth: int = 0) -> dict[str, object]:
        """The values of arguments or of a struct's fields: by name, or by number without names."""
        read = dict[str, object]()
        for number, field in enumerate(fields):
            described = _object(field)
            if "name" in described:
                read[str(described["name"])] = self._value(described["type"], depth)
            else:
                read[str(number)] = self._value(field, depth)
        return read

    def _value(self, kind: object, depth: int) -> object:
        if depth > _MAX_DEPTH:
            raise UndecidableError("types nested too deeply")
        if isinstance(kind, str):
            return self._plain(kind)
        for name, inner in _object(kind).items():
            if name == "option":
                return self._value(inner, depth + 1) if self._flag() else None
            if name == "vec":
                self._items(inner, self._integer(4), depth)
                return None
            if name == "array" and isinstance(inner[1], int):
                return self._items(inner[0], inner[1], depth)
            if name == "defined":
                return self._defined(inner["name"], depth)
        raise UndecidableError(f"a type that cannot be read: {kind}")

    def _plain(self, kind: str) -> object:
        if kind in _INTEGERS:
            size, signed = _INTEGERS[kind]
            return self._integer(size, signed=signed)
        if kind == "bool":
            return self._flag()
        if kind == "pubkey":
            return str(Pubkey.from_bytes(self._bytes(32)))
        if kind in ("string", "bytes"):
            data = self._bytes(self._integer(4))
            return _text(data) if kind == "string" else None
        if kind in _FLOATS:
            self._bytes(_FLOATS[kind])
            return None
        raise UndecidableError(f"a type that cannot be read: {kind}")

    def _defined(self, name: str, depth: int) -> object:
        types = cast("Sequence[Json]", self.idl.get("types") or ())
        known = (each["type"] for each in types if each.get("name") == name)
        kind = _object(next(known, None))
        if kind.get("kind") == "struct":
            return self.fields(kind.get("fields") or (), depth + 1)
        if kind.get("kind") == "type":
            return self._value(kind["alias"], depth + 1)
        variants: Sequence[Json] = kind.get("variants") or ()
        number = self._integer(1)
        if number >= len(variants):
            raise UndecidableError(f"a type that cannot be read: {name}")
        self.fields(variants[number].get("fields") or (), depth + 1)
        return None

    def _items(self, kind: object, count: int, depth: int) -> list[object]:
        read = list[object]()
        for _ in range(count):
            before = self.data.tell()
            read.append(self._value(kind, depth + 1))
            # Without this, a few bytes could tell of billions of items of no size.
            if self.data.tell() == before:
                raise UndecidableError("items of no size")
        return read

    def _flag(self) -> bool:
        flag = self._integer(1)
        if flag > 1:
            raise UndecidableError("arguments that do not fit the IDL")
        return flag == 1

    def _integer(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self._bytes(size), "little", signed=signed)

    def _bytes(self, count: int) -> bytes:
        data = self.data.read(count)
        if len(data) < count:
            raise UndecidableError("arguments that do not fit the IDL")
        return data


def _object(value: object) -> Json:
    """An object of the IDL; an empty one in the place of anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UndecidableError("a text that is not UTF-8") from error


def _check_instruction(instruction: Fields) -> None:
    instruction.string("name")
    discriminator = instruction.values.get("discriminator")
    numbers = cast("list[object]", discriminator) if isinstance(discriminator, list) else []
    if not numbers or not all(map(_is_byte, numbers)):
        problem = "Expected an array of bytes, as IDLs of Anchor 0.30 and newer have"
        raise input_error(instruction.at("discriminator"), problem)
    for argument in instruction.objects("args"):
        argument.string("name")
        if not argument.has("type"):
            raise input_error(argument.at("type"), "Required")
    _check_accounts(instruction)


def _check_accounts(fields: Fields) -> None:
    for account in fields.objects("accounts"):
        account.string("name")
        _check_accounts(account)


def _is_byte(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 256
