"""Reading policies' rules and aggregations from requests, naming the field that is wrong."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from privy_async.sandbox.policies.conditions import (
    ANY_CHAIN_METHODS,
    EXPORTS,
    FIELD_SOURCES,
    MAX_VALUES,
    METHODS_BY_CHAIN,
    Kind,
)
from privy_async.sandbox.policies.operators import number
from privy_async.sandbox.records.policies import (
    Condition,
    ConditionValue,
    FieldReference,
    Rule,
    Scalar,
    aggregation_id,
)
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.state import State

MAX_NAME: Final = 50
MAX_ABI: Final = 200
MAX_CONDITIONS: Final = 100

_ABI_TYPES: Final = ("constructor", "event", "fallback", "function", "receive")
_AGGREGATION_SOURCES: Final = ("ethereum_transaction", "ethereum_calldata")
_REFERENCE: Final = r"aggregation\..+"


def name_of(fields: Fields, *, max_length: int = MAX_NAME) -> str:
    """A required `name` of 1 to `max_length` characters."""
    fields.string("name")
    return str(fields.optional_string("name", pattern=rf"(?s).{{1,{max_length}}}"))


def read_rules(state: State, fields: Fields, chain_type: str) -> tuple[Rule, ...]:
    """The `rules` of a policy, each with a new id."""
    return tuple(
        read_rule(state, described, chain_type, state.new_id())
        for described in required_objects(fields, "rules")
    )


def read_rule(state: State, fields: Fields, chain_type: str, rule_id: str) -> Rule:
    """One rule of a policy for wallets of a chain."""
    allowed = (*METHODS_BY_CHAIN.get(chain_type, ()), *ANY_CHAIN_METHODS)
    method = fields.choice("method", allowed)
    described = required_objects(fields, "conditions")
    if described and method in EXPORTS:
        raise input_error(fields.at("conditions"), f"Array must be empty for {method}")
    return Rule(
        id=rule_id,
        name=name_of(fields),
        method=method,
        conditions=tuple(read_condition(state, each, method) for each in described),
        action=fields.choice("action", ("ALLOW", "ALLOW_WITH_MFA", "DENY")),
    )


def read_condition(state: State, fields: Fields, method: str) -> Condition:
    """One condition of a rule for `method`."""
    reference, kind = _reference_and_kind(fields, tuple(FIELD_SOURCES))
    source = FIELD_SOURCES[reference.field_source]
    if method != "*" and source.methods is not None and method not in source.methods:
        problem = f"'{reference.field_source}' is not available for {method}"
        raise input_error(fields.at("field_source"), problem)
    if reference.field_source == "reference":
        state.aggregation(aggregation_id(reference))
    allowed = [each for each in kind.operators if each not in source.unsupported]
    operator = fields.choice("operator", allowed)
    return Condition(reference, operator, _value(state, fields, operator, kind))


def read_aggregation_conditions(state: State, fields: Fields, method: str) -> tuple[Condition, ...]:
    """The `conditions` of an aggregation."""
    described = fields.objects("conditions")
    _require_at_most(fields, "conditions", described, MAX_CONDITIONS)
    for each in described:
        each.choice("field_source", _AGGREGATION_SOURCES)
    return tuple(read_condition(state, each, method) for each in described)


def read_measured(fields: Fields) -> FieldReference:
    """The `field`, `field_source` and `abi` of an aggregation's metric or group."""
    return _reference_and_kind(fields, _AGGREGATION_SOURCES)[0]


def required_objects(fields: Fields, name: str) -> tuple[Fields, ...]:
    """A required array of objects, which may be empty."""
    if fields.values.get(name) is None:
        raise input_error(fields.at(name), "Required")
    return fields.objects(name)


def _reference_and_kind(fields: Fields, sources: Sequence[str]) -> tuple[FieldReference, Kind]:
    name = fields.choice("field_source", sources)
    source, field = FIELD_SOURCES[name], fields.string("field")
    kind = source.kind_of(field)
    if kind is None:
        expected = " | ".join(f"'{each}'" for each in source.fields)
        raise input_error(fields.at("field"), f"Expected {expected}, received '{field}'")
    if name == "reference" and not re.fullmatch(_REFERENCE, field):
        raise input_error(fields.at("field"), "Expected aggregation. and an aggregation's id")
    if source.extra == "abi":
        return FieldReference(name, field, abi=_abi(fields)), kind
    if source.extra == "typed_data":
        return FieldReference(name, field, typed_data=_typed_data(fields)), kind
    if source.extra == "idl":
        return FieldReference(name, field, idl=_idl(fields)), kind
    return FieldReference(name, field), kind


def _value(state: State, fields: Fields, operator: str, kind: Kind) -> ConditionValue:
    value = fields.values.get("value")
    path = fields.at("value")
    if operator == "in_condition_set":
        return state.condition_set(fields.string("value")).id
    if operator == "in" and isinstance(value, list):
        values = tuple(_scalar(each, path, kind) for each in cast("list[object]", value))
        if not 1 <= len(values) <= MAX_VALUES:
            raise input_error(path, f"Array must contain 1 to {MAX_VALUES} element(s)")
        return values
    return _scalar(value, path, kind)


def _scalar(value: object, path: str, kind: Kind) -> Scalar:
    if value is None:
        raise input_error(path, "Required")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise input_error(path, "Expected a string or a number")
    if kind.numeric and number(value) is None:
        raise input_error(path, "Expected a number in decimal or 0x hex")
    return value


def _abi(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    from privy_async.sandbox.policies.chains.calldata import selector

    entries = required_objects(fields, "abi")
    _require_at_most(fields, "abi", entries, MAX_ABI)
    for entry in entries:
        if entry.choice("type", _ABI_TYPES) != "function":
            continue
        entry.string("name")
        _check_parameters(entry, "inputs")
        try:
            selector(entry.values)
        except ValueError as error:
            raise input_error(entry.at("inputs"), str(error)) from None
    return tuple(entry.values for entry in entries)


def _idl(fields: Fields) -> Mapping[str, Any]:
    from privy_async.sandbox.policies.chains.solana_idl import read_idl

    return read_idl(fields)


def require_small_idls(rules: Sequence[Rule]) -> None:
    """Refuse a policy whose rules' IDLs are together too large."""
    from privy_async.sandbox.policies.chains.solana_idl import MAX_IDL_SIZE_OF_A_POLICY, idl_size

    idls = [c.subject.idl for rule in rules for c in rule.conditions if c.subject.idl is not None]
    if sum(map(idl_size, idls)) > MAX_IDL_SIZE_OF_A_POLICY:
        problem = f"The IDLs of a policy may have at most {MAX_IDL_SIZE_OF_A_POLICY} bytes"
        raise input_error("rules", problem)


def _check_parameters(fields: Fields, name: str) -> None:
    for parameter in fields.objects(name):
        parameter.string("type")
        parameter.optional_string("name")
        _check_parameters(parameter, "components")


def _typed_data(fields: Fields) -> Mapping[str, Any]:
    typed_data = fields.object("typed_data")
    types = typed_data.object("types")
    for name in types.values:
        for member in required_objects(types, name):
            member.string("name")
            member.string("type")
    typed_data.choice("primary_type", tuple(types.values))
    return typed_data.values


def _require_at_most(fields: Fields, name: str, items: Sequence[Fields], limit: int) -> None:
    if len(items) > limit:
        raise input_error(fields.at(name), f"Array must contain at most {limit} element(s)")
