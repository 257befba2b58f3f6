"""What a refusal by a policy says: whose policy, which rule, what holds and what lacks."""

from typing import Any

import attrs
import pytest
from policy_engine import OTHER, USDC, Engine, condition, rule, send, typed_data

from privy_async.sandbox.policies.asked import asked_by_rpc
from privy_async.sandbox.policies.evaluate import asks_for_mfa, require_allowed
from privy_async.sandbox.records.policies import ConditionSet, ConditionSetItem
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal

SENT = send(value="0x5")
NO_MFA = Refusal(401, "MFA", "mfa_required")


def about(field: str, operator: str, value: Any, source: str = "ethereum_transaction") -> Any:
    """A condition."""
    return condition(source, field, operator, value)


def named(name: str, *conditions: Any, method: str = "*", action: str = "ALLOW") -> Any:
    """A rule with a name."""
    return {**rule(method, *conditions, action=action), "name": name}


def refusal_of(
    *rules: Any,
    asked: Any = SENT,
    signer: bool = False,
    authorized_by: str | None = "owner",
    without_mfa: Refusal | None = None,
) -> Refusal | None:
    """The refusal by the owner's policy, or by that of an additional signer."""
    engine = Engine()
    policy = engine.policy(*rules)
    wallet = attrs.evolve(
        engine.wallet,
        owner_id="owner",
        policy_ids=() if signer else (policy.id,),
        override_policy_ids={"signer": policy.id} if signer else {},
    )
    request = HttpRequest(
        *("POST", "http://x", "/", {}, {}),
        authorized_by="signer" if signer else authorized_by,
        without_mfa=without_mfa,
    )
    try:
        require_allowed(engine.state, wallet, request, lambda: asked_by_rpc(Fields(asked, "")))
    except Refusal as refusal:
        if refusal.diagnosis is not None:
            told = refusal.diagnosis.explanation.replace(policy.id, "ID")
            refusal.diagnosis = attrs.evolve(refusal.diagnosis, explanation=told)
        return refusal
    return None


def why(*rules: Any, **options: Any) -> str:
    """What the refusal says, behind the policy's name."""
    refusal = refusal_of(*rules, **options)
    assert refusal is not None
    assert refusal.code == "policy_violation"
    assert refusal.diagnosis is not None
    whose = "The signer's" if options.get("signer") else "The wallet's"
    before = f"{whose} policy “policy” (ID) "
    assert refusal.diagnosis.explanation.startswith(before)
    return refusal.diagnosis.explanation.removeprefix(before)


NOBODY_ALLOWS = "has no rule that allows eth_sendTransaction, and what no rule allows is denied."
TO, VALUE = about("to", "eq", OTHER), about("value", "lt", "3")
DEAR, CHAIN = about("value", "gte", "3"), about("chain_id", "in", ["1", "10"])


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([], NOBODY_ALLOWS),
        ([named("a", method="personal_sign")], NOBODY_ALLOWS),
        ([named("a", action="DENY")], "denies it by its rule “a”."),
        (
            [named("a", action="DENY"), named("b", TO)],
            f"has no rule that allows it; “b” would, but to must be eq {OTHER}, and is {USDC}.",
        ),
        (
            [named("x", action="DENY", method="eth_sendTransaction"), named("b")],
            "denies it by its rule “x”.",
        ),
        (
            [named("b"), named("big", DEAR, about("to", "neq", OTHER), action="DENY")],
            f"denies it by its rule “big”: value is 5 and to is {USDC}.",
        ),
        (
            [named("b", TO), named("big", DEAR, action="DENY")],
            "denies it by its rule “big”: value is 5.",
        ),
        (
            [named("small", VALUE, action="DENY"), named("big", DEAR, action="DENY"), named("b")],
            "denies it by its rule “big”: value is 5.",
        ),
        (
            [named("a", TO, VALUE), named("b", DEAR, CHAIN)],
            "has no rule that allows it; “b” would, but chain_id must be in 1, 10, and is 8453.",
        ),
        (
            [named("b", DEAR, CHAIN), named("a", TO, VALUE)],
            "has no rule that allows it; “b” would, but chain_id must be in 1, 10, and is 8453.",
        ),
        (
            [named("a", TO, VALUE, DEAR)],
            f"has no rule that allows it; “a” would, but to must be eq {OTHER}, and is {USDC} "
            "and value must be lt 3, and is 5.",
        ),
        (
            [named("a", about("content", "eq", "hello", "message"))],
            "has no rule that allows it; “a” would, but content must be eq hello, and it has none.",
        ),
        (
            [named("a", about("to", "in", ["x" * 79, "y"]))],
            f"has no rule that allows it; “a” would, but to must be in {'x' * 79},..., "
            f"and is {USDC}.",
        ),
        (
            [named("a", about("to", "eq", "x" * 80))],
            f"has no rule that allows it; “a” would, but to must be eq {'x' * 80}, and is {USDC}.",
        ),
        (
            [named("a", about("to", "eq", "x" * 81))],
            f"has no rule that allows it; “a” would, but to must be eq {'x' * 80}..., "
            f"and is {USDC}.",
        ),
    ],
)
def test_what_is_told(rules: list[Any], told: str) -> None:
    """The rule that denies and why, or the one that comes nearest and what it lacks."""
    assert why(*rules) == told
    assert why(*rules, signer=True) == told


def test_the_part_that_is_denied() -> None:
    """Of several calls, the first that no rule allows is named by its number."""
    calls = [{"to": USDC, "value": value} for value in ("0x1", "0x5", "0x6")]
    asked = {"method": "wallet_sendCalls", "caip2": "eip155:1", "params": {"calls": calls}}
    assert why(named("a", VALUE), asked=asked) == (
        "has no rule that allows part 2 of it; “a” would, but value must be lt 3, and is 5."
    )
    denied = named("big", about("value", "eq", "6"), action="DENY")
    assert why(named("a"), denied, asked=asked) == (
        "denies part 3 of it by its rule “big”: value is 6."
    )


def test_what_cannot_be_decided() -> None:
    """It is denied, and said why."""
    engine = Engine()
    items = (ConditionSetItem("i", "s", "5", 0),)
    engine.state.condition_sets["s"] = ConditionSet("s", "set", 0, items=items)
    policy = engine.policy(named("a", about("value", "in_condition_set", "s")))
    wallet = attrs.evolve(engine.wallet, policy_ids=(policy.id,))
    assert engine.lets(wallet, SENT)
    assert not engine.lets(wallet, send(value="0x6"))
    del engine.state.condition_sets["s"]
    request = HttpRequest("POST", "http://x", "/", {}, {})
    with pytest.raises(Refusal) as caught:
        require_allowed(
            engine.state, wallet, request, lambda: asked_by_rpc(Fields(send(value="0x5"), ""))
        )
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.explanation.endswith(
        "cannot be decided, for the condition set is gone."
    )


def test_where_mfa_is_needed() -> None:
    """Whoever has signed without it is refused; without an owner nobody can have it."""
    needs = named("a", action="ALLOW_WITH_MFA")
    assert refusal_of(needs) is None
    assert refusal_of(needs, without_mfa=NO_MFA) is NO_MFA
    assert refusal_of(named("a"), without_mfa=NO_MFA) is None
    assert why(needs, authorized_by=None) == (
        "allows it with MFA alone, which a wallet without an owner cannot have."
    )


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        # A rule that denies everything is what happens anyway, save where a rule names the method.
        ([named("no", action="DENY"), named("a", method="eth_sendTransaction")], True),
        ([named("no", action="DENY"), named("a")], False),
        ([named("no", TO, action="DENY"), named("a")], True),
        ([named("no", DEAR, action="DENY"), named("a", method="eth_sendTransaction")], False),
        (
            [
                named("no", method="eth_sendTransaction", action="DENY"),
                named("a", method="eth_sendTransaction"),
            ],
            False,
        ),
    ],
)
def test_which_rule_comes_first(rules: list[Any], allowed: bool) -> None:
    """In whatever order they stand."""
    for ordered in (rules, rules[::-1]):
        assert (refusal_of(*ordered) is None) == allowed


def test_the_strictest_rule_decides() -> None:
    """Of those that fire, and of all parts of a request."""
    engine = Engine()
    cheap, dear = (named("a", VALUE), named("b", DEAR, action="ALLOW_WITH_MFA"))
    wallet = attrs.evolve(engine.wallet, policy_ids=(engine.policy(cheap, dear).id,))

    def asks(*values: str, by: str = "owner") -> bool:
        calls = [{"to": USDC, "value": value} for value in values]
        body = {"method": "wallet_sendCalls", "caip2": "eip155:1", "params": {"calls": calls}}
        return asks_for_mfa(engine.state, wallet, by, lambda: asked_by_rpc(Fields(body, "")))

    assert [asks("0x1"), asks("0x5"), asks("0x1", "0x5"), asks("0x5", "0x1")] == [
        *(False, True, True, True)
    ]
    assert not asks_for_mfa(engine.state, Wallet("w", engine.wallet.key, 0), "owner", lambda: 1 / 0)


def test_fields_of_other_chains_are_none() -> None:
    """A rule about what a request has not does not allow it."""
    hello = typed_data({"chainId": 1})
    assert why(named("a", VALUE), asked=hello).endswith(
        "“a” would, but value must be lt 3, and it has none."
    )
