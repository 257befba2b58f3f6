"""Policies: what wallets may sign and send.

https://docs.privy.io/controls/policies/overview
"""

from collections.abc import Sequence
from typing import Final, Literal, Unpack

from privy_async.page import Pager
from privy_async.resources.controls import policy_values as values
from privy_async.resources.resource import Resource
from privy_async.resources.wallets.values import ChainType, Owner
from privy_async.sending.call import OMIT, CallOptions, IdempotentOptions, Omit, SignedOptions

_RULE: Final = "/v1/policies/{policy_id}/rules/{rule_id}"


class Policies(Resource):
    """Reached as `privy.policies`. A policy's id goes into a wallet's `policy_ids`.

    Only rules for the request's method count. If one that denies applies the request is denied,
    else if one that asks for MFA applies it is allowed to users who have verified themselves, else
    if one that allows applies it is allowed, and if none applies it is denied.
    """

    async def create(
        self,
        *,
        name: str,
        chain_type: ChainType,
        rules: Sequence[values.PolicyRuleInput],
        version: Literal["1.0"] = "1.0",
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[IdempotentOptions],
    ) -> values.Policy:
        """Create a policy; without an owner, the app secret alone may change it.

        Args:
            name: At most 50 characters.
            chain_type: The kind of chain of the wallets it is for.
            rules: Without any, everything is denied.
            version: There is one so far.
            owner: A user or an authorization key that must sign changes.
            owner_id: A key quorum instead; give one of the two.
            **options: See `IdempotentOptions`.

        Source: https://docs.privy.io/controls/policies/create-a-policy
        """
        return await self._request(values.Policy, "POST /v1/policies", locals())

    async def get(self, policy_id: str, **options: Unpack[CallOptions]) -> values.Policy:
        """Return a policy by its id."""
        return await self._request(values.Policy, "GET /v1/policies/{policy_id}", locals())

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[values.PolicySummary]:
        """List the policies of the app, without their rules. A page holds `limit`, at most 100."""
        return self._list(values.PolicySummary, "GET /v1/policies", locals())

    async def update(
        self,
        policy_id: str,
        *,
        name: str | Omit = OMIT,
        rules: Sequence[values.PolicyRuleInput] | Omit = OMIT,
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> values.Policy:
        """Change a policy; its owner signs. `rules` is the whole new list.

        To change one rule use `create_rule`, `update_rule` or `delete_rule`: they cannot undo
        what somebody else changed meanwhile. An owner of None removes the owner.

        Source: https://docs.privy.io/controls/policies/update-a-policy
        """
        return await self._request(values.Policy, "PATCH /v1/policies/{policy_id}", locals())

    async def delete(self, policy_id: str, **options: Unpack[SignedOptions]) -> None:
        """Delete a policy; its owner signs."""
        await self._do("DELETE /v1/policies/{policy_id}", locals())

    async def create_rule(
        self,
        policy_id: str,
        *,
        name: str,
        method: values.PolicyMethod,
        conditions: Sequence[values.ConditionInput],
        action: values.RuleAction,
        **options: Unpack[SignedOptions],
    ) -> values.PolicyRule:
        """Add a rule to a policy, whose owner signs.

        Args:
            policy_id: The policy.
            name: At most 50 characters.
            method: What it is for; `*` is everything.
            conditions: All must hold for the rule to apply; without any it always does.
            action: What happens then.
            **options: See `SignedOptions`.
        """
        return await self._request(
            values.PolicyRule, "POST /v1/policies/{policy_id}/rules", locals()
        )

    async def get_rule(
        self, rule_id: str, *, policy_id: str, **options: Unpack[CallOptions]
    ) -> values.PolicyRule:
        """Return a rule of a policy."""
        return await self._request(values.PolicyRule, f"GET {_RULE}", locals())

    async def update_rule(
        self,
        rule_id: str,
        *,
        policy_id: str,
        name: str,
        method: values.PolicyMethod,
        conditions: Sequence[values.ConditionInput],
        action: values.RuleAction,
        **options: Unpack[SignedOptions],
    ) -> values.PolicyRule:
        """Put a rule in another's place, under its id; the policy's owner signs."""
        return await self._request(values.PolicyRule, f"PATCH {_RULE}", locals())

    async def delete_rule(
        self, rule_id: str, *, policy_id: str, **options: Unpack[SignedOptions]
    ) -> None:
        """Delete a rule of a policy; the policy's owner signs."""
        await self._do(f"DELETE {_RULE}", locals())
