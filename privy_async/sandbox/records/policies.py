"""Policies, condition sets and aggregations as they are kept, and the JSON Privy shows of each."""

from collections.abc import Mapping
from typing import Any

import attrs

from privy_async.sandbox.records.json_types import Json

Scalar = str | int | float
ConditionValue = Scalar | tuple[Scalar, ...]


@attrs.frozen
class FieldReference:
    """A field of a request, and what it takes to read it.

    Attributes:
        abi: For calldata, the JSON ABI it is decoded by.
        typed_data: For EIP-712 messages, the `types` and the `primary_type` it must be of.
        idl: For a Solana program's instructions, the Anchor IDL they are decoded by.
    """

    field_source: str
    field: str
    abi: tuple[Mapping[str, Any], ...] | None = attrs.field(default=None, kw_only=True)
    typed_data: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True)
    idl: Mapping[str, Any] | None = attrs.field(default=None, kw_only=True)

    def to_json(self) -> Json:
        """The reference as Privy answers it."""
        shown: Json = {"field_source": self.field_source, "field": self.field}
        if self.abi is not None:
            shown["abi"] = list(self.abi)
        if self.typed_data is not None:
            shown["typed_data"] = self.typed_data
        if self.idl is not None:
            shown["idl"] = self.idl
        return shown


@attrs.frozen
class Condition:
    """A comparison of a request's field with a value."""

    subject: FieldReference
    operator: str
    value: ConditionValue

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value or values to compare with."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def to_json(self) -> Json:
        """The condition as Privy answers it."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {**self.subject.to_json(), "operator": self.operator, "value": value}


@attrs.frozen
class Rule:
    """A rule: the `action` on what `method` asks for if all conditions hold."""

    id: str
    name: str
    method: str
    conditions: tuple[Condition, ...]
    action: str

    def to_json(self) -> Json:
        """The rule as Privy answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "method": self.method,
            "conditions": [condition.to_json() for condition in self.conditions],
            "action": self.action,
        }


@attrs.frozen
class Policy:
    """The rules that the requests to a wallet must pass. Time in ms."""

    id: str
    name: str
    chain_type: str
    rules: tuple[Rule, ...]
    created_at: int
    owner_id: str | None = None

    def to_json(self) -> Json:
        """The policy as Privy answers it."""
        return {**self.summary(), "rules": [rule.to_json() for rule in self.rules]}

    def summary(self) -> Json:
        """The policy as Privy lists it."""
        return {
            "id": self.id,
            "version": "1.0",
            "name": self.name,
            "chain_type": self.chain_type,
            "owner_id": self.owner_id,
            "created_at": self.created_at,
        }

    @property
    def aggregation_ids(self) -> frozenset[str]:
        """The aggregations that the rules refer to."""
        return frozenset(
            aggregation_id(condition.subject)
            for rule in self.rules
            for condition in rule.conditions
            if condition.subject.field_source == "reference"
        )


@attrs.frozen
class ConditionSetItem:
    """One value of a condition set. Time in ms."""

    id: str
    condition_set_id: str
    value: str
    created_at: int

    def to_json(self) -> Json:
        """The item as Privy answers it."""
        return attrs.asdict(self)


@attrs.frozen
class ConditionSet:
    """Values that conditions with `in_condition_set` compare with. Time in ms."""

    id: str
    name: str
    created_at: int
    owner_id: str | None = None
    items: tuple[ConditionSetItem, ...] = ()

    def to_json(self) -> Json:
        """The set as Privy answers it, which is without its items."""
        return {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner_id,
            "created_at": self.created_at,
        }


@attrs.frozen
class AggregationEvent:
    """The value that one request added to an aggregation. Time in ms."""

    at: int
    group: tuple[str, ...]
    value: int


@attrs.frozen
class Aggregation:
    """A sum over the requests of a rolling window. Times: `seconds`, and `created_at` in ms.

    Attributes:
        metric: What is added up.
        events: What was added within the window, oldest first.
    """

    id: str
    name: str
    method: str
    metric: FieldReference
    seconds: int
    conditions: tuple[Condition, ...]
    group_by: tuple[FieldReference, ...]
    created_at: int
    owner_id: str | None = None
    events: tuple[AggregationEvent, ...] = ()

    def to_json(self) -> Json:
        """The aggregation as Privy answers it, which is without its events."""
        owner = {} if self.owner_id is None else {"owner_id": self.owner_id}
        return {
            "id": self.id,
            "name": self.name,
            "method": self.method,
            "metric": {**self.metric.to_json(), "function": "sum"},
            "window": {"type": "rolling", "seconds": self.seconds},
            "conditions": [condition.to_json() for condition in self.conditions],
            "group_by": [reference.to_json() for reference in self.group_by],
            "created_at": self.created_at,
            **owner,
        }


def aggregation_id(reference: FieldReference) -> str:
    """The aggregation that a field of source `reference` names."""
    return reference.field.removeprefix("aggregation.")
