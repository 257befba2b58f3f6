"""Conditions on Tron transactions, given as fields or, to `raw_sign`, as bytes."""

from collections.abc import Mapping
from typing import Final

from privy_async.sandbox.keys.address_encodings import base58check
from privy_async.sandbox.policies.chains.calldata import calldata_source
from privy_async.sandbox.policies.chains.protocol_buffers import Fields as Message
from privy_async.sandbox.policies.chains.protocol_buffers import parse_message
from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import (
    Asked,
    Subject,
    UndecidableError,
    fields_source,
    undecidable_subject,
)
from privy_async.sandbox.requests.encoded_fields import absent, loose_hex_bytes
from privy_async.sandbox.requests.fields import Fields

# `Transaction.Contract.ContractType` and the numbers of the contracts' fields
# (https://github.com/tronprotocol/protocol, core/Tron.proto and core/contract).
_CONTRACT_FIELDS: Final[Mapping[str, Mapping[str, int]]] = {
    "TransferContract": {"to_address": 2, "amount": 3},
    "TriggerSmartContract": {
        "contract_address": 2,
        "call_value": 3,
        "call_token_value": 5,
        "token_id": 6,
    },
}
_DATA: Final = 4
_CONTRACT_NAMES: Final = {1: "TransferContract", 31: "TriggerSmartContract"}
_SOURCES: Final = ("tron_transaction", "tron_trigger_smart_contract_data")
_RAW_CONTRACT, _CONTRACT_TYPE, _CONTRACT_PARAMETER, _ANY_TYPE, _ANY_VALUE = 11, 1, 2, 1, 2


def asked(request: Fields) -> Asked:
    """Return what the body of a `POST /v1/wallets/{id}/rpc` asks a Tron wallet for."""
    contract = request.object("params").object("raw_data").objects("contract")[0]
    name = contract.string("type")
    values: dict[str, Reading] = {}
    for field in _CONTRACT_FIELDS[name]:
        if field.endswith("_address"):
            values[field] = tron_address(loose_hex_bytes(contract, field))
        else:
            values[field] = contract.optional_integer(field, minimum=0) or 0
    data = b"" if absent(contract, "data") else loose_hex_bytes(contract, "data")
    return Asked(request.string("method"), (_subject(name, values, data),))


def transaction_subject(raw: bytes) -> Subject | None:
    """The subject of a serialised `Transaction.raw`; None if the bytes are no transaction.

    Of a contract that rules cannot read there are no fields. What can be read in two ways, such
    as a field that is there twice, cannot be decided.
    """
    try:
        transaction = parse_message(raw)
        return _parsed(transaction) if _RAW_CONTRACT in transaction else None
    except UndecidableError as error:
        return undecidable_subject(str(error), *_SOURCES)
    except ValueError:
        return None


def _parsed(transaction: Message) -> Subject:
    contract = parse_message(_bytes(transaction, _RAW_CONTRACT))
    parameter = parse_message(_bytes(contract, _CONTRACT_PARAMETER))
    message = parse_message(_bytes(parameter, _ANY_VALUE))
    name = _CONTRACT_NAMES.get(_integer(contract, _CONTRACT_TYPE))
    if name is None:
        return Subject()
    if not _bytes(parameter, _ANY_TYPE).endswith(f".{name}".encode()):
        raise UndecidableError("a contract of two types")
    values: dict[str, Reading] = {}
    for field, number in _CONTRACT_FIELDS[name].items():
        if field.endswith("_address"):
            values[field] = tron_address(_bytes(message, number))
        else:
            values[field] = _integer(message, number)
    return _subject(name, values, _bytes(message, _DATA))


def _only(message: Message, number: int, default: int | bytes) -> int | bytes:
    first, *more = message.get(number) or (default,)
    if more:
        raise UndecidableError("a field that is there twice")
    return first


def _bytes(message: Message, number: int) -> bytes:
    value = _only(message, number, b"")
    if isinstance(value, int):
        raise UndecidableError("a field of another type")
    return value


def _integer(message: Message, number: int) -> int:
    value = _only(message, number, 0)
    if isinstance(value, bytes):
        raise UndecidableError("a field of another type")
    return value


def tron_address(account: bytes) -> str:
    """The account (41 and 20 bytes) as wallets show it."""
    return base58check(account)


def _address_text(address: str) -> str:
    return tron_address(b"\x41" + bytes.fromhex(address[2:]))


def _subject(name: str, values: Mapping[str, Reading], data: bytes) -> Subject:
    named = {f"{name}.{field}": value for field, value in values.items()}
    sources = {"tron_transaction": fields_source(named)}
    if name == "TriggerSmartContract":
        sources["tron_trigger_smart_contract_data"] = calldata_source(data, _address_text)
    return Subject(sources)
