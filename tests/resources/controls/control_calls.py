"""Calls on policies, sets, aggregations, intents and transactions; what must arrive of each."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from privy_async.client import PrivyClient
from privy_async.resources.controls.aggregations import Aggregation, Aggregations
from privy_async.resources.controls.condition_sets import (
    ConditionSet,
    ConditionSetItem,
    ConditionSets,
)
from privy_async.resources.controls.intent_values import (
    Intent,
    KeyQuorumIntent,
    PolicyIntent,
    RuleIntent,
    WalletIntent,
)
from privy_async.resources.controls.intents import Intents
from privy_async.resources.controls.policies import Policies
from privy_async.resources.controls.policy_values import (
    Policy,
    PolicyRule,
    PolicyRuleInput,
    PolicySummary,
)
from privy_async.resources.money.transactions import Transaction, Transactions
from privy_async.signing.p256 import AuthorizationKey

KEY = AuthorizationKey.generate()
ID, PATH = "a b/ü", "a%20b%2F%C3%BC"
RULE_INPUT: PolicyRuleInput = {
    "name": "r",
    "method": "personal_sign",
    "conditions": [],
    "action": "DENY",
}
RULE = {**RULE_INPUT, "id": "r1"}
POLICY = {
    "id": "p1",
    "version": "1.0",
    "name": "p",
    "chain_type": "ethereum",
    "created_at": 1741834854578,
    "owner_id": None,
    "rules": [RULE],
}
SUMMARY = {name: value for name, value in POLICY.items() if name != "rules"}
SET = {"id": "s1", "name": "s", "owner_id": "q1", "created_at": 1761271537642}
ITEM = {"id": "i1", "condition_set_id": "s1", "value": "0x1", "created_at": 1761271537642}
METRIC = {"field": "value", "field_source": "ethereum_transaction", "function": "sum"}
WINDOW = {"type": "rolling", "seconds": 3600}
AGGREGATION = {
    "id": "a1",
    "name": "a",
    "method": "eth_signTransaction",
    "metric": METRIC,
    "window": WINDOW,
    "created_at": 1741834854578,
}
TRANSACTION = {
    "id": "t1",
    "wallet_id": "w1",
    "caip2": "eip155:1",
    "status": "pending",
    "created_at": 1741834854578,
    "transaction_hash": None,
}


def intent(intent_type: str) -> dict[str, Any]:
    """An intent without what it may leave out."""
    return {
        "intent_id": "x1",
        "intent_type": intent_type,
        "status": "pending",
        "resource_id": "w1",
        "request_details": {"method": "POST", "url": "https://api.privy.io/v1/wallets/w1/rpc"},
        "authorization_details": [],
        "created_at": 1741834854578,
        "created_by_display_name": "Ann",
        "expires_at": 1742094054578,
        "custom_expiry": True,
    }


SIGNED = {"signature", "expiry"}
IDEMPOTENT = {"idempotency-key"}
EXPIRING = {"expiry"}


@attrs.frozen
class Row:
    """A call, and what must arrive of it. `returns` is the class of what it gives back."""

    call: Callable[[PrivyClient], Awaitable[object]]
    request: str
    answer: object
    returns: type[object]
    body: object = None
    headers: set[str] = attrs.field(factory=set)


def policies(privy: PrivyClient) -> Policies:
    return Policies(privy._requester)


def sets(privy: PrivyClient) -> ConditionSets:
    return ConditionSets(privy._requester)


def aggregations(privy: PrivyClient) -> Aggregations:
    return Aggregations(privy._requester)


def intents(privy: PrivyClient) -> Intents:
    return Intents(privy._requester)


def transactions(privy: PrivyClient) -> Transactions:
    return Transactions(privy._requester)


RULE_FIELDS: Any = RULE_INPUT
SUM: Any = {"name": "a", "method": "eth_signTransaction", "metric": METRIC, "window": WINDOW}
TO = f"0x{1:040x}"
SEND = {"source": {"asset": "usdc", "chain": "base"}, "destination": {"address": TO}}

ROWS = {
    "policies.create": Row(
        lambda privy: policies(privy).create(
            name="p", chain_type="tron", rules=[RULE_INPUT], owner_id="q1"
        ),
        "POST /v1/policies",
        POLICY,
        Policy,
        {
            "version": "1.0",
            "name": "p",
            "chain_type": "tron",
            "rules": [RULE_INPUT],
            "owner_id": "q1",
        },
        IDEMPOTENT,
    ),
    "policies.list": Row(
        lambda privy: policies(privy).list(limit=5, cursor="c&1").first_page(),
        "GET /v1/policies?limit=5&cursor=c%261",
        {"data": [SUMMARY], "next_cursor": None},
        PolicySummary,
    ),
    "policies.get": Row(
        lambda privy: policies(privy).get(ID), f"GET /v1/policies/{PATH}", POLICY, Policy
    ),
    "policies.update": Row(
        lambda privy: policies(privy).update(ID, owner=None),
        f"PATCH /v1/policies/{PATH}",
        POLICY,
        Policy,
        {"owner": None},
        SIGNED,
    ),
    "policies.delete": Row(
        lambda privy: policies(privy).delete(ID),
        f"DELETE /v1/policies/{PATH}",
        {"success": True},
        type(None),
        headers=SIGNED,
    ),
    "policies.create_rule": Row(
        lambda privy: policies(privy).create_rule(ID, **RULE_FIELDS),
        f"POST /v1/policies/{PATH}/rules",
        RULE,
        PolicyRule,
        RULE_INPUT,
        SIGNED,
    ),
    "policies.get_rule": Row(
        lambda privy: policies(privy).get_rule("r?1", policy_id=ID),
        f"GET /v1/policies/{PATH}/rules/r%3F1",
        RULE,
        PolicyRule,
    ),
    "policies.update_rule": Row(
        lambda privy: policies(privy).update_rule("r?1", policy_id=ID, **RULE_FIELDS),
        f"PATCH /v1/policies/{PATH}/rules/r%3F1",
        RULE,
        PolicyRule,
        RULE_INPUT,
        SIGNED,
    ),
    "policies.delete_rule": Row(
        lambda privy: policies(privy).delete_rule("r?1", policy_id=ID),
        f"DELETE /v1/policies/{PATH}/rules/r%3F1",
        {"success": True},
        type(None),
        headers=SIGNED,
    ),
    "condition_sets.create": Row(
        lambda privy: sets(privy).create(name="s", owner={"user_id": "u1"}),
        "POST /v1/condition_sets",
        SET,
        ConditionSet,
        {"name": "s", "owner": {"user_id": "u1"}},
    ),
    "condition_sets.list": Row(
        lambda privy: sets(privy).list(limit=5, cursor="c&1").first_page(),
        "GET /v1/condition_sets?limit=5&cursor=c%261",
        {"data": [SET], "next_cursor": None},
        ConditionSet,
    ),
    "condition_sets.get": Row(
        lambda privy: sets(privy).get(ID), f"GET /v1/condition_sets/{PATH}", SET, ConditionSet
    ),
    "condition_sets.update": Row(
        lambda privy: sets(privy).update(ID, name="n"),
        f"PATCH /v1/condition_sets/{PATH}",
        SET,
        ConditionSet,
        {"name": "n"},
        SIGNED,
    ),
    "condition_sets.delete": Row(
        lambda privy: sets(privy).delete(ID),
        f"DELETE /v1/condition_sets/{PATH}",
        {"success": True},
        type(None),
        headers=SIGNED,
    ),
    "condition_sets.items.list": Row(
        lambda privy: sets(privy).items.list(ID, query="0x", limit=5, cursor="c&1").first_page(),
        f"GET /v1/condition_sets/{PATH}/condition_set_items?query=0x&limit=5&cursor=c%261",
        {"items": [ITEM], "next_cursor": None},
        ConditionSetItem,
    ),
    "condition_sets.items.add": Row(
        lambda privy: sets(privy).items.add(ID, ["0x1", "0x2"]),
        f"POST /v1/condition_sets/{PATH}/condition_set_items",
        [ITEM],
        ConditionSetItem,
        [{"value": "0x1"}, {"value": "0x2"}],
        SIGNED,
    ),
    "condition_sets.items.replace": Row(
        lambda privy: sets(privy).items.replace(ID, ["0x1"]),
        f"PUT /v1/condition_sets/{PATH}/condition_set_items",
        [ITEM],
        ConditionSetItem,
        [{"value": "0x1"}],
        SIGNED,
    ),
    "condition_sets.items.get": Row(
        lambda privy: sets(privy).items.get("i?1", condition_set_id=ID),
        f"GET /v1/condition_sets/{PATH}/condition_set_items/i%3F1",
        ITEM,
        ConditionSetItem,
    ),
    "condition_sets.items.delete": Row(
        lambda privy: sets(privy).items.delete("i?1", condition_set_id=ID),
        f"DELETE /v1/condition_sets/{PATH}/condition_set_items/i%3F1",
        {"success": True},
        type(None),
        headers=SIGNED,
    ),
    "aggregations.create": Row(
        lambda privy: aggregations(privy).create(**SUM, owner_id=None),
        "POST /v1/aggregations",
        AGGREGATION,
        Aggregation,
        {**SUM, "owner_id": None},
        IDEMPOTENT,
    ),
    "aggregations.get": Row(
        lambda privy: aggregations(privy).get(ID),
        f"GET /v1/aggregations/{PATH}",
        AGGREGATION,
        Aggregation,
    ),
    "aggregations.delete": Row(
        lambda privy: aggregations(privy).delete(ID),
        f"DELETE /v1/aggregations/{PATH}",
        {"success": True},
        type(None),
    ),
    "intents.list": Row(
        lambda privy: (
            intents(privy)
            .list(status="pending", current_user_has_signed=False, sort_by="expires_at_asc")
            .first_page()
        ),
        "GET /v1/intents?status=pending&current_user_has_signed=false&sort_by=expires_at_asc",
        {"data": [intent("RPC")]},
        WalletIntent,
    ),
    "intents.get": Row(
        lambda privy: intents(privy).get(ID),
        f"GET /v1/intents/{PATH}",
        intent("KEY_QUORUM"),
        KeyQuorumIntent,
    ),
    "intents.rpc": Row(
        lambda privy: intents(privy).rpc(ID, {"method": "personal_sign", "params": {}}),
        f"POST /v1/intents/wallets/{PATH}/rpc",
        intent("RPC"),
        WalletIntent,
        {"method": "personal_sign", "params": {}},
        EXPIRING,
    ),
    "intents.transfer": Row(
        lambda privy: intents(privy).transfer(
            ID,
            source={"asset": "usdc", "chain": "base"},
            destination={"address": TO},
            amount="1.5",
        ),
        f"POST /v1/intents/wallets/{PATH}/transfer",
        intent("TRANSFER"),
        WalletIntent,
        {**SEND, "amount": "1.5"},
        EXPIRING,
    ),
    "intents.update_wallet": Row(
        lambda privy: intents(privy).update_wallet(ID, policy_ids=["p1"], display_name=None),
        f"PATCH /v1/intents/wallets/{PATH}",
        intent("WALLET"),
        WalletIntent,
        {"policy_ids": ["p1"], "display_name": None},
        EXPIRING,
    ),
    "intents.update_policy": Row(
        lambda privy: intents(privy).update_policy(ID, rules=[RULE_INPUT]),
        f"PATCH /v1/intents/policies/{PATH}",
        intent("POLICY"),
        PolicyIntent,
        {"rules": [RULE_INPUT]},
        EXPIRING,
    ),
    "intents.create_policy_rule": Row(
        lambda privy: intents(privy).create_policy_rule(ID, **RULE_FIELDS),
        f"POST /v1/intents/policies/{PATH}/rules",
        intent("RULE"),
        RuleIntent,
        RULE_INPUT,
        EXPIRING,
    ),
    "intents.update_policy_rule": Row(
        lambda privy: intents(privy).update_policy_rule("r?1", policy_id=ID, **RULE_FIELDS),
        f"PATCH /v1/intents/policies/{PATH}/rules/r%3F1",
        intent("RULE"),
        RuleIntent,
        RULE_INPUT,
        EXPIRING,
    ),
    "intents.delete_policy_rule": Row(
        lambda privy: intents(privy).delete_policy_rule("r?1", policy_id=ID),
        f"DELETE /v1/intents/policies/{PATH}/rules/r%3F1",
        intent("RULE"),
        RuleIntent,
        headers=EXPIRING,
    ),
    "intents.update_key_quorum": Row(
        lambda privy: intents(privy).update_key_quorum(ID, authorization_threshold=2),
        f"PATCH /v1/intents/key_quorums/{PATH}",
        intent("KEY_QUORUM"),
        KeyQuorumIntent,
        {"authorization_threshold": 2},
        EXPIRING,
    ),
    "intents.authorize": Row(
        lambda privy: intents(privy).authorize(ID, signature="MEU=", timestamp=1741834854578),
        f"POST /v1/intents/{PATH}/authorize",
        intent("RPC"),
        WalletIntent,
        {"signature": "MEU=", "timestamp": 1741834854578},
    ),
    "intents.reject": Row(
        lambda privy: intents(privy).reject(ID),
        f"POST /v1/intents/{PATH}/reject",
        intent("NEW_KIND"),
        Intent,
    ),
    "transactions.get": Row(
        lambda privy: transactions(privy).get(ID),
        f"GET /v1/transactions/{PATH}",
        TRANSACTION,
        Transaction,
    ),
    "transactions.get_by_reference_id": Row(
        lambda privy: transactions(privy).get_by_reference_id(ID),
        f"GET /v1/transactions?reference_id={PATH}",
        {"transactions": [TRANSACTION]},
        Transaction,
    ),
}
