"""Key quorums (https://docs.privy.io/controls/key-quorum/overview)."""

from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.dismissal import dismiss_intents
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.key_quorums import KeyQuorum, PublicKeyMember
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_NESTED: Final = 5
MAX_DISPLAY_NAME: Final = 50

_FIELDS: Final = (
    "public_keys",
    "user_ids",
    "key_quorum_ids",
    "authorization_threshold",
    "display_name",
)


def create_key_quorum(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/key_quorums. The threshold defaults to all members."""
    quorum = _described(app.state, request.fields, KeyQuorum(app.state.new_id(), 0))
    if quorum.authorization_threshold == 0:
        quorum = attrs.evolve(quorum, authorization_threshold=quorum.member_count)
    _check(app.state, quorum)
    app.state.key_quorums[quorum.id] = quorum
    return HttpResponse.json(quorum.to_json())


def get_key_quorum(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/key_quorums/{key_quorum_id}."""
    return HttpResponse.json(_addressed(app, request).to_json())


def get_key_quorums(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/key_quorums, oldest first."""
    quorums = list(app.state.key_quorums.values())
    return page(quorums, request.query, lambda shown: [each.to_json() for each in shown])


def update_key_quorum(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/key_quorums/{key_quorum_id}. A list that is sent replaces the whole list."""
    quorum = updated_key_quorum(app, request)
    app.state.key_quorums[quorum.id] = quorum
    dismiss_intents(app.state, quorum.id, "The key quorum was updated")
    return HttpResponse.json(quorum.to_json())


def updated_key_quorum(app: App, request: HttpRequest) -> KeyQuorum:
    """The key quorum as the request wants it, not yet stored."""
    quorum = _described(app.state, request.fields, _addressed(app, request))
    _check(app.state, quorum)
    return quorum


def delete_key_quorum(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/key_quorums/{key_quorum_id}, unless something depends on it."""
    quorum = _addressed(app, request)
    if quorum.id in app.state.quorum_ids_in_use or _is_nested(app.state, quorum):
        raise Refusal(409, "Key quorum is in use", "resource_conflict")
    del app.state.key_quorums[quorum.id]
    dismiss_intents(app.state, quorum.id, "The key quorum was deleted")
    return HttpResponse.json({"success": True})


def _addressed(app: App, request: HttpRequest) -> KeyQuorum:
    return app.state.key_quorum(request.path_values["key_quorum_id"])


def _itself(app: App, request: HttpRequest) -> tuple[str, ...]:
    return (_addressed(app, request).id,)


def _described(state: State, fields: Fields, quorum: KeyQuorum) -> KeyQuorum:
    """The quorum with the fields that were sent."""
    fields.refuse_others(*_FIELDS)
    if fields.has("public_keys"):
        quorum = attrs.evolve(quorum, public_keys=_public_keys(fields))
    if fields.has("user_ids"):
        users = (state.user(user_id) for user_id in fields.strings("user_ids"))
        quorum = attrs.evolve(quorum, user_ids=tuple(user.id for user in users))
    if fields.has("key_quorum_ids"):
        nested = fields.strings("key_quorum_ids", max_items=MAX_NESTED)
        quorum = attrs.evolve(quorum, key_quorum_ids=nested)
    if fields.has("display_name") or fields.clears("display_name"):
        name = fields.optional_string("display_name", max_length=MAX_DISPLAY_NAME)
        quorum = attrs.evolve(quorum, display_name=name)
    threshold = fields.optional_integer("authorization_threshold", minimum=1)
    return attrs.evolve(quorum, authorization_threshold=threshold) if threshold else quorum


def _public_keys(fields: Fields) -> tuple[PublicKeyMember, ...]:
    members = tuple(
        public_key_member(text, f"{fields.at('public_keys')}.{index}")
        for index, text in enumerate(fields.strings("public_keys"))
    )
    if len({member.point for member in members}) < len(members):
        raise input_error(fields.at("public_keys"), "Array must not contain a key twice")
    return members


def public_key_member(text: str, path: str) -> PublicKeyMember:
    """Read a public key, or refuse the field at `path`."""
    try:
        return PublicKeyMember.parse(text)
    except ValueError:
        raise input_error(path, "Not a P-256 public key: base64 of SPKI DER, or PEM") from None


def _check(state: State, quorum: KeyQuorum) -> None:
    if quorum.member_count == 0:
        problem = "Must provide at least one of user_ids, public_keys, or key_quorum_ids"
        raise input_error("", problem)
    if quorum.authorization_threshold > quorum.member_count:
        problem = "Must be less than or equal to the number of members"
        raise input_error("authorization_threshold", problem)
    nested = [state.key_quorum(nested_id) for nested_id in quorum.key_quorum_ids]
    in_itself = quorum.id in quorum.key_quorum_ids
    too_deep = any(each.key_quorum_ids for each in nested) or _is_nested(state, quorum)
    if nested and (too_deep or in_itself):
        raise input_error("key_quorum_ids", "Key quorums can only be nested 1 level deep")


def _is_nested(state: State, quorum: KeyQuorum) -> bool:
    return any(quorum.id in other.key_quorum_ids for other in state.key_quorums.values())


ROUTES: Final = (
    Route("POST", "/v1/key_quorums", create_key_quorum),
    Route("GET", "/v1/key_quorums", get_key_quorums),
    Route("GET", "/v1/key_quorums/{key_quorum_id}", get_key_quorum),
    Route("PATCH", "/v1/key_quorums/{key_quorum_id}", update_key_quorum, _itself, changes=True),
    Route("DELETE", "/v1/key_quorums/{key_quorum_id}", delete_key_quorum, _itself, changes=True),
)
