"""The values of policies and intents: their unions, and what an owner signs."""

import base64
import json
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.resources.controls.aggregations import Aggregation
from privy_async.resources.controls.intent_values import (
    Intent,
    KeyQuorumIntent,
    PolicyIntent,
    RuleIntent,
    WalletIntent,
)
from privy_async.resources.controls.intents import Intents, format_intent
from privy_async.resources.controls.key_quorums import KeyQuorum
from privy_async.resources.controls.policy_values import (
    CalldataCondition,
    Condition,
    Policy,
    PolicyRule,
    TypedDataCondition,
)
from privy_async.resources.wallets.values import Wallet
from privy_async.signing.p256 import AuthorizationKey
from privy_async.values import decode

ABI = [{"type": "function", "name": "transfer", "stateMutability": "nonpayable", "inputs": []}]
TYPES = {"Mail": [{"name": "to", "type": "address"}]}
COMPARISON = {"field": "f", "operator": "in", "value": ["1", "2"]}
RULE = {
    "id": "r1",
    "name": "r",
    "method": "eth_sendTransaction",
    "action": "ALLOW",
    "conditions": [{"field_source": "ethereum_calldata", **COMPARISON, "abi": ABI}],
}
POLICY = {
    "id": "p1",
    "version": "1.0",
    "name": "p",
    "chain_type": "ethereum",
    "created_at": 1741834854578,
    "owner_id": "q1",
    "rules": [RULE],
}
KEY_QUORUM = {
    "id": "q1",
    "authorization_keys": [{"public_key": "MFk=", "display_name": None}],
    "authorization_threshold": 1,
    "display_name": "Ops",
    "user_ids": ["did:privy:u1"],
    "key_quorum_ids": ["q2"],
}
WALLET = {
    "id": "w1",
    "address": "0x1",
    "chain_type": "ethereum",
    "created_at": 1741834854578,
    "policy_ids": [],
    "additional_signers": [],
    "owner_id": "q1",
}
USER = {"type": "user", "user_id": "did:privy:u1", "signed_at": 1741834854578}
SIGNING_KEY = {"type": "key", "public_key": "MFk=", "signed_at": None}
NESTED = {
    "type": "key_quorum",
    "key_quorum_id": "q2",
    "display_name": "Board",
    "threshold": 1,
    "threshold_met": False,
    "members": [SIGNING_KEY],
}
REQUEST = {
    "method": "POST",
    "url": "https://api.privy.io/v1/wallets/w1/rpc",
    "body": {"method": "personal_sign", "params": {"message": "é", "encoding": "utf-8"}},
}
INTENT: dict[str, Any] = {
    "intent_id": "x1",
    "intent_type": "RPC",
    "status": "executed",
    "resource_id": "w1",
    "request_details": REQUEST,
    "authorization_details": [
        {"threshold": 2, "display_name": "Ops", "members": [USER, SIGNING_KEY, NESTED]}
    ],
    "created_at": 1741834854578,
    "created_by_display_name": "Ann",
    "created_by_id": "did:privy:ann",
    "expires_at": 1742094054578,
    "custom_expiry": True,
    "rejected_at": 1,
    "dismissed_at": 2,
    "dismissal_reason": "the wallet has changed",
    "current_resource_data": WALLET,
    "action_result": {
        "status_code": 200,
        "executed_at": 1741834854579,
        "authorized_by_id": "q1",
        "authorized_by_display_name": "Ops",
        "response_body": {
            "method": "personal_sign",
            "data": {"signature": "0x", "encoding": "hex"},
        },
        "prior_state": {"id": "w1"},
    },
}


@pytest.mark.parametrize(
    ("source", "fields", "kind"),
    [
        ("ethereum_calldata", {"abi": ABI}, CalldataCondition),
        ("tron_trigger_smart_contract_data", {"abi": ABI}, CalldataCondition),
        (
            "ethereum_typed_data_message",
            {"typed_data": {"primary_type": "Mail", "types": TYPES}},
            TypedDataCondition,
        ),
        ("system", {}, Condition),
        ("of_the_future", {"zone": "UTC"}, Condition),
    ],
)
def test_a_condition_is_of_the_class_of_its_source(
    source: str, fields: dict[str, Any], kind: type[Condition]
) -> None:
    """Sources with fields of their own have a class; all others, new ones too, have the base."""
    data = {"field_source": source, **COMPARISON, **fields}
    rule = decode(PolicyRule, {**RULE, "conditions": [data]})
    [condition] = rule.conditions
    assert type(condition) is kind
    assert condition.to_json() == data
    assert dict(condition.extra) == ({"zone": "UTC"} if source == "of_the_future" else {})


def test_a_condition_without_its_abi() -> None:
    """It is a plain condition that keeps all of its JSON, and the policy is read."""
    odd = {"field_source": "ethereum_calldata", **COMPARISON}
    policy = decode(Policy, {**POLICY, "rules": [{**RULE, "conditions": [odd]}]})
    assert policy.rules is not None
    (condition,) = policy.rules[0].conditions
    assert (type(condition), condition.extra) == (Condition, odd)


def test_an_aggregation_decodes_with_every_field() -> None:
    """Metric, window, conditions and groups are values, and nothing is left in `extra`."""
    data = {
        "id": "a1",
        "name": "a",
        "method": "eth_signTransaction",
        "metric": {
            "field": "transfer.amount",
            "field_source": "ethereum_calldata",
            "function": "sum",
            "abi": ABI,
        },
        "window": {"type": "rolling", "seconds": 86400},
        "conditions": [{"field_source": "ethereum_transaction", **COMPARISON}],
        "group_by": [{"field": "to", "field_source": "ethereum_transaction"}],
        "owner_id": "q1",
        "created_at": 1741834854578,
    }
    aggregation = decode(Aggregation, data)
    assert aggregation.to_json() == data
    assert aggregation.metric.function == "sum"
    assert not aggregation.extra
    assert aggregation.conditions is not None
    assert type(aggregation.conditions[0]) is Condition


@pytest.mark.parametrize(
    ("intent_type", "resource", "kind", "resource_kind"),
    [
        ("RPC", WALLET, WalletIntent, Wallet),
        ("TRANSFER", WALLET, WalletIntent, Wallet),
        ("WALLET", WALLET, WalletIntent, Wallet),
        ("POLICY", POLICY, PolicyIntent, Policy),
        ("RULE", RULE, RuleIntent, PolicyRule),
        ("KEY_QUORUM", KEY_QUORUM, KeyQuorumIntent, KeyQuorum),
        ("OF_THE_FUTURE", {"id": "n1"}, Intent, dict),
    ],
)
def test_an_intent_is_of_the_class_of_its_type(
    intent_type: str, resource: dict[str, Any], kind: type[Intent], resource_kind: type[object]
) -> None:
    """Each kind of intent has its kind of resource; an unknown one keeps it as JSON."""
    data = {**INTENT, "intent_type": intent_type, "current_resource_data": resource}
    if intent_type == "RULE":
        data["policy"] = POLICY
    intent = decode(Intent, data)
    assert type(intent) is kind
    current = getattr(intent, "current_resource_data", intent.extra.get("current_resource_data"))
    assert type(current) is resource_kind
    assert decode(Intent, intent.to_json()) == intent
    assert json.loads(json.dumps(intent.to_json())) == _without_nulls(data)


def _without_nulls(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _without_nulls(item) for name, item in data.items() if item is not None}
    return [_without_nulls(item) for item in data] if isinstance(data, list) else data


def test_the_members_of_a_nested_quorum_are_readable() -> None:
    """Users, keys and quorums of quorums say who has signed."""
    [authorization] = decode(Intent, INTENT).authorization_details
    user, key, quorum = authorization.members
    assert (user.user_id, user.signed_at) == ("did:privy:u1", 1741834854578)
    assert (key.public_key, key.signed_at) == ("MFk=", None)
    assert quorum.members is not None
    assert (quorum.threshold_met, quorum.members[0].public_key) == (False, "MFk=")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            '{"body":{"method":"personal_sign","params":{"encoding":"utf-8","message":"é"}},'
            '"headers":{"privy-app-id":"app","privy-request-expiry":"1742094054578"},'
            '"method":"POST",'
            '"url":"https://api.privy.io/v1/wallets/w1/rpc","version":1}',
        ),
        (
            {
                "custom_expiry": False,
                "request_details": {
                    "method": "DELETE",
                    "url": "https://api.privy.io/v1/policies/p1/rules/r1",
                },
            },
            '{"body":"","headers":{"privy-app-id":"app"},"method":"DELETE",'
            '"url":"https://api.privy.io/v1/policies/p1/rules/r1","version":1}',
        ),
    ],
    ids=["with an expiry", "without expiry and body"],
)
def test_what_an_owner_signs(changes: dict[str, Any], expected: str) -> None:
    """The canonical bytes are those of the proposed request, as if it were sent directly."""
    payload = format_intent(decode(Intent, {**INTENT, **changes}), app_id="app")
    assert payload == expected.encode()
    assert payload == rfc8785.dumps(json.loads(expected))


def test_an_owner_signs_an_intent() -> None:
    """The signature is over those bytes, with the client's app id."""
    key = AuthorizationKey.generate()
    privy = PrivyClient(app_id="app", app_secret="secret")
    intent = decode(Intent, INTENT)
    signed = Intents(privy._requester).sign(intent, key.to_base64())
    assert signed.keys() == {"signature", "timestamp"}
    public_key = key.private_key.public_key()
    signature = base64.b64decode(signed["signature"])
    payload = format_intent(intent, app_id="app")
    public_key.verify(signature, payload, ECDSA(SHA256()))
    other = format_intent(intent, app_id="another")
    with pytest.raises(InvalidSignature):
        public_key.verify(signature, other, ECDSA(SHA256()))


def test_a_key_that_cannot_be_read_is_named() -> None:
    """The error names the argument and shows nothing of the key."""
    intents = Intents(PrivyClient(app_id="app", app_secret="secret")._requester)
    with pytest.raises(InvalidArgumentError, match=r"\Akey: ") as caught:
        intents.sign(decode(Intent, INTENT), "tell-nobody")
    assert "tell-nobody" not in str(caught.value)
