"""Intents as values: what is to be done, who has agreed, and what came of it."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from privy_async.resources.controls.key_quorums import KeyQuorum
from privy_async.resources.controls.policy_values import Policy, PolicyRule
from privy_async.resources.wallets.values import Wallet
from privy_async.values import Value, variant

IntentStatus: TypeAlias = Literal[
    "pending", "processing", "executed", "failed", "expired", "rejected", "dismissed"
]
IntentType: TypeAlias = Literal["KEY_QUORUM", "POLICY", "RULE", "RPC", "TRANSFER", "WALLET"]
IntentOrder: TypeAlias = Literal["created_at_desc", "expires_at_asc", "updated_at_desc"]


class IntentRequest(Value):
    """The request that is made once enough have agreed."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None


class IntentSigner(Value):
    """One who may agree: a "user" or a "key"; `signed_at` is None until then."""

    type: str = ""
    user_id: str | None = None
    public_key: str | None = None
    signed_at: int | None = None


class IntentMember(IntentSigner):
    """A member of a quorum: a "user", a "key", or a "key_quorum" with members of its own."""

    key_quorum_id: str | None = None
    display_name: str | None = None
    threshold: int | None = None
    threshold_met: bool | None = None
    members: tuple[IntentSigner, ...] | None = None


class IntentAuthorization(Value):
    """A quorum that can authorize an intent, and how many of its members must agree."""

    threshold: int
    members: tuple[IntentMember, ...]
    display_name: str | None = None


class IntentResult(Value):
    """The result of the request: its HTTP status, its answer, and the resource as it was before."""

    status_code: int | None = None
    executed_at: int | None = None
    authorized_by_id: str | None = None
    authorized_by_display_name: str | None = None
    response_body: Any = None
    prior_state: Mapping[str, Any] | None = None


class Intent(Value):
    """A request that waits for its owners' agreement. Times are Unix ms.

    The classes by `intent_type` add `current_resource_data`, the resource as it is now.
    `created_by_id` is None if the app's secret created it; `action_result` is there once the
    status is "executed" or "failed".
    """

    intent_id: str
    intent_type: str = ""
    status: str | None = None
    resource_id: str | None = None
    request_details: IntentRequest | None = None
    authorization_details: tuple[IntentAuthorization, ...] | None = None
    created_at: int | None = None
    created_by_display_name: str | None = None
    expires_at: int | None = None
    custom_expiry: bool | None = None
    created_by_id: str | None = None
    rejected_at: int | None = None
    dismissed_at: int | None = None
    dismissal_reason: str | None = None
    action_result: IntentResult | None = None


@variant(Intent, "intent_type", "RPC", "TRANSFER", "WALLET")
class WalletIntent(Intent):
    """To use or to change a wallet."""

    current_resource_data: Wallet | None = None


@variant(Intent, "intent_type", "POLICY")
class PolicyIntent(Intent):
    """To change a policy."""

    current_resource_data: Policy | None = None


@variant(Intent, "intent_type", "RULE")
class RuleIntent(Intent):
    """To create, change or delete a rule of `policy`."""

    current_resource_data: PolicyRule | None = None
    policy: Policy | None = None


@variant(Intent, "intent_type", "KEY_QUORUM")
class KeyQuorumIntent(Intent):
    """To change a key quorum."""

    current_resource_data: KeyQuorum | None = None


class IntentSignature(TypedDict):
    """A base64 signature, and when it was made in Unix ms: what `intents.authorize` takes."""

    signature: str
    timestamp: int
