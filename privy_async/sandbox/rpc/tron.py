"""The RPC methods of Tron wallets.

Field names and answers are those of the official Python SDK 0.7.0; Privy's OpenAPI has none.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

import attrs

from privy_async.sandbox.keys.addresses import tron_account
from privy_async.sandbox.keys.curves import secp256k1_sign
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import (
    absent,
    caip2,
    is_sponsored,
    loose_hex_bytes,
    reference_id,
)
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc.values import Defaults, RpcResult, Submission

_MAINNET: Final = "tron:0x2b6653dc"
_DEFAULT_LIFETIME_MS: Final = 60_000
_MAX_INTEGER: Final = 2**53 - 1
_ADDRESS_LENGTH: Final = 21


@attrs.frozen
class _SignedTransaction:
    """Its id (hex of the raw data's SHA-256) and raw data ‖ signature (hex)."""

    transaction_id: str
    text: str


def _sign_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    """Sign a transaction, be it another's: the network would not take that one."""
    raw_data = request.object("params").object("raw_data")
    signed = _sign(key, raw_data, _read_block(raw_data), owner=None)
    return RpcResult({"signed_transaction": signed.text, "encoding": "hex"})


def _send_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    chain = _MAINNET if absent(request, "caip2") else caip2(request, "tron")
    params = request.object("params")
    raw_data = params.object("raw_data")
    given = {name: value for name, value in raw_data.values.items() if value is not None}
    block = _read_block(Fields({**_latest_block(defaults), **given}, raw_data.path))
    signed = _sign(key, raw_data, block, owner=key)
    if is_sponsored(request):
        problem = "The sandbox does not imitate sponsored transactions of Tron yet"
        raise Refusal(501, problem, "not_implemented")
    reference = reference_id(params)
    data: dict[str, object] = {"hash": signed.transaction_id, "caip2": chain}
    if reference is not None:
        data["reference_id"] = reference
    sent = {"raw_data": dict(raw_data.values), "signed_transaction": signed.text}
    return RpcResult(data, Submission(chain, signed.transaction_id, sent, reference))


METHODS: Final[Mapping[str, Callable[[WalletKey, Fields, Defaults], RpcResult]]] = {
    "tron_signTransaction": _sign_transaction,
    "tron_sendTransaction": _send_transaction,
}


@attrs.frozen
class _Block:
    """The fields that tie a transaction to a recent block and a time (ms)."""

    ref_block_bytes: bytes
    ref_block_hash: bytes
    expiration: int
    timestamp: int


def _read_block(raw_data: Fields) -> _Block:
    return _Block(
        ref_block_bytes=loose_hex_bytes(raw_data, "ref_block_bytes", length=2),
        ref_block_hash=loose_hex_bytes(raw_data, "ref_block_hash", length=8),
        expiration=_integer(raw_data, "expiration", minimum=1),
        timestamp=_integer(raw_data, "timestamp", default=0),
    )


def _latest_block(defaults: Defaults) -> dict[str, object]:
    """The fields that sending fills in.

    The block follows from the nonce, so that sending twice makes two transactions.
    """
    block = sha256(f"sandbox block {defaults.nonce}".encode()).hexdigest()
    return {
        "ref_block_bytes": block[:4],
        "ref_block_hash": block[4:20],
        "expiration": defaults.now + _DEFAULT_LIFETIME_MS,
        "timestamp": defaults.now,
    }


def _sign(
    key: WalletKey, raw_data: Fields, block: _Block, *, owner: WalletKey | None
) -> _SignedTransaction:
    """Sign a transaction, which must be of this owner, if there must be one."""
    raw = _encode_raw_data(owner, raw_data, block)
    transaction_id = sha256(raw).digest()
    compact, parity = secp256k1_sign(key.secret, transaction_id)
    signature = compact + bytes([27 + parity])
    return _SignedTransaction(transaction_id.hex(), raw.hex() + signature.hex())


def _encode_raw_data(wanted: WalletKey | None, raw_data: Fields, block: _Block) -> bytes:
    """`Transaction.raw` (https://github.com/tronprotocol/protocol, core/Tron.proto)."""
    contracts = raw_data.objects("contract")
    if len(contracts) != 1:
        raise input_error(raw_data.at("contract"), "Expected one contract, as the network does")
    return b"".join(
        (
            _bytes_field(1, block.ref_block_bytes),
            _bytes_field(4, block.ref_block_hash),
            _integer_field(8, block.expiration),
            _bytes_field(10, _optional_hex(raw_data, "data")),
            _bytes_field(11, _encode_contract(wanted, contracts[0])),
            _integer_field(14, block.timestamp),
            _integer_field(18, _integer(raw_data, "fee_limit", default=0)),
        )
    )


def _encode_contract(wanted: WalletKey | None, contract: Fields) -> bytes:
    """`Transaction.Contract`: the kind's number and a `google.protobuf.Any`."""
    name = contract.choice("type", tuple(_CONTRACTS))
    number, encode = _CONTRACTS[name]
    owner = _address(contract, "owner_address")
    if wanted is not None and owner != tron_account(bytes.fromhex(wanted.public_key)):
        raise input_error(contract.at("owner_address"), "Not the wallet's address")
    type_url = f"type.googleapis.com/protocol.{name}".encode()
    message = _bytes_field(1, owner) + encode(contract)
    parameter = _bytes_field(1, type_url) + _bytes_field(2, message)
    return _integer_field(1, number) + _bytes_field(2, parameter)


def _transfer(contract: Fields) -> bytes:
    return b"".join(
        (
            _bytes_field(2, _address(contract, "to_address")),
            _integer_field(3, _integer(contract, "amount", minimum=1)),
        )
    )


def _trigger_smart_contract(contract: Fields) -> bytes:
    return b"".join(
        (
            _bytes_field(2, _address(contract, "contract_address")),
            _integer_field(3, _integer(contract, "call_value", default=0)),
            _bytes_field(4, _optional_hex(contract, "data")),
            _integer_field(5, _integer(contract, "call_token_value", default=0)),
            _integer_field(6, _integer(contract, "token_id", default=0)),
        )
    )


# The numbers are those of `Transaction.Contract.ContractType`.
_CONTRACTS: Final[Mapping[str, tuple[int, Callable[[Fields], bytes]]]] = {
    "TransferContract": (1, _transfer),
    "TriggerSmartContract": (31, _trigger_smart_contract),
}


def _address(fields: Fields, name: str) -> bytes:
    address = loose_hex_bytes(fields, name, length=_ADDRESS_LENGTH)
    if address[0] != 0x41:
        raise input_error(fields.at(name), "Expected an address in hex that starts with 41")
    return address


def _optional_hex(fields: Fields, name: str) -> bytes:
    return b"" if absent(fields, name) else loose_hex_bytes(fields, name)


def _integer(fields: Fields, name: str, *, minimum: int = 0, default: int | None = None) -> int:
    value = fields.optional_integer(name, minimum=minimum)
    if value is None:
        if default is None:
            raise input_error(fields.at(name), "Required")
        return default
    if value > _MAX_INTEGER:
        raise input_error(fields.at(name), f"Expected an integer up to {_MAX_INTEGER}")
    return value


def _integer_field(number: int, value: int) -> bytes:
    """A protocol buffer's varint field; like every encoder, nothing for the default 0."""
    return _varint(number << 3) + _varint(value) if value else b""


def _bytes_field(number: int, data: bytes) -> bytes:
    """A protocol buffer's length-delimited field, nothing if it is empty."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data if data else b""


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
