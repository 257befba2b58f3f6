"""The calls inside the call data of an ERC-4337 user operation.

The two smart contract accounts that Privy signs for wrap them differently: Alchemy's account has
`execute` and `executeBatch`, Kernel the `execute` of ERC-7579 with its modes.
"""

from typing import Final

import attrs
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from privy_async.sandbox.keys.addresses import keccak256


@attrs.frozen
class AccountCall:
    """A call that an account makes. `to` is None where a contract is created; `value` in wei."""

    to: str | None
    value: int
    data: bytes


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


_CALLS: Final = "(address,uint256,bytes)[]"
_EXECUTE: Final = _selector("execute(address,uint256,bytes)")
_EXECUTE_BATCH: Final = _selector(f"executeBatch({_CALLS})")
_EXECUTE_MODE: Final = _selector("execute(bytes32,bytes)")
# The first byte of an ERC-7579 mode says how many calls there are.
_SINGLE, _BATCH = 0, 1
_ADDRESS_AND_VALUE: Final = 20 + 32


def account_calls(call_data: bytes) -> tuple[AccountCall, ...] | None:
    """The calls that the account makes, or None if the call data is none known here."""
    selector, arguments = call_data[:4], call_data[4:]
    try:
        if selector == _EXECUTE:
            return (_call(*decode(["address", "uint256", "bytes"], arguments)),)
        if selector == _EXECUTE_BATCH:
            return _batch(arguments)
        if selector == _EXECUTE_MODE:
            return _erc7579_calls(*decode(["bytes32", "bytes"], arguments))
    except (DecodingError, ValueError, OverflowError):
        return None
    return None


def _erc7579_calls(mode: bytes, execution: bytes) -> tuple[AccountCall, ...] | None:
    if mode[0] == _BATCH:
        return _batch(execution)
    if mode[0] != _SINGLE or len(execution) < _ADDRESS_AND_VALUE:
        return None
    value = int.from_bytes(execution[20:_ADDRESS_AND_VALUE])
    return (_call("0x" + execution[:20].hex(), value, execution[_ADDRESS_AND_VALUE:]),)


def _batch(arguments: bytes) -> tuple[AccountCall, ...]:
    (calls,) = decode([_CALLS], arguments)
    return tuple(_call(*call) for call in calls)


def _call(to: str, value: int, data: bytes) -> AccountCall:
    return AccountCall(to_checksum_address(to), value, data)
