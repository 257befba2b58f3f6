"""Ethereum values on their way in: quantities, transactions and calls.

Privy takes snake_case names and hex quantities; web3.py has camelCase names and ints. Both are
accepted, and everything is checked before it is signed.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal, Required, TypeAlias, TypedDict

from privy_async.encodings.addresses import check_ethereum_address
from privy_async.encodings.numbers import MAX_SAFE_INTEGER
from privy_async.encodings.texts import hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.resources.fields import format_input

Quantity: TypeAlias = int | str
"""A number of any size: an int, or 0x hex. Amounts are in wei."""

_HEX_NUMBER: Final = re.compile("0x[0-9a-fA-F]+")
_TEMPO: Final = 118


def format_quantity(value: object, *, argument: str, bits: int = 256) -> str:
    """Return a number from 0 to 2^bits - 1 as 0x hex without leading zeros.

    Raises:
        InvalidArgumentError: It is neither an int nor 0x hex, or out of range.
    """
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        value = int(value, 16)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        given = f"is a {type(value).__name__}"
        if isinstance(value, int | str) and not isinstance(value, bool):
            given = "is negative" if isinstance(value, int) else "is text, and no 0x hex"
        raise InvalidArgumentError(
            argument,
            f"{given}; expected a non-negative int (amounts in wei), or a 0x hex number",
        )
    if value.bit_length() > bits:
        raise InvalidArgumentError(argument, f"must be below 2^{bits}")
    return hex(value)


def format_number(value: object, *, argument: str) -> int | str:
    """Return a number below 2^64 as one, which is how Privy's policies compare chain ids.

    Beyond 2^53 - 1, where JSON's numbers are not exact, it is 0x hex.
    """
    number = int(format_quantity(value, argument=argument, bits=64), 16)
    return number if number <= MAX_SAFE_INTEGER else hex(number)


def _format_choice(value: object, *, argument: str, choices: Sequence[int]) -> int:
    """Return one of a few numbers; web3.py writes them as 0x hex, Privy takes a number."""
    number = int(format_quantity(value, argument=argument), 16)
    if number in choices:
        return number
    raise InvalidArgumentError(argument, f"expected one of {', '.join(map(str, choices))}")


def _format_word(value: object, *, argument: str) -> str:
    """Return 32 bytes, given as such, as 0x hex or as an int, as 0x hex."""
    if isinstance(value, (bytes, bytearray)):
        value = hex_text(value, argument=argument)
    return f"0x{int(format_quantity(value, argument=argument), 16):064x}"


def _format_storage_key(value: object, *, argument: str) -> str:
    text = hex_text(value, argument=argument)
    if len(text) == 66:
        return text
    raise InvalidArgumentError(argument, "expected 32 bytes")


# What the fields below are made of: their types, and what checks and writes them.
_Address: TypeAlias = Annotated[str, check_ethereum_address]
_Data: TypeAlias = Annotated[bytes | str, hex_text]
_Number: TypeAlias = Annotated[Quantity, format_number]
_Parity: TypeAlias = Annotated[Literal[0, 1], partial(_format_choice, choices=(0, 1))]
_Uint64: TypeAlias = Annotated[Quantity, partial(format_quantity, bits=64)]
_Uint128: TypeAlias = Annotated[Quantity, partial(format_quantity, bits=128)]
_Uint256: TypeAlias = Annotated[Quantity, format_quantity]
_Word: TypeAlias = Annotated[str, _format_word]


class SignedAuthorization(TypedDict):
    """A signed EIP-7702 authorization, as `sign_7702_authorization` returns it."""

    chain_id: _Number
    contract: _Address
    nonce: _Uint64
    r: _Word
    s: _Word
    y_parity: Annotated[int, partial(_format_choice, choices=(0, 1))]


class TransactionCall(TypedDict, total=False):
    """One call of a batch: `to` as 0x hex, `value` in wei, `data` as bytes or 0x hex."""

    to: Required[_Address]
    value: _Uint256
    data: _Data


class AccessListEntry(TypedDict):
    """Storage that a transaction will touch: an address and 32-byte keys, all 0x hex."""

    address: _Address
    storage_keys: Sequence[Annotated[str, _format_storage_key]]


class TempoAuthorization(TypedDict):
    """A signed authorization of a Tempo transaction; `signature` is bytes or 0x hex."""

    chain_id: _Number
    contract: _Address
    nonce: _Uint64
    signature: _Data


class FeePayerSignature(TypedDict):
    """The signature of who pays the fee of a Tempo transaction (secp256k1), in 0x hex."""

    r: _Word
    s: _Word
    y_parity: _Parity


# `from` is a keyword of Python.
_Sender = TypedDict("_Sender", {"from": _Address}, total=False)


class _AnyTransaction(_Sender, total=False):
    chain_id: _Number
    nonce: _Uint64
    gas_limit: _Uint64
    max_fee_per_gas: _Uint256
    max_priority_fee_per_gas: _Uint256


class EthereumTransaction(_AnyTransaction, total=False):
    """An Ethereum transaction; what is left out, Privy fills in when it sends.

    `to` is 0x hex, `value` and the fees are in wei, `data` is bytes or 0x hex. `type` is 0
    (legacy), 1 (EIP-2930), 2 (EIP-1559) or 4 (EIP-7702). A mapping that a type checker does not
    look into may have web3.py's names (`chainId`, `gas`, `maxFeePerGas`, ...) as well.
    """

    to: _Address
    value: _Uint256
    data: _Data
    type: Annotated[Literal[0, 1, 2, 4], partial(_format_choice, choices=(0, 1, 2, 4))]
    gas_price: _Uint256
    authorization_list: Sequence[SignedAuthorization]


class TempoTransaction(_AnyTransaction, total=False):
    """A transaction of Tempo, which has `calls` instead of `to`, `value` and `data`.

    `valid_after` and `valid_before` are Unix seconds.
    """

    type: Required[Annotated[Literal[118], partial(_format_choice, choices=(_TEMPO,))]]
    calls: Required[Sequence[TransactionCall]]
    access_list: Sequence[AccessListEntry]
    aa_authorization_list: Sequence[TempoAuthorization]
    fee_token: _Address
    fee_payer_signature: FeePayerSignature
    nonce_key: _Uint256
    valid_after: _Number
    valid_before: _Number


class UserOperation(TypedDict, total=False):
    """An ERC-4337 user operation (version 0.7), all fields but the addresses hex or int."""

    sender: _Address
    nonce: _Uint256
    factory: _Address
    factory_data: _Data
    call_data: _Data
    call_gas_limit: _Uint128
    verification_gas_limit: _Uint128
    pre_verification_gas: _Uint256
    max_fee_per_gas: _Uint128
    max_priority_fee_per_gas: _Uint128
    paymaster: _Address
    paymaster_data: _Data
    paymaster_verification_gas_limit: _Uint128
    paymaster_post_op_gas_limit: _Uint128


def format_transaction(transaction: object, *, caip2: str | None = None) -> dict[str, Any]:
    """Return Privy's form of a transaction, which goes to the chain `caip2` if that is given.

    Raises:
        InvalidArgumentError: A field is unknown, or is not what its name says, or `chain_id` is
            of another chain.
    """
    kind = TempoTransaction if _is_tempo(transaction) else EthereumTransaction
    formatted: dict[str, Any] = format_input(kind, transaction, argument="transaction")
    chain_id = formatted.get("chain_id")
    if caip2 is not None and chain_id is not None and caip2 != f"eip155:{_as_int(chain_id)}":
        raise InvalidArgumentError("transaction.chain_id", f"is not that of {caip2}, the caip2")
    return formatted


def _as_int(number: int | str) -> int:
    return int(number, 16) if isinstance(number, str) else number


def _is_tempo(transaction: object) -> bool:
    return is_object(transaction) and transaction.get("type") in (_TEMPO, hex(_TEMPO))
