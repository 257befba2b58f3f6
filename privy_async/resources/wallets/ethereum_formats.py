"""Ethereum values on their way in: quantities, transactions and calls.

Privy takes snake_case names and hex quantities; web3.py has camelCase names and ints. Both are
accepted, and everything is checked before it is signed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypedDict

from privy_async.encodings.texts import hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array, is_object
from privy_async.signing.canonical_json import MAX_SAFE_INTEGER
from privy_async.values import Value

Quantity: TypeAlias = int | str
"""A number of any size: an int, or 0x hex. Amounts are in wei."""


class SignedAuthorization(TypedDict):
    """A signed EIP-7702 authorization, as `sign_7702_authorization` returns it."""

    chain_id: Quantity
    contract: str
    nonce: Quantity
    r: str
    s: str
    y_parity: int


class TransactionCall(TypedDict, total=False):
    """One call of a batch: `to` as 0x hex, `value` in wei, `data` as bytes or 0x hex."""

    to: str
    value: Quantity
    data: bytes | str


class AccessListEntry(TypedDict):
    """Storage that a transaction will touch: an address and 32-byte keys, all 0x hex."""

    address: str
    storage_keys: Sequence[str]


class TempoAuthorization(TypedDict):
    """A signed authorization of a Tempo transaction; `signature` is bytes or 0x hex."""

    chain_id: Quantity
    contract: str
    nonce: Quantity
    signature: bytes | str


class FeePayerSignature(TypedDict):
    """The signature of who pays the fee of a Tempo transaction (secp256k1), in 0x hex."""

    r: str
    s: str
    y_parity: Literal[0, 1]


_Sender = TypedDict("_Sender", {"from": str}, total=False)


class Transaction(_Sender, total=False):
    """An Ethereum transaction; what is left out, Privy fills in when it sends.

    `to` is 0x hex, `value` and the fees are in wei, `data` is bytes or 0x hex. `type` is 0
    (legacy), 1 (EIP-2930), 2 (EIP-1559), 4 (EIP-7702) or 118 (Tempo, which has `calls` instead
    of `to`, `value` and `data`, and the fields after it; `valid_after` and `valid_before` are
    Unix seconds). web3.py's names (`chainId`, `gas`, `maxFeePerGas`, ...) are accepted as well.
    """

    to: str
    value: Quantity
    data: bytes | str
    chain_id: Quantity
    nonce: Quantity
    type: Literal[0, 1, 2, 4, 118]
    gas_limit: Quantity
    gas_price: Quantity
    max_fee_per_gas: Quantity
    max_priority_fee_per_gas: Quantity
    authorization_list: Sequence[SignedAuthorization]
    calls: Sequence[TransactionCall]
    access_list: Sequence[AccessListEntry]
    aa_authorization_list: Sequence[TempoAuthorization]
    fee_token: str
    fee_payer_signature: FeePayerSignature
    nonce_key: Quantity
    valid_after: Quantity
    valid_before: Quantity


class UserOperation(TypedDict, total=False):
    """An ERC-4337 user operation (version 0.7), all fields but the addresses hex or int."""

    sender: str
    nonce: Quantity
    call_data: bytes | str
    call_gas_limit: Quantity
    verification_gas_limit: Quantity
    pre_verification_gas: Quantity
    max_fee_per_gas: Quantity
    max_priority_fee_per_gas: Quantity
    paymaster: str
    paymaster_data: bytes | str
    paymaster_verification_gas_limit: Quantity
    paymaster_post_op_gas_limit: Quantity


_HEX_NUMBER: Final = re.compile("0x[0-9a-fA-F]+")
# web3.py writes names in camelCase, and these two have other words as well.
_HUMP: Final = re.compile("(?<=[a-z0-9])[A-Z]")
_OTHER_WORDS: Final = {"gas": "gas_limit", "input": "data"}
_QUANTITY_NAMES: Final = """
    call_gas_limit gas_limit gas_price max_fee_per_gas max_priority_fee_per_gas nonce nonce_key
    paymaster_post_op_gas_limit paymaster_verification_gas_limit pre_verification_gas value
    verification_gas_limit
"""
_QUANTITIES: Final = frozenset(_QUANTITY_NAMES.split())
_DATA: Final = frozenset({"call_data", "data", "paymaster_data"})
# web3.py writes the type as a hex string; Privy takes a number.
_NUMBERS: Final = frozenset({"type"})


def format_fields(fields: Mapping[str, Any], *, argument: str) -> dict[str, Any]:
    """Privy's form of a transaction, a call or a user operation.

    Raises:
        InvalidArgumentError: A field is not what its name says, or is given under two names.
    """
    if not isinstance(fields, Mapping):
        raise InvalidArgumentError(argument, "expected a mapping of fields")
    formatted: dict[str, Any] = {}
    for given_name, value in fields.items():
        name = _snake_case(given_name)
        if name in formatted:
            raise InvalidArgumentError(f"{argument}.{given_name}", f"{name} is given twice")
        formatted[name] = _format_field(name, value, f"{argument}.{given_name}")
    return formatted


def _snake_case(name: object) -> str:
    if not isinstance(name, str):
        raise InvalidArgumentError(repr(name), "expected the name of a field, a str")
    return _OTHER_WORDS.get(name) or _HUMP.sub(lambda hump: f"_{hump[0].lower()}", name)


def _format_field(name: str, value: Any, argument: str) -> Any:
    if name in _QUANTITIES:
        return format_quantity(value, argument=argument)
    if name in _DATA:
        return hex_text(value, argument=argument)
    if name in _NUMBERS:
        return int(format_quantity(value, argument=argument), 16)
    if name == "chain_id":
        return format_chain_id(value, argument=argument)
    if isinstance(value, bytes):
        return hex_text(value, argument=argument)
    if is_array(value):
        return [_format_item(item, f"{argument}[{index}]") for index, item in enumerate(value)]
    return _format_item(value, argument)


def _format_item(item: Any, argument: str) -> Any:
    if isinstance(item, Value):
        item = item.to_json()
    return format_fields(item, argument=argument) if is_object(item) else item


def format_quantity(value: object, *, argument: str) -> str:
    """A non-negative number as 0x hex without leading zeros."""
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        value = int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return hex(value)
    raise InvalidArgumentError(argument, "expected a non-negative int, or a 0x hex number")


def format_chain_id(value: object, *, argument: str) -> int | str:
    """A chain id as a number, which is how Privy's policies compare it."""
    number = int(format_quantity(value, argument=argument), 16)
    return number if number <= MAX_SAFE_INTEGER else hex(number)
