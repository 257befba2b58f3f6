"""Making, reading, changing and deleting policies and rules.

https://docs.privy.io/controls/policies/create-a-policy and the pages beside it.
"""

from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from policy_engine import ERC20, OTHER, USDC, condition, rule

pytestmark = pytest.mark.anyio

POLICY = {
    "version": "1.0",
    "name": "Stablecoins",
    "chain_type": "ethereum",
    "rules": [
        rule(
            "eth_sendTransaction",
            condition("ethereum_transaction", "to", "in", [USDC, OTHER]),
            condition("ethereum_calldata", "transfer.amount", "lte", "10", abi=ERC20),
        )
    ],
}
TYPES = {"primary_type": "Mail", "types": {"Mail": [{"name": "text", "type": "string"}]}}


async def create(api: ApiClient, **changes: Any) -> dict[str, Any]:
    """Make a policy."""
    reply = await api.call("POST", "/v1/policies", {**POLICY, **changes})
    assert reply.status == 200, reply
    return dict(reply.body)


async def test_a_policy_is_answered_as_it_was_made(api: ApiClient) -> None:
    """A policy comes back with ids for itself and for each rule."""
    policy = await create(api)
    rule_id = policy["rules"][0]["id"]
    assert policy == {
        **POLICY,
        "rules": [{"id": rule_id, **POLICY["rules"][0]}],
        "id": policy["id"],
        "owner_id": None,
        "created_at": 1_800_000_000_000,
    }
    assert len(policy["id"]) == len(rule_id) == 24
    path = f"/v1/policies/{policy['id']}"
    assert (await api.call("GET", path)).body == policy
    assert (await api.call("GET", f"{path}/rules/{rule_id}")).body == policy["rules"][0]


async def test_a_repeated_creation_makes_one_policy(api: ApiClient) -> None:
    """Creating a policy takes an idempotency key."""
    headers = {"privy-idempotency-key": "once"}
    first = await api.call("POST", "/v1/policies", POLICY, headers=headers)
    second = await api.call("POST", "/v1/policies", POLICY, headers=headers)
    assert first.body == second.body
    assert len(api.sandbox.state.policies) == 1


async def test_changing_a_policy(api: ApiClient) -> None:
    """Fields that are sent are replaced, the others stay."""
    policy = await create(api)
    path = f"/v1/policies/{policy['id']}"
    renamed = (await api.call("PATCH", path, {"name": "Coins"})).body
    assert renamed == {**policy, "name": "Coins"}
    emptied = (await api.call("PATCH", path, {"rules": []})).body
    assert emptied == {**renamed, "rules": []}
    assert (await api.call("DELETE", path)).body == {"success": True}
    assert (await api.call("GET", path)).status == 404


async def test_changing_rules(api: ApiClient) -> None:
    """Rules are added behind, replaced in place and deleted one by one."""
    policy = await create(api)
    first = policy["rules"][0]
    path = f"/v1/policies/{policy['id']}"
    second = (await api.call("POST", f"{path}/rules", rule("personal_sign"))).body
    assert (await api.call("GET", path)).body["rules"] == [first, second]
    changed = rule("personal_sign", action="DENY")
    updated = (await api.call("PATCH", f"{path}/rules/{first['id']}", changed)).body
    assert updated == {"id": first["id"], **changed}
    assert (await api.call("GET", path)).body["rules"] == [updated, second]
    deleted = await api.call("DELETE", f"{path}/rules/{first['id']}")
    assert deleted.body == {"success": True}
    assert (await api.call("GET", path)).body["rules"] == [second]
    assert (await api.call("GET", f"{path}/rules/{first['id']}")).status == 404


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", None),
        ("POST", "/rules", rule("*")),
        ("PATCH", "/rules/{rule_id}", rule("*")),
        ("DELETE", "/rules/{rule_id}", None),
    ],
)
async def test_an_owned_policy_is_changed_by_its_owner(
    api: ApiClient, method: str, suffix: str, body: Any
) -> None:
    """Every change of an owned policy needs the owner's signature; reading needs none."""
    owner = new_key()
    policy = await create(api, owner={"public_key": spki(owner)})
    path = f"/v1/policies/{policy['id']}"
    target = path + suffix.format(rule_id=policy["rules"][0]["id"])
    arguments = () if body is None else (body,)
    assert (await api.call(method, target, *arguments)).status == 401
    assert (await api.call(method, target, *arguments, keys=[new_key()])).status == 401
    assert (await api.call("GET", path)).body == policy
    assert (await api.call(method, target, *arguments, keys=[owner])).status == 200


async def test_an_owner_hands_a_policy_on(api: ApiClient) -> None:
    """The owner can be changed and removed by the owner there is."""
    first, second = new_key(), new_key()
    policy = await create(api, owner={"public_key": spki(first)})
    path = f"/v1/policies/{policy['id']}"
    handed = {"owner": {"public_key": spki(second)}}
    changed = await api.call("PATCH", path, handed, keys=[first])
    assert changed.body["owner_id"] not in (None, policy["owner_id"])
    assert (await api.call("PATCH", path, {"owner": None}, keys=[first])).status == 401
    freed = await api.call("PATCH", path, {"owner": None}, keys=[second])
    assert freed.body["owner_id"] is None
    assert (await api.call("PATCH", path, {"name": "free"})).status == 200


async def test_a_policy_in_use_stays(api: ApiClient) -> None:
    """A policy that binds a wallet or a signer cannot be deleted."""
    policies = [(await create(api))["id"] for _ in range(2)]
    signer_id = await api.create_quorum(public_keys=[spki(new_key())])
    signer = {"signer_id": signer_id, "override_policy_ids": [policies[1]]}
    wallet = await api.create_wallet(policy_ids=[policies[0]], additional_signers=[signer])
    for policy_id in policies:
        reply = await api.call("DELETE", f"/v1/policies/{policy_id}")
        assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    free = {"policy_ids": [], "additional_signers": []}
    await api.call("PATCH", f"/v1/wallets/{wallet['id']}", free)
    for policy_id in policies:
        assert (await api.call("DELETE", f"/v1/policies/{policy_id}")).status == 200


async def test_an_owning_quorum_stays(api: ApiClient) -> None:
    """A key quorum that owns a policy cannot be deleted."""
    key = new_key()
    quorum_id = await api.create_quorum(public_keys=[spki(key)])
    policy = await create(api, owner_id=quorum_id)
    path = f"/v1/key_quorums/{quorum_id}"
    assert (await api.call("DELETE", path, keys=[key])).status == 409
    await api.call("DELETE", f"/v1/policies/{policy['id']}", keys=[key])
    assert (await api.call("DELETE", path, keys=[key])).status == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": "2.0"}, "version"),
        ({"version": None}, "version"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": 1}, "name"),
        ({"chain_type": "dogecoin"}, "chain_type"),
        ({"rules": None}, "rules"),
        ({"rules": {}}, "rules"),
        ({"rules": ["allow"]}, "rules.0"),
        ({"owner": {}}, "owner"),
    ],
)
async def test_what_a_policy_may_not_be(
    api: ApiClient, changes: dict[str, Any], field: str
) -> None:
    """Wrong input is refused by name."""
    reply = await api.call("POST", "/v1/policies", {**POLICY, **changes})
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(f"[Input error] `{field}`: ")
    assert not api.sandbox.state.policies


SEND = "eth_sendTransaction"
TO = condition("ethereum_transaction", "to", "eq", USDC)
SIGN = "eth_signTypedData_v4"
BAD_ABI = [
    ({"abi": None}, "abi"),
    ({"abi": {}}, "abi"),
    ({"abi": [{}]}, "abi.0.type"),
    ({"abi": [{"type": "nonsense"}]}, "abi.0.type"),
    ({"abi": [{"type": "function"}]}, "abi.0.name"),
    ({"abi": [{"type": "function", "name": "f", "inputs": [{}]}]}, "abi.0.inputs.0.type"),
    (
        {"abi": [{"type": "function", "name": "f", "inputs": [{"type": "uint257"}]}]},
        "abi.0.inputs",
    ),
    (
        {
            "abi": [
                {
                    "type": "function",
                    "name": "f",
                    "inputs": [{"type": "tuple", "components": [{"type": 1}]}],
                }
            ]
        },
        "abi.0.inputs.0.components.0.type",
    ),
    ({"abi": [{"type": "event"}] * 201}, "abi"),
]


@pytest.mark.parametrize(
    ("described", "field"),
    [
        ({**rule(SEND), "name": None}, "name"),
        ({**rule(SEND), "name": "x" * 51}, "name"),
        ({**rule(SEND), "conditions": None}, "conditions"),
        ({**rule(SEND), "action": "allow"}, "action"),
        (rule("eth_call"), "method"),
        (rule("secp256k1_sign"), "method"),
        (rule("signTransaction"), "method"),
        (rule("exportPrivateKey", TO), "conditions"),
        (rule(SEND, {}), "conditions.0.field_source"),
        (rule(SEND, {**TO, "field_source": "moon"}), "conditions.0.field_source"),
        (rule("personal_sign", TO), "conditions.0.field_source"),
        (rule(SEND, {**TO, "field": "nonce"}), "conditions.0.field"),
        (rule(SEND, {**TO, "operator": "matches"}), "conditions.0.operator"),
        (rule(SEND, {**TO, "operator": "gt"}), "conditions.0.operator"),
        (rule(SEND, {**TO, "field": "value", "operator": "contains"}), "conditions.0.operator"),
        (rule(SEND, {**TO, "field": "value", "value": "ten"}), "conditions.0.value"),
        (rule(SEND, {**TO, "value": None}), "conditions.0.value"),
        (rule(SEND, {**TO, "value": [USDC]}), "conditions.0.value"),
        (rule(SEND, {**TO, "value": True}), "conditions.0.value"),
        (rule(SEND, {**TO, "operator": "in", "value": []}), "conditions.0.value"),
        (rule(SEND, {**TO, "operator": "in", "value": [None]}), "conditions.0.value"),
        (rule(SEND, {**TO, "operator": "in", "value": ["a"] * 101}), "conditions.0.value"),
        (rule(SEND, {**TO, "operator": "in_condition_set", "value": []}), "conditions.0.value"),
        (
            rule(SEND, condition("reference", "aggregation.a", "lt", "1")),
            "conditions.0.field_source",
        ),
        (
            rule("eth_signTransaction", condition("reference", "sum.a", "lt", "1")),
            "conditions.0.field",
        ),
        *(
            (
                rule(SEND, condition("ethereum_calldata", "f.a", "eq", "1", **changes)),
                f"conditions.0.{field}",
            )
            for changes, field in BAD_ABI
        ),
        *(
            (
                rule(
                    SIGN,
                    condition("ethereum_typed_data_message", "text", "eq", "x", typed_data=typed),
                ),
                f"conditions.0.{field}",
            )
            for typed, field in (
                (None, "typed_data"),
                ({"primary_type": "Mail"}, "typed_data.types"),
                ({**TYPES, "primary_type": "Letter"}, "typed_data.primary_type"),
                ({**TYPES, "types": {"Mail": [{"name": "a"}]}}, "typed_data.types.Mail.0.type"),
                ({**TYPES, "types": {"Mail": 1}}, "typed_data.types.Mail"),
            )
        ),
    ],
)
async def test_what_a_rule_may_not_be(
    api: ApiClient, described: dict[str, Any], field: str
) -> None:
    """Wrong input is refused by name, and the policy keeps its rules."""
    policy = await create(api)
    reply = await api.call("POST", f"/v1/policies/{policy['id']}/rules", described)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data"), reply
    assert reply.body["error"].startswith(f"[Input error] `{field}`: ")
    assert (await api.call("GET", f"/v1/policies/{policy['id']}")).body == policy


@pytest.mark.parametrize(
    ("described", "error"),
    [
        (
            rule(SEND, {**TO, "operator": "in_condition_set", "value": "no-such-set"}),
            "Condition set not found",
        ),
        (
            rule("eth_signTransaction", condition("reference", "aggregation.no", "lt", "1")),
            "Aggregation not found",
        ),
    ],
)
async def test_what_a_rule_refers_to_must_be_there(
    api: ApiClient, described: dict[str, Any], error: str
) -> None:
    """Unknown condition sets and aggregations are 404."""
    policy = await create(api)
    reply = await api.call("POST", f"/v1/policies/{policy['id']}/rules", described)
    assert (reply.status, reply.body["error"]) == (404, error)


@pytest.mark.parametrize(
    ("chain_type", "described"),
    [
        ("ethereum", rule(SEND, condition("tempo_transaction", "fee_token", "eq", USDC))),
        (
            "ethereum",
            rule(SIGN, condition("ethereum_typed_data_message", "t", "eq", 1, typed_data=TYPES)),
        ),
        ("ethereum", rule("transfer", condition("action_request_body", "source.chain", "eq", "x"))),
        ("ethereum", rule("earn_deposit", condition("action_request_body", "amount", "lt", "1.5"))),
        ("ethereum", rule("*", condition("system", "current_unix_timestamp", "lt", 5))),
        ("solana", rule("signMessage", condition("message", "content", "ends_with", "x"))),
        ("tron", rule("signRawMessageBytes")),
        ("sui", rule("signTransactionBytes")),
        (
            "xrpl",
            rule(
                "xrpl_signTransaction",
                condition("xrpl_transaction", "Payment.Amount.drops", "lte", "10"),
            ),
        ),
        ("cosmos", rule("exportSeedPhrase")),
    ],
)
async def test_rules_of_every_chain(
    api: ApiClient, chain_type: str, described: dict[str, Any]
) -> None:
    """What Privy documents can be stored, also where the sandbox never signs such a thing."""
    policy = await create(api, chain_type=chain_type, rules=[described])
    assert policy["rules"][0] == {"id": policy["rules"][0]["id"], **described}


async def test_solana_has_no_neq(api: ApiClient) -> None:
    """Privy's API was seen to refuse `neq` for Solana."""
    compared = condition("solana_program_instruction", "programId", "neq", "x")
    body = {**POLICY, "chain_type": "solana", "rules": [rule("signTransaction", compared)]}
    assert (await api.call("POST", "/v1/policies", body)).status == 400
