"""Aggregations: sums over a span of time, which policies can set a limit to.

https://docs.privy.io/controls/policies/stateful-policies
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from privy_async.resources.controls.policy_values import Abi, Condition, ConditionInput
from privy_async.resources.resource import Resource
from privy_async.resources.wallets.values import Owner
from privy_async.sending.call import OMIT, CallOptions, IdempotentOptions, Omit
from privy_async.values import Value

AggregationMethod: TypeAlias = Literal["eth_signTransaction", "eth_signUserOperation"]


class AggregationGroupByInput(TypedDict):
    """A field each of whose values gets a sum of its own; `abi` where it is calldata."""

    field: str
    field_source: str
    abi: NotRequired[Abi]


class AggregationMetricInput(AggregationGroupByInput):
    """The field that is added up; a request without it counts as 0."""

    function: Literal["sum"]


class AggregationWindowInput(TypedDict):
    """The time that a sum covers: the last 3,600 to 259,200 seconds."""

    type: Literal["rolling"]
    seconds: int


class AggregationGroupBy(Value):
    """A field each of whose values gets a sum of its own."""

    field: str
    field_source: str
    abi: tuple[Mapping[str, Any], ...] | None = None


class AggregationMetric(AggregationGroupBy):
    """The field that is added up."""

    function: str


class AggregationWindow(Value):
    """The time that a sum covers; `type` is "rolling"."""

    type: str
    seconds: int | None = None


class Aggregation(Value):
    """A running sum over requests. `created_at` is Unix ms."""

    id: str
    name: str | None = None
    method: str | None = None
    metric: AggregationMetric | None = None
    window: AggregationWindow | None = None
    created_at: int | None = None
    conditions: tuple[Condition, ...] | None = None
    group_by: tuple[AggregationGroupBy, ...] | None = None
    owner_id: str | None = None


class Aggregations(Resource):
    """Reached as `privy.aggregations`. Conditions refer to one as `aggregation.<id>`."""

    async def create(
        self,
        *,
        name: str,
        method: AggregationMethod,
        metric: AggregationMetricInput,
        window: AggregationWindowInput,
        conditions: Sequence[ConditionInput] | Omit = OMIT,
        group_by: Sequence[AggregationGroupByInput] | Omit = OMIT,
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[IdempotentOptions],
    ) -> Aggregation:
        """Create an aggregation, of which an app can have ten.

        A policy compares the sum with the request itself included. Requests that the policy then
        denies are counted as well.

        Args:
            name: At most 255 characters.
            method: The requests it looks at.
            metric: What it adds up, such as
                `{"field_source": "ethereum_transaction", "field": "value", "function": "sum"}`.
            window: Over what time, such as `{"type": "rolling", "seconds": 86400}`.
            conditions: Only requests that meet these are counted; at most 100.
            group_by: At most two fields, such as the recipient.
            owner: A user or an authorization key that owns it.
            owner_id: A key quorum instead; give one of the two.
            **options: See `IdempotentOptions`.
        """
        return await self._request(Aggregation, "POST /v1/aggregations", locals())

    async def get(self, aggregation_id: str, **options: Unpack[CallOptions]) -> Aggregation:
        """Return an aggregation by its id."""
        return await self._request(Aggregation, "GET /v1/aggregations/{aggregation_id}", locals())

    async def delete(self, aggregation_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an aggregation; conditions that refer to it do not hold any more."""
        await self._do("DELETE /v1/aggregations/{aggregation_id}", locals())
