"""Conditions on the instructions of any Solana program, read by its IDL."""

import copy
import json
from typing import Any

import pytest
from api_client import ApiClient
from hypothesis import given
from hypothesis import strategies as st
from places import VECTORS
from policy_engine import Engine, condition, rule, solana
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from privy_async.sandbox.policies.chains.solana_idl import instruction_data_source
from privy_async.sandbox.policies.subjects import UndecidableError
from privy_async.sandbox.records.policies import FieldReference

VECTOR = json.loads((VECTORS / "solana_idl.json").read_text())
IDL, PROGRAM = VECTOR["idl"], VECTOR["program"]
CALLS = VECTOR["instructions"]
FIELDS = [(number, *pair) for number, call in enumerate(CALLS) for pair in call["fields"].items()]
PAYER = Pubkey.from_bytes(bytes([42]) * 32)
SOURCE = "solana_instruction_data"


def read(call: Any, field: str, idl: Any = IDL) -> Any:
    """What a field of a call is read as."""
    source = instruction_data_source(PROGRAM, call["accounts"], bytes.fromhex(call["data"]))
    return source(FieldReference(SOURCE, field, idl=idl))


@pytest.mark.parametrize(("number", "field", "expected"), FIELDS)
def test_what_anchor_encodes_is_read(number: int, field: str, expected: object) -> None:
    """Arguments, members of structs and accounts; what cannot be compared has no value."""
    found = read(CALLS[number], field)
    assert found == expected or str(found) == expected


def instruction(number: int, program: str = PROGRAM) -> Instruction:
    """A call of the vector, as an instruction."""
    call = CALLS[number]
    accounts = [AccountMeta(Pubkey.from_string(each), False, True) for each in call["accounts"]]
    return Instruction(Pubkey.from_string(program), bytes.fromhex(call["data"]), accounts)


def allowed(*conditions: Any, calls: Any = (0,), program: str = PROGRAM) -> bool:
    """True if a rule with these conditions allows a transaction of these calls."""
    asked = solana(*(instruction(each, program) for each in calls), payer=PAYER)
    return Engine("solana").allows(rule("signAndSendTransaction", *conditions), asked=asked)


def by_idl(field: str, operator: str, value: Any) -> Any:
    """A condition on the instruction's data."""
    return condition(SOURCE, field, operator, value, idl=IDL)


def test_the_condition_of_privys_page() -> None:
    """The data are for whatever program; which one is a condition of its own beside it."""
    program = condition("solana_program_instruction", "programId", "eq", PROGRAM)
    named = by_idl("instruction_name", "in", ["deposit", "close"])
    other = str(Pubkey.new_unique())
    assert allowed(named, program)
    assert not allowed(named, program, program=other)
    assert allowed(named, program=other)
    assert not allowed(named, program, calls=(3,))


def test_every_instruction_must_be_allowed() -> None:
    """One that the rule does not cover denies the whole transaction."""
    named = by_idl("instruction_name", "in", ["deposit", "close"])
    assert allowed(named, calls=(0, 1, 2))
    assert not allowed(named, calls=(0, 3))


@pytest.mark.parametrize(
    ("field", "operator", "value", "holds"),
    [
        ("deposit.amount", "lte", "18446744073709551615", True),
        ("deposit.amount", "lt", "18446744073709551615", False),
        ("deposit.memo", "starts_with", "hel", True),
        ("deposit.memo", "eq", "Hello", False),
        ("deposit.vault", "in", ["x", CALLS[0]["accounts"][0]], True),
        ("deposit.owner", "eq", CALLS[0]["accounts"][0], False),
        ("close.receiver", "eq", CALLS[0]["accounts"][2], False),
    ],
)
def test_comparing(field: str, operator: str, value: Any, holds: bool) -> None:
    """Numbers as numbers, texts and addresses as texts."""
    assert allowed(by_idl(field, operator, value)) is holds


@given(st.sampled_from(CALLS), st.data())
def test_data_that_are_cut_short_decide_nothing(call: Any, data: Any) -> None:
    """No prefix of a call's arguments has a value that the whole does not have."""
    raw = bytes.fromhex(call["data"])
    cut = {**call, "data": raw[: data.draw(st.integers(8, len(raw)))].hex()}
    fields = [name for name in call["fields"] if "." in name]
    field = data.draw(st.sampled_from(fields))
    try:
        found = read(cut, field)
    except UndecidableError:
        return
    assert found == read(call, field)


def with_types(kind: Any, types: Any = ()) -> Any:
    """An IDL whose one instruction has an argument of this type."""
    argument = [{"name": "value", "type": kind}]
    described = {"name": "run", "discriminator": [1], "accounts": [], "args": argument}
    return {"instructions": [described], "types": list(types)}


UNIT = {"name": "Unit", "type": {"kind": "struct", "fields": []}}
LOOP = {"name": "Loop", "type": {"kind": "struct", "fields": [{"defined": {"name": "Loop"}}]}}
CHOICE = {"name": "Choice", "type": {"kind": "enum", "variants": [{"name": "A"}, {"name": "B"}]}}
DEFINED = {"defined": {"name": "Unit"}}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ({"vec": DEFINED}, "ffffffff"),
        ({"array": [DEFINED, 10**12]}, ""),
        ({"array": [{"array": [DEFINED, 10**9]}, 10**9]}, ""),
        ({"vec": "u8"}, "ffffffff"),
        ("string", "ffffffff"),
        ("string", "02000000ffff"),
        ("bool", "02"),
        ({"option": "u8"}, "0200"),
        ({"defined": {"name": "Loop"}}, "00"),
        ({"defined": {"name": "Nobody"}}, "00"),
        ({"defined": "Unit"}, ""),
        ({"generic": "T"}, "00"),
        ({"array": "u8"}, "00"),
        ({"array": ["u8", {"generic": "N"}]}, "00"),
        ({}, ""),
        (7, ""),
        ({"defined": {"name": "Choice"}}, "02"),
        ({"defined": {"name": "Choice"}}, "ff"),
        ({"vec": [7]}, "0100000007"),
        ({"tuple": ["u8", 1]}, "07"),
        ("publicKey", "00" * 32),
    ],
)
def test_what_cannot_be_read_is_denied(kind: Any, data: str) -> None:
    """Whatever the IDL and the data are, it takes no long time and allows nothing."""
    call = {"accounts": [], "data": "01" + data}
    with pytest.raises(UndecidableError):
        read(call, "run.value", with_types(kind, [UNIT, LOOP, CHOICE]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 300) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "type", "kind", "fields", "variants", "vec", "array", "option"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(JSON, st.lists(JSON, max_size=2), st.binary(max_size=40))
def test_any_idl(kind: Any, types: list[Any], data: bytes) -> None:
    """Types that make no sense are undecidable, and raise nothing else."""
    call = {"accounts": [], "data": "01" + data.hex()}
    try:
        read(call, "run.value", with_types(kind, types))
    except UndecidableError:
        pass


def changed(path: list[Any], value: Any) -> Any:
    """The IDL with something else at a path."""
    idl = copy.deepcopy(IDL)
    place = idl
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return idl


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("field", "idl", "named"),
    [
        ("instruction_name", None, "idl"),
        ("instruction_name", {}, "idl.instructions"),
        ("instruction_name", {"instructions": []}, "idl.instructions"),
        ("instruction_name", changed(["instructions", 0, "name"], None), "instructions.0.name"),
        # As the IDLs of Anchor before 0.30 are.
        (
            "instruction_name",
            changed(["instructions", 0, "discriminator"], None),
            "instructions.0.discriminator",
        ),
        (
            "instruction_name",
            changed(["instructions", 0, "discriminator"], [256]),
            "instructions.0.discriminator",
        ),
        *(
            (
                "instruction_name",
                changed(["instructions", 0, "discriminator"], numbers),
                "instructions.0.discriminator",
            )
            for numbers in ([], [1, 256], [256, 1], [-1], [1, True], ["1"], "1", {})
        ),
        (
            "instruction_name",
            changed(["instructions", 0, "accounts", 0], {}),
            "instructions.0.accounts.0.name",
        ),
        ("instruction_name", changed(["instructions", 0, "args", 0, "type"], None), "args.0.type"),
        ("instruction_name", changed(["padding"], "x" * 32 * 1024), "idl"),
        ("deposit", IDL, "field"),
        ("withdraw.amount", IDL, "field"),
        ("instruction_name.x", IDL, "field"),
    ],
)
async def test_what_is_refused(api: ApiClient, field: str, idl: Any, named: str) -> None:
    """A condition that could never hold is refused where it is made, and named."""
    rules = [rule("signTransaction", condition(SOURCE, field, "eq", "x", idl=idl))]
    body = {"version": "1.0", "name": "p", "chain_type": "solana", "rules": rules}
    reply = await api.call("POST", "/v1/policies", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert f"{named}`" in reply.body["error"]


@pytest.mark.anyio
async def test_the_idls_of_a_policy(api: ApiClient) -> None:
    """Each has at most 32 KB, and all of a policy 128 KB, in whatever way they came there."""
    large = changed(["padding"], "x" * 30 * 1024)
    small = rule("signTransaction", condition(SOURCE, "instruction_name", "eq", "deposit", idl=IDL))
    big = rule("signTransaction", condition(SOURCE, "instruction_name", "eq", "deposit", idl=large))
    body = {"version": "1.0", "name": "p", "chain_type": "solana", "rules": [big] * 3}
    made = await api.call("POST", "/v1/policies", body)
    assert made.body["rules"][0]["conditions"][0]["idl"] == large
    path = f"/v1/policies/{made.body['id']}"
    assert (await api.call("POST", f"{path}/rules", small)).status == 200
    for method, to, what in (
        ("POST", f"{path}/rules", big),
        ("PATCH", path, {"rules": [big] * 5}),
        ("POST", "/v1/policies", {**body, "rules": [big] * 5}),
    ):
        refused = await api.call(method, to, what)
        assert (refused.status, "IDLs" in refused.body["error"]) == (400, True)
    assert len((await api.call("GET", path)).body["rules"]) == 4


@pytest.mark.anyio
async def test_what_is_missing_of_an_argument(api: ApiClient) -> None:
    """It is told in the words that Privy has for any field that is not there."""
    idl = changed(["instructions", 0, "args", 0, "type"], None)
    rules = [rule("signTransaction", condition(SOURCE, "instruction_name", "eq", "x", idl=idl))]
    body = {"version": "1.0", "name": "p", "chain_type": "solana", "rules": rules}
    reply = await api.call("POST", "/v1/policies", body)
    assert reply.body["error"].endswith("Required")
    assert "args.0.type" in reply.body["error"]
