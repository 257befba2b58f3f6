"""Whether an intent's request needs its users' second factor: asked of the policy alone."""

from collections.abc import Mapping
from typing import Any

import pytest
from policy_engine import Engine, condition, rule, send

from privy_async.sandbox.policies.evaluate import asks_for_mfa
from privy_async.sandbox.records.wallets import Wallet

ABOVE = condition("ethereum_transaction", "value", "gt", "10")


def asks(*rules: Mapping[str, Any], value: str = "0x1") -> bool:
    """Whether a transaction of a wallet with a policy of these rules asks for it."""
    engine = Engine()
    policies = (engine.policy(*rules).id,) if rules else ()
    wallet = Wallet(id="wallet", key=engine.wallet.key, created_at=0, policy_ids=policies)
    return asks_for_mfa(engine.state, wallet, "quorum", engine._ask(send(value=value)))


def test_only_a_rule_that_says_so_asks() -> None:
    """A request that is allowed anyway, denied, or under no policy does not."""
    with_mfa = rule("eth_sendTransaction", action="ALLOW_WITH_MFA")
    assert asks(with_mfa)
    assert not asks()
    assert not asks(rule("eth_sendTransaction"))
    assert not asks(rule("eth_sendTransaction", action="DENY"))
    assert not asks(rule("personal_sign", action="ALLOW_WITH_MFA"))


@pytest.mark.parametrize(("value", "needed"), [("0xa", False), ("0xb", True)])
def test_it_depends_on_the_request(value: str, needed: bool) -> None:
    """As the rule's conditions say."""
    assert asks(rule("eth_sendTransaction", ABOVE, action="ALLOW_WITH_MFA"), value=value) is needed


def test_what_cannot_be_decided_does_not_ask() -> None:
    """It is denied, with a second factor or without."""
    assert not asks(rule("eth_sendTransaction", ABOVE, action="ALLOW_WITH_MFA"), value="much")
