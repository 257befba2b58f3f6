"""Conditions on EIP-712 data: its domain, and its message by the types a rule expects."""

from collections.abc import Mapping
from typing import Any, Final, cast

from privy_async.sandbox.policies.operators import Reading, number
from privy_async.sandbox.policies.subjects import Source, at_path, reading
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.fields import Fields

_DOMAIN_FIELDS: Final = {
    "chainId": "chainId",
    "chain_id": "chainId",
    "verifyingContract": "verifyingContract",
    "verifying_contract": "verifyingContract",
}

Types = Mapping[str, Any]


def domain_source(typed_data: Fields) -> Source:
    """The domain's chain id and verifying contract, by either of their names."""
    domain = typed_data.object("domain").values

    def read(reference: FieldReference) -> Reading:
        name = _DOMAIN_FIELDS.get(reference.field)
        value = None if name is None else reading(domain.get(name))
        return _number(value) if name == "chainId" else value

    return read


def message_source(typed_data: Fields) -> Source:
    """The message's members, for rules that expect just the types it is signed with."""
    primary_type = typed_data.string("primary_type")
    types, message = typed_data.object("types").values, typed_data.object("message").values

    def read(reference: FieldReference) -> Reading:
        expected: Mapping[str, Any] = reference.typed_data or {}
        if expected.get("primary_type") != primary_type:
            return None
        if _struct(primary_type, expected["types"]) != _struct(primary_type, types):
            return None
        value = reading(at_path(message, reference.field))
        kind = _type_at(primary_type, reference.field, types)
        return _number(value) if kind.startswith(("int", "uint")) else value

    return read


def _struct(type_name: str, types: Types) -> object:
    """A struct's members with their types, and so on for every struct it is made of."""
    found = dict[str, list[tuple[str, str]]]()
    pending = [type_name]
    while pending:
        name = _element(pending.pop())
        if name in types and name not in found:
            found[name] = [(member["name"], member["type"]) for member in types[name]]
            pending.extend(kind for _, kind in found[name])
    return found


def _type_at(type_name: str, path: str, types: Types) -> str:
    """The type at a path, the empty text if there is none."""
    for part in path.split("."):
        if type_name.endswith("]"):
            type_name = type_name[: type_name.rindex("[")]
            continue
        members = cast("list[dict[str, str]]", types.get(type_name, []))
        type_name = next((each["type"] for each in members if each["name"] == part), "")
    return type_name


def _element(type_name: str) -> str:
    return type_name.partition("[")[0]


def _number(value: Reading) -> Reading:
    return number(value) if value is not None else None
