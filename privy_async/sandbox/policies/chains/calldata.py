"""Reading the call of a contract by its JSON ABI."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from eth_abi.abi import decode, is_encodable_type
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import Source, UndecidableError, at_path, reading
from privy_async.sandbox.records.policies import FieldReference

FUNCTION_NAME: Final = "function_name"

Parameter = Mapping[str, Any]
AddressText = Callable[[str], str]
_MAX_DEPTH: Final = 10


def calldata_source(data: bytes, address_text: AddressText = to_checksum_address) -> Source:
    """The source of a call's fields.

    `function_name` is the name of the function; `transfer.amount` an argument of `transfer`, or
    `fill.order.maker` a member of one; `transfer` alone is the name if that is what is called.

    Args:
        address_text: How an address, given as 0x hex, is written.
    """

    def read(reference: FieldReference) -> Reading:
        for function in reference.abi or ():
            if function.get("type") == "function" and selector(function) == data[:4]:
                return _field(function, data[4:], reference.field, address_text)
        return None

    return read


def selector(function: Mapping[str, Any]) -> bytes:
    """The first 4 bytes of a call of the function.

    Raises:
        ValueError: If an argument's type is none that the ABI knows.
    """
    types = ",".join(_types(function.get("inputs") or ()))
    return keccak256(f"{function['name']}({types})".encode())[:4]


def _field(
    function: Mapping[str, Any], arguments: bytes, field: str, address_text: AddressText
) -> Reading:
    name, _, path = field.partition(".")
    if field == FUNCTION_NAME or (not path and name == function["name"]):
        return str(function["name"])
    if name != function["name"]:
        return None
    inputs: Sequence[Parameter] = function.get("inputs") or ()
    try:
        decoded = decode(list(_types(inputs)), arguments)
    except (DecodingError, ValueError, OverflowError) as error:
        raise UndecidableError("arguments that do not fit the ABI") from error
    return reading(at_path(_members(inputs, decoded, address_text), path))


def _types(parameters: Sequence[Parameter], depth: int = 0) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ValueError("Types nested too deeply")
    for parameter in parameters:
        name = str(parameter["type"])
        if name.count("[") > _MAX_DEPTH:
            raise ValueError("Arrays nested too deeply")
        if name.startswith("tuple"):
            members = ",".join(_types(parameter.get("components") or (), depth + 1))
            name = f"({members}){name.removeprefix('tuple')}"
        if not is_encodable_type(name):
            raise ValueError(f"Unknown type '{name}'")
        yield name


def _members(
    parameters: Sequence[Parameter], values: Sequence[object], address_text: AddressText
) -> dict[str, object]:
    """Arguments or a tuple's members, by name and by position."""
    members = dict[str, object]()
    for position, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
        shown = _shown(parameter, str(parameter["type"]), value, address_text)
        members[str(position)] = members[str(parameter.get("name") or position)] = shown
    return members


def _shown(
    parameter: Parameter, type_name: str, value: object, address_text: AddressText
) -> object:
    """A decoded value as conditions compare it: bytes as 0x hex, addresses as the chain's."""
    if type_name.endswith("]"):
        inner = type_name[: type_name.rindex("[")]
        items = cast("Sequence[object]", value)
        return [_shown(parameter, inner, item, address_text) for item in items]
    if type_name == "tuple":
        members = cast("Sequence[object]", value)
        return _members(parameter.get("components") or (), members, address_text)
    if type_name == "address":
        return address_text(str(value))
    return "0x" + value.hex() if isinstance(value, bytes) else value
