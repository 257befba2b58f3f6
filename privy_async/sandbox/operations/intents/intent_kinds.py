"""The kinds of intents: which request each proposes, and of what resource."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.controls import key_quorums, policies
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets import signing, transfers, wallets
from privy_async.sandbox.policies.asked import asked_by_action, asked_by_export, asked_by_rpc
from privy_async.sandbox.policies.evaluate import asks_for_mfa
from privy_async.sandbox.policies.subjects import Asked
from privy_async.sandbox.records.intents import Intent
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.state import State

Resource = Mapping[str, Any]


@attrs.frozen
class IntentKind:
    """A kind of proposal.

    Attributes:
        name: The `intent_type`.
        direct: The operation that runs in the end, the very one of a direct request.
        check: Refuses a request that could not be executed now.
        id_name: Which of the path's values names the resource.
    """

    name: str
    direct: Route
    check: Callable[[App, HttpRequest], object]
    id_name: str

    @property
    def key(self) -> tuple[str, str]:
        """The name of the kind: those of rules have one."""
        return (self.name, self.direct.method)

    def needs_mfa(self, app: App, intent: Intent, request: HttpRequest) -> bool:
        """True if users can authorize the proposed request with MFA alone."""
        if self.direct.changes:
            return app.granular_mfa
        state, wallet = app.state, app.state.wallets.get(intent.resource_id)
        ask = partial(_asked, self.name, request)
        return wallet is not None and any(
            asks_for_mfa(state, wallet, quorum_id, ask) for quorum_id in intent.quorum_ids
        )


def _asked(kind: str, request: HttpRequest) -> Asked:
    if kind == "TRANSFER":
        return asked_by_action("transfer", request.fields)
    method = request.fields.string("method")
    exports = method in signing.EXPORT_METHODS
    return asked_by_export(method) if exports else asked_by_rpc(request.fields)


def resource_json(state: State, intent: Intent) -> Resource | None:
    """The resource as it is now; None if it is gone or, for a new rule, not yet there."""
    wallet = state.wallets.get(intent.resource_id)
    if wallet is not None:
        return state.wallet_json(wallet)
    quorum = state.key_quorums.get(intent.resource_id)
    if quorum is not None:
        return quorum.to_json()
    policy = state.policies.get(intent.resource_id)
    if policy is None:
        return None
    if intent.kind == "POLICY":
        return policy.to_json()
    rule_id = intent.request.path_values.get("rule_id")
    return next((rule.to_json() for rule in policy.rules if rule.id == rule_id), None)


def _check_rpc(app: App, request: HttpRequest) -> object:
    return signing.rpc_method(request.fields)


def _check_transfer(app: App, request: HttpRequest) -> object:
    request.fields.object("source").string("chain")
    return request.fields.object("destination").string("address")


def _kinds() -> tuple[IntentKind, ...]:
    direct = {
        (route.method, route.path): route
        for area in (wallets, signing, transfers, policies, key_quorums)
        for route in area.ROUTES
    }
    wallet, policy = "/v1/wallets/{wallet_id}", "/v1/policies/{policy_id}"
    rule = f"{policy}/rules/{{rule_id}}"
    quorum = "/v1/key_quorums/{key_quorum_id}"
    rows = (
        ("RPC", "POST", f"{wallet}/rpc", _check_rpc, "wallet_id"),
        ("TRANSFER", "POST", f"{wallet}/transfer", _check_transfer, "wallet_id"),
        ("WALLET", "PATCH", wallet, wallets.updated_wallet, "wallet_id"),
        ("POLICY", "PATCH", policy, policies.updated_policy, "policy_id"),
        ("RULE", "POST", f"{policy}/rules", policies.new_rule, "policy_id"),
        ("RULE", "PATCH", rule, policies.updated_rule, "policy_id"),
        ("RULE", "DELETE", rule, policies.addressed_rule, "policy_id"),
        ("KEY_QUORUM", "PATCH", quorum, key_quorums.updated_key_quorum, "key_quorum_id"),
    )
    return tuple(
        IntentKind(name, direct[method, path], check, id_name)
        for name, method, path, check, id_name in rows
    )


KINDS: Final = _kinds()
