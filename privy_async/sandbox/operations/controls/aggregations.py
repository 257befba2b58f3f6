"""Aggregations (https://docs.privy.io/api-reference/aggregations/create)."""

from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.controls.owners import owner_of
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.policies.conditions import AGGREGATION_METHODS
from privy_async.sandbox.policies.validate import (
    name_of,
    read_aggregation_conditions,
    read_measured,
)
from privy_async.sandbox.records.policies import Aggregation, FieldReference
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal

MAX_AGGREGATIONS: Final = 10
MAX_GROUPS: Final = 2
MAX_NAME: Final = 255
MIN_WINDOW: Final = 3_600
MAX_WINDOW: Final = 259_200


def create_aggregation(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/aggregations, of which an app can have ten."""
    state, fields = app.state, request.fields
    method = fields.choice("method", AGGREGATION_METHODS)
    aggregation = Aggregation(
        id=state.new_id(),
        name=name_of(fields, max_length=MAX_NAME),
        method=method,
        metric=_metric(fields.object("metric")),
        seconds=_window(fields.object("window")),
        conditions=read_aggregation_conditions(state, fields, method),
        group_by=_groups(fields),
        created_at=state.now,
    )
    if len(state.aggregations) >= MAX_AGGREGATIONS:
        problem = f"An app can have at most {MAX_AGGREGATIONS} aggregations"
        raise Refusal(400, problem, "invalid_data")
    owner_id = owner_of(state, fields, None)
    state.aggregations[aggregation.id] = attrs.evolve(aggregation, owner_id=owner_id)
    return HttpResponse.json(state.aggregations[aggregation.id].to_json())


def get_aggregation(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/aggregations/{aggregation_id}."""
    return HttpResponse.json(_addressed(app, request).to_json())


def delete_aggregation(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/aggregations/{aggregation_id}: conditions on it do not hold any more."""
    del app.state.aggregations[_addressed(app, request).id]
    return HttpResponse.json({"success": True})


def _metric(metric: Fields) -> FieldReference:
    metric.choice("function", ("sum",))
    return read_measured(metric)


def _window(window: Fields) -> int:
    window.choice("type", ("rolling",))
    seconds = window.optional_integer("seconds", minimum=MIN_WINDOW)
    if seconds is None:
        raise input_error(window.at("seconds"), "Required")
    if seconds > MAX_WINDOW:
        problem = f"Number must be less than or equal to {MAX_WINDOW}"
        raise input_error(window.at("seconds"), problem)
    return seconds


def _groups(fields: Fields) -> tuple[FieldReference, ...]:
    groups = fields.objects("group_by")
    if len(groups) > MAX_GROUPS:
        problem = f"Array must contain at most {MAX_GROUPS} element(s)"
        raise input_error(fields.at("group_by"), problem)
    return tuple(read_measured(group) for group in groups)


def _addressed(app: App, request: HttpRequest) -> Aggregation:
    return app.state.aggregation(request.path_values["aggregation_id"])


ROUTES: Final = (
    Route("POST", "/v1/aggregations", create_aggregation, keyed=True),
    Route("GET", "/v1/aggregations/{aggregation_id}", get_aggregation),
    Route("DELETE", "/v1/aggregations/{aggregation_id}", delete_aggregation),
)
