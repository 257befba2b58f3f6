"""Reading fields with encoded values: quantities, hex, base64, CAIP-2 chain ids."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.refusal import Refusal

_MAX_SAFE_INTEGER: Final = 2**53 - 1
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_HEX_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


def quantity(fields: Fields, name: str) -> int:
    """Read Privy's Quantity: `0x` hex of up to 256 bits, or an integer from 0 to 2^53-1."""
    if absent(fields, name):
        raise input_error(fields.at(name), "Required")
    value = fields.values[name]
    if isinstance(value, str):
        if _HEX_QUANTITY.fullmatch(value):
            return int(value, 16)
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SAFE_INTEGER:
        return value
    raise input_error(fields.at(name), "Expected a 0x hex string or a non-negative safe integer")


def optional_quantity(fields: Fields, name: str, default: int) -> int:
    """Read a Quantity that may be left out."""
    return default if absent(fields, name) else quantity(fields, name)


def hex_bytes(fields: Fields, name: str, *, length: int | None = None) -> bytes:
    """Read bytes given as hex with `0x` in front, exactly `length` of them if that is given."""
    if not fields.string(name).startswith("0x"):
        raise input_error(fields.at(name), "Expected a hex string starting with 0x")
    return loose_hex_bytes(fields, name, length=length)


def loose_hex_bytes(fields: Fields, name: str, *, length: int | None = None) -> bytes:
    """Read bytes given as hex with or without `0x` in front."""
    digits = fields.string(name).removeprefix("0x")
    if not _HEX.fullmatch(digits):
        raise input_error(fields.at(name), "Expected hex digits, two for each byte")
    if length is not None and len(digits) != 2 * length:
        problem = f"Expected {length} bytes of hex, received {len(digits) // 2}"
        raise input_error(fields.at(name), problem)
    return bytes.fromhex(digits)


def base64_bytes(fields: Fields, name: str) -> bytes:
    """Read bytes given as standard, padded base64."""
    try:
        return b64decode(fields.string(name), validate=True)
    except (Base64Error, ValueError):
        raise input_error(fields.at(name), "Expected base64") from None


def caip2(fields: Fields, namespace: str) -> str:
    """Read the chain to send on: a CAIP-2 id of the given namespace."""
    value = fields.string("caip2")
    if not re.fullmatch(rf"{namespace}:[-_a-zA-Z0-9]{{1,32}}", value):
        raise input_error(fields.at("caip2"), f"Expected a CAIP-2 chain id of {namespace}")
    return value


def reference_id(fields: Fields) -> str | None:
    """Read the caller's own id of a transaction, 1 to 64 characters, if there is one."""
    return fields.optional_string("reference_id", pattern=r"(?s).{1,64}")


def is_sponsored(fields: Fields) -> bool:
    """Read whether the app is to pay for a transaction, and not in a token of the wallet's.

    Source: https://docs.privy.io/wallets/gas-and-asset-management/gas/overview
    """
    if not absent(fields, "sponsor_options"):
        problem = "The sandbox does not imitate sponsor_options, by which a token pays, yet"
        raise Refusal(501, problem, "not_implemented")
    return not absent(fields, "sponsor") and fields.boolean("sponsor")


def absent(fields: Fields, name: str) -> bool:
    """True if the field is left out or null."""
    return fields.values.get(name) is None
