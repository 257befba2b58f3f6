"""Policies, and what they deny. https://docs.privy.io/controls/policies/overview"""

from typing import Any

from contract.scene import Scene
from contract.statement import states, status_and_code, told

DENIED = "400 policy_violation: RPC request denied due to policy violation"


def _rule(method: str = "personal_sign", action: str = "ALLOW", **condition: Any) -> dict[str, Any]:
    conditions = [condition] if condition else []
    return {"name": "contract", "method": method, "conditions": conditions, "action": action}


def _value_below(limit: int) -> dict[str, Any]:
    source = {"field_source": "ethereum_transaction", "field": "value"}
    return _rule("eth_signTransaction", **source, operator="lt", value=str(limit))


async def _under(scene: Scene, *rules: dict[str, Any]) -> dict[str, Any]:
    policy = await scene.policy(*rules)
    return await scene.wallet(policy_ids=[policy["id"]])


@states("200, version '1.0', chain_type 'ethereum', owner_id None")
async def policy_fields(scene: Scene) -> str:
    """A policy has a version, a chain_type, and null for no owner."""
    policy = await scene.policy(_rule())
    path = f"/v1/policies/{policy['id']}"
    return told(await scene.call("GET", path), "version", "chain_type", "owner_id")


@states("each has an id")
async def rules_have_ids(scene: Scene) -> str:
    """Privy gives each rule of a policy an id."""
    rules = (await scene.policy(_rule(), _rule("eth_signTransaction")))["rules"]
    return "each has an id" if all(rule.get("id") for rule in rules) else str(rules)


@states("200")
async def allowed(scene: Scene) -> str:
    """A rule without conditions allows all of its method."""
    return told(await scene.sign_hello((await _under(scene, _rule()))["id"]))


@states(DENIED)
async def no_rule(scene: Scene) -> str:
    """What no rule of a wallet's policy allows is denied with 400 policy_violation."""
    return told(await scene.sign_hello((await _under(scene, _rule("eth_signTransaction")))["id"]))


@states(DENIED)
async def no_rules_at_all(scene: Scene) -> str:
    """A policy without rules denies everything."""
    return told(await scene.sign_hello((await _under(scene))["id"]))


@states(DENIED)
async def deny_is_stronger(scene: Scene) -> str:
    """A rule that denies is stronger than one that allows, whichever comes first."""
    wallet = await _under(scene, _rule(), _rule(action="DENY"))
    return told(await scene.sign_hello(wallet["id"]))


@states("200")
async def any_method(scene: Scene) -> str:
    """A rule for the method * allows every method."""
    return told(await scene.sign_hello((await _under(scene, _rule("*")))["id"]))


async def _signing_a_transaction(scene: Scene, value: int) -> str:
    wallet = await scene.kept("below 100", lambda: _under(scene, _value_below(100)))
    transaction = {
        "to": "0x0000000000000000000000000000000000000001",
        "value": value,
        "chain_id": 1,
        "type": 2,
        "nonce": 0,
        "gas_limit": 21000,
        "max_fee_per_gas": 1,
        "max_priority_fee_per_gas": 1,
    }
    params = {"transaction": transaction}
    return status_and_code(await scene.rpc(wallet, "eth_signTransaction", params=params))


@states("200 without a code")
async def condition_that_holds(scene: Scene) -> str:
    """A condition on a transaction's value compares wei: below the limit it is allowed."""
    return await _signing_a_transaction(scene, 99)


@states("400 policy_violation")
async def condition_that_does_not_hold(scene: Scene) -> str:
    """At the limit of an `lt` it is denied."""
    return await _signing_a_transaction(scene, 100)


@states("400 invalid_data")
async def two_policies(scene: Scene) -> str:
    """A wallet takes one policy, not two."""
    ids = [(await scene.policy(_rule()))["id"] for _ in range(2)]
    reply = await scene.create("/v1/wallets", {"chain_type": "ethereum", "policy_ids": ids})
    return status_and_code(reply)


async def _create(scene: Scene, **changes: Any) -> str:
    body = {"version": "1.0", "name": scene.name(), "chain_type": "ethereum", "rules": [_rule()]}
    return status_and_code(await scene.create("/v1/policies", {**body, **changes}))


@states("400 invalid_data")
async def unknown_rule_method(scene: Scene) -> str:
    """A rule for a method that there is not is refused."""
    return await _create(scene, rules=[_rule("eth_privyContract")])


@states("400 invalid_data")
async def unknown_version(scene: Scene) -> str:
    """A policy of another version than "1.0" is refused."""
    return await _create(scene, version="2.0")


@states("400 invalid_data")
async def unknown_action(scene: Scene) -> str:
    """A rule that neither allows nor denies is refused."""
    return await _create(scene, rules=[_rule(action="MAYBE")])


@states("200; then 404 not_found")
async def deleted_policy(scene: Scene) -> str:
    """A policy without an owner is deleted with the app's secret, and is gone."""
    path = f"/v1/policies/{(await scene.policy(_rule()))['id']}"
    deleted = await scene.call("DELETE", path)
    return f"{deleted.status}; then {status_and_code(await scene.call('GET', path))}"


@states("200, name 'contract-2', action 'DENY'")
async def added_rule(scene: Scene) -> str:
    """A rule is added at /v1/policies/{id}/rules, which answers it."""
    path = f"/v1/policies/{(await scene.policy(_rule()))['id']}/rules"
    rule = {**_rule("eth_signTransaction", "DENY"), "name": "contract-2"}
    return told(await scene.call("POST", path, rule), "name", "action")
