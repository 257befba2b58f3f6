"""Typed data that people give to eth-account's accounts, by a type and a value, or as a whole."""

from typing import Any

from account_inputs import RAW
from ids import stable
from typed_data_cases import BAD, GOOD, PrefixedBytes

Q = {"Q": [{"name": "b", "type": "string"}]}
P = {"P": [{"name": "a", "type": "string"}]}
TREE = {"T": [{"name": "name", "type": "string"}, {"name": "kids", "type": "T[]"}]}
DOMAIN_TYPE = [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}]


def member(kind: str, value: object) -> dict[str, Any]:
    """The arguments for a struct of one member."""
    types = {"P": [{"name": "a", "type": kind}], **(Q if "Q" in kind else {})}
    return {"domain_data": {"name": "x"}, "message_types": types, "message_data": {"a": value}}


def domain(**fields: Any) -> dict[str, Any]:
    return {**member("string", "x"), "domain_data": fields}


def whole(**change: Any) -> dict[str, Any]:
    """The argument `full_message`."""
    parts = {
        "domain": {"name": "x", "chainId": 1},
        "types": P,
        "message": {"a": "x"},
    }
    parts.update(change)
    return {"full_message": {name: part for name, part in parts.items() if part is not ...}}


# Both sign the same.
SAME: dict[str, dict[str, Any]] = {
    **{
        f"{kind} of {stable(value):.40}": member(kind, value)
        for kind, value in [
            ("string", "hello"), ("string", "0x12"), ("string", ""), ("string", 5),
            ("string", True),
            ("bool", True), ("bool", 1), ("bool", 0), ("bool", 2), ("bool", "true"),
            ("bool", "false"),
            ("bool", "False"), ("bool", "0"), ("bool", ""),
            ("address", GOOD), ("address", GOOD.lower()), ("address", GOOD[2:]), ("address", RAW),
            ("address", bytearray(RAW)), ("address", PrefixedBytes(RAW)),
            ("address", "0X" + GOOD[2:]),
            ("bytes4", b"abcd"), ("bytes4", b"ab"), ("bytes4", b""), ("bytes4", "abcd"),
            ("bytes4", "ab"),
            ("bytes4", "0x1234"), ("bytes4", "0x123"), ("bytes4", 5), ("bytes4", True),
            ("bytes4", PrefixedBytes(b"abcd")), ("bytes32", "0x" + "07" * 32),
            ("bytes", b""), ("bytes", b"\x00\xff"), ("bytes", "text"), ("bytes", "0x12"),
            ("bytes", "0x"),
            ("bytes", 0x1234), ("bytes", bytearray(b"a")), ("bytes", memoryview(b"a")),
            ("uint256", 5), ("uint256", "5"), ("uint256", "0x5"), ("uint256", " 5 "),
            ("uint256", "1_0"),
            ("uint256", "+5"), ("uint256", 2**256 - 1), ("uint256", str(2**200)), ("uint", 5),
            ("int256", -5), ("int256", "-5"), ("int256", -(2**255)), ("int", -5), ("int8", -128),
            ("uint8[]", []), ("uint8[]", [1, "2", "0x3"]), ("uint8[2]", [1, 2]),
            ("uint8[2][]", [[1, 2]]),
            ("bool[]", [1, "false"]), ("Q", {"b": "x"}), ("Q", {"b": 5}), ("Q", {"b": "x", "c": 1}),
            ("Q[]", []), ("Q[2]", [{"b": "x"}, {"b": "y"}]),
        ]
    },
    "no domain": domain(),
    "a short salt": domain(salt=b"decafbeef"),
    "a chain id in hex": domain(chainId="0x2105"),
    "a chain id in decimal": domain(chainId="8453"),
    "a large chain id": domain(chainId=2**60),
    "an empty version": domain(version=""),
    "a contract in lower case": domain(verifyingContract=GOOD.lower()),
    "all of the domain": domain(
        name="x", version="1", chainId=1, verifyingContract=GOOD, salt="0x" + "01" * 32
    ),
    "whole": whole(),
    "whole with its primary type": whole(primaryType="P"),
    "whole with its domain type": whole(types={"EIP712Domain": DOMAIN_TYPE, **P}),
    "a domain in another order": whole(
        types={"EIP712Domain": DOMAIN_TYPE[::-1], **P}
    ),
    "a domain with other types": whole(
        types={"EIP712Domain": [{**member, "type": "uint8"} for member in DOMAIN_TYPE], **P}
    ),
    "whole with something else": whole(id=5),
    "a recursive type": whole(
        types=TREE, message={"name": "a", "kids": [{"name": "b", "kids": []}]}
    ),
    "a recursive type by name": whole(
        types=TREE, message={"name": "a", "kids": []}, primaryType="T"
    ),
}  # fmt: skip
# eth-account signs it; Privy has no form for it, or nobody should.
CANNOT: dict[str, dict[str, Any]] = {
    **{
        f"{kind} of {stable(value):.40}": member(kind, value)
        for kind, value in [
            ("string", 10**18), ("string", None), ("bytes", None), ("Q", None), ("Q", {}),
            ("bool", "no"), ("bool", []), ("bool", b""), ("bool", 0.0), ("address", BAD),
            ("bytes4", "0xzz"), ("bytes4", -5), ("bytes", "0X12"), ("uint8[2]", [1]),
            ("uint8[2]", [1, 2, 3]),
        ]
    },
    "a mistyped contract": domain(verifyingContract=BAD),
    "a name that is None": domain(name=None),
}  # fmt: skip
# Neither signs it.
REFUSED: dict[str, dict[str, Any]] = {
    **{
        f"{kind} of {stable(value):.40}": member(kind, value)
        for kind, value in [
            ("string", b"hi"), ("string", 5.5), ("string", -5), ("string", "\ud800"),
            ("string", []),
            ("bool", None), ("bool", [1]), ("address", 5), ("address", ""),
            ("address", "alice.eth"),
            ("bytes4", b"abcde"), ("bytes4", "abcde"), ("bytes", 5.0), ("bytes", [1]),
            ("uint8", 256), ("uint8", "256"), ("uint8", -1), ("int8", 128), ("uint256", 2**256),
            ("uint256", True), ("uint256", 5.0), ("uint256", b"\x05"), ("uint256", "0x"),
            ("uint256", ""),
            ("uint256", "0X5"), ("uint256", "five"), ("uint256", None), ("uint256", "9" * 5000),
            ("uint8[]", (1, 2)), ("uint8[]", 5), ("uint8[]", None), ("uint8[][]", [1]), ("Q", 5),
            ("uint7", 5), ("bytes33", b""), ("function", b"x" * 24), ("R", {}),
        ]
    },
    "nothing": {},
    "one part": {"message_data": {"a": "x"}},
    "both": {**member("string", "x"), **whole()},
    "a domain of other names": domain(chain_id=1),
    "no such domain": domain(verifyingContract="alice.eth"),
    "whole without types": whole(types=...),
    "whole without domain": whole(domain=...),
    "whole without message": whole(message=...),
    "another primary type": whole(primaryType="Q"),
    "a primary type that is None": whole(primaryType=None),
    "two roots": whole(types={**Q, **P}),
    "two roots and a primary type": whole(
        types={**Q, **P}, primaryType="P"
    ),
    "a domain that lacks a member": whole(
        domain={}, types={"EIP712Domain": DOMAIN_TYPE, **P}
    ),
    "types that are a list": whole(types=[]),
    "a message that is a list": whole(message=[]),
    "JSON": {"full_message": "{}"},
}  # fmt: skip
