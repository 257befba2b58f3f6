"""Aggregations: making them, and what rules make of their sums.

https://docs.privy.io/controls/policies/stateful-policies
"""

from typing import Any

import attrs
import pytest
from api_client import ApiClient, new_key, spki
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from policy_engine import ERC20, OTHER, USDC, Engine, call_data, condition, rule, send

from privy_async.sandbox.records.policies import Aggregation, FieldReference

METHOD = "eth_signTransaction"
VALUE = FieldReference("ethereum_transaction", "value")
BODY = {
    "name": "Volume",
    "method": METHOD,
    "metric": {"field": "value", "field_source": "ethereum_transaction", "function": "sum"},
    "window": {"type": "rolling", "seconds": 3600},
}


def aggregation(**changes: Any) -> Aggregation:
    """The sum of the values of an hour."""
    plain = Aggregation(
        id="agg",
        name="Volume",
        method=METHOD,
        metric=VALUE,
        seconds=3600,
        conditions=(),
        group_by=(),
        created_at=0,
    )
    return attrs.evolve(plain, **changes)


class Spending:
    """A wallet that may sign as long as the aggregation stays at or below 10."""

    def __init__(self, **changes: Any) -> None:
        self.engine = Engine()
        self.engine.state.aggregations["agg"] = aggregation(**changes)
        limit = condition("reference", "aggregation.agg", "lte", "10")
        policy = self.engine.policy(rule(METHOD, limit))
        self.wallet = attrs.evolve(self.engine.wallet, policy_ids=(policy.id,))

    def spends(self, value: int, **more: Any) -> bool:
        """Whether the wallet may sign for this value."""
        return self.engine.lets(self.wallet, send(METHOD, value=value, **more))


def test_the_request_itself_counts() -> None:
    """The sum is compared with the current request included."""
    assert Spending().spends(10)
    assert not Spending().spends(11)


def test_requests_add_up() -> None:
    """Requests count together until the sum would pass the limit."""
    spending = Spending()
    assert [spending.spends(4), spending.spends(6), spending.spends(1)] == [True, True, False]


def test_denied_requests_count() -> None:
    """A request that is denied is counted all the same."""
    spending = Spending()
    assert not spending.spends(11)
    assert not spending.spends(0)


def test_what_leaves_the_window_counts_no_more() -> None:
    """An hour after it was counted a request is forgotten, not before."""
    spending = Spending()
    assert spending.spends(10)
    spending.engine.clock.now += 3599
    assert not spending.spends(1)
    spending.engine.clock.now += 1
    assert spending.spends(9)


def test_groups_have_sums_of_their_own() -> None:
    """Each combination of the fields to group by is summed by itself."""
    groups = (
        FieldReference("ethereum_transaction", "to"),
        FieldReference("ethereum_transaction", "chain_id"),
    )
    spending = Spending(group_by=groups)
    assert spending.spends(10, to=USDC)
    assert spending.spends(10, to=OTHER)
    assert spending.spends(10, to=USDC, chain_id=1)
    assert not spending.spends(1, to=USDC)


def test_conditions_choose_what_counts() -> None:
    """Requests that an aggregation's conditions do not hold of are not counted."""
    engine = Engine()
    to_usdc = engine.policy(
        rule(METHOD, condition("ethereum_transaction", "to", "eq", USDC))
    ).rules[0]
    spending = Spending(conditions=to_usdc.conditions)
    assert spending.spends(100, to=OTHER)
    assert spending.spends(10, to=USDC)
    assert not spending.spends(1, to=USDC)


def test_values_in_calldata_and_missing_ones() -> None:
    """Arguments of calls can be summed; a request without the argument counts as 0."""
    metric = FieldReference("ethereum_calldata", "transfer.amount", abi=tuple(ERC20))
    spending = Spending(metric=metric)
    tokens = call_data("transfer(address,uint256)", OTHER, 6)
    assert spending.spends(100, data="0x")
    assert spending.spends(0, data=tokens)
    assert spending.spends(100, data="0x")
    assert not spending.spends(0, data=tokens)


def test_other_methods_do_not_count() -> None:
    """An aggregation of one method is not touched by another."""
    spending = Spending(method="eth_signUserOperation")
    assert spending.spends(100)
    assert spending.spends(100)


def test_a_sum_is_shared_by_policies() -> None:
    """Two wallets whose policies refer to one aggregation spend together."""
    spending = Spending()
    assert spending.spends(6)
    other = attrs.evolve(spending.wallet, id="other")
    assert not spending.engine.lets(other, send(METHOD, value=5))


def test_the_wallets_policy_counts_what_a_signer_spends() -> None:
    """What a signer signs under an override policy counts for the wallet's policy too."""
    spending = Spending()
    free = spending.engine.policy(rule("*"))
    wallet = attrs.evolve(spending.wallet, owner_id="o", override_policy_ids={"s": free.id})
    assert spending.engine.lets(wallet, send(METHOD, value=8), authorized_by="s")
    assert not spending.engine.lets(wallet, send(METHOD, value=3), authorized_by="o")


def test_the_calls_of_a_user_operation_add_up() -> None:
    """Calls in one operation are summed together, so that splitting does not help."""
    spending = Spending(method="eth_signUserOperation")
    limit = condition("reference", "aggregation.agg", "lte", "10")
    policy = spending.engine.policy(rule("eth_signUserOperation", limit))
    wallet = attrs.evolve(spending.wallet, policy_ids=(policy.id,))
    for values, allowed in (((5, 6), False), ((5, 5), True)):
        spending.engine.state.aggregations["agg"] = aggregation(method="eth_signUserOperation")
        assert spending.engine.lets(wallet, operation(*values)) == allowed


def operation(*values: int) -> dict[str, Any]:
    """A user operation with a call for each value."""
    calls = encode(["(address,uint256,bytes)[]"], [[(OTHER, value, b"") for value in values]])
    data = keccak(text="executeBatch((address,uint256,bytes)[])")[:4] + calls
    params = {"chain_id": 1, "user_operation": {"call_data": "0x" + data.hex()}}
    return {"method": "eth_signUserOperation", "params": params}


def test_a_deleted_aggregation_allows_nothing() -> None:
    """A condition on an aggregation that is gone does not hold."""
    spending = Spending()
    del spending.engine.state.aggregations["agg"]
    assert not spending.spends(0)


@pytest.mark.anyio
async def test_the_life_of_an_aggregation(api: ApiClient) -> None:
    """An aggregation is made, read and deleted; its owner is shown."""
    owner_id = await api.create_quorum(public_keys=[spki(new_key())])
    filters = [condition("ethereum_transaction", "to", "eq", USDC)]
    groups = [{"field": "chain_id", "field_source": "ethereum_transaction"}]
    body = {**BODY, "conditions": filters, "group_by": groups, "owner_id": owner_id}
    created = (await api.call("POST", "/v1/aggregations", body)).body
    expected = {"id": created["id"], "created_at": 1_800_000_000_000, **body}
    assert created == expected
    path = f"/v1/aggregations/{created['id']}"
    assert (await api.call("GET", path)).body == created
    assert (await api.call("DELETE", path)).body == {"success": True}
    assert (await api.call("GET", path)).status == 404


@pytest.mark.anyio
async def test_ten_aggregations_at_most(api: ApiClient) -> None:
    """The eleventh is refused; a deleted one makes room."""
    for _ in range(10):
        created = await api.call("POST", "/v1/aggregations", BODY)
        assert created.status == 200
    assert (await api.call("POST", "/v1/aggregations", BODY)).status == 400
    await api.call("DELETE", f"/v1/aggregations/{created.body['id']}")
    assert (await api.call("POST", "/v1/aggregations", BODY)).status == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"method": "eth_sendTransaction"}, "method"),
        ({"metric": None}, "metric"),
        ({"metric": {**BODY["metric"], "function": "max"}}, "metric.function"),
        ({"metric": {**BODY["metric"], "field": "nonce"}}, "metric.field"),
        ({"metric": {**BODY["metric"], "field_source": "system"}}, "metric.field_source"),
        ({"metric": {**BODY["metric"], "field_source": "ethereum_calldata"}}, "metric.abi"),
        ({"window": {"type": "fixed", "seconds": 3600}}, "window.type"),
        ({"window": {"type": "rolling"}}, "window.seconds"),
        ({"window": {"type": "rolling", "seconds": 3599}}, "window.seconds"),
        ({"window": {"type": "rolling", "seconds": 259201}}, "window.seconds"),
        ({"window": {"type": "rolling", "seconds": "3600"}}, "window.seconds"),
        ({"group_by": [BODY["metric"]] * 3}, "group_by"),
        ({"group_by": [{"field": "to"}]}, "group_by.0.field_source"),
        (
            {"conditions": [condition("ethereum_transaction", "to", "eq", USDC)] * 101},
            "conditions",
        ),
        (
            {"conditions": [condition("system", "current_unix_timestamp", "eq", "1")]},
            "conditions.0.field_source",
        ),
    ],
)
async def test_what_an_aggregation_may_not_be(
    api: ApiClient, changes: dict[str, Any], field: str
) -> None:
    """Wrong input is refused by name."""
    reply = await api.call("POST", "/v1/aggregations", {**BODY, **changes})
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert reply.body["error"].startswith(f"[Input error] `{field}`: ")


@pytest.mark.anyio
async def test_a_spending_limit_on_the_server(api: ApiClient) -> None:
    """A wallet signs until the sum is reached; a repeated request counts once."""
    created = await api.call("POST", "/v1/aggregations", BODY)
    limit = condition("reference", f"aggregation.{created.body['id']}", "lte", "10")
    policy = {
        "version": "1.0",
        "name": "p",
        "chain_type": "ethereum",
        "rules": [rule(METHOD, limit)],
    }
    policy_id = (await api.call("POST", "/v1/policies", policy)).body["id"]
    wallet = await api.create_wallet(policy_ids=[policy_id])
    transaction = {"to": OTHER, "value": 4, "chain_id": 1, "nonce": 0, "gas_limit": 21000}
    body = {"method": METHOD, "params": {"transaction": transaction}}
    path = f"/v1/wallets/{wallet['id']}/rpc"
    headers = {"privy-idempotency-key": "once"}
    statuses = [
        (await api.call("POST", path, body, headers=headers)).status,
        (await api.call("POST", path, body, headers=headers)).status,
        (await api.call("POST", path, body)).status,
        (await api.call("POST", path, body)).status,
    ]
    assert statuses == [200, 200, 200, 400]
