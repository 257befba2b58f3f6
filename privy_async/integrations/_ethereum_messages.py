"""Messages and their signatures between eth-account on one side and Privy on the other.

eth-account and Privy each work out by themselves what is signed. A signature is therefore checked:
it has to be the wallet's, over the hash that eth-account found.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization
from eth_account.messages import SignableMessage
from eth_account.typed_transactions.set_code_transaction import Authorization
from eth_account.types import AuthorizationDict
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import ChecksumAddress
from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from hexbytes import HexBytes

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.resources.wallets.ethereum import Eip7702Authorization

_SIGNATURE_LENGTH: Final = 65
# What v adds to the parity of y, in signatures of messages.
_V: Final = 27


def message_hash(message: SignableMessage) -> HexBytes:
    """What is signed of an EIP-191 message."""
    return HexBytes(keccak(b"\x19" + message.version + message.header + message.body))


def read_signature(text: str, hash: bytes, address: ChecksumAddress) -> SignedMessage:
    """Read a signature (0x hex of r, s and v).

    Raises:
        APIResponseError: It is not by this address over this hash.
    """
    try:
        raw = HexBytes(text)
    except ValueError:
        raw = HexBytes(b"")
    if len(raw) != _SIGNATURE_LENGTH:
        raise _not_by(address)
    r, s, v = int.from_bytes(raw[:32]), int.from_bytes(raw[32:64]), raw[64]
    parity = v - _V if v >= _V else v
    _check((parity, r, s), hash, address)
    whole = HexBytes(raw[:64] + bytes([parity + _V]))
    return SignedMessage(HexBytes(hash), r, s, parity + _V, whole)


def read_authorization(
    signed: Eip7702Authorization, asked: AuthorizationDict, address: ChecksumAddress
) -> SignedSetCodeAuthorization:
    """Read a signed EIP-7702 authorization.

    Raises:
        APIResponseError: It is not by this address over what was asked for.
    """
    contract = to_canonical_address(asked["address"])
    hash = Authorization(asked["chainId"], contract, asked["nonce"]).hash()
    vrs = (signed.y_parity, int(signed.r, 16), int(signed.s, 16))
    return SignedSetCodeAuthorization(
        chain_id=asked["chainId"],
        address=contract,
        nonce=asked["nonce"],
        y_parity=vrs[0],
        r=vrs[1],
        s=vrs[2],
        signature=_check(vrs, hash, address),
        authorization_hash=hash,
    )


def _check(vrs: tuple[int, int, int], hash: bytes, address: ChecksumAddress) -> Signature:
    try:
        signature = Signature(vrs=vrs)
        signer = signature.recover_public_key_from_msg_hash(hash).to_checksum_address()
    except (BadSignature, ValidationError):
        raise _not_by(address) from None
    if signer != address:
        raise _not_by(address)
    return signature


def _not_by(address: str) -> APIResponseError:
    message = f"this is no signature by {address} of what it was asked to sign"
    return APIResponseError(message, path="data.signature")


def with_primary_type(typed_data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Name the primary type if it is left out: it is the one that no other type has a part of.

    Raises:
        InvalidArgumentError: There is no such type, or there are several.
    """
    types: Any = typed_data.get("types")
    if "primaryType" in typed_data or not isinstance(types, Mapping):
        return typed_data
    members = cast("Mapping[str, Sequence[Mapping[str, str]]]", types)
    parts = {part["type"].partition("[")[0] for parts in members.values() for part in parts}
    candidates = [name for name in members if name not in parts and name != "EIP712Domain"]
    if len(candidates) != 1:
        raise InvalidArgumentError("typed_data.primaryType", "is missing")
    return {**typed_data, "primaryType": candidates[0]}
