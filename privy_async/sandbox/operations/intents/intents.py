"""Intents (https://docs.privy.io/transaction-management/intents/overview)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.authorization.check import EXPIRY_HEADER, check_expiry
from privy_async.sandbox.operations.intents.intent_approvals import (
    approved,
    authorization_details,
    authorizing_quorum,
    members_missing,
    without_mfa,
)
from privy_async.sandbox.operations.intents.intent_events import (
    tell_of_approval,
    tell_of_new_intent,
    tell_of_rejection,
    tell_of_result,
)
from privy_async.sandbox.operations.intents.intent_kinds import KINDS, IntentKind, resource_json
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.intents import PENDING, PROCESSING, Intent, ProposedRequest
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.javascript import canonical_json
from privy_async.sandbox.requests.json_text import parse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

LIFETIME: Final = 72 * 60 * 60 * 1000
_STATUSES: Final = (
    "pending",
    "processing",
    "executed",
    "failed",
    "expired",
    "rejected",
    "dismissed",
)
_ORDERS: Final[Mapping[str, Callable[[Intent], int]]] = {
    "created_at_desc": lambda intent: -intent.created_at,
    "updated_at_desc": lambda intent: -intent.updated_at,
    "expires_at_asc": lambda intent: intent.expires_at,
}


def create_intent(kind: IntentKind, app: App, request: HttpRequest) -> HttpResponse:
    """Propose a request, for which the app's secret is enough.

    It is checked like a direct one as far as that goes without executing it.
    """
    state = app.state
    check_expiry(state, request)
    kind.check(app, request)
    quorum_ids = kind.direct.signers(app, request) if kind.direct.signers else ()
    if not quorum_ids:
        raise Refusal(400, "The resource has no owner who could authorize it", "invalid_data")
    expiry = request.headers.get(EXPIRY_HEADER)
    proposed = _proposed(state, kind, request)
    intent = Intent(
        id=state.new_id(),
        kind=kind.name,
        resource_id=proposed.path_values[kind.id_name],
        request=proposed,
        quorum_ids=tuple(quorum_ids),
        created_at=state.now,
        updated_at=state.now,
        expires_at=int(expiry) if expiry else state.now + LIFETIME,
        custom_expiry=expiry is not None,
    )
    tell_of_new_intent(app, intent)
    return _stored(state, intent)


def get_intents(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/intents, those that pass every filter, newest first unless told otherwise."""
    state, query = app.state, request.query
    for name, choices in (
        ("status", _STATUSES),
        ("intent_type", tuple({kind.name: None for kind in KINDS})),
        ("current_user_has_signed", ("true", "false")),
        ("sort_by", tuple(_ORDERS)),
    ):
        if query.get(name, choices[0]) not in choices:
            raise input_error(name, f"Expected {' | '.join(map(repr, choices))}")
    # Sorting keeps the order of equals, so of two made in one millisecond the newer comes first.
    newest_first = reversed(state.intents.values())
    intents = [intent for intent in newest_first if _passes(state, intent, query)]
    intents.sort(key=_ORDERS[query.get("sort_by", "created_at_desc")])
    return page(intents, query, lambda shown: [_to_json(state, each) for each in shown])


def get_intent(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/intents/{intent_id}."""
    return HttpResponse.json(_to_json(app.state, _addressed(app, request)))


async def authorize_intent(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/intents/{intent_id}/authorize; with the last agreement the request is made."""
    state, intent = app.state, _pending(app, request, "authorized")
    signature = request.fields.string("signature")
    timestamp = request.fields.optional_integer("timestamp", minimum=0)
    if timestamp is None:
        raise input_error("timestamp", "Required")
    direct = _direct_request(app, intent)
    needs_mfa = _kind(intent).needs_mfa(app, intent, direct)
    intent = approved(state, intent, direct, signature, timestamp, needs_mfa=needs_mfa)
    state.intents[intent.id] = intent
    tell_of_approval(app, intent)
    quorum = authorizing_quorum(state, intent)
    if quorum is None:
        return HttpResponse.json(_to_json(state, intent))
    lacking = without_mfa(state, intent, quorum)
    direct = attrs.evolve(direct, authorized_by=quorum.id, without_mfa=lacking)
    intent = await _executed(app, intent, direct, quorum.display_name)
    tell_of_result(app, intent)
    return _stored(state, intent)


def reject_intent(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/intents/{intent_id}/reject, for which the app's secret is enough."""
    state, intent = app.state, _pending(app, request, "rejected")
    now = state.now
    intent = attrs.evolve(intent, status="rejected", rejected_at=now, updated_at=now)
    tell_of_rejection(app, intent)
    return _stored(state, intent)


async def _executed(
    app: App, intent: Intent, direct: HttpRequest, quorum_name: str | None
) -> Intent:
    """The intent with what came of its request."""
    state = app.state
    prior = {} if intent.kind in ("RPC", "TRANSFER") else _prior_state(state, intent)
    # Until it is known what came of it, nobody can authorize or reject it.
    state.intents[intent.id] = intent = attrs.evolve(intent, status=PROCESSING)
    response = await _run(app, _kind(intent).direct, direct)
    result = {
        "status_code": response.status,
        "executed_at": state.now,
        "authorized_by_id": direct.authorized_by,
        **({} if quorum_name is None else {"authorized_by_display_name": quorum_name}),
        "response_body": parse(response.body),
        **prior,
    }
    status = "executed" if response.status < 400 else "failed"
    return attrs.evolve(intent, status=status, result=result, updated_at=state.now)


async def _run(app: App, route: Route, request: HttpRequest) -> HttpResponse:
    try:
        route.check_mfa(app, request)
        response = route.run(app, request)
        return response if isinstance(response, HttpResponse) else await response
    except Refusal as refusal:
        return HttpResponse.refusal(refusal)


def _prior_state(state: State, intent: Intent) -> Json:
    resource = resource_json(state, intent)
    return {} if resource is None else {"prior_state": resource}


def _proposed(state: State, kind: IntentKind, request: HttpRequest) -> ProposedRequest:
    values = dict(request.path_values)
    if "wallet_id" in values:
        # An external id may stand for the wallet's.
        values["wallet_id"] = state.wallet(values["wallet_id"]).id
    path = kind.direct.path.format_map(values)
    body = None if kind.direct.method == "DELETE" else dict(request.fields.values)
    return ProposedRequest(kind.direct.method, request.base_url + path, values, body)


def _direct_request(app: App, intent: Intent) -> HttpRequest:
    """The request as its owner would have sent it directly, without signatures."""
    proposed = intent.request
    scheme, _, rest = proposed.url.partition("://")
    host, slash, path = rest.partition("/")
    expiry = {EXPIRY_HEADER: str(intent.expires_at)} if intent.custom_expiry else {}
    return HttpRequest(
        method=proposed.method,
        base_url=f"{scheme}://{host}",
        target=slash + path,
        query={},
        headers={"privy-app-id": app.app_id, "content-type": "application/json", **expiry},
        body=b"" if proposed.body is None else canonical_json(proposed.body),
        path_values=proposed.path_values,
    )


def _kind(intent: Intent) -> IntentKind:
    key = (intent.kind, intent.request.method)
    return next(kind for kind in KINDS if kind.key == key)


def _addressed(app: App, request: HttpRequest) -> Intent:
    return app.state.intent(request.path_values["intent_id"])


def _pending(app: App, request: HttpRequest, done: str) -> Intent:
    intent = _addressed(app, request)
    status = intent.status_at(app.state.now)
    if status != PENDING:
        problem = f"Only a pending intent can be {done}, and this one is {status}"
        raise Refusal(400, problem, "invalid_data")
    return intent


def _stored(state: State, intent: Intent) -> HttpResponse:
    state.intents[intent.id] = intent
    return HttpResponse.json(_to_json(state, intent))


def _passes(state: State, intent: Intent, query: Mapping[str, str]) -> bool:
    status = intent.status_at(state.now)
    member = query.get("pending_member_id")
    return (
        query.get("status", status) == status
        and query.get("intent_type", intent.kind) == intent.kind
        and query.get("resource_id", intent.resource_id) == intent.resource_id
        # The app's secret creates all of them, and is no user who signs.
        and "created_by_id" not in query
        and query.get("current_user_has_signed") != "true"
        and (member is None or (status == PENDING and member in members_missing(state, intent)))
    )


def _to_json(state: State, intent: Intent) -> Json:
    """The intent as Privy answers it."""
    optional = {
        "rejected_at": intent.rejected_at,
        "dismissed_at": intent.dismissed_at,
        "dismissal_reason": intent.dismissal_reason,
        "current_resource_data": resource_json(state, intent),
        "action_result": intent.result,
    }
    return {
        "intent_id": intent.id,
        "intent_type": intent.kind,
        "status": intent.status_at(state.now),
        "created_by_display_name": intent.created_by,
        "created_at": intent.created_at,
        "expires_at": intent.expires_at,
        "custom_expiry": intent.custom_expiry,
        "resource_id": intent.resource_id,
        "request_details": {
            "method": intent.request.method,
            "url": intent.request.url,
            "body": {} if intent.request.body is None else intent.request.body,
        },
        "authorization_details": authorization_details(state, intent),
        **{name: value for name, value in optional.items() if value is not None},
        **_rules_policy(state, intent),
    }


def _rules_policy(state: State, intent: Intent) -> Mapping[str, Any]:
    policy = state.policies.get(intent.resource_id) if intent.kind == "RULE" else None
    return {} if policy is None else {"policy": policy.to_json()}


def _creating() -> Iterator[Route]:
    for kind in KINDS:
        path = kind.direct.path.replace("/v1/", "/v1/intents/", 1)
        yield Route(kind.direct.method, path, partial(create_intent, kind))


_INTENT: Final = "/v1/intents/{intent_id}"

ROUTES: Final[Sequence[Route]] = (
    *_creating(),
    Route("GET", "/v1/intents", get_intents),
    Route("GET", _INTENT, get_intent),
    Route("POST", f"{_INTENT}/authorize", authorize_intent),
    Route("POST", f"{_INTENT}/reject", reject_intent),
)
