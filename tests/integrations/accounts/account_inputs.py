"""What people give to eth-account's accounts: one table for each of their methods that sign."""

from typing import Any

from eth_account import Account
from eth_account.messages import (
    SignableMessage,
    encode_defunct,
    encode_intended_validator,
    encode_typed_data,
)
from hexbytes import HexBytes
from typed_data_cases import BAD, GOOD, PrefixedBytes
from web3.datastructures import AttributeDict

RAW = bytes.fromhex(GOOD[2:])

# --- messages and hashes

ODD_HEADER = SignableMessage(b"E", b"thereum Signed Message:\n9", b"hello")
MESSAGES: dict[str, Any] = {
    "text": encode_defunct(text="hello"),
    "no text": encode_defunct(text=""),
    "text that looks like hex": encode_defunct(text="0x1234 — ♥"),
    "bytes": encode_defunct(b"\x00\xff" * 100),
    "hex": encode_defunct(hexstr="0x1234"),
    "an int": encode_defunct(5),  # type: ignore[arg-type]
    "HexBytes": encode_defunct(HexBytes("0x1234")),
    "prefixed bytes": SignableMessage(
        PrefixedBytes(b"E"), PrefixedBytes(b"thereum Signed Message:\n2"), PrefixedBytes(b"hi")
    ),
    "bytearray": SignableMessage(b"E", b"thereum Signed Message:\n2", bytearray(b"hi")),
    "a validator": encode_intended_validator(GOOD, text="hello"),
    "typed data": encode_typed_data({"name": "x"}, {"P": []}, {}),
    "another version": SignableMessage(b"\x07", b"", b"hello"),
    "another header": ODD_HEADER,
    "two versions": SignableMessage(b"EE", b"", b"hello"),
    "parts of text": SignableMessage("E", "thereum", "hello"),  # type: ignore[arg-type]
    "a str": "hello",
    "a hash": b"\x01" * 32,
    "a tuple": (b"E", b"thereum Signed Message:\n5", b"hello"),
    "None": None,
}
HASHES: dict[str, Any] = {
    "bytes": b"\x05" * 32,
    "bytearray": bytearray(b"\x05" * 32),
    "memoryview": memoryview(b"\x05" * 32),
    "HexBytes": HexBytes(b"\x05" * 32),
    "prefixed bytes": PrefixedBytes(b"\x05" * 32),
    "hex": "0x" + "01" * 32,
    "hex with 0X": "0X" + "AB" * 32,
    "hex without 0x": "ab" * 32,
    "an int": 2**255 + 5,
    "a short int": 5,
    "31 bytes": b"\x05" * 31,
    "33 bytes": b"\x05" * 33,
    "short hex": "0x12",
    "no hex": "hello",
    "no text": "",
    "a bool": True,
    "None": None,
    "a list": [1] * 32,
}

# --- authorizations

AUTHORIZATION = {"chainId": 8453, "address": GOOD, "nonce": 7}


def authorized(**fields: Any) -> dict[str, Any]:
    return {**AUTHORIZATION, **fields}


AUTHORIZATIONS: dict[str, Any] = {
    "all fields": AUTHORIZATION,
    "an AttributeDict": AttributeDict(AUTHORIZATION),
    "any chain": authorized(chainId=0),
    "a large nonce": authorized(nonce=2**64 - 1),
    "a lower-case address": authorized(address=GOOD.lower()),
    "an address without 0x": authorized(address=GOOD[2:]),
    "an address with 0X": authorized(address="0X" + GOOD[2:]),
    "an address of bytes": authorized(address=RAW),
    "an address of bytearray": authorized(address=bytearray(RAW)),
    "an address of HexBytes": authorized(address=HexBytes(RAW)),
    "an address of prefixed bytes": authorized(address=PrefixedBytes(RAW)),
    "one field more": authorized(signer="me"),
    "a mistyped address": authorized(address=BAD),
    "an address of an int": authorized(address=int(GOOD, 16)),
    "a hex chain id": authorized(chainId="0x2105"),
    "a short address": authorized(address="0x12"),
    "no address": authorized(address=""),
    "an address that is None": authorized(address=None),
    "a negative nonce": authorized(nonce=-1),
    "a chain id of text": authorized(chainId="8453"),
    "a bool": authorized(chainId=True),
    "a float": authorized(nonce=7.0),
    "without nonce": {"chainId": 1, "address": GOOD},
    "without address": {"chainId": 1, "nonce": 0},
    "without chain id": {"address": GOOD, "nonce": 0},
    "a list": [1, GOOD, 0],
    "None": None,
}

# --- transactions

BASE = {"nonce": 7, "gas": 90_000, "chainId": 8453, "to": GOOD, "value": 10**18}
LEGACY = {**BASE, "gasPrice": 10**9}
DYNAMIC = {**BASE, "maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9}
SIGNED = Account.from_key(b"\x01" * 32).sign_authorization(
    {"chainId": 1, "address": GOOD, "nonce": 0}
)
SIGNED_FIELDS = {"chainId": 1, "address": GOOD, "nonce": 0, "yParity": 1, "r": 5, "s": 6}
ENTRY = {"address": GOOD, "storageKeys": ["0x" + "01" * 32]}


def dynamic(**fields: Any) -> dict[str, Any]:
    return {**DYNAMIC, **fields}


def authorizing(**fields: Any) -> dict[str, Any]:
    return dynamic(authorizationList=[{**SIGNED_FIELDS, **fields}])


def without(transaction: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in transaction.items() if name not in names}


TRANSACTIONS: dict[str, Any] = {
    "legacy": LEGACY,
    "dynamic": DYNAMIC,
    "an AttributeDict": AttributeDict(DYNAMIC),
    "all in hex": {k: hex(v) if isinstance(v, int) else v for k, v in DYNAMIC.items()},
    "type 2": dynamic(type=2),
    "type 0x2": dynamic(type="0x2"),
    "type 0x02": dynamic(type="0x02"),
    "type 1": {**LEGACY, "type": 1},
    "type 0x1": {**LEGACY, "type": "0x1"},
    "type 1 with a list": {**LEGACY, "type": 1, "accessList": []},
    "type 4": dynamic(type=4, authorizationList=[SIGNED]),
    "a gas price and an access list": {**LEGACY, "accessList": []},
    "an empty access list": dynamic(accessList=[]),
    "an empty tuple": dynamic(accessList=()),
    "data of no text": dynamic(data=""),
    "data of no text, legacy": {**LEGACY, "data": ""},
    "data 0x": dynamic(data="0x"),
    "data in hex": dynamic(data="0x0102"),
    "data without 0x": dynamic(data="1234"),
    "data with 0X": dynamic(data="0XAB"),
    "data of odd length": dynamic(data="0x123"),
    "data of odd length without 0x": dynamic(data="123"),
    "data of bytes": dynamic(data=b"\x01\x02"),
    "data of bytearray": dynamic(data=bytearray(b"\x01")),
    "data of HexBytes": dynamic(data=HexBytes("0x0102")),
    "data of prefixed bytes": dynamic(data=PrefixedBytes(b"\x12\x34")),
    "data of an int": dynamic(data=0x1234),
    "data of zero": dynamic(data=0),
    "data of a bool": dynamic(data=True),
    "no data": dynamic(value=0),
    "to of bytes": dynamic(to=RAW),
    "to of HexBytes": dynamic(to=HexBytes(RAW)),
    "to of prefixed bytes": dynamic(to=PrefixedBytes(RAW)),
    "to of no text": dynamic(to="", data="0x6001"),
    "to of no bytes": dynamic(to=b"", data="0x6001"),
    "to None": dynamic(to=None, data="0x6001"),
    "to None, legacy": {**LEGACY, "to": None, "data": "0x6001"},
    "without to": {**without(DYNAMIC, "to"), "data": "0x6001"},
    "without value": without(DYNAMIC, "value"),
    "value with 0X": dynamic(value="0X5"),
    "value with leading zeros": dynamic(value="0x0005"),
    "the largest value": dynamic(value=2**256 - 1),
    "chain id in hex": dynamic(chainId="0x2105"),
    "chain id in hex, legacy": {**LEGACY, "chainId": "0x2105"},
    "a large chain id": dynamic(chainId=2**53 + 1),
    "nonce 0": dynamic(nonce=0),
    "a signature from before": dynamic(v=1, r=2, s=3),
    "an authorization": dynamic(authorizationList=[SIGNED]),
    "authorizations in a tuple": dynamic(authorizationList=(SIGNED, SIGNED)),
    "an authorization as dict": dynamic(authorizationList=[SIGNED.model_dump(by_alias=True)]),
    "an authorization in hex": authorizing(
        chainId="0x1", nonce="0x0", yParity="0x1", r="0x05", s="0x6", address=GOOD.lower()
    ),
    "an authorization with yParity True": authorizing(yParity=True),
    "an authorization with an address of bytes": authorizing(address=RAW),
    "an authorization without 0x": authorizing(address=GOOD[2:].lower()),
    # What eth-account signs, and Privy does not, or nobody should.
    "an access list": dynamic(accessList=[ENTRY]),
    "an access list, type 1": {**LEGACY, "accessList": [ENTRY]},
    "blob hashes": dynamic(maxFeePerBlobGas=1, blobVersionedHashes=[b"\x01" * 32]),
    "without chain id": without(DYNAMIC, "chainId"),
    "without chain id, legacy": without(LEGACY, "chainId"),
    "chain id None": {**LEGACY, "chainId": None},
    "without nonce, type 4": without(dynamic(authorizationList=[SIGNED]), "nonce"),
    "a value of more than 256 bits": dynamic(value=2**256),
    "eleven authorizations": dynamic(authorizationList=[SIGNED] * 11),
    "an authorization for a mistyped address": authorizing(address=BAD),
    # What eth-account does not sign, and we may.
    "type 0": {**LEGACY, "type": 0},
    "type 0x0": {**LEGACY, "type": "0x0"},
    "type None": dynamic(type=None),
    "input": dynamic(input="0x0102"),
    "to in lower case": dynamic(to=GOOD.lower()),
    "to in upper case": dynamic(to="0x" + GOOD[2:].upper()),
    "to without 0x": dynamic(to=GOOD[2:]),
    "to 0x": dynamic(to="0x", data="0x6001"),
    "to of bytearray": dynamic(to=bytearray(RAW)),
    "value None": dynamic(value=None),
    "data None": dynamic(data=None),
    "data of memoryview": dynamic(data=memoryview(b"\x01")),
    "access list None": dynamic(accessList=None),
    "an authorization in snake case": dynamic(authorizationList=[SIGNED.model_dump()]),
    "an authorization with yParity 0x01": authorizing(yParity="0x01"),
    # What nobody signs.
    "a mistyped to": dynamic(to=BAD),
    "a name": dynamic(to="alice.eth"),
    "a short to": dynamic(to="0x12"),
    "to of 21 bytes": dynamic(to=RAW + b"\x00"),
    "value in decimal text": dynamic(value="5"),
    "value 0x": dynamic(value="0x"),
    "value with a blank": dynamic(value="0x5 "),
    "value with an underscore": dynamic(value="0x1_0"),
    "value of a bool": dynamic(value=True),
    "value of bytes": dynamic(value=b"\x05"),
    "value of a float": dynamic(value=5.0),
    "a negative value": dynamic(value=-5),
    "data of text": dynamic(data="hello"),
    "negative data": dynamic(data=-1),
    "data of a list": dynamic(data=["0x"]),
    "from another": dynamic(**{"from": GOOD}),
    "from of bytes": dynamic(**{"from": RAW}),
    "type in decimal text": dynamic(type="2"),
    "type 3": dynamic(type=3),
    "type 5": dynamic(type=5),
    "a type that is a bool": {**LEGACY, "type": True},
    "type 1 with fees": dynamic(type=1),
    "type 2 with a gas price": {**LEGACY, "type": 2},
    "type 4 without authorizations": dynamic(type=4),
    "both kinds of fees": {**LEGACY, **DYNAMIC},
    "only the tip": without(DYNAMIC, "maxFeePerGas"),
    "only the maximum": without(DYNAMIC, "maxPriorityFeePerGas"),
    "no fees": BASE,
    "without gas": without(DYNAMIC, "gas"),
    "without nonce": without(DYNAMIC, "nonce"),
    "nonce None": dynamic(nonce=None),
    "a mistyped field": dynamic(valu=1),
    "gasLimit": dynamic(gasLimit=1),
    "input and data": dynamic(data="0x12", input="0x13"),
    "no authorizations": dynamic(authorizationList=[]),
    "an authorization that is an int": dynamic(authorizationList=[1]),
    "an authorization without yParity": dynamic(
        authorizationList=[without(SIGNED_FIELDS, "yParity")]
    ),
    "an authorization with yParity 2": authorizing(yParity=2),
    "an authorization as tuple": dynamic(authorizationList=[tuple(SIGNED_FIELDS.values())]),
    "an access list of tuples": dynamic(accessList=[(GOOD, [])]),
    "an access list that is a dict": dynamic(accessList={}),
    "blob fees alone": dynamic(maxFeePerBlobGas=1),
    "a list": [],
    "None": None,
}  # fmt: skip
