"""Policies and their rules (https://docs.privy.io/controls/policies/create-a-policy)."""

from collections.abc import Sequence
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES
from privy_async.sandbox.operations.controls.owners import owner_of, signers_of
from privy_async.sandbox.operations.dismissal import dismiss_intents
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.policies.validate import name_of, read_rule, read_rules, require_small_idls
from privy_async.sandbox.records.policies import Policy, Rule
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State


def create_policy(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/policies, for which the app's secret is enough."""
    state, fields = app.state, request.fields
    fields.choice("version", ("1.0",))
    chain_type = fields.choice("chain_type", CHAIN_TYPES)
    policy = Policy(
        id=state.new_id(),
        name=name_of(fields),
        chain_type=chain_type,
        rules=read_rules(state, fields, chain_type),
        created_at=state.now,
        owner_id=owner_of(state, fields, None),
    )
    return _stored(state, policy)


def get_policy(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/policies/{policy_id}."""
    return HttpResponse.json(_addressed(app, request).to_json())


def get_policies(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/policies, oldest first, without their rules."""
    policies = list(app.state.policies.values())
    return page(policies, request.query, lambda shown: [each.summary() for each in shown])


def update_policy(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/policies/{policy_id}. Rules that are sent replace all of them."""
    return _stored(app.state, updated_policy(app, request))


def updated_policy(app: App, request: HttpRequest) -> Policy:
    """The policy as the request wants it, not yet stored."""
    return _described(app.state, request.fields, _addressed(app, request))


def delete_policy(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/policies/{policy_id}, unless a wallet or a signer is bound by it."""
    policy = _addressed(app, request)
    wallets = app.state.wallets.values()
    if any(policy.id in (*w.policy_ids, *w.override_policy_ids.values()) for w in wallets):
        raise Refusal(409, "Policy is in use", "resource_conflict")
    del app.state.policies[policy.id]
    dismiss_intents(app.state, policy.id, "The policy was deleted")
    return HttpResponse.json({"success": True})


def create_rule(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/policies/{policy_id}/rules."""
    policy, rule = _addressed(app, request), new_rule(app, request)
    _stored(app.state, attrs.evolve(policy, rules=(*policy.rules, rule)))
    return HttpResponse.json(rule.to_json())


def new_rule(app: App, request: HttpRequest) -> Rule:
    """The rule that the request describes, not yet stored."""
    policy = _addressed(app, request)
    return read_rule(app.state, request.fields, policy.chain_type, app.state.new_id())


def get_rule(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/policies/{policy_id}/rules/{rule_id}."""
    return HttpResponse.json(addressed_rule(app, request).to_json())


def update_rule(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/policies/{policy_id}/rules/{rule_id}, with the whole rule."""
    policy, rule = _addressed(app, request), updated_rule(app, request)
    rules = tuple(rule if each.id == rule.id else each for each in policy.rules)
    _stored(app.state, attrs.evolve(policy, rules=rules))
    return HttpResponse.json(rule.to_json())


def updated_rule(app: App, request: HttpRequest) -> Rule:
    """The rule in the path as the request wants it, not yet stored."""
    policy, known = _addressed(app, request), addressed_rule(app, request)
    return read_rule(app.state, request.fields, policy.chain_type, known.id)


def delete_rule(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/policies/{policy_id}/rules/{rule_id}."""
    policy, rule = _addressed(app, request), addressed_rule(app, request)
    rules = tuple(each for each in policy.rules if each.id != rule.id)
    _stored(app.state, attrs.evolve(policy, rules=rules))
    return HttpResponse.json({"success": True})


def _described(state: State, fields: Fields, policy: Policy) -> Policy:
    """The policy with the fields that were sent."""
    if fields.has("name"):
        policy = attrs.evolve(policy, name=name_of(fields))
    if fields.has("rules"):
        policy = attrs.evolve(policy, rules=read_rules(state, fields, policy.chain_type))
    return attrs.evolve(policy, owner_id=owner_of(state, fields, policy.owner_id))


def _stored(state: State, policy: Policy) -> HttpResponse:
    require_small_idls(policy.rules)
    state.policies[policy.id] = policy
    dismiss_intents(state, policy.id, "The policy was updated")
    return HttpResponse.json(policy.to_json())


def _addressed(app: App, request: HttpRequest) -> Policy:
    return app.state.policy(request.path_values["policy_id"])


def addressed_rule(app: App, request: HttpRequest) -> Rule:
    """The rule in the path."""
    rule_id = request.path_values["rule_id"]
    for rule in _addressed(app, request).rules:
        if rule.id == rule_id:
            return rule
    raise Refusal(404, "Rule not found", "not_found")


def _owner(app: App, request: HttpRequest) -> Sequence[str]:
    return signers_of(_addressed(app, request).owner_id)


_RULES: Final = "/v1/policies/{policy_id}/rules"

ROUTES: Final = (
    Route("POST", "/v1/policies", create_policy, keyed=True),
    Route("GET", "/v1/policies", get_policies),
    Route("GET", "/v1/policies/{policy_id}", get_policy),
    Route("PATCH", "/v1/policies/{policy_id}", update_policy, _owner, changes=True),
    Route("DELETE", "/v1/policies/{policy_id}", delete_policy, _owner, changes=True),
    Route("POST", _RULES, create_rule, _owner, changes=True),
    Route("GET", f"{_RULES}/{{rule_id}}", get_rule),
    Route("PATCH", f"{_RULES}/{{rule_id}}", update_rule, _owner, changes=True),
    Route("DELETE", f"{_RULES}/{{rule_id}}", delete_rule, _owner, changes=True),
)
