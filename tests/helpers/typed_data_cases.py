"""Typed data of every shape, for property tests: types, values that fit them, and any others."""

import json
from decimal import Decimal
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import strategies as st

from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.rpc.typed_data import typed_data_digest
from privy_async.signing.canonical_json import canonical_json

SIZES = range(8, 257, 8)
ATOMS = [
    "string", "bool", "address", "bytes", "uint", "int",
    *(f"uint{size}" for size in SIZES), *(f"int{size}" for size in SIZES),
    *(f"bytes{length}" for length in range(1, 33)),
]  # fmt: skip
DOMAIN_KINDS = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}
NAMES = st.from_regex(r"[a-z_][a-zA-Z0-9_:]{0,8}", fullmatch=True)


GOOD = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
BAD = "0x742d35CC6634C0532925a3B844Bc9E7595F2bD18"
"""The same, mistyped: it fails EIP-55's checksum."""


class PrefixedBytes(bytes):
    """Bytes whose `hex()` has a prefix, as the HexBytes of web3.py 6."""

    def hex(self, *arguments: Any) -> str:
        return f"0x{bytes(self).hex(*arguments)}"


def integers(kind: str) -> st.SearchStrategy[int]:
    """Ints of the range of a type, its ends among them."""
    size = int(kind.lstrip("uint") or 256)
    low, high = (
        (0, 2**size - 1) if kind.startswith("u") else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)
    )
    return st.integers(low, high) | st.sampled_from([low, high])


def forms(kind: str) -> st.SearchStrategy[tuple[Any, Any]]:
    """Pairs of a value in one of the forms that are accepted, and the value that it stands for."""
    if kind == "string":
        return st.text().map(lambda text: (text, text))
    if kind == "bool":
        return st.booleans().flatmap(lambda yes: st.sampled_from([(yes, yes), (int(yes), yes)]))
    if kind == "address":
        return st.binary(min_size=20, max_size=20).flatmap(address_forms)
    if kind.startswith("bytes"):
        length = int(kind.removeprefix("bytes") or -1)
        sizes = {"min_size": length, "max_size": length} if length > 0 else {"max_size": 70}
        return st.binary(**sizes).flatmap(bytes_forms)
    return integers(kind).flatmap(integer_forms)


def address_forms(raw: bytes) -> st.SearchStrategy[tuple[Any, Any]]:
    text = to_checksum_address(raw)
    return st.sampled_from([text, text.lower(), raw, PrefixedBytes(raw)]).map(lambda f: (f, text))


def bytes_forms(raw: bytes) -> st.SearchStrategy[tuple[Any, Any]]:
    given = [raw, bytearray(raw), PrefixedBytes(raw), f"0x{raw.hex()}", f"0x{raw.hex().upper()}"]
    return st.sampled_from(given).map(lambda form: (form, raw))


def integer_forms(number: int) -> st.SearchStrategy[tuple[Any, Any]]:
    texts = [str(number)] if number < 0 else [str(number), hex(number)]
    return st.sampled_from([number, *texts]).map(lambda form: (form, number))


@st.composite
def typed_data(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Typed data in the forms that are accepted, and the same in eth-account's own values."""
    types: dict[str, Any] = {}
    for struct in draw(st.lists(NAMES.map(str.title), min_size=1, max_size=3, unique=True)):
        kinds = st.sampled_from([*ATOMS, *types]).flatmap(
            lambda kind: st.sampled_from([kind, kind, f"{kind}[]", f"{kind}[2]", f"{kind}[2][]"])
        )
        members = draw(st.dictionaries(NAMES, kinds, max_size=4))
        # eth-account wants one type that no other has a part of.
        members |= {f"part{number}": name for number, name in enumerate(types)}
        types[struct] = [{"name": name, "type": kind} for name, kind in members.items()]
    primary = list(types)[-1]
    names = draw(st.lists(st.sampled_from(list(DOMAIN_KINDS)), unique=True))
    domain_type = [{"name": n, "type": kind} for n, kind in DOMAIN_KINDS.items() if n in names]
    given_domain, exact_domain = draw(values("EIP712Domain", {"EIP712Domain": domain_type}))
    given, exact = draw(values(primary, types))
    declared = {**types, "EIP712Domain": domain_type} if draw(st.booleans()) else types
    name = draw(st.sampled_from(["primaryType", "primary_type"]))
    whole = {"types": declared, name: primary, "domain": given_domain, "message": given}
    return whole, {"types": types, "domain": exact_domain, "message": exact}


@st.composite
def values(draw: st.DrawFn, kind: str, types: dict[str, Any]) -> tuple[Any, Any]:
    """A value of a type in an accepted form, and the same in eth-account's own values."""
    if kind.endswith("]"):
        element, _, length = kind[:-1].rpartition("[")
        count = int(length) if length else draw(st.integers(0, 2))
        pairs = [draw(values(element, types)) for _ in range(count)]
        sequence = draw(st.sampled_from([list, tuple]))
        return sequence(one for one, _ in pairs), [exact for _, exact in pairs]
    if kind in types:
        members = {m["name"]: draw(values(m["type"], types)) for m in types[kind]}
        given = {name: one for name, (one, _) in members.items()}
        return given, {name: exact for name, (_, exact) in members.items()}
    return draw(forms(kind))


def digest(full_message: dict[str, Any]) -> bytes:
    """What eth-account signs of typed data."""
    message = encode_typed_data(full_message=full_message)
    return keccak(b"\x19" + message.version + message.header + message.body)


def digest_of_sent(formatted: dict[str, Any]) -> bytes:
    """What the sandbox signs of typed data that came to it as JSON."""
    received = json.loads(canonical_json(formatted))
    return typed_data_digest(Fields.of(received, "typed_data"))


# --- values that may not fit

JUNK = (
    st.none()
    | st.booleans()
    | st.integers(-(2**257), 2**257)
    | st.integers(-3, 300)
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=33)
    | st.from_regex(r"(0x)?[0-9a-f]{0,66}", fullmatch=True)
    | st.sampled_from(
        [GOOD, BAD, GOOD.lower(), GOOD[2:], "false", "0X5", " 5", "1_0", "٣", Decimal(1)]
    )
    | st.decimals()
)


def near(kind: str) -> st.SearchStrategy[Any]:
    """Values that nearly fit a type, or just: past its ends, too short, in odd notations."""
    if kind.startswith("bytes"):
        length = int(kind.removeprefix("bytes") or 3)
        raw = st.binary(min_size=length - 1, max_size=length + 1)
        hexes = raw.map(lambda data: f"0x{data.hex()}")
        odd = hexes.map(lambda text: text[:-1])
        return (
            raw | hexes | odd | raw.map(bytearray) | st.text(max_size=length) | st.integers(0, 999)
        )
    if kind == "address":
        return st.binary(min_size=19, max_size=21) | st.sampled_from([GOOD, BAD, GOOD.swapcase()])
    if kind in ("string", "bool"):
        return st.text(max_size=6) | st.integers(-2, 300) | st.booleans() | st.binary(max_size=3)
    ends = st.tuples(integers(kind), st.integers(-2, 2)).map(sum)
    notations = [str, hex, "{:+}".format, " {} ".format, "{:_}".format, "0x{:064x}".format, float]
    return ends | st.tuples(st.sampled_from(notations), ends).map(lambda pair: pair[0](pair[1]))


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("bc"), inner)


@st.composite
def any_member(draw: st.DrawFn) -> tuple[str, Any]:
    """A type, `Q` among them, and a value that may fit or not."""
    kind = draw(st.sampled_from([*ATOMS, "Q"]))
    value = near("string").map(lambda text: {"b": text}) if kind == "Q" else near(kind)
    value |= st.recursive(JUNK, deeper, max_leaves=4)
    suffix = draw(st.sampled_from(["", "", "[]", "[2]"]))
    return f"{kind}{suffix}", draw(st.lists(value, max_size=2) if suffix else value)
