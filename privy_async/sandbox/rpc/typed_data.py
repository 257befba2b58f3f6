"""EIP-712: checking typed data field by field, and its digest."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from eth_abi.exceptions import EncodingError, ParseError
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.exceptions import ValidationError

from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.requests.fields import Fields, input_error

_Members = list[dict[str, str]]
_DOMAIN: Final = "EIP712Domain"
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_INTEGER: Final = re.compile(r"0x[0-9a-fA-F]+|-?[0-9]+")
# `uint` and `int` stand for those of 256 bits.
_ELEMENTARY: Final = frozenset(
    (
        *("address", "bool", "string", "bytes", "uint", "int"),
        *(f"bytes{size}" for size in range(1, 33)),
        *(f"{kind}{bits}" for kind in ("uint", "int") for bits in range(8, 257, 8)),
    )
)
# An elementary or a struct's type, and up to ten dimensions of an array.
_TYPE: Final = re.compile(r"([^\[\]]+)(?:\[(?:0|[1-9][0-9]{0,8})?\]){0,10}")
_MAX_TYPES: Final = 100


def typed_data_digest(typed_data: Fields) -> bytes:
    """The 32 bytes to sign for `typed_data`, which names its type in `primary_type`.

    `types` may leave out EIP712Domain, which then follows from the domain's fields.

    Raises:
        Refusal: 400 if the message or the domain does not fit the types.
    """
    types = _read_types(typed_data.object("types"))
    primary_type = typed_data.choice("primary_type", tuple(types))
    message = typed_data.object("message")
    # eth-account finds the primary type by itself: the only one no other type uses.
    used = {name: types[name] for name in _reachable(primary_type, types)}
    if len(used) > _MAX_TYPES:
        raise input_error(typed_data.at("types"), f"Expected at most {_MAX_TYPES} types in use")
    _check(message.values, primary_type, used, message.path)
    if _DOMAIN in types:
        used[_DOMAIN] = types[_DOMAIN]
    full_message = {
        "types": used,
        "domain": dict(typed_data.object("domain").values),
        "message": message.values,
    }
    try:
        return signable_digest(encode_typed_data(full_message=full_message))
    except (
        ValueError,
        TypeError,
        AttributeError,
        EncodingError,
        ParseError,
        ValidationError,
    ) as error:
        raise input_error(typed_data.path, f"Cannot be encoded by EIP-712: {error}") from None


def signable_digest(message: SignableMessage) -> bytes:
    """The digest of an EIP-191 message, which is what a wallet signs."""
    return keccak256(b"\x19" + message.version + message.header + message.body)


def _read_types(types: Fields) -> dict[str, _Members]:
    return {
        name: [
            {"name": m.string("name"), "type": _read_type(types, m)} for m in types.objects(name)
        ]
        for name in types.values
    }


def _read_type(types: Fields, member: Fields) -> str:
    """A member's type, which eth-account would take for another one if it is none."""
    name = member.string("type")
    found = _TYPE.fullmatch(name)
    if found is None or not (found[1] in _ELEMENTARY or types.has(found[1])):
        raise input_error(member.at("type"), "Expected a type of EIP-712 or of `types`")
    return name


def _reachable(type_name: str, types: Mapping[str, _Members]) -> set[str]:
    found: set[str] = set()
    pending = [type_name]
    while pending:
        name = pending.pop().partition("[")[0]
        if name in types and name not in found:
            found.add(name)
            pending.extend(member["type"] for member in types[name])
    return found


def _check(value: object, type_name: str, types: Mapping[str, _Members], path: str) -> None:
    """Refuse what eth-account would encode by guessing, naming the field.

    It takes a missing field for an empty one and text for bytes, where JavaScript's libraries
    refuse.
    """
    if type_name.endswith("]"):
        item_type, _, size = type_name.removesuffix("]").rpartition("[")
        items = _expect_list(value, path)
        if size and len(items) != int(size):
            raise input_error(path, f"Array must contain exactly {size} element(s)")
        for index, item in enumerate(items):
            _check(item, item_type, types, f"{path}.{index}")
    elif type_name in types:
        struct = Fields.of(value, path)
        for member in types[type_name]:
            if member["name"] not in struct.values:
                raise input_error(struct.at(member["name"]), "Required")
            inner = struct.values[member["name"]]
            _check(inner, member["type"], types, struct.at(member["name"]))
    elif not _fits(value, type_name):
        raise input_error(path, f"Expected a value of type {type_name}")


def _expect_list(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise input_error(path, "Expected an array")
    return cast("list[object]", value)


def _fits(value: object, type_name: str) -> bool:
    if type_name == "string":
        return isinstance(value, str)
    if type_name == "bool":
        return isinstance(value, bool)
    if type_name.startswith("bytes") or type_name == "address":
        return isinstance(value, str) and _HEX.fullmatch(value) is not None
    if isinstance(value, str):
        return _INTEGER.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)
