"""EIP-712 typed data: each value is read by its declared type, or refused by its path."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from places import VECTORS
from typed_data_cases import (
    BAD,
    GOOD,
    PrefixedBytes,
    any_member,
    digest,
    digest_of_sent,
    typed_data,
)

from privy_async import InvalidArgumentError
from privy_async.resources.wallets.typed_data import format_typed_data


def one_member(kind: str, value: object) -> dict[str, Any]:
    """Typed data of one member."""
    types = {"P": [{"name": "a", "type": kind}], "Q": [{"name": "b", "type": "string"}]}
    if "Q" not in kind:
        del types["Q"]
    return {"types": types, "primaryType": "P", "domain": {"name": "x"}, "message": {"a": value}}


@settings(max_examples=60, deadline=None)
@given(typed_data())
def test_it_keeps_its_meaning(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Whatever the types and the forms, what is sent hashes to eth-account's digest."""
    whole, exact = pair
    formatted = format_typed_data(whole)
    assert formatted.keys() == {"types", "primary_type", "domain", "message"}
    assert digest_of_sent(formatted) == digest(exact)
    assert format_typed_data(formatted) == formatted


VIEM = json.loads((VECTORS / "typed_data_viem.json").read_text())["cases"]


@pytest.mark.parametrize("case", VIEM, ids=[case["fact"] for case in VIEM])
def test_viem_reads_the_same(case: dict[str, Any]) -> None:
    """viem, which Privy's own SDK builds on, made this digest of what is sent."""
    assert f"0x{digest_of_sent(format_typed_data(case['given'])).hex()}" == case["digest"]


@settings(max_examples=500, deadline=None)
@given(any_member())
def test_the_same_digest_or_a_refusal(member: tuple[str, object]) -> None:
    """What is not refused is what eth-account signs of the same value."""
    whole = one_member(*member)
    try:
        formatted = format_typed_data(whole)
    except InvalidArgumentError:
        return
    assert digest_of_sent(formatted) == digest(whole)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 5),
        ("string", 10**18),
        ("string", b"hi"),
        ("string", None),
        ("string", True),
        ("string", "\ud800"),
        ("bool", 2),
        ("bool", -1),
        ("bool", 1.0),
        ("bool", "true"),
        ("bool", ""),
        ("bool", None),
        ("address", BAD),
        ("address", GOOD[2:]),
        ("address", GOOD[:-2]),
        ("address", b"\x01" * 19),
        ("address", 5),
        ("address", "alice.eth"),
        ("bytes4", b"abc"),
        ("bytes4", b"abcde"),
        ("bytes4", "abcd"),
        ("bytes4", "0x123"),
        ("bytes4", 5),
        ("bytes32", b""),
        ("bytes", "text"),
        ("bytes", 5),
        ("bytes", [1]),
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", "256"),
        ("uint8", "0x100"),
        ("int8", 128),
        ("int8", -129),
        ("int8", "-0x1"),
        ("uint256", 2**256),
        ("uint256", "9" * 5000),
        ("int256", -(2**255) - 1),
        ("uint256", True),
        ("uint256", 1.0),
        ("uint256", Decimal(1)),
        ("uint256", b"\x01"),
        ("uint256", ""),
        ("uint256", "0x"),
        ("uint256", "0X5"),
        ("uint256", " 5"),
        ("uint256", "1_0"),
        ("uint256", "+5"),
        ("uint256", "٣"),
        ("uint256", "1e18"),
        ("uint256", None),
        ("uint8[2]", [1]),
        ("uint8[2]", [1, 2, 3]),
        ("uint8[]", 5),
        ("uint8[]", "0x"),
        ("uint8[]", b"\x01"),
        ("uint8[]", {0: 1}),
        ("uint8[]", None),
        ("Q", None),
        ("Q", "x"),
        ("Q", [("b", "x")]),
    ],
)  # fmt: skip
def test_what_does_not_fit_its_type(kind: str, value: object) -> None:
    """It is refused by its path, wherever in the data it stands."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_typed_data(one_member(kind, value))
    assert caught.value.argument == "typed_data.message.a"


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        ("uint8[]", [1, 2, "x"], "a[2]"),
        ("uint8[2][]", [[1, 2], [1]], "a[1]"),
        ("uint8[2][]", [[1, 2], [1, -1]], "a[1][1]"),
        ("Q", {}, "a.b"),
        ("Q", {"b": 5}, "a.b"),
        ("Q[]", [{"b": "x"}, {"b": "y", "c": 1}], "a[1].c"),
        ("Q[]", [{"b": "x"}, {5: "y", "b": ""}], "a[1].5"),
        ("Q[]", ["x"], "a[0]"),
    ],
)
def test_the_path_of_what_is_wrong(kind: str, value: object, path: str) -> None:
    """It names items and members; what is missing or too much is named as well."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_typed_data(one_member(kind, value))
    assert caught.value.argument == f"typed_data.message.{path}"


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("uint256", 2**53 - 1, 2**53 - 1),
        ("uint256", 2**53, "0x20000000000000"),
        ("uint256", "0x05", 5),
        ("int256", -(2**53), "-9007199254740992"),
        ("int256", "-007", -7),
        ("bool", 1, True),
        ("bytes", PrefixedBytes(b"\x12"), "0x12"),
        ("bytes2", bytearray(b"\x12\x34"), "0x1234"),
        ("address", bytes.fromhex(GOOD[2:]), GOOD.lower()),
        ("uint8[02]", (1, 2), [1, 2]),
    ],
)
def test_what_is_sent(kind: str, value: object, sent: object) -> None:
    """Each value has the one form that JSON carries exactly and viem reads."""
    message = format_typed_data(one_member(kind, value))["message"]
    assert message == {"a": sent}
    assert type(message["a"]) is type(sent)


MAIL: dict[str, Any] = {
    "types": {"Mail": [{"name": "body", "type": "string"}]},
    "primary_type": "Mail",
    "domain": {},
    "message": {"body": "x"},
}


def types(**structs: Any) -> dict[str, Any]:
    return {"types": {**MAIL["types"], **structs}}


NAME, VERSION = {"name": "name", "type": "string"}, {"name": "version", "type": "string"}


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"primary_type": None}, "typed_data"),
        ({"primary_type": "Letter"}, "typed_data.primary_type"),
        ({"primary_type": "Mail[]"}, "typed_data.primary_type"),
        ({"primary_type": "EIP712Domain", **types(EIP712Domain=[])}, "typed_data.primary_type"),
        ({"primaryType": "Letter"}, "typed_data.primaryType"),
        ({"domain": None}, "typed_data.domain"),
        ({"types": []}, "typed_data.types"),
        ({"message": "x"}, "typed_data.message"),
        ({"domain": {"chainId": float("nan")}}, "typed_data.domain.chainId"),
        ({"domain": {"chainId": "Base"}}, "typed_data.domain.chainId"),
        ({"domain": {"name": 5}}, "typed_data.domain.name"),
        ({"domain": {"version": 1}}, "typed_data.domain.version"),
        ({"domain": {"salt": b"short"}}, "typed_data.domain.salt"),
        ({"domain": {"verifyingContract": BAD}}, "typed_data.domain.verifyingContract"),
        ({"domain": {"chain_id": 1}}, "typed_data.domain.chain_id"),
        ({"domain": {"name": None}}, "typed_data.domain.name"),
        ({**types(EIP712Domain=[NAME]), "domain": {}}, "typed_data.domain.name"),
        ({"domain": {"name": "x"}, **types(EIP712Domain=[])}, "typed_data.domain.name"),
        (types(EIP712Domain=[VERSION, NAME]), "typed_data.types.EIP712Domain"),
        (types(EIP712Domain=[{**NAME, "type": "bytes"}]), "typed_data.types.EIP712Domain"),
        (types(EIP712Domain=[{**NAME, "name": "title"}]), "typed_data.types.EIP712Domain"),
        (types(Q=[{"name": "a", "type": "uint7"}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": "bytes33"}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": "R"}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": "Mail["}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": "uint8[-1]"}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": "uint8[x]"}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": ""}]), "typed_data.types.Q.a"),
        (types(Q=[{"name": "a", "type": 5}]), "typed_data.types.Q[0]"),
        (types(Q=[{"name": "a,uint8 b", "type": "uint8"}]), "typed_data.types.Q[0]"),
        (types(Q=[{"type": "uint8"}]), "typed_data.types.Q[0]"),
        (types(Q=[NAME, NAME]), "typed_data.types.Q[1]"),
        (types(Q=["uint8 a"]), "typed_data.types.Q[0]"),
        (types(Q={"a": "uint8"}), "typed_data.types.Q"),
        ({"types": {**MAIL["types"], "uint8": []}}, "typed_data.types.uint8"),
        ({"types": {**MAIL["types"], "Q[]": []}}, "typed_data.types.Q[]"),
        ({"types": {**MAIL["types"], 5: []}}, "typed_data.types.5"),
    ],
)  # fmt: skip
def test_parts_and_types_that_cannot_be_signed(change: Mapping[str, Any], argument: str) -> None:
    """A missing part, an odd name or an unknown type is named, and the domain is the standard's."""
    with pytest.raises(InvalidArgumentError) as caught:
        format_typed_data({**MAIL, **change})
    assert caught.value.argument == argument


@pytest.mark.parametrize("whole", [None, [], "{}"])
def test_typed_data_is_a_mapping(whole: Any) -> None:
    """JSON as text is not decoded silently."""
    with pytest.raises(InvalidArgumentError, match="typed_data: expected a mapping"):
        format_typed_data(whole)


TREE = [{"name": "name", "type": "string"}, {"name": "kids", "type": "Tree[]"}]


def test_structs_may_hold_their_own_kind() -> None:
    """A type may be recursive; its values end with an empty array, and none may hold itself."""
    tree: dict[str, Any] = {"name": "a", "kids": [{"name": "b", "kids": []}]}
    whole = {"types": {"Tree": TREE}, "primary_type": "Tree", "domain": {}, "message": tree}
    assert digest_of_sent(format_typed_data(whole)) == digest(
        {name: whole[name] for name in ("types", "domain", "message")}
    )
    tree["kids"].append(tree)
    with pytest.raises(InvalidArgumentError, match="nested too deeply, or contains itself"):
        format_typed_data(whole)


@pytest.mark.parametrize(
    ("domain", "declared"),
    [
        ({"name": "", "chainId": "0x2105"}, False),
        ({"chainId": 2**53}, True),
        ({"version": ""}, True),
    ],
)
def test_a_domain_that_viem_would_misread_is_declared(
    domain: dict[str, Any], declared: bool
) -> None:
    """Left out, it finds the members by their values, and overlooks some of these."""
    formatted = format_typed_data({**MAIL, "domain": domain})
    assert ("EIP712Domain" in formatted["types"]) is declared
    expected = digest({"types": MAIL["types"], "domain": domain, "message": MAIL["message"]})
    assert digest_of_sent(formatted) == expected
