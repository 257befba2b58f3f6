"""Filling in and signing an Ethereum transaction given in Privy's field names."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
from eth_account import Account
from eth_utils.address import to_checksum_address

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import (
    absent,
    hex_bytes,
    optional_quantity,
    quantity,
)
from privy_async.sandbox.requests.fields import Fields, input_error

_GWEI: Final = 10**9
_PRIORITY_FEE: Final = _GWEI
_MAX_FEE: Final = 2 * _GWEI
_TRANSFER_GAS: Final = 21_000
# What is left for a contract's own work when the caller gives no gas limit.
_CONTRACT_GAS: Final = 500_000
# The most a byte of calldata can cost (EIP-7623) and what an authorization costs (EIP-7702).
_BYTE_GAS: Final = 40
_AUTHORIZATION_GAS: Final = 25_000

_LEGACY, _ACCESS_LIST, _DYNAMIC_FEE, _SET_CODE = 0, 1, 2, 4
_MAX_NONCE: Final = 2**64 - 2
_MAX_AUTHORIZATIONS: Final = 10
_DYNAMIC_FEE_FIELDS: Final = ("max_fee_per_gas", "max_priority_fee_per_gas")
# The names that differ from Privy's.
_ETH_ACCOUNT_NAMES: Final = {
    "chain_id": "chainId",
    "gas_limit": "gas",
    "gas_price": "gasPrice",
    "max_fee_per_gas": "maxFeePerGas",
    "max_priority_fee_per_gas": "maxPriorityFeePerGas",
    "authorization_list": "authorizationList",
    "contract": "address",
    "y_parity": "yParity",
}


@attrs.frozen
class SignedTransaction:
    """A transaction as the chain takes it, and its hash, both 0x hex."""

    raw: str
    hash: str


@attrs.frozen
class MissingFields:
    """The defaults of a transaction. Fees in wei; the gas, if it is not None."""

    nonce: int
    max_fee: int
    priority_fee: int
    gas: int | None


ZEROS: Final = MissingFields(nonce=0, max_fee=0, priority_fee=0, gas=0)


def fill_transaction(
    key: WalletKey, fields: Fields, *, chain_id: int, nonce: int, suffix: bytes = b""
) -> dict[str, object]:
    """Check a transaction and add what it takes to send it; like `checked_transaction`."""
    missing = MissingFields(nonce, _MAX_FEE, _PRIORITY_FEE, None)
    transaction = checked_transaction(
        key, fields, chain_id=chain_id, missing=missing, suffix=suffix
    )
    most, tip = (int(str(transaction.get(name, "0x0")), 16) for name in _DYNAMIC_FEE_FIELDS)
    if tip > most:
        raise input_error(fields.at("max_priority_fee_per_gas"), "Higher than max_fee_per_gas")
    return transaction


def checked_transaction(
    key: WalletKey, fields: Fields, *, chain_id: int, missing: MissingFields, suffix: bytes = b""
) -> dict[str, object]:
    """Check a transaction and add what it leaves out.

    Args:
        fields: The transaction as the caller gave it. Without `type` it is of type 4 if it has an
            `authorization_list`, 0 if it has a `gas_price`, else 2.
        chain_id: Where it goes; a `chain_id` of its own must be the same.
        missing: What to add.
        suffix: Bytes to put behind its data.

    Returns:
        The complete transaction in Privy's field names: amounts, gas and fees (wei) as 0x hex,
        type, chain id and nonce as integers.

    Raises:
        Refusal: 400 naming the field that is wrong.
    """
    kind = _kind(fields)
    if optional_quantity(fields, "chain_id", chain_id) != chain_id:
        raise input_error(fields.at("chain_id"), f"Expected {chain_id}, the chain in caip2")
    data = (b"" if absent(fields, "data") else hex_bytes(fields, "data")) + suffix
    transaction: dict[str, object] = {
        "type": kind,
        "from": _sender(key, fields),
        "chain_id": chain_id,
        "nonce": _nonce(fields, missing.nonce),
        "value": hex(optional_quantity(fields, "value", 0)),
        "data": "0x" + data.hex(),
        **_receiver(fields, kind, data),
        **_fees(fields, kind, missing),
    }
    authorizations = _authorizations(fields, kind)
    if authorizations:
        transaction["authorization_list"] = authorizations
    gas = _default_gas(data, len(authorizations)) if missing.gas is None else missing.gas
    transaction["gas_limit"] = hex(optional_quantity(fields, "gas_limit", gas))
    return transaction


def sign_transaction(key: WalletKey, transaction: Mapping[str, Any]) -> SignedTransaction:
    """Sign a transaction that `fill_transaction` completed."""
    arguments = _for_eth_account(transaction)
    if transaction["type"] == _LEGACY:
        del arguments["type"]
    if transaction["type"] == _SET_CODE:
        authorizations = transaction["authorization_list"]
        arguments["authorizationList"] = [_for_eth_account(item) for item in authorizations]
    signed = Account.sign_transaction(arguments, key.secret)
    return SignedTransaction(signed.raw_transaction.to_0x_hex(), signed.hash.to_0x_hex())


def _kind(fields: Fields) -> int:
    kind = fields.optional_integer("type", minimum=0)
    if kind is None:
        if not absent(fields, "authorization_list"):
            return _SET_CODE
        return _DYNAMIC_FEE if absent(fields, "gas_price") else _LEGACY
    if kind not in (_LEGACY, _ACCESS_LIST, _DYNAMIC_FEE, _SET_CODE):
        raise input_error(fields.at("type"), "Expected 0 | 1 | 2 | 4 | 118")
    return kind


def _sender(key: WalletKey, fields: Fields) -> str:
    if not absent(fields, "from"):
        sender = "0x" + hex_bytes(fields, "from", length=20).hex()
        if sender != key.address.lower():
            raise input_error(fields.at("from"), "Not the wallet's address")
    return key.address


def _nonce(fields: Fields, default: int) -> int:
    nonce = optional_quantity(fields, "nonce", default)
    if nonce > _MAX_NONCE:
        raise input_error(fields.at("nonce"), "Expected a number below 2^64 - 1 (EIP-2681)")
    return nonce


def _receiver(fields: Fields, kind: int, data: bytes) -> dict[str, str]:
    """`to`, or nothing for a transaction that creates a contract."""
    if not absent(fields, "to"):
        return {"to": to_checksum_address(hex_bytes(fields, "to", length=20))}
    if kind == _SET_CODE or not data:
        raise input_error(fields.at("to"), "Required")
    return {}


def _fees(fields: Fields, kind: int, missing: MissingFields) -> dict[str, str]:
    if kind in (_LEGACY, _ACCESS_LIST):
        _refuse(fields, _DYNAMIC_FEE_FIELDS, kind)
        return {"gas_price": hex(optional_quantity(fields, "gas_price", missing.max_fee))}
    _refuse(fields, ("gas_price",), kind)
    given_tip = optional_quantity(fields, "max_priority_fee_per_gas", 0)
    most_default = missing.max_fee + given_tip if missing.max_fee else 0
    most = optional_quantity(fields, "max_fee_per_gas", most_default)
    usual_tip = min(missing.priority_fee, most)
    tip = optional_quantity(fields, "max_priority_fee_per_gas", usual_tip)
    return {"max_fee_per_gas": hex(most), "max_priority_fee_per_gas": hex(tip)}


def _refuse(fields: Fields, names: tuple[str, ...], kind: int) -> None:
    for name in names:
        if not absent(fields, name):
            raise input_error(fields.at(name), f"Transactions of type {kind} have no such field")


def _authorizations(fields: Fields, kind: int) -> list[dict[str, object]]:
    """The EIP-7702 authorizations in Privy's field names, r and s as 0x hex."""
    if kind != _SET_CODE:
        _refuse(fields, ("authorization_list",), kind)
        return []
    authorizations = fields.objects("authorization_list")
    if not 1 <= len(authorizations) <= _MAX_AUTHORIZATIONS:
        problem = f"Expected 1 to {_MAX_AUTHORIZATIONS} authorizations"
        raise input_error(fields.at("authorization_list"), problem)
    return [_authorization(authorization) for authorization in authorizations]


def _authorization(fields: Fields) -> dict[str, object]:
    parity = quantity(fields, "y_parity")
    if parity > 1:
        raise input_error(fields.at("y_parity"), "Expected 0 | 1")
    return {
        "contract": to_checksum_address(hex_bytes(fields, "contract", length=20)),
        "chain_id": quantity(fields, "chain_id"),
        "nonce": quantity(fields, "nonce"),
        "r": hex(quantity(fields, "r")),
        "s": hex(quantity(fields, "s")),
        "y_parity": parity,
    }


def _for_eth_account(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_ETH_ACCOUNT_NAMES.get(name, name): value for name, value in values.items()}


def _default_gas(data: bytes, authorizations: int) -> int:
    if not data and not authorizations:
        return _TRANSFER_GAS
    extra = _BYTE_GAS * len(data) + _AUTHORIZATION_GAS * authorizations
    return _TRANSFER_GAS + extra + _CONTRACT_GAS
