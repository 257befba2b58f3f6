"""The hash of an ERC-4337 user operation."""

from typing import Final

from eth_abi.abi import encode

from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.requests.encoded_fields import absent, hex_bytes, quantity
from privy_async.sandbox.requests.fields import Fields, input_error

_ENTRY_POINT: Final = "0x0000000071727De22E5E9d8BAf0edAc6f37da032"
# The smart contract accounts Privy signs for: Alchemy's and Kernel's
# (https://docs.privy.io/api-reference/wallets/ethereum/eth-sign-user-operation).
_CONTRACTS: Final = (
    "0x69007702764179f14f51cdce752f4f775d74e139",
    "0xd6cedde84be40893d153be9d467cd6ad37875b28",
)


def user_operation_hash(params: Fields) -> bytes:
    """Hash the `user_operation` of `eth_signUserOperation`'s params.

    Assumptions, as Privy documents neither: EntryPoint v0.7, which both supported contracts use;
    and an account deployed by EIP-7702, which has no factory.

    Raises:
        Refusal: 400 if a field is missing or wrong, or the contract is not one Privy supports.
    """
    if "0x" + hex_bytes(params, "contract", length=20).hex() not in _CONTRACTS:
        raise input_error(params.at("contract"), "Not a smart contract Privy signs for")
    operation = params.object("user_operation")
    return hash_operation(operation, entry_point=_ENTRY_POINT, chain_id=_chain_id(params))


def hash_operation(operation: Fields, *, entry_point: str, chain_id: int) -> bytes:
    """The hash that version 0.7 of an entry point computes (ERC-4337, "UserOperation hash")."""
    packed = encode(
        ["address", "uint256", *["bytes32"] * 3, "uint256", *["bytes32"] * 2],
        [
            hex_bytes(operation, "sender", length=20),
            quantity(operation, "nonce"),
            keccak256(b""),
            keccak256(hex_bytes(operation, "call_data")),
            _uint128(operation, "verification_gas_limit") + _uint128(operation, "call_gas_limit"),
            quantity(operation, "pre_verification_gas"),
            _uint128(operation, "max_priority_fee_per_gas")
            + _uint128(operation, "max_fee_per_gas"),
            keccak256(_paymaster_and_data(operation)),
        ],
    )
    chain = [keccak256(packed), entry_point, chain_id]
    return keccak256(encode(["bytes32", "address", "uint256"], chain))


def _paymaster_and_data(operation: Fields) -> bytes:
    if absent(operation, "paymaster"):
        return b""
    parts = [hex_bytes(operation, "paymaster", length=20)]
    for name in ("paymaster_verification_gas_limit", "paymaster_post_op_gas_limit"):
        parts.append(bytes(16) if absent(operation, name) else _uint128(operation, name))
    if not absent(operation, "paymaster_data"):
        parts.append(hex_bytes(operation, "paymaster_data"))
    return b"".join(parts)


def _uint128(operation: Fields, name: str) -> bytes:
    value = quantity(operation, name)
    if value >= 2**128:
        raise input_error(operation.at(name), "Expected a number of at most 128 bits")
    return value.to_bytes(16)


def _chain_id(params: Fields) -> int:
    value = params.values.get("chain_id")
    # Privy's own sample of this method gives the chain id as decimal text.
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        return int(value)
    return quantity(params, "chain_id")
