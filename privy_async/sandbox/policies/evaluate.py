"""Deciding on a request by the policy that applies to it.

Source: https://docs.privy.io/controls/policies/overview#policy-evaluation
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from privy_async.sandbox.policies import sums
from privy_async.sandbox.policies.operators import Reading, compare
from privy_async.sandbox.policies.subjects import Asked, Subject, UndecidableError
from privy_async.sandbox.records.policies import (
    Condition,
    FieldReference,
    Policy,
    Rule,
    Scalar,
    aggregation_id,
)
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

ALLOW_WITH_MFA: Final = "ALLOW_WITH_MFA"
DENY: Final = "DENY"
_BY_RESTRICTION: Final = (DENY, ALLOW_WITH_MFA, "ALLOW")
DENIED: Final = "RPC request denied due to policy violation"
_NEEDS_MFA: Final = "allows it with MFA alone, which a wallet without an owner cannot have"
_LONGEST: Final = 80


def require_allowed(
    state: State, wallet: Wallet, request: HttpRequest, ask: Callable[[], Asked]
) -> None:
    """Refuse what the policy of whoever signed does not allow.

    Aggregations count the request either way.

    Args:
        request: Tells which key quorum authorized it (the owner, an additional signer, or None
            for a wallet without an owner), and whether with MFA.
        ask: Takes the request apart, which only a wallet with a policy needs.

    Raises:
        Refusal: 400 `policy_violation`, or 401 if it would be allowed with MFA.
    """
    policy = applicable_policy(state, wallet, request.authorized_by)
    if policy is None:
        return
    try:
        asked = ask()
        _count(state, wallet, policy, asked)
        action = _action(state, policy, asked)
        why = _why_denied(state, policy, asked) if action == DENY else _NEEDS_MFA
    except UndecidableError as error:
        action, why = DENY, f"cannot be decided, for {error}"
    # Nobody signs for a wallet without an owner, so nobody can have verified a second factor.
    if action == DENY or (action == ALLOW_WITH_MFA and request.authorized_by is None):
        whose = "The wallet's policy" if policy.id in wallet.policy_ids else "The signer's policy"
        explanation = f"{whose} “{policy.name}” ({policy.id}) {why}."
        raise Refusal(400, DENIED, "policy_violation", Diagnosis("policy", explanation))
    if action == ALLOW_WITH_MFA and request.without_mfa is not None:
        raise request.without_mfa


def asks_for_mfa(
    state: State, wallet: Wallet, authorized_by: str, ask: Callable[[], Asked]
) -> bool:
    """True if a request that this key quorum authorizes would be allowed with MFA alone."""
    policy = applicable_policy(state, wallet, authorized_by)
    try:
        return policy is not None and _action(state, policy, ask()) == ALLOW_WITH_MFA
    except (UndecidableError, Refusal):
        return False


def applicable_policy(state: State, wallet: Wallet, authorized_by: str | None) -> Policy | None:
    """The policy that decides; None if there is none and everything is allowed.

    An additional signer's override policy alone applies to what that signer signs.
    """
    override = None
    if authorized_by is not None and authorized_by != wallet.owner_id:
        override = wallet.override_policy_ids.get(authorized_by)
    policy_id = override or next(iter(wallet.policy_ids), None)
    return None if policy_id is None else state.policies[policy_id]


def _holds(state: State, condition: Condition, subject: Subject) -> bool:
    actual = _read(state, condition.subject, subject)
    return compare(condition.operator, actual, _expected(state, condition))


def _read(state: State, reference: FieldReference, subject: Subject) -> Reading:
    if reference.field_source == "system":
        return int(state.clock.now())
    if reference.field_source != "reference":
        return subject.read(reference)
    aggregation = state.aggregations.get(aggregation_id(reference))
    if aggregation is None:
        return None
    return sums.total(aggregation, sums.group_of(aggregation, subject))


def _expected(state: State, condition: Condition) -> tuple[Scalar, ...]:
    if condition.operator != "in_condition_set":
        return condition.values
    condition_set = state.condition_sets.get(str(condition.values[0]))
    if condition_set is None:
        raise UndecidableError("the condition set is gone")
    return tuple(item.value for item in condition_set.items)


def _action(state: State, policy: Policy, asked: Asked) -> str:
    """Return the action on a request: the most restrictive of those on each of its parts."""
    actions = [_action_on(state, policy, asked.method, each) for each in asked.subjects]
    return min(actions, key=_BY_RESTRICTION.index)


def _action_on(state: State, policy: Policy, method: str, subject: Subject) -> str:
    """The most restrictive action of the rules that fire; DENY if none does.

    A rule that denies everything for `*` stands for what happens anyway where no rule allows,
    as in Privy's example of a policy that permits nothing but exports: a rule for the method
    itself comes before it.
    """
    rules = [rule for rule in policy.rules if rule.method in (method, "*")]
    fired = [rule for rule in rules if all(_holds(state, c, subject) for c in rule.conditions)]
    allowing = [rule for rule in fired if rule.action != DENY]
    denying = [rule for rule in fired if rule.action == DENY]
    if not all(map(_is_default, denying)):
        return DENY
    actions = [rule.action for rule in (_own(allowing) if denying else allowing)]
    return min(actions, key=_BY_RESTRICTION.index, default=DENY)


def _is_default(rule: Rule) -> bool:
    return rule.method == "*" and not rule.conditions


def _own(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.method != "*"]


def _count(state: State, wallet: Wallet, policy: Policy, asked: Asked) -> None:
    """Count a request in the aggregations of the wallet's and of the signer's policy."""
    policies = (policy, *(state.policies[policy_id] for policy_id in wallet.policy_ids))
    referred = frozenset[str]().union(*(each.aggregation_ids for each in policies))
    for aggregation in [state.aggregations[i] for i in referred if i in state.aggregations]:
        added = sums.contributions(aggregation, asked, state.now, partial(_holds, state))
        counted = sums.with_events(aggregation, added, state.now)
        state.aggregations[aggregation.id] = counted


def _why_denied(state: State, policy: Policy, asked: Asked) -> str:
    """Why a request is denied, to follow the name of the policy."""
    subjects = enumerate(asked.subjects, start=1)
    denied = (each for each in subjects if _action_on(state, policy, asked.method, each[1]) == DENY)
    number, subject = next(denied)
    part = f"part {number} of it" if len(asked.subjects) > 1 else "it"
    rules = [rule for rule in policy.rules if rule.method in (asked.method, "*")]
    allowing = [rule for rule in rules if rule.action != DENY]
    for rule in rules:
        denies = rule.action == DENY and not (allowing and _is_default(rule))
        if denies and all(_holds(state, condition, subject) for condition in rule.conditions):
            facts = [_fact(state, condition, subject) for condition in rule.conditions]
            because = f": {' and '.join(facts)}" if facts else ""
            return f"denies {part} by its rule “{rule.name}”{because}"
    if not allowing:
        return f"has no rule that allows {asked.method}, and what no rule allows is denied"
    missing = [[c for c in rule.conditions if not _holds(state, c, subject)] for rule in allowing]
    nearest = min(range(len(allowing)), key=lambda index: len(missing[index]))
    unmet = " and ".join(_unmet(state, each, subject) for each in missing[nearest])
    return f"has no rule that allows {part}; “{allowing[nearest].name}” would, but {unmet}"


def _fact(state: State, condition: Condition, subject: Subject) -> str:
    read = _shown(_read(state, condition.subject, subject))
    return f"{condition.subject.field} is {read}"


def _unmet(state: State, condition: Condition, subject: Subject) -> str:
    expected = ", ".join(map(_shown, _expected(state, condition)))
    name = f"{condition.subject.field} must be {condition.operator} {_cut(expected)}"
    read = _read(state, condition.subject, subject)
    return f"{name}, and it has none" if read is None else f"{name}, and is {_shown(read)}"


def _shown(value: object) -> str:
    return _cut(value if isinstance(value, str) else str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
