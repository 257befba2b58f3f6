"""Rules as they are read: what each may hold at most, and which field a refusal names."""

from typing import Any

import pytest
from policy_engine import ERC20, Engine, condition, rule, send

from privy_async.sandbox.policies.chains.solana_idl import MAX_IDL_SIZE, idl_size
from privy_async.sandbox.policies.validate import name_of, require_small_idls
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal


def refused(*rules: Any, chain_type: str = "ethereum") -> str:
    """What is said of rules that are refused."""
    with pytest.raises(Refusal) as caught:
        Engine(chain_type).policy(*rules)
    assert (caught.value.status, caught.value.code) == (400, "invalid_data")
    return caught.value.message


def about(operator: str, value: Any, field: str = "to") -> dict[str, Any]:
    """A rule with one condition."""
    return rule("*", condition("ethereum_transaction", field, operator, value))


def test_a_list_of_values() -> None:
    """One to a hundred, for `in` alone; a value by itself is a list of one."""
    (read,) = Engine().policy(about("in", "abc")).rules
    assert read.conditions[0].values == ("abc",)
    (read,) = Engine().policy(about("in", ["a"] * 100)).rules
    assert len(read.conditions[0].values) == 100
    for values in ([], ["a"] * 101):
        assert "1 to 100 element(s)" in refused(about("in", values))
    for operator in ("eq", "neq", "contains"):
        assert "Expected a string or a number" in refused(about(operator, ["a"]))


@pytest.mark.parametrize("value", [None, True, {}, [None], [True], "x", ["1", "x"]])
def test_what_is_no_value(value: Any) -> None:
    """Nothing, a boolean, an object; for a number a text that spells none."""
    told = refused(about("in", value, "value"))
    assert "conditions.0.value" in told
    wanted = {None: "Required"}.get(value if not isinstance(value, list | dict) else "", "")
    assert wanted in told


@pytest.mark.parametrize("value", [1, 1.5, "1", "0x1F", "-1", "1.50", ["1", 2]])
def test_what_is_a_value_of_a_number(value: Any) -> None:
    """However it is written."""
    assert Engine().policy(about("in", value, "value"))


def abi_of(*parameters: Any) -> dict[str, Any]:
    """A rule about a function with these parameters."""
    function = {"type": "function", "name": "f", "inputs": list(parameters)}
    return rule("*", condition("ethereum_calldata", "f", "eq", "f", abi=[function]))


def test_parameters_of_an_abi() -> None:
    """Each has a type, and a name that is text, if it has any; members of tuples too."""
    assert Engine().policy(abi_of({"type": "uint8"}, {"type": "bool", "name": None}))
    for wrong, named in (
        ({}, "type"),
        ({"type": 5}, "type"),
        ({"type": "bool", "name": 5}, "name"),
    ):
        assert f"abi.0.inputs.0.{named}" in refused(abi_of(wrong))
        within = {"type": "tuple", "components": [wrong]}
        assert f"abi.0.inputs.0.components.0.{named}" in refused(abi_of(within))
    many = condition("ethereum_calldata", "transfer", "eq", "transfer", abi=ERC20 * 200)
    assert Engine().policy(rule("*", many))
    many["abi"] = ERC20 * 201
    assert "at most 200 element(s)" in refused(rule("*", many))


def test_members_of_typed_data() -> None:
    """Each has a name and a type; the primary type is one of them."""

    def typed(member: Any, primary: str = "Mail") -> dict[str, Any]:
        described = {"types": {"Mail": [member]}, "primary_type": primary}
        return rule(
            "eth_signTypedData_v4",
            condition("ethereum_typed_data_message", "a", "eq", "x", typed_data=described),
        )

    assert Engine().policy(typed({"name": "a", "type": "string"}))
    assert "Mail.0.name" in refused(typed({"type": "string"}))
    assert "Mail.0.type" in refused(typed({"name": "a"}))
    assert "primary_type" in refused(typed({"name": "a", "type": "string"}, "Other"))


def test_what_a_rule_must_have() -> None:
    """A list of conditions, even of none; an export has none."""
    told = refused({"name": "r", "method": "*", "action": "ALLOW"})
    assert "conditions" in told
    assert "Required" in told
    hello = condition("message", "content", "eq", "hello")
    assert "conditions" in refused(rule("exportPrivateKey", hello))
    assert Engine().policy(rule("exportPrivateKey"))
    for wrong in ("allow", "", None):
        assert "action" in refused({**rule("*"), "action": wrong})


@pytest.mark.parametrize(("length", "good"), [(1, True), (50, True), (51, False), (0, False)])
def test_how_long_a_name_is(length: int, good: bool) -> None:
    """One to fifty characters of any kind."""
    for letter in ("a", "\n", "ü"):
        fields = Fields({"name": letter * length}, "")
        if good:
            assert name_of(fields) == letter * length
            continue
        with pytest.raises(Refusal, match="name"):
            name_of(fields)


def test_how_long_the_idls_of_a_policy_are() -> None:
    """128 KiB together, whatever other conditions there are."""
    instruction = {"name": "run", "discriminator": [1], "args": [], "accounts": []}

    def of_size(size: int) -> dict[str, Any]:
        idl = {"instructions": [instruction], "docs": ""}
        idl["docs"] = "x" * (size - idl_size(idl))
        about = condition("solana_instruction_data", "instruction_name", "eq", "run", idl=idl)
        return rule("signTransaction", about)

    plain = rule("signTransaction", condition("solana_program_instruction", "programId", "eq", "x"))
    fits = [of_size(MAX_IDL_SIZE)] * 3 + [of_size(MAX_IDL_SIZE // 2)] * 2
    require_small_idls(Engine("solana").policy(plain, *fits, plain).rules)
    more = Engine("solana").policy(*fits[:-1], of_size(MAX_IDL_SIZE // 2 + 1)).rules
    with pytest.raises(Refusal, match="at most 131072 bytes") as caught:
        require_small_idls(more)
    assert "`rules`" in caught.value.message


def test_a_condition_is_for_its_methods() -> None:
    """A source that a method has not is refused by its name; for `*` any will do."""
    message = condition("message", "content", "eq", "hello")
    assert "'message' is not available for eth_sendTransaction" in refused(
        rule("eth_sendTransaction", message)
    )
    assert Engine().policy(rule("*", message))
    assert not Engine().allows(rule("*", message), asked=send())
