"""Sums of aggregations (https://docs.privy.io/controls/policies/stateful-policies)."""

from collections.abc import Callable, Iterable

import attrs

from privy_async.sandbox.policies.operators import Reading, number
from privy_async.sandbox.policies.subjects import Asked, Subject
from privy_async.sandbox.records.policies import Aggregation, AggregationEvent, Condition

Holds = Callable[[Condition, Subject], bool]


def contributions(
    aggregation: Aggregation, asked: Asked, now: int, holds: Holds
) -> tuple[AggregationEvent, ...]:
    """The events that a request at `now` (ms) adds. A value that it does not have counts as 0."""
    if asked.method != aggregation.method:
        return ()
    return tuple(
        AggregationEvent(now, group_of(aggregation, subject), _value(aggregation, subject))
        for subject in asked.subjects
        if all(holds(condition, subject) for condition in aggregation.conditions)
    )


def group_of(aggregation: Aggregation, subject: Subject) -> tuple[str, ...]:
    """The group a subject is counted in; of an aggregation without groups there is one."""
    return tuple(str(subject.read(reference)) for reference in aggregation.group_by)


def with_events(
    aggregation: Aggregation, added: Iterable[AggregationEvent], now: int
) -> Aggregation:
    """The aggregation with these events and without those that have left its window."""
    opened_at = now - aggregation.seconds * 1000
    kept = (event for event in aggregation.events if event.at > opened_at)
    return attrs.evolve(aggregation, events=(*kept, *added))


def total(aggregation: Aggregation, group: tuple[str, ...]) -> int:
    """The sum over a group."""
    return sum(event.value for event in aggregation.events if event.group == group)


def _value(aggregation: Aggregation, subject: Subject) -> int:
    value: Reading = subject.read(aggregation.metric)
    found = None if value is None else number(value)
    return 0 if found is None else int(found)
