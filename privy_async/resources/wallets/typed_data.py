"""EIP-712 typed data on its way in: each value is read by the type that is declared for it.

https://eips.ethereum.org/EIPS/eip-712
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from privy_async.encodings.addresses import check_ethereum_address
from privy_async.encodings.texts import hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array, is_encodable, is_object
from privy_async.signing.canonical_json import DEEPEST, MAX_SAFE_INTEGER

Members: TypeAlias = Mapping[str, str]
"""The members of a struct in their order: names and types."""

DOMAIN: Final = "EIP712Domain"
_DOMAIN_MEMBERS: Final[Members] = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}
# A comma, blank or bracket in a name would make the encoded type read as another.
_NAME: Final = re.compile(r"[^\s,()\[\]]+")
_TYPE: Final = re.compile(rf"({_NAME.pattern})((?:\[[0-9]{{0,9}}\])*)")
# Without a size, an integer has 256 bits.
_SIZES: Final = {"": 256, **{str(bits): bits for bits in range(8, 257, 8)}}
_RANGES: Final[Mapping[str, range]] = {
    **{f"uint{size}": range(2**bits) for size, bits in _SIZES.items()},
    **{f"int{size}": range(-(2**bits) // 2, 2**bits // 2) for size, bits in _SIZES.items()},
}
_LENGTHS: Final = {"bytes": None, **{f"bytes{length}": length for length in range(1, 33)}}
# 2**256 has 78 digits.
_NUMBER: Final = re.compile("-?[0-9]{1,78}|0x[0-9a-fA-F]{1,64}")


def format_typed_data(
    typed_data: Mapping[str, Any], *, reader: "type[Reader] | None" = None
) -> dict[str, Any]:
    """Return Privy's form of EIP-712 typed data: JSON that hashes to the same digest.

    `primaryType` and `primary_type` are both accepted, and `EIP712Domain` may be left out of
    `types`. What a value may be, its declared type says:

    - `string`: a str.
    - `bool`: a bool, 0 or 1.
    - `address`: 0x hex, in mixed case as EIP-55 prescribes, or 20 bytes.
    - `bytes` and `bytesN`: bytes or 0x hex, exactly N bytes.
    - `intN` and `uintN`: an int of its range, or a str of decimal or 0x hex digits. Beyond
      2**53 - 1 it is sent as a str, so that no receiver rounds it.
    - An array: a list or tuple of the declared length.
    - A struct: a mapping of its members, no more and no fewer.

    Args:
        typed_data: `{domain, types, primary_type, message}`.
        reader: Reads the values, if not in the forms above.

    Raises:
        InvalidArgumentError: A part is missing, a type is unknown, or a value does not fit its
            type; `argument` is its path, such as `typed_data.message.items[2].amount`.
    """
    if not isinstance(typed_data, Mapping):
        raise InvalidArgumentError("typed_data", "expected a mapping")
    primary_type = _primary_type(typed_data)
    for name in ("domain", "types", "message"):
        if not isinstance(typed_data.get(name), Mapping):
            raise InvalidArgumentError(f"typed_data.{name}", "expected a mapping")
    structs = read_structs(typed_data["types"], "typed_data.types")
    if primary_type not in structs or primary_type == DOMAIN:
        raise InvalidArgumentError("typed_data.primary_type", "is not one of typed_data.types")
    reader = reader or Reader
    message = reader(structs).value(typed_data["message"], primary_type, "typed_data.message")
    with_domain = {DOMAIN: _standard_members(typed_data["domain"]), **structs}
    domain = reader(with_domain).value(typed_data["domain"], DOMAIN, "typed_data.domain")
    sent = with_domain if _is_misread(domain) else structs
    return {
        "domain": domain,
        "types": {struct: _written(members) for struct, members in sent.items()},
        "message": message,
        "primary_type": primary_type,
    }


def _primary_type(typed_data: Mapping[str, Any]) -> str:
    given = [typed_data[name] for name in ("primary_type", "primaryType") if name in typed_data]
    if not (given and isinstance(given[0], str)):
        raise InvalidArgumentError("typed_data", "expected a primary_type (or primaryType)")
    if given[0] != given[-1]:
        raise InvalidArgumentError("typed_data.primaryType", "differs from primary_type")
    return given[0]


def _standard_members(names: Mapping[str, Any]) -> Members:
    return {name: kind for name, kind in _DOMAIN_MEMBERS.items() if name in names}


def _is_misread(domain: Mapping[str, Any]) -> bool:
    """True if viem would overlook a member of the domain that `types` do not declare.

    It looks for a `version` that is not empty, and for a `chainId` that is a number.
    """
    return domain.get("version") == "" or isinstance(domain.get("chainId"), str)


def _written(members: Members) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in members.items()]


# --- types


def read_structs(types: Mapping[str, Any], path: str) -> Mapping[str, Members]:
    """Return the structs that typed data declares in its `types`.

    Raises:
        InvalidArgumentError: They are no lists of `{"name": ..., "type": ...}`, a type is neither
            EIP-712's nor among them, or EIP712Domain is not as the standard has it.
    """
    structs = {struct: _members(struct, types[struct], f"{path}.{struct}") for struct in types}
    for struct, members in structs.items():
        for name, kind in members.items():
            match = _TYPE.fullmatch(kind)
            if not match or not (match[1] in structs or _is_atom(match[1])):
                problem = f"{kind!r} is neither a type of EIP-712 nor one of {path}"
                raise InvalidArgumentError(f"{path}.{struct}.{name}", problem)
    domain = structs.get(DOMAIN, {})
    standard = _standard_members(domain)
    # Not every implementation looks at what is declared here: to others it is the standard's.
    if list(domain.items()) != list(standard.items()):
        members_in_order = ", ".join(f"{kind} {name}" for name, kind in _DOMAIN_MEMBERS.items())
        problem = f"EIP-712 has these members, in this order: {members_in_order}"
        raise InvalidArgumentError(f"{path}.{DOMAIN}", problem)
    return structs


def _members(struct: object, members: Any, path: str) -> Members:
    if not (isinstance(struct, str) and _NAME.fullmatch(struct)) or _is_atom(struct):
        raise InvalidArgumentError(path, "a struct cannot have this name")
    if not is_array(members):
        raise InvalidArgumentError(path, 'expected a list of {"name": ..., "type": ...}')
    read = dict[str, str]()
    for index, member in enumerate(members):
        name, kind = _member(member, f"{path}[{index}]")
        if name in read:
            raise InvalidArgumentError(f"{path}[{index}]", f"{name} is declared twice")
        read[name] = kind
    return read


def _member(member: object, path: str) -> tuple[str, str]:
    if is_object(member):
        name, kind = member.get("name"), member.get("type")
        if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(kind, str):
            return name, kind
    raise InvalidArgumentError(path, 'expected {"name": ..., "type": ...}, the name one word')


def _is_atom(kind: str) -> bool:
    """True for the types that are neither structs nor arrays."""
    return kind in ("string", "bool", "address") or kind in _LENGTHS or kind in _RANGES


# --- values


@attrs.frozen
class Reader:
    """Reads values by the types that `structs` and EIP-712 declare; `path` is for errors."""

    structs: Mapping[str, Members]

    def value(self, value: Any, kind: str, path: str, levels: int = DEEPEST) -> Any:
        """Return the JSON of a value of any type.

        Raises:
            InvalidArgumentError: It does not fit the type, or is nested deeper than `levels`.
        """
        if levels == 0:
            raise InvalidArgumentError(path, "is nested too deeply, or contains itself")
        if kind.endswith("]"):
            element, _, length = kind[:-1].rpartition("[")
            items = _items(value, kind, length, path)
            return [
                self.value(item, element, f"{path}[{index}]", levels - 1)
                for index, item in enumerate(items)
            ]
        if kind not in self.structs:
            return self.atom(value, kind, path)
        members = self.members(value, kind, path)
        return {
            name: self.value(members[name], member, f"{path}.{name}", levels - 1)
            for name, member in self.structs[kind].items()
        }

    def members(self, value: object, struct: str, path: str) -> Mapping[str, Any]:
        """Return the value of a struct, which has all of its members."""
        if not is_object(value):
            raise InvalidArgumentError(path, f"expected a mapping, the struct {struct}")
        for name in self.structs[struct]:
            if name not in value:
                raise InvalidArgumentError(f"{path}.{name}", f"is missing, and {struct} has it")
        for name in value:
            if name not in self.structs[struct]:
                problem = f"{struct} has no such member, so it would not be signed"
                raise InvalidArgumentError(f"{path}.{name}", problem)
        return value

    def atom(self, value: object, kind: str, path: str) -> Any:
        """Return the JSON of a value that is neither a struct nor an array."""
        if kind == "string":
            return _text(value, path)
        if kind == "bool":
            return _boolean(value, path)
        if kind == "address":
            return check_ethereum_address(value, argument=path)
        if kind in _LENGTHS:
            return _bytes(value, _LENGTHS[kind], path)
        return _integer(value, kind, path)


def _items(value: object, kind: str, length: str, path: str) -> Sequence[Any]:
    if not is_array(value) or (length and len(value) != int(length)):
        items = f"a list of {length}" if length else "a list"
        raise InvalidArgumentError(path, f"expected {items}, as {kind} asks for")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgumentError(path, "expected a str, as string asks for")
    if not is_encodable(value):
        raise InvalidArgumentError(path, "holds a lone surrogate, which has no UTF-8")
    return value


def _boolean(value: object, path: str) -> bool:
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise InvalidArgumentError(path, "expected True or False, as bool asks for")


def _bytes(value: object, length: int | None, path: str) -> str:
    text = hex_text(value, argument=path)
    if length and len(text) != 2 + 2 * length:
        problem = f"expected {length} bytes, not {len(text) // 2 - 1}: pad them as it is meant"
        raise InvalidArgumentError(path, problem)
    return text


def _integer(value: object, kind: str, path: str) -> int | str:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value, 16 if value.startswith("0x") else 10)
    if not isinstance(value, int) or isinstance(value, bool):
        problem = f"expected an int, or a str of decimal or 0x hex digits, as {kind} asks for"
        raise InvalidArgumentError(path, problem)
    number = int(value)
    if number not in _RANGES[kind]:
        raise InvalidArgumentError(path, f"is out of the range of {kind}")
    if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
        return number
    # Hex has no agreed form for a negative number, a decimal has.
    return hex(number) if number > 0 else str(number)
