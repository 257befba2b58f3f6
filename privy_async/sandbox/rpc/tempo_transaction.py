"""Tempo's transactions: several calls in one, and a fee in any token, which another may pay.

Source: https://docs.tempo.xyz/protocol/transactions/spec-tempo-transaction
"""

from collections.abc import Callable
from typing import Final

import rlp  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.keys.curves import secp256k1_sign
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import (
    absent,
    hex_bytes,
    optional_quantity,
    quantity,
)
from privy_async.sandbox.requests.fields import Fields, input_error

TEMPO: Final = 118
_MAX_CALLS: Final = 35
_MAX_AUTHORIZATIONS: Final = 10
# Stands for the signature of whoever pays the fee where the sender signs: that one signs later,
# and chooses the token.
_PAID_BY_ANOTHER: Final = b"\x00"

_Items = list[object]


def is_tempo(fields: Fields) -> bool:
    """True if a transaction is one of Tempo's."""
    return fields.values.get("type") == TEMPO


def sign_tempo_transaction(key: WalletKey, fields: Fields) -> str:
    """Sign the fields that are given, 0x hex; numbers that are left out are zero.

    Raises:
        Refusal: 400 naming the field that is wrong.
    """
    token = b"" if absent(fields, "fee_token") else hex_bytes(fields, "fee_token", length=20)
    payer = _fee_payer(fields)
    to_sign = _encoded(fields, b"" if payer else token, _PAID_BY_ANOTHER if payer else b"", ())
    compact, parity = secp256k1_sign(key.secret, keccak256(to_sign))
    signature = compact + bytes([27 + parity])
    return "0x" + _encoded(fields, token, payer or b"", (signature,)).hex()


def _encoded(
    fields: Fields, token: bytes, payer: bytes | _Items, signature: tuple[bytes, ...]
) -> bytes:
    items = [
        quantity(fields, "chain_id"),
        optional_quantity(fields, "max_priority_fee_per_gas", 0),
        optional_quantity(fields, "max_fee_per_gas", 0),
        optional_quantity(fields, "gas_limit", 0),
        _each(fields, "calls", _call, 1, _MAX_CALLS),
        [_access(each) for each in fields.objects("access_list")],
        optional_quantity(fields, "nonce_key", 0),
        optional_quantity(fields, "nonce", 0),
        optional_quantity(fields, "valid_before", 0),
        optional_quantity(fields, "valid_after", 0),
        token,
        payer,
        _each(fields, "aa_authorization_list", _authorization, 0, _MAX_AUTHORIZATIONS),
        *signature,
    ]
    encoded = rlp.encode(items)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return bytes([TEMPO, *encoded])  # pyright: ignore[reportUnknownArgumentType]


def _each(
    fields: Fields, name: str, read: Callable[[Fields], _Items], least: int, most: int
) -> _Items:
    items = fields.objects(name)
    if not least <= len(items) <= most:
        raise input_error(fields.at(name), f"Array must contain {least} to {most} element(s)")
    return [read(each) for each in items]


def _call(fields: Fields) -> _Items:
    data = b"" if absent(fields, "data") else hex_bytes(fields, "data")
    return [hex_bytes(fields, "to", length=20), optional_quantity(fields, "value", 0), data]


def _access(fields: Fields) -> _Items:
    listed = fields.strings("storage_keys")
    keys = (Fields({"key": key}, fields.at("storage_keys")) for key in listed)
    return [
        hex_bytes(fields, "address", length=20),
        [hex_bytes(each, "key", length=32) for each in keys],
    ]


def _authorization(fields: Fields) -> _Items:
    return [
        quantity(fields, "chain_id"),
        hex_bytes(fields, "contract", length=20),
        quantity(fields, "nonce"),
        hex_bytes(fields, "signature"),
    ]


def _fee_payer(fields: Fields) -> _Items | None:
    """The signature of whoever pays the fee, if there is one."""
    if absent(fields, "fee_payer_signature"):
        return None
    payer = fields.object("fee_payer_signature")
    parity = quantity(payer, "y_parity")
    if parity > 1:
        raise input_error(payer.at("y_parity"), "Expected 0 | 1")
    return [parity, quantity(payer, "r"), quantity(payer, "s")]
