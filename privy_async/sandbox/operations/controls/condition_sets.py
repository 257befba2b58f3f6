"""Condition sets and their items (https://docs.privy.io/api-reference/condition-sets/create)."""

from collections.abc import Sequence
from typing import Final, cast

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.controls.owners import owner_of, signers_of
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.policies.validate import name_of
from privy_async.sandbox.records.policies import ConditionSet, ConditionSetItem
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_NAME: Final = 100
MAX_ITEMS: Final = 100


def create_condition_set(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/condition_sets, with an owner."""
    state, fields = app.state, request.fields
    if fields.values.get("owner") is None and fields.values.get("owner_id") is None:
        raise input_error("owner", "Exactly one of `owner` or `owner_id` is required")
    condition_set = ConditionSet(
        id=state.new_id(),
        name=name_of(fields, max_length=MAX_NAME),
        created_at=state.now,
        owner_id=owner_of(state, fields, None),
    )
    return _stored(state, condition_set)


def get_condition_set(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/condition_sets/{condition_set_id}."""
    return HttpResponse.json(_addressed(app, request).to_json())


def get_condition_sets(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/condition_sets, oldest first."""
    sets = list(app.state.condition_sets.values())
    return page(sets, request.query, lambda shown: [each.to_json() for each in shown])


def update_condition_set(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/condition_sets/{condition_set_id}."""
    condition_set, fields = _addressed(app, request), request.fields
    if not any(name in fields.values for name in ("name", "owner", "owner_id")):
        raise input_error("", "At least one field must be provided")
    if fields.has("name"):
        name = name_of(fields, max_length=MAX_NAME)
        condition_set = attrs.evolve(condition_set, name=name)
    owner_id = owner_of(app.state, fields, condition_set.owner_id)
    return _stored(app.state, attrs.evolve(condition_set, owner_id=owner_id))


def delete_condition_set(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/condition_sets/{condition_set_id}, with its items."""
    del app.state.condition_sets[_addressed(app, request).id]
    return HttpResponse.json({"success": True})


def add_items(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/condition_sets/{condition_set_id}/condition_set_items; answers the new items."""
    condition_set = _addressed(app, request)
    added = _items(app.state, condition_set, request.json)
    items = (*condition_set.items, *added)
    _stored(app.state, attrs.evolve(condition_set, items=items))
    return HttpResponse.json([item.to_json() for item in added])


def replace_items(app: App, request: HttpRequest) -> HttpResponse:
    """PUT /v1/condition_sets/{condition_set_id}/condition_set_items; answers all items."""
    condition_set = _addressed(app, request)
    items = _items(app.state, condition_set, request.json)
    _stored(app.state, attrs.evolve(condition_set, items=items))
    return HttpResponse.json([item.to_json() for item in items])


def get_items(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/condition_sets/{condition_set_id}/condition_set_items, paged.

    `query` finds the items whose value contains it.
    """
    wanted = request.query.get("query", "")
    items = [item for item in _addressed(app, request).items if wanted in item.value]
    return page(items, request.query, lambda shown: [i.to_json() for i in shown], name="items")


def get_item(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/condition_sets/{condition_set_id}/condition_set_items/{condition_set_item_id}."""
    return HttpResponse.json(_addressed_item(app, request).to_json())


def delete_item(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/condition_sets/{condition_set_id}/condition_set_items/{condition_set_item_id}."""
    condition_set, item = _addressed(app, request), _addressed_item(app, request)
    items = tuple(each for each in condition_set.items if each != item)
    _stored(app.state, attrs.evolve(condition_set, items=items))
    return HttpResponse.json({"success": True})


def _items(state: State, condition_set: ConditionSet, body: object) -> tuple[ConditionSetItem, ...]:
    """The items that the body, an array of `{"value": ...}`, describes."""
    if not isinstance(body, list):
        raise input_error("", "Expected an array of objects")
    described = cast("list[object]", body)
    if not 1 <= len(described) <= MAX_ITEMS:
        raise input_error("", f"Array must contain 1 to {MAX_ITEMS} element(s)")
    fields = [Fields.of(each, str(index)) for index, each in enumerate(described)]
    values = [_item_value(each) for each in fields]
    return tuple(
        ConditionSetItem(state.new_id(), condition_set.id, value, state.now) for value in values
    )


def _item_value(fields: Fields) -> str:
    value = fields.string("value")
    if not value:
        raise input_error(fields.at("value"), "String must contain at least 1 character")
    return value


def _stored(state: State, condition_set: ConditionSet) -> HttpResponse:
    state.condition_sets[condition_set.id] = condition_set
    return HttpResponse.json(condition_set.to_json())


def _addressed(app: App, request: HttpRequest) -> ConditionSet:
    return app.state.condition_set(request.path_values["condition_set_id"])


def _addressed_item(app: App, request: HttpRequest) -> ConditionSetItem:
    item_id = request.path_values["condition_set_item_id"]
    for item in _addressed(app, request).items:
        if item.id == item_id:
            return item
    raise Refusal(404, "Condition set item not found", "not_found")


def _owner(app: App, request: HttpRequest) -> Sequence[str]:
    return signers_of(_addressed(app, request).owner_id)


_SET: Final = "/v1/condition_sets/{condition_set_id}"
_ITEMS: Final = f"{_SET}/condition_set_items"
_ITEM: Final = f"{_ITEMS}/{{condition_set_item_id}}"

ROUTES: Final = (
    Route("POST", "/v1/condition_sets", create_condition_set),
    Route("GET", "/v1/condition_sets", get_condition_sets),
    Route("GET", _SET, get_condition_set),
    Route("PATCH", _SET, update_condition_set, _owner, changes=True),
    Route("DELETE", _SET, delete_condition_set, _owner, changes=True),
    Route("POST", _ITEMS, add_items, _owner, changes=True),
    Route("PUT", _ITEMS, replace_items, _owner, changes=True),
    Route("GET", _ITEMS, get_items),
    Route("GET", _ITEM, get_item),
    Route("DELETE", _ITEM, delete_item, _owner, changes=True),
)
